/**
 * Mount points that bubblewrap has to create on the host because what they protect does not exist yet. Every run that uses one
 * is noted in a register outside the sandboxes' sight; the last one takes the empty thing away. What a killed process left
 * behind is removed by its guardian, or else by the next run of any process.
 */
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { lstat, rmdir, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errnoOf } from '../../base/errors.ts';
import { mountedSomewhere } from './last-process.ts';
import { mountPointRegister } from './own-paths.ts';
import { isLive, markOf, type ProcessMark } from './process-mark.ts';
import { underLock } from './register-lock.ts';

const lockWaitMs = 10_000;

export interface Placeholders {
  /** Notes that `paths` are in use from now on. Resolves with the function that lets them go again. */
  hold(paths: readonly string[]): Promise<() => Promise<void>>;
}

interface Entry extends ProcessMark {
  readonly paths: readonly string[];
}

const exists = (path: string): boolean => {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
};

export function createPlaceholders(options: { directory?: string; pid?: number } = {}): Placeholders {
  return new Register(options.directory ?? mountPointRegister(), options.pid ?? process.pid);
}

class Register implements Placeholders {
  readonly #directory: string;
  readonly #mark: ProcessMark;
  /** Paths that did not exist when the first of our runs took them -> how many runs use them now. */
  readonly #mine = new Map<string, number>();
  /** Our own runs wait for one another here and not at the lock on the disk, which is polled. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(directory: string, pid: number) {
    this.#directory = directory;
    this.#mark = markOf(pid);
  }

  async hold(paths: readonly string[]): Promise<() => Promise<void>> {
    if (paths.length === 0) return async () => {};
    const held = await this.#locked(async () => {
      const entries = this.#entries().filter(({ pid }) => pid !== this.#mark.pid);
      // What a dead process left is ours to remove now, unless it is about to be used again.
      const ours = paths.filter((path) => this.#mine.has(path) || !exists(path) || entries.some((entry) => entry.paths.includes(path)));
      for (const path of ours) this.#mine.set(path, (this.#mine.get(path) ?? 0) + 1);
      this.#write();
      await this.#sweep(entries);
      return ours;
    });
    let done: Promise<void> | undefined;
    return () => (done ??= this.#release(held));
  }

  #release(paths: readonly string[]): Promise<void> {
    return this.#locked(async () => {
      const others = this.#others();
      const unused: string[] = [];
      for (const path of paths) {
        const left = (this.#mine.get(path) ?? 1) - 1;
        if (left > 0) this.#mine.set(path, left);
        else {
          this.#mine.delete(path);
          if (!others.some((entry) => entry.paths.includes(path))) unused.push(path);
        }
      }
      // The note goes last: killed in between, somebody else takes the rest away.
      await removeAll(unused);
      this.#write();
    });
  }

  async #sweep(entries: readonly Entry[]): Promise<void> {
    const live = entries.filter(isLive);
    const dead = entries.filter((entry) => !live.includes(entry));
    if (dead.length === 0) return;
    const inUse = (path: string) => this.#mine.has(path) || live.some((other) => other.paths.includes(path));
    const left = [...new Set(dead.flatMap(({ paths }) => paths))].filter((path) => !inUse(path));
    // Its sandboxes end soon after a process that was killed, and until then they stand on what it left.
    const mounted = mountedSomewhere(left);
    await removeAll(left.filter((path) => !mounted.has(path)));
    for (const { pid, paths } of dead) if (!paths.some((path) => mounted.has(path))) rmSync(this.#file(pid), { force: true });
  }

  /** What other live processes hold. */
  #others(): Entry[] {
    return this.#entries().filter((entry) => entry.pid !== this.#mark.pid && isLive(entry));
  }

  #entries(): Entry[] {
    return readdirSync(this.#directory)
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        try {
          return [decode(Number(name), readFileSync(join(this.#directory, name), 'utf8'))];
        } catch {
          return []; // gone meanwhile
        }
      });
  }

  #file(pid: number): string {
    return join(this.#directory, `${pid}`);
  }

  #write(): void {
    if (this.#mine.size === 0) rmSync(this.#file(this.#mark.pid), { force: true });
    else writeFileSync(this.#file(this.#mark.pid), encode(this.#mark.started, [...this.#mine.keys()]), { mode: 0o600 });
  }

  /** One at a time, here and in all processes, so that nobody mounts over what another is about to remove. */
  #locked<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(() => this.#underLock(work));
    this.#last = done.catch(() => {});
    return done;
  }

  #underLock<T>(work: () => Promise<T>): Promise<T> {
    prepareDirectory(this.#directory);
    return underLock(this.#directory, { holder: this.#mark, waitMs: lockWaitMs }, work);
  }
}

/** In a place where everybody may put things: it has to be ours, and no link to something else of ours. */
function prepareDirectory(directory: string): void {
  const stat = lstatSync(directory, { throwIfNoEntry: false });
  if (!stat) mkdirSync(directory, { recursive: true, mode: 0o700 });
  else if (!stat.isDirectory() || stat.uid !== (process.getuid?.() ?? stat.uid)) throw new Error(`${directory} belongs to somebody else`);
}

/** The start time, then one path a line, plain enough for the guardian's shell: only line ends and percent signs are escaped. */
const encode = (started: string, paths: readonly string[]): string =>
  [started, ...paths.map((path) => path.replace(/[%\n]/g, encodeURIComponent))].map((line) => `${line}\n`).join('');

function decode(pid: number, text: string): Entry {
  const [started = '', ...lines] = text.split('\n').slice(0, -1);
  return { pid, started, paths: lines.map((line) => line.replace(/%25|%0A/g, decodeURIComponent)) };
}

/** One parent after the other in turn: removals below the same one wait for each other in the kernel. */
async function removeAll(paths: readonly string[]): Promise<void> {
  const byName = paths.toSorted((a, b) => (basename(a) < basename(b) ? -1 : 1));
  await Promise.all(byName.map(removeEmpty));
}

/** Only what is still as empty as we made it. On the pool's threads: journaled file systems take their time to remove a directory. */
async function removeEmpty(path: string): Promise<void> {
  try {
    await rmdir(path);
  } catch (error) {
    // Somebody filled it or took it away, and it is theirs now; or it was a file that was masked.
    if (errnoOf(error) === 'ENOTDIR') await removeEmptyFile(path).catch(() => {});
  }
}

async function removeEmptyFile(path: string): Promise<void> {
  const stat = await lstat(path);
  if (stat.isFile() && stat.size === 0) await unlink(path);
}
