/** Messages on their way out: straight to the writer while it keeps up, else in a bounded queue where deltas are merged. */
import { withDeadline } from '../base/abort.ts';
import { deferred } from '../base/deferred.ts';
import { type DeltaRules, deltaKey, mergeDeltas } from './deltas.ts';
import type { Frame } from './frame.ts';
import type { TransportWriter } from './transports/transport.ts';

export interface OutboxOptions {
  readonly writer: TransportWriter;
  readonly deltas: DeltaRules;
  /** Messages that may wait for a client that does not read. */
  readonly maxMessages: number;
  /** Characters of JSON that may wait. */
  readonly maxChars: number;
  /** The client never reads: the connection has to go. Called at most once. */
  readonly onOverflow: (waiting: number) => void;
  /** The queue is empty again after messages had to wait. */
  readonly onEmpty: () => void;
}

/** What a delta counts for; its text is not made before it is sent. */
const deltaOverhead = 256;

export class Outbox {
  readonly #options: OutboxOptions;
  #waiting: Frame[] = [];
  #chars = 0;
  /** Where deltas wait, by key, since the last message that is none: merging never moves text across such a message. */
  readonly #open = new Map<string, number>();
  #closed = false;
  #onEmpty: () => void = () => {};

  constructor(options: OutboxOptions) {
    this.#options = options;
    options.writer.onDrain = () => this.#drain();
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  post(frame: Frame): void {
    if (this.#closed) return;
    const { writer, deltas } = this.#options;
    if (this.#waiting.length === 0 && !writer.congested) {
      writer.post(frame);
      return;
    }
    const key = deltaKey(deltas, frame.value);
    if (key === undefined) {
      this.#open.clear();
      this.#chars += frame.text.length;
    } else {
      if (this.#merged(key, frame)) return;
      this.#open.set(key, this.#waiting.length);
      this.#chars += deltaOverhead;
    }
    this.#waiting.push(frame);
    this.#checkLimits();
  }

  /** Resolves when nothing waits any more, or after `ms`. */
  async flushed(ms: number): Promise<void> {
    if (this.#waiting.length === 0 || this.#closed) return;
    const empty = deferred();
    this.#onEmpty = empty.resolve;
    // A client that does not read in time loses the rest; the connection ends either way.
    await withDeadline(empty.promise, ms, 'flushing').catch(() => {});
  }

  /** Drops what waits and everything that follows. */
  close(): void {
    this.#closed = true;
    this.#waiting = [];
    this.#open.clear();
    this.#options.writer.onDrain = () => {};
  }

  #merged(key: string, frame: Frame): boolean {
    const index = this.#open.get(key);
    const previous = index === undefined ? undefined : this.#waiting[index];
    if (index === undefined || !previous) return false;
    const merged = mergeDeltas(this.#options.deltas, previous, frame);
    if (!merged) return false;
    this.#waiting[index] = merged;
    return true;
  }

  #checkLimits(): void {
    const { maxMessages, maxChars, onOverflow } = this.#options;
    if (this.#waiting.length <= maxMessages && this.#chars <= maxChars) return;
    const waiting = this.#waiting.length;
    this.close();
    onOverflow(waiting);
  }

  #drain(): void {
    const { writer, onEmpty } = this.#options;
    const frames = this.#waiting;
    let next = 0;
    for (let frame = frames[0]; frame && !writer.congested; frame = frames[++next]) writer.post(frame);
    this.#waiting = frames.slice(next);
    this.#open.clear();
    if (this.#waiting.length > 0) return;
    this.#chars = 0;
    this.#onEmpty();
    if (next > 0) onEmpty();
  }
}
