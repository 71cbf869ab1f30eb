/** A bounded breadth-first listing of a tree. */
import { normalize, sep } from 'node:path';
import { throwIfAborted } from '../base/abort.ts';
import { bytesOf } from '../base/byte-text.ts';
import { osErrorText } from '../base/os-error.ts';
import { type Entry, lstat, readdir, realpath, stat } from './disk.ts';
import { describeFile } from './file-facts.ts';
import type { FileMetadata, WalkEntry, WalkLimits, WalkListing } from './file-types.ts';

export interface WalkOptions extends WalkLimits {
  /** What all of the result may weigh; `weigh` says what one item does. Absent: no bound. */
  readonly maxWeight?: number;
  readonly weigh?: (path: string, message?: string) => number;
}

interface Directory {
  readonly path: string;
  readonly depth: number;
}

type Listed = { readonly entries: Entry[] } | { readonly entries?: undefined; readonly error: unknown };

/** Directories listed at the same time: the next ones are read while what came before is sorted and weighed. */
const listedAhead = 3;

/** How a walk looks at files. */
export interface WalkReader {
  list(path: string): Promise<Entry[]>;
  metadata(path: string): Promise<Pick<FileMetadata, 'isDirectory' | 'isSymlink'>>;
  canonicalize(path: string): Promise<string>;
  /** Absent: paths of this machine. */
  readonly join?: (directory: string, name: string) => string;
}

/** `directory` is normal already; looking at the whole path again for each of its entries takes longer than listing them. */
const within = (directory: string, name: string): string => `${directory}${directory.endsWith(sep) ? '' : sep}${name}`;

const plainReader: WalkReader = {
  list: readdir,
  async metadata(path) {
    const own = await lstat(path);
    return describeFile(own, own.isSymbolicLink() ? await stat(path) : own);
  },
  canonicalize: realpath,
};

/**
 * Rejects with the system's error when the root cannot be looked at. A root that is no directory gives nothing. With
 * `confined` its rules decide what may be read.
 */
export async function walkTree(
  root: string,
  options: WalkOptions,
  { signal, confined = plainReader }: { readonly signal: AbortSignal; readonly confined?: WalkReader | undefined },
): Promise<WalkListing> {
  const own = await confined.metadata(root);
  const isDirectory = own.isDirectory && (!own.isSymlink || options.followDirectorySymlinks);
  const walk = new Walk(options, confined);
  if (isDirectory) await walk.run(confined.join ? root : normalize(root), signal);
  return walk;
}

class Walk implements WalkListing {
  readonly entries: WalkEntry[] = [];
  readonly errors: { path: string; message: string }[] = [];
  truncated = false;
  readonly #options: WalkOptions;
  readonly #reader: WalkReader;
  /** Real paths of what was entered, when links could lead back to it. */
  readonly #visited = new Set<string>();
  readonly #queue: Directory[] = [];
  #directories = 1;
  #examined = 0;
  #weight = 0;
  #stopped = false;

  constructor(options: WalkOptions, reader: WalkReader) {
    this.#options = options;
    this.#reader = reader;
  }

  async run(root: string, signal: AbortSignal): Promise<void> {
    if (this.#options.followDirectorySymlinks) this.#visited.add(await this.#reader.canonicalize(root));
    this.#queue.push({ path: root, depth: 0 });
    const ahead: Promise<Listed>[] = [];
    for (let next = 0; next < this.#queue.length && !this.#stopped; next += 1) {
      throwIfAborted(signal);
      for (const { path } of this.#queue.slice(next + ahead.length, next + listedAhead)) ahead.push(this.#listed(path));
      const [directory, listed] = [this.#queue[next], await ahead.shift()];
      if (!directory || !listed) continue;
      if (listed.entries) await this.#take(directory, listed.entries);
      else if (next === 0) throw listed.error;
      else this.#fail(directory.path, listed.error);
    }
  }

  /** Never rejects: what was listed ahead may never be asked for. */
  #listed(path: string): Promise<Listed> {
    return this.#reader.list(path).then(
      (entries) => ({ entries }),
      (error: unknown) => ({ error }),
    );
  }

  async #take(directory: Directory, listed: Entry[]): Promise<void> {
    listed.sort(listed.some(({ name }) => surrogate.test(name)) ? byBytes : byUnits);
    for (const entry of listed) {
      const path = (this.#reader.join ?? within)(directory.path, entry.name);
      const isLink = entry.isSymbolicLink();
      const target = isLink ? await this.#reader.metadata(path).catch(() => undefined) : undefined;
      // One that leads nowhere is no entry, as in every listing: it does not count either.
      if (isLink && !target) continue;
      if (this.#examined >= this.#options.maxEntries) this.#stop();
      if (this.#stopped) return;
      this.#examined += 1;
      const isDirectory = target ? target.isDirectory && this.#options.followDirectorySymlinks : entry.isDirectory();
      if (isDirectory) await this.#directory(path, entry.name, directory.depth);
      else if (!isLink && entry.isFile()) this.#add({ path, kind: 'file' }, path);
    }
  }

  async #directory(path: string, name: string, depth: number): Promise<void> {
    this.#add({ path, kind: 'directory' }, path);
    const { maxDepth, maxDirectories, followDirectorySymlinks, pruneHiddenDirectories } = this.#options;
    if (this.#stopped || depth >= maxDepth || (pruneHiddenDirectories && name.startsWith('.'))) return;
    if (followDirectorySymlinks) {
      const real = await this.#reader.canonicalize(path).catch(() => path);
      if (this.#visited.has(real)) return;
      this.#visited.add(real);
    }
    if (this.#directories >= maxDirectories) {
      this.truncated = true;
      return;
    }
    this.#directories += 1;
    this.#queue.push({ path, depth: depth + 1 });
  }

  #add(entry: WalkEntry, path: string): void {
    if (this.#takes(path)) this.entries.push(entry);
  }

  #fail(path: string, error: unknown): void {
    const message = osErrorText(error);
    if (this.#takes(path, message)) this.errors.push({ path, message });
  }

  #takes(path: string, message?: string): boolean {
    const { weigh, maxWeight = Number.POSITIVE_INFINITY } = this.#options;
    if (weigh) this.#weight += weigh(path, message);
    if (this.#weight > maxWeight) this.#stop();
    return !this.#stopped;
  }

  #stop(): void {
    this.truncated = true;
    this.#stopped = true;
  }
}

const surrogate = /[\ud800-\udfff]/;
const byUnits = ({ name: left }: Entry, { name: right }: Entry): number => (left < right ? -1 : left > right ? 1 : 0);

/** What the file system has is bytes; UTF-16 units of rare characters are in another order. */
const byBytes = ({ name: left }: Entry, { name: right }: Entry): number => Buffer.compare(bytesOf(left), bytesOf(right));
