/** Files read in blocks: what is read of a large file is bounded, and a distant one does not wait for a whole round trip per block. */
import { type FileOptions, type FileSystem, maxBlockBytes, type OpenFile } from '../host/file-types.ts';

/** Blocks asked for ahead of the one that is taken. */
const readAhead = 4;

/**
 * The content of a file, in order, in blocks of at most 1 MiB. The file is closed when the loop over it ends, however it ends.
 * After a lost connection the rest cannot be read: the loop rejects.
 */
export async function* readBlocks(files: FileSystem, path: string, options: FileOptions = {}): AsyncGenerator<Buffer, void> {
  const file = await files.open(path, options);
  const waiting: Promise<Buffer>[] = [];
  let offset = 0;
  const ask = () => {
    const block = file.read(offset, maxBlockBytes, options.signal);
    // Only the first failure is for the reader.
    block.catch(() => {});
    waiting.push(block);
    offset += maxBlockBytes;
  };
  try {
    ask();
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const block = await next;
      if (block.length > 0) yield block;
      if (block.length < maxBlockBytes) return;
      while (waiting.length < readAhead) ask();
    }
  } finally {
    void closeLater(file);
  }
}

/** Whoever is done with a file does not wait for its close. */
const closeLater = (file: OpenFile): Promise<void> => file.close().catch(() => {});

/** The beginning of a file, at most `maxBytes` of it. */
export async function readStart(files: FileSystem, path: string, maxBytes: number, options: FileOptions = {}): Promise<Buffer> {
  const blocks: Buffer[] = [];
  let left = maxBytes;
  const file = await files.open(path, options);
  try {
    for (let offset = 0; left > 0; ) {
      const length = Math.min(left, maxBlockBytes);
      const block = await file.read(offset, length, options.signal);
      blocks.push(block);
      if (block.length < length) break;
      offset += length;
      left -= length;
    }
    return Buffer.concat(blocks);
  } finally {
    void closeLater(file);
  }
}
