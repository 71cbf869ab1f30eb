/** Runs `switchyard app-server`: builds the server from the command line and the process, and listens. */
import { createAppServer } from '../app-server/app-server.ts';
import { compatibleVersion, type MachineFacts } from '../app-server/handshake.ts';
import { systemClock } from '../base/clock.ts';
import { isRequestError, messageOf } from '../base/errors.ts';
import { createLog, parseLogLevel } from '../base/log.ts';
import { ConfigError, describeConfigError } from '../config/config-error.ts';
import { createConfiguration } from '../config/configuration.ts';
import { hostServices, readEnvironmentsFile } from '../host/services.ts';
import { removeCredentials } from '../store/auth-file.ts';
import type { Handover } from './early-start.ts';
import { createExit, watchProcess } from './exit.ts';
import type { AppServerFlags } from './flags.ts';
import { listen, serveStdio } from './listen.ts';

export interface ServeOptions {
  readonly flags: AppServerFlags;
  readonly codexHome: string;
  readonly facts: MachineFacts;
  /** Present on stdio. */
  readonly handover?: Handover;
  /** Called when signals are heard here. */
  readonly onWatching: () => void;
}

/** Resolves when the program listens, or when its one client on stdio has left. Rejects when it cannot start. */
export async function serve(options: ServeOptions): Promise<void> {
  const { flags, codexHome, facts, handover } = options;
  if (flags.printStartupConfig) return printStartupConfig(options);
  if (flags.strictConfig) await checkConfiguration(options);
  const { env } = process;
  const log = createLog({
    write: (line) => process.stderr.write(line),
    level: parseLogLevel(env.RUST_LOG),
    json: env.LOG_FORMAT === 'json',
  });
  const server = createAppServer({
    ...hostServices(env),
    codexHome,
    cwd: process.cwd(),
    env,
    facts,
    clock: systemClock,
    log,
    environmentsFile: readEnvironmentsFile(codexHome),
    overrides: flags.overrides,
    strictConfig: flags.strictConfig,
    originator: env.CODEX_INTERNAL_ORIGINATOR_OVERRIDE,
  });
  let stopListening = async () => {};
  const { listen: at } = flags;
  const exit = createExit({
    server,
    stopListening: () => stopListening(),
    drains: at.kind !== 'stdio',
    log,
    exit: (code) => process.exit(code),
  });
  watchProcess(exit, log);
  options.onWatching();
  if (handover) {
    await serveStdio(server, handover);
    await exit.end(0);
  } else if (at.kind === 'ws' || at.kind === 'unix') {
    const announce = (text: string) => process.stderr.write(text);
    try {
      stopListening = await listen({ server, at, auth: flags.wsAuth, codexHome, cwd: process.cwd(), log, announce });
    } catch (error) {
      await server.close();
      throw error;
    }
  }
}

const configurationOf = ({ flags, codexHome }: ServeOptions) =>
  createConfiguration({
    home: codexHome,
    cwd: process.cwd(),
    overrides: flags.overrides,
    strict: flags.strictConfig,
    env: process.env,
  });

/** Rejects with what is wrong, and the line it stands in. */
async function checkConfiguration(options: ServeOptions): Promise<void> {
  try {
    await configurationOf(options).load();
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    throw cause instanceof ConfigError ? new Error(describeConfigError(cause), { cause }) : error;
  }
}

/** One line of JSON: what an administrator requires, or what is wrong with the configuration. */
async function printStartupConfig(options: ServeOptions): Promise<void> {
  if (options.flags.startupSignOut) await removeCredentials(options.codexHome);
  try {
    await configurationOf(options).load();
    const configRequirements = { supportsIndependentSpeedModes: true, requirements: null };
    process.stdout.write(`${JSON.stringify({ appServerVersion: compatibleVersion, configRequirements })}\n`);
  } catch (error) {
    if (!isRequestError(error)) throw error;
    process.stdout.write(`${JSON.stringify({ error: { code: -32600, message: messageOf(error) } })}\n`);
    throw new Error('startup configuration unavailable');
  }
}
