/** One MCP server as one thread uses it: started once, listed, called, and ended. It never restarts by itself. */
import { abortable, onAbort, throwIfAborted } from '../base/abort.ts';
import { Cancelled } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { ActiveTime } from './active-time.ts';
import { type Catalog, cacheable } from './catalogs.ts';
import { connectClient, type JsonObject, type McpClient, type ServerQuestion, type Transport } from './client.ts';
import { failureText, ServerError, Unreachable } from './mcp-error.ts';
import { type McpServerConfig, toolAllowed } from './server-config.ts';
import { type McpTool, readTool } from './tool.ts';

export type ConnectionState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'ready' }
  /** `error` is the sentence for the user. */
  | { readonly kind: 'failed'; readonly error: string; readonly cause: string; readonly needsLogin: 'never' | 'login' | 'again' }
  | { readonly kind: 'cancelled' };

/** How a transport is opened. */
export interface Opening {
  readonly signal: AbortSignal;
  /** Waits for `work` without counting the time, during the start as later. */
  uncounted<T>(work: () => Promise<T>): Promise<T>;
}

/** What the server offered before, for the time until it has answered. */
export interface CatalogSlot {
  readonly known: Catalog | undefined;
  keep(catalog: Catalog): void;
  forget(): void;
}

/** What a connection is made with. */
export interface ConnectionDeps {
  readonly log: Log;
  /** The version we tell servers. */
  readonly version: string;
  readonly openaiForm: boolean;
  /** Belongs to a thread; others are only for a look at the server. */
  readonly owned: boolean;
  /** Starts the program or prepares the requests. Rejects with `Unreachable`. */
  openTransport(config: McpServerConfig, opening: Opening): Promise<Transport>;
  ask(question: ServerQuestion, signal: AbortSignal): Promise<JsonObject>;
  onState(state: ConnectionState): void;
  /** The server announces other tools. */
  onToolsChanged(): void;
  /** Absent: nothing is remembered. */
  readonly catalog?: CatalogSlot | undefined;
}

export interface CallOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: ((message: string) => void) | undefined;
}

const validName = /^[a-zA-Z0-9_:@/.-]+$/;
const mostPages = 100;
const mostTools = 5000;
/** Questions of one server that wait for the user at a time; more are cancelled. */
const mostQuestions = 16;

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

export class McpConnection {
  #config: McpServerConfig;
  readonly #deps: ConnectionDeps;
  readonly #over = new AbortController();
  readonly #started: Promise<void>;
  readonly #clocks = new Set<ActiveTime>();
  #state: ConnectionState = { kind: 'starting' };
  #client: McpClient | undefined;
  /** Everything the server offers. */
  #offered: readonly McpTool[] = [];
  /** What of it the configuration allows; undefined: not worked out yet. */
  #tools: readonly McpTool[] | undefined;
  #toolListMeta: JsonObject | undefined;
  #questions = 0;
  #closing: Promise<void> | undefined;

  /** Begins to start at once. */
  constructor(config: McpServerConfig, deps: ConnectionDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#offered = deps.catalog?.known?.tools ?? [];
    deps.onState(this.#state);
    this.#started = this.#start();
  }

  get config(): McpServerConfig {
    return this.#config;
  }

  /** Takes filters, times and modes of a configuration with the same identity; they hold from now on. */
  reconfigure(config: McpServerConfig): void {
    this.#config = config;
    this.#tools = undefined;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** It can be called, or it is starting and known from before. */
  get offering(): boolean {
    return this.#state.kind === 'ready' || (this.#state.kind === 'starting' && this.#deps.catalog?.known !== undefined);
  }

  /** Settles when the start is over, however it went. Never rejects. */
  get started(): Promise<void> {
    return this.#started;
  }

  get client(): McpClient | undefined {
    return this.#client;
  }

  get instructions(): string | undefined {
    return this.#client ? this.#client.instructions : this.#deps.catalog?.known?.instructions;
  }

  /** What the server offers and the configuration allows; until it is ready, what it offered before. */
  get tools(): readonly McpTool[] {
    this.#tools ??= this.#offered.filter(({ name }) => toolAllowed(this.#config, name));
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
    const { name } = this.config;
    try {
      if (!validName.test(name)) throw new Unreachable(`Invalid MCP server name '${name}': must match pattern ${validName.source}`);
      await this.#connect();
      if (this.#over.signal.aborted) return;
      this.#become({ kind: 'ready' });
    } catch (error) {
      await this.#client?.close().catch(() => {});
      if (this.#over.signal.aborted) return;
      this.#offer([]);
      this.#become(this.#failure(error));
    }
  }

  /** Opening, shaking hands and listing: each has the whole budget to itself, and what comes of a late one is closed. */
  async #connect(): Promise<void> {
    const transport = await this.#budgeted('spawning', (signal) => this.#open(signal));
    const client = await this.#budgeted('handshaking with', (signal) => this.#shakeHands(transport, signal));
    this.#client = client;
    const { catalog } = this.#deps;
    if (!cacheable(client.capabilities)) catalog?.forget();
    if (!isObject(client.capabilities.tools)) return this.#offer([]);
    await this.#budgeted('listing the tools of', (signal) => this.#list(client, signal));
  }

  /** A transport that opens too late is closed when it comes. */
  async #open(signal: AbortSignal): Promise<Transport> {
    const opening = this.#deps.openTransport(this.config, { signal, uncounted: (work) => this.#uncounted(work) });
    try {
      return await abortable(opening, signal);
    } catch (error) {
      opening.then(
        (late) => void late.close().catch(() => {}),
        () => {},
      );
      throw error;
    }
  }

  async #shakeHands(transport: Transport, signal: AbortSignal): Promise<McpClient> {
    const experimental = this.#deps.owned && this.config.transport.type === 'stdio' ? { 'codex/auth-change': {} } : undefined;
    const { log, version, openaiForm } = this.#deps;
    try {
      return await connectClient(
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
  }

  /** Rejects with `Late` when `work` takes longer than a start may; time that does not count is left out. */
  async #budgeted<T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const late = new AbortController();
    const { startupTimeoutMs } = this.config;
    const clock = new ActiveTime(startupTimeoutMs, () => late.abort(new Late(what, startupTimeoutMs)));
    this.#clocks.add(clock);
    try {
      const signal = AbortSignal.any([this.#over.signal, late.signal]);
      // Whatever `work` waits for, the budget holds.
      return await abortable(work(signal), signal);
    } finally {
      clock.stop();
      this.#clocks.delete(clock);
    }
  }

  async #uncounted<T>(work: () => Promise<T>): Promise<T> {
    const clocks = [...this.#clocks];
    for (const clock of clocks) clock.hold();
    try {
      return await work();
    } finally {
      for (const clock of clocks) clock.release();
    }
  }

  #offer(tools: readonly McpTool[]): void {
    this.#offered = tools;
    this.#tools = undefined;
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
        const tool = readTool(entry, this.#config.owner?.pluginName);
        if (tool) tools.push(tool);
      }
      cursor = textOf(answer.nextCursor);
      if (cursor === undefined || seen.has(cursor)) break;
      seen.add(cursor);
    }
    this.#offer(tools.slice(0, mostTools));
    this.#toolListMeta = meta;
    if (cacheable(client.capabilities)) this.#deps.catalog?.keep({ tools: this.#offered, instructions: client.instructions });
  }

  #failure(error: unknown): ConnectionState {
    const { name } = this.config;
    if (error instanceof Late) {
      const whole = Math.floor(error.ms / 1000);
      const text = `MCP client for \`${name}\` timed out after ${whole} seconds. Add or adjust \`startup_timeout_sec\` in your config.toml:\n[mcp_servers.${name}]\nstartup_timeout_sec = XX`;
      return { kind: 'failed', error: text, cause: `MCP startup failed: ${error.message}`, needsLogin: 'never' };
    }
    const needsLogin = error instanceof Unreachable ? error.needsLogin : 'never';
    const cause = error instanceof ServerError ? `handshaking with MCP server failed: ${failureText(error)}` : failureText(error);
    if (needsLogin !== 'never') return { kind: 'failed', error: cause, cause: `MCP startup failed: ${loginCause(error)}`, needsLogin };
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
    if (this.#questions >= mostQuestions) return { action: 'cancel' };
    this.#questions += 1;
    try {
      return await this.#uncounted(() => this.#deps.ask(question, AbortSignal.any([withdrawn, this.#over.signal])));
    } finally {
      this.#questions -= 1;
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

/** One step of a start took longer than a start may. */
class Late extends Error {
  override readonly name = 'Late';
  readonly ms: number;

  constructor(what: string, ms: number) {
    super(`timed out ${what} MCP server after ${seconds(ms)}: deadline has elapsed`);
    this.ms = ms;
  }
}

/** Why the server has to be signed in at, for those who know already that it has to be. */
const loginCause = (error: unknown): string =>
  error instanceof Error && error.cause instanceof Error ? error.cause.message : 'handshaking with MCP server failed: Auth required';

const seconds = (ms: number): string => (ms < 1000 ? `${ms}ms` : `${ms / 1000}s`);

/** What went wrong between the start of the program and its first tool list. */
function handshakeFailure(error: unknown): Error {
  if (error instanceof Unreachable && error.needsLogin !== 'never') return error;
  const cause =
    error instanceof Unreachable && error.message === 'Transport closed' ? 'connection closed: initialize response' : failureText(error);
  return new Unreachable(`handshaking with MCP server failed: ${cause}`, { cause: error });
}
