/** The store through its port: create, append, read back, list, archive, delete. */
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createThreadStore } from '../../src/store/rollout-store.ts';
import type { ThreadStore } from '../../src/store/thread-store.ts';
import { newThread, textTurn } from './facts.ts';

let home: string;
let store: ThreadStore;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'store-'));
  store = createThreadStore({ home });
});
afterEach(async () => {
  await store.close();
  await rm(home, { recursive: true, force: true });
});

test('a thread without a user message leaves no trace on disk', async () => {
  const writer = store.create(newThread());
  writer.append({ type: 'turnStarted', turnId: 't', startedAtMs: 1, modelContextWindow: null, mode: 'default' });
  await writer.flush();
  await writer.close();
  expect(await readdir(home)).toEqual([]);
});

test('what was appended reads back', async () => {
  const thread = newThread();
  const writer = store.create(thread);
  const turn = textTurn('first', 'hello there', 'hi');
  writer.append(...turn.facts);
  const stored = await store.read(thread.id);
  expect(stored?.turns).toEqual([turn.turn]);
  expect(stored?.history).toEqual(turn.history);
  expect(stored?.record).toMatchObject({
    ...thread,
    preview: 'hello there',
    model: 'mock-model',
    name: null,
    archived: false,
    path: writer.path,
  });
  expect(stored?.lastContext).toEqual(turn.context);
  expect(stored?.tokenUsage?.turnId).toBe('first');
  expect(stored?.skippedLines).toBe(0);
});

test('a thread in legacy mode is told in events and in items, and reads back the same', async () => {
  const thread = newThread({ historyMode: 'legacy' });
  const writer = store.create(thread);
  const turn = textTurn('first', 'hello there', 'hi');
  writer.append(...turn.facts);
  const stored = await store.read(thread.id);
  expect(stored?.turns).toEqual([turn.turn]);
  expect(stored?.record).toMatchObject({ historyMode: 'legacy', preview: 'hello there' });
  const text = await readFile(writer.path, 'utf8');
  expect(text).toContain('"type":"user_message","item_id":"first-user","message":"hello there"');
  expect(text).toContain('"type":"agent_message","item_id":"msg_first_out","message":"hi"');
});

test('files are private', async () => {
  const writer = store.create(newThread());
  writer.append(...textTurn('t', 'secret', 'ok').facts);
  await writer.flush();
  expect((await stat(writer.path)).mode & 0o777).toBe(0o600);
  expect((await stat(join(home, 'sessions'))).mode & 0o777).toBe(0o700);
});

test('a turn of text is written in one go', async () => {
  const writer = store.create(newThread());
  writer.append(...textTurn('one', 'first', 'a').facts);
  await writer.flush();
  const before = (await stat(writer.path)).size;
  const turn = textTurn('two', 'second', 'b');
  for (const fact of turn.facts) writer.append(fact);
  // Nothing is written while the turn runs; the batch follows.
  expect((await stat(writer.path)).size).toBe(before);
  await writer.flush();
  const lines = (await readFile(writer.path, 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).ordinal)).toEqual(lines.map((_, index) => index));
});

test('a stored thread goes on in the same file', async () => {
  const thread = newThread();
  const first = store.create(thread);
  const [a, b] = [textTurn('a', 'one', 'eins'), textTurn('b', 'two', 'zwei')];
  first.append(...a.facts);
  await first.close();
  const second = await store.open(thread.id);
  expect(second.path).toBe(first.path);
  second.append(...b.facts);
  const stored = await store.read(thread.id);
  expect(stored?.turns).toEqual([a.turn, b.turn]);
  expect(stored?.history).toEqual([...a.history, ...b.history]);
  const ordinals = (await readFile(first.path, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).ordinal);
  expect(ordinals).toEqual(ordinals.map((_, index) => index));
});

test('a thread that is just being closed can be opened again at once', async () => {
  const thread = newThread();
  const first = store.create(thread);
  const [a, b, c] = [textTurn('a', 'one', 'eins'), textTurn('b', 'two', 'zwei'), textTurn('c', 'three', 'drei')];
  first.append(...a.facts);
  void first.close();
  const second = await store.open(thread.id);
  second.append(...b.facts);
  await store.read(thread.id);
  await second.close();
  // Known from the last reading, and read anew when something changed since.
  const third = await store.open(thread.id);
  third.append({ type: 'reverted', beforeTurnId: 'b' }, ...c.facts);
  expect((await store.read(thread.id))?.turns).toEqual([a.turn, c.turn]);
  expect(await readFile(third.path, 'utf8')).toContain('"num_turns":1');
});

test('another store cannot write the thread meanwhile, but can read it', async () => {
  const thread = newThread();
  const writer = store.create(thread);
  writer.append(...textTurn('a', 'one', 'eins').facts);
  await writer.flush();
  const other = createThreadStore({ home });
  await expect(other.open(thread.id)).rejects.toMatchObject({
    kind: 'invalidRequest',
    message: `thread ${thread.id} already has an active writer`,
  });
  expect((await other.read(thread.id))?.turns).toHaveLength(1);
  await writer.close();
  await (await other.open(thread.id)).close();
});

test('after a line that was cut off the next one begins on a line of its own', async () => {
  const thread = newThread();
  const [a, b] = [textTurn('a', 'one', 'eins'), textTurn('b', 'two', 'zwei')];
  const writer = store.create(thread);
  writer.append(...a.facts);
  await writer.close();
  await appendFile(writer.path, '{"timestamp":"2026-11-21T07:49:29.378Z","ordinal":99,"type":"event_m');
  const next = await store.open(thread.id);
  next.append(...b.facts);
  const stored = await store.read(thread.id);
  expect(stored?.turns).toEqual([a.turn, b.turn]);
  expect(stored?.skippedLines).toBe(1);
});

test('a turn without an end reads as interrupted', async () => {
  const thread = newThread();
  const { facts } = textTurn('a', 'one', 'eins');
  const writer = store.create(thread);
  writer.append(...facts.slice(0, 4));
  const stored = await store.read(thread.id);
  expect(stored?.turns).toMatchObject([{ id: 'a', status: 'interrupted', completedAt: null, durationMs: null, error: null }]);
});

test('failed and aborted turns keep how they ended', async () => {
  const thread = newThread();
  const writer = store.create(thread);
  const error = {
    message: 'busy',
    codexErrorInfo: { responseStreamDisconnected: { httpStatusCode: 500 } },
    additionalDetails: 'more',
    misalignment: null,
  };
  const [a, b] = [textTurn('a', 'one', ''), textTurn('b', 'two', '')];
  writer.append(...a.facts.slice(0, 4), {
    type: 'turnCompleted',
    turnId: 'a',
    startedAtMs: 5000,
    completedAtMs: 7500,
    lastAgentMessage: null,
    timeToFirstTokenMs: null,
    error,
  });
  writer.append(...b.facts.slice(0, 4), {
    type: 'turnAborted',
    turnId: 'b',
    reason: 'interrupted',
    startedAtMs: 8000,
    completedAtMs: 8100,
  });
  expect((await store.read(thread.id))?.turns).toMatchObject([
    { status: 'failed', error, startedAt: 5, completedAt: 7, durationMs: 2500 },
    { status: 'interrupted', error: null, startedAt: 8, completedAt: 8, durationMs: 100 },
  ]);
});

describe('going back', () => {
  const turns = ['a', 'b', 'c'].map((id) => textTurn(id, `say ${id}`, `answer ${id}`));
  const written = async () => {
    const thread = newThread();
    const writer = store.create(thread);
    writer.append(...turns.flatMap(({ facts }) => facts));
    return { thread, writer };
  };
  const ids = async (threadId: string) => (await store.read(threadId))?.turns.map(({ id }) => id);

  test('a revert drops the turn and all later ones, from the history too', async () => {
    const { thread, writer } = await written();
    const again = textTurn('d', 'instead', 'fine');
    writer.append({ type: 'reverted', beforeTurnId: 'b' }, ...again.facts);
    const stored = await store.read(thread.id);
    expect(stored?.turns.map(({ id }) => id)).toEqual(['a', 'd']);
    expect(stored?.history).toEqual([...(turns[0]?.history ?? []), ...again.history]);
    await writer.flush();
    expect(await readFile(writer.path, 'utf8')).toContain('"num_turns":2');
  });

  test('a revert to before a compaction brings back what it summed up', async () => {
    const { thread, writer } = await written();
    const summary = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'summary' }] };
    writer.append(
      { type: 'turnStarted', turnId: 'k', startedAtMs: 1, modelContextWindow: null, mode: 'default' },
      { type: 'compacted', message: 'summary', replacement: [summary], windowNumber: 1 },
      {
        type: 'turnCompleted',
        turnId: 'k',
        startedAtMs: 1,
        completedAtMs: 2,
        lastAgentMessage: null,
        timeToFirstTokenMs: null,
        error: null,
      },
    );
    expect(await store.read(thread.id)).toMatchObject({ history: [summary], windowNumber: 1 });
    writer.append({ type: 'reverted', beforeTurnId: 'c' });
    const stored = await store.read(thread.id);
    expect(stored?.history).toEqual(turns.slice(0, 2).flatMap(({ history }) => history));
    expect(stored?.windowNumber).toBe(0);
  });

  test('a fork shares the beginning and nothing else', async () => {
    const { thread, writer } = await written();
    const child = newThread({ forkedFromId: thread.id });
    const branch = await store.fork({ threadId: thread.id }, child, { throughTurnId: 'b' });
    branch.append(...textTurn('x', 'elsewhere', 'ok').facts);
    writer.append(...textTurn('y', 'here', 'ok').facts);
    expect(await ids(child.id)).toEqual(['a', 'b', 'x']);
    expect(await ids(thread.id)).toEqual(['a', 'b', 'c', 'y']);
    expect(await store.find(child.id)).toMatchObject({ forkedFromId: thread.id, preview: 'say a', id: child.id });
    await store.delete(thread.id);
    expect(await ids(child.id)).toEqual(['a', 'b', 'x']);
  });

  test('a fork strictly before a turn, from a file, and of nothing', async () => {
    const { thread, writer } = await written();
    await writer.flush();
    const before = newThread();
    await store.fork({ path: writer.path }, before, { beforeTurnId: 'c' });
    expect(await ids(before.id)).toEqual(['a', 'b']);
    const empty = newThread();
    await store.fork({ threadId: thread.id }, empty, { beforeTurnId: 'a' });
    expect(await store.find(empty.id)).toBeUndefined();
    await expect(store.fork({ threadId: thread.id }, newThread(), { throughTurnId: 'nope' })).rejects.toMatchObject({
      message: 'turn not found: nope',
    });
    await expect(store.fork({ threadId: newThread().id }, newThread())).rejects.toThrow('no rollout found for thread id');
    expect((await store.read(thread.id, { throughTurnId: 'a' }))?.turns.map(({ id }) => id)).toEqual(['a']);
  });
});

describe('what can be done with a stored thread', () => {
  const stored = async (change = {}) => {
    const thread = newThread(change);
    const writer = store.create(thread);
    writer.append(...textTurn(`turn of ${thread.id}`, 'hello', 'hi').facts);
    await writer.close();
    return { thread, path: writer.path };
  };
  const listed = async (archived: boolean) =>
    (await store.list({ cursor: undefined, limit: 25, sortKey: 'created_at', sortDirection: 'desc', archived })).records.map(
      ({ id }) => id,
    );

  test('archive and unarchive move it', async () => {
    const { thread, path } = await stored();
    await store.archive(thread.id);
    expect([await listed(false), await listed(true)]).toEqual([[], [thread.id]]);
    expect(await store.find(thread.id)).toMatchObject({ archived: true });
    expect((await store.read(thread.id))?.turns).toHaveLength(1);
    await expect(store.archive(thread.id)).rejects.toMatchObject({ message: `no rollout found for thread id ${thread.id}` });
    expect(await store.unarchive(thread.id)).toMatchObject({ archived: false, path });
    expect([await listed(false), await listed(true)]).toEqual([[thread.id], []]);
    await expect(store.unarchive(thread.id)).rejects.toMatchObject({ message: `no archived rollout found for thread id ${thread.id}` });
  });

  test('names and git facts change without touching its file', async () => {
    const { thread, path } = await stored({ gitInfo: { sha: 's', branch: 'b', originUrl: 'o' } });
    const before = await readFile(path, 'utf8');
    expect(await store.update(thread.id, { name: 'A name' })).toMatchObject({ name: 'A name' });
    expect(await store.update(thread.id, { gitInfo: { branch: null, sha: 't' } })).toMatchObject({
      gitInfo: { sha: 't', branch: null, originUrl: 'o' },
    });
    expect(await readFile(path, 'utf8')).toBe(before);
    const other = createThreadStore({ home });
    expect(await other.find(thread.id)).toMatchObject({ name: 'A name', gitInfo: { sha: 't', branch: null, originUrl: 'o' } });
    await expect(store.update(newThread().id, { name: 'x' })).rejects.toThrow('no rollout found for thread id');
  });

  test('delete removes its file and its name', async () => {
    const { thread } = await stored();
    await store.update(thread.id, { name: 'A name' });
    await store.delete(thread.id);
    expect(await store.find(thread.id)).toBeUndefined();
    expect(await store.read(thread.id)).toBeUndefined();
    expect(await readFile(join(home, 'session_index.jsonl'), 'utf8')).toBe('');
    await expect(store.delete(thread.id)).rejects.toMatchObject({ message: `no rollout found for thread id ${thread.id}` });
  });

  test('a copy elsewhere can be read by its path', async () => {
    const { thread, path } = await stored();
    const copy = join(home, 'copy.jsonl');
    await writeFile(copy, await readFile(path));
    expect((await store.readPath(copy))?.record).toMatchObject({ id: thread.id, preview: 'hello', path: copy });
    expect(await store.readPath(join(home, 'missing.jsonl'))).toBeUndefined();
  });
});

test('a disk that fails is reported once, and nothing is lost when it works again', async () => {
  const reports: unknown[] = [];
  const failing = createThreadStore({ home, retryMs: 5, onWriteError: (_id, error) => reports.push(error) });
  const thread = newThread();
  // A file where a directory must be.
  await writeFile(join(home, 'sessions'), '');
  const writer = failing.create(thread);
  const turn = textTurn('a', 'one', 'eins');
  writer.append(...turn.facts.slice(0, 4));
  await writer.flush();
  writer.append(...turn.facts.slice(4));
  await writer.flush();
  expect(reports).toHaveLength(1);
  await rm(join(home, 'sessions'));
  await writer.flush();
  expect((await failing.read(thread.id))?.turns).toEqual([turn.turn]);
  await failing.close();
});

test('an ephemeral thread leaves nothing', async () => {
  const thread = newThread();
  const writer = store.createEphemeral(thread);
  writer.append(...textTurn('a', 'one', 'eins').facts);
  await writer.close();
  expect(await readdir(home)).toEqual([]);
});

test('a thread of an unknown kind of history, and a file without a session, are refused clearly', async () => {
  const path = join(home, 'x.jsonl');
  await writeFile(
    path,
    `${JSON.stringify({ timestamp: '2026-11-21T07:49:29Z', type: 'session_meta', payload: { id: 'x', history_mode: 'future' } })}\n`,
  );
  await expect(store.readPath(path)).rejects.toThrow('unknown history mode `future`');
  await writeFile(path, 'nothing\n');
  await expect(store.readPath(path)).rejects.toThrow('holds no session line');
  await writeFile(path, '');
  await expect(store.readPath(path)).rejects.toThrow('holds no session line');
});
