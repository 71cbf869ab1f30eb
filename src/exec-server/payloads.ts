/** Payloads that are mostly base64, with their JSON written by hand: the encoder need not look through what cannot need escaping. */
import { type Spelling, spelling } from '../rpc/frame.ts';

/** The result of a block read. */
export class BlockResult {
  readonly chunk: string;
  readonly eof: boolean;

  constructor(bytes: Buffer, eof: boolean) {
    this.chunk = bytes.toString('base64');
    this.eof = eof;
  }

  get [spelling](): Spelling {
    return { before: '{"chunk":"', ascii: this.chunk, after: `","eof":${this.eof}}` };
  }
}

/** The result of a file read. */
export class FileResult {
  readonly dataBase64: string;

  constructor(bytes: Buffer) {
    this.dataBase64 = bytes.toString('base64');
  }

  get [spelling](): Spelling {
    return { before: '{"dataBase64":"', ascii: this.dataBase64, after: '"}' };
  }
}

/** The params of `process/output`. */
export class OutputParams {
  readonly processId: string;
  readonly seq: number;
  readonly stream: 'stdout' | 'stderr' | 'pty';
  readonly chunk: string;

  constructor(processId: string, output: { readonly seq: number; readonly stream: OutputParams['stream']; readonly bytes: Buffer }) {
    this.processId = processId;
    this.seq = output.seq;
    this.stream = output.stream;
    this.chunk = output.bytes.toString('base64');
  }

  get [spelling](): Spelling {
    const before = `{"processId":${JSON.stringify(this.processId)},"seq":${this.seq},"stream":"${this.stream}","chunk":"`;
    return { before, ascii: this.chunk, after: '"}' };
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
  readonly deltaBase64: string;
  readonly done: boolean;
  readonly error: string | null;

  constructor({ requestId, seq, bytes, done, error }: BodyPiece) {
    this.requestId = requestId;
    this.seq = seq;
    this.deltaBase64 = bytes.toString('base64');
    this.done = done;
    this.error = error;
  }

  get [spelling](): Spelling {
    const before = `{"requestId":${JSON.stringify(this.requestId)},"seq":${this.seq},"deltaBase64":"`;
    return { before, ascii: this.deltaBase64, after: `","done":${this.done},"error":${JSON.stringify(this.error)}}` };
  }
}
