/**
 * The advisory lock that keeps two processes from writing one thread. It names its holder, and counts only while that
 * process lives: after a crash the next writer takes over at once, and an idle thread costs no heartbeat.
 */
import { link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { errnoOf, invalidRequest } from '../base/errors.ts';
import { randomHex } from '../base/ids.ts';
import { numberIn, parseRecord, textIn } from './json.ts';

export interface WriterLock {
  release(): Promise<void>;
}

interface Holder {
  pid: number;
  /** Start time of the process where the system tells it, so that a reused process id is not taken for the holder. */
  started: string;
  host: string;
  /** Marks this very lock. */
  token: string;
}

/** Locks of this process: one that names this process and is not here was left by an earlier process of the same number. */
const held = new Set<string>();

/** Takes the lock of `threadId`. Rejects with `invalidRequest` when a living process (this one too) holds it. */
export async function lockThread(home: string, threadId: string): Promise<WriterLock> {
  const directory = join(home, 'thread-writer-locks');
  const path = join(directory, `${threadId}.json`);
  if (held.has(path)) throw takenError(threadId);
  held.add(path);
  try {
    if (await lockedByReference(join(directory, `${threadId}.lock`))) throw takenError(threadId);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const holder: Holder = { pid: process.pid, started: await ownStart(), host: hostname(), token: randomHex(16) };
    const text = `${JSON.stringify(holder)}\n`;
    for (let tries = 0; !(await createExclusively(path, text)); tries++) {
      const standing = await readFile(path, 'utf8').catch(() => '');
      const current = holderIn(standing);
      const taken = current ? await lives(current) : await isFresh(path);
      if (taken || tries > 8) throw takenError(threadId);
      await setAside(path, standing);
    }
    return { release: () => release(path, text) };
  } catch (error) {
    held.delete(path);
    throw error;
  }
}

const takenError = (threadId: string) => invalidRequest(`thread ${threadId} already has an active writer`);

/** The original program holds a `flock` on a file of its own. Node cannot take such a lock, but Linux lists who has one. */
async function lockedByReference(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return false;
  const locks = await readFile('/proc/locks', 'utf8').catch(() => '');
  return locks.split('\n').some((line) => line.includes('FLOCK') && line.includes('WRITE') && line.includes(`:${found.ino} `));
}

async function createExclusively(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** A lock that names nobody yet may be in the making. */
async function isFresh(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs < 2000;
}

/** Removes the dead lock that read as `expected`; a newer one that slipped in between is put back. */
async function setAside(path: string, expected: string): Promise<void> {
  const aside = `${path}.${randomHex(8)}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  if ((await readFile(aside, 'utf8')) !== expected) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

async function release(path: string, text: string): Promise<void> {
  if (!held.delete(path)) return;
  const standing = await readFile(path, 'utf8').catch(() => undefined);
  if (standing === text) await rm(path, { force: true });
}

function holderIn(text: string): Holder | undefined {
  const record = parseRecord(text);
  const pid = numberIn(record?.pid);
  if (!record || pid === undefined) return undefined;
  return { pid, started: textIn(record.started) ?? '', host: textIn(record.host) ?? '', token: textIn(record.token) ?? '' };
}

async function lives(holder: Holder): Promise<boolean> {
  if (holder.host !== hostname() || holder.pid === process.pid) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
  return holder.started === (await startOf(holder.pid));
}

let started: Promise<string> | undefined;
const ownStart = (): Promise<string> => {
  started ??= startOf(process.pid);
  return started;
};

/**
 * Field 22 of `/proc/PID/stat`; empty where there is no such file, and `ended` for a process that its parent has not
 * collected yet: it writes no more.
 */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? 'ended' : (fields[19] ?? '');
}
