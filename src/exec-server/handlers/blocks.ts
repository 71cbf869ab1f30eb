/** Files that a connection has open, read and written in blocks. */
import { readBase64 } from '../../base/base64.ts';
import { BufferPool } from '../../base/buffer-pool.ts';
import { internalError, invalidParams, invalidRequest, isRequestError, RequestError } from '../../base/errors.ts';
import { systemError } from '../../base/os-error.ts';
import { type BlockFile, openBlockFile } from '../../host/file-blocks.ts';
import type { ExecRequests, Handlers } from '../../protocol/exec/index.ts';
import { bytesPayload } from '../../rpc/bytes-payload.ts';
import type { Connection, ExecContext } from '../connection.ts';
import { nativePath } from '../native-paths.ts';
import { fileFailure, onFiles } from '../os-failures.ts';
import { type Confine, fileOptions } from './fs.ts';

const maxHandles = 128;
const maxIdBytes = 32;
const maxBlockBytes = 1_048_576;
/** Memory of blocks that stays for the next ones. */
const keptBlockBytes = 4 * maxBlockBytes;

type Open = { readonly mode: 'read' | 'replace'; readonly file: BlockFile } | 'opening';
type BlockMethods = 'fs/open' | 'fs/readBlock' | 'fs/writeBlock' | 'fs/close';

/** Handles die with their connection. */
class OpenFiles {
  readonly #open = new Map<string, Open>();

  constructor(connection: Connection) {
    connection.scope.defer(() => Promise.all([...this.#open.keys()].map((id) => this.close(id))));
  }

  async open(id: string, mode: 'read' | 'replace', start: () => Promise<BlockFile>): Promise<void> {
    checkId(id);
    if (this.#open.has(id)) throw invalidRequest(`file handle \`${id}\` already exists`);
    if (this.#open.size >= maxHandles) throw invalidRequest(`at most ${maxHandles} file handles may be open per connection`);
    this.#open.set(id, 'opening');
    try {
      const file = await start();
      // Closed while it was being opened: by the client or with the connection.
      if (this.#open.get(id) === 'opening') this.#open.set(id, { mode, file });
      else await file.close();
    } catch (error) {
      if (this.#open.get(id) === 'opening') this.#open.delete(id);
      throw error;
    }
  }

  get(id: string, mode: 'read' | 'replace'): BlockFile {
    checkId(id);
    const open = this.#open.get(id);
    if (!open || open === 'opening') throw new RequestError('notFound', `unknown file handle \`${id}\``);
    if (open.mode !== mode) throw fileFailure(systemError('EBADF', mode === 'read' ? 'read' : 'write', ''));
    return open.file;
  }

  async close(id: string): Promise<void> {
    checkId(id);
    const open = this.#open.get(id);
    this.#open.delete(id);
    if (open && open !== 'opening') await open.file.close();
  }
}

function checkId(id: string): void {
  if (Buffer.byteLength(id) > maxIdBytes) throw invalidRequest(`file handle ID must not exceed ${maxIdBytes} bytes`);
}

function checkLength(length: number, what: 'read' | 'write'): void {
  if (length < 1 || length > maxBlockBytes) {
    throw invalidRequest(`file ${what} block length must be between 1 and ${maxBlockBytes}`);
  }
}

export function blockHandlers(confine: Confine): Handlers<Pick<ExecRequests, BlockMethods>, ExecContext> {
  const all = new WeakMap<Connection, OpenFiles>();
  const blocks = new BufferPool(keptBlockBytes);
  const filesOf = (connection: Connection): OpenFiles => {
    const known = all.get(connection);
    if (known) return known;
    const files = new OpenFiles(connection);
    all.set(connection, files);
    return files;
  };
  return {
    'fs/open': (params, { connection, signal }) =>
      onFiles(async () => {
        const { handleId, mode } = params;
        const path = nativePath(params.path);
        await filesOf(connection).open(handleId, mode, async () => openBlockFile(path, mode, await confine(fileOptions(params, signal))));
        return { handleId };
      }),
    'fs/readBlock': async ({ handleId, offset, len }, { connection }) => {
      checkLength(len, 'read');
      const files = filesOf(connection);
      const file = files.get(handleId, 'read');
      const block = blocks.take(len);
      try {
        const length = await file.read(offset, block.bytes);
        const bytes = block.bytes.subarray(0, length);
        return bytesPayload({ before: {}, name: 'chunk', bytes, after: { eof: length < len }, done: block.release });
      } catch (error) {
        block.release();
        await files.close(handleId).catch(() => {}); // the failure of the read is what the client has to know
        throw fileFailure(error);
      }
    },
    'fs/writeBlock': async ({ handleId, offset, chunk }, { connection }) => {
      const bytes = readBase64(chunk);
      if (typeof bytes === 'string') throw invalidParams(bytes);
      checkLength(bytes.length, 'write');
      const file = filesOf(connection).get(handleId, 'replace');
      await onFiles(() => file.write(offset, bytes));
      return {};
    },
    'fs/close': async ({ handleId }, { connection }) => {
      await filesOf(connection)
        .close(handleId)
        .catch((error: unknown) => {
          throw isRequestError(error) ? error : internalError(fileFailure(error).message);
        });
      return {};
    },
  };
}
