/** Notices once when something that is missing appears, or something that is there goes. */
import { type FSWatcher, promises, watch } from 'node:fs';
import { dirname, join, parse, relative, sep } from 'node:path';

export interface MissingWatch {
  /** Nothing is told from here on. */
  close(): void;
}

const exists = (path: string): Promise<boolean> =>
  promises.lstat(path).then(
    () => true,
    () => false,
  );

/** The nearest directory above `path` that exists, and what has to appear in it first. */
async function anchorOf(path: string): Promise<{ directory: string; next: string }> {
  const { root } = parse(path);
  let directory = dirname(path);
  while (directory !== root && !(await exists(directory))) directory = dirname(directory);
  const [step] = relative(directory, path).split(sep);
  return { directory, next: join(directory, step ?? '') };
}

/**
 * Calls `onChanged` once, when one of `missing` or a directory on the way to it appears, or `present` disappears. Resolves
 * with undefined when that is so already, or when nothing is to be watched. Rejects when the system refuses to watch.
 */
export async function watchMissing(
  paths: { readonly missing: readonly string[]; readonly present: string | undefined },
  onChanged: () => void,
): Promise<MissingWatch | undefined> {
  const { missing, present } = paths;
  if (missing.length === 0 && present === undefined) return undefined;
  const watched = new OneTimeWatch(onChanged);
  try {
    if (present !== undefined) watched.add(dirname(present), async () => !(await exists(present)));
    for (const path of missing) {
      if (await exists(path)) throw alreadyThere;
      const { directory, next } = await anchorOf(path);
      watched.add(directory, () => exists(next));
    }
    if (await watched.holdsAlready()) throw alreadyThere;
    return watched;
  } catch (error) {
    watched.close();
    if (error === alreadyThere) return undefined;
    throw error;
  }
}

const alreadyThere = Symbol('already there');

class OneTimeWatch implements MissingWatch {
  readonly #onChanged: () => void;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #conditions: (() => Promise<boolean>)[] = [];
  #looking = false;
  #lookAgain = false;
  #closed = false;

  constructor(onChanged: () => void) {
    this.#onChanged = onChanged;
  }

  add(directory: string, changed: () => Promise<boolean>): void {
    this.#conditions.push(changed);
    if (this.#watchers.has(directory)) return;
    const watcher = watch(directory, { persistent: false });
    this.#watchers.set(directory, watcher);
    watcher.on('change', () => void this.#look());
    watcher.on('error', () => void this.#look());
  }

  async holdsAlready(): Promise<boolean> {
    for (const changed of this.#conditions) if (await changed()) return true;
    return false;
  }

  close(): void {
    this.#closed = true;
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  async #look(): Promise<void> {
    this.#lookAgain = true;
    if (this.#looking) return;
    this.#looking = true;
    while (this.#lookAgain && !this.#closed) {
      this.#lookAgain = false;
      const changed = await this.holdsAlready();
      if (!changed || this.#closed) continue;
      this.close();
      this.#onChanged();
    }
    this.#looking = false;
  }
}
