/** Standard input of a remote process: bytes in order and exactly once, whatever happens to the connections they go over. */
import { abortReason, onAbort } from '../base/abort.ts';
import { type Deferred, deferred } from '../base/deferred.ts';

/** Bytes that go with one write. */
const maxWriteBytes = 512 * 1024;

interface Waiting {
  readonly bytes: Buffer;
  readonly accepted: Deferred<void>;
}

/** Delivers one write; the same `writeId` is given again only by whoever repeats it. Rejects when it was refused. */
export type SendWrite = (bytes: Buffer, writeId: string) => Promise<void>;

/**
 * One write is on its way at a time, and what comes meanwhile goes together with the next: the order needs no promise of the
 * server, and a slow link costs one round trip for all that waits.
 */
export class RemoteStdin {
  readonly #send: SendWrite;
  #queue: Waiting[] = [];
  #sending = false;
  #nextId = 1;
  #closed: string | undefined;

  constructor(send: SendWrite) {
    this.#send = send;
  }

  /** Resolves when the server has taken the bytes. Aborting takes them back when they are not on their way yet. */
  write(bytes: Buffer, signal?: AbortSignal): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(new Error(this.#closed));
    if (signal?.aborted) return Promise.reject(abortReason(signal));
    const parts: Waiting[] = [];
    for (let at = 0; at === 0 || at < bytes.length; at += maxWriteBytes) {
      parts.push({ bytes: bytes.subarray(at, at + maxWriteBytes), accepted: deferred() });
    }
    const all = Promise.all(parts.map(({ accepted }) => accepted.promise)).then(() => {});
    this.#queue.push(...parts);
    void this.#pump();
    if (!signal) return all;
    const off = onAbort(signal, () => {
      this.#queue = this.#queue.filter((entry) => !parts.includes(entry));
      for (const { accepted } of parts) accepted.reject(abortReason(signal));
    });
    return all.finally(off);
  }

  /** Every write, waiting or later, rejects with `reason`. */
  close(reason: string): void {
    this.#closed ??= reason;
    for (const { accepted } of this.#queue.splice(0)) accepted.reject(new Error(reason));
  }

  async #pump(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    while (this.#queue.length > 0) {
      const batch = this.#takeBatch();
      try {
        await this.#send(
          batch.length === 1 && batch[0] ? batch[0].bytes : Buffer.concat(batch.map(({ bytes }) => bytes)),
          `${this.#nextId++}`,
        );
        for (const { accepted } of batch) accepted.resolve();
      } catch (error) {
        for (const { accepted } of batch) accepted.reject(error);
      }
    }
    this.#sending = false;
  }

  #takeBatch(): Waiting[] {
    let size = 0;
    let count = 0;
    for (const { bytes } of this.#queue) {
      if (count > 0 && size + bytes.length > maxWriteBytes) break;
      size += bytes.length;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }
}
