/** How the program ends: what a signal waits for, and what it does not. */
import { expect, test } from 'vitest';
import type { AppServer } from '../../src/app-server/app-server.ts';
import { abortReason, onAbort } from '../../src/base/abort.ts';
import { deferred } from '../../src/base/deferred.ts';
import { silentLog } from '../../src/base/log.ts';
import { createExit } from '../../src/cli/exit.ts';

/** A server with turns that end when they are told to; only what the end of the program looks at. */
function setUp(options: { drains: boolean; close?: () => Promise<void> }) {
  const idle = deferred<void>();
  const ended = deferred<number>();
  const events: string[] = [];
  const server: Pick<AppServer, 'whenIdle' | 'close'> = {
    whenIdle: (signal) =>
      new Promise((resolve, reject) => {
        onAbort(signal, () => reject(abortReason(signal)));
        void idle.promise.then(resolve);
      }),
    async close() {
      events.push('close');
      await options.close?.();
    },
  };
  const exit = createExit({
    server,
    drains: options.drains,
    log: silentLog,
    stopListening: async () => void events.push('stop listening'),
    exit: ended.resolve,
  });
  return { exit, idle, ended, events };
}

test('on stdio the first signal ends everything', async () => {
  const { exit, ended, events } = setUp({ drains: false });
  exit.signalled();
  expect(await ended.promise).toBe(0);
  expect(events).toEqual(['stop listening', 'close']);
});

test('with several clients the first signal waits for the turns', async () => {
  const { exit, idle, ended, events } = setUp({ drains: true });
  exit.signalled();
  expect(events).toEqual([]);
  idle.resolve();
  expect(await ended.promise).toBe(0);
  expect(events).toEqual(['stop listening', 'close']);
});

test('the second signal does not wait', async () => {
  const { exit, ended, events } = setUp({ drains: true });
  exit.signalled();
  exit.signalled();
  expect(await ended.promise).toBe(0);
  expect(events).toEqual(['stop listening', 'close']);
});

test('a server that cannot close does not keep the program alive', async () => {
  const { exit, ended } = setUp({ drains: false, close: () => new Promise(() => {}) });
  const before = performance.now();
  await exit.end(3);
  expect(await ended.promise).toBe(3);
  expect(performance.now() - before).toBeLessThan(2000);
});
