/** What it means to run a process, the same for a local and a remote one. */
import type { LoopbackNetwork, ManagedNetwork } from '../base/managed-network.ts';
import type { SandboxRequest, ShellEnvironmentPolicy } from '../base/permission-profile.ts';

export interface TerminalSize {
  readonly rows: number;
  readonly cols: number;
}

export type SignalName = 'SIGINT' | 'SIGTERM' | 'SIGKILL' | 'SIGHUP' | 'SIGQUIT' | 'SIGUSR1' | 'SIGUSR2';

/** The child's variables: the host's own set filtered by `policy`, then `overlay` on top (null unsets). */
export interface ProcessEnvironment {
  readonly policy: ShellEnvironmentPolicy;
  readonly overlay: Readonly<Record<string, string | null>>;
}

export interface ProcessRequest {
  /** Chosen by the caller; unique among the live processes of an environment. */
  readonly id: string;
  readonly argv: readonly [string, ...string[]];
  /** What the program sees as its argv[0]; absent: `argv[0]`, which is also what is looked up and run. */
  readonly arg0?: string;
  /** Absolute, native to the environment. */
  readonly cwd: string;
  readonly env: ProcessEnvironment;
  /** `closed` gives the child end of file at once. Ignored with a terminal. */
  readonly stdin: 'closed' | 'pipe';
  /** Present: the child gets a pseudo terminal of this size. */
  readonly terminal?: TerminalSize;
  /** Absent: no sandbox was asked for. */
  readonly sandbox?: SandboxRequest;
  /** The child's way to the network leads through a proxy: one started for it, or one that its variables name already. */
  readonly network?: ManagedNetwork | LoopbackNetwork;
  /**
   * At most this long after the exit `closed` settles, even if a process left behind still holds the streams: they are let go
   * then. Absent: the streams stay open as long as somebody holds them, and late output is delivered.
   */
  readonly drainMs?: number;
}

export interface OutputChunk {
  /** 1, 2, 3, … without gaps over all streams of a process. */
  readonly seq: number;
  readonly stream: 'stdout' | 'stderr' | 'pty';
  readonly bytes: Buffer;
}

/** How a process ended. `lost`: the environment is gone and nobody can say. */
export type ProcessOutcome =
  | {
      readonly kind: 'exited';
      /** As given; 128+n for death by signal n. */
      readonly exitCode: number;
      /** The failure looks like the sandbox's doing. */
      readonly sandboxDenied: boolean;
    }
  | { readonly kind: 'lost'; readonly reason: string };

/** A started process. Disposing it ends its whole tree and waits for that. */
export interface RunningProcess extends AsyncDisposable {
  readonly id: string;
  /** Operating-system id where it is known. */
  readonly pid: number | undefined;
  /** Calls `listener` for retained chunks, then for each new one, in `seq` order. Returns the function that stops it. */
  onOutput(listener: (chunk: OutputChunk) => void): () => void;
  /** Settles when the process ended; never rejects. Output may still follow. */
  readonly exited: Promise<ProcessOutcome>;
  /** Settles when the process ended and its output is complete; never rejects. */
  readonly closed: Promise<void>;
  /** Rejects when stdin is closed or was never open. Resolves when the environment has accepted the bytes. */
  write(bytes: Buffer, signal?: AbortSignal): Promise<void>;
  closeStdin(): Promise<void>;
  /** Rejects without a terminal. */
  resize(size: TerminalSize): Promise<void>;
  /** To the whole process group. A process that has ended is fine. */
  signal(name: SignalName): Promise<void>;
  /** TERM, a grace of `graceMs` (default 50), KILL, for the whole tree; resolves when it is gone and its streams ended. */
  terminate(graceMs?: number): Promise<void>;
}

export interface Processes {
  /**
   * Starts a process. Rejects with `SpawnError` when the system refuses and with `SandboxUnavailable` when the asked-for
   * sandbox cannot be enforced here; nothing has run then. Aborting `signal` while starting leaves nothing behind; it
   * does not affect a process that was already handed out.
   */
  start(request: ProcessRequest, signal: AbortSignal): Promise<RunningProcess>;
  /** Makes ready what the first start would wait for. Never needed; never rejects. Absent where there is nothing to make ready. */
  prepare?(): Promise<void>;
}

/** The system refused to start the program; the message is the system's own. */
export class SpawnError extends Error {
  override readonly name = 'SpawnError';
}

/** The sandbox that was asked for cannot be enforced on this machine. Never answered by running without it. */
export class SandboxUnavailable extends Error {
  override readonly name = 'SandboxUnavailable';
}
