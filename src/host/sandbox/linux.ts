/** Confinement on Linux: bubblewrap's mounts and namespaces, and a syscall filter, compiled from a permission profile. */
import { closeSync, mkdtempSync, openSync, rmSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { osErrorText, systemError } from '../../base/os-error.ts';
import { SandboxUnavailable, SpawnError } from '../process-types.ts';
import { renamed } from '../renamed.ts';
import { type Bubblewrap, probeBubblewrap } from './bubblewrap.ts';
import { diskFacts } from './disk-facts.ts';
import { linuxStatus, outerBackend, outerContainer, type SandboxStatus } from './ladder.ts';
import { helperVariable, type Landlock, landlockArgs, landlockRights, probeLandlock } from './landlock.ts';
import { SandboxInfo } from './last-process.ts';
import { checkedStart, needsCheck } from './mount-check.ts';
import { type MountStep, planMounts } from './mount-plan.ts';
import { openedPorts } from './opened-ports.ts';
import { ownPaths } from './own-paths.ts';
import { createPlaceholders, type Placeholders } from './placeholders.ts';
import { isWithin, type ResolvedPolicy, resolvePolicy } from './resolved-policy.ts';
import { type FilterOptions, type NetworkReach, seccompProgram } from './seccomp.ts';
import type { SandboxBackend, SandboxedSpawn, SandboxSpawnSpec } from './types.ts';

export interface LinuxSandboxOptions {
  /** Where bubblewrap is looked for. */
  readonly searchPath: string;
  readonly placeholders?: Placeholders;
  /** What the user says is around us; it counts only where bubblewrap cannot run at all. */
  readonly outerContainer?: string | undefined;
  /** What the kernel says it is. Default: /proc/version. */
  readonly kernel?: string;
}

export interface LinuxSandbox extends SandboxBackend {
  /** Probes at its first call, unless a command was first. `cwd`: no bubblewrap below it is trusted. Never rejects. */
  status(cwd: string): Promise<SandboxStatus>;
}

/** Descriptors 0 to 2 are the command's own. */
const firstExtraFd = 3;
/** Variables that would make the loader run foreign code in bubblewrap itself; they reach the command from inside instead. */
const loaderVariable = /^(LD_|GLIBC_TUNABLES$)/;

/** A backend that probes once, at its first use. */
export function createLinuxSandbox(options: LinuxSandboxOptions): LinuxSandbox {
  const placeholders = options.placeholders ?? createPlaceholders();
  const filters = new Map<string, number>();
  let probe: Promise<Bubblewrap> | undefined;
  let second: Promise<Landlock> | undefined;
  const probed = (cwd: string) => (probe ??= probeBubblewrap(options.searchPath, cwd, options.kernel));
  const landlock = (cwd: string) => (second ??= probeLandlock(options.searchPath, cwd));
  /** Below bubblewrap on the ladder: Landlock where it enforces the policy whole, then what the user declared, or nothing. */
  const lower = async (spec: SandboxSpawnSpec, reason: SandboxUnavailable): Promise<SandboxedSpawn> => {
    try {
      return prepareLandlock(spec, await landlock(spec.cwd), filters);
    } catch (error) {
      if (!(error instanceof SandboxUnavailable)) throw error;
      if (options.outerContainer !== undefined) return outerBackend(spec);
      throw new SandboxUnavailable(`${reason.message}; ${error.message}`);
    }
  };
  const backend: SandboxBackend = async (spec) => {
    if (spec.sandbox.landlockOnly) return prepareLandlock(spec, await landlock(spec.cwd), filters);
    let bubblewrap: Bubblewrap;
    try {
      bubblewrap = await probed(spec.cwd);
    } catch (error) {
      if (!(error instanceof SandboxUnavailable)) throw error;
      return lower(spec, error);
    }
    if (spec.cwd !== '/' && isWithin(bubblewrap.path, spec.cwd)) {
      throw new SandboxUnavailable(`${bubblewrap.path} lies in the working directory and is not trusted`);
    }
    return prepare(spec, { bubblewrap, placeholders, filters });
  };
  const status = (cwd: string) =>
    linuxStatus({ bubblewrap: () => probed(cwd), landlock: () => landlock(cwd), outer: options.outerContainer });
  return Object.assign(backend, { status });
}

interface Tools {
  readonly bubblewrap: Bubblewrap;
  readonly placeholders: Placeholders;
  /** What a filter is for -> a descriptor that holds it. */
  readonly filters: Map<string, number>;
}

async function prepare(spec: SandboxSpawnSpec, { bubblewrap, placeholders, filters }: Tools): Promise<SandboxedSpawn> {
  const policy = policyOf(spec);
  const plan = planMounts(policy, diskFacts);
  const cwd = diskFacts.realPath(spec.cwd);
  if (cwd === undefined) throw new SpawnError(osErrorText(systemError('ENOENT', 'chdir', spec.cwd)));
  const network = reachOf(spec, policy.networkRestricted);
  const opened = spec.proxied && openedPorts(spec.proxied.ports, policy.wholeDisk ? undefined : '/dev', bubblewrap);
  const rootIsWritable = policy.root === 'write';
  const checked = needsCheck(plan.steps, rootIsWritable) ? checkedStart(plan.steps, rootIsWritable) : [];
  const before = [...checked, ...(opened?.before ?? [])];
  const guards = await guard(plan.placeholders, placeholders);
  const extraFds: number[] = [];
  const give = (fd: number): string => `${firstExtraFd + (opened ? 1 : 0) + extraFds.push(fd) - 1}`;
  try {
    const filter = give(openSync(`/proc/self/fd/${filterFd(filters, { network })}`, 'r'));
    const loader = Object.keys(spec.env).filter((name) => loaderVariable.test(name));
    const args = [
      '--die-with-parent',
      ...(guards.info ? ['--info-fd', give(guards.info.open())] : []),
      ...(spec.terminal ? [] : ['--new-session']),
      ...rootArgs(policy),
      ...plan.steps.flatMap((step) => stepArgs(step, () => give(openSync('/dev/null', 'r')))),
      ...['--unshare-user', '--unshare-pid', '--unshare-ipc'],
      ...(network !== 'all' && bubblewrap.rung === 'full' ? ['--unshare-net'] : []),
      ...(opened?.mounts ?? []),
      ...procArgs(bubblewrap),
      // Last, because every mount before it may have had to make its mount point there.
      ...(policy.root === 'deny' ? ['--remount-ro', '/'] : []),
      ...['--cap-drop', 'ALL', '--seccomp', filter, '--chdir', cwd],
      ...loader.flatMap((name) => ['--setenv', name, spec.env[name] ?? '']),
      ...(before.length > 0 ? ['--', ...before, ...renamed(spec.argv, spec.arg0)] : commandArgs(spec, bubblewrap)),
    ];
    return {
      kind: 'linux',
      file: bubblewrap.path,
      args,
      extraFds,
      ...(opened ? { handsOut: true } : {}),
      env: Object.fromEntries(loader.map((name) => [name, null])),
      cleanup: guards.release,
    };
  } catch (error) {
    for (const fd of extraFds) closeSync(fd);
    await guards.release();
    throw error;
  }
}

interface Guards {
  /** Absent: nothing has to be created. */
  readonly info?: SandboxInfo;
  /** Takes away what was created, once nothing is left that could make use of its absence. */
  release(): Promise<void>;
}

async function guard(paths: readonly string[], placeholders: Placeholders): Promise<Guards> {
  if (paths.length === 0) return { release: async () => {} };
  const letGo = await placeholders.hold(paths);
  const info = new SandboxInfo();
  let released: Promise<void> | undefined;
  const release = async () => {
    try {
      await info.lastEnded();
      await letGo();
    } finally {
      info.close();
    }
  };
  return { info, release: () => (released ??= release()) };
}

function policyOf({ env, sandbox }: SandboxSpawnSpec): ResolvedPolicy {
  return resolvePolicy(sandbox, { tmpdir: env.TMPDIR || undefined, slashTmpIsDirectory: isDirectory('/tmp'), ownPaths: ownPaths() });
}

function prepareLandlock(spec: SandboxSpawnSpec, landlock: Landlock, filters: Map<string, number>): SandboxedSpawn {
  if (spec.proxied) throw new SandboxUnavailable('the managed network needs a network namespace, which Landlock has not');
  const rights = landlockRights(policyOf(spec));
  if (!rights)
    throw new SandboxUnavailable('Landlock cannot enforce this policy whole: it takes nothing away below a directory that it opened');
  if (spec.cwd !== '/' && isWithin(landlock.program, spec.cwd)) {
    throw new SandboxUnavailable(`${landlock.program} lies in the working directory and is not trusted`);
  }
  const { networkRestricted, readOnlyFiles } = rights;
  const filter = filterFd(filters, { network: networkRestricted ? 'none' : 'all', alone: { readOnlyFiles } });
  const held = Object.entries(spec.env).filter(([name]) => helperVariable.test(name));
  return {
    kind: 'linux',
    file: landlock.program,
    args: landlockArgs({ argv: spec.argv, arg0: spec.arg0, env: held }, rights),
    extraFds: [openSync(`/proc/self/fd/${filter}`, 'r')],
    env: Object.fromEntries(held.map(([name]) => [name, null])),
    cleanup: () => {},
  };
}

const rootMounts = { write: ['--bind', '/', '/'], read: ['--ro-bind', '/', '/'], deny: ['--tmpfs', '/'] } as const;

/** The machine's own devices only for who may write the whole disk: with them a command reaches it below all mounts. */
const rootArgs = ({ root, wholeDisk }: ResolvedPolicy): string[] => [
  ...rootMounts[root],
  ...(wholeDisk ? ['--dev-bind', '/dev', '/dev'] : ['--dev', '/dev']),
];

/** A fresh /proc, whose switches for the whole machine stay read-only even for a command that runs as root. */
function procArgs({ canMountProc }: Bubblewrap): string[] {
  if (!canMountProc) return [];
  const switches = ['/proc/sys', '/proc/sysrq-trigger', '/proc/irq', '/proc/bus'].filter((path) => diskFacts.kindOf(path) !== 'missing');
  return ['--proc', '/proc', ...switches.flatMap((path) => ['--ro-bind', path, path])];
}

function stepArgs(step: MountStep, nothing: () => string): string[] {
  switch (step.type) {
    case 'bind':
    case 'pin':
      return ['--bind', step.path, step.path];
    case 'readOnly':
      return ['--ro-bind', step.path, step.path];
    case 'placeholder':
      return ['--perms', '555', '--tmpfs', step.path, '--remount-ro', step.path];
    case 'maskFile':
      return ['--perms', '000', '--ro-bind-data', nothing(), step.path];
    case 'maskDirectory': {
      if (step.keep.length === 0) return ['--perms', '000', '--tmpfs', step.path, '--remount-ro', step.path];
      const parents = step.keep.flatMap((path) => ['--perms', '111', '--dir', path]);
      return ['--perms', '111', '--tmpfs', step.path, ...parents, '--remount-ro', step.path];
    }
  }
}

/** The command itself. A bubblewrap that cannot set argv[0] leaves that to a shell. */
function commandArgs(spec: SandboxSpawnSpec, { hasArgv0 }: Bubblewrap): string[] {
  const { argv, arg0 } = spec;
  return hasArgv0 && arg0 !== undefined && arg0 !== argv[0] ? ['--argv0', arg0, '--', ...argv] : ['--', ...renamed(argv, arg0)];
}

function reachOf({ proxied }: SandboxSpawnSpec, networkRestricted: boolean): NetworkReach {
  if (proxied) return 'proxied';
  return networkRestricted ? 'none' : 'all';
}

/** A descriptor without a name, opened anew for each command. Kept where no sandboxed command can see it while it has one. */
function filterFd(filters: Map<string, number>, options: FilterOptions): number {
  const key = JSON.stringify(options);
  const known = filters.get(key);
  if (known !== undefined) return known;
  const directory = mkdtempSync('/dev/shm/switchyard-filter-');
  const path = join(directory, 'filter');
  const fd = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  rmSync(directory, { recursive: true });
  writeSync(fd, seccompProgram(options));
  filters.set(key, fd);
  return fd;
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

let shared: LinuxSandbox | undefined;

/** The backend of this process: what bubblewrap can do does not differ between its servers. */
export function linuxSandbox(): LinuxSandbox {
  shared ??= createLinuxSandbox({ searchPath: process.env.PATH ?? '/usr/bin:/bin', outerContainer: outerContainer(process.env) });
  return shared;
}
