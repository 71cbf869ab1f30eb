/** What is told of files and directories, and the limits on reading them, whoever opened them. */
import type { Stats } from 'node:fs';
import { join } from 'node:path';
import { internalError, invalidRequest } from '../base/errors.ts';
import * as fs from './disk.ts';
import type { DirectoryEntry, FileMetadata, FileOptions } from './file-types.ts';

/** A larger file is refused rather than read into memory. */
const maxReadBytes = 536_870_912;
/** Files up to here are read in one go; every further question to the system waits for one of its few threads. */
const oneReadBytes = 256 * 1024;
/** A larger directory is refused rather than listed. */
const maxDirectoryEntries = 50_000;

/** The content of an open regular file; `path` only names it in errors. */
export async function readHandle(handle: fs.FileHandle, path: string, options: FileOptions | undefined): Promise<Buffer> {
  const stat = await handle.stat();
  if (!stat.isFile()) throw invalidRequest(`path \`${path.toWellFormed()}\` is not a file`);
  if (stat.size > maxReadBytes) throw invalidRequest(`file is too large to read: limit is ${maxReadBytes} bytes`);
  const all = () => handle.readFile(options?.signal ? { signal: options.signal } : {});
  if (stat.size === 0 || stat.size > oneReadBytes) return all();
  // One byte more than it says to have: whoever has another size has to be read to the end.
  const bytes = Buffer.allocUnsafe(stat.size + 1);
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
  return bytesRead === stat.size ? bytes.subarray(0, bytesRead) : all();
}

/** What is told of a file: `own` is the path itself, `target` what it leads to. */
export const describeFile = (own: Stats, target: Stats): FileMetadata => ({
  isDirectory: target.isDirectory(),
  isFile: target.isFile(),
  isSymlink: own.isSymbolicLink(),
  sizeBytes: target.size,
  createdAtMs: wholeMs(target.birthtimeMs),
  modifiedAtMs: wholeMs(target.mtimeMs),
});

const wholeMs = (ms: number): number => (Number.isFinite(ms) ? Math.floor(ms) : 0);

/** Entries classified through their links; those that lead nowhere are left out. Names are for showing: bytes that are no text are replaced. */
export async function listDirectory(path: string): Promise<DirectoryEntry[]> {
  const listed = await fs.readdir(path);
  if (listed.length > maxDirectoryEntries) {
    throw internalError(`fs/readDirectory returned ${listed.length} entries; limit is ${maxDirectoryEntries}`);
  }
  const entries = await Promise.all(
    listed.map(async (entry): Promise<DirectoryEntry | undefined> => {
      if (entry.isDirectory() || entry.isFile()) {
        return { fileName: entry.name.toWellFormed(), isDirectory: entry.isDirectory(), isFile: entry.isFile() };
      }
      // A link, or a kind the directory did not tell: what it leads to decides.
      const target = await fs.stat(join(path, entry.name)).catch(() => undefined);
      return target && { fileName: entry.name.toWellFormed(), isDirectory: target.isDirectory(), isFile: target.isFile() };
    }),
  );
  return entries.filter((entry) => entry !== undefined);
}
