/** Payloads that are mostly base64, with their JSON written by hand: the encoder need not look through what cannot need escaping. */
import { withJson } from '../rpc/frame.ts';

/** The result of a block read. */
export function blockResult(bytes: Buffer, eof: boolean): { chunk: string; eof: boolean } {
  const chunk = bytes.toString('base64');
  return withJson({ chunk, eof }, { before: '{"chunk":"', ascii: chunk, after: `","eof":${eof}}` });
}

/** The result of a file read. */
export function fileResult(bytes: Buffer): { dataBase64: string } {
  const dataBase64 = bytes.toString('base64');
  return withJson({ dataBase64 }, { before: '{"dataBase64":"', ascii: dataBase64, after: '"}' });
}

type Stream = 'stdout' | 'stderr' | 'pty';

/** Makes the params of `process/output` for one process. */
export function outputParams(processId: string) {
  const head = `{"processId":${JSON.stringify(processId)},"seq":`;
  return (seq: number, stream: Stream, bytes: Buffer) => {
    const chunk = bytes.toString('base64');
    const before = `${head}${seq},"stream":"${stream}","chunk":"`;
    return withJson({ processId, seq, stream, chunk }, { before, ascii: chunk, after: '"}' });
  };
}

/** The params of `http/request/bodyDelta`. */
export function deltaParams(delta: { requestId: string; seq: number; bytes: Buffer; done: boolean; error: string | null }) {
  const { requestId, seq, bytes, done, error } = delta;
  const deltaBase64 = bytes.toString('base64');
  const before = `{"requestId":${JSON.stringify(requestId)},"seq":${seq},"deltaBase64":"`;
  const after = `","done":${done},"error":${JSON.stringify(error)}}`;
  return withJson({ requestId, seq, deltaBase64, done, error }, { before, ascii: deltaBase64, after });
}
