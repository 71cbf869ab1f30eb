/** One outgoing message: its value for transports without text, and its JSON text, made once however many connections get it. */
import { writeBase64 } from '../base/base64.ts';
import type { BufferPool, Lease } from '../base/buffer-pool.ts';
import { type BytesParts, base64Length, partsOf } from './bytes-payload.ts';

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
    if (!bytesIn(this.value)) void this.text;
  }

  /** The JSON in memory of `pool`, where that takes fewer steps than by way of `text`; for one use of the frame. */
  toBytes(pool: BufferPool): Lease | undefined {
    const payload = this.#text === undefined ? bytesIn(this.value) : undefined;
    if (!payload) return undefined;
    const { bytes, done } = payload;
    const [before, after] = textAround(this.value, payload);
    const lease = pool.take(Buffer.byteLength(before) + base64Length(bytes.length) + Buffer.byteLength(after));
    const start = lease.bytes.write(before, 0, 'utf8');
    lease.bytes.write(after, writeBase64(bytes, lease.bytes, start), 'utf8');
    done?.();
    return lease;
  }

  /** True once `text` has been asked for. */
  get encoded(): boolean {
    return this.#text !== undefined;
  }
}

const bytesIn = ({ params, result }: JsonObject): BytesParts | undefined => partsOf(params ?? result);

/** The JSON of the message in front of the base64 of its payload, and behind it. */
function textAround(message: JsonObject, parts: BytesParts): readonly [string, string] {
  const payload = message.params ?? message.result;
  const [open, close] = [JSON.stringify(parts.before).slice(0, -1), JSON.stringify(parts.after).slice(1)];
  let before = '{';
  let after = `"${close.length > 1 ? ',' : ''}${close}`;
  let found = false;
  for (const [name, member] of Object.entries(message)) {
    if (member === undefined) continue;
    const comma = before.length > 1 ? ',' : '';
    if (found) after += `,${memberText(name, member)}`;
    else if (member !== payload) before += `${comma}${memberText(name, member)}`;
    else {
      before += `${comma}"${name}":${open}${open.length > 1 ? ',' : ''}"${parts.name}":"`;
      found = true;
    }
  }
  return [before, `${after}}`];
}

const memberText = (key: string, member: unknown): string =>
  `${JSON.stringify(key)}:${typeof member === 'bigint' ? String(member) : JSON.stringify(member)}`;

function encode(value: JsonObject): string {
  const payload = bytesIn(value);
  if (payload) return textAround(value, payload).join(payload.bytes.toString('base64'));
  if (typeof value.id !== 'bigint') return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => memberText(key, member)).join(',')}}`;
}
