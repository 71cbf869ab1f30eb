/** Turns the bytes of a command into the deltas clients see: whole characters, bounded in size and number, few messages. */

/** At most this many bytes in one delta. */
const MAX_DELTA_BYTES = 8192;
/** Deltas of one call; the complete output is in the finished item. */
const MAX_DELTAS = 10_000;
/** A command that ends within this time sends no deltas: its finished item says everything at once. */
const QUIET_MS = 150;
/** Early output beyond this is not held back any longer. */
const MAX_HELD_BYTES = 262_144;

export class OutputDeltas {
  readonly #emit: (text: string) => void;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #sent = 0;
  /** True while early output is held back. */
  #quiet = true;
  #ended = false;
  readonly #quietTimer: NodeJS.Timeout;
  #flush: NodeJS.Immediate | undefined;

  constructor(emit: (text: string) => void) {
    this.#emit = emit;
    this.#quietTimer = setTimeout(() => this.#open(), QUIET_MS);
  }

  push(bytes: Buffer): void {
    if (this.#ended || this.#sent >= MAX_DELTAS) return;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (!this.#quiet) this.#schedule();
    else if (this.#waitingBytes > MAX_HELD_BYTES) this.#open();
  }

  /** Sends what is ready, an unfinished character included; nothing follows. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#quietTimer);
    if (this.#flush) clearImmediate(this.#flush);
    if (!this.#quiet) this.#send(true);
    this.#waiting = [];
  }

  #open(): void {
    if (!this.#quiet) return;
    this.#quiet = false;
    clearTimeout(this.#quietTimer);
    if (this.#waitingBytes > 0) this.#schedule();
  }

  /** Everything that arrives in one turn of the event loop goes out together. */
  #schedule(): void {
    this.#flush ??= setImmediate(() => {
      this.#flush = undefined;
      this.#send(false);
    });
  }

  #send(last: boolean): void {
    const [only] = this.#waiting;
    if (!only) return;
    const bytes = this.#waiting.length === 1 ? only : Buffer.concat(this.#waiting);
    const ready = last ? bytes.length : wholeCharacters(bytes, bytes.length);
    for (let start = 0; start < ready && this.#sent < MAX_DELTAS; this.#sent += 1) {
      const end = ready - start <= MAX_DELTA_BYTES ? ready : start + wholeCharacters(bytes.subarray(start), MAX_DELTA_BYTES);
      this.#emit(bytes.toString('utf8', start, end));
      start = end;
    }
    const rest = bytes.subarray(ready);
    this.#waiting = rest.length > 0 ? [rest] : [];
    this.#waitingBytes = rest.length;
  }
}

/** The largest length up to `limit` that does not end inside a character; bytes that are no UTF-8 are never held back. */
function wholeCharacters(bytes: Buffer, limit: number): number {
  for (let back = 1; back <= 3 && back <= limit; back += 1) {
    const byte = bytes[limit - back] ?? 0;
    if ((byte & 0xc0) !== 0x80) return characterLength(byte) > back ? limit - back : limit;
  }
  return limit;
}

/** Bytes of the character that begins with `lead`; 1 for what begins none. */
function characterLength(lead: number): number {
  if (lead >= 0xf0) return lead < 0xf5 ? 4 : 1;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc2 ? 2 : 1;
}
