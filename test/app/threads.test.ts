/** Threads as a client sees them: opened, listed, read in pages, renamed, taken back, archived and deleted, over restarts too. */
import { access, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { say } from '../support/scripted-model.ts';
import { methodsOf, startServer, type TestClient } from '../support/server.ts';

const unknownId = '01a1fd10-794e-7813-8c78-53e2608dfd03';

/** A thread with a turn for each text. */
async function talk(client: TestClient, ...texts: string[]): Promise<{ threadId: string; turnIds: string[] }> {
  const threadId = await client.thread();
  const turnIds: string[] = [];
  for (const text of texts) turnIds.push((await client.turn(threadId, text)).turn.id);
  return { threadId, turnIds };
}

describe('opening', () => {
  test('a started thread is told to everyone after its answer, and is loaded', async () => {
    await using server = await startServer({ via: 'ws' });
    const [client, other] = [await server.client(), await server.client({ name: 'other' })];
    const [here, there] = [client.next('thread/started'), other.next('thread/started')];
    const { thread, ...rest } = await client.request('thread/start', { cwd: server.work.root, approvalPolicy: 'never' });
    expect(thread).toMatchObject({ status: { type: 'idle' }, preview: '', turns: [], originator: 'probe', cwd: server.work.root });
    expect(rest).toMatchObject({ model: 'mock-model', modelProvider: 'mock', approvalPolicy: 'never', cwd: server.work.root });
    expect((await here).thread.id).toBe(thread.id);
    expect((await there).thread.id).toBe(thread.id);
    expect(await client.request('thread/loaded/list', {})).toEqual({ data: [thread.id], nextCursor: null });
  });

  test('a thread is resumed by another server with its history and settings, and goes on', async () => {
    await using server = await startServer({ model: [say('one'), say('two')] });
    await using second = await server.another();
    const client = await second.client();
    let threadId: string;
    let turnIds: string[];
    {
      await using first = await server.another();
      const owner = await first.client();
      ({ threadId, turnIds } = await talk(owner, 'first question'));
      // Reading the turns has everything written that is still on its way to the disk.
      await owner.request('thread/read', { threadId, includeTurns: true });
      await expect(client.request('thread/resume', { threadId })).rejects.toThrow(`thread ${threadId} already has an active writer`);
    }
    const resumed = await client.request('thread/resume', { threadId });
    expect(resumed.thread).toMatchObject({ id: threadId, preview: 'first question', status: { type: 'idle' } });
    expect(resumed.thread.turns).toMatchObject([
      { id: turnIds[0], status: 'completed', items: [{ type: 'userMessage' }, { text: 'one' }] },
    ]);
    await client.turn(threadId, 'second question');
    const { input } = (await server.model.request(1)).body;
    expect(JSON.stringify(input)).toContain('first question');
    expect(JSON.stringify(input)).toContain('one');
  });

  test('a fork has the turns up to where it was cut, and a life of its own', async () => {
    await using server = await startServer();
    const client = await server.client();
    const { threadId, turnIds } = await talk(client, 'a', 'b', 'c');
    const [first = '', second = '', third = ''] = turnIds;
    const ids = async (params: object) => (await client.request('thread/fork', { threadId, ...params })).thread.turns.map(({ id }) => id);
    expect(await ids({})).toEqual([first, second, third]);
    expect(await ids({ lastTurnId: second })).toEqual([first, second]);
    expect(await ids({ beforeTurnId: second })).toEqual([first]);
    const { thread } = await client.request('thread/fork', { threadId, lastTurnId: first });
    expect(thread).toMatchObject({ forkedFromId: threadId, status: { type: 'idle' } });
    await client.turn(thread.id, 'only here');
    expect((await client.request('thread/read', { threadId, includeTurns: true })).thread.turns).toHaveLength(3);
    await expect(ids({ lastTurnId: first, beforeTurnId: first })).rejects.toThrow('`beforeTurnId` cannot be combined with `lastTurnId`');
    await expect(ids({ lastTurnId: unknownId })).rejects.toThrow(`turn not found: ${unknownId}`);
  });

  test.each([
    ['thread/resume', 'nonsense', 'invalid session id: '],
    ['thread/resume', unknownId, `no rollout found for thread id ${unknownId}`],
    ['thread/fork', unknownId, `no rollout found for thread id ${unknownId}`],
    ['thread/read', unknownId, `thread not loaded: ${unknownId}`],
    ['thread/archive', unknownId, `no rollout found for thread id ${unknownId}`],
    ['thread/unarchive', unknownId, `no archived rollout found for thread id ${unknownId}`],
    ['thread/delete', unknownId, `no rollout found for thread id ${unknownId}`],
    ['thread/compact/start', unknownId, `thread not found: ${unknownId}`],
  ] as const)('%s of %s', async (method, threadId, message) => {
    await using server = await startServer();
    const client = await server.client();
    await expect(client.request(method, { threadId })).rejects.toMatchObject({ code: -32600, message: expect.stringContaining(message) });
  });
});

describe('lists', () => {
  test('pages run both ways without losing or repeating a thread', async () => {
    await using server = await startServer();
    const client = await server.client();
    const ids: string[] = [];
    for (const text of ['one', 'two', 'three', 'four', 'five']) ids.unshift((await talk(client, text)).threadId);
    const list = (params: object) => client.request('thread/list', params);
    const seen: string[] = [];
    let cursor: string | null | undefined;
    do {
      const page = await list({ limit: 2, ...(cursor && { cursor }) });
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor);
    expect(seen).toEqual(ids);
    const newest = await list({ limit: 2 });
    const older = await list({ limit: 2, cursor: newest.nextCursor });
    const back = await list({ limit: 10, cursor: older.backwardsCursor, sortDirection: 'asc' });
    expect(back.data.map(({ id }) => id)).toEqual(expect.arrayContaining(ids.slice(0, 2).reverse()));
    expect((await list({ limit: 0 })).data).toHaveLength(1);
    await expect(list({ cursor: 'nonsense' })).rejects.toThrow('invalid cursor: nonsense');
    await expect(list({ parentThreadId: unknownId, ancestorThreadId: unknownId })).rejects.toThrow('mutually exclusive');
  });

  test('filters by words, directory and archive; loaded threads show their state', async () => {
    await using server = await startServer({ files: { 'sub/file': '' } });
    const client = await server.client();
    const { threadId } = await talk(client, 'a needle in hay');
    const elsewhere = await client.thread({ cwd: server.work.path('sub') });
    await client.turn(elsewhere, 'hay only');
    const ids = async (params: object) => (await client.request('thread/list', params)).data.map(({ id }) => id);
    expect(await ids({ searchTerm: 'needle' })).toEqual([threadId]);
    expect(await ids({ searchTerm: 'NEEDLE' })).toEqual([]);
    for (const cwd of [server.work.path('sub'), 'sub', ['./sub/']]) expect(await ids({ cwd })).toEqual([elsewhere]);
    expect(await ids({ cwd: [] })).toEqual([]);
    expect(await ids({ archived: true })).toEqual([]);
    await client.request('thread/archive', { threadId });
    expect(await ids({ archived: true })).toEqual([threadId]);
    expect((await client.request('thread/list', {})).data).toMatchObject([{ id: elsewhere, status: { type: 'idle' }, turns: [] }]);
    const found = await client.request('thread/search', { searchTerm: 'ONLY' });
    expect(found.data).toMatchObject([{ thread: { id: elsewhere }, snippet: 'hay only' }]);
    // What was answered is found as well, and thread/list looks at the beginning alone.
    const answer = (await client.request('thread/turns/list', { threadId: elsewhere })).data[0]?.items.at(-1);
    const said = answer?.type === 'agentMessage' ? answer.text.trim() : '';
    expect((await client.request('thread/search', { searchTerm: said.toUpperCase() })).data).toMatchObject([
      { thread: { id: elsewhere }, snippet: said },
    ]);
    expect(await ids({ searchTerm: said })).toEqual([]);
  });

  test('a search finds what is written with escapes, and histories that cannot be read do not stop it', async () => {
    await using server = await startServer({ model: [say('one'), say('he said "Zoë\n\\o/ over there"')] });
    const client = await server.client();
    const { threadId: other } = await talk(client, 'first');
    const { threadId } = await talk(client, 'second');
    const { thread } = await client.request('thread/read', { threadId: other });
    const search = async (searchTerm: string) => (await client.request('thread/search', { searchTerm })).data.map((hit) => hit.thread.id);
    for (const term of ['SAID "zoë', 'ZOË\n\\O/ over', '\\o/']) expect(await search(term)).toEqual([threadId]);
    expect(await search('SAID "zoe')).toEqual([]);
    await writeFile(thread.path ?? '', 'he said nothing that can be read\n');
    expect(await search('he said')).toEqual([threadId]);
  });
});

describe('history', () => {
  test('turns come newest first, items oldest first, in pages that fit together', async () => {
    await using server = await startServer();
    const client = await server.client();
    const { threadId, turnIds } = await talk(client, 'a', 'b', 'c');
    const first = await client.request('thread/turns/list', { threadId, limit: 2 });
    expect(first.data.map(({ id }) => id)).toEqual([turnIds[2], turnIds[1]]);
    const second = await client.request('thread/turns/list', { threadId, limit: 2, cursor: first.nextCursor ?? '' });
    expect(second).toMatchObject({ data: [{ id: turnIds[0] }], nextCursor: null });
    const newer = await client.request('thread/turns/list', { threadId, cursor: second.backwardsCursor ?? '', sortDirection: 'asc' });
    expect(newer.data.map(({ id }) => id)).toEqual(turnIds);
    const items = await client.request('thread/items/list', { threadId });
    expect(items.data.map(({ turnId, item }) => [turnId, item.type])).toEqual(
      turnIds.flatMap((id) => [
        [id, 'userMessage'],
        [id, 'agentMessage'],
      ]),
    );
    const [only] = turnIds;
    expect((await client.request('thread/items/list', { threadId, turnId: only ?? '' })).data).toHaveLength(2);
    await expect(client.request('thread/turns/list', { threadId, cursor: 'x' })).rejects.toThrow('invalid cursor: x');
  });

  test('words are found where they stand', async () => {
    await using server = await startServer({ model: [say('An answer with a Needle.')] });
    const client = await server.client();
    const { threadId, turnIds } = await talk(client, 'where is the needle?');
    const { data } = await client.request('thread/searchOccurrences', { threadId, searchTerm: 'NEEDLE' });
    expect(data.map(({ turnId }) => turnId)).toEqual([turnIds[0], turnIds[0]]);
    for (const { snippet, snippetMatchRange: range } of data) expect(snippet.slice(range.start, range.end).toLowerCase()).toBe('needle');
  });

  test('a revert takes turns back for the client and for the model', async () => {
    await using server = await startServer();
    const client = await server.client();
    const { threadId, turnIds } = await talk(client, 'keep this', 'take this back', 'and this');
    const told = client.next('thread/reverted');
    const { thread } = await client.request('thread/revert', { threadId, beforeTurnId: turnIds[1] ?? '' });
    expect(thread.id).toBe(threadId);
    expect(await told).toEqual({ threadId });
    const { data } = await client.request('thread/turns/list', { threadId });
    expect(data.map(({ id }) => id)).toEqual([turnIds[0]]);
    await client.turn(threadId, 'something else');
    const input = JSON.stringify((await server.model.request(3)).body.input);
    expect(input).toContain('keep this');
    expect(input).not.toContain('take this back');
    await expect(client.request('thread/revert', { threadId, beforeTurnId: unknownId })).rejects.toThrow(`turn not found: ${unknownId}`);
  });
});

describe('changes', () => {
  test('a name is told to everyone, kept, and not blank', async () => {
    await using server = await startServer({ via: 'ws' });
    const [client, other] = [await server.client(), await server.client()];
    const { threadId } = await talk(client, 'hi');
    const told = other.next('thread/name/updated');
    expect(await client.request('thread/name/set', { threadId, name: '  a name ' })).toEqual({});
    expect(await told).toEqual({ threadId, threadName: 'a name' });
    expect((await other.request('thread/read', { threadId })).thread.name).toBe('a name');
    await expect(client.request('thread/name/set', { threadId, name: ' ' })).rejects.toThrow('thread name must not be empty');
  });

  test('an archived thread cannot be resumed until it is taken out; a deleted one is gone', async () => {
    await using server = await startServer();
    const client = await server.client();
    const { threadId } = await talk(client, 'hi');
    const { path } = (await client.request('thread/read', { threadId })).thread;
    const before = client.seen.length;
    const archived = client.next('thread/archived');
    await client.request('thread/archive', { threadId });
    await archived;
    expect(methodsOf(client.seen.slice(before))).toEqual(['thread/status/changed', 'thread/archived']);
    await expect(client.request('thread/resume', { threadId })).rejects.toThrow(
      `session ${threadId} is archived. Run \`codex unarchive ${threadId}\` to unarchive it first.`,
    );
    await expect(client.request('thread/archive', { threadId })).rejects.toThrow('no rollout found');
    const { thread } = await client.request('thread/unarchive', { threadId });
    expect(thread).toMatchObject({ id: threadId, status: { type: 'notLoaded' }, path });
    await client.request('thread/resume', { threadId });
    const deleted = client.next('thread/deleted');
    await client.request('thread/delete', { threadId });
    expect(await deleted).toEqual({ threadId });
    await expect(access(path ?? '')).rejects.toThrow('ENOENT');
    expect((await client.request('thread/list', {})).data).toEqual([]);
  });

  test('leaving a thread ends what is heard of it', async () => {
    await using server = await startServer({ via: 'ws' });
    const [client, other] = [await server.client(), await server.client()];
    const { threadId } = await talk(client, 'hi');
    await other.request('thread/resume', { threadId });
    expect(await client.request('thread/unsubscribe', { threadId })).toEqual({ status: 'unsubscribed' });
    expect(await client.request('thread/unsubscribe', { threadId })).toEqual({ status: 'notSubscribed' });
    expect(await client.request('thread/unsubscribe', { threadId: unknownId })).toEqual({ status: 'notLoaded' });
    const before = client.seen.length;
    await other.turn(threadId, 'more');
    await client.request('thread/loaded/list', {});
    expect(new Set(methodsOf(client.seen.slice(before)))).toEqual(new Set(['thread/status/changed']));
  });

  test('git facts are changed member by member', async () => {
    await using server = await startServer();
    const client = await server.client();
    const { threadId } = await talk(client, 'hi');
    const update = async (gitInfo: object) => (await client.request('thread/metadata/update', { threadId, gitInfo })).thread.gitInfo;
    expect(await update({ sha: 'abc', branch: 'main' })).toEqual({ sha: 'abc', branch: 'main', originUrl: null });
    expect(await update({ branch: null })).toEqual({ sha: 'abc', branch: null, originUrl: null });
    await expect(update({})).rejects.toThrow('gitInfo must include at least one field');
    await expect(client.request('thread/metadata/update', { threadId })).rejects.toThrow('must include at least one field');
  });
});
