/** The public entry for programs that embed the server: build one, connect to it, and the types of what passes between. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type AppServer, createAppServer as buildAppServer } from './app-server/app-server.ts';
import { compatibleVersion } from './app-server/handshake.ts';
import { systemClock } from './base/clock.ts';
import { type Log, silentLog } from './base/log.ts';
import type { Telemetry } from './base/telemetry.ts';
import { createExecServer as buildExecServer, type ExecServer } from './exec-server/exec-server.ts';
import { readMachine } from './host/machine.ts';
import { hostServices, readEnvironmentsFile } from './host/services.ts';
import type { Keyring } from './store/keyring.ts';

export type { AppServer, ServedConnection } from './app-server/app-server.ts';
export type { Telemetry } from './base/telemetry.ts';
export * from './client/index.ts';
export type { ExecServer, ServedExecConnection } from './exec-server/exec-server.ts';
export type { Keyring } from './store/keyring.ts';

export interface ServerOptions {
  /** Where threads, configuration and credentials are kept. Default: `~/.codex`. */
  readonly codexHome?: string;
  /** What relative directories are resolved against. Default: the process's own. */
  readonly cwd?: string;
  /** The variables commands and providers see. Default: the process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `key=value` configuration overrides, as `-c` takes them. */
  readonly overrides?: readonly string[];
  /** Default: nothing is logged. */
  readonly log?: Log;
  readonly telemetry?: Telemetry;
  /** Where logins at MCP servers may be kept. Default: the system's own keyring. */
  readonly keyring?: Keyring;
  /** The administrator's `config.toml`; `requirements.toml` lies beside it. Default: `/etc/codex/config.toml`. */
  readonly systemFile?: string;
  /** Checks everything that is sent against the protocol; for tests. */
  readonly validateOutbound?: boolean;
}

/** A server inside this program. It starts nothing before it is used; close it when done. */
export function createAppServer(options: ServerOptions = {}): AppServer {
  const { env = process.env, codexHome = join(homedir(), '.codex'), log = silentLog } = options;
  return buildAppServer({
    ...hostServices(env),
    codexHome,
    cwd: options.cwd ?? process.cwd(),
    env,
    facts: readMachine(env),
    clock: systemClock,
    log,
    environmentsFile: readEnvironmentsFile(codexHome),
    overrides: options.overrides ?? [],
    validateOutbound: options.validateOutbound ?? false,
    ...(options.telemetry && { telemetry: options.telemetry }),
    ...(options.keyring && { keyring: options.keyring }),
    ...(options.systemFile !== undefined && { systemFile: options.systemFile }),
  });
}

export interface ExecutorOptions extends Pick<ServerOptions, 'codexHome' | 'cwd' | 'env' | 'log' | 'validateOutbound'> {
  /** Requests of one connection that are handled at once. Default 1: strictly in order. */
  readonly concurrentRequests?: number;
}

/** An executor inside this program: whoever it serves runs processes and touches files of this machine. Close it when done. */
export function createExecServer(options: ExecutorOptions = {}): ExecServer {
  const { env = process.env, codexHome = join(homedir(), '.codex'), cwd = process.cwd() } = options;
  return buildExecServer({ ...options, version: compatibleVersion, env, codexHome, cwd });
}
