/**
 * The lock of the register: a link whose text names its holder. It is broken when the holder is dead and never because time has
 * passed, since who holds it may be about to remove what another sandbox would stand on.
 */
import { mkdirSync, readlinkSync, rmdirSync, rmSync, statSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { delay } from '../../base/abort.ts';
import { errnoOf } from '../../base/errors.ts';
import { isLive, type ProcessMark } from './process-mark.ts';

const pollMs = 5;
/** Breaking takes a few system calls; who began and did not end it was killed in between. */
const breakMs = 5000;

export interface LockOptions {
  /** Who takes it; a live process. */
  readonly holder: ProcessMark;
  /** How long to wait for another live holder. */
  readonly waitMs: number;
}

/** Runs `work` while nobody else holds the lock of `directory`. Rejects when a live process does not let go of it in time. */
export async function underLock<T>(directory: string, { holder, waitMs }: LockOptions, work: () => Promise<T>): Promise<T> {
  const lock = join(directory, 'holder');
  const deadline = Date.now() + waitMs;
  while (!take(lock, holder)) {
    const other = textOf(lock);
    if (Date.now() > deadline) throw new Error(`${lock} is held by process ${other}`);
    if (other === undefined || (!isLive(markIn(other)) && breakLock(lock, other))) continue;
    await delay(pollMs);
  }
  try {
    return await work();
  } finally {
    unlinkSync(lock);
  }
}

function take(lock: string, { pid, started }: ProcessMark): boolean {
  try {
    symlinkSync(`${pid} ${started}`, lock);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** What the link says; undefined when it is gone. */
function textOf(lock: string): string | undefined {
  try {
    return readlinkSync(lock);
  } catch {
    return undefined;
  }
}

function markIn(text: string): ProcessMark {
  const [pid, started = ''] = text.split(' ');
  return { pid: Number(pid), started };
}

/**
 * False when somebody else is about to. Of two who see the same dead holder only one may act, or the slower one would break
 * what the faster one took since.
 */
function breakLock(lock: string, dead: string): boolean {
  const breaking = `${lock}.breaking`;
  try {
    mkdirSync(breaking);
  } catch {
    const since = statSync(breaking, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - since > breakMs) rmSync(breaking, { recursive: true, force: true });
    return false;
  }
  if (textOf(lock) === dead) unlinkSync(lock);
  rmdirSync(breaking);
  return true;
}
