/** The composition root: builds a whole server from its options. Nothing here reads the process or keeps state outside the object. */
import type { Clock } from '../base/clock.ts';
import { Cancelled } from '../base/errors.ts';
import type { HttpTransport } from '../base/http-transport.ts';
import type { Log } from '../base/log.ts';
import { Scope } from '../base/scope.ts';
import { noTelemetry, type Telemetry } from '../base/telemetry.ts';
import type { AppClient, AppClientOptions } from '../client/app-client.ts';
import type { DeclarationFile } from '../environment/declared.ts';
import { Lanes } from '../rpc/lanes.ts';
import type { CloseReason } from '../rpc/peer.ts';
import { memoryPair } from '../rpc/transports/memory.ts';
import type { Transport } from '../rpc/transports/transport.ts';
import type { Keyring } from '../store/keyring.ts';
import { Audience } from './audience.ts';
import { Connection } from './connection.ts';
import { createHandlers } from './handlers/index.ts';
import { type ClientIdentity, type Initialized, type MachineFacts, ownVersion, userAgent } from './handshake.ts';
import { IdleThreads } from './idle-threads.ts';
import type { FileWatcher } from './ports.ts';
import { createServices } from './services.ts';

export interface AppServerOptions {
  /** Where threads, configuration and credentials are kept; absolute. */
  readonly codexHome: string;
  /** What relative directories are resolved against; absolute. */
  readonly cwd: string;
  /** The variables of the program that hosts the server. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly facts: MachineFacts;
  readonly clock: Clock;
  readonly log: Log;
  readonly http: HttpTransport;
  readonly watcher: FileWatcher;
  /** Absolute path of the ripgrep program. */
  readonly ripgrep: () => Promise<string>;
  readonly processInfo: () => { readonly id: number; readonly residentMemoryBytes: number };
  readonly telemetry?: Telemetry;
  /** Where logins at MCP servers may be kept; absent: the system's own. */
  readonly keyring?: Keyring | undefined;
  /** The administrator's `config.toml`; `requirements.toml` lies beside it. Absent: the place of the platform. */
  readonly systemFile?: string | undefined;
  /** `key=value` configuration overrides, later ones win. */
  readonly overrides?: readonly string[];
  readonly strictConfig?: boolean;
  /** `environments.toml` of the home directory, when there is one. */
  readonly environmentsFile?: DeclarationFile | undefined;
  /** Goes in front of the user agent instead of the first client's name. */
  readonly originator?: string | undefined;
  /** Checks everything that is sent against the protocol, for tests. */
  readonly validateOutbound?: boolean;
}

/** One client being served. */
export interface ServedConnection {
  /** Resolves when it is over and its transport closed. */
  readonly closed: Promise<CloseReason>;
  close(): Promise<void>;
}

export interface AppServer extends AsyncDisposable {
  /**
   * Serves one client until it leaves. Takes the transport over. `initialized` is given when `initialize` was answered
   * already; the client then gets at once what follows that answer and was not told yet.
   */
  serve(transport: Transport, initialized?: Initialized): ServedConnection;
  /** A client in this process, its handshake done. Closing it leaves the server running. */
  connect(options: Omit<AppClientOptions, 'transport'>): Promise<AppClient>;
  /** Turns that run now, over all threads. */
  readonly runningTurns: number;
  /** Resolves when no turn runs; rejects with the signal's reason when it aborts first. */
  whenIdle(signal: AbortSignal): Promise<void>;
  /** Stops turns, ends what they run, writes what is not written, closes all connections. Later calls wait for the first. */
  close(): Promise<void>;
}

/** How long a hook may hold up the end of the program. */
const lastHooksMs = 1000;

export function createAppServer(options: AppServerOptions): AppServer {
  const scope = new Scope('app-server');
  const audience = new Audience();
  const lanes = new Lanes();
  let nextConnectionId = 1;
  let first: ClientIdentity | undefined;
  const originator = (client: ClientIdentity): string => {
    first ??= client;
    return options.originator ?? first.name;
  };
  const clientHeaders = () => {
    const client = first ?? { name: 'switchyard', title: null, version: ownVersion };
    const name = options.originator ?? client.name;
    return { originator: name, 'user-agent': userAgent(options.facts, name, client) };
  };

  const services = createServices({
    ...options,
    telemetry: options.telemetry ?? noTelemetry,
    scope,
    audience,
    overrides: options.overrides ?? [],
    strictConfig: options.strictConfig ?? false,
    originator,
    clientHeaders,
  });
  const handlers = createHandlers(services);
  const idleThreads = scope.own(
    new IdleThreads({
      threads: services.threads,
      subscriberCount: (threadId) => audience.subscriberCount(threadId),
      clock: options.clock,
      log: options.log,
      closed: (threadId) => audience.broadcast('thread/closed', { threadId }),
    }),
  );
  idleThreads.start();

  const serve = (transport: Transport, initialized?: Initialized): ServedConnection => {
    const connection = new Connection({
      id: nextConnectionId++,
      transport,
      scope: scope.child(`connection ${nextConnectionId}`),
      handlers,
      lanes,
      log: options.log,
      nowMs: () => options.clock.nowMs(),
      initialized,
      validateOutbound: options.validateOutbound ?? false,
    });
    audience.add(connection);
    if (initialized) {
      originator(initialized.client);
      services.welcome(connection);
    }
    return connection;
  };
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= services.threads.endSessions(lastHooksMs).then(() => scope.close(new Cancelled('the server is shutting down')));
    return closing;
  };
  return {
    serve,
    async connect(client) {
      const { openAppClient } = await import('../client/app-client.ts');
      const [ours, theirs] = memoryPair();
      serve(ours);
      return openAppClient({ ...client, transport: theirs });
    },
    get runningTurns() {
      return services.runningTurns();
    },
    whenIdle: (signal) => services.whenIdle(signal),
    close,
    [Symbol.asyncDispose]: close,
  };
}
