/** Writes messages to a byte stream: one `write` per tick, congestion measured by what the stream could not hand to the system. */
import type { Writable } from 'node:stream';
import { BufferPool, type Lease } from '../../base/buffer-pool.ts';
import type { Frame } from '../frame.ts';
import { TransportWriter } from './transport.ts';

/** Text collected in one tick before it is written without waiting for the tick to end. */
const flushAtChars = 64 * 1024;
/** Bytes the stream may hold back before the writer counts as congested. */
const congestedAtBytes = 1024 * 1024;
/** Memory for long messages on their way out, for all streams together. */
const outgoing = new BufferPool(8 * 1024 * 1024);

/** What stands around each message. */
export interface Framing {
  readonly wrap: (text: string) => string;
  /** Set where a message in this framing is its JSON and then this, so that JSON which is bytes already can go out as it is. */
  readonly end?: string;
}

export const lineFraming: Framing = { wrap: (text) => `${text}\n`, end: '\n' };

export class StreamWriter extends TransportWriter {
  readonly #output: Writable;
  readonly #framing: Framing;
  #batch: (string | Lease)[] = [];
  #chars = 0;
  #scheduled = false;
  #congested = false;
  #ended = false;
  #flushed: (() => void)[] = [];

  constructor(output: Writable, framing: Framing) {
    super();
    this.#output = output;
    this.#framing = framing;
    output.on('error', (error) => {
      this.#ended = true;
      this.fireError(error);
      this.#closed();
    });
    output.on('close', () => this.#closed());
    output.on('drain', () => this.#drained());
  }

  get congested(): boolean {
    return this.#congested;
  }

  post(frame: Frame): void {
    if (this.#ended) return;
    const { wrap, end } = this.#framing;
    const lease = end === undefined ? undefined : frame.toBytes(outgoing);
    if (lease && end !== undefined) this.#batch.push(lease, end);
    else this.#batch.push(wrap(frame.text));
    this.#chars += lease?.bytes.length ?? frame.text.length;
    if (this.#chars >= flushAtChars) this.flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        this.flush();
      });
    }
  }

  /** Hands what was collected to the stream now. */
  flush(): void {
    if (this.#batch.length === 0 || this.#ended) return;
    const batch = this.#batch;
    this.#batch = [];
    this.#chars = 0;
    this.#output.cork();
    let text = '';
    for (const piece of batch) {
      if (typeof piece === 'string') text += piece;
      else {
        if (text !== '') this.#output.write(text);
        text = '';
        this.#output.write(piece.bytes, piece.release);
      }
    }
    if (text !== '') this.#output.write(text);
    this.#output.uncork();
    if (this.#output.writableLength > congestedAtBytes) this.#congested = true;
  }

  /** Resolves when everything posted is with the system, or the stream is gone. */
  drained(): Promise<void> {
    this.flush();
    if (this.#ended || this.#output.writableLength === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#flushed.push(resolve);
      // Its turn comes when everything before it is written.
      this.#output.write('', () => resolve());
    });
  }

  override end(): void {
    if (this.#ended) return;
    this.flush();
    this.#ended = true;
    this.#output.end();
  }

  #drained(): void {
    if (!this.#congested) return;
    this.#congested = false;
    this.onDrain();
  }

  #closed(): void {
    this.#ended = true;
    this.#batch = [];
    for (const resolve of this.#flushed.splice(0)) resolve();
    this.fireClose();
  }
}
