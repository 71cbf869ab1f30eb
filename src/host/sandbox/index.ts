/** The one choke point between a request to run a program and the system: every spawn of the product is prepared here. */
import type { PermissionProfile } from '../../base/permission-profile.ts';
import { SandboxUnavailable } from '../process-types.ts';
import type { SandboxStatus } from './ladder.ts';
import type { SandboxBackend, SandboxedSpawn, SandboxSpawnSpec } from './types.ts';

export type { ProxiedNetwork, SandboxBackend, SandboxedSpawn, SandboxKind, SandboxSpawnSpec } from './types.ts';

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
  if (spec.proxied && profile.type !== 'managed') throw new SandboxUnavailable('only a managed profile can force traffic through a proxy');
  const env = networkIsRestricted(profile) && !spec.proxied ? { CODEX_SANDBOX_NETWORK_DISABLED: '1' } : {};
  if (!needsSandbox(profile) && !spec.proxied) return { ...plainSpawn(spec), env };
  const backend = await backends();
  if (!backend) throw new SandboxUnavailable(`no sandbox is available on ${process.platform}`);
  const prepared = await backend(spec);
  return { ...prepared, env: { ...env, ...prepared.env } };
}

/** The backend for the operating system we run on. */
export async function platformBackend(): Promise<SandboxBackend | undefined> {
  switch (process.platform) {
    case 'linux':
      return (await import('./linux.ts')).linuxSandbox();
    case 'darwin':
      return (await import('./macos.ts')).macosSandbox;
    case 'win32':
      return (await import('./windows.ts')).windowsSandbox;
    default:
      return undefined;
  }
}

/** What confines commands of this process. Shares its findings with the backend. Never rejects. */
export async function platformStatus(cwd: string): Promise<SandboxStatus> {
  switch (process.platform) {
    case 'linux':
      return (await import('./linux.ts')).linuxSandbox().status(cwd);
    case 'darwin':
      return (await import('./macos.ts')).macosStatus();
    case 'win32':
      return { rung: 'none', reason: (await import('./windows.ts')).windowsReason };
    default:
      return { rung: 'none', reason: `no sandbox is available on ${process.platform}` };
  }
}
