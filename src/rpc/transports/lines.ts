/** Cuts a byte stream into lines without copying twice. Imports nothing, so the first line can be read before anything is loaded. */

export interface LineSink {
  /** One line without its line feed (a carriage return before it is dropped too). */
  onLine(line: string): void;
  /** A line grew beyond the limit and is thrown away; `head` is how it began. */
  onTooLong?(head: string): void;
}

/** Bytes kept from the beginning of a line that is thrown away. */
const headBytes = 4096;
const lineFeed = 10;
const carriageReturn = 13;

export class LineSplitter {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #bytes = 0;
  #head: Buffer | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** True when bytes of an unfinished line wait. */
  get pending(): boolean {
    return this.#bytes > 0 || this.#head !== undefined;
  }

  /** Hands over every line that `chunk` completes. Invalid UTF-8 becomes U+FFFD. */
  push(chunk: Buffer, sink: LineSink): void {
    const first = chunk.indexOf(lineFeed);
    if (first < 0) {
      this.#keep(chunk);
      return;
    }
    let start = 0;
    if (this.pending) {
      this.#finish(chunk.subarray(0, first), sink);
      start = first + 1;
    }
    const end = chunk.lastIndexOf(lineFeed);
    if (end >= start) this.#emitBlock(chunk, start, end, sink);
    if (end + 1 < chunk.length) this.#keep(chunk.subarray(end + 1));
  }

  /** Takes the unfinished rest out, as bytes. */
  takeRest(): Buffer {
    const rest = Buffer.concat(this.#parts);
    this.#reset();
    return rest;
  }

  #emitBlock(chunk: Buffer, start: number, end: number, sink: LineSink): void {
    if (end - start > this.#maxBytes) {
      for (let from = start; from <= end; ) {
        const to = chunk.indexOf(lineFeed, from);
        this.#emit(chunk.subarray(from, to), sink);
        from = to + 1;
      }
      return;
    }
    for (const line of chunk.toString('utf8', start, end).split('\n')) sink.onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
  }

  #emit(line: Buffer, sink: LineSink): void {
    if (line.length > this.#maxBytes) sink.onTooLong?.(line.toString('utf8', 0, headBytes));
    else sink.onLine(line.toString('utf8', 0, line[line.length - 1] === carriageReturn ? line.length - 1 : line.length));
  }

  #keep(part: Buffer): void {
    if (this.#head) return;
    this.#parts.push(part);
    this.#bytes += part.length;
    if (this.#bytes <= this.#maxBytes) return;
    const head = Buffer.concat(this.#parts, Math.min(headBytes, this.#bytes));
    this.#reset();
    this.#head = head;
  }

  #finish(part: Buffer, sink: LineSink): void {
    this.#keep(part);
    const head = this.#head;
    if (head) {
      this.#reset();
      sink.onTooLong?.(head.toString('utf8'));
      return;
    }
    const line = this.#parts.length === 1 && this.#parts[0] ? this.#parts[0] : Buffer.concat(this.#parts, this.#bytes);
    this.#reset();
    this.#emit(line, sink);
  }

  #reset(): void {
    this.#parts = [];
    this.#bytes = 0;
    this.#head = undefined;
  }
}
