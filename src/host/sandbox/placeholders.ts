/**
 * Mount points that bubblewrap has to create on the host because what they protect does not exist yet. Every run that uses one
 * is noted in a register outside the sandboxes' sight; the last one takes the empty thing away, and a start finds what a
 * killed process left behind.
 */
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { delay } from '../../base/abort.ts';
import { errnoOf } from '../../base/errors.ts';

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
    lstatSync(path);
    return true;
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
  const uid = process.getuid?.() ?? 0;
  return new Register(options.directory ?? `/dev/shm/switchyard-mounts-${uid}`, options.pid ?? process.pid);
}

class Register implements Placeholders {
  readonly #directory: string;
  readonly #pid: number;
  /** Paths that did not exist when the first of our runs took them -> how many runs use them now. */
  readonly #mine = new Map<string, number>();
  #swept = false;

  constructor(directory: string, pid: number) {
    this.#directory = directory;
    this.#pid = pid;
  }

  async hold(paths: readonly string[]): Promise<() => Promise<void>> {
    if (paths.length === 0) return async () => {};
    const held = await this.#locked(() => {
      const others = this.#others();
      if (!this.#swept) this.#sweep(others);
      this.#swept = true;
      const ours = paths.filter((path) => this.#mine.has(path) || !exists(path) || others.some((entry) => entry.paths.includes(path)));
      for (const path of ours) this.#mine.set(path, (this.#mine.get(path) ?? 0) + 1);
      this.#write();
      return ours;
    });
    let done: Promise<void> | undefined;
    return () => (done ??= this.#release(held));
  }

  #release(paths: readonly string[]): Promise<void> {
    return this.#locked(() => {
      const others = this.#others();
      for (const path of paths) {
        const left = (this.#mine.get(path) ?? 1) - 1;
        if (left > 0) this.#mine.set(path, left);
        else {
          this.#mine.delete(path);
          if (!others.some((entry) => entry.paths.includes(path))) removeEmpty(path);
        }
      }
      this.#write();
    });
  }

  #sweep(others: readonly Entry[]): void {
    for (const entry of this.#entries()) {
      if (entry.pid === this.#pid || others.includes(entry) || startOf(entry.pid) === entry.started) continue;
      for (const path of entry.paths) if (!others.some((other) => other.paths.includes(path))) removeEmpty(path);
      rmSync(this.#file(entry.pid), { force: true });
    }
  }

  /** What other live processes hold. */
  #others(): Entry[] {
    return this.#entries().filter((entry) => entry.pid !== this.#pid && startOf(entry.pid) === entry.started);
  }

  #entries(): Entry[] {
    return readdirSync(this.#directory)
      .filter((name) => name.endsWith('.json'))
      .flatMap((name) => {
        try {
          const value: unknown = JSON.parse(readFileSync(join(this.#directory, name), 'utf8'));
          return isEntry(value) ? [value] : [];
        } catch {
          return []; // written by somebody else, or half
        }
      });
  }

  #file(pid: number): string {
    return join(this.#directory, `${pid}.json`);
  }

  #write(): void {
    if (this.#mine.size === 0) rmSync(this.#file(this.#pid), { force: true });
    else {
      const entry: Entry = { pid: this.#pid, started: startOf(this.#pid) ?? '', paths: [...this.#mine.keys()] };
      writeFileSync(this.#file(this.#pid), JSON.stringify(entry), { mode: 0o600 });
    }
  }

  /** One process at a time, so that nobody mounts over what another is about to remove. */
  async #locked<T>(work: () => T): Promise<T> {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const stat = statSync(this.#directory);
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
      return work();
    } finally {
      rmSync(lock, { recursive: true, force: true });
    }
  }
}

function isStale(lock: string): boolean {
  try {
    return Date.now() - statSync(lock).mtimeMs > lockStaleMs;
  } catch {
    return false;
  }
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('started' in value) || !('paths' in value)) return false;
  const { pid, started, paths } = value;
  return typeof pid === 'number' && typeof started === 'string' && Array.isArray(paths) && paths.every((path) => typeof path === 'string');
}

/** Only what is still as empty as we made it. */
function removeEmpty(path: string): void {
  try {
    const stat = lstatSync(path);
    if (stat.isDirectory()) rmdirSync(path);
    else if (stat.isFile() && stat.size === 0) unlinkSync(path);
  } catch {
    // somebody filled it or took it away: it is theirs now
  }
}
