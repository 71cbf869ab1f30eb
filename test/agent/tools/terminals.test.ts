/** The registry of background terminals: ids, the limit of 64, and the end of the thread. */
import { beforeEach, expect, test } from 'vitest';
import { createTerminals, type SessionIds } from '../../../src/agent/tools/terminals.ts';
import type { TerminalSession, Terminals } from '../../../src/agent/tools/tool.ts';
import { Scope } from '../../../src/base/scope.ts';

let scope: Scope;
let ids: SessionIds;
let terminals: Terminals;
let terminated: number[];
beforeEach(() => {
  scope = new Scope('thread');
  ids = new Set();
  terminals = createTerminals(scope, ids);
  terminated = [];
});

function session(lastUsedMs: number, exited = false): TerminalSession {
  const sessionId = terminals.reserve();
  return {
    sessionId,
    itemId: `item ${sessionId}`,
    turnId: 'turn',
    command: 'sleep',
    cwd: '/',
    osPid: undefined,
    exited,
    lastUsedMs,
    terminate: async () => {
      terminated.push(lastUsedMs);
    },
  };
}
const fill = (count: number, exited: (index: number) => boolean = () => false): TerminalSession[] =>
  Array.from({ length: count }, (_, index) => {
    const one = session(index, exited(index));
    terminals.add(one);
    return one;
  });

test('ids are five digits at most, unlike each other and free again afterwards', () => {
  const all = Array.from({ length: 500 }, () => terminals.reserve());
  expect(new Set(all).size).toBe(500);
  for (const id of all) expect(id).toBeGreaterThanOrEqual(1000);
  for (const id of all) expect(id).toBeLessThanOrEqual(99_999);
  for (const id of all) terminals.remove(id);
  expect(ids.size).toBe(0);
});

test('an id that another thread uses is not given out', () => {
  for (let id = 1000; id <= 99_999; id += 1) if (id !== 4711) ids.add(id);
  expect(terminals.reserve()).toBe(4711);
});

test('the 65th session ends the least recently used one', () => {
  const [oldest] = fill(64);
  terminals.add(session(100));
  expect(terminated).toEqual([0]);
  expect(terminals.find(oldest?.sessionId ?? 0)).toBeUndefined();
  expect(terminals.list().length).toBe(64);
});

test('an exited session goes before a live one, but the eight used last are spared', () => {
  fill(64, (index) => index === 30 || index === 60);
  terminals.add(session(100));
  expect(terminated).toEqual([30]);
  terminals.add(session(101));
  expect(terminated).toEqual([30, 0]);
});

test('only live sessions are listed, exited ones can still be found', () => {
  const [live, gone] = fill(2, (index) => index === 1);
  expect(terminals.list()).toEqual([live]);
  expect(terminals.find(gone?.sessionId ?? 0)).toBe(gone);
});

test('the end of the thread ends all of them, and what comes later as well', async () => {
  fill(3);
  const late = session(9);
  await scope.close();
  expect(terminated.toSorted()).toEqual([0, 1, 2]);
  terminals.add(late);
  expect(terminated).toContain(9);
  expect(terminals.find(late.sessionId)).toBeUndefined();
  expect(ids.size).toBe(0);
});
