/** Watches a file or the children of a directory, also one that does not exist yet, and reports changes in batches. */
import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Changes that come within this time are reported together. */
const batchMs = 200;

export interface FileWatch {
  /** No report follows. */
  close(): void;
}

const isDirectory = async (path: string): Promise<boolean | undefined> => {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // Missing or out of reach: its parent is watched instead.
    return undefined;
  }
};

/** What has to be watched to see changes of `path`: itself when it is a directory, else the nearest directory above that exists. */
async function anchorOf(path: string): Promise<{ directory: string; children: boolean }> {
  if (await isDirectory(path)) return { directory: path, children: true };
  let directory = dirname(path);
  while (!(await isDirectory(directory)) && dirname(directory) !== directory) directory = dirname(directory);
  return { directory, children: false };
}

/** Rejects with a Node system error when the system refuses to watch. */
export async function watchPath(path: string, onChange: (changedPaths: readonly string[]) => void): Promise<FileWatch> {
  const watching = new PathWatch(path, onChange);
  await watching.attach();
  return watching;
}

class PathWatch implements FileWatch {
  readonly #path: string;
  readonly #onChange: (changedPaths: readonly string[]) => void;
  readonly #changed = new Set<string>();
  #watcher: FSWatcher | undefined;
  #anchor: { directory: string; children: boolean } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(path: string, onChange: (changedPaths: readonly string[]) => void) {
    this.#path = path;
    this.#onChange = onChange;
  }

  /** Looks where the watch belongs and moves it there. */
  async attach(): Promise<void> {
    const { directory, children } = await anchorOf(this.#path);
    if (this.#closed || (this.#anchor?.directory === directory && this.#anchor.children === children)) return;
    this.#watcher?.close();
    this.#anchor = { directory, children };
    this.#watcher = watch(directory, { persistent: false });
    this.#watcher.on('change', (event, name) => this.#seen(event, String(name)));
    this.#watcher.on('error', () => this.#moved());
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#watcher?.close();
  }

  #seen(event: string, name: string): void {
    const anchor = this.#anchor;
    if (!anchor) return;
    if (anchor.children) this.#report(join(anchor.directory, name));
    else if (name !== this.#nextStep(anchor.directory)) return;
    else if (dirname(this.#path) === anchor.directory) this.#report(this.#path);
    // Something came or went, perhaps the path itself or a directory above it.
    if (event === 'rename') this.#moved();
  }

  /** The entry of `directory` that leads to the path. */
  #nextStep(directory: string): string | undefined {
    return this.#path
      .slice(directory.length)
      .split(/[\\/]/)
      .find((part) => part !== '');
  }

  #moved(): void {
    // A directory that vanishes between two looks is found by the next event of its parent.
    this.attach().catch(() => {});
  }

  #report(path: string): void {
    this.#changed.add(path);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const paths = [...this.#changed];
      this.#changed.clear();
      this.#onChange(paths);
    }, batchMs);
  }
}
