/** Pipes to and from children: real ones where the system has them, Node's own elsewhere. */
import { closeSync, existsSync, fstatSync, readdirSync, readlinkSync, readSync, writeSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { type ChildEnd, launchPiped } from '../../src/host/launch.ts';
import { closePipe, createPipeSupply, type Pipe, type PipeSupplyOptions } from '../../src/host/pipes.ts';

const supply = (options: PipeSupplyOptions = {}) => {
  const pipes = createPipeSupply(options);
  onTestFinished(() => pipes.close());
  return pipes;
};

const through = (from: number, to: number): string => {
  writeSync(from, 'through');
  const buffer = Buffer.alloc(100);
  return buffer.toString('utf8', 0, readSync(to, buffer));
};

describe.runIf(process.platform === 'linux')('on Linux', () => {
  test('a hundred at once are all different and nameless', async () => {
    const pipes = supply();
    const taken = (await Promise.all(Array.from({ length: 50 }, () => pipes.takeOutputs(2)))).flatMap((pair): Pipe[] => pair ?? []);
    expect(new Set(taken.map(({ link }) => link)).size).toBe(100);
    for (const { ours, theirs, link } of taken) {
      expect([fstatSync(ours).isFIFO(), readlinkSync(`/proc/self/fd/${theirs}`)]).toEqual([true, link]);
      expect(existsSync(link.replace(' (deleted)', ''))).toBe(false);
      expect(through(theirs, ours)).toBe('through');
    }
    for (const pipe of taken) closePipe(pipe);
  });

  test('input is a pipe that never had a name', async () => {
    const input = await supply().takeInput();
    expect(input?.link).toMatch(/^pipe:/);
    if (!input) return;
    expect(through(input.ours, input.theirs)).toBe('through');
    closeSync(input.ours);
    expect(readSync(input.theirs, Buffer.alloc(1))).toBe(0);
    closeSync(input.theirs);
  });

  test('unused names are private, and gone with the supply', async () => {
    const told: string[] = [];
    const pipes = createPipeSupply({ onDirectory: (each) => told.push(each) });
    await pipes.prepare();
    await pipes.prepare();
    const { directory } = pipes;
    expect(told).toEqual([directory]);
    expect(readdirSync(directory ?? '').length).toBeGreaterThan(0);
    await pipes.close();
    expect(existsSync(directory ?? '')).toBe(false);
    expect(await pipes.takeOutputs(1)).toBeUndefined();
  });
});

test('where there are none to be had, children get the streams Node makes', async () => {
  const [ended, closed] = [deferred<ChildEnd>(), deferred()];
  const seen: string[] = [];
  const launched = await launchPiped(
    { file: '/bin/sh', args: ['-c', 'cat; echo err >&2; exit 6'], arg0: undefined, cwd: '/', env: {}, extraFds: [] },
    { stdin: 'pipe', pipes: supply({ platform: 'darwin' }) },
    { output: (stream, bytes) => seen.push(`${stream} ${bytes}`), ended: ended.resolve, outputEnded: () => closed.resolve() },
  );
  await launched.input?.write(Buffer.from('in'));
  await launched.input?.end();
  expect(await ended.promise).toEqual({ code: 6, signal: null });
  await closed.promise;
  expect(seen.sort()).toEqual(['stderr err\n', 'stdout in']);
  expect([...launched.outputLinks]).toEqual([]);
  launched.release();
});
