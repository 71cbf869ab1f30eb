/** One outgoing message: its value for transports without text, and its JSON text, made once however many connections get it. */
import { writeBase64 } from '../base/base64.ts';
import type { BufferPool, Lease } from '../base/buffer-pool.ts';

/** A request id as the wire has it; a bigint is an integer beyond the safe range of a JavaScript number. */
export type WireId = string | number | bigint;

export const isWireId = (value: unknown): value is WireId =>
  typeof value === 'string' || typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));

export type JsonObject = { readonly [member: string]: unknown };

export const isJsonObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

export class Frame {
  /** The message as an object, in the member order of the wire. Treated as immutable from here on. */
  readonly value: JsonObject;
  #text: string | undefined;

  constructor(value: JsonObject) {
    this.value = value;
  }

  /** Compact JSON. Throws a `RangeError` when the value is nested too deeply to be written. */
  get text(): string {
    return (this.#text ??= encode(this.value));
  }

  /** Makes the JSON ahead of its use, where making it can fail; throws like `text`. */
  prepare(): void {
    if (!spellingOf(this.value)) void this.text;
  }

  /** The JSON in memory of `pool`, where that takes fewer steps than by way of `text`; for one use of the frame. */
  toBytes(pool: BufferPool): Lease | undefined {
    const spelled = this.#text === undefined ? spellingOf(this.value) : undefined;
    if (!spelled) return undefined;
    const { before, base64, after, done } = spelled;
    const lease = pool.take(Buffer.byteLength(before) + Math.ceil(base64.length / 3) * 4 + Buffer.byteLength(after));
    const start = lease.bytes.write(before, 0, 'utf8');
    lease.bytes.write(after, writeBase64(base64, lease.bytes, start), 'utf8');
    done?.();
    return lease;
  }

  /** True once `text` has been asked for. */
  get encoded(): boolean {
    return this.#text !== undefined;
  }
}

/** JSON in three pieces, the middle one being bytes as base64. */
export interface Spelling {
  readonly before: string;
  readonly base64: Buffer;
  readonly after: string;
  /** Called when the bytes have been written, and will not be asked for again. */
  readonly done?: (() => void) | undefined;
}

/**
 * Where params and results tell their JSON whose sender can write it faster than a general encoder: bytes become base64 in their
 * place in the message, with no text in between. It must say the same as the members.
 */
export const spelling = Symbol('spelling');

const isSpelled = (payload: unknown): payload is { readonly [spelling]: Spelling } =>
  typeof payload === 'object' && payload !== null && spelling in payload;

/** How the whole message is written, when its params or its result come with their JSON. */
function spellingOf(value: JsonObject): Spelling | undefined {
  const payload = value.params ?? value.result;
  if (!isSpelled(payload)) return undefined;
  const known = payload[spelling];
  let before = '';
  let after = '';
  let found = false;
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    const lead = `${found || before !== '' ? ',' : ''}${JSON.stringify(name)}:`;
    if (member === payload) {
      before += lead + known.before;
      found = true;
      continue;
    }
    const piece = lead + (typeof member === 'bigint' ? String(member) : JSON.stringify(member));
    if (found) after += piece;
    else before += piece;
  }
  return { ...known, before: `{${before}`, after: `${known.after}${after}}` };
}

function encode(value: JsonObject): string {
  const spelled = spellingOf(value);
  if (spelled) return `${spelled.before}${spelled.base64.toString('base64')}${spelled.after}`;
  if (typeof value.id !== 'bigint') return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => `${JSON.stringify(name)}:${typeof member === 'bigint' ? String(member) : JSON.stringify(member)}`);
  return `{${members.join(',')}}`;
}
