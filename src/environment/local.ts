/** This machine as an `Environment`. */
import type { Clock } from '../base/clock.ts';
import { createFiles } from '../host/files.ts';
import { createHttpClient } from '../host/http.ts';
import { createProcesses, type HostProcesses, type HostProcessesOptions } from '../host/processes.ts';
import { keepFromCommands } from '../host/sandbox/own-paths.ts';
import { detectShell } from '../host/shell.ts';
import type { Environment, EnvironmentInfo } from './environment.ts';

export interface LocalEnvironmentOptions {
  /** Default `local`. */
  readonly id?: string;
  /** The variables policies filter: those of the program that hosts us, as an argument and never read from the process. */
  readonly baseEnv: Readonly<Record<string, string>>;
  /** Where the environment stands; absolute. */
  readonly cwd: string;
  readonly clock?: Clock;
  /** Directories of the host program that commands may never write; absolute, links resolved. */
  readonly ownPaths?: readonly string[];
  readonly processes?: Omit<HostProcessesOptions, 'baseEnv'>;
}

export interface LocalEnvironment extends Environment {
  readonly processes: HostProcesses;
}

const osNames: Partial<Record<NodeJS.Platform, string>> = { linux: 'linux', darwin: 'macos', win32: 'windows' };

/** Starts nothing until something is asked of it. */
export function createLocalEnvironment(options: LocalEnvironmentOptions): LocalEnvironment {
  const http = createHttpClient({ env: options.baseEnv });
  const processes = createProcesses({ ...options.processes, baseEnv: options.baseEnv });
  const own = (options.ownPaths ?? []).map(keepFromCommands);
  let info: Promise<EnvironmentInfo> | undefined;
  const describe = async (): Promise<EnvironmentInfo> => ({
    shell: await detectShell(options.baseEnv),
    cwd: options.cwd,
    platform: process.platform === 'win32' ? 'windows' : 'unix',
    os: osNames[process.platform] ?? process.platform,
  });
  const files = createFiles(options.baseEnv.TMPDIR ? { tmpdir: options.baseEnv.TMPDIR } : {});
  return {
    id: options.id ?? 'local',
    info: () => (info ??= describe()),
    processes,
    files,
    http,
    discover: async (roots, signal) => (await import('./discovery.ts')).discoverInFiles(roots, files, signal),
    state: () => ({ status: 'ready' }),
    onStateChange: () => () => {},
    async close() {
      await Promise.all([processes.close(), http.close()]);
      for (const each of own) each.close();
    },
  };
}
