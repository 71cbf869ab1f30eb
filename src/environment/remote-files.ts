/** Files on an exec-server as the `FileSystem` port: native paths in and out, and the system's errors with their codes. */
import { constants } from 'node:os';
import { decodeBase64 } from '../base/bytes.ts';
import { isRequestError, messageOf } from '../base/errors.ts';
import { osErrorText, systemError } from '../base/os-error.ts';
import type { FileOptions, FileSystem } from '../host/file-types.ts';
import type { ExecRequests } from '../protocol/exec/index.ts';
import type { PeerCaller } from '../rpc/peer.ts';
import { nativePath, wireUri } from './path-uris.ts';
import { SessionFailed } from './reconnect.ts';
import { ConnectionLost } from './remote-connection.ts';
import { wireSandbox } from './remote-sandbox.ts';

type Call = PeerCaller<ExecRequests>;

const osSuffix = / \(os error (\d+)\)$/;
const numbers: Readonly<Record<string, number>> = constants.errno;

let codes: ReadonlyMap<string, string> | undefined;

/** The code whose sentence the server used; numbers differ between systems and decide only when the sentence is unknown. */
function codeOf(message: string): string | undefined {
  const number = osSuffix.exec(message)?.[1];
  if (number === undefined) return undefined;
  codes ??= new Map(Object.keys(numbers).map((code) => [osErrorText(systemError(code, '', '')).replace(osSuffix, ''), code]));
  return codes.get(message.replace(osSuffix, '')) ?? Object.keys(numbers).find((code) => numbers[code] === Number(number));
}

/** What a failed call means to somebody who works with files. */
function fileError(error: unknown, action: string, path: string): unknown {
  if (error instanceof ConnectionLost || error instanceof SessionFailed) {
    const broken = systemError('EPIPE', action, path);
    return Object.assign(broken, { message: `exec-server transport closed: ${messageOf(error)}`, cause: error });
  }
  if (!isRequestError(error)) return error;
  const code = error.kind === 'notFound' ? 'ENOENT' : codeOf(error.message);
  return code === undefined ? error : Object.assign(systemError(code, action, path), { cause: error });
}

const permissions = (options: FileOptions | undefined) => wireSandbox(options?.sandbox);
const withSignal = (options: FileOptions | undefined) => (options?.signal ? { signal: options.signal } : {});

/** Every method is one call, made once. */
export function createRemoteFiles(connected: (signal: AbortSignal | undefined) => Promise<Call>): FileSystem {
  /** `make` is one request; its failure comes out as a system error. */
  const request = async <T>(
    action: string,
    path: string,
    options: FileOptions | undefined,
    make: (call: Call) => Promise<T>,
  ): Promise<T> => {
    try {
      return await make(await connected(options?.signal));
    } catch (error) {
      throw fileError(error, action, path);
    }
  };
  return {
    readFile: (path, options) =>
      request('open', path, options, async (call) => {
        const { dataBase64 } = await call('fs/readFile', { path: wireUri(path), ...permissions(options) }, withSignal(options));
        const bytes = decodeBase64(dataBase64);
        if (!bytes) throw new Error('exec-server protocol error: fs/readFile answered no base64');
        return bytes;
      }),
    writeFile: (path, bytes, options) =>
      request('open', path, options, async (call) => {
        const params = { path: wireUri(path), dataBase64: bytes.toString('base64'), ...permissions(options) };
        await call('fs/writeFile', params, withSignal(options));
      }),
    createDirectory: (path, options) =>
      request('mkdir', path, options, async (call) => {
        await call(
          'fs/createDirectory',
          { path: wireUri(path), recursive: options.recursive, ...permissions(options) },
          withSignal(options),
        );
      }),
    metadata: (path, options) =>
      request('stat', path, options, async (call) => {
        const { size, ...kind } = await call('fs/getMetadata', { path: wireUri(path), ...permissions(options) }, withSignal(options));
        return { ...kind, sizeBytes: size };
      }),
    canonicalize: (path, options) =>
      request('realpath', path, options, async (call) => {
        const real = await call('fs/canonicalize', { path: wireUri(path), ...permissions(options) }, withSignal(options));
        return nativePath(real.path);
      }),
    readDirectory: (path, options) =>
      request('scandir', path, options, async (call) => {
        const { entries } = await call('fs/readDirectory', { path: wireUri(path), ...permissions(options) }, withSignal(options));
        return entries;
      }),
    remove: (path, options) =>
      request('rm', path, options, async (call) => {
        const { recursive, force } = options;
        await call('fs/remove', { path: wireUri(path), recursive, force, ...permissions(options) }, withSignal(options));
      }),
    copy: (from, to, options) =>
      request('copyfile', from, options, async (call) => {
        const paths = { sourcePath: wireUri(from), destinationPath: wireUri(to) };
        await call('fs/copy', { ...paths, recursive: options.recursive, ...permissions(options) }, withSignal(options));
      }),
  };
}
