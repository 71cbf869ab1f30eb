/** Params and results with one member that is bytes: over the wire it becomes base64 in its place in the message, with no text in between. */

export interface BytesParts<B extends object = object, N extends string = string, A extends object = object> {
  /** Members in front of the bytes. */
  readonly before: B;
  readonly name: N;
  readonly bytes: Buffer;
  /** Members behind the bytes. */
  readonly after: A;
  /** Called when the bytes have been written, and will not be asked for again. */
  readonly done?: () => void;
}

class BytesPayload {
  readonly #parts: BytesParts;
  #text: string | undefined;

  constructor(parts: BytesParts) {
    this.#parts = parts;
    Object.assign(this, parts.before, parts.after);
  }

  static partsOf(value: unknown): BytesParts | undefined {
    return typeof value === 'object' && value !== null && #parts in value ? value.#parts : undefined;
  }

  static textOf(payload: BytesPayload): string {
    return (payload.#text ??= payload.#parts.bytes.toString('base64'));
  }

  toJSON(): object {
    const { before, name, after } = this.#parts;
    return { ...before, [name]: BytesPayload.textOf(this), ...after };
  }
}

/** By the name of the member: defining that on each object would take longer than all the rest of a short message. */
const kinds = new Map<string, typeof BytesPayload>();

function kindOf(name: string): typeof BytesPayload {
  const known = kinds.get(name);
  if (known) return known;
  const kind = class extends BytesPayload {};
  Object.defineProperty(kind.prototype, name, {
    get(this: BytesPayload) {
      return BytesPayload.textOf(this);
    },
  });
  kinds.set(name, kind);
  return kind;
}

/** Whoever reads the member gets base64. It owns the bytes, until `done` is called where there is one. */
export function bytesPayload<B extends object, N extends string, A extends object>(
  parts: BytesParts<B, N, A>,
): B & Readonly<Record<N, string>> & A {
  // The names of its members are only known here.
  return new (kindOf(parts.name))(parts) as unknown as B & Readonly<Record<N, string>> & A;
}

/** Undefined for everything that `bytesPayload` did not make. */
export const partsOf = (value: unknown): BytesParts | undefined => BytesPayload.partsOf(value);

/** The characters that `length` bytes become. */
export const base64Length = (length: number): number => Math.ceil(length / 3) * 4;
