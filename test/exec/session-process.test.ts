/** One process of a session, with a host whose output comes exactly when the test says. */
import { expect, test } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import { SessionProcess, type SessionProcessOptions } from '../../src/exec-server/session-process.ts';
import { WriteIds } from '../../src/exec-server/write-ids.ts';
import type { HostProcesses } from '../../src/host/processes.ts';
import { HostProcess } from '../../src/host/running-process.ts';

const output = { maxBytes: 1_048_576, maxChunks: 50_000, maxChunkBytes: 8192, keep: 'newest' } as const;

/** A process that exists in name only. */
const idleHost = () =>
  new HostProcess({ id: 'h', output, sandbox: 'none', drainMs: undefined, onEnded: () => {}, onClosed: () => {}, onGroupGone: () => {} });

const starting = (host: HostProcess): HostProcesses => ({
  live: new Map(),
  start: async () => host,
  prepare: async () => {},
  close: async () => {},
});

const sessionProcess = (notify: SessionProcessOptions['notify'] = () => {}) =>
  new SessionProcess({
    id: 'p',
    request: {
      id: 'h',
      argv: ['x'],
      cwd: '/',
      env: { policy: { inherit: 'none', ignoreDefaultExcludes: true, exclude: [], set: {}, includeOnly: [] }, overlay: {} },
      stdin: 'pipe',
    },
    notify,
    onClosed: () => {},
    log: silentLog,
  });

const never = new AbortController().signal;

test('a program that fills more than the retained window right after its start loses nothing', async () => {
  const seqs: number[] = [];
  const process = sessionProcess((_method, params) => {
    if ('seq' in params) seqs.push(params.seq);
  });
  const host = idleHost();
  expect(await process.start(starting(host))).toBe('none');
  // As the system does it: everything that is ready is read in one turn.
  for (let at = 0; at < 48; at += 1) host.output('stdout', Buffer.alloc(65_536));
  host.ended({ code: 0, signal: null });
  host.outputEnded();
  await host.closed;
  await new Promise((resolve) => setImmediate(resolve));
  expect(seqs).toEqual(Array.from({ length: 48 * 8 + 2 }, (_, index) => index + 1));
});

test('while it starts it can be neither read nor written, and to end it is to give the start up', async () => {
  const process = sessionProcess();
  const start = process.start({
    ...starting(idleHost()),
    start: (_request, signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  });
  await expect(process.read({ afterSeq: 0, maxBytes: undefined, waitMs: 0 }, never)).rejects.toThrow('process id p is starting');
  expect(await process.write(Buffer.from('x'), '1', never)).toBe('starting');
  await process.interrupt();
  expect(process.terminate()).toBe(true);
  await expect(start).rejects.toMatchObject({ kind: 'invalidRequest', message: 'process p start was cancelled' });
});

test('to end it twice before its exit is seen is twice true', async () => {
  const process = sessionProcess();
  const host = idleHost();
  await process.start(starting(host));
  expect([process.terminate(), process.terminate()]).toEqual([true, true]);
  host.ended({ code: null, signal: 'SIGKILL' });
  host.outputEnded();
  await host.closed;
  expect(process.terminate()).toBe(false);
});

test('a signal that cannot be delivered says why', async () => {
  const process = sessionProcess();
  const host = idleHost();
  host.signal = () => Promise.reject(new Error('Operation not permitted (os error 1)'));
  await process.start(starting(host));
  await expect(process.interrupt()).rejects.toMatchObject({
    kind: 'internal',
    message: 'failed to signal process: Operation not permitted (os error 1)',
  });
});

test('the newest 4096 write ids are known, and the oldest is forgotten first', () => {
  const ids = new WriteIds();
  for (let id = 0; id < 4096; id += 1) expect(ids.add(`${id}`)).toBe(true);
  expect([ids.add('0'), ids.has('0')]).toEqual([false, true]);
  expect(ids.add('4096')).toBe(true);
  expect([ids.has('0'), ids.has('1'), ids.has('4096')]).toEqual([false, true, true]);
});
