/** The file operations of the system on paths as `base/byte-text` writes them, so that names that are no UTF-8 are whole names too. */
// The member of node:fs is loaded when it is used; the module of its own would be with this one.
import { promises as fs, type MakeDirectoryOptions, type RmOptions, type Stats } from 'node:fs';
import { bytesOf, holdsBytes, textOf } from '../base/byte-text.ts';

export type { FileHandle } from 'node:fs/promises';

/** An entry of a directory, unfollowed. */
export interface Entry {
  readonly name: string;
  isDirectory(): boolean;
  isFile(): boolean;
  isSymbolicLink(): boolean;
}

const named = process.platform === 'win32' ? (path: string) => path : (path: string) => (holdsBytes(path) ? bytesOf(path) : path);
/** What the system's text shows where bytes could not be read. */
const isLossy = (text: string): boolean => text.includes('\ufffd') && process.platform !== 'win32';

export const open = (path: string, flags: number, mode?: number): Promise<fs.FileHandle> => fs.open(named(path), flags, mode);
export const stat = (path: string): Promise<Stats> => fs.stat(named(path));
export const lstat = (path: string): Promise<Stats> => fs.lstat(named(path));
export const unlink = (path: string): Promise<void> => fs.unlink(named(path));
export const rmdir = (path: string): Promise<void> => fs.rmdir(named(path));
export const rm = (path: string, options: RmOptions): Promise<void> => fs.rm(named(path), options);
export const mkdir = (path: string, options?: MakeDirectoryOptions): Promise<string | undefined> => fs.mkdir(named(path), options);
export const symlink = (target: string, path: string): Promise<void> => fs.symlink(named(target), named(path));
export const copyFile = (from: string, to: string): Promise<void> => fs.copyFile(named(from), named(to));
export const writeFile = (path: string, bytes: Uint8Array, options: { signal?: AbortSignal }): Promise<void> =>
  fs.writeFile(named(path), bytes, options);

export async function realpath(path: string): Promise<string> {
  const real = await fs.realpath(named(path));
  return isLossy(real) ? textOf(await fs.realpath(named(path), 'buffer')) : real;
}

export async function readlink(path: string): Promise<string> {
  const target = await fs.readlink(named(path));
  return isLossy(target) ? textOf(await fs.readlink(named(path), 'buffer')) : target;
}

export async function readdir(path: string): Promise<Entry[]> {
  const listed = await fs.readdir(named(path), { withFileTypes: true });
  if (!listed.some(({ name }) => isLossy(name))) return listed;
  const exact = await fs.readdir(named(path), { withFileTypes: true, encoding: 'buffer' });
  return exact.map((entry) => ({
    name: textOf(entry.name),
    isDirectory: () => entry.isDirectory(),
    isFile: () => entry.isFile(),
    isSymbolicLink: () => entry.isSymbolicLink(),
  }));
}
