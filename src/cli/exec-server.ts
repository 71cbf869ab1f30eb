/** Runs `switchyard exec-server`: builds it from the command line and the process, and listens. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compatibleVersion } from '../app-server/handshake.ts';
import { withDeadline } from '../base/abort.ts';
import { createLog, type Log, parseLogLevel } from '../base/log.ts';
import { createExecServer, type ExecServer } from '../exec-server/exec-server.ts';
import type { TraceExport } from '../exec-server/trace-export.ts';
import { ripgrepPath } from '../host/ripgrep.ts';
import { ndjsonTransport } from '../rpc/transports/ndjson.ts';
import type { OpenedListener } from '../rpc/transports/websocket-server.ts';
import type { ExecServerFlags } from './flags.ts';
import { bearerAuth } from './ws-auth.ts';

const closeWithinMs = 1500;
const pingEveryMs = 30_000;
/** One frame from a client; larger messages come in several, larger things in blocks. */
const maxFrameBytes = 16 * 1024 * 1024;

export interface ExecServerProgram {
  readonly flags: ExecServerFlags;
  readonly codexHome: string;
  /** What listens already and has said where. */
  readonly opened?: OpenedListener | undefined;
}

/** Resolves when the program serves, or when its one client on stdio has left. Rejects when it cannot start. */
export async function execServer({ flags, codexHome, opened }: ExecServerProgram): Promise<void> {
  const { env } = process;
  const auth = bearerAuth(flags.wsAuth);
  if (auth && flags.listen.kind === 'stdio') throw new Error('WebSocket auth requires a WebSocket listener, not stdio');
  const log = createLog({
    write: (line) => process.stderr.write(line),
    level: parseLogLevel(env.RUST_LOG),
    json: env.LOG_FORMAT === 'json',
  });
  const config = readConfig(codexHome);
  if (flags.strictConfig) {
    const { parseConfig } = await import('../exec-server/config-files.ts');
    parseConfig(join(codexHome, 'config.toml'), config);
  }
  const traces = await traceExport(config, log);
  const server = createExecServer({
    version: compatibleVersion,
    cwd: process.cwd(),
    codexHome,
    env,
    log,
    concurrentRequests: flags.concurrentRequests,
    programDirectories,
    ...(traces && { tracer: traces.tracer }),
  });
  const end = createEnd(server, log, traces);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  // One failed request must not take everybody's processes with it.
  process.on('unhandledRejection', (error) => log.error('unhandled rejection', { error }));
  process.on('uncaughtException', (error) => log.error('uncaught exception', { error }));
  if (flags.listen.kind === 'stdio') {
    const connection = server.serve(ndjsonTransport({ input: process.stdin, output: process.stdout }), { resumable: false });
    await connection.closed;
    end();
    return;
  }
  const [{ execSurface, listenWebSocket }, check] = await Promise.all([
    import('../rpc/transports/websocket-server.ts'),
    auth && import('../rpc/transports/bearer-auth.ts').then(({ openBearerCheck }) => openBearerCheck(auth)),
  ]);
  const listener = await listenWebSocket({
    at: flags.listen,
    surface: execSurface,
    onConnection: (transport) => void server.serve(transport),
    log,
    maxFrameBytes,
    pingEveryMs,
    ...(check && { auth: check }),
    ...(opened && { opened }),
  });
  if (!opened) process.stdout.write(`${listener.url}\n`);
  if (flags.exitOnStdinClose || env.CODEX_EXEC_SERVER_EXIT_ON_STDIN_CLOSE) process.stdin.on('end', end).on('error', end).resume();
}

/** Kills what runs and ends the process with status 0, whatever happens. */
function createEnd(server: ExecServer, log: Log, traces: TraceExport | undefined): () => void {
  let ending = false;
  return () => {
    if (ending) return;
    ending = true;
    const closed = server.close().finally(() => traces?.[Symbol.asyncDispose]());
    withDeadline(closed, closeWithinMs, 'closing')
      .catch((error: unknown) => log.error('the server did not close cleanly', { error }))
      .finally(() => process.exit(0));
  };
}

/** Read at once: the first client may be waiting already. */
function readConfig(codexHome: string): string {
  try {
    return readFileSync(join(codexHome, 'config.toml'), 'utf8');
  } catch {
    return '';
  }
}

/** What carries spans away, when the configuration asks for it. */
async function traceExport(config: string, log: Log): Promise<TraceExport | undefined> {
  if (!config.includes('otel')) return undefined;
  const { openTraceExport } = await import('../exec-server/trace-export.ts');
  return openTraceExport({ config, version: compatibleVersion, env: process.env, log });
}

/** Where the search program is that commands may want to use. */
async function programDirectories(): Promise<string[]> {
  try {
    return [dirname(await ripgrepPath())];
  } catch {
    return []; // installed without it
  }
}
