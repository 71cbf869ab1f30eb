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

test('files are private', async () => {
  const writer = store.create(newThread());
  writer.append(...textTurn('t', 'secret', 'ok').facts);
  await writer.flush();
  expect((await stat(writer.path)).mode & 0o777).toBe(0o600);
  expect((await stat(join(home, 'sessions'))).mode & 0o777).toBe(0o700);
});
