/** What every transport offers to the peer: a vscode-jsonrpc reader and writer that know flow control. */
import { AbstractMessageReader, AbstractMessageWriter, type DataCallback, type Disposable, type Message } from 'vscode-jsonrpc/node';
import { Frame, type JsonObject } from '../frame.ts';

/** How a connection speaks, for messages that name it. */
export type TransportKind = 'stdio' | 'websocket' | 'memory';

export interface Transport {
  /** Names the connection in logs and messages, for example `stdio` or `127.0.0.1:40642`. Never holds a secret. */
  readonly label: string;
  readonly kind: TransportKind;
  readonly reader: TransportReader;
  readonly writer: TransportWriter;
  /** Asks the other side whether it is there; false when it does not say so in time. Absent: it cannot be asked. */
  readonly alive?: () => Promise<boolean>;
  /** Sends what was posted if the other side takes it within `graceMs` (default 1000), then ends both directions. Never rejects. */
  close(graceMs?: number): Promise<void>;
}

/** Input that is no message at all: not JSON, too long, nested too deeply. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage';
  /** The id of the request, when enough could be read to know it. */
  readonly id: string | number | undefined;
  constructor(reason: string, id?: string | number) {
    super(reason);
    this.id = id;
  }
}

/** A message that was thrown away because of its length alone; more of it may still be coming. */
export class MessageTooLong extends MalformedMessage {}

export type Decode = (text: string) => unknown;

export abstract class TransportReader extends AbstractMessageReader {
  /** Turns one message's text into a value; throws `MalformedMessage`. The peer sets it before it listens. */
  decode: Decode = parseMessage;
  /** Told about input that was thrown away. The peer sets it before it listens. */
  onMalformed: (error: MalformedMessage) => void = () => {};

  /** Stops delivering until `resume`, and stops taking bytes from the other side. */
  abstract pause(): void;
  abstract resume(): void;
  abstract override listen(callback: DataCallback): Disposable;

  /** Decodes and delivers one message text. */
  protected deliver(text: string, callback: DataCallback): void {
    let value: unknown;
    try {
      value = this.decode(text);
    } catch (error) {
      this.onMalformed(error instanceof MalformedMessage ? error : new MalformedMessage(String(error)));
      return;
    }
    // The peer looks at the shape; vscode-jsonrpc's callback type has no word for "not yet known".
    callback(value as Message);
  }
}

const written = Promise.resolve();

export abstract class TransportWriter extends AbstractMessageWriter {
  /** Called when a congested writer can take messages again. The peer sets it. */
  onDrain: () => void = () => {};

  /** True while the other side does not keep up; messages should then wait with the caller. */
  abstract get congested(): boolean;
  /** Queues one message for sending, in order. Never throws and never waits; after the end it is dropped. */
  abstract post(frame: Frame): void;

  /** vscode-jsonrpc's entrance. */
  write(message: Message): Promise<void> {
    // A Message is a plain object of JSON members.
    this.post(new Frame(message as unknown as JsonObject));
    return written;
  }
  end(): void {}
}

/** Values nested deeper than this cannot be handled safely by code that recurses. */
const maxDepth = 512;
/** A shorter text cannot be nested dangerously deep. */
const depthCheckFrom = 2048;

/** `JSON.parse` that refuses what would overflow the stack later, and keeps integer ids beyond 2^53 exact. */
export function parseMessage(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new MalformedMessage(error instanceof Error ? error.message : 'not JSON');
  }
  if (text.length > depthCheckFrom && depthExceeds(value, maxDepth)) throw new MalformedMessage('recursion limit exceeded');
  if (typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'number' && !Number.isSafeInteger(value.id)) {
    return withExactId(value, text);
  }
  return value;
}

const bigId = /"id"\s*:\s*(-?\d{16,19})\s*[,}]/g;

/** Puts the digits of the text in place of the rounded number; NaN, which is no id, when they are no 64-bit integer. */
function withExactId(value: object & { id: unknown }, text: string): unknown {
  const digits = new Set([...text.matchAll(bigId)].map((match) => match[1] ?? '').filter((found) => Number(found) === value.id));
  const [only] = digits;
  if (only === undefined || digits.size > 1) return { ...value, id: Number.NaN };
  const exact = BigInt(only);
  return { ...value, id: exact === BigInt.asIntN(64, exact) ? exact : Number.NaN };
}

function depthExceeds(root: unknown, limit: number): boolean {
  let level: object[] = typeof root === 'object' && root !== null ? [root] : [];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > limit) return true;
    const next: object[] = [];
    for (const node of level) {
      for (const child of Array.isArray(node) ? node : Object.values(node)) {
        if (typeof child === 'object' && child !== null) next.push(child);
      }
    }
    level = next;
  }
  return false;
}
