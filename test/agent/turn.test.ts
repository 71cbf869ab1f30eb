import { expect, test } from 'vitest';
import { call, createBench, hang, items, request, run, said, say } from './support.ts';

const userMessage = ['started userMessage', 'completed userMessage'];
const begin = ['status active []', 'turn/started', ...userMessage];
const end = ['readState', 'status idle', 'turn/completed completed'];

test('a text turn says everything in its fixed order', async () => {
  await using bench = await createBench({ steps: [say('msg_1', 'tok0 tok1 ')] });
  const thread = await bench.thread();
  expect(await bench.turn(thread, 'hello')).toEqual([
    ...begin,
    'started agentMessage',
    'item/agentMessage/delta tok0 ',
    'item/agentMessage/delta tok1 ',
    'completed agentMessage tok0 tok1 ',
    'usage 15',
    'rateLimits',
    ...end,
  ]);
});
