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

/** All methods reject with Node system errors (`code`, e.g. `ENOENT`) also when the environment is remote. */
export interface FileSystem {
  readFile(path: string, options?: FileOptions): Promise<Buffer>;
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
