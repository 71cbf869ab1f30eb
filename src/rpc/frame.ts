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

const knownJson = new WeakMap<object, string>();

/**
 * `payload` with its JSON, for params and results whose sender can write it faster than a general encoder: long base64 needs
 * no search for what must be escaped. The two must say the same.
 */
export function withJson<T extends object>(payload: T, json: string): T {
  knownJson.set(payload, json);
  return payload;
}

const jsonOf = (member: unknown): string | undefined => (typeof member === 'object' && member !== null ? knownJson.get(member) : undefined);

function encode(value: JsonObject): string {
  if (typeof value.id !== 'bigint' && jsonOf(value.params ?? value.result) === undefined) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(
      ([name, member]) =>
        `${JSON.stringify(name)}:${typeof member === 'bigint' ? String(member) : (jsonOf(member) ?? JSON.stringify(member))}`,
    );
  return `{${members.join(',')}}`;
}
