/** A terminal that was paused gives all of its output, in order, when its program ends. */
import { expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import type { ChildEnd } from '../../src/host/launch.ts';
import { launchTerminal } from '../../src/host/pty.ts';

test.runIf(process.platform === 'linux')('paused in the middle, whole at the end', async () => {
  const [ended, closed, begun] = [deferred<ChildEnd>(), deferred(), deferred()];
  const parts: Buffer[] = [];
  const launched = await launchTerminal(
    {
      file: '/bin/sh',
      args: ['-c', 'echo 0; read go; seq 1 500'],
      arg0: undefined,
      cwd: '/',
      env: { PATH: '/usr/bin:/bin' },
      extraFds: [],
    },
    { rows: 24, cols: 80 },
    {
      output: (_, bytes) => {
        parts.push(bytes);
        begun.resolve();
      },
      ended: ended.resolve,
      outputEnded: () => closed.resolve(),
    },
  );
  await begun.promise;
  launched.flow(true);
  await launched.input?.write(Buffer.from('\n'));
  expect(await ended.promise).toEqual({ code: 0, signal: null });
  launched.flow(false);
  await closed.promise;
  const lines = Array.from({ length: 500 }, (_, index) => `${index + 1}\r\n`).join('');
  expect(Buffer.concat(parts).toString()).toBe(`0\r\n\r\n${lines}`);
});
