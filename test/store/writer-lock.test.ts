/** Two writers of one thread: the second is refused while the first lives, and served at once when it died. */
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockThread } from '../../src/store/writer-lock.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'lock-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const directory = () => join(home, 'thread-writer-locks');
const plant = async (holder: Record<string, unknown>) => {
  await mkdir(directory(), { recursive: true });
  await writeFile(join(directory(), 't.json'), JSON.stringify({ started: '', host: hostname(), token: 'x', ...holder }));
};
const refused = { kind: 'invalidRequest', message: 'thread t already has an active writer' };

test('one writer at a time, and nothing is left behind', async () => {
  const first = await lockThread(home, 't');
  await expect(lockThread(home, 't')).rejects.toMatchObject(refused);
  await (await lockThread(home, 'other')).release();
  await first.release();
  await (await lockThread(home, 't')).release();
  expect(await readdir(directory())).toEqual([]);
});

test('a living process elsewhere keeps its lock', async () => {
  const child = execa('sleep', ['60'], { reject: false });
  try {
    const started = (await execa('sh', ['-c', `cut -d' ' -f22 /proc/${child.pid}/stat 2>/dev/null || true`])).stdout.trim();
    await plant({ pid: child.pid, started });
    await expect(lockThread(home, 't')).rejects.toMatchObject(refused);
  } finally {
    child.kill('SIGKILL');
    await child;
  }
  await (await lockThread(home, 't')).release();
});

test('the lock of a dead process, of an earlier one with this number, and a broken one do not count', async () => {
  const gone = execa('true');
  const { pid } = gone;
  await gone;
  for (const holder of [{ pid }, { pid: process.pid, started: '1' }, { pid: process.ppid, started: 'of another process' }]) {
    await plant(holder);
    await (await lockThread(home, 't')).release();
  }
  await plant({ pid: 'none' });
  await expect(lockThread(home, 't'), 'it may be in the making').rejects.toMatchObject(refused);
  const longAgo = new Date(Date.now() - 60_000);
  await utimes(join(directory(), 't.json'), longAgo, longAgo);
  await (await lockThread(home, 't')).release();
});

test.skipIf(process.platform !== 'linux')('a process that ended and was not collected by its parent does not count', async () => {
  const parent = execa('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], { reject: false });
  try {
    const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
    const fields = async () => (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
    await plant({ pid, started: (await fields())[19] });
    await expect(lockThread(home, 't')).rejects.toMatchObject(refused);
    process.kill(pid, 'SIGKILL');
    await expect.poll(async () => (await fields())[0]).toBe('Z');
    await (await lockThread(home, 't')).release();
  } finally {
    parent.kill('SIGKILL');
    await parent;
  }
});

test('of many that want it at once exactly one gets it', async () => {
  await plant({ pid: 2 ** 22 - 3 });
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => lockThread(home, 't')));
  const winners = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  expect(winners).toHaveLength(1);
  await winners[0]?.release();
});

test.skipIf(process.platform !== 'linux')("the original program's lock counts too", async () => {
  await mkdir(directory(), { recursive: true });
  const path = join(directory(), 't.lock');
  await writeFile(path, '');
  const child = execa('flock', ['-x', path, 'sh', '-c', 'echo held; read line'], { reject: false, stdout: ['pipe'], buffer: false });
  try {
    await new Promise((resolve) => child.stdout.once('data', resolve));
    await expect(lockThread(home, 't')).rejects.toMatchObject(refused);
  } finally {
    child.stdin.end('\n');
    await child;
  }
  await (await lockThread(home, 't')).release();
});
