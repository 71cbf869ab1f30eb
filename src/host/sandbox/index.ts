/** The one choke point between a request to run a program and the system: every spawn of the product is prepared here. */
import type { PermissionProfile, SandboxRequest } from '../../base/permission-profile.ts';
import { SandboxUnavailable } from '../process-types.ts';

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
}

export type SandboxKind = 'none' | 'linux' | 'macos' | 'windows';

/** What to hand to the system. */
export interface SandboxedSpawn {
  readonly kind: SandboxKind;
  readonly file: string;
  /** Without argv[0]. */
  readonly args: readonly string[];
  readonly arg0?: string;
  /** Descriptors the child sees as 3, 4, … in this order. The starter closes its copies once the spawn call returned. */
  readonly extraFds: readonly number[];
  /** On top of the variables of the spec; null unsets. */
  readonly env: Readonly<Record<string, string | null>>;
  /** Called once, when the process has ended or could not be started. Removes what the sandbox left on disk; never rejects. */
  cleanup(): void | Promise<void>;
}

/** Loaded only when a profile needs it. Rejects with `SandboxUnavailable` when it cannot enforce the spec exactly. */
export type SandboxBackend = (spec: SandboxSpawnSpec) => Promise<SandboxedSpawn>;

/** The backend of this machine, or undefined when it has none. A parameter so that tests and other launchers can say. */
export type SandboxBackendSource = () => Promise<SandboxBackend | undefined>;

const nothing = () => {};

/** True when the profile asks for something only a sandbox can enforce. */
export function needsSandbox(profile: PermissionProfile): boolean {
  if (profile.type !== 'managed') return false;
  return profile.network === 'restricted' || profile.file_system.type === 'restricted';
}

/** Whether the child must be told that it has no network (`CODEX_SANDBOX_NETWORK_DISABLED`). */
const networkIsRestricted = (profile: PermissionProfile): boolean => profile.type !== 'disabled' && profile.network === 'restricted';

/** A spawn with nothing around it. */
export function plainSpawn(spec: Pick<SandboxSpawnSpec, 'argv' | 'arg0'>): SandboxedSpawn {
  const [file, ...args] = spec.argv;
  return { kind: 'none', file, args, ...(spec.arg0 === undefined ? {} : { arg0: spec.arg0 }), extraFds: [], env: {}, cleanup: nothing };
}

/**
 * Prepares the spawn of `spec` under its profile. Rejects with `SandboxUnavailable` when the profile cannot be enforced here;
 * nothing has run then, and the caller must not run the program in another way.
 */
export async function prepareSandboxedSpawn(
  spec: SandboxSpawnSpec,
  backends: SandboxBackendSource = platformBackend,
): Promise<SandboxedSpawn> {
  const { profile } = spec.sandbox;
  const env = networkIsRestricted(profile) ? { CODEX_SANDBOX_NETWORK_DISABLED: '1' } : {};
  if (!needsSandbox(profile)) return { ...plainSpawn(spec), env };
  const backend = await backends();
  if (!backend) throw new SandboxUnavailable(`no sandbox is available on ${process.platform}`);
  const prepared = await backend(spec);
  return { ...prepared, env: { ...env, ...prepared.env } };
}

/** The backend for the operating system we run on. */
export async function platformBackend(): Promise<SandboxBackend | undefined> {
  return process.platform === 'linux' ? (await import('./linux.ts')).linuxSandbox() : undefined;
}
