/** Writes messages to a byte stream: one `write` per tick, congestion measured by what the stream could not hand to the system. */
import type { Writable } from 'node:stream';
import type { Frame } from '../frame.ts';
import { TransportWriter } from './transport.ts';

/** Text collected in one tick before it is written without waiting for the tick to end. */
const flushAtChars = 64 * 1024;
/** Bytes the stream may hold back before the writer counts as congested. */
const congestedAtBytes = 1024 * 1024;

export class StreamWriter extends TransportWriter {
  readonly #output: Writable;
  readonly #wrap: (text: string) => string;
  #batch: string[] = [];
  #chars = 0;
  #scheduled = false;
  #congested = false;
  #ended = false;
  #flushed: (() => void)[] = [];

  /** `wrap` puts the framing around one message text. */
  constructor(output: Writable, wrap: (text: string) => string) {
    super();
    this.#output = output;
    this.#wrap = wrap;
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
    const text = this.#wrap(frame.text);
    this.#batch.push(text);
    this.#chars += text.length;
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
    const text = this.#batch.length === 1 ? (this.#batch[0] ?? '') : this.#batch.join('');
    this.#batch = [];
    this.#chars = 0;
    this.#output.write(text);
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
