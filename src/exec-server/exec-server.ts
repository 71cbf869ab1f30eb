/** The composition root: a whole exec-server from its options. It keeps no state outside the object. */
import { Cancelled } from '../base/errors.ts';
import { type Log, silentLog } from '../base/log.ts';
import { Scope } from '../base/scope.ts';
import type { FileOptions } from '../host/file-types.ts';
import { confinedFiles, createFiles } from '../host/files.ts';
import { createProcesses } from '../host/processes.ts';
import { keepFromCommands } from '../host/sandbox/own-paths.ts';
import type { ExecRequests, Handlers } from '../protocol/exec/index.ts';
import type { CloseReason } from '../rpc/peer.ts';
import type { Transport } from '../rpc/transports/transport.ts';
import { Connection, type ExecContext } from './connection.ts';
import { environmentInfo } from './environment-info.ts';
import { blockHandlers } from './handlers/blocks.ts';
import { capabilityHandlers } from './handlers/capability.ts';
import { configHandlers } from './handlers/config.ts';
import { wholeFileHandlers } from './handlers/fs.ts';
import { httpHandlers } from './handlers/http.ts';
import { processHandlers } from './handlers/process.ts';
import { sessionHandlers } from './handlers/session.ts';
import { walkHandlers } from './handlers/walk.ts';
import { watchHandlers } from './handlers/watch.ts';
import { httpOnDemand } from './http-on-demand.ts';
import { Sessions } from './sessions.ts';
import type { Tracer } from './tracing.ts';

export interface ExecServerOptions {
  /** What clients are told this executor is; they compare it with versions they know. */
  readonly version: string;
  /** What it reports as its working directory; absolute. */
  readonly cwd: string;
  /** Where configuration is kept; absolute, with its links resolved. No sandboxed command writes there. */
  readonly codexHome: string;
  /** The variables that environment policies filter and headers may be taken from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log?: Log;
  /** Requests of one connection that are handled at once. Default 1: strictly in order. */
  readonly concurrentRequests?: number;
  /** How long a session outlives its connection. Default 80 seconds. */
  readonly detachedRetentionMs?: number;
  /** How long a closed process stays readable. Default 80 seconds. */
  readonly closedRetentionMs?: number;
  readonly programDirectories?: () => Promise<readonly string[]>;
  /** Gets a span for each request that is handled. */
  readonly tracer?: Tracer;
  /** Checks everything that is sent against the protocol, for tests. */
  readonly validateOutbound?: boolean;
}

export interface ServeOptions {
  /** False: the session ends with this connection, as on stdio. Default true. */
  readonly resumable?: boolean;
}

/** One client being served. */
export interface ServedExecConnection {
  /** Resolves when it is over and its transport closed. */
  readonly closed: Promise<CloseReason>;
  close(): Promise<void>;
}

export interface ExecServer extends AsyncDisposable {
  /** Serves one client until it leaves. Takes the transport over. */
  serve(transport: Transport, options?: ServeOptions): ServedExecConnection;
  /** Closes all connections, ends all sessions and kills what they run. Later calls wait for the first. */
  close(): Promise<void>;
}

const retentionMs = 80_000;
const output = { maxBytes: 1_048_576, maxChunks: 50_000, maxChunkBytes: 8192, keep: 'newest' } as const;
const systemDirectory = process.platform === 'win32' ? 'C:\\ProgramData\\OpenAI\\Codex' : '/etc/codex';

export function createExecServer(options: ExecServerOptions): ExecServer {
  const { log = silentLog, codexHome } = options;
  const env = definedOnly(options.env);
  const scope = new Scope('exec-server');
  const home = keepFromCommands(codexHome);
  scope.defer(() => home.close());
  const http = httpOnDemand(env);
  scope.defer(() => http.close());
  const processes = createProcesses({ baseEnv: env, output });
  scope.defer(() => processes.close());
  const sessions = new Sessions({ processes, closedRetentionMs: options.closedRetentionMs ?? retentionMs, log });
  scope.defer(() => sessions.close());
  const confine = (request: FileOptions) => confinedFiles(request, env.TMPDIR);
  const files = createFiles(env.TMPDIR === undefined ? {} : { tmpdir: env.TMPDIR });
  const facts = { version: options.version, cwd: options.cwd, env, programDirectories: options.programDirectories ?? (async () => []) };
  let info: ReturnType<typeof environmentInfo> | undefined;
  const handlers: Handlers<ExecRequests, ExecContext> = {
    ...sessionHandlers({ info: () => (info ??= environmentInfo(facts)) }),
    ...processHandlers(),
    ...wholeFileHandlers(files),
    ...walkHandlers(confine),
    ...blockHandlers(confine),
    ...watchHandlers(),
    ...httpHandlers({ http, env }),
    ...capabilityHandlers(files),
    ...configHandlers({ codexHome, systemDirectory }, files),
  };
  let connections = 0;
  const close = () => scope.close(new Cancelled('the server is shutting down'));
  return {
    serve(transport, { resumable = true } = {}) {
      connections += 1;
      return new Connection({
        transport,
        scope: scope.child(`connection ${connections}`),
        sessions,
        handlers,
        concurrency: options.concurrentRequests ?? 1,
        retentionMs: resumable ? (options.detachedRetentionMs ?? retentionMs) : 0,
        log,
        validateOutbound: options.validateOutbound ?? false,
        tracer: options.tracer,
      });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function definedOnly(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
