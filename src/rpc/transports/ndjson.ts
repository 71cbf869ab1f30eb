/** One JSON message a line over a pair of byte streams: stdio of a server, stdio of a child, any duplex. */
import type { Readable, Writable } from 'node:stream';
import type { DataCallback, Disposable } from 'vscode-jsonrpc/node';
import { type LineSink, LineSplitter } from './lines.ts';
import { lineFraming, StreamWriter } from './stream-writer.ts';
import { closeStreams } from './streams.ts';
import { MessageTooLong, type Transport, TransportReader } from './transport.ts';

export const defaultMaxMessageBytes = 64 * 1024 * 1024;

export interface NdjsonOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly label?: string;
  /** What somebody else already read from `input` and did not use. */
  readonly initialBytes?: Buffer;
  /** A longer line is thrown away. Default 64 MiB. */
  readonly maxMessageBytes?: number;
}

export function ndjsonTransport(options: NdjsonOptions): Transport {
  const { input, output, label = 'stdio' } = options;
  const reader = new NdjsonReader(input, options);
  const writer = new StreamWriter(output, lineFraming);
  return { label, kind: 'stdio', reader, writer, close: (graceMs = 1000) => closeStreams({ input, writer, graceMs }) };
}

export class NdjsonReader extends TransportReader {
  readonly #input: Readable;
  readonly #splitter: LineSplitter;
  readonly #maxBytes: number;
  #initial: Buffer | undefined;
  #paused = false;
  /** Lines cut while the reader was paused; bounded by one chunk of the stream. */
  #held: string[] = [];
  #ended = false;
  #deliverLine: (line: string) => void = () => {};

  constructor(input: Readable, options: { initialBytes?: Buffer; maxMessageBytes?: number } = {}) {
    super();
    this.#input = input;
    this.#maxBytes = options.maxMessageBytes ?? defaultMaxMessageBytes;
    this.#splitter = new LineSplitter(this.#maxBytes);
    this.#initial = options.initialBytes;
  }

  listen(callback: DataCallback): Disposable {
    this.#deliverLine = (line) => {
      if (!blank.test(line)) this.deliver(line, callback);
    };
    const sink: LineSink = {
      onLine: (line) => {
        if (this.#paused) this.#held.push(line);
        else this.#deliverLine(line);
      },
      onTooLong: (head) => this.onMalformed(new MessageTooLong(`message exceeds the limit of ${this.#maxBytes} bytes`, idOf(head))),
    };
    const onData = (chunk: Buffer | string) => this.#splitter.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk, sink);
    const onEnd = () => this.#end();
    const onError = (error: Error) => {
      this.fireError(error);
      this.#end();
    };
    const initial = this.#initial;
    this.#initial = undefined;
    if (initial && initial.length > 0) this.#splitter.push(initial, sink);
    this.#input.on('data', onData).once('end', onEnd).once('close', onEnd).once('error', onError);
    if (this.#input.readableEnded || this.#input.destroyed) queueMicrotask(onEnd);
    // Whoever had the stream before may have paused it.
    if (this.#paused) this.#input.pause();
    else this.#input.resume();
    return {
      dispose: () => {
        this.#input.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onError);
      },
    };
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#input.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    const held = this.#held;
    let next = 0;
    for (; next < held.length && !this.#paused; next += 1) this.#deliverLine(held[next] ?? '');
    this.#held = held.slice(next);
    if (this.#paused) return;
    if (this.#ended) this.fireClose();
    else this.#input.resume();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#held.length === 0) this.fireClose();
  }
}

const blank = /^\s*$/;

/** The id of a request from the beginning of its text; undefined unless it stands before any nested value. */
export function idOf(head: string): string | number | undefined {
  const match = /^\s*\{(?:\s*"(?:jsonrpc|method)"\s*:\s*"(?:[^"\\]|\\.)*"\s*,)*\s*"id"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d{1,15})\s*[,}]/.exec(
    head,
  );
  if (!match?.[1]) return undefined;
  const id: unknown = JSON.parse(match[1]);
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}
