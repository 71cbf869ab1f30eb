/** Files of an environment, local or remote. Paths are absolute and native to the environment. */
import type { SandboxRequest } from '../base/permission-profile.ts';

export interface FileMetadata {
  readonly isDirectory: boolean;
  readonly isFile: boolean;
  /** Of the path itself; the other members follow the link. */
  readonly isSymlink: boolean;
  readonly sizeBytes: number;
  /** Unix milliseconds; 0 when unknown. */
  readonly createdAtMs: number;
  readonly modifiedAtMs: number;
}

export interface DirectoryEntry {
  readonly fileName: string;
  readonly isDirectory: boolean;
  readonly isFile: boolean;
}

export interface FileOptions {
  /** Absent: with the rights of the environment itself. */
  readonly sandbox?: SandboxRequest;
  readonly signal?: AbortSignal;
}

/** Bounds of a walk: at most 64 levels, 10 000 directories and 50 000 entries can be asked for. */
export interface WalkLimits {
  /** 0: the direct children of the root only. */
  readonly maxDepth: number;
  /** Directories that are read, the root included. */
  readonly maxDirectories: number;
  /** Entries that are looked at, listed or not. */
  readonly maxEntries: number;
  /** Links to directories are listed as directories and entered, each real directory once; links to files are skipped either way. */
  readonly followDirectorySymlinks: boolean;
  /** Directories whose name begins with a dot are listed but not entered. */
  readonly pruneHiddenDirectories: boolean;
}

export interface WalkEntry {
  /** Absolute, with the names the walk came by. */
  readonly path: string;
  readonly kind: 'file' | 'directory';
}

export interface WalkListing {
  /** Breadth first, by name within a directory. */
  readonly entries: readonly WalkEntry[];
  /** Descendants that could not be looked at. */
  readonly errors: readonly { readonly path: string; readonly message: string }[];
  /** A limit kept something out. */
  readonly truncated: boolean;
}

/** A file open for reading: it stays the file that was opened, whatever happens to the path. Disposing it closes it. */
export interface OpenFile extends AsyncDisposable {
  /** `length` bytes (1 to `maxBlockBytes`) at `offset`; fewer only at the end of the file. */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Buffer>;
  close(): Promise<void>;
}

/** The most that one read of an open file gives. */
export const maxBlockBytes = 1024 * 1024;

/** All methods reject with Node system errors (`code`, e.g. `ENOENT`) also when the environment is remote. */
export interface FileSystem extends WholeFiles {
  /** Rejects when the root cannot be looked at. A root that is no directory gives nothing. */
  walk(path: string, options: FileOptions & WalkLimits): Promise<WalkListing>;
  open(path: string, options?: FileOptions): Promise<OpenFile>;
}

/** Operations on files and directories as a whole. */
export interface WholeFiles {
  /** With `sizeBytes`, as `metadata` told it, a large file is fetched in blocks where it comes from far. */
  readFile(path: string, options?: FileOptions & { readonly sizeBytes?: number }): Promise<Buffer>;
  /** Writes in place: existing hard links keep their meaning. Parents must exist. */
  writeFile(path: string, bytes: Buffer, options?: FileOptions): Promise<void>;
  createDirectory(path: string, options: FileOptions & { recursive: boolean }): Promise<void>;
  metadata(path: string, options?: FileOptions): Promise<FileMetadata>;
  /** The real path with every link resolved. */
  canonicalize(path: string, options?: FileOptions): Promise<string>;
  /** In no fixed order; entries whose link target is missing are left out. */
  readDirectory(path: string, options?: FileOptions): Promise<DirectoryEntry[]>;
  remove(path: string, options: FileOptions & { recursive: boolean; force: boolean }): Promise<void>;
  copy(from: string, to: string, options: FileOptions & { recursive: boolean }): Promise<void>;
}
