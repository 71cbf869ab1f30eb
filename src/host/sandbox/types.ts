/** What goes into a sandbox backend and what comes out of it. */
import type { SandboxRequest } from '../../base/permission-profile.ts';

/** What is about to be run, before a sandbox changed anything. */
export interface SandboxSpawnSpec {
  readonly argv: readonly [string, ...string[]];
  /** What the program shall see as its argv[0]; absent: argv[0] itself. */
  readonly arg0?: string;
  /** Absolute. The spawn happens in it, whatever the sandbox does inside. */
  readonly cwd: string;
  /** The complete variables of the child. */
  readonly env: Readonly<Record<string, string>>;
  readonly sandbox: SandboxRequest;
  /** The child gets a controlling terminal, which the sandbox must not take away. */
  readonly terminal: boolean;
  /** Whatever the profile says of the network, the child reaches these ports of the loopback address and nothing else. */
  readonly proxied?: ProxiedNetwork;
}

export interface ProxiedNetwork {
  readonly ports: readonly number[];
  /** The child may also serve, and reach what it serves. */
  readonly allowLocalBinding: boolean;
}

export type SandboxKind = 'none' | 'linux' | 'macos' | 'windows';

/** What to hand to the system. */
export interface SandboxedSpawn {
  readonly kind: SandboxKind;
  readonly file: string;
  /** Without argv[0]. */
  readonly args: readonly string[];
  readonly arg0?: string;
  /** Descriptors the child sees as 3, 4, … in this order, after the channel if it has one. The starter closes its copies once the spawn call returned. */
  readonly extraFds: readonly number[];
  /** The ports are opened inside, and their listeners are handed out over the channel the child gets as descriptor 3. */
  readonly handsOut?: true;
  /** On top of the variables of the spec; null unsets. */
  readonly env: Readonly<Record<string, string | null>>;
  /** Called once, when the process has ended or could not be started. Removes what the sandbox left on disk; never rejects. */
  cleanup(): void | Promise<void>;
}

/** Loaded only when a profile needs it. Rejects with `SandboxUnavailable` when it cannot enforce the spec exactly. */
export type SandboxBackend = (spec: SandboxSpawnSpec) => Promise<SandboxedSpawn>;
