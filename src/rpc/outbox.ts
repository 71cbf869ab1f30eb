/** Messages on their way out: straight to the writer while it keeps up, else in a bounded queue where deltas are merged. */
import { withDeadline } from '../base/abort.ts';
import { deferred } from '../base/deferred.ts';
import { type DeltaRules, deltaOf, mergeDeltas } from './deltas.ts';
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
  /** Fewer messages wait than before. */
  readonly onProgress: () => void;
  /** The first message had to wait (true), or the last one that did is out (false). */
  readonly onBacklog?: (waiting: boolean) => void;
}

interface Entry {
  frame: Frame;
  chars: number;
  sent: boolean;
}

/** What a delta counts for besides its text; its JSON is not made before it is sent. */
const deltaOverhead = 256;
/** Entries already sent that the queue may still hold. */
const compactAfter = 4096;

export class Outbox {
  readonly #options: OutboxOptions;
  #queue: Entry[] = [];
  #head = 0;
  #chars = 0;
  /** Waiting deltas by key, since the last message that is none: merging never moves text across such a message. */
  readonly #open = new Map<string, Entry>();
  #closed = false;
  #onEmpty: () => void = () => {};

  constructor(options: OutboxOptions) {
    this.#options = options;
    options.writer.onDrain = () => this.#drain();
  }

  get waiting(): number {
    return this.#queue.length - this.#head;
  }

  post(frame: Frame): void {
    if (this.#closed) return;
    const { writer, deltas } = this.#options;
    if (this.waiting === 0 && !writer.congested) {
      writer.post(frame);
      return;
    }
    const delta = deltaOf(deltas, frame.value);
    const entry: Entry = { frame, chars: delta ? delta.chars + deltaOverhead : frame.text.length, sent: false };
    if (delta) {
      if (this.#merged(delta, frame)) return;
      this.#open.set(delta.key, entry);
    } else this.#open.clear();
    this.#chars += entry.chars;
    this.#queue.push(entry);
    if (this.waiting === 1) this.#options.onBacklog?.(true);
    this.#checkLimits();
  }

  /** Resolves when nothing waits any more, or after `ms`. */
  async flushed(ms: number): Promise<void> {
    if (this.waiting === 0 || this.#closed) return;
    const empty = deferred();
    this.#onEmpty = empty.resolve;
    // A client that does not read in time loses the rest; the connection ends either way.
    await withDeadline(empty.promise, ms, 'flushing').catch(() => {});
  }

  /** Drops what waits and everything that follows. */
  close(): void {
    this.#closed = true;
    this.#reset();
    this.#options.writer.onDrain = () => {};
  }

  #merged(delta: { key: string; chars: number }, frame: Frame): boolean {
    const previous = this.#open.get(delta.key);
    const merged = previous && !previous.sent ? mergeDeltas(this.#options.deltas, previous.frame, frame) : undefined;
    if (!previous || !merged) return false;
    previous.frame = merged;
    previous.chars += delta.chars;
    this.#chars += delta.chars;
    this.#checkLimits();
    return true;
  }

  #checkLimits(): void {
    const { maxMessages, maxChars, onOverflow } = this.#options;
    const { waiting } = this;
    if (waiting <= maxMessages && this.#chars <= maxChars) return;
    this.close();
    onOverflow(waiting);
  }

  #drain(): void {
    const { writer, onProgress } = this.#options;
    const before = this.waiting;
    for (let entry = this.#queue[this.#head]; entry && !writer.congested; entry = this.#queue[this.#head]) {
      entry.sent = true;
      this.#chars -= entry.chars;
      this.#head += 1;
      writer.post(entry.frame);
    }
    if (this.waiting === 0) {
      this.#reset();
      this.#onEmpty();
      if (before > 0) this.#options.onBacklog?.(false);
    } else if (this.#head > compactAfter) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    if (this.waiting < before) onProgress();
  }

  #reset(): void {
    this.#queue = [];
    this.#head = 0;
    this.#chars = 0;
    this.#open.clear();
  }
}
