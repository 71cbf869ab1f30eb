/** The events of one remote process, brought into order: what came early waits, what came twice is dropped, what is missing shows. */
import { decodeBase64 } from '../base/base64.ts';
import type { ProcessReadResult } from '../protocol/exec/index.ts';

export type ProcessEvent =
  | { readonly kind: 'output'; readonly seq: number; readonly stream: 'stdout' | 'stderr' | 'pty'; readonly bytes: Buffer }
  /** `sandboxDenied` is undefined when the server is too old to say. */
  | { readonly kind: 'exited'; readonly seq: number; readonly exitCode: number; readonly sandboxDenied: boolean | undefined }
  | { readonly kind: 'closed'; readonly seq: number };

/** What may wait for a gap to be filled; what fills the gap is always taken. */
export interface EarlyLimits {
  readonly events: number;
  readonly bytes: number;
}

export const liveLimits: EarlyLimits = { events: 256, bytes: 1_048_576 };
/** While the answer to a catch-up is on its way, everything that follows the drop is early. */
export const recoveryLimits: EarlyLimits = { events: 8192, bytes: 16 * 1_048_576 };
/** A longer single event is refused. */
const maxEventBytes = 1_048_576;

/** Why the events of a process cannot be completed. It concerns that process alone. */
export class EventsLost extends Error {
  override readonly name = 'EventsLost';
}

const sizeOf = (event: ProcessEvent): number => (event.kind === 'output' ? event.bytes.length : 0);

/** Calls `publish` once for each event, in the order of their numbers, without a gap, and never after `closed`. */
export class ProcessEvents {
  readonly #publish: (event: ProcessEvent) => void;
  readonly #early = new Map<number, ProcessEvent>();
  #earlyBytes = 0;
  #last = 0;
  #closed = false;
  #ended = false;
  #exitSeq: number | undefined;

  constructor(publish: (event: ProcessEvent) => void) {
    this.#publish = publish;
  }

  /** The number of the newest published event; 0 before the first. */
  get lastPublished(): number {
    return this.#last;
  }

  /** Something waits for an event that has not come. */
  get hasGap(): boolean {
    return this.#early.size > 0;
  }

  /** `closed` has been published. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Nothing more is published. */
  stop(): void {
    this.#ended = true;
    this.#early.clear();
    this.#earlyBytes = 0;
  }

  /** Takes an event as it arrived. Throws `EventsLost` when too much waits for a gap. */
  accept(event: ProcessEvent, limits: EarlyLimits = liveLimits): void {
    if (this.#ended || event.seq <= this.#last || this.#early.has(event.seq)) return;
    if (sizeOf(event) > maxEventBytes) throw new EventsLost(`process event ${event.seq} exceeds ${maxEventBytes} bytes`);
    if (event.seq === this.#last + 1) {
      this.#emit(event);
      this.#drain();
      return;
    }
    if (this.#early.size >= limits.events || this.#earlyBytes + sizeOf(event) > limits.bytes) {
      throw new EventsLost(`too many process events arrived before event ${this.#last + 1}`);
    }
    this.#hold(event);
  }

  /**
   * Fills in what a read of everything after `lastPublished` answered. The exit and the close have no chunk: their numbers
   * follow from what is left over. Throws `EventsLost` when a number up to the end of the answer stays unexplained.
   */
  catchUp(read: ProcessReadResult): void {
    const target = read.nextSeq - 1;
    if (this.#ended || target <= this.#last) return;
    for (const { seq, stream, chunk } of read.chunks) {
      if (seq <= this.#last || this.#early.has(seq)) continue;
      if (seq > target || (read.closed && seq === target)) throw new EventsLost(`process event ${seq} lies beyond the end of the answer`);
      const bytes = decodeBase64(chunk);
      if (!bytes) throw new EventsLost(`process event ${seq} holds no base64`);
      this.#hold({ kind: 'output', seq, stream, bytes });
    }
    if (read.closed && !this.#early.has(target)) this.#hold({ kind: 'closed', seq: target });
    this.#placeExit(read, target);
    if (this.#missing(target).length > 0) {
      throw new EventsLost(`process events are no longer retained while recovering through sequence ${target}`);
    }
    this.#drain();
  }

  #placeExit(read: ProcessReadResult, target: number): void {
    if (!read.exited || (this.#exitSeq !== undefined && this.#exitSeq <= this.#last)) return;
    const waiting = this.#exitSeq === undefined ? undefined : this.#early.get(this.#exitSeq);
    if (waiting?.kind === 'exited') {
      this.#early.set(waiting.seq, { ...waiting, sandboxDenied: waiting.sandboxDenied === true || read.sandboxDenied });
      return;
    }
    const [seq, ...others] = this.#missing(target);
    if (seq === undefined || others.length > 0) return;
    this.#hold({ kind: 'exited', seq, exitCode: read.exitCode ?? -1, sandboxDenied: read.sandboxDenied });
  }

  /** At most two numbers up to `target` that nothing explains: more need not be known. */
  #missing(target: number): number[] {
    const missing: number[] = [];
    for (let seq = this.#last + 1; seq <= target && missing.length < 2; seq += 1) if (!this.#early.has(seq)) missing.push(seq);
    return missing;
  }

  #hold(event: ProcessEvent): void {
    this.#early.set(event.seq, event);
    this.#earlyBytes += sizeOf(event);
    if (event.kind === 'exited') this.#exitSeq = event.seq;
  }

  #drain(): void {
    for (let next = this.#early.get(this.#last + 1); next && !this.#ended; next = this.#early.get(this.#last + 1)) {
      this.#early.delete(next.seq);
      this.#earlyBytes -= sizeOf(next);
      this.#emit(next);
    }
  }

  #emit(event: ProcessEvent): void {
    this.#last = event.seq;
    if (event.kind === 'exited') this.#exitSeq = event.seq;
    if (event.kind === 'closed') {
      this.#closed = true;
      this.stop();
    }
    this.#publish(event);
  }
}
