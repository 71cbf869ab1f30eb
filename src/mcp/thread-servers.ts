/** The MCP servers of one thread: started together in the background, replaced when the configuration changes, ended with it. */
import { abortable, delay, withDeadline } from '../base/abort.ts';
import { internalError } from '../base/errors.ts';
import type { McpServerConnectionStatus, McpServerStatusUpdatedNotification } from '../protocol/app/index.ts';
import type { Catalogs } from './catalogs.ts';
import type { JsonObject, ServerQuestion } from './client.ts';
import { type ConnectionDeps, type ConnectionState, McpConnection } from './connection.ts';
import { type McpServerConfig, sameServer } from './server-config.ts';

export interface ThreadServersDeps extends Omit<ConnectionDeps, 'owned' | 'ask' | 'onState' | 'onToolsChanged' | 'catalog'> {
  readonly threadId: string;
  ask(server: string, question: ServerQuestion, signal: AbortSignal): Promise<JsonObject>;
  /** False: the server belongs to an environment nobody knows, and counts as switched off. */
  reachable(config: McpServerConfig): boolean;
  /** A server that announces new tools is listed again. */
  readonly followsToolChanges: boolean;
  notify(status: McpServerStatusUpdatedNotification): void;
  /** Of all threads. */
  readonly catalogs: Catalogs;
  /** What a catalogue depends on besides the configuration of its server. */
  catalogPlace(): string;
  /** How long a turn waits for servers that are still starting; 0: until they have started. */
  readonly turnGraceMs: number;
}

/** What a server that announces new tools without end is held to. */
const relistPauseMs = 250;

export class ThreadServers {
  readonly #deps: ThreadServersDeps;
  readonly #connections = new Map<string, McpConnection>();
  #configs: readonly McpServerConfig[] = [];
  /** Held back until the client knows the thread. */
  #held: McpServerStatusUpdatedNotification[] | undefined = [];
  /** Servers whose tools are being listed again. */
  readonly #relisting = new Map<McpConnection, 'once' | 'again'>();
  #closed = false;
  #revision = 0;

  constructor(deps: ThreadServersDeps) {
    this.#deps = deps;
  }

  /** Another number whenever what a model is offered may be different. */
  get revision(): number {
    return this.#revision;
  }

  /** In order of their names. */
  get configs(): readonly McpServerConfig[] {
    return this.#configs;
  }

  get connections(): Iterable<McpConnection> {
    return this.#connections.values();
  }

  find(name: string): McpConnection | undefined {
    return this.#connections.get(name);
  }

  /** From now on the client hears how the servers are, beginning with what happened before. */
  announce(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const status of held) this.#deps.notify(status);
  }

  /** Starts what is new, ends what is gone, and says of the rest that it is ready. Returns before anything has started. */
  apply(configs: readonly McpServerConfig[]): void {
    this.keep(configs);
    this.replace(configs);
  }

  /** Servers that stay as they are take their new filters, times and modes; those that are ready say so again. */
  keep(configs: readonly McpServerConfig[]): void {
    if (this.#closed) return;
    const kept = new Map(configs.filter((config) => this.#stays(config)).map((config) => [config.name, config]));
    for (const config of kept.values()) {
      const connection = this.#connections.get(config.name);
      connection?.reconfigure(config);
      if (connection?.state.kind === 'ready') this.#tell(config.name, connection.state);
    }
    this.#configs = this.#configs.map((config) => kept.get(config.name) ?? config);
    this.#revision += 1;
  }

  /** Starts what is new and ends what is gone. */
  replace(configs: readonly McpServerConfig[]): void {
    if (this.#closed) return;
    const wanted = configs.filter((config) => config.enabled && this.#deps.reachable(config));
    const stay = new Set(wanted.filter((config) => this.#stays(config)).map(({ name }) => name));
    this.#configs = configs;
    this.#revision += 1;
    for (const [name, connection] of [...this.#connections]) {
      if (stay.has(name)) continue;
      this.#connections.delete(name);
      this.#retire(connection);
    }
    for (const config of wanted) if (!stay.has(config.name)) this.#launch(config);
  }

  #stays(config: McpServerConfig): boolean {
    const connection = this.#connections.get(config.name);
    if (!connection || !config.enabled || !this.#deps.reachable(config)) return false;
    const { kind } = connection.state;
    return (kind === 'ready' || kind === 'starting') && sameServer(connection.config, config);
  }

  /** Starts one server anew, for example after a login. */
  restart(name: string): void {
    const connection = this.#connections.get(name);
    if (!connection || this.#closed) return;
    this.#connections.delete(name);
    this.#retire(connection);
    for (const [other, { state }] of this.#connections) if (state.kind === 'ready') this.#tell(other, state);
    this.#launch(connection.config);
  }

  /** Rejects when a server that the thread cannot do without failed. */
  async requireAll(): Promise<void> {
    const needed = [...this.#connections.values()].filter(({ config }) => config.required);
    await Promise.all(needed.map((connection) => connection.started));
    const failed = needed.flatMap(({ config, state }) =>
      state.kind === 'failed' ? [`${config.name}: ${state.cause.replace(/^MCP startup failed: /, '')}`] : [],
    );
    if (failed.length === 0) return;
    const text = `required MCP servers failed to initialize: ${failed.join('; ')}`;
    throw internalError(`error creating thread: Fatal error: Failed to initialize session: ${text}`);
  }

  /** Waits for servers that are starting and not known from before, but not for long; what is late comes later in the turn. */
  async settled(signal: AbortSignal): Promise<void> {
    const starting = [...this.#connections.values()].filter(({ state, offering }) => state.kind === 'starting' && !offering);
    if (starting.length === 0) return;
    const all = Promise.all(starting.map((connection) => connection.started)).then(() => {});
    const { turnGraceMs } = this.#deps;
    const patient = turnGraceMs === 0 ? all : withDeadline(all, turnGraceMs, 'the start of MCP servers').catch(() => {});
    await abortable(patient, signal);
  }

  status(config: McpServerConfig): McpServerConnectionStatus {
    const connection = this.#connections.get(config.name);
    if (!connection) return config.enabled && this.#deps.reachable(config) ? 'notStarted' : 'disabled';
    const { state } = connection;
    if (state.kind === 'ready') return 'connected';
    if (state.kind === 'failed') return state.needsLogin === 'never' ? 'failed' : 'authenticationRequired';
    return state.kind;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const all = [...this.#connections.values()];
    this.#connections.clear();
    await Promise.all(all.map((connection) => connection.close()));
  }

  #launch(config: McpServerConfig): void {
    const { name } = config;
    const { catalogs } = this.#deps;
    const key = `${config.identity}\0${this.#deps.catalogPlace()}`;
    const connection: McpConnection = new McpConnection(config, {
      ...this.#deps,
      owned: true,
      catalog: {
        known: catalogs.find(key),
        keep: (catalog) => catalogs.keep(key, catalog),
        forget: () => catalogs.forget(key),
      },
      ask: (question, signal) => this.#deps.ask(name, question, signal),
      onState: (state) => {
        this.#revision += 1;
        this.#tell(name, state);
      },
      onToolsChanged: () => {
        if (this.#deps.followsToolChanges) this.#relist(connection);
      },
    });
    this.#connections.set(name, connection);
  }

  /** At once, and once more after a pause when another announcement came meanwhile. */
  #relist(connection: McpConnection): void {
    const asked = this.#relisting.get(connection);
    this.#relisting.set(connection, asked === undefined ? 'once' : 'again');
    if (asked === undefined) void this.#relistNow(connection);
  }

  async #relistNow(connection: McpConnection): Promise<void> {
    const { name, startupTimeoutMs } = connection.config;
    try {
      await connection.refreshTools(AbortSignal.timeout(startupTimeoutMs));
      this.#revision += 1;
    } catch (error) {
      this.#deps.log.warn('the tools of an MCP server could not be listed again', { server: name, error });
    }
    await delay(relistPauseMs);
    const again = this.#relisting.get(connection) === 'again' && !this.#closed;
    this.#relisting.delete(connection);
    if (again && connection.state.kind === 'ready') this.#relist(connection);
  }

  #retire(connection: McpConnection): void {
    connection.close().catch((error: unknown) => {
      this.#deps.log.warn('an MCP server did not end well', { server: connection.config.name, error });
    });
  }

  #tell(name: string, state: ConnectionState): void {
    const { threadId } = this.#deps;
    const status: McpServerStatusUpdatedNotification = {
      threadId,
      name,
      status: state.kind,
      error: state.kind === 'failed' ? state.error : null,
      failureReason: state.kind === 'failed' && state.needsLogin === 'again' ? 'reauthenticationRequired' : null,
    };
    if (this.#held) this.#held.push(status);
    else this.#deps.notify(status);
  }
}
