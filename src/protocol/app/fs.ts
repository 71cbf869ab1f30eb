/** Files of the server's machine. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { absolutePath, Empty, int64, opt } from '../fields.ts';
import { perWatch } from '../lanes.ts';

export const FsReadDirectoryEntry = schema('FsReadDirectoryEntry', () =>
  z.object({ fileName: z.string(), isDirectory: z.boolean(), isFile: z.boolean() }),
);
export type FsReadDirectoryEntry = Out<typeof FsReadDirectoryEntry>;

export const FsReadFileParams = schema('FsReadFileParams', () => z.object({ path: absolutePath() }));
export type FsReadFileParams = Out<typeof FsReadFileParams>;

export const FsReadFileResponse = schema('FsReadFileResponse', () => z.object({ dataBase64: z.string() }));
export type FsReadFileResponse = Out<typeof FsReadFileResponse>;

export const FsWriteFileParams = schema('FsWriteFileParams', () => z.object({ path: absolutePath(), dataBase64: z.string() }));
export type FsWriteFileParams = Out<typeof FsWriteFileParams>;

export const FsCreateDirectoryParams = schema('FsCreateDirectoryParams', () =>
  z.object({ path: absolutePath(), recursive: opt(z.boolean()) }),
);
export type FsCreateDirectoryParams = Out<typeof FsCreateDirectoryParams>;

export const FsGetMetadataParams = schema('FsGetMetadataParams', () => z.object({ path: absolutePath() }));
export type FsGetMetadataParams = Out<typeof FsGetMetadataParams>;

export const FsGetMetadataResponse = schema('FsGetMetadataResponse', () =>
  z.object({ isDirectory: z.boolean(), isFile: z.boolean(), isSymlink: z.boolean(), createdAtMs: int64(), modifiedAtMs: int64() }),
);
export type FsGetMetadataResponse = Out<typeof FsGetMetadataResponse>;

export const FsReadDirectoryParams = schema('FsReadDirectoryParams', () => z.object({ path: absolutePath() }));
export type FsReadDirectoryParams = Out<typeof FsReadDirectoryParams>;

export const FsReadDirectoryResponse = schema('FsReadDirectoryResponse', () => z.object({ entries: z.array(FsReadDirectoryEntry()) }));
export type FsReadDirectoryResponse = Out<typeof FsReadDirectoryResponse>;

export const FsRemoveParams = schema('FsRemoveParams', () =>
  z.object({ path: absolutePath(), recursive: opt(z.boolean()), force: opt(z.boolean()) }),
);
export type FsRemoveParams = Out<typeof FsRemoveParams>;

export const FsCopyParams = schema('FsCopyParams', () =>
  z.object({ sourcePath: absolutePath(), destinationPath: absolutePath(), recursive: z._default(z.boolean(), false) }),
);
export type FsCopyParams = Out<typeof FsCopyParams>;

export const FsWatchParams = schema('FsWatchParams', () => z.object({ watchId: z.string(), path: absolutePath() }));
export type FsWatchParams = Out<typeof FsWatchParams>;

export const FsWatchResponse = schema('FsWatchResponse', () => z.object({ path: z.string() }));
export type FsWatchResponse = Out<typeof FsWatchResponse>;

export const FsUnwatchParams = schema('FsUnwatchParams', () => z.object({ watchId: z.string() }));
export type FsUnwatchParams = Out<typeof FsUnwatchParams>;

export const FsChangedNotification = schema('FsChangedNotification', () =>
  z.object({ watchId: z.string(), changedPaths: z.array(z.string()) }),
);
export type FsChangedNotification = Out<typeof FsChangedNotification>;

export const fsRequests = {
  'fs/readFile': request({ doc: 'Reads a whole file.', params: FsReadFileParams, result: FsReadFileResponse }),
  'fs/writeFile': request({ doc: 'Writes a whole file.', params: FsWriteFileParams, result: Empty }),
  'fs/createDirectory': request({ doc: 'Creates a directory.', params: FsCreateDirectoryParams, result: Empty }),
  'fs/getMetadata': request({ doc: 'Reads kind and times of a path.', params: FsGetMetadataParams, result: FsGetMetadataResponse }),
  'fs/readDirectory': request({ doc: 'Lists a directory.', params: FsReadDirectoryParams, result: FsReadDirectoryResponse }),
  'fs/remove': request({ doc: 'Removes a file or directory.', params: FsRemoveParams, result: Empty }),
  'fs/copy': request({ doc: 'Copies a file or directory.', params: FsCopyParams, result: Empty }),
  'fs/watch': request({
    doc: 'Reports changes below a path until unwatched.',
    params: FsWatchParams,
    result: FsWatchResponse,
    lane: perWatch,
  }),
  'fs/unwatch': request({ doc: 'Ends a watch.', params: FsUnwatchParams, result: Empty, lane: perWatch }),
} as const;

export const fsNotifications = {
  'fs/changed': notification({ doc: 'Paths below a watch changed.', params: FsChangedNotification }),
} as const;
