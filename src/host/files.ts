/** The local file system behind the `FileSystem` port. */
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { throwIfAborted } from '../base/abort.ts';
import { errnoOf, invalidRequest } from '../base/errors.ts';
import type { DirectoryEntry, FileMetadata, FileOptions, FileSystem } from './file-types.ts';
import { SandboxUnavailable } from './process-types.ts';

/** A larger file is refused rather than read into memory. */
const maxReadBytes = 536_870_912;
/** A larger directory is refused rather than listed. */
const maxDirectoryEntries = 50_000;

function check(options: FileOptions | undefined): void {
  if (options?.signal) throwIfAborted(options.signal);
  const profile = options?.sandbox?.profile;
  if (profile?.type === 'managed' && profile.file_system.type === 'restricted') {
    throw new SandboxUnavailable('sandboxed file operations are not available in this environment');
  }
}

async function readRegularFile(path: string, options?: FileOptions): Promise<Buffer> {
  check(options);
  // Non-blocking, so that opening a FIFO nobody writes to returns.
  const handle = await fs.open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((error: unknown) => {
    if (errnoOf(error) === 'EISDIR' || errnoOf(error) === 'ENXIO') throw invalidRequest(`path \`${path}\` is not a file`);
    throw error;
  });
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw invalidRequest(`path \`${path}\` is not a file`);
    if (stat.size > maxReadBytes) throw invalidRequest(`file is too large to read: limit is ${maxReadBytes} bytes`);
    return await handle.readFile(options?.signal ? { signal: options.signal } : {});
  } finally {
    await handle.close();
  }
}

async function metadata(path: string, options?: FileOptions): Promise<FileMetadata> {
  check(options);
  const own = await fs.lstat(path);
  const target = own.isSymbolicLink() ? await fs.stat(path) : own;
  return {
    isDirectory: target.isDirectory(),
    isFile: target.isFile(),
    isSymlink: own.isSymbolicLink(),
    sizeBytes: target.size,
    createdAtMs: wholeMs(target.birthtimeMs),
    modifiedAtMs: wholeMs(target.mtimeMs),
  };
}

const wholeMs = (ms: number): number => (Number.isFinite(ms) ? Math.floor(ms) : 0);

async function readDirectory(path: string, options?: FileOptions): Promise<DirectoryEntry[]> {
  check(options);
  const listed = await fs.readdir(path, { withFileTypes: true });
  if (listed.length > maxDirectoryEntries) {
    throw new Error(`fs/readDirectory returned ${listed.length} entries; limit is ${maxDirectoryEntries}`);
  }
  const entries = await Promise.all(
    listed.map(async (entry): Promise<DirectoryEntry | undefined> => {
      if (entry.isDirectory() || entry.isFile()) {
        return { fileName: entry.name, isDirectory: entry.isDirectory(), isFile: entry.isFile() };
      }
      // A link, or a kind the directory did not tell: what it leads to decides. One that leads nowhere is left out.
      const target = await fs.stat(join(path, entry.name)).catch(() => undefined);
      return target && { fileName: entry.name, isDirectory: target.isDirectory(), isFile: target.isFile() };
    }),
  );
  return entries.filter((entry) => entry !== undefined);
}

async function remove(path: string, options: FileOptions & { recursive: boolean; force: boolean }): Promise<void> {
  check(options);
  let isDirectory: boolean;
  try {
    isDirectory = (await fs.lstat(path)).isDirectory();
  } catch (error) {
    if (options.force && errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  if (!isDirectory) await fs.unlink(path);
  else if (options.recursive) await fs.rm(path, { recursive: true, force: options.force });
  else await fs.rmdir(path);
}

/** True when `path` is `directory` or lies below it; both real and absolute. */
const isWithin = (path: string, directory: string): boolean => {
  const rest = relative(directory, path);
  return rest === '' || (rest !== '..' && !rest.startsWith(`..${sep}`) && !isAbsolute(rest));
};

/** The real path of what exists of `path`, with the rest appended. */
async function realDestination(path: string): Promise<string> {
  const absolute = resolve(path);
  try {
    return await fs.realpath(absolute);
  } catch (error) {
    const parent = resolve(absolute, '..');
    if (errnoOf(error) !== 'ENOENT' || parent === absolute) throw error;
    return join(await realDestination(parent), relative(parent, absolute));
  }
}

async function copyLink(from: string, to: string): Promise<void> {
  await fs.symlink(await fs.readlink(from), to);
}

async function copyTree(from: string, to: string, options: FileOptions): Promise<void> {
  await fs.mkdir(to, { recursive: true });
  for (const entry of await fs.readdir(from, { withFileTypes: true })) {
    check(options);
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) await copyTree(source, target, options);
    else if (entry.isSymbolicLink()) await copyLink(source, target);
    else if (entry.isFile()) await fs.copyFile(source, target);
  }
}

async function copy(from: string, to: string, options: FileOptions & { recursive: boolean }): Promise<void> {
  check(options);
  const source = await fs.lstat(from);
  if (source.isSymbolicLink()) return copyLink(from, to);
  if (source.isFile()) return fs.copyFile(from, to);
  if (!source.isDirectory()) throw invalidRequest('fs/copy only supports regular files, directories, and symlinks');
  if (!options.recursive) throw invalidRequest('fs/copy requires recursive: true when sourcePath is a directory');
  if (isWithin(await realDestination(to), await fs.realpath(from))) {
    throw invalidRequest('fs/copy cannot copy a directory to itself or one of its descendants');
  }
  await copyTree(from, to, options);
}

/** The files of this machine with the rights of this process. A sandbox that would restrict them is refused. */
export function createFiles(): FileSystem {
  return {
    readFile: readRegularFile,
    async writeFile(path, bytes, options) {
      check(options);
      await fs.writeFile(path, bytes, options?.signal ? { signal: options.signal } : {});
    },
    async createDirectory(path, options) {
      check(options);
      await fs.mkdir(path, { recursive: options.recursive });
    },
    metadata,
    async canonicalize(path, options) {
      check(options);
      return fs.realpath(path);
    },
    readDirectory,
    remove,
    copy,
  };
}
