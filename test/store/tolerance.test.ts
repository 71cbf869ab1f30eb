/** Damage never costs more than the damaged lines: whatever is cut, garbled or unknown, earlier turns stay. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { reconstruct } from '../../src/store/reconstruct.ts';
import { createThreadStore } from '../../src/store/rollout-store.ts';
import { joinWords, splitWords } from '../../src/store/shell-words.ts';
import type { StoredEvent, ThreadStore } from '../../src/store/thread-store.ts';
import { newThread, textTurn } from './facts.ts';

let home: string;
let store: ThreadStore;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tolerance-'));
  store = createThreadStore({ home });
});
afterEach(async () => {
  await store.close();
  await rm(home, { recursive: true, force: true });
});

const turnIds = ['a', 'b', 'c'];
const written = async () => {
  const writer = store.create(newThread());
  for (const id of turnIds) writer.append(...textTurn(id, `say ${id}`, `answer ${id} äöü €`).facts);
  await writer.close();
  const bytes = await readFile(writer.path);
  const ends = turnIds.map((id) => bytes.indexOf('\n', bytes.indexOf(`"type":"task_complete","turn_id":"${id}"`)));
  return { path: writer.path, bytes, ends };
};

test('cutting the file anywhere keeps every turn that ended before', async () => {
  const { bytes, ends } = await written();
  const copy = join(home, 'cut.jsonl');
  const firstLine = bytes.indexOf('\n');
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: firstLine, max: bytes.length }), async (length) => {
      await writeFile(copy, bytes.subarray(0, length));
      const complete = ends.filter((end) => end <= length).length;
      const turns = (await store.readPath(copy))?.turns ?? [];
      expect(turns.slice(0, complete)).toEqual(
        turnIds.slice(0, complete).map((id) => textTurn(id, `say ${id}`, `answer ${id} äöü €`).turn),
      );
      expect(turns.slice(complete).every(({ status }) => status === 'interrupted')).toBe(true);
    }),
    { numRuns: 80 },
  );
});

test('garbling one line costs what stands in it and nothing else', async () => {
  const { bytes } = await written();
  const lines = bytes.toString('utf8').trimEnd().split('\n');
  const garbage = fc.oneof(
    fc.string({ maxLength: 40 }).map((text) => text.replaceAll('\n', ' ')),
    fc.jsonValue().map((value) => JSON.stringify(value)),
    fc.record({ type: fc.string(), payload: fc.jsonValue(), timestamp: fc.string() }).map((value) => JSON.stringify(value)),
    fc.constantFrom(
      '{"type":"event_msg","payload":{"type":"item_completed","item":5}}',
      '{"type":"turn_context","payload":{"permission_profile":"old"}}',
      '{"type":"response_item","payload":{"type":7}}',
      '{"type":"compacted","payload":[]}',
    ),
  );
  const copy = join(home, 'garbled.jsonl');
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: lines.length }), garbage, async (at, text) => {
      await writeFile(copy, `${[...lines.slice(0, at), text, ...lines.slice(at)].join('\n')}\n`);
      const stored = await store.readPath(copy);
      expect(stored?.turns.map(({ id }) => id)).toEqual(expect.arrayContaining(turnIds));
      expect(stored?.turns.filter(({ id }) => turnIds.includes(id)).map(({ items }) => items)).toEqual(
        turnIds.map((id) => textTurn(id, `say ${id}`, `answer ${id} äöü €`).turn.items),
      );
    }),
    { numRuns: 150 },
  );
});

test('lines of any shape are read without a throw', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          timestampMs: fc.integer({ min: 0 }),
          ordinal: fc.option(fc.integer(), { nil: undefined }),
          type: fc.constantFrom('event_msg', 'response_item', 'turn_context', 'world_state', 'compacted', 'token_usage_record', 'new'),
          payload: fc.oneof(
            fc.dictionary(fc.string(), fc.jsonValue()),
            fc.record(
              {
                type: fc.constantFrom(
                  'task_started',
                  'task_complete',
                  'turn_aborted',
                  'item_completed',
                  'token_count',
                  'thread_rolled_back',
                  'user_message',
                  'agent_message',
                  'message',
                ),
                turn_id: fc.oneof(fc.constantFrom('x', 'y'), fc.jsonValue()),
                num_turns: fc.jsonValue(),
                item: fc.oneof(
                  fc.jsonValue(),
                  fc.record({
                    type: fc.constantFrom('UserMessage', 'CommandExecution', 'FileChange', 'New'),
                    id: fc.string(),
                    content: fc.jsonValue(),
                    command: fc.jsonValue(),
                    changes: fc.jsonValue(),
                  }),
                ),
                message: fc.jsonValue(),
                info: fc.jsonValue(),
                state: fc.jsonValue(),
                replacement_history: fc.jsonValue(),
              },
              { requiredKeys: [] },
            ),
          ),
        }),
        { maxLength: 12 },
      ),
      (lines) => {
        const { content } = reconstruct({ meta: { id: 'x' }, lines, skipped: 0, nextOrdinal: 1 }, 'x');
        expect(content.turns.every(({ status }) => status !== 'inProgress')).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
});

describe('older files', () => {
  const read = async (lines: unknown[]) => {
    const path = join(home, 'old.jsonl');
    await writeFile(path, lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
    return store.readPath(path);
  };
  const at = (second: number, type: string, payload: Record<string, unknown>) => ({
    timestamp: `2025-10-01T10:00:${String(second).padStart(2, '0')}.000Z`,
    type,
    payload,
  });

  test('events without turns of their own become turns', async () => {
    const stored = await read([
      at(0, 'session_meta', {
        id: '01980000-0000-7000-8000-000000000000',
        timestamp: '2025-10-01T10:00:00.000Z',
        cwd: '/w',
        originator: 'codex_cli_rs',
        cli_version: '0.40.0',
        instructions: 'be brief',
        source: 'cli',
      }),
      at(1, 'response_item', { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'one' }] }),
      at(1, 'event_msg', { type: 'user_message', message: 'one', images: ['data:image/png;base64,AA'] }),
      at(2, 'event_msg', { type: 'agent_reasoning', text: 'hm' }),
      at(3, 'event_msg', { type: 'agent_message', message: 'two' }),
      at(4, 'response_item', { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'two' }] }),
      at(5, 'event_msg', { type: 'user_message', message: 'three' }),
      at(6, 'event_msg', { type: 'agent_message', message: 'four' }),
    ]);
    expect(stored?.record).toMatchObject({
      historyMode: 'legacy',
      source: 'cli',
      baseInstructions: 'be brief',
      preview: 'one',
      runtimeWorkspaceRoots: ['/w'],
    });
    expect(stored?.turns.map(({ items }) => items.map((item) => item.type))).toEqual([
      ['userMessage', 'reasoning', 'agentMessage'],
      ['userMessage', 'agentMessage'],
    ]);
    expect(stored?.history).toHaveLength(2);
    expect(stored?.skippedLines).toBe(0);
  });

  test('a line that is no JSON, of an unknown type, cut off, and an old permission shape in one file', async () => {
    const stored = await read([
      at(0, 'session_meta', { id: '01980000-0000-7000-8000-000000000000', source: 'nobody knows', cwd: '/w' }),
      'not json',
      at(1, 'brand_new', { a: 1 }),
      at(2, 'event_msg', { type: 'task_started', turn_id: 't', started_at: 5 }),
      at(2, 'turn_context', { cwd: '/w', model: 'm', permission_profile: { read: ['/'] }, sandbox_policy: { mode: 'read-only' } }),
      at(3, 'response_item', { type: 'ghost_snapshot', ghost_commit: {} }),
      at(3, 'event_msg', { type: 'user_message', message: 'hello' }),
      at(4, 'event_msg', { type: 'task_complete', turn_id: 't' }),
      '{"timestamp":"2025-10-01T10:00:05.000Z","type":"event_',
    ]);
    expect(stored?.record).toMatchObject({ source: 'unknown', selectedCapabilityRoots: [] });
    expect(stored?.turns).toMatchObject([{ id: 't', status: 'completed', startedAt: 5, items: [{ type: 'userMessage' }] }]);
    expect(stored?.lastContext).toMatchObject({ model: 'm', permissionProfile: undefined, turnId: 't' });
    expect(stored?.history).toEqual([]);
    expect(stored?.skippedLines).toBe(3);
  });

  test('a compaction without its new history keeps what the user said and the summary', async () => {
    const said = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'one' }] };
    const stored = await read([
      at(0, 'session_meta', { id: '01980000-0000-7000-8000-000000000000' }),
      at(1, 'response_item', said),
      at(2, 'response_item', { type: 'message', role: 'assistant', content: [] }),
      at(3, 'compacted', { message: 'in short' }),
    ]);
    expect(stored?.history).toEqual([said, { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'in short' }] }]);
    expect(stored?.windowNumber).toBe(1);
  });
});

test('the world state is the full one with its patches', async () => {
  const thread = newThread();
  const writer = store.create(thread);
  const facts: StoredEvent[] = [
    { type: 'worldState', full: true, state: { a: { b: 1, c: 2 }, d: [1] } },
    { type: 'worldState', full: false, state: { a: { b: null, e: 3 }, d: [2] } },
  ];
  writer.append(...facts, ...textTurn('t', 'x', 'y').facts);
  expect((await store.read(thread.id))?.worldState).toEqual({ a: { c: 2, e: 3 }, d: [2] });
});

test('words survive the way through shell text', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.stringMatching(/^[a^'"$\\!` x]*$/)), { maxLength: 5 }), (words) => {
      expect(splitWords(joinWords(words))).toEqual(words);
    }),
    { numRuns: 500 },
  );
  expect(splitWords("a 'b")).toBeUndefined();
  expect(joinWords(['/bin/bash', '-c', 'printf \'a b\' "$X"'])).toBe(`/bin/bash -c "printf 'a b' \\""'$X"'`);
});
