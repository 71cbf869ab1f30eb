/** One process of a session, with a host whose output comes exactly when the test says. */
import { expect, test } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import { SessionProcess } from '../../src/exec-server/session-process.ts';
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

test('a program that fills more than the retained window right after its start loses nothing', async () => {
  const seqs: number[] = [];
  const process = new SessionProcess({
    id: 'p',
    request: {
      id: 'h',
      argv: ['x'],
      cwd: '/',
      env: { policy: { inherit: 'none', ignoreDefaultExcludes: true, exclude: [], set: {}, includeOnly: [] }, overlay: {} },
      stdin: 'closed',
    },
    notify: (_method, params) => {
      if ('seq' in params) seqs.push(params.seq);
    },
    onClosed: () => {},
    log: silentLog,
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
