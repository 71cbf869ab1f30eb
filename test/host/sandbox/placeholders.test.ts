/** What bubblewrap had to create for its mounts is gone afterwards, however the process that started it came to its end. */
import { existsSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createPlaceholders } from '../../../src/host/sandbox/placeholders.ts';
import { markOf } from '../../../src/host/sandbox/process-mark.ts';
import { underLock } from '../../../src/host/sandbox/register-lock.ts';

let base: string;
let register: string;
beforeAll(async () => {
  base = await realpath(await mkdtemp(join(homedir(), '.switchyard-placeholders-')));
  register = join(base, 'register');
});
afterAll(() => rm(base, { recursive: true, force: true }));

/** No process has this number. */
const dead = 4_999_999;
const create = (pid: number) => createPlaceholders({ directory: register, pid });
const note = (pid: number, started: string, ...paths: string[]) => {
  mkdirSync(register, { recursive: true });
  writeFileSync(join(register, `${pid}`), `${[started, ...paths].join('\n')}\n`);
};

test('P-40: the last of several users takes the directory away, and not before', async () => {
  const path = join(base, 'shared');
  const holder = create(process.pid);
  const [one, two] = [await holder.hold([path]), await holder.hold([path])];
  mkdirSync(path);
  await one();
  expect(existsSync(path)).toBe(true);
  await two();
  expect(existsSync(path)).toBe(false);
  expect(readdirSync(register)).toEqual([]);
});

test('P-40: many runs of one process at once take turns without the lock on the disk, and leave nothing', async () => {
  const paths = ['.git', '.codex', '.agents'].map((name) => join(base, name));
  const holder = create(process.pid);
  const run = async () => {
    const release = await holder.hold(paths);
    expect(existsSync(join(register, `${process.pid}`))).toBe(true);
    for (const path of paths) mkdirSync(path, { recursive: true });
    await release();
  };
  await Promise.all(Array.from({ length: 200 }, run));
  expect(paths.filter((path) => existsSync(path))).toEqual([]);
  expect(readdirSync(register)).toEqual([]);
});

test('P-40: what was there before, or was filled since, stays', async () => {
  const [old, filled] = [join(base, 'old'), join(base, 'filled')];
  mkdirSync(old);
  const release = await create(process.pid).hold([old, filled]);
  mkdirSync(filled);
  writeFileSync(join(filled, 'x'), '');
  await release();
  expect([existsSync(old), existsSync(filled)]).toEqual([true, true]);
});

test('P-40: the next run of any process removes what a killed one left, though it started long before', async () => {
  const [left, odd] = [join(base, 'left'), join(base, 'line\nand 100%')];
  const longRunning = create(process.pid);
  await (await longRunning.hold([join(base, 'other')]))();
  mkdirSync(left);
  mkdirSync(odd);
  note(dead, '1', left, odd.replace(/[%\n]/g, encodeURIComponent));
  await (await longRunning.hold([join(base, 'other')]))();
  expect([existsSync(left), existsSync(odd)]).toEqual([false, false]);
});

test('P-40: what a killed one left is taken over by the run that needs it, and goes with that run', async () => {
  const path = join(base, 'taken');
  mkdirSync(path);
  note(dead, '1', path);
  const release = await create(process.pid).hold([path]);
  expect(existsSync(path)).toBe(true);
  await release();
  expect(existsSync(path)).toBe(false);
});

test('a process number that was given to somebody else is no reason to keep anything', async () => {
  const path = join(base, 'reused');
  mkdirSync(path);
  note(1, 'never', path);
  await (await create(process.pid).hold([join(base, 'other')]))();
  expect(existsSync(path)).toBe(false);
});

describe('the lock of the register', () => {
  const me = markOf(process.pid);
  const holder = () => join(register, 'holder');
  beforeEach(() => mkdirSync(register, { recursive: true }));
  afterEach(() => rmSync(holder(), { force: true }));
  const attempt = () => underLock(register, { holder: me, waitMs: 40 }, async () => 'done');

  test('a holder that lives is waited for, however long it takes, and never robbed', async () => {
    symlinkSync(`${me.pid} ${me.started}`, holder());
    await expect(attempt()).rejects.toThrow(`is held by process ${me.pid}`);
    expect(readlinkSync(holder())).toBe(`${me.pid} ${me.started}`);
  });

  test.each([`${dead} 1`, `${process.pid} 1`, 'nonsense'])('one that is dead is not: %s', async (text) => {
    symlinkSync(text, holder());
    expect(await attempt()).toBe('done');
    expect(existsSync(holder())).toBe(false);
  });

  test('many at once, one of them dead from the start: never two inside', async () => {
    symlinkSync(`${dead} 1`, holder());
    let inside = 0;
    const work = async () => {
      inside += 1;
      expect(inside).toBe(1);
      await new Promise(setImmediate);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 20 }, () => underLock(register, { holder: me, waitMs: 10_000 }, work)));
  });

  test('a register that somebody put there as a link is not used', async () => {
    const link = join(base, 'link');
    symlinkSync(register, link);
    await expect(createPlaceholders({ directory: link }).hold([join(base, 'x')])).rejects.toThrow('belongs to somebody else');
  });
});
