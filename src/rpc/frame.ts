/** One outgoing message: its value for transports without text, and its JSON text, made once however many connections get it. */

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

  /** True once `text` has been asked for. */
  get encoded(): boolean {
    return this.#text !== undefined;
  }
}

function encode(value: JsonObject): string {
  if (typeof value.id !== 'bigint') return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => `${JSON.stringify(name)}:${typeof member === 'bigint' ? String(member) : JSON.stringify(member)}`);
  return `{${members.join(',')}}`;
}
