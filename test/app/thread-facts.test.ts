/** What is kept and told about threads beside their turns: read states, labels, cursors, and what threads in memory refuse. */
import { expect, test } from 'vitest';
import { hang, type Step, say } from '../support/scripted-model.ts';
import { startServer } from '../support/server.ts';

const refusal =
  (status: number, body: unknown): Step =>
  (reply) =>
    reply.fail(status, body);

const otherId = '01a1fd10-794e-7813-8c78-53e2608dfd03';

test('what was read is known to the next server, and a stale revision is refused with the current state', async () => {
  await using server = await startServer();
  let threadId: string;
  let unread: unknown;
  {
    await using first = await server.another();
    const client = await first.client();
    threadId = await client.thread();
    await client.turn(threadId, 'hello');
    const { readState } = await client.request('thread/read', { threadId });
    const stale = { threadId, operation: { type: 'read' as const }, expectedRevision: readState?.revision ?? '' };
    const read = await client.request('thread/readState/update', stale);
    await expect(client.request('thread/readState/update', stale)).rejects.toMatchObject({
      message: 'read state changed',
      data: { reason: 'readStateConflict', readState: read.readState },
    });
    await client.turn(threadId, 'again');
    unread = (await client.request('thread/read', { threadId })).readState;
    expect(unread).toMatchObject({ firstUnread: { type: 'turn' } });
  }
  const later = await server.client();
  expect((await later.request('thread/read', { threadId })).readState).toEqual(unread);
  expect((await later.request('thread/list', {})).readStates).toEqual({ [threadId]: unread });
});

test('git facts and names of a thread that has no file yet count, and empty ones are refused', async () => {
  await using server = await startServer();
  const client = await server.client();
  const threadId = await client.thread();
  const change = (gitInfo: object) => client.request('thread/metadata/update', { threadId, gitInfo });
  const changed = await change({ branch: ' topic ', originUrl: 'https://user:secret@example.com/x.git' });
  const gitInfo = { sha: null, branch: 'topic', originUrl: 'https://example.com/x.git' };
  expect(changed.thread).toMatchObject({ gitInfo, canAcceptDirectInput: null });
  for (const name of ['sha', 'branch', 'originUrl'])
    await expect(change({ [name]: ' ' })).rejects.toThrow(`gitInfo.${name} must not be empty`);
  await client.turn(threadId, 'hello');
  expect((await client.request('thread/read', { threadId })).thread.gitInfo).toEqual(gitInfo);
  expect((await client.request('thread/list', {})).data).toMatchObject([{ id: threadId, gitInfo }]);
  expect((await change({ branch: null })).thread.gitInfo).toEqual({ ...gitInfo, branch: null });
});

test('a thread in memory says what it cannot do', async () => {
  await using server = await startServer();
  const client = await server.client();
  const threadId = await client.thread({ ephemeral: true });
  await client.turn(threadId, 'hello');
  expect((await client.request('thread/read', { threadId })).readState).toBe(null);
  await expect(client.request('thread/turns/list', { threadId })).rejects.toThrow('ephemeral threads do not support thread/turns/list');
  await expect(client.request('thread/items/list', { threadId })).rejects.toThrow('thread/items/list is not supported yet');
  await expect(client.request('thread/name/set', { threadId, name: 'n' })).rejects.toThrow(
    `ephemeral thread does not support metadata updates: ${threadId}`,
  );
  await expect(client.request('thread/archive', { threadId })).rejects.toThrow(`no rollout found for thread id ${threadId}`);
  await expect(client.request('thread/delete', { threadId })).rejects.toThrow(`thread is not persisted and cannot be deleted: ${threadId}`);
  await expect(client.request('thread/revert', { threadId, beforeTurnId: otherId })).rejects.toThrow('do not support thread/revert');
  await expect(client.request('thread/queue/list', { threadId })).rejects.toThrow(
    `ephemeral thread does not support queued submissions: ${threadId}`,
  );
});

test('a history that a client brings makes a new thread, which the model goes on with', async () => {
  await using server = await startServer({ model: [say('on it')] });
  const client = await server.client();
  const history = [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'what was said before' }] }];
  const { thread } = await client.request('thread/resume', { threadId: otherId, history });
  expect(thread).toMatchObject({ preview: 'what was said before', turns: [], status: { type: 'idle' } });
  expect(thread.id).not.toBe(otherId);
  await client.turn(thread.id, 'and now');
  expect(JSON.stringify((await server.model.request(0)).body.input)).toContain('what was said before');
  await expect(client.request('thread/resume', { threadId: otherId, history: [] })).rejects.toThrow('history must not be empty');
  await expect(client.request('thread/resume', { threadId: thread.id, history })).rejects.toThrow(
    `cannot resume thread ${thread.id} with history while it is already running`,
  );
  await expect(client.request('thread/resume', { threadId: otherId, path: '/no/such.jsonl' })).rejects.toThrow(
    'failed to resolve rollout path `/no/such.jsonl`: file does not exist',
  );
});

test('loaded threads are listed by id, from any id on', async () => {
  await using server = await startServer();
  const client = await server.client();
  expect(await client.request('thread/loaded/list', { cursor: 'nonsense' })).toEqual({ data: [], nextCursor: null });
  const ids = [await client.thread(), await client.thread()].sort();
  expect((await client.request('thread/loaded/list', { cursor: '01900000-0000-7000-8000-000000000000' })).data).toEqual(ids);
  expect((await client.request('thread/loaded/list', { cursor: ids[0] ?? '' })).data).toEqual([ids[1]]);
  expect((await client.request('thread/loaded/list', { cursor: ids[1] ?? '' })).data).toEqual([]);
  await expect(client.request('thread/loaded/list', { cursor: 'nonsense' })).rejects.toThrow('invalid cursor: nonsense');
  await expect(client.request('thread/search', { searchTerm: ' ' })).rejects.toThrow('thread/search requires a non-empty searchTerm');
});

test('what the user said is kept when there is no room and making room fails', async () => {
  const full = refusal(400, { error: { code: 'context_length_exceeded', message: 'too long' } });
  await using server = await startServer({ model: [full, refusal(401, {}), say('a note'), say('at last')] });
  const client = await server.client();
  const threadId = await client.thread();
  expect((await client.turn(threadId, 'first words')).turn.status).toBe('failed');
  const told = client.next('item/completed');
  expect((await client.turn(threadId, 'second words')).turn.status).toBe('failed');
  expect((await told).item).toMatchObject({ type: 'userMessage', content: [{ text: 'second words' }] });
  const { thread } = await client.request('thread/read', { threadId, includeTurns: true });
  expect(thread.turns.at(-1)?.items).toMatchObject([{ type: 'userMessage', content: [{ text: 'second words' }] }]);
  expect((await client.turn(threadId, 'third words')).turn.status).toBe('completed');
});

test('a thread goes on with its service tier and its model, a copy of it begins with those of the configuration', async () => {
  await using server = await startServer({ model: [say('one'), say('two')] });
  let threadId: string;
  {
    await using first = await server.another();
    const client = await first.client();
    const started = await client.request('thread/start', { model: 'gpt-5.5', serviceTier: 'fast' });
    expect(started.serviceTier).toBe('priority');
    threadId = started.thread.id;
    await client.turn(threadId, 'hello');
  }
  const later = await server.client();
  expect(await later.request('thread/resume', { threadId })).toMatchObject({ model: 'gpt-5.5', serviceTier: 'priority' });
  expect(await later.request('thread/fork', { threadId })).toMatchObject({ model: 'mock-model', serviceTier: null });
  const completed = later.next('turn/completed');
  await later.request('turn/start', { threadId, input: [{ type: 'text', text: 'again' }], serviceTier: null });
  await completed;
  const tiers = await Promise.all([0, 1].map(async (at) => (await server.model.request(at)).body.service_tier));
  expect(tiers).toEqual(['priority', undefined]);
});

test('a tier that the model does not offer and another model than before are told as warnings', async () => {
  await using server = await startServer();
  let threadId: string;
  {
    await using first = await server.another();
    const client = await first.client();
    const warning = client.next('warning');
    const { thread, serviceTier } = await client.request('thread/start', { serviceTier: 'priority' });
    threadId = thread.id;
    expect(serviceTier).toBe(null);
    expect(await warning).toMatchObject({ threadId, message: expect.stringContaining('`priority` is not advertised') });
    await client.turn(threadId, 'hello');
  }
  const later = await server.client();
  const warning = later.next('warning');
  await later.request('thread/resume', { threadId, model: 'gpt-5.5' });
  const message = expect.stringContaining('recorded with model `mock-model` but is resuming with `gpt-5.5`');
  expect(await warning).toMatchObject({ threadId, message });
});

test('an item that a client brings must be whole', async () => {
  await using server = await startServer();
  const client = await server.client();
  const threadId = await client.thread();
  const inject = (item: object) => client.request('thread/inject_items', { threadId, items: [item] });
  await expect(inject({ type: 'message' })).rejects.toThrow('items[0] is not a valid response item: missing field `role`');
  await expect(inject({ type: 'message', role: 'user' })).rejects.toThrow('items[0] is not a valid response item: missing field `content`');
  expect(await inject({ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'x' }] })).toEqual({});
});

test('a queue tells of its changes, and its pages are numbered', async () => {
  await using server = await startServer({ model: [hang('working')] });
  const client = await server.client();
  const threadId = await client.thread();
  const { turn } = await client.request('turn/start', { threadId, input: [{ type: 'text', text: 'go' }] });
  const add = (text: string) =>
    client.request('thread/queue/add', { threadId, input: text === '' ? [] : [{ type: 'text', text }], clientUserMessageId: text });
  const changed = client.next('thread/queue/changed');
  const { queuedSubmission: one } = await add('one');
  await changed;
  const { queuedSubmission: two } = await add('two');
  await expect(add('')).rejects.toThrow('only user input can be added to the user-message queue');
  const list = (params: object) => client.request('thread/queue/list', { threadId, ...params });
  expect(await list({ limit: 1 })).toEqual({ data: [one], nextCursor: '1' });
  expect(await list({ cursor: '1' })).toEqual({ data: [two], nextCursor: null });
  await expect(list({ cursor: 'x' })).rejects.toThrow('invalid queue pagination cursor: invalid digit found in string');
  const reorder = (ids: string[]) => client.request('thread/queue/reorder', { threadId, queuedSubmissionIds: ids });
  await expect(reorder([one.id])).rejects.toThrow('queue reorder must include every queued submission exactly once');
  await reorder([two.id, one.id]);
  expect((await list({})).data).toEqual([two, one]);
  await client.request('turn/interrupt', { threadId, turnId: turn.id });
});
