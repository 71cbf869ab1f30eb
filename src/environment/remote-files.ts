/** Files on an exec-server as the `FileSystem` port: native paths in and out, and the system's errors with their codes. */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:os';
import { decodeBase64 } from '../base/base64.ts';
import { isRequestError, messageOf } from '../base/errors.ts';
import { osErrorText, systemError } from '../base/os-error.ts';
import type { FileOptions, FileSystem, OpenFile, WalkLimits, WalkListing } from '../host/file-types.ts';
import type { ExecRequests } from '../protocol/exec/index.ts';
import type { PeerCaller } from '../rpc/peer.ts';
import { isWindowsPath, nativePath, wireUri } from './path-uris.ts';
import { type ReconnectingClient, SessionFailed } from './reconnect.ts';
import { ConnectionLost } from './remote-connection.ts';
import { wireSandbox } from './remote-sandbox.ts';

type Call = PeerCaller<ExecRequests>;

/** Larger files come in blocks: one message of that size would hold up everything behind it. */
const largeFileBytes = 4 * 1024 * 1024;
const methodNotFound = -32601;

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

/** Every method is one call, made once, unless it says otherwise. */
export function createRemoteFiles(
  connected: (signal: AbortSignal | undefined) => Promise<Pick<ReconnectingClient, 'call' | 'can'>>,
): FileSystem {
  /** `make` is one request; its failure comes out as a system error. */
  const request = async <T>(
    action: string,
    path: string,
    options: FileOptions | undefined,
    make: (call: Call) => Promise<T>,
  ): Promise<T> => {
    try {
      return await make((await connected(options?.signal)).call);
    } catch (error) {
      throw fileError(error, action, path);
    }
  };
  /** Older servers read no blocks below a sandbox. */
  const canStream = async (options: FileOptions | undefined): Promise<boolean> =>
    !permissions(options).sandbox || (await connected(options?.signal)).can('sandboxedFileStreaming', options?.signal);
  const files: FileSystem = {
    readFile: async (path, options) => {
      if ((options?.sizeBytes ?? 0) > largeFileBytes && (await canStream(options))) return readInBlocks(files, path, options);
      return request('open', path, options, async (call) => {
        const { dataBase64 } = await call('fs/readFile', { path: wireUri(path), ...permissions(options) }, withSignal(options));
        const bytes = decodeBase64(dataBase64);
        if (!bytes) throw new Error('exec-server protocol error: fs/readFile answered no base64');
        return bytes;
      });
    },
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
    walk: async (path, options) => {
      const { followDirectorySymlinks, maxDepth, maxDirectories, maxEntries, pruneHiddenDirectories } = options;
      const limits = { followDirectorySymlinks, maxDepth, maxDirectories, maxEntries, pruneHiddenDirectories };
      return request('scandir', path, options, async (call) => {
        const params = { path: wireUri(path), options: limits, ...permissions(options) };
        const listing = await call('fs/walk', params, withSignal(options)).catch((error: unknown) => {
          if (isRequestError(error) && error.code === methodNotFound) return undefined;
          throw error;
        });
        if (!listing) return walkByHand(files, path, options);
        const native = <T extends { path: string }>(found: T): T => ({ ...found, path: nativePath(found.path) });
        return { entries: listing.entries.map(native), errors: listing.errors.map(native), truncated: listing.truncated };
      });
    },
    open: (path, options) =>
      request('open', path, options, async (call) => {
        const handleId = randomUUID().replaceAll('-', '');
        if (!(await canStream(options))) throw systemError('ENOTSUP', 'open', path);
        const params = { handleId, path: wireUri(path), mode: 'read' as const, ...permissions(options) };
        await call('fs/open', params, withSignal(options));
        return remoteHandle(handleId, path, call);
      }),
  };
  return files;
}

/** An open file of the server. It is gone with the connection it was opened on. */
function remoteHandle(handleId: string, path: string, call: Call): OpenFile {
  const close = async () => {
    // One that cannot be closed is gone already.
    await call('fs/close', { handleId }).catch(() => {});
  };
  return {
    async read(offset, length, signal) {
      try {
        const { chunk, eof } = await call('fs/readBlock', { handleId, offset, len: length }, signal ? { signal } : {});
        const bytes = decodeBase64(chunk);
        if (!bytes || bytes.length > length || (!eof && bytes.length < length)) {
          throw new Error('exec-server protocol error: fs/readBlock answered a block of another length');
        }
        return bytes;
      } catch (error) {
        if (isRequestError(error) && error.kind === 'notFound') throw systemError('EBADF', 'read', path);
        throw fileError(error, 'read', path);
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The next blocks are under way while one is taken. */
async function readInBlocks(files: FileSystem, path: string, options: FileOptions | undefined): Promise<Buffer> {
  const { readBlocks } = await import('./file-blocks.ts');
  const blocks: Buffer[] = [];
  for await (const block of readBlocks(files, path, options)) blocks.push(block);
  return Buffer.concat(blocks);
}

/** For a server that has no `fs/walk`: the same listing, one directory after the other. */
async function walkByHand(files: FileSystem, path: string, options: FileOptions & WalkLimits): Promise<WalkListing> {
  const [{ walkTree }, { posix, win32 }] = await Promise.all([import('../host/file-walk.ts'), import('node:path')]);
  const { signal = new AbortController().signal, sandbox } = options;
  const how = { signal, ...(sandbox && { sandbox }) };
  const { join } = isWindowsPath(path) ? win32 : posix;
  const reader = {
    list: async (at: string) => {
      const listed = [];
      for (const { fileName: name, isDirectory, isFile } of await files.readDirectory(at, how)) {
        const { isSymlink } = await files.metadata(join(at, name), how);
        listed.push({ name, isSymbolicLink: () => isSymlink, isDirectory: () => isDirectory, isFile: () => isFile });
      }
      return listed;
    },
    metadata: (at: string) => files.metadata(at, how),
    canonicalize: (at: string) => files.canonicalize(at, how),
    join,
  };
  return walkTree(path, options, { signal, confined: reader });
}
