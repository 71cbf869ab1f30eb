/** The MCP servers of one thread: started together in the background, replaced when the configuration changes, ended with it. */
import { abortable, withDeadline } from '../base/abort.ts';
import { internalError } from '../base/errors.ts';
import type { McpServerConnectionStatus, McpServerStatusUpdatedNotification } from '../protocol/app/index.ts';
import type { JsonObject, ServerQuestion } from './client.ts';
import { type ConnectionDeps, type ConnectionState, McpConnection } from './connection.ts';
import type { McpServerConfig } from './server-config.ts';

export interface ThreadServersDeps extends Omit<ConnectionDeps, 'owned' | 'ask' | 'onState' | 'onToolsChanged'> {
  readonly threadId: string;
  ask(server: string, question: ServerQuestion, signal: AbortSignal): Promise<JsonObject>;
  /** False: the server belongs to an environment nobody knows, and counts as switched off. */
  reachable(config: McpServerConfig): boolean;
  /** A server that announces new tools is listed again. */
  readonly followsToolChanges: boolean;
  notify(status: McpServerStatusUpdatedNotification): void;
}

/** How long a turn waits for servers that are still starting. */
const turnGraceMs = 10_000;

export class ThreadServers {
  readonly #deps: ThreadServersDeps;
  readonly #connections = new Map<string, McpConnection>();
  #configs: readonly McpServerConfig[] = [];
  /** Held back until the client knows the thread. */
  #held: McpServerStatusUpdatedNotification[] | undefined = [];
  #closed = false;

  constructor(deps: ThreadServersDeps) {
    this.#deps = deps;
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
    if (this.#closed) return;
    const next = new Map(configs.filter((config) => config.enabled && this.#deps.reachable(config)).map((config) => [config.name, config]));
    this.#configs = configs;
    for (const [name, connection] of [...this.#connections]) {
      const config = next.get(name);
      const healthy = connection.state.kind === 'ready' || connection.state.kind === 'starting';
      if (config && healthy && same(connection.config, config)) {
        if (connection.state.kind === 'ready') this.#tell(name, connection.state);
        next.delete(name);
        continue;
      }
      this.#connections.delete(name);
      this.#retire(connection);
    }
    for (const config of next.values()) this.#launch(config);
  }

  /** Starts one server anew, for example after a login. */
  restart(name: string): void {
    const connection = this.#connections.get(name);
    if (!connection || this.#closed) return;
    this.#connections.delete(name);
    this.#retire(connection);
    this.#launch(connection.config);
  }

  /** Rejects when a server that the thread cannot do without failed. */
  async requireAll(): Promise<void> {
    const needed = [...this.#connections.values()].filter(({ config }) => config.required);
    await Promise.all(needed.map((connection) => connection.started));
    const failed = needed.flatMap(({ config, state }) => (state.kind === 'failed' ? [`${config.name}: ${state.error}`] : []));
    if (failed.length === 0) return;
    const text = `required MCP servers failed to initialize: ${failed.join('; ')}`;
    throw internalError(`error creating thread: Fatal error: Failed to initialize session: ${text}`);
  }

  /** Waits for servers that are starting, but not for long; what is late is missing from this turn. */
  async settled(signal: AbortSignal): Promise<void> {
    const starting = [...this.#connections.values()].filter(({ state }) => state.kind === 'starting');
    if (starting.length === 0) return;
    const all = Promise.all(starting.map((connection) => connection.started));
    await abortable(
      withDeadline(all, turnGraceMs, 'the start of MCP servers').catch(() => {}),
      signal,
    );
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
    const connection: McpConnection = new McpConnection(config, {
      ...this.#deps,
      owned: true,
      ask: (question, signal) => this.#deps.ask(name, question, signal),
      onState: (state) => this.#tell(name, state),
      onToolsChanged: () => {
        if (this.#deps.followsToolChanges) this.#relist(connection);
      },
    });
    this.#connections.set(name, connection);
  }

  #relist(connection: McpConnection): void {
    connection.refreshTools(AbortSignal.timeout(connection.config.startupTimeoutMs)).catch((error: unknown) => {
      this.#deps.log.warn('the tools of an MCP server could not be listed again', { server: connection.config.name, error });
    });
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

const filters = ({ enabledTools, disabledTools, toolTimeoutMs }: McpServerConfig): string =>
  JSON.stringify([enabledTools ? [...enabledTools] : null, [...disabledTools], toolTimeoutMs]);

const same = (a: McpServerConfig, b: McpServerConfig): boolean => a.identity === b.identity && filters(a) === filters(b);
