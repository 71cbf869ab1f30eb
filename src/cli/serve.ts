/** Runs `switchyard app-server`: builds the server from the command line and the process, and listens. */

import { createAppServer } from '../app-server/app-server.ts';
import type { MachineFacts } from '../app-server/handshake.ts';
import { systemClock } from '../base/clock.ts';
import { createLog, parseLogLevel } from '../base/log.ts';
import { watchPath } from '../host/file-watch.ts';
import { createModelHttp } from '../host/model-http.ts';
import type { Handover } from './early-start.ts';
import { createExit, type Exit, watchProcess } from './exit.ts';
import type { AppServerFlags } from './flags.ts';
import { listen, serveStdio } from './listen.ts';

export interface ServeOptions {
  readonly flags: AppServerFlags;
  readonly codexHome: string;
  readonly facts: MachineFacts;
  /** Present on stdio. */
  readonly handover?: Handover;
}

export async function serve(options: ServeOptions): Promise<void> {
  const { flags, codexHome, facts, handover } = options;
  const { env } = process;
  const log = createLog({
    write: (line) => process.stderr.write(line),
    level: parseLogLevel(env.RUST_LOG),
    json: env.LOG_FORMAT === 'json',
  });
  const server = createAppServer({
    codexHome,
    facts,
    cwd: process.cwd(),
    env,
    clock: systemClock,
    log,
    http: createModelHttp({ env }),
    watcher: { watch: watchPath },
    ripgrep: async () => (await import('@vscode/ripgrep')).rgPath,
    processInfo: () => ({ id: process.pid, residentMemoryBytes: process.memoryUsage.rss() }),
    overrides: flags.overrides,
    strictConfig: flags.strictConfig,
    originator: env.CODEX_INTERNAL_ORIGINATOR_OVERRIDE,
  });
  let stopListening = async () => {};
  const { listen: at } = flags;
  const exit: Exit = createExit({
    server,
    stopListening: () => stopListening(),
    drains: at.kind !== 'stdio',
    log,
    exit: (code) => process.exit(code),
  });
  watchProcess(exit, log);
  if (handover) {
    await serveStdio(server, handover);
    await exit.end(0);
  } else if (at.kind === 'ws' || at.kind === 'unix') {
    const announce = (text: string) => process.stderr.write(text);
    stopListening = await listen({ server, at, auth: flags.wsAuth, codexHome, cwd: process.cwd(), log, announce });
  }
}
