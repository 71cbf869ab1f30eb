/** What one load of the configuration looked at on the disk, so that it can be told later whether it would see the same again. */
import { realpathSync, type Stats, statSync } from 'node:fs';

/** A file that was changed less than this before it was read could change again without any sign of it in its times. */
const settledMs = 100;

/** Tells contents apart as far as the system does; of directories only that they are there. */
export function stampOf(found: Stats | undefined): string {
  if (!found) return '';
  return found.isDirectory() ? 'directory' : `${found.dev}:${found.ino}:${found.size}:${found.mtimeMs}:${found.ctimeMs}`;
}

/** True for a file whose next change will show in its stamp, when it is read at `now`. */
export const isSettled = (found: Stats, now = Date.now()): boolean => found.isDirectory() || now - found.ctimeMs > settledMs;

export class DiskTrace {
  readonly #stamps = new Map<string, string>();
  readonly #places = new Map<string, string>();
  #settled = true;

  /** `found`: what the system said of `path` before anything was read from it. */
  looked(path: string, found: Stats | undefined): void {
    this.#stamps.set(path, stampOf(found));
    if (found && !isSettled(found)) this.#settled = false;
  }

  /** The system did not say what is there. */
  unsure(): void {
    this.#settled = false;
  }

  resolved(path: string, real: string): void {
    this.#places.set(path, real);
  }

  /** Synchronous: a handful of calls that cost less than their promises. */
  unchanged(): boolean {
    if (!this.#settled) return false;
    try {
      for (const [path, stamp] of this.#stamps) if (stampOf(statSync(path, { throwIfNoEntry: false })) !== stamp) return false;
      for (const [path, real] of this.#places) if (realpathSync.native(path) !== real) return false;
      return true;
    } catch {
      return false; // the load will say what is wrong
    }
  }
}
