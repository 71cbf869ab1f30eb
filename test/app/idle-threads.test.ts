/** Threads leave memory half an hour after the last listener and turn, and not earlier. */
import { expect, test } from 'vitest';
import type { ThreadManager } from '../../src/agent/threads.ts';
import { IdleThreads } from '../../src/app-server/idle-threads.ts';
import { silentLog } from '../../src/base/log.ts';

const minutes = 60_000;

function setUp(...ids: string[]) {
  const loaded = new Set(ids);
  const busy = new Set<string>();
  const subscribers = new Map<string, number>();
  const closed: string[] = [];
  let now = 5 * minutes;
  const threads: Pick<ThreadManager, 'loadedIds' | 'unload'> & { find(id: string): never } = {
    loadedIds: () => [...loaded],
    // Only whether a turn runs is looked at.
    find: (id) => ({ activeTurn: busy.has(id) ? {} : undefined }) as never,
    unload: async (id) => loaded.delete(id),
  };
  const idle = new IdleThreads({
    threads,
    subscriberCount: (id) => subscribers.get(id) ?? 0,
    clock: { nowMs: () => now, monotonicMs: () => now },
    log: silentLog,
    closed: (id) => closed.push(id),
  });
  const after = async (ms: number) => {
    now += ms;
    await idle.check();
    return [...closed];
  };
  return { after, busy, subscribers, loaded };
}

test('a thread without subscribers goes after half an hour', async () => {
  const { after, loaded } = setUp('a');
  expect(await after(0)).toEqual([]);
  expect(await after(29 * minutes)).toEqual([]);
  expect(await after(1 * minutes)).toEqual(['a']);
  expect([...loaded]).toEqual([]);
  expect(await after(60 * minutes)).toEqual(['a']);
});

test('a subscriber or a turn begins the wait anew', async () => {
  const { after, busy, subscribers } = setUp('subscribed', 'busy');
  await after(0);
  subscribers.set('subscribed', 1);
  busy.add('busy');
  expect(await after(60 * minutes)).toEqual([]);
  subscribers.delete('subscribed');
  busy.clear();
  expect(await after(60 * minutes)).toEqual([]);
  expect(await after(30 * minutes)).toEqual(['subscribed', 'busy']);
});
