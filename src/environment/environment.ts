/** A place where commands run and files live: this machine, or another one behind an exec-server. */
import type { FoundRoot } from '../host/capability-scan.ts';
import type { FileSystem } from '../host/file-types.ts';
import type { HttpClient } from '../host/http-types.ts';
import type { Processes } from '../host/process-types.ts';

export type * from '../host/capability-scan.ts';
export type * from '../host/file-types.ts';
export type * from '../host/http-types.ts';
export type * from '../host/process-types.ts';
export { SandboxUnavailable, SpawnError } from '../host/process-types.ts';
export { type Shell, type ShellName, shellArgv, shellNameOf } from '../host/shell.ts';

export interface EnvironmentInfo {
  readonly shell: { readonly name: string; readonly path: string };
  /** Where the environment itself was started; absolute and native, undefined when it does not say. */
  readonly cwd: string | undefined;
  readonly platform: 'unix' | 'windows';
  /** `linux`, `macos`, `windows`. */
  readonly os: string;
}

export type EnvironmentState =
  | { readonly status: 'pending' }
  | { readonly status: 'ready' }
  | {
      readonly status: 'disconnected';
      readonly error: string;
      /** The connection is gone, and what runs there is expected back. */
      readonly recovering?: true;
      /** It will never connect: only another one in its place helps. */
      readonly final?: true;
    };

export interface Environment {
  readonly id: string;
  /** Connects when that is needed; the answer is kept. */
  info(signal: AbortSignal): Promise<EnvironmentInfo>;
  readonly processes: Processes;
  readonly files: FileSystem;
  readonly http: HttpClient;
  /**
   * What lies below capability roots, in their order. A root that cannot be looked at says so itself; rejects when the
   * environment cannot be reached.
   */
  discover(roots: readonly { readonly id: string; readonly uri: string }[], signal: AbortSignal): Promise<FoundRoot[]>;
  state(): EnvironmentState;
  /** Calls `listener` after each change of state. Returns the function that stops it. */
  onStateChange(listener: (state: EnvironmentState) => void): () => void;
  /** Ends what it runs. The owner (the manager) calls it once. */
  close(): Promise<void>;
}

/** What a client selects: an environment and the directories a thread works in there. */
export interface EnvironmentSelection {
  readonly environmentId: string;
  readonly cwd: string;
  readonly runtimeWorkspaceRoots: readonly string[];
}
