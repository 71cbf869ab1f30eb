/** One MCP server as one thread uses it: started once, listed, called, and ended. It never restarts by itself. */
import { abortable, onAbort, throwIfAborted } from '../base/abort.ts';
import { Cancelled } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { ActiveTime } from './active-time.ts';
import { connectClient, type JsonObject, type McpClient, type ServerQuestion, type Transport } from './client.ts';
import { failureText, ServerError, Unreachable } from './mcp-error.ts';
import { type McpServerConfig, toolAllowed } from './server-config.ts';

/** A tool as the server describes it. */
export interface McpTool {
  readonly name: string;
  readonly description: string | undefined;
  readonly inputSchema: unknown;
  readonly annotations: Readonly<JsonObject>;
  readonly title: string | undefined;
  readonly meta: Readonly<JsonObject> | undefined;
  /** Everything the server said about it. */
  readonly raw: JsonObject;
}

export type ConnectionState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'ready' }
  /** `error` is the sentence for the user. */
  | { readonly kind: 'failed'; readonly error: string; readonly cause: string; readonly needsLogin: 'never' | 'login' | 'again' }
  | { readonly kind: 'cancelled' };

/** What a connection is made with. */
export interface ConnectionDeps {
  readonly log: Log;
  /** The version we tell servers. */
  readonly version: string;
  readonly openaiForm: boolean;
  /** Belongs to a thread; others are only for a look at the server. */
  readonly owned: boolean;
  /** Starts the program or prepares the requests. Rejects with `Unreachable`. */
  openTransport(config: McpServerConfig, signal: AbortSignal): Promise<Transport>;
  ask(question: ServerQuestion, signal: AbortSignal): Promise<JsonObject>;
  onState(state: ConnectionState): void;
  onToolsChanged(): void;
}

export interface CallOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: ((message: string) => void) | undefined;
}

const validName = /^[a-zA-Z0-9_:@/.-]+$/;
const mostPages = 100;
const mostTools = 5000;

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Only the host's own server may say that a tool belongs to a connector. */
const connectorKeys = new Set([
  ...['connector_id', 'connector_name', 'connector_display_name', 'connector_description', 'connectorDescription'],
]);

function readTool(entry: unknown): McpTool | undefined {
  if (!isObject(entry) || typeof entry.name !== 'string') return undefined;
  const meta = isObject(entry._meta)
    ? Object.fromEntries(Object.entries(entry._meta).filter(([key]) => !connectorKeys.has(key)))
    : undefined;
  const raw = meta ? { ...entry, _meta: meta } : entry;
  return {
    name: entry.name,
    description: textOf(entry.description),
    inputSchema: entry.inputSchema ?? { type: 'object', properties: {} },
    annotations: isObject(entry.annotations) ? entry.annotations : {},
    title: textOf(entry.title),
    meta,
    raw,
  };
}

export class McpConnection {
  readonly config: McpServerConfig;
  readonly #deps: ConnectionDeps;
  readonly #over = new AbortController();
  readonly #started: Promise<void>;
  readonly #clocks = new Set<ActiveTime>();
  #state: ConnectionState = { kind: 'starting' };
  #client: McpClient | undefined;
  #tools: readonly McpTool[] = [];
  #toolListMeta: JsonObject | undefined;
  #closing: Promise<void> | undefined;

  /** Begins to start at once. */
  constructor(config: McpServerConfig, deps: ConnectionDeps) {
    this.config = config;
    this.#deps = deps;
    deps.onState(this.#state);
    this.#started = this.#start();
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Settles when the start is over, however it went. Never rejects. */
  get started(): Promise<void> {
    return this.#started;
  }

  get client(): McpClient | undefined {
    return this.#client;
  }

  /** What the server offers and the configuration allows; empty until it is ready. */
  get tools(): readonly McpTool[] {
    return this.#tools;
  }

  get toolListMeta(): JsonObject | undefined {
    return this.#toolListMeta;
  }

  /** Any request but a tool call; its time is that of a tool call. Rejects like `callTool`. */
  request(method: string, params: JsonObject, options: CallOptions): Promise<JsonObject> {
    return this.#timed(method, options, (client, signal) => client.request(method, params, { signal }));
  }

  /**
   * Rejects with `ServerError`, with `Unreachable` when there is no answer, or with the signal's reason. Time that the
   * user needs to answer the server's questions does not count.
   */
  callTool(call: { tool: string; args: JsonObject | undefined; meta: JsonObject }, options: CallOptions): Promise<JsonObject> {
    const { tool, args, meta } = call;
    const params = { name: tool, ...(args === undefined ? {} : { arguments: args }), _meta: meta };
    return this.#timed('tools/call', options, (client, signal) =>
      client.request('tools/call', params, { signal, onProgress: options.onProgress }),
    );
  }

  /** Asks the server again what it offers. */
  async refreshTools(signal: AbortSignal): Promise<void> {
    const client = this.#client;
    if (client) await this.#list(client, signal);
  }

  /** Ends the server. A start that is under way is cancelled. Later calls wait for the first. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const wasStarting = this.#state.kind === 'starting';
    if (wasStarting) this.#become({ kind: 'cancelled' });
    this.#over.abort(new Cancelled('the MCP server is no longer needed'));
    await this.#started;
    await this.#client?.close();
  }

  #become(state: ConnectionState): void {
    this.#state = state;
    this.#deps.onState(state);
  }

  async #start(): Promise<void> {
    // The caller's constructor must be done before anything is reported.
    await Promise.resolve();
    const { config } = this;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Unreachable('timed out')), config.startupTimeoutMs);
    const signal = AbortSignal.any([this.#over.signal, late.signal]);
    try {
      if (!validName.test(config.name))
        throw new Unreachable(`Invalid MCP server name '${config.name}': must match pattern ${validName.source}`);
      await this.#connect(signal);
      if (this.#over.signal.aborted) return;
      this.#become({ kind: 'ready' });
    } catch (error) {
      await this.#client?.close().catch(() => {});
      if (this.#over.signal.aborted) return;
      this.#become(this.#failure(error, late.signal.aborted));
    } finally {
      clearTimeout(timer);
    }
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const transport = await this.#deps.openTransport(this.config, signal);
    if (signal.aborted) {
      await transport.close();
      throwIfAborted(signal);
    }
    const experimental = this.#deps.owned && this.config.transport.type === 'stdio' ? { 'codex/auth-change': {} } : undefined;
    const { log, version, openaiForm } = this.#deps;
    let client: McpClient;
    try {
      client = await connectClient(
        {
          ...{ transport, version, experimental, openaiForm },
          log: log.child(`mcp ${this.config.name}`),
          ask: (question, withdrawn) => this.#asked(question, withdrawn),
          onToolsChanged: () => this.#deps.onToolsChanged(),
          onClosed: () => this.#lost(),
        },
        signal,
      );
    } catch (error) {
      throwIfAborted(signal);
      throw handshakeFailure(error);
    }
    this.#client = client;
    if (isObject(client.capabilities.tools)) await this.#list(client, signal);
  }

  async #list(client: McpClient, signal: AbortSignal): Promise<void> {
    const tools: McpTool[] = [];
    const seen = new Set<string>();
    let cursor: string | undefined;
    let meta: JsonObject | undefined;
    for (let page = 0; page < mostPages && tools.length < mostTools; page += 1) {
      const answer = await client.request('tools/list', cursor === undefined ? {} : { cursor }, { signal });
      if (page === 0 && isObject(answer._meta)) meta = answer._meta;
      for (const entry of Array.isArray(answer.tools) ? answer.tools : []) {
        const tool = readTool(entry);
        if (tool && toolAllowed(this.config, tool.name)) tools.push(tool);
      }
      cursor = textOf(answer.nextCursor);
      if (cursor === undefined || seen.has(cursor)) break;
      seen.add(cursor);
    }
    this.#tools = tools.slice(0, mostTools);
    this.#toolListMeta = meta;
  }

  #failure(error: unknown, late: boolean): ConnectionState {
    const { name, startupTimeoutMs } = this.config;
    if (late) {
      const seconds = Math.floor(startupTimeoutMs / 1000);
      const text = `MCP client for \`${name}\` timed out after ${seconds} seconds. Add or adjust \`startup_timeout_sec\` in your config.toml:\n[mcp_servers.${name}]\nstartup_timeout_sec = XX`;
      return { kind: 'failed', error: text, cause: text, needsLogin: 'never' };
    }
    const needsLogin = error instanceof Unreachable ? error.needsLogin : 'never';
    const cause = error instanceof ServerError ? `handshaking with MCP server failed: ${failureText(error)}` : failureText(error);
    if (needsLogin !== 'never') return { kind: 'failed', error: cause, cause, needsLogin };
    return {
      kind: 'failed',
      error: `MCP client for \`${name}\` failed to start: MCP startup failed: ${cause}`,
      cause: `MCP startup failed: ${cause}`,
      needsLogin,
    };
  }

  /** The server went away by itself. */
  #lost(): void {
    if (this.#state.kind !== 'ready' || this.#closing) return;
    this.#state = { kind: 'failed', error: 'Transport closed', cause: 'Transport closed', needsLogin: 'never' };
  }

  async #asked(question: ServerQuestion, withdrawn: AbortSignal): Promise<JsonObject> {
    for (const clock of this.#clocks) clock.hold();
    try {
      return await this.#deps.ask(question, AbortSignal.any([withdrawn, this.#over.signal]));
    } finally {
      for (const clock of this.#clocks) clock.release();
    }
  }

  async #timed(
    what: string,
    { signal }: CallOptions,
    run: (client: McpClient, signal: AbortSignal) => Promise<JsonObject>,
  ): Promise<JsonObject> {
    await abortable(this.#started, signal);
    const client = this.#client;
    if (!client || this.#state.kind !== 'ready') throw new Unreachable(this.#unavailable());
    const end = new AbortController();
    const unlink = onAbort(AbortSignal.any([signal, this.#over.signal]), () => end.abort(signal.aborted ? signal.reason : undefined));
    const { toolTimeoutMs } = this.config;
    const late = new Unreachable(`timed out awaiting ${what} after ${seconds(toolTimeoutMs)}`);
    const clock = new ActiveTime(toolTimeoutMs, () => end.abort(late));
    this.#clocks.add(clock);
    try {
      return await run(client, end.signal);
    } finally {
      unlink();
      clock.stop();
      this.#clocks.delete(clock);
    }
  }

  #unavailable(): string {
    if (this.#client && this.#state.kind === 'failed') return 'Transport closed';
    return this.#state.kind === 'failed' ? `failed to get client: ${this.#state.cause}` : 'Transport closed';
  }
}

const seconds = (ms: number): string => (ms < 1000 ? `${ms}ms` : `${ms / 1000}s`);

/** What went wrong between the start of the program and its first tool list. */
function handshakeFailure(error: unknown): Error {
  if (error instanceof Unreachable && error.needsLogin !== 'never') return error;
  const cause =
    error instanceof Unreachable && error.message === 'Transport closed' ? 'connection closed: initialize response' : failureText(error);
  return new Unreachable(`handshaking with MCP server failed: ${cause}`, { cause: error });
}
