/** Goals as clients see them: the thread works by itself until the model says it is done, and over restarts. */
import { expect, test } from 'vitest';
import { call, hang, say } from '../support/scripted-model.ts';
import { startServer, type TestClient } from '../support/server.ts';

const goalsSeen = (client: TestClient) =>
  client.seen
    .flatMap((one) => (one.method === 'thread/goal/updated' ? [one.params.goal] : []))
    .map(({ status, tokensUsed }) => ({ status, tokensUsed }));

test('an active goal starts turns, counts what they use, and ends when the model says so', async () => {
  await using server = await startServer({
    model: [say('first'), say('some work'), call('update_goal', { status: 'complete' }), say('done')],
  });
  const client = await server.client();
  const threadId = await client.thread();
  await client.turn(threadId, 'hello');
  let turns = 0;
  const second = client.next('turn/completed', { matches: () => ++turns === 2 });
  const { goal } = await client.request('thread/goal/set', { threadId, objective: '  finish <it>  ' });
  expect(goal).toMatchObject({ objective: 'finish <it>', status: 'active', tokensUsed: 0 });
  await second;
  expect((await client.request('thread/goal/get', { threadId })).goal).toMatchObject({ status: 'complete', tokensUsed: 30 });
  expect(goalsSeen(client)).toEqual([
    { status: 'active', tokensUsed: 0 },
    { status: 'active', tokensUsed: 15 },
    { status: 'active', tokensUsed: 30 },
    { status: 'complete', tokensUsed: 30 },
  ]);
  // One for the turn the user asked for, one for the end of the work; the turn between leaves nothing to be read yet.
  expect(client.seen.filter(({ method }) => method === 'thread/readState/changed')).toHaveLength(2);
  expect(JSON.stringify((await server.model.request(1)).body.input)).toContain('finish &#60;it&#62;');
});

test('a budget that is used up ends the work, and a failure blocks it', async () => {
  await using server = await startServer({ model: [say('a'), say('b'), (reply) => reply.fail(400, { error: { message: 'bad' } })] });
  const client = await server.client();
  const threadId = await client.thread();
  await client.turn(threadId, 'hello');
  const ended = client.next('turn/completed');
  await client.request('thread/goal/set', { threadId, objective: 'o', tokenBudget: 10 });
  await ended;
  expect((await client.request('thread/goal/get', { threadId })).goal).toMatchObject({ status: 'budgetLimited', tokensUsed: 15 });
  const failed = client.next('turn/completed');
  await client.request('thread/goal/set', { threadId, tokenBudget: 1000, status: 'active' });
  expect((await failed).turn.status).toBe('failed');
  expect((await client.request('thread/goal/get', { threadId })).goal).toMatchObject({ status: 'blocked', tokenBudget: 1000 });
  await expect(client.request('thread/goal/set', { threadId, tokenBudget: 0 })).rejects.toThrow(
    'goal budgets must be positive when provided',
  );
});

test('an interruption leaves the goal active without going on, and another server takes it up', async () => {
  await using server = await startServer({ model: [say('first'), hang('work')] });
  const again = await server.another();
  let threadId: string;
  {
    await using owner = await server.another();
    const client = await owner.client();
    threadId = await client.thread();
    await client.turn(threadId, 'hello');
    const delta = client.next('item/agentMessage/delta');
    const ended = client.next('turn/completed');
    await client.request('thread/goal/set', { threadId, objective: 'later' });
    await client.request('turn/interrupt', { threadId, turnId: (await delta).turnId });
    expect((await ended).turn.status).toBe('interrupted');
    expect((await client.request('thread/goal/get', { threadId })).goal).toMatchObject({ status: 'active' });
  }
  server.model.push(call('update_goal', { status: 'blocked' }), say('stuck'));
  const client = await again.client();
  expect((await client.request('thread/goal/get', { threadId })).goal).toMatchObject({ objective: 'later', status: 'active' });
  const ended = client.next('turn/completed');
  await client.request('thread/resume', { threadId });
  expect((await ended).turn.status).toBe('completed');
  expect((await client.request('thread/goal/get', { threadId })).goal).toMatchObject({ status: 'blocked' });
  await again[Symbol.asyncDispose]();
});
