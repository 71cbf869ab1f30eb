/**
 * Which kind of confinement this machine offers, found out once: bubblewrap with all it can do, bubblewrap without a network
 * namespace, a container around everything that the user vouches for, or none, which means that nothing confined runs.
 */
import { messageOf } from '../../base/errors.ts';
import type { PermissionProfile } from '../../base/permission-profile.ts';
import { SandboxUnavailable } from '../process-types.ts';
import type { Bubblewrap } from './bubblewrap.ts';
import type { SandboxBackend } from './types.ts';

/**
 * `full`: files, processes and network are confined by namespaces, with a syscall filter behind them. `seatbelt`: the same by
 * macOS. `noNetworkNamespace`: the filter alone keeps the network away. `outerContainer`: nothing of ours; the user declared
 * that the surroundings are the boundary. `none`: commands that want a sandbox are not run without consent.
 */
export type SandboxRung = 'full' | 'seatbelt' | 'noNetworkNamespace' | 'outerContainer' | 'none';

export interface SandboxStatus {
  readonly rung: SandboxRung;
  /** The program that confines, absolute. */
  readonly program?: string;
  /** Why it is not the best, in one sentence. */
  readonly reason?: string;
}

/** Declares an outer container. A variable of the server and not a configuration key, so that no project can set it. */
export const outerContainerVariable = 'SWITCHYARD_OUTER_SANDBOX';

export const outerContainer = (env: Readonly<Record<string, string | undefined>>): string | undefined =>
  env[outerContainerVariable]?.trim() || undefined;

const denies = (profile: PermissionProfile): boolean =>
  profile.type === 'managed' && profile.file_system.type === 'restricted' && profile.file_system.entries.some((e) => e.access === 'deny');

/** Runs commands as they are, because the user said what is around us is the sandbox. What it cannot know about is refused. */
export const outerBackend: SandboxBackend = async ({ argv, arg0, sandbox }) => {
  if (denies(sandbox.profile)) throw new SandboxUnavailable('a container around everything cannot hide single paths from a command');
  const [file, ...args] = argv;
  return { kind: 'none', file, args, ...(arg0 === undefined ? {} : { arg0 }), extraFds: [], env: {}, cleanup: () => {} };
};

/** Never rejects. */
export async function linuxStatus(probe: () => Promise<Bubblewrap>, outer: string | undefined): Promise<SandboxStatus> {
  try {
    const { rung, path, reason } = await probe();
    return { rung, program: path, ...(rung === 'full' || reason === undefined ? {} : { reason }) };
  } catch (error) {
    const reason = messageOf(error);
    return { rung: outer === undefined ? 'none' : 'outerContainer', reason };
  }
}
