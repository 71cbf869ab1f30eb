/**
 * Which kind of confinement this machine offers, found out once: bubblewrap with all it can do, bubblewrap without a network
 * namespace, Landlock for the policies it enforces whole, a container around everything that the user vouches for, or none, which means that nothing confined runs.
 */
import { messageOf } from '../../base/errors.ts';
import type { PermissionProfile } from '../../base/permission-profile.ts';
import { SandboxUnavailable } from '../process-types.ts';
import type { Bubblewrap } from './bubblewrap.ts';
import type { Landlock } from './landlock.ts';
import type { SandboxBackend } from './types.ts';

/**
 * `full`: files, processes and network are confined by namespaces, with a syscall filter behind them. `seatbelt`: the same by
 * macOS. `noNetworkNamespace`: the filter alone keeps the network away. `landlock`: policies without writable roots and denied
 * paths are confined by Landlock and the filter, others are not run without consent. `outerContainer`: nothing of ours; the user declared
 * that the surroundings are the boundary. `none`: commands that want a sandbox are not run without consent.
 */
export type SandboxRung = 'full' | 'seatbelt' | 'noNetworkNamespace' | 'landlock' | 'outerContainer' | 'none';

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
export const outerBackend: SandboxBackend = async ({ argv, arg0, sandbox, proxied }) => {
  if (proxied) throw new SandboxUnavailable('a container around everything cannot force the traffic of a command through a proxy');
  if (denies(sandbox.profile)) throw new SandboxUnavailable('a container around everything cannot hide single paths from a command');
  const [file, ...args] = argv;
  return { kind: 'none', file, args, ...(arg0 === undefined ? {} : { arg0 }), extraFds: [], env: {}, cleanup: () => {} };
};

export interface LadderProbes {
  readonly bubblewrap: () => Promise<Bubblewrap>;
  readonly landlock: () => Promise<Landlock>;
  /** What the user declared. */
  readonly outer: string | undefined;
}

/** Never rejects. */
export async function linuxStatus({ bubblewrap, landlock, outer }: LadderProbes): Promise<SandboxStatus> {
  let reason: string;
  try {
    const { rung, path, reason: why } = await bubblewrap();
    return { rung, program: path, ...(rung === 'full' || why === undefined ? {} : { reason: why }) };
  } catch (error) {
    reason = messageOf(error);
  }
  try {
    return { rung: 'landlock', program: (await landlock()).program, reason };
  } catch (error) {
    return { rung: outer === undefined ? 'none' : 'outerContainer', reason: `${reason}; ${messageOf(error)}` };
  }
}
