/** Chooses the framing of a byte stream from its first bytes: a header line, or JSON one message a line. */
import type { Readable, Writable } from 'node:stream';
import { abortReason, onAbort } from '../../base/abort.ts';
import { ndjsonTransport } from './ndjson.ts';
import type { Transport } from './transport.ts';

export interface DetectOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly label?: string;
  /** What somebody else already read from `input` and did not use. */
  readonly initialBytes?: Buffer;
  readonly maxMessageBytes?: number;
  readonly signal?: AbortSignal;
}

export type Framing = 'ndjson' | 'content-length';

/** What the beginning of a stream says, or undefined when only white space came so far. */
export function framingOf(bytes: Buffer): Framing | undefined {
  for (const byte of bytes) {
    if (byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d) continue;
    // Header names begin with a letter ("Content-Length"); no JSON text that is a message does.
    return byte === 0x43 || byte === 0x63 ? 'content-length' : 'ndjson';
  }
  return undefined;
}

/**
 * Waits for the first bytes and gives the transport for them; nothing that was read is lost. A stream that ends before
 * it says anything counts as newline-delimited. Rejects only when `signal` aborts.
 */
export async function detectTransport(options: DetectOptions): Promise<Transport> {
  const { input, initialBytes = Buffer.alloc(0) } = options;
  const known = framingOf(initialBytes);
  const { framing, bytes } = known ? { framing: known, bytes: initialBytes } : await firstBytes(input, initialBytes, options.signal);
  const { output, label, maxMessageBytes } = options;
  const shared = {
    input,
    output,
    ...(label === undefined ? {} : { label }),
    ...(maxMessageBytes === undefined ? {} : { maxMessageBytes }),
  };
  if (framing === 'ndjson') return ndjsonTransport({ ...shared, initialBytes: bytes });
  const { contentLengthTransport } = await import('./content-length.ts');
  if (bytes.length > 0) input.unshift(bytes);
  return contentLengthTransport(shared);
}

function firstBytes(input: Readable, before: Buffer, signal: AbortSignal | undefined): Promise<{ framing: Framing; bytes: Buffer }> {
  return new Promise((resolve, reject) => {
    let seen = before;
    const finish = (framing: Framing) => {
      release();
      resolve({ framing, bytes: seen });
    };
    const onData = (chunk: Buffer) => {
      seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
      const framing = framingOf(seen);
      if (framing) finish(framing);
      // Blank lines mean nothing in either framing, and a client may send them for ever.
      else seen = Buffer.alloc(0);
    };
    const onEnd = () => finish('ndjson');
    const off = signal
      ? onAbort(signal, () => {
          release();
          reject(abortReason(signal));
        })
      : () => {};
    const release = () => {
      input.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onEnd).pause();
      off();
    };
    input.on('data', onData).once('end', onEnd).once('close', onEnd).once('error', onEnd);
  });
}
