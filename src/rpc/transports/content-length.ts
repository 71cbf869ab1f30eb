/** The framing of the Language Server Protocol: a Content-Length header before every message. */
import type { Readable, Writable } from 'node:stream';
import { type DataCallback, type Disposable, RAL } from 'vscode-jsonrpc/node';
import { defaultMaxMessageBytes } from './ndjson.ts';
import { StreamWriter } from './stream-writer.ts';
import { closeStreams } from './streams.ts';
import { MalformedMessage, type Transport, TransportReader } from './transport.ts';

export interface ContentLengthOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly label?: string;
  /** A longer message ends the connection: what follows it cannot be told apart. Default 64 MiB. */
  readonly maxMessageBytes?: number;
}

/** Every client of this framing speaks JSON-RPC 2.0 by the letter, so messages carry the `jsonrpc` member here. */
export function contentLengthTransport(options: ContentLengthOptions): Transport {
  const { input, output, label = 'stdio', maxMessageBytes = defaultMaxMessageBytes } = options;
  const reader = new ContentLengthReader(input, maxMessageBytes);
  const wrap = (text: string) => {
    const body = `{"jsonrpc":"2.0",${text.slice(1)}`;
    return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  };
  const writer = new StreamWriter(output, { wrap });
  return { label, kind: 'stdio', reader, writer, close: (graceMs = 1000) => closeStreams({ input, writer, graceMs }) };
}

/** Header lines are short; more than this before a blank line is something else. */
const maxHeaderBytes = 128 * 1024;

class ContentLengthReader extends TransportReader {
  readonly #input: Readable;
  readonly #maxBytes: number;
  readonly #buffer = RAL().messageBuffer.create('utf-8');
  /** Length of the message whose header was read. */
  #length: number | undefined;
  /** Bytes that came after the last whole header. */
  #sinceHeader = 0;
  #paused = false;
  #ended = false;
  #closed = false;
  #callback: DataCallback = () => {};

  constructor(input: Readable, maxBytes: number) {
    super();
    this.#input = input;
    this.#maxBytes = maxBytes;
  }

  listen(callback: DataCallback): Disposable {
    this.#callback = callback;
    const onData = (chunk: Buffer) => {
      this.#buffer.append(chunk);
      this.#sinceHeader += chunk.length;
      this.#cut();
    };
    const onEnd = () => {
      this.#ended = true;
      this.#cut();
    };
    const onError = (error: Error) => {
      this.fireError(error);
      onEnd();
    };
    this.#input.on('data', onData).once('end', onEnd).once('close', onEnd).once('error', onError);
    if (this.#input.readableEnded || this.#input.destroyed) queueMicrotask(onEnd);
    // Whoever had the stream before may have paused it.
    if (!this.#paused) this.#input.resume();
    return {
      dispose: () => {
        this.#input.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onError);
      },
    };
  }

  pause(): void {
    this.#paused = true;
    this.#input.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#cut();
    if (!this.#paused && !this.#ended) this.#input.resume();
  }

  /** Delivers every whole message there is. */
  #cut(): void {
    while (!this.#paused && this.#header()) {
      const body = this.#buffer.tryReadBody(this.#length ?? 0);
      if (!body) break;
      this.#length = undefined;
      this.deliver(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'), this.#callback);
    }
    if (!this.#ended || this.#paused || this.#closed) return;
    this.#closed = true;
    this.fireClose();
  }

  /** True when the length of the next message is known. */
  #header(): boolean {
    while (this.#length === undefined) {
      const headers = this.#readHeaders();
      if (!headers) return false;
      const value = headers.get('content-length') ?? '';
      if (!/^\d{1,15}$/.test(value)) this.onMalformed(new MalformedMessage('header without a valid Content-Length'));
      else if (Number(value) > this.#maxBytes) return this.#giveUp(`message exceeds the limit of ${this.#maxBytes} bytes`);
      else this.#length = Number(value);
    }
    return true;
  }

  #readHeaders(): Map<string, string> | undefined {
    try {
      const headers = this.#buffer.tryReadHeaders(true);
      if (headers) this.#sinceHeader = 0;
      else if (this.#sinceHeader > maxHeaderBytes) this.#giveUp('header without an end');
      return headers;
    } catch {
      // A line that is no header: the block was taken out of the buffer, and the next one may be good.
      return new Map();
    }
  }

  /** What follows cannot be told apart any more: the connection ends. */
  #giveUp(reason: string): false {
    this.onMalformed(new MalformedMessage(reason));
    this.#input.destroy();
    return false;
  }
}
