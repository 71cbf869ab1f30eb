/** Finding bubblewrap and learning, once, what it and this machine can do. */
import { accessSync, constants, readFileSync, realpathSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { messageOf } from '../../base/errors.ts';
import { SandboxUnavailable } from '../process-types.ts';
import { runTool } from '../spawn.ts';
import { isWithin } from './resolved-policy.ts';

/** How strong the confinement is. `noNetworkNamespace`: the host forbids one, and only the syscall filter keeps the network away. */
export type Rung = 'full' | 'noNetworkNamespace';

export interface Bubblewrap {
  readonly path: string;
  readonly hasArgv0: boolean;
  readonly rung: Rung;
  /** False where the host does not let a fresh /proc be mounted. */
  readonly canMountProc: boolean;
  /** Why it is not `full`, in one sentence. */
  readonly reason: string | undefined;
}

const probeMs = 3000;
const tool = (path: string, args: readonly string[]) =>
  runTool({ file: path, args, cwd: '/', env: { PATH: '/usr/bin:/bin', LANG: 'C' }, timeoutMs: probeMs });

/** A directory that does not exist holds no program; that is for the start of the command to refuse. */
function realOrSame(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** The first `bwrap` on PATH that does not lie in the working directory, where the repository could have put it. */
export function findBubblewrap(searchPath: string, cwd: string): string | undefined {
  const place = realOrSame(cwd);
  for (const directory of searchPath.split(delimiter)) {
    if (!isAbsolute(directory)) continue;
    try {
      const real = realpathSync(join(directory, 'bwrap'));
      accessSync(real, constants.X_OK);
      if (statSync(real).isFile() && (place === '/' || !isWithin(real, place))) return real;
    } catch {
      // not in this directory
    }
  }
  return undefined;
}

/** WSL1 has no namespaces, and pretends to be Linux. */
export function isWsl1(version: string): boolean {
  const text = version.toLowerCase();
  if (text.includes('wsl1')) return true;
  return text.includes('microsoft') && !text.includes('microsoft-standard') && !/wsl\d/.test(text);
}

/** What the kernel says it is; nothing where there is no /proc to ask, and then the probe will tell. */
function kernelVersion(): string {
  try {
    return readFileSync('/proc/version', 'utf8');
  } catch {
    return '';
  }
}

function assertNotWsl1(version: string): void {
  if (isWsl1(version)) throw new SandboxUnavailable('WSL1 cannot confine commands; use WSL2');
}

/** Rejects with `SandboxUnavailable` and the reason when nothing here can confine a command. `kernel`: what /proc/version says. */
export async function probeBubblewrap(searchPath: string, cwd: string, kernel = kernelVersion()): Promise<Bubblewrap> {
  assertNotWsl1(kernel);
  const path = findBubblewrap(searchPath, cwd);
  if (path === undefined) {
    throw new SandboxUnavailable('bubblewrap (bwrap) is not installed; on Debian and Ubuntu: sudo apt-get install -y bubblewrap');
  }
  const help = (await tool(path, ['--help'])).stdout.toString();
  if (!help.includes('--perms')) throw new SandboxUnavailable(`${path} is too old: it does not know --perms (0.5.0 or later is needed)`);
  const hasArgv0 = help.includes('--argv0');
  const base = ['--unshare-user', '--unshare-pid', '--ro-bind', '/', '/'];
  const attempt = async (...extra: string[]) => {
    const { code, stderr } = await tool(path, [...base, ...extra, '--', '/bin/true']);
    return code === 0 ? undefined : stderr.toString().trim() || `exit code ${code}`;
  };
  const full = await attempt('--unshare-net', '--proc', '/proc');
  if (full === undefined) return { path, hasArgv0, rung: 'full', canMountProc: true, reason: undefined };
  for (const [rung, canMountProc, extra] of [
    ['full', false, ['--unshare-net']],
    ['noNetworkNamespace', true, ['--proc', '/proc']],
    ['noNetworkNamespace', false, []],
  ] as const) {
    if ((await attempt(...extra)) === undefined) return { path, hasArgv0, rung, canMountProc, reason: full };
  }
  throw new SandboxUnavailable(`bubblewrap cannot start here (user namespaces are needed): ${messageOf(full)}`);
}
