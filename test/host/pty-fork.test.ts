/** The way to a terminal on systems where the pair cannot be made by hand; it works on Linux too, so it is tried here. */

import { describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import type { ChildEnd } from '../../src/host/launch.ts';
import { launchForked } from '../../src/host/pty-fork.ts';

const size = { rows: 24, cols: 80 };

function start(script: string) {
  const ended = deferred<ChildEnd>();
  const outputEnded = deferred();
  const parts: Buffer[] = [];
  const launched = launchForked(
    { file: '/bin/sh', args: ['-c', script], arg0: undefined, cwd: '/', env: { PATH: '/usr/bin:/bin', TERM: 'dumb' }, extraFds: [] },
    size,
    { output: (_, bytes) => parts.push(bytes), ended: ended.resolve, outputEnded: () => outputEnded.resolve() },
  );
  return { launched, parts, done: Promise.all([ended.promise, outputEnded.promise]).then(([end]) => end) };
}

describe.runIf(process.platform !== 'win32')('a forked terminal', () => {
  test('what is written right before the exit is not lost (10 runs)', async () => {
    const whole = Array.from({ length: 8000 }, (_, index) => `${index + 1}\r\n`).join('');
    const runs = Array.from({ length: 10 }, async () => {
      const { parts, done } = start('seq 1 8000');
      expect(await done).toEqual({ code: 0, signal: null });
      return Buffer.concat(parts).toString() === whole;
    });
    expect(await Promise.all(runs)).toEqual(runs.map(() => true));
  });

  test('size, input, exit code and death by signal', async () => {
    const { launched, parts, done } = start('stty size; read line; echo "got $line"; kill -TERM $$');
    await launched.input?.write(Buffer.from('x\n'));
    expect(await done).toEqual({ code: 0, signal: 'SIGTERM' });
    expect(Buffer.concat(parts).toString()).toMatch(/24 80\r\n(.*\r\n)?got x\r\n$/s);
    const failed = start('exit 5');
    expect(await failed.done).toEqual({ code: 5, signal: null });
  });
});
