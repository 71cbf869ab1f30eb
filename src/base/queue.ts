/** A bounded queue between one kind of producer and one consumer. */
import { abortReason, onAbort } from './abort.ts';

export interface QueueOptions<T> {
  /** Entries that may wait. */
  capacity: number;
  /** What `offer` does with a newcomer when the queue is full: refuse it, or drop the oldest entry to make room. */
  overflow?: 'refuse' | 'dropOldest';
  /** Called with an entry that `dropOldest` threw away. */
  onDrop?: (entry: T) => void;
}

export class BoundedQueue<T> {
  readonly #items: T[] = [];
  readonly #options: QueueOptions<T>;
  #wake: (() => void) | undefined;
  #ended = false;

  constructor(options: QueueOptions<T>) {
    this.#options = options;
  }

  get size(): number {
    return this.#items.length;
  }

  /** Adds without waiting. False when the queue is full (and refuses) or has ended. */
  offer(item: T): boolean {
    if (this.#ended) return false;
    if (this.#items.length >= this.#options.capacity) {
      if (this.#options.overflow !== 'dropOldest') return false;
      const dropped = this.#items.shift();
      if (dropped !== undefined) this.#options.onDrop?.(dropped);
    }
    this.#items.push(item);
    this.#wake?.();
    return true;
  }

  /** No more entries will come; those that wait are still delivered. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** The next entry, or undefined after the end. Rejects with the signal's reason when it aborts. One consumer at a time. */
  async take(signal: AbortSignal): Promise<T | undefined> {
    while (this.#items.length === 0) {
      if (this.#ended) return undefined;
      await new Promise<void>((resolve, reject) => {
        const off = onAbort(signal, () => reject(abortReason(signal)));
        this.#wake = () => {
          off();
          this.#wake = undefined;
          resolve();
        };
      });
    }
    return this.#items.shift();
  }
}
