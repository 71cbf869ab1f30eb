/** Files of the executor: whole files, walks, and blocks through handles. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema, structAs } from '../../rpc/contract.ts';
import { Empty, int64, opt, orElse, uint, usize } from '../fields.ts';
import { pathUri } from './paths.ts';
import { SandboxIntent } from './sandbox.ts';

const sandbox = () => opt(SandboxIntent());
const onPath = () => z.object({ path: pathUri(), sandbox: sandbox(), followSymlinks: orElse(z.boolean(), true) });

export const ExecReadFileParams = schema('ExecReadFileParams', () => structAs('WireFsReadFileParams', onPath()));
export const ExecReadFileResult = schema('ExecReadFileResult', () => z.object({ dataBase64: z.string() }));
export const ExecWriteFileParams = schema('ExecWriteFileParams', () =>
  structAs('WireFsWriteFileParams', z.extend(onPath(), { dataBase64: z.string() })),
);
export const ExecCreateDirectoryParams = schema('ExecCreateDirectoryParams', () =>
  structAs('WireFsCreateDirectoryParams', z.extend(onPath(), { recursive: orElse(z.boolean(), true) })),
);
export const ExecMetadataParams = schema('ExecMetadataParams', () => structAs('WireFsGetMetadataParams', onPath()));
export const ExecMetadataResult = schema('ExecMetadataResult', () =>
  z.object({
    isDirectory: z.boolean(),
    isFile: z.boolean(),
    isSymlink: z.boolean(),
    size: z._default(uint(), 0),
    createdAtMs: int64(),
    modifiedAtMs: int64(),
  }),
);
export const ExecCanonicalizeParams = schema('ExecCanonicalizeParams', () =>
  structAs('WireFsCanonicalizeParams', z.object({ path: pathUri(), sandbox: sandbox() })),
);
export const ExecCanonicalizeResult = schema('ExecCanonicalizeResult', () => z.object({ path: pathUri() }));
export const ExecReadDirectoryParams = schema('ExecReadDirectoryParams', () =>
  structAs('WireFsReadDirectoryParams', z.object({ path: pathUri(), sandbox: sandbox() })),
);
export const ExecReadDirectoryResult = schema('ExecReadDirectoryResult', () =>
  z.object({ entries: z.array(z.object({ fileName: z.string(), isDirectory: z.boolean(), isFile: z.boolean() })) }),
);
export const ExecRemoveParams = schema('ExecRemoveParams', () =>
  structAs('WireFsRemoveParams', z.extend(onPath(), { recursive: orElse(z.boolean(), true), force: orElse(z.boolean(), true) })),
);
export const ExecCopyParams = schema('ExecCopyParams', () =>
  structAs('WireFsCopyParams', z.object({ sourcePath: pathUri(), destinationPath: pathUri(), recursive: z.boolean(), sandbox: sandbox() })),
);

const walkOptions = () =>
  structAs(
    'WalkOptions',
    z.object({
      maxDepth: usize(),
      maxDirectories: usize(),
      maxEntries: usize(),
      followDirectorySymlinks: z.boolean(),
      pruneHiddenDirectories: orElse(z.boolean(), false),
    }),
  );
export const ExecWalkParams = schema('ExecWalkParams', () =>
  structAs('WireFsWalkParams', z.object({ path: pathUri(), sandbox: sandbox(), options: walkOptions() })),
);
export const ExecWalkResult = schema('ExecWalkResult', () =>
  z.object({
    entries: z.array(z.object({ path: pathUri(), kind: z.enum(['file', 'directory']) })),
    errors: z.array(z.object({ path: pathUri(), message: z.string() })),
    truncated: z.boolean(),
  }),
);
export type ExecWalkParams = Out<typeof ExecWalkParams>;
export type ExecWalkResult = Out<typeof ExecWalkResult>;

export const ExecOpenParams = schema('ExecOpenParams', () =>
  structAs(
    'WireFsOpenParams',
    z.object({ handleId: z.string(), path: pathUri(), sandbox: sandbox(), mode: orElse(z.enum(['read', 'replace']), 'read') }),
  ),
);
export const ExecHandle = schema('ExecHandle', () => structAs('FsCloseParams', z.object({ handleId: z.string() })));
export const ExecReadBlockParams = schema('ExecReadBlockParams', () =>
  structAs('FsReadBlockParams', z.object({ handleId: z.string(), offset: uint(), len: usize() })),
);
export const ExecReadBlockResult = schema('ExecReadBlockResult', () => z.object({ chunk: z.string(), eof: z.boolean() }));
export const ExecWriteBlockParams = schema('ExecWriteBlockParams', () =>
  structAs('FsWriteBlockParams', z.object({ handleId: z.string(), offset: uint(), chunk: z.string() })),
);

export const ExecWatchMissingParams = schema('ExecWatchMissingParams', () =>
  structAs('FsWatchMissingParams', z.object({ watchId: uint(), missing: z.array(pathUri()), present: opt(pathUri()) })),
);
export const ExecWatchMissingResult = schema('ExecWatchMissingResult', () => z.object({ watching: z.boolean() }));
export const ExecMissingChangedNotification = schema('ExecMissingChangedNotification', () => z.object({ watchId: uint() }));

export const fsRequests = {
  'fs/readFile': request({ doc: 'A whole file.', params: ExecReadFileParams, result: ExecReadFileResult }),
  'fs/writeFile': request({ doc: 'Creates or overwrites a file, in place.', params: ExecWriteFileParams, result: Empty }),
  'fs/createDirectory': request({ doc: 'Creates a directory.', params: ExecCreateDirectoryParams, result: Empty }),
  'fs/getMetadata': request({ doc: 'Kind, size and times.', params: ExecMetadataParams, result: ExecMetadataResult }),
  'fs/canonicalize': request({ doc: 'The path with every link resolved.', params: ExecCanonicalizeParams, result: ExecCanonicalizeResult }),
  'fs/readDirectory': request({ doc: 'The entries of a directory.', params: ExecReadDirectoryParams, result: ExecReadDirectoryResult }),
  'fs/walk': request({ doc: 'A bounded breadth-first listing of a tree.', params: ExecWalkParams, result: ExecWalkResult }),
  'fs/remove': request({ doc: 'Removes a file or a tree.', params: ExecRemoveParams, result: Empty }),
  'fs/copy': request({ doc: 'Copies a file, a link or a tree.', params: ExecCopyParams, result: Empty }),
  'fs/open': request({ doc: 'Opens a file under a handle the client chose.', params: ExecOpenParams, result: ExecHandle }),
  'fs/readBlock': request({ doc: 'Up to 1 MiB at an offset.', params: ExecReadBlockParams, result: ExecReadBlockResult }),
  'fs/writeBlock': request({ doc: 'Up to 1 MiB at an offset, in place.', params: ExecWriteBlockParams, result: Empty }),
  'fs/close': request({ doc: 'Closes a handle; an unknown one is fine.', params: ExecHandle, result: Empty }),
  'fs/watchMissing': request({
    doc: 'Tells once when a missing path appears or a present one goes.',
    params: ExecWatchMissingParams,
    result: ExecWatchMissingResult,
  }),
} as const;

export const fsNotifications = {
  'fs/missingChanged': notification({ doc: 'The watch fired and is spent.', params: ExecMissingChangedNotification }),
} as const;
