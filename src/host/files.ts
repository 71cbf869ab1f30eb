/** The local file system behind the `FileSystem` port. */
import { constants } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { throwIfAborted } from '../base/abort.ts';
import { errnoOf, invalidRequest } from '../base/errors.ts';
import { systemError } from '../base/os-error.ts';
import type { ConfinedFiles } from './confined-files.ts';
import * as fs from './disk.ts';
import { describeFile, listDirectory, readHandle } from './file-facts.ts';
import type { FileMetadata, FileOptions, FileSystem, OpenFile, WholeFiles } from './file-types.ts';
import { SandboxUnavailable } from './process-types.ts';

function check(options: FileOptions | undefined): void {
  if (options?.signal) throwIfAborted(options.signal);
}

async function readRegularFile(path: string, options?: FileOptions): Promise<Buffer> {
  // Non-blocking, so that opening a FIFO nobody writes to returns.
  const handle = await fs.open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((error: unknown) => {
    if (errnoOf(error) === 'EISDIR' || errnoOf(error) === 'ENXIO') throw invalidRequest(`path \`${path.toWellFormed()}\` is not a file`);
    throw error;
  });
  try {
    return await readHandle(handle, path, options);
  } finally {
    // Whoever reads need not wait for this.
    handle.close().catch(() => {});
  }
}

async function metadata(path: string, options?: FileOptions): Promise<FileMetadata> {
  check(options);
  const own = await fs.lstat(path);
  return describeFile(own, own.isSymbolicLink() ? await fs.stat(path) : own);
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
  for (const entry of await fs.readdir(from)) {
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

/** The files of this machine with the rights of this process. */
const plainFiles: WholeFiles = {
  async readFile(path, options) {
    check(options);
    return readRegularFile(path, options);
  },
  async writeFile(path, bytes, options) {
    check(options);
    await fs.writeFile(path, bytes, options?.signal ? { signal: options.signal } : {});
  },
  async createDirectory(path, options) {
    check(options);
    await fs.mkdir(path, { recursive: options.recursive }).catch(async (error: unknown) => {
      // Node says of a link without a target what following it would say; the name is taken.
      const isThere = options.recursive && (await fs.lstat(path).catch(() => undefined));
      throw isThere ? systemError('EEXIST', 'mkdir', path) : error;
    });
  },
  metadata,
  async canonicalize(path, options) {
    check(options);
    return fs.realpath(path);
  },
  async readDirectory(path, options) {
    check(options);
    return listDirectory(path);
  },
  remove,
  copy,
};

/** Who carries out an operation under a sandbox; undefined when the sandbox restricts no files. */
export async function confinedFiles(options: FileOptions, tmpdir: string | undefined): Promise<ConfinedFiles | undefined> {
  const profile = options.sandbox?.profile;
  if (!options.sandbox || profile?.type !== 'managed' || profile.file_system.type !== 'restricted') return undefined;
  if (process.platform !== 'linux') throw new SandboxUnavailable('sandboxed file operations are not available on this system');
  check(options);
  const [{ pathAccess }, { ConfinedFiles }] = await Promise.all([import('./path-access.ts'), import('./confined-files.ts')]);
  const access = await pathAccess(options.sandbox, { tmpdir });
  return access && new ConfinedFiles(access);
}

async function openToRead(path: string, confined: ConfinedFiles | undefined): Promise<OpenFile> {
  const { openBlockFile } = await import('./file-blocks.ts');
  const file = await openBlockFile(path, 'read', confined);
  const read = async (offset: number, length: number) => {
    const block = Buffer.allocUnsafe(length);
    return block.subarray(0, await file.read(offset, block));
  };
  return { read, close: () => file.close(), [Symbol.asyncDispose]: () => file.close() };
}

/** The files of this machine. `tmpdir` is what a profile's `tmpdir` stands for. */
export function createFiles(options: { tmpdir?: string } = {}): FileSystem {
  const confinedBy = async (request: FileOptions | undefined): Promise<ConfinedFiles | undefined> =>
    request?.sandbox && (await confinedFiles(request, options.tmpdir));
  const filesOf = async (request: FileOptions | undefined): Promise<WholeFiles> => (await confinedBy(request)) ?? plainFiles;
  return {
    readFile: async (path, request) => (await filesOf(request)).readFile(path, request),
    writeFile: async (path, bytes, request) => (await filesOf(request)).writeFile(path, bytes, request),
    createDirectory: async (path, request) => (await filesOf(request)).createDirectory(path, request),
    metadata: async (path, request) => (await filesOf(request)).metadata(path, request),
    canonicalize: async (path, request) => (await filesOf(request)).canonicalize(path, request),
    readDirectory: async (path, request) => (await filesOf(request)).readDirectory(path, request),
    remove: async (path, request) => (await filesOf(request)).remove(path, request),
    copy: async (from, to, request) => (await filesOf(request)).copy(from, to, request),
    walk: async (path, request) => {
      const [{ walkTree }, confined] = await Promise.all([import('./file-walk.ts'), confinedBy(request)]);
      return walkTree(path, request, { signal: request.signal ?? new AbortController().signal, confined });
    },
    open: async (path, request) => openToRead(path, await confinedBy(request)),
  };
}
