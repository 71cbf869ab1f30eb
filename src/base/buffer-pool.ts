/** Memory for bytes that are passed on at once, kept for the next use: fresh memory costs more than filling it does. */

/** Bytes on loan. Whoever has it may use `bytes` until the release. */
export interface Lease {
  /** As long as was asked for; the content is whatever was there. */
  readonly bytes: Buffer;
  /** Gives the memory back; later calls do nothing. A lease that is dropped instead is collected like any buffer. */
  release(): void;
}

/** Shorter pieces come cheaper from Node's own pool. */
const smallestBytes = 4096;

export class BufferPool {
  readonly #maxKeptBytes: number;
  /** By size, which is a power of two. */
  readonly #free = new Map<number, Buffer[]>();
  #keptBytes = 0;

  /** At most `maxKeptBytes` are kept for later. */
  constructor(maxKeptBytes: number) {
    this.#maxKeptBytes = maxKeptBytes;
  }

  get keptBytes(): number {
    return this.#keptBytes;
  }

  take(length: number): Lease {
    if (length < smallestBytes) return { bytes: Buffer.allocUnsafe(length), release: () => {} };
    const size = 2 ** Math.ceil(Math.log2(length));
    let whole = this.#free.get(size)?.pop();
    if (whole) this.#keptBytes -= size;
    else whole = Buffer.allocUnsafeSlow(size);
    let lent: Buffer | undefined = whole;
    return {
      bytes: whole.subarray(0, length),
      release: () => {
        if (lent) this.#keep(lent);
        lent = undefined;
      },
    };
  }

  #keep(whole: Buffer): void {
    const size = whole.length;
    if (this.#keptBytes + size > this.#maxKeptBytes) return;
    const free = this.#free.get(size);
    if (free) free.push(whole);
    else this.#free.set(size, [whole]);
    this.#keptBytes += size;
  }
}
