/** The one test that says whether the program works on this machine at all; also run on the newest Node. */
import { expect, test } from 'vitest';
import { run, say } from '../support/scripted-model.ts';
import { startServer } from '../support/server.ts';

test('the built program runs a turn with an approved command over stdio', async () => {
  await using server = await startServer({ via: 'stdio', model: [run('echo it works'), say('done')] });
  const client = await server.client({ questions: { 'item/commandExecution/requestApproval': () => ({ decision: 'accept' }) } });
  expect(client.server.userAgent).toMatch(/^probe\/0\.169\.0 \(.+; .+\) \S+ \(probe; 0\.0\.1\) switchyard\/\d+\.\d+\.\d+$/);
  const threadId = await client.thread({ approvalPolicy: 'untrusted' });
  const { turn, items } = await client.turn(threadId, 'go');
  expect(turn.status).toBe('completed');
  expect(items.find(({ type }) => type === 'commandExecution')).toMatchObject({ aggregatedOutput: 'it works\n', exitCode: 0 });
});
