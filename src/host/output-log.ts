/** The output of one process: numbered chunks, a bounded window of retained ones, replay for late listeners and then live. */
import type { OutputChunk } from './process-types.ts';

export interface OutputLogOptions {
  /** Bytes that stay retained for replay. Default 1 MiB. */
  readonly maxBytes?: number;
  /** Chunks that stay retained. Default 50 000. */
  readonly maxChunks?: number;
  /** Longer pieces are split, so that no chunk exceeds it. Default 64 KiB. */
  readonly maxChunkBytes?: number;
  /** `newest` drops whole oldest chunks; `headAndTail` keeps the first half and the newest half of the window. Default headAndTail. */
  readonly keep?: 'newest' | 'headAndTail';
}

type Stream = OutputChunk['stream'];

export class OutputLog {
  readonly #maxBytes: number;
  readonly #maxChunks: number;
  readonly #maxChunkBytes: number;
  /** Bytes of the head that are never dropped; 0 with `newest`. */
  readonly #headBytesKept: number;
  readonly #head: OutputChunk[] = [];
  #headBytes = 0;
  #headFull = false;
  /** The newest chunks; the places before `#tailStart` are empty and wait for the next compaction. */
  #tail: (OutputChunk | undefined)[] = [];
  #tailStart = 0;
  #tailBytes = 0;
  #nextSeq = 1;
  readonly #listeners = new Set<(chunk: OutputChunk) => void>();

  constructor(options: OutputLogOptions = {}) {
    this.#maxBytes = options.maxBytes ?? 1_048_576;
    this.#maxChunks = options.maxChunks ?? 50_000;
    this.#maxChunkBytes = options.maxChunkBytes ?? 65_536;
    this.#headBytesKept = options.keep === 'newest' ? 0 : Math.floor(this.#maxBytes / 2);
    this.#headFull = this.#headBytesKept === 0;
  }

  /** The number the next chunk or event gets. */
  get nextSeq(): number {
    return this.#nextSeq;
  }

  get retainedBytes(): number {
    return this.#headBytes + this.#tailBytes;
  }

  /** Takes a number for something that is not output (an exit, a close), so that all share one count. */
  reserve(): number {
    return this.#nextSeq++;
  }

  /** Adds bytes, which the log owns from now on, and tells every listener. */
  append(stream: Stream, bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += this.#maxChunkBytes) {
      const part = bytes.length <= this.#maxChunkBytes ? bytes : bytes.subarray(at, at + this.#maxChunkBytes);
      const chunk: OutputChunk = { seq: this.#nextSeq++, stream, bytes: part };
      this.#retain(chunk);
      for (const listener of this.#listeners) listener(chunk);
    }
  }

  /** Calls `listener` for the retained chunks now and for each later one as it comes. Returns the function that stops it. */
  subscribe(listener: (chunk: OutputChunk) => void): () => void {
    const own = (chunk: OutputChunk) => listener(chunk);
    for (const chunk of this.retained()) own(chunk);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Retained chunks in order; a jump in `seq` tells that chunks between were dropped. */
  *retained(): Generator<OutputChunk> {
    yield* this.#head;
    for (let at = this.#tailStart; at < this.#tail.length; at += 1) {
      const chunk = this.#tail[at];
      if (chunk) yield chunk;
    }
  }

  /** Whole retained chunks after `afterSeq`, stopping before one that would exceed `maxBytes`; the first is always given. */
  read(afterSeq: number, maxBytes = Number.POSITIVE_INFINITY): OutputChunk[] {
    const chunks: OutputChunk[] = [];
    let size = 0;
    for (const chunk of this.retained()) {
      if (chunk.seq <= afterSeq) continue;
      if (chunks.length > 0 && size + chunk.bytes.length > maxBytes) break;
      chunks.push(chunk);
      size += chunk.bytes.length;
    }
    return chunks;
  }

  #retain(chunk: OutputChunk): void {
    if (!this.#headFull) {
      if (this.#headBytes + chunk.bytes.length <= this.#headBytesKept && this.#head.length < this.#maxChunks / 2) {
        this.#head.push(chunk);
        this.#headBytes += chunk.bytes.length;
        return;
      }
      this.#headFull = true;
    }
    this.#tail.push(chunk);
    this.#tailBytes += chunk.bytes.length;
    const room = this.#maxBytes - this.#headBytes;
    while (this.#tailBytes > room || this.#head.length + this.#tail.length - this.#tailStart > this.#maxChunks) {
      const oldest = this.#tail[this.#tailStart];
      if (!oldest) break;
      this.#tail[this.#tailStart] = undefined;
      this.#tailStart += 1;
      this.#tailBytes -= oldest.bytes.length;
    }
    // Dropping from the front one by one would copy the array each time.
    if (this.#tailStart > 64 && this.#tailStart * 2 > this.#tail.length) {
      this.#tail = this.#tail.slice(this.#tailStart);
      this.#tailStart = 0;
    }
  }
}
