/** Files of the executor: whole files, walks, and blocks through handles. */
import { readBase64 } from '../../base/base64.ts';
import { invalidRequest } from '../../base/errors.ts';
import type { ConfinedFiles } from '../../host/confined-files.ts';
import type { FileOptions, WholeFiles } from '../../host/file-types.ts';
import { unfollowedFiles } from '../../host/unfollowed-files.ts';
import type { ExecRequests, Handlers, SandboxIntent } from '../../protocol/exec/index.ts';
import { bytesPayload } from '../../rpc/bytes-payload.ts';
import type { ExecContext } from '../connection.ts';
import { nativePath, wireUri } from '../native-paths.ts';
import { onFiles } from '../os-failures.ts';
import { fileSandbox } from '../sandbox-intent.ts';

type WholeFileMethods =
  | 'fs/readFile'
  | 'fs/writeFile'
  | 'fs/createDirectory'
  | 'fs/getMetadata'
  | 'fs/canonicalize'
  | 'fs/readDirectory'
  | 'fs/remove'
  | 'fs/copy';

/** Who carries out what is not one of the plain operations, when a sandbox restricts files. */
export type Confine = (options: FileOptions) => Promise<ConfinedFiles | undefined>;

/** Aborts with the connection: a file operation that nobody waits for may stop. */
export const fileOptions = ({ sandbox }: { readonly sandbox?: SandboxIntent | undefined }, signal: AbortSignal): FileOptions => ({
  signal,
  ...(sandbox ? { sandbox: fileSandbox(sandbox) } : {}),
});

export function wholeFileHandlers(all: WholeFiles): Handlers<Pick<ExecRequests, WholeFileMethods>, ExecContext> {
  const unfollowed = unfollowedFiles(all);
  const filesFor = ({ followSymlinks }: { readonly followSymlinks: boolean }): WholeFiles => (followSymlinks ? all : unfollowed);
  return {
    'fs/readFile': (params, { signal }) =>
      onFiles(async () => {
        const bytes = await filesFor(params).readFile(nativePath(params.path), fileOptions(params, signal));
        return bytesPayload({ before: {}, name: 'dataBase64', bytes, after: {} });
      }),
    'fs/writeFile': (params, { signal }) =>
      onFiles(async () => {
        const bytes = readBase64(params.dataBase64);
        if (typeof bytes === 'string') throw invalidRequest(`fs/writeFile requires valid base64 dataBase64: ${bytes}`);
        await filesFor(params).writeFile(nativePath(params.path), bytes, fileOptions(params, signal));
        return {};
      }),
    'fs/createDirectory': (params, { signal }) =>
      onFiles(async () => {
        const { path, recursive } = params;
        await filesFor(params).createDirectory(nativePath(path), { ...fileOptions(params, signal), recursive });
        return {};
      }),
    'fs/getMetadata': (params, { signal }) =>
      onFiles(async () => {
        const { sizeBytes, ...metadata } = await filesFor(params).metadata(nativePath(params.path), fileOptions(params, signal));
        const { isDirectory, isFile, isSymlink, createdAtMs, modifiedAtMs } = metadata;
        return { isDirectory, isFile, isSymlink, size: sizeBytes, createdAtMs, modifiedAtMs };
      }),
    'fs/canonicalize': (params, { signal }) =>
      onFiles(async () => ({ path: wireUri(await all.canonicalize(nativePath(params.path), fileOptions(params, signal))) })),
    'fs/readDirectory': (params, { signal }) =>
      onFiles(async () => ({ entries: await all.readDirectory(nativePath(params.path), fileOptions(params, signal)) })),
    'fs/remove': (params, { signal }) =>
      onFiles(async () => {
        const { path, recursive, force } = params;
        await filesFor(params).remove(nativePath(path), { ...fileOptions(params, signal), recursive, force });
        return {};
      }),
    'fs/copy': (params, { signal }) =>
      onFiles(async () => {
        const { sourcePath, destinationPath, recursive } = params;
        await all.copy(nativePath(sourcePath), nativePath(destinationPath), { ...fileOptions(params, signal), recursive });
        return {};
      }),
  };
}
