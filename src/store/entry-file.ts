/** A JSON object of entries in one file for the user alone: rewritten whole, by one process at a time. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import lockfile from 'proper-lockfile';
import writeFileAtomic from 'write-file-atomic';
import { errnoOf } from '../base/errors.ts';

export type Entries = Readonly<Record<string, unknown>>;

const waitMs = 60_000;
const pollMs = 50;
/** A holder refreshes its lock; one that died frees it after this long. */
const staleMs = 20_000;

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Locks among the programs of one home. */
export class HomeLocks {
  readonly #folder: string;
  /** Work under one name in this process, in order; the lock on disk is for other processes. */
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Runs `work` while nobody else holds `name`. Rejects when the wait is too long. */
  held<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(name) ?? Promise.resolve();
    const done = before.then(() => this.#heldForAll(name, work));
    const settled = done.then(nothing, nothing).then(() => {
      if (this.#queues.get(name) === settled) this.#queues.delete(name);
    });
    this.#queues.set(name, settled);
    return done;
  }

  async #heldForAll<T>(name: string, work: () => Promise<T>): Promise<T> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const path = join(this.#folder, name);
    const release = await lockfile.lock(path, {
      realpath: false,
      // The other program of this home keeps plain files called `.lock` here, which a lock of ours must not be taken for.
      lockfilePath: `${path}.held`,
      stale: staleMs,
      retries: { retries: waitMs / pollMs, factor: 1, minTimeout: pollMs, maxTimeout: pollMs },
      // A machine that slept may have lost the lock; what is under way is finished all the same, half of it would be worse.
      onCompromised: nothing,
    });
    try {
      return await work();
    } finally {
      await release().catch(nothing);
    }
  }
}

const nothing = (): void => {};

/** The name of a lock for one entry. */
export const lockName = (key: string): string => createHash('sha256').update(key).digest('hex');

export interface EntryFileOptions {
  readonly path: string;
  readonly locks: HomeLocks;
  /** The name under which writing is locked. */
  readonly lock: string;
  /** What it holds, for errors. */
  readonly what: string;
}

/** Does no I/O before it is used. */
export class EntryFile {
  readonly #options: EntryFileOptions;

  constructor(options: EntryFileOptions) {
    this.#options = options;
  }

  /** A file that cannot be read or understood is an error: writing over it would lose entries. */
  async read(): Promise<Entries> {
    const { path, what } = this.#options;
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return {};
      throw error;
    }
    let entries: unknown;
    try {
      entries = JSON.parse(text);
    } catch {
      // The parser's own message would quote the file.
      throw new Error(`the file of ${what} is damaged`);
    }
    if (!isRecord(entries)) throw new Error(`the file of ${what} is damaged`);
    return entries;
  }

  set(key: string, value: unknown): Promise<void> {
    return this.#change(async (entries) => ({ ...entries, [key]: value }));
  }

  /** False when there was none. The file goes with its last entry. */
  async remove(key: string): Promise<boolean> {
    if ((await this.read())[key] === undefined) return false;
    let found = false;
    await this.#change(async ({ [key]: gone, ...rest }) => {
      found = gone !== undefined;
      return rest;
    });
    return found;
  }

  #change(change: (entries: Entries) => Promise<Entries>): Promise<void> {
    const { locks, lock, path } = this.#options;
    return locks.held(lock, async () => {
      const entries = await change(await this.read());
      if (Object.keys(entries).length === 0) await rm(path, { force: true });
      else await writeFileAtomic(path, JSON.stringify(entries), { mode: 0o600 });
    });
  }
}
