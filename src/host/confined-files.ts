/**
 * File operations under a permission profile. Every decision is made about an object that is already open, and the operation
 * then goes through that descriptor: nothing a running command does to the path in between can change what was allowed.
 * Linux only, because it takes /proc to work relative to a descriptor.
 */
import { constants } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { throwIfAborted } from '../base/abort.ts';
import { errnoOf, invalidRequest } from '../base/errors.ts';
import { systemError } from '../base/os-error.ts';
import * as fs from './disk.ts';
import { describeFile, listDirectory, readHandle } from './file-facts.ts';
import type { DirectoryEntry, FileMetadata, FileOptions, WholeFiles } from './file-types.ts';
import type { PathAccess } from './path-access.ts';

type Handle = fs.FileHandle;

/** Opens a path as a place only; the number is Linux's, Node does not export it. */
const placeOnly = 0o10000000;
const maxLinks = 40;
const copyBlockBytes = 1024 * 1024;

/** A name inside an open directory. */
interface Slot {
  readonly directory: Handle;
  readonly name: string;
  /** Where it really is. */
  readonly real: string;
  /** How to reach it whatever happens to the path. */
  readonly path: string;
}

/** With `.` the directory itself and not the link that /proc has for it. */
const inside = (directory: Handle, name: string): string => `/proc/self/fd/${directory.fd}/${name === '' ? '.' : name}`;
const realPathOf = (handle: Handle): Promise<string> => fs.readlink(`/proc/self/fd/${handle.fd}`);

/** The directory and the name in it, with `..` left to the system, which resolves it after the links before it. */
function lastName(path: string): { parent: string; name: string } {
  const trimmed = path.replace(/\/+$/, '');
  const name = trimmed.slice(trimmed.lastIndexOf('/') + 1);
  if (name === '' || name === '.' || name === '..') return { parent: path === '' ? '.' : path, name: '' };
  return { parent: trimmed.slice(0, trimmed.length - name.length) || '.', name };
}

async function closing<T>(handle: Handle, use: (handle: Handle) => Promise<T>): Promise<T> {
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}

/** Files as a process confined by `access` would see them. */
export class ConfinedFiles implements WholeFiles {
  readonly #access: PathAccess;

  constructor(access: PathAccess) {
    this.#access = access;
  }

  async readFile(path: string, options?: FileOptions): Promise<Buffer> {
    return closing(await this.openToRead(path), (handle) => readHandle(handle, path, options));
  }

  async writeFile(path: string, bytes: Buffer): Promise<void> {
    await closing(await this.openToWrite(path), async (handle) => {
      await handle.truncate();
      await handle.writeFile(bytes);
    });
  }

  async createDirectory(path: string, options: FileOptions & { recursive: boolean }): Promise<void> {
    if (options.recursive && (await this.#isDirectory(path))) return;
    const parent = dirname(path);
    if (options.recursive && parent !== path) await this.createDirectory(parent, options);
    await this.#withSlot(path, async (slot) => {
      this.#requireWrite(slot.real, 'mkdir');
      await fs.mkdir(slot.path).catch((error: unknown) => {
        if (!options.recursive || errnoOf(error) !== 'EEXIST') throw error;
      });
    });
  }

  async metadata(path: string): Promise<FileMetadata> {
    return this.#withSlot(path, async (slot) => {
      this.#requireRead(slot.real, 'stat');
      const own = await fs.lstat(slot.path);
      if (!own.isSymbolicLink()) return describeFile(own, own);
      return closing(await fs.open(path, placeOnly), async (target) => {
        this.#requireRead(await realPathOf(target), 'stat');
        return describeFile(own, await target.stat());
      });
    });
  }

  async canonicalize(path: string): Promise<string> {
    return closing(await fs.open(path, placeOnly), async (handle) => {
      const real = await realPathOf(handle);
      this.#requireRead(real, 'realpath');
      return real;
    });
  }

  async readDirectory(path: string): Promise<DirectoryEntry[]> {
    return closing(await fs.open(path, constants.O_RDONLY | constants.O_DIRECTORY), async (handle) => {
      this.#requireRead(await realPathOf(handle), 'scandir');
      return listDirectory(inside(handle, '.'));
    });
  }

  async remove(path: string, options: FileOptions & { recursive: boolean; force: boolean }): Promise<void> {
    try {
      await this.#withSlot(path, (slot) => this.#removeSlot(slot, options));
    } catch (error) {
      if (!options.force || errnoOf(error) !== 'ENOENT') throw error;
    }
  }

  async copy(from: string, to: string, options: FileOptions & { recursive: boolean }): Promise<void> {
    await this.#withSlot(from, async (source) => {
      this.#requireRead(source.real, 'copyfile');
      const kind = await fs.lstat(source.path);
      if (!kind.isDirectory()) return this.#copyOne(source, to, options);
      if (!options.recursive) throw invalidRequest('fs/copy requires recursive: true when sourcePath is a directory');
      const target = await this.#withSlot(to, async (slot) => slot.real).catch(() => resolve(to));
      if (target === source.real || target.startsWith(`${source.real}/`)) {
        throw invalidRequest('fs/copy cannot copy a directory to itself or one of its descendants');
      }
      await this.#copyTree(source.path, to, options);
    });
  }

  /** The entries of a directory as they are, links unfollowed. */
  async list(path: string): Promise<fs.Entry[]> {
    return closing(await fs.open(path, constants.O_RDONLY | constants.O_DIRECTORY), async (handle) => {
      this.#requireRead(await realPathOf(handle), 'scandir');
      return fs.readdir(inside(handle, '.'));
    });
  }

  #requireRead(real: string, action: string): void {
    if (this.#access.of(real) === 'deny') throw systemError('EACCES', action, real);
  }

  #requireWrite(real: string, action: string): void {
    const access = this.#access.of(real);
    if (access !== 'write') throw systemError(access === 'deny' ? 'EACCES' : 'EROFS', action, real);
  }

  /** The directory of `path`, held open, and the name in it; the name itself is not followed. */
  async #withSlot<T>(path: string, use: (slot: Slot) => Promise<T>): Promise<T> {
    const { parent, name } = lastName(path);
    return closing(await fs.open(parent, placeOnly | constants.O_DIRECTORY), async (directory) => {
      const real = join(await realPathOf(directory), name);
      return use({ directory, name, real, path: inside(directory, name) });
    });
  }

  async #isDirectory(path: string): Promise<boolean> {
    try {
      return (await this.metadata(path)).isDirectory;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return false;
      throw error;
    }
  }

  /** A regular file; the caller closes it. */
  async openToRead(path: string): Promise<Handle> {
    // As a place first: opening a device or a FIFO for reading could already do something.
    return closing(await fs.open(path, placeOnly), async (place) => {
      this.#requireRead(await realPathOf(place), 'open');
      if (!(await place.stat()).isFile()) throw invalidRequest(`path \`${path.toWellFormed()}\` is not a file`);
      return fs.open(`/proc/self/fd/${place.fd}`, constants.O_RDONLY);
    });
  }

  /** An existing file, or a new empty one. Links are followed by hand, so that each step is decided on. */
  async openToWrite(path: string, links = 0): Promise<Handle> {
    if (links > maxLinks) throw systemError('ELOOP', 'open', path);
    return this.#withSlot(path, async (slot) => {
      const found = await fs.lstat(slot.path).catch((error: unknown) => {
        if (errnoOf(error) === 'ENOENT') return undefined;
        throw error;
      });
      if (found?.isSymbolicLink()) {
        const target = await fs.readlink(slot.path);
        return this.openToWrite(isAbsolute(target) ? target : inside(slot.directory, target), links + 1);
      }
      this.#requireWrite(slot.real, 'open');
      if (!found) return fs.open(slot.path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o666);
      if (found.isDirectory()) throw systemError('EISDIR', 'open', path);
      const handle = await fs.open(slot.path, constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        // It may have been moved here from elsewhere since we looked.
        this.#requireWrite(await realPathOf(handle), 'open');
        return handle;
      } catch (error) {
        await handle.close();
        throw error;
      }
    });
  }

  async #removeSlot(slot: Slot, options: FileOptions & { recursive: boolean; force: boolean }): Promise<void> {
    if (options.signal) throwIfAborted(options.signal);
    this.#requireRead(slot.real, 'unlink');
    // What is not there needs no permission to be gone.
    const found = await fs.lstat(slot.path);
    this.#requireWrite(slot.real, 'unlink');
    if (!found.isDirectory()) return fs.unlink(slot.path);
    if (options.recursive) await this.#emptyDirectory(slot, options);
    await fs.rmdir(slot.path);
  }

  async #emptyDirectory(slot: Slot, options: FileOptions & { recursive: boolean; force: boolean }): Promise<void> {
    const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
    await closing(await fs.open(slot.path, flags), async (directory) => {
      const parent = await realPathOf(directory);
      for (const { name } of await fs.readdir(inside(directory, '.'))) {
        await this.#removeSlot({ directory, name, real: join(parent, name), path: inside(directory, name) }, options);
      }
    });
  }

  async #copyTree(from: string, to: string, options: FileOptions): Promise<void> {
    await this.createDirectory(to, { recursive: true });
    await closing(await fs.open(from, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW), async (directory) => {
      const parent = await realPathOf(directory);
      for (const entry of await fs.readdir(inside(directory, '.'))) {
        const slot: Slot = { directory, name: entry.name, real: join(parent, entry.name), path: inside(directory, entry.name) };
        this.#requireRead(slot.real, 'copyfile');
        if (entry.isDirectory()) await this.#copyTree(slot.path, join(to, entry.name), options);
        else if (entry.isFile() || entry.isSymbolicLink()) await this.#copyOne(slot, join(to, entry.name), options);
      }
    });
  }

  /** One file or link. */
  async #copyOne(source: Slot, to: string, options: FileOptions): Promise<void> {
    const kind = await fs.lstat(source.path);
    if (kind.isSymbolicLink()) {
      const target = await fs.readlink(source.path);
      return this.#withSlot(to, async (slot) => {
        this.#requireWrite(slot.real, 'symlink');
        await fs.symlink(target, slot.path);
      });
    }
    if (!kind.isFile()) throw invalidRequest('fs/copy only supports regular files, directories, and symlinks');
    await closing(await this.openToRead(source.path), async (input) => {
      await closing(await this.openToWrite(to), async (output) => {
        await copyBytes(input, output, options);
        await output.chmod(kind.mode & 0o777).catch(() => {}); // as a plain copy does where it may
      });
    });
  }
}

async function copyBytes(input: Handle, output: Handle, options: FileOptions): Promise<void> {
  await output.truncate();
  const block = Buffer.allocUnsafe(copyBlockBytes);
  for (;;) {
    if (options.signal) throwIfAborted(options.signal);
    const { bytesRead } = await input.read(block, 0, block.length, null);
    if (bytesRead === 0) return;
    let written = 0;
    while (written < bytesRead) written += (await output.write(block, written, bytesRead - written, null)).bytesWritten;
  }
}
