/** Files that are open for reading or writing block by block. */
import { constants } from 'node:fs';
import { errnoOf, invalidRequest } from '../base/errors.ts';
import type { ConfinedFiles } from './confined-files.ts';
import { type FileHandle, open } from './disk.ts';

/** An open file. It stays the file that was opened, whatever happens to the path. */
export interface BlockFile {
  /** Fills `block` from `offset` on and tells how many bytes there were; fewer than fit mean the end of the file. */
  read(offset: number, block: Buffer): Promise<number>;
  /** In place; the file grows as needed. */
  write(offset: number, bytes: Buffer): Promise<void>;
  close(): Promise<void>;
}

/**
 * `replace` creates the file or empties it at once. Rejects with system errors, and for what is no regular file. With
 * `confined` its rules decide what may be opened.
 */
export async function openBlockFile(path: string, mode: 'read' | 'replace', confined?: ConfinedFiles): Promise<BlockFile> {
  if (confined) {
    const handle = await (mode === 'read' ? confined.openToRead(path) : confined.openToWrite(path));
    const file = await blockFile(handle, path);
    if (mode === 'replace') await handle.truncate();
    return file;
  }
  const nonBlocking = constants.O_NONBLOCK ?? 0;
  const flags = mode === 'read' ? constants.O_RDONLY : constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC;
  const handle = await open(path, flags | nonBlocking, 0o666).catch((error: unknown) => {
    if (errnoOf(error) === 'ENXIO') throw notAFile(path);
    throw error;
  });
  return blockFile(handle, path);
}

const notAFile = (path: string) => invalidRequest(`path \`${path.toWellFormed()}\` is not a file`);

async function blockFile(handle: FileHandle, path: string): Promise<BlockFile> {
  try {
    if (!(await handle.stat()).isFile()) throw notAFile(path);
  } catch (error) {
    await handle.close();
    throw error;
  }
  return {
    read: (offset, block) => readBlock(handle, offset, block),
    write: (offset, bytes) => writeBlock(handle, offset, bytes),
    close: () => handle.close(),
  };
}

async function readBlock(handle: FileHandle, offset: number, block: Buffer): Promise<number> {
  let filled = 0;
  while (filled < block.length) {
    const { bytesRead } = await handle.read(block, filled, block.length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

async function writeBlock(handle: FileHandle, offset: number, bytes: Buffer): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, offset + written);
    written += bytesWritten;
  }
}
