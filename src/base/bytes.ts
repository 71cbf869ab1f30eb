/** Bytes on their way to text: decoding across chunk borders, and the head-and-tail cap of long output. */
import { StringDecoder } from 'node:string_decoder';

/** Decodes UTF-8 that arrives in pieces; a character split over two chunks comes out whole with the second. */
export class Utf8Stream {
  readonly #decoder = new StringDecoder('utf8');
  write(chunk: Buffer): string {
    return this.#decoder.write(chunk);
  }
  /** What is left: replacement characters for an unfinished character, else the empty string. */
  end(): string {
    return this.#decoder.end();
  }
}

/** Keeps the first and the last half of `capacity` bytes and counts what fell out between them. */
export class HeadTail {
  readonly #half: number;
  readonly #head: Buffer[] = [];
  #headBytes = 0;
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #omitted = 0;

  constructor(capacity: number) {
    this.#half = Math.floor(capacity / 2);
  }

  get omittedBytes(): number {
    return this.#omitted;
  }

  get size(): number {
    return this.#headBytes + this.#tailBytes;
  }

  push(chunk: Buffer): void {
    let rest = chunk;
    if (this.#headBytes < this.#half) {
      const part = rest.subarray(0, this.#half - this.#headBytes);
      this.#head.push(part);
      this.#headBytes += part.length;
      rest = rest.subarray(part.length);
    }
    if (rest.length === 0) return;
    this.#tail.push(rest);
    this.#tailBytes += rest.length;
    while (this.#tailBytes > this.#half) {
      const first = this.#tail[0];
      if (!first) break;
      const excess = this.#tailBytes - this.#half;
      const cut = Math.min(excess, first.length);
      if (cut === first.length) this.#tail.shift();
      else this.#tail[0] = first.subarray(cut);
      this.#tailBytes -= cut;
      this.#omitted += cut;
    }
  }

  /** The kept bytes; `marker` is put between the halves when bytes are missing there. */
  toBuffer(marker: (omitted: number) => string): Buffer {
    if (this.#omitted === 0) return Buffer.concat([...this.#head, ...this.#tail]);
    return Buffer.concat([...this.#head, Buffer.from(marker(this.#omitted)), ...this.#tail]);
  }

  /** Forgets everything, so that each poll shows output once. */
  clear(): void {
    this.#head.length = 0;
    this.#headBytes = 0;
    this.#tail = [];
    this.#tailBytes = 0;
    this.#omitted = 0;
  }
}
