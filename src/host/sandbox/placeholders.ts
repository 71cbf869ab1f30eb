/**
 * Mount points that bubblewrap has to create on the host because what they protect does not exist yet. Every run that uses one
 * is noted in a register outside the sandboxes' sight; the last one takes the empty thing away. What a killed process left
 * behind is removed by its guardian, or else by the next run of any process.
 */
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { lstat, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { delay } from '../../base/abort.ts';
import { errnoOf } from '../../base/errors.ts';
import { mountPointRegister } from './own-paths.ts';

const lockStaleMs = 5000;
const lockWaitMs = 4000;

export interface Placeholders {
  /** Notes that `paths` are in use from now on. Resolves with the function that lets them go again. */
  hold(paths: readonly string[]): Promise<() => Promise<void>>;
}

interface Entry {
  readonly pid: number;
  /** Start time of the process in clock ticks, so that a reused pid is not taken for it. */
  readonly started: string;
  readonly paths: readonly string[];
}

const exists = (path: string): boolean => {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
};

function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

export function createPlaceholders(options: { directory?: string; pid?: number } = {}): Placeholders {
  return new Register(options.directory ?? mountPointRegister(), options.pid ?? process.pid);
}

class Register implements Placeholders {
  readonly #directory: string;
  readonly #pid: number;
  /** When this process started, once that was asked for. */
  #started: string | undefined;
  /** Paths that did not exist when the first of our runs took them -> how many runs use them now. */
  readonly #mine = new Map<string, number>();
  /** Our own runs wait for one another here and not at the lock on the disk, which is polled and broken after a while. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(directory: string, pid: number) {
    this.#directory = directory;
    this.#pid = pid;
  }

  async hold(paths: readonly string[]): Promise<() => Promise<void>> {
    if (paths.length === 0) return async () => {};
    const held = await this.#locked(async () => {
      const entries = this.#entries().filter(({ pid }) => pid !== this.#pid);
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
      await Promise.all(unused.map(removeEmpty));
      this.#write();
    });
  }

  async #sweep(entries: readonly Entry[]): Promise<void> {
    const live = entries.filter(isLive);
    for (const entry of entries) {
      if (live.includes(entry)) continue;
      for (const path of entry.paths) {
        if (!this.#mine.has(path) && !live.some((other) => other.paths.includes(path))) await removeEmpty(path);
      }
      rmSync(this.#file(entry.pid), { force: true });
    }
  }

  /** What other live processes hold. */
  #others(): Entry[] {
    return this.#entries().filter((entry) => entry.pid !== this.#pid && isLive(entry));
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
    if (this.#mine.size === 0) rmSync(this.#file(this.#pid), { force: true });
    else
      writeFileSync(this.#file(this.#pid), encode((this.#started ??= startOf(this.#pid) ?? ''), [...this.#mine.keys()]), { mode: 0o600 });
  }

  /** One at a time, here and in all processes, so that nobody mounts over what another is about to remove. */
  #locked<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(() => this.#underLock(work));
    this.#last = done.catch(() => {});
    return done;
  }

  async #underLock<T>(work: () => Promise<T>): Promise<T> {
    const stat = statSync(this.#directory, { throwIfNoEntry: false }) ?? made(this.#directory);
    if (stat.uid !== (process.getuid?.() ?? stat.uid)) throw new Error(`${this.#directory} belongs to somebody else`);
    const lock = join(this.#directory, 'lock');
    const deadline = Date.now() + lockWaitMs;
    for (;;) {
      try {
        mkdirSync(lock);
        break;
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error;
        if (Date.now() > deadline || isStale(lock)) rmSync(lock, { recursive: true, force: true });
        else await delay(5);
      }
    }
    try {
      return await work();
    } finally {
      letGo(lock);
    }
  }
}

function made(directory: string): Stats {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return statSync(directory);
}

/** Plainly, because this is done twice a command; the careful way is for what should not be. */
function letGo(lock: string): void {
  try {
    rmdirSync(lock);
  } catch {
    rmSync(lock, { recursive: true, force: true });
  }
}

function isStale(lock: string): boolean {
  try {
    return Date.now() - statSync(lock).mtimeMs > lockStaleMs;
  } catch {
    return false;
  }
}

const isLive = ({ pid, started }: Entry): boolean => startOf(pid) === started;

/** The start time, then one path a line, plain enough for the guardian's shell: only line ends and percent signs are escaped. */
const encode = (started: string, paths: readonly string[]): string =>
  [started, ...paths.map((path) => path.replace(/[%\n]/g, encodeURIComponent))].map((line) => `${line}\n`).join('');

function decode(pid: number, text: string): Entry {
  const [started = '', ...lines] = text.split('\n').slice(0, -1);
  return { pid, started, paths: lines.map((line) => line.replace(/%25|%0A/g, decodeURIComponent)) };
}

/** Only what is still as empty as we made it. On the pool's threads: journaled file systems take their time to remove a directory. */
async function removeEmpty(path: string): Promise<void> {
  try {
    const stat = await lstat(path);
    if (stat.isDirectory()) await rmdir(path);
    else if (stat.isFile() && stat.size === 0) await unlink(path);
  } catch {
    // somebody filled it or took it away: it is theirs now
  }
}
