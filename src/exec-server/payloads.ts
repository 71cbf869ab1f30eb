/** Payloads that are mostly bytes: over the wire they become base64 in their place in the message, with no text in between. */
import type { Lease } from '../base/buffer-pool.ts';
import { type Spelling, spelling } from '../rpc/frame.ts';

/** The result of a block read. It owns its block, which is given back once the result is written. */
export class BlockResult {
  readonly eof: boolean;
  readonly #block: Lease;
  readonly #bytes: Buffer;
  #chunk: string | undefined;

  /** `length` bytes of the block were read. */
  constructor(block: Lease, length: number, eof: boolean) {
    this.#block = block;
    this.#bytes = block.bytes.subarray(0, length);
    this.eof = eof;
  }

  get chunk(): string {
    return (this.#chunk ??= this.#bytes.toString('base64'));
  }

  toJSON(): object {
    return { chunk: this.chunk, eof: this.eof };
  }

  get [spelling](): Spelling {
    return { before: '{"chunk":"', base64: this.#bytes, after: `","eof":${this.eof}}`, done: () => this.#block.release() };
  }
}

/** The result of a file read. */
export class FileResult {
  readonly #bytes: Buffer;
  #dataBase64: string | undefined;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get dataBase64(): string {
    return (this.#dataBase64 ??= this.#bytes.toString('base64'));
  }

  toJSON(): object {
    return { dataBase64: this.dataBase64 };
  }

  get [spelling](): Spelling {
    return { before: '{"dataBase64":"', base64: this.#bytes, after: '"}' };
  }
}

/** The params of `process/output`. */
export class OutputParams {
  readonly processId: string;
  readonly seq: number;
  readonly stream: 'stdout' | 'stderr' | 'pty';
  readonly #bytes: Buffer;
  #chunk: string | undefined;

  constructor(processId: string, output: { readonly seq: number; readonly stream: OutputParams['stream']; readonly bytes: Buffer }) {
    this.processId = processId;
    this.seq = output.seq;
    this.stream = output.stream;
    this.#bytes = output.bytes;
  }

  get chunk(): string {
    return (this.#chunk ??= this.#bytes.toString('base64'));
  }

  toJSON(): object {
    return { ...this, chunk: this.chunk };
  }

  get [spelling](): Spelling {
    const before = `{"processId":${JSON.stringify(this.processId)},"seq":${this.seq},"stream":"${this.stream}","chunk":"`;
    return { before, base64: this.#bytes, after: '"}' };
  }
}

export interface BodyPiece {
  readonly requestId: string;
  readonly seq: number;
  readonly bytes: Buffer;
  readonly done: boolean;
  readonly error: string | null;
}

/** The params of `http/request/bodyDelta`. */
export class DeltaParams {
  readonly requestId: string;
  readonly seq: number;
  readonly done: boolean;
  readonly error: string | null;
  readonly #bytes: Buffer;
  #deltaBase64: string | undefined;

  constructor({ requestId, seq, bytes, done, error }: BodyPiece) {
    this.requestId = requestId;
    this.seq = seq;
    this.#bytes = bytes;
    this.done = done;
    this.error = error;
  }

  get deltaBase64(): string {
    return (this.#deltaBase64 ??= this.#bytes.toString('base64'));
  }

  toJSON(): object {
    return { ...this, deltaBase64: this.deltaBase64 };
  }

  get [spelling](): Spelling {
    const before = `{"requestId":${JSON.stringify(this.requestId)},"seq":${this.seq},"deltaBase64":"`;
    return { before, base64: this.#bytes, after: `","done":${this.done},"error":${JSON.stringify(this.error)}}` };
  }
}
