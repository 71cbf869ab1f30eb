/** Listing: order, pages, filters, and that a listing sees what changed on disk. */
import { appendFile, mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createThreadStore } from '../../src/store/rollout-store.ts';
import type { NewThread, ThreadQuery, ThreadStore } from '../../src/store/thread-store.ts';
import { newThread, textTurn } from './facts.ts';

let home: string;
let store: ThreadStore;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'index-'));
  store = createThreadStore({ home });
});
afterEach(async () => {
  await store.close();
  await rm(home, { recursive: true, force: true });
});

const base = Date.UTC(2026, 10, 21, 7, 0, 0);
const write = async (atMs: number, change: Partial<NewThread> = {}, said = `said at ${atMs}`, target = store) => {
  const thread = newThread({ id: v7({ msecs: atMs }), createdAtMs: atMs, ...change });
  const writer = target.create(thread);
  writer.append(...textTurn(`turn-${thread.id}`, said, 'ok').facts);
  await writer.close();
  await utimes(writer.path, atMs / 1000, atMs / 1000);
  return { ...thread, path: writer.path };
};
const list = (query: Partial<ThreadQuery> = {}, target = store) =>
  target.list({ cursor: undefined, limit: 25, sortKey: 'created_at', sortDirection: 'desc', archived: false, ...query });
const ids = async (query: Partial<ThreadQuery> = {}) => (await list(query)).records.map(({ id }) => id);

test('newest first, over days and months, by their names alone', async () => {
  const days = [0, 1, 40, 400].map((day) => base + day * 86_400_000);
  const threads = [];
  for (const day of days) threads.push(await write(day));
  expect(await ids()).toEqual(threads.map(({ id }) => id).reverse());
  expect(await ids({ sortDirection: 'asc' })).toEqual(threads.map(({ id }) => id));
});

test('pages follow each other, and the way back shows what is newer', async () => {
  const threads = [];
  for (let index = 0; index < 5; index++) threads.push((await write(base + index * 1000)).id);
  const first = await list({ limit: 2 });
  expect(first.records.map(({ id }) => id)).toEqual([threads[4], threads[3]]);
  const second = await list({ limit: 2, cursor: first.nextCursor ?? '' });
  expect(second.records.map(({ id }) => id)).toEqual([threads[2], threads[1]]);
  const third = await list({ limit: 2, cursor: second.nextCursor ?? '' });
  expect(third).toMatchObject({ records: [{ id: threads[0] }], nextCursor: null });
  const back = await list({ limit: 9, cursor: second.backwardsCursor ?? '', sortDirection: 'asc' });
  expect(back.records.map(({ id }) => id)).toEqual([threads[3], threads[4]]);
  expect(await list({ limit: 0 })).toMatchObject({ records: [{ id: threads[4] }] });
  expect(await list({ modelProviders: ['nobody'] })).toEqual({ records: [], nextCursor: null, backwardsCursor: null });
});

test('every walk over the pages shows every thread exactly once', async () => {
  // Several threads share an instant: the id decides between them.
  const written: string[] = [];
  for (const offset of [0, 0, 0, 1000, 1000, 2000, 5000]) written.push((await write(base + offset)).id);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom('created_at', 'updated_at', 'recency_at'),
      fc.constantFrom('asc', 'desc'),
      async (limit, sortKey, sortDirection) => {
        const seen: string[] = [];
        for (let cursor: string | undefined; ; ) {
          const page = await list({ limit, sortKey, sortDirection, cursor });
          seen.push(...page.records.map(({ id }) => id));
          if (page.nextCursor === null) break;
          cursor = page.nextCursor;
        }
        expect([...seen].sort()).toEqual([...written].sort());
      },
    ),
    { numRuns: 24 },
  );
});

test.each(['garbage', '', '|', '2026-11-21', '2026-11-21T07:00:00Z|a|b', 'NaN|x'])('the cursor %j is refused', async (cursor) => {
  await expect(list({ cursor })).rejects.toMatchObject({ kind: 'invalidRequest', message: `invalid cursor: ${cursor}` });
});

describe('filters', () => {
  test('by directory, provider, client, kind, parent and id', async () => {
    const plain = await write(base);
    const other = await write(base + 1000, { cwd: '/other', modelProvider: 'p2', originator: 'editor', source: 'exec' });
    const child = await write(base + 2000, { source: { subAgent: 'review' }, parentThreadId: plain.id });
    expect(await ids(), 'only threads that a person talks to').toEqual([plain.id]);
    expect(await ids({ sourceKinds: ['exec', 'vscode'] })).toEqual([other.id, plain.id]);
    expect(await ids({ sourceKinds: ['exec'], cwds: ['/other'] })).toEqual([other.id]);
    expect(await ids({ sourceKinds: ['exec'], cwds: ['/w'] })).toEqual([]);
    expect(await ids({ sourceKinds: ['exec', 'vscode'], modelProviders: ['p2'] })).toEqual([other.id]);
    expect(await ids({ sourceKinds: ['exec', 'vscode'], originators: ['editor'] })).toEqual([other.id]);
    expect(await ids({ sourceKinds: ['subAgent'] })).toEqual([child.id]);
    expect(await ids({ sourceKinds: ['subAgentReview'] })).toEqual([child.id]);
    expect(await ids({ sourceKinds: ['subAgentCompact'] })).toEqual([]);
    expect(await ids({ parentThreadId: plain.id })).toEqual([child.id]);
    expect(await ids({ sourceKinds: ['exec', 'vscode'], excludedThreadIds: [plain.id] })).toEqual([other.id]);
  });

  test('by a part of the name or of the first message', async () => {
    const first = await write(base, {}, 'Fix the Parser');
    const second = await write(base + 1000, {}, 'something else');
    await store.update(second.id, { name: 'parser, again' });
    expect(await ids({ searchTerm: 'arser' })).toEqual([second.id, first.id]);
    expect(await ids({ searchTerm: 'parser' })).toEqual([second.id]);
    expect(await ids({ searchTerm: 'else' })).toEqual([second.id]);
    expect(await ids({ searchTerm: 'nothing like it' })).toEqual([]);
  });
});

test('what another process writes shows up', async () => {
  const thread = await write(base);
  expect(await ids()).toEqual([thread.id]);
  const other = createThreadStore({ home });
  const newer = await write(base + 1000, {}, 'from elsewhere', other);
  await other.update(thread.id, { name: 'renamed elsewhere' });
  const writer = await other.open(thread.id);
  writer.append({ type: 'turnStarted', turnId: 'late', startedAtMs: base + 9000, modelContextWindow: null, mode: 'default' });
  await writer.close();
  const { records } = await list({ sortKey: 'updated_at' });
  expect(records.map(({ id }) => id)).toEqual([thread.id, newer.id]);
  expect(records[0]).toMatchObject({ name: 'renamed elsewhere', preview: `said at ${base}` });
  await other.delete(newer.id);
  expect(await ids()).toEqual([thread.id]);
});

test('files that are no threads are left out', async () => {
  const thread = await write(base);
  const directory = join(thread.path, '..');
  await appendFile(join(directory, 'notes.txt'), 'x');
  await appendFile(join(directory, `rollout-2026-11-21T07-00-00-${v7()}.jsonl`), 'no session line\n');
  await appendFile(join(directory, `rollout-2026-11-21T07-00-00-${v7()}.jsonl`), '');
  expect(await ids()).toEqual([thread.id]);
});

test('a first message far behind a long beginning is still the preview', async () => {
  const thread = await write(base, { baseInstructions: 'long '.repeat(100_000) }, 'here I am');
  expect((await list()).records[0]).toMatchObject({ id: thread.id, preview: 'here I am' });
});
