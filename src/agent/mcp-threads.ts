/** The MCP servers of all loaded threads: started with a thread, offered to its turns, reloaded, and ended with it. */
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../base/clock.ts';
import { messageOf, RequestError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { FoundRoot } from '../environment/environment.ts';
import type { Environments } from '../environment/environments.ts';
import { Catalogs } from '../mcp/catalogs.ts';
import type { JsonObject, ServerQuestion } from '../mcp/client.ts';
import { McpConnection } from '../mcp/connection.ts';
import type { CredentialStore } from '../mcp/credentials.ts';
import { answerFor, automaticAnswer, questionParams } from '../mcp/elicitation.ts';
import { openTransport } from '../mcp/open-transport.ts';
import { type McpServerConfig, sameServer, serverConfigs } from '../mcp/server-config.ts';
import type { Variables } from '../mcp/stdio-transport.ts';
import { ThreadServers } from '../mcp/thread-servers.ts';
import type { ResolvedRoot } from './capability-roots.ts';
import { elicit } from './elicit.ts';
import { type DeclaredServers, declaredServers, serversOf } from './plugin-servers.ts';
import type { McpServerTables } from './ports.ts';
import type { Thread } from './thread.ts';
import { asksNobody, fullAccess } from './tools/mcp-approval.ts';
import { createResourceTools } from './tools/mcp-resources.ts';
import { createMcpTools, type McpToolPort } from './tools/mcp-tool.ts';
import type { Tool, ToolCall } from './tools/tool.ts';

export interface McpThreadsDeps {
  readonly environments: Environments;
  /** The variables of the program that hosts the server. */
  readonly variables: Variables;
  readonly version: string;
  readonly credentials: CredentialStore;
  readonly clock: Clock;
  readonly log: Log;
  /** A client of this thread can show the vendor's richer forms. */
  openaiForm(threadId: string): boolean;
  /** Writes lasting consent for one tool to the configuration. */
  approve(server: string, tool: string): Promise<void>;
}

interface Held {
  readonly thread: Thread;
  readonly servers: ThreadServers;
  readonly port: McpToolPort;
  configured: readonly McpServerConfig[];
  /** What the user and an administrator say of servers of plugins. */
  policies: Pick<McpServerTables, 'plugins' | 'permits'>;
  /** Of the plugins below the roots of the last step. */
  plugins: readonly McpServerConfig[];
}

const noPolicies = { plugins: {}, permits: () => true };

/** A name belongs to the configuration first, then to the plugin that was selected first. */
function joined({ configured, plugins }: Pick<Held, 'configured' | 'plugins'>): McpServerConfig[] {
  const byName = new Map<string, McpServerConfig>();
  for (const config of [...configured, ...plugins]) if (!byName.has(config.name)) byName.set(config.name, config);
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

export class McpThreads {
  readonly #deps: McpThreadsDeps;
  readonly #held = new Map<string, Held>();
  readonly #catalogs = new Catalogs();
  /** What was read of the files of roots; those are kept by their threads. */
  readonly #declared = new WeakMap<FoundRoot, DeclaredServers>();

  constructor(deps: McpThreadsDeps) {
    this.#deps = deps;
  }

  /** Starts the servers of a thread that was just made. Rejects when one it cannot do without failed; nothing is left then. */
  async opened(thread: Thread): Promise<void> {
    const tables = thread.core.config.mcp?.tables ?? {};
    const configs = serverConfigs(tables);
    const held = this.#hold(thread);
    held.configured = configs;
    if (configs.length === 0) return;
    held.servers.apply(configs);
    await held.servers.requireAll();
  }

  /** The servers of the plugins below `roots` are started, moved or ended; waits a little for new ones. Rejects only when `signal` aborts. */
  async rootsResolved(threadId: string, roots: readonly ResolvedRoot[], signal: AbortSignal): Promise<void> {
    const held = this.#held.get(threadId);
    if (!held) return;
    const plugins = await this.#below(held, roots, signal);
    if (alike(plugins, held.plugins)) return;
    held.plugins = plugins;
    held.servers.replace(joined(held));
    await held.servers.settled(signal);
  }

  /** Servers of selected plugins that the thread has not begun with: its next step starts them. */
  async undiscovered(threadId: string, signal: AbortSignal): Promise<McpServerConfig[]> {
    const held = this.#held.get(threadId);
    if (!held || held.thread.core.roots.selected.length === 0) return [];
    const plugins = await this.#below(held, held.thread.core.roots.atHand().roots, signal);
    const known = new Set(held.servers.configs.map(({ name }) => name));
    return joined({ configured: held.configured, plugins }).filter(({ name }) => !known.has(name));
  }

  async #below({ thread, policies }: Held, roots: readonly ResolvedRoot[], signal: AbortSignal): Promise<McpServerConfig[]> {
    if (roots.length === 0) return [];
    const found = await thread.core.roots.look(roots, signal);
    return roots.flatMap((root, at) => {
      const below = found[at];
      const ofPlugin = Object.hasOwn(policies.plugins, root.id) ? policies.plugins[root.id] : undefined;
      const servers = below ? serversOf(root, this.#read(below), ofPlugin ?? {}) : [];
      return servers.filter(({ name, transport }) => policies.permits(name, transport));
    });
  }

  #read(found: FoundRoot): DeclaredServers {
    const known = this.#declared.get(found);
    if (known) return known;
    const declared = declaredServers(found);
    for (const warning of declared.warnings) this.#deps.log.warn(warning);
    this.#declared.set(found, declared);
    return declared;
  }

  /** The client knows the thread now and may hear of its servers. */
  announced(threadId: string): void {
    this.#held.get(threadId)?.servers.announce();
  }

  find(threadId: string): ThreadServers | undefined {
    return this.#held.get(threadId)?.servers;
  }

  /** A connection outside of any thread, for a look at the server; the caller closes it. Nobody is asked anything. */
  visit(config: McpServerConfig, cwd: string): McpConnection {
    return new McpConnection(config, {
      ...{ log: this.#deps.log, version: this.#deps.version, openaiForm: false, owned: false },
      openTransport: (of, opening) => openTransport(of, { ...this.#deps, cwd }, opening),
      ask: async () => ({ action: 'decline' }),
      onState: () => {},
      onToolsChanged: () => {},
    });
  }

  /** False: the environment of the server is not known, so it counts as switched off. */
  reachable({ environmentId, owner }: McpServerConfig): boolean {
    return owner !== undefined || this.#deps.environments.find(environmentId) !== undefined;
  }

  /** Waits a little for servers that are still starting. Undefined when there is nothing to wait for. */
  settled(threadId: string, signal: AbortSignal): Promise<void> | undefined {
    const servers = this.find(threadId);
    return servers && servers.configs.length > 0 ? servers.settled(signal) : undefined;
  }

  /** Another number whenever `tools` may give something else. */
  revision(threadId: string): number {
    return this.find(threadId)?.revision ?? 0;
  }

  tools(threadId: string): readonly Tool[] {
    const held = this.#held.get(threadId);
    if (!held || held.servers.configs.length === 0) return [];
    return [...createResourceTools(held.servers), ...createMcpTools(held.servers, held.port)];
  }

  /** Reads the configuration of every thread again. All or nothing: a configuration that cannot be read changes no thread. */
  async reload(): Promise<void> {
    const next = await Promise.all(
      [...this.#held.values()].map(async (held) => ({ held, read: await held.thread.core.config.mcp?.reload() })),
    ).catch((error: unknown) => {
      const text = messageOf(error).replace(/^failed to load configuration: /, '');
      throw new RequestError('internal', `failed to refresh MCP servers: ${text}`, { cause: error });
    });
    for (const { held, read } of next) {
      if (!read) continue;
      const { thread, servers } = held;
      held.configured = serverConfigs(read.tables);
      held.policies = read;
      servers.keep(joined(held));
      // A turn keeps what it was offered; its calls would lose their servers.
      if (thread.activeTurn) void thread.idle().then(() => servers.replace(joined(held)));
      else {
        servers.replace(joined(held));
        void this.#meetPlugins(held);
      }
    }
  }

  /** After a login or logout: every thread that has the server starts it anew. */
  restart(name: string, url: string): void {
    for (const held of this.#held.values()) {
      const transport = held.servers.find(name)?.config.transport;
      if (transport?.type === 'http' && transport.url === url) held.servers.restart(name);
      void this.#meetPlugins(held);
    }
  }

  /** A change between turns begins with the servers of plugins that the next step would begin with. Never rejects. */
  async #meetPlugins(held: Held): Promise<void> {
    const { thread, servers } = held;
    const { roots, scope } = thread.core;
    if (roots.selected.length === 0) return;
    // Only the end of the thread stops the search.
    const plugins = await this.#below(held, roots.atHand().roots, scope.signal).catch(() => undefined);
    // A turn has met them meanwhile.
    if (!plugins || thread.activeTurn || alike(plugins, held.plugins)) return;
    held.plugins = plugins;
    servers.apply(joined(held));
  }

  #hold(thread: Thread): Held {
    const { core } = thread;
    const cwd = () => thread.settings.cwd;
    const servers = new ThreadServers({
      threadId: thread.id,
      log: this.#deps.log,
      version: this.#deps.version,
      openaiForm: this.#deps.openaiForm(thread.id),
      followsToolChanges: core.config.features.has('mcp_tool_list_changed'),
      reachable: (config) => this.reachable(config),
      openTransport: (config, opening) => openTransport(config, { ...this.#deps, cwd: cwd() }, opening),
      catalogs: this.#catalogs,
      catalogPlace: cwd,
      turnGraceMs: core.config.mcp?.turnGraceMs ?? 0,
      ask: (server, question, signal) => this.#relay(thread, server, question, signal),
      notify: (status) => core.client.notify('mcpServer/startupStatus/updated', status),
    });
    const port: McpToolPort = {
      ask: (params, signal) => elicit(thread, params, signal),
      imageInput: (model) => core.host.modelInfo(model).imageInput,
      meta: (call) => callMeta(thread, call, this.#deps.version),
      config: (server) => servers.configs.find(({ name }) => name === server),
      isGranted: (key) => core.approvals.grants.has(key),
      grant: (key, server, tool) => core.approvals.grants.add(key, { type: 'mcpTool', server, tool }),
      remember: async (server, tool) => {
        await this.#deps.approve(server, tool);
        await this.reload();
      },
      progress: ({ callId, turnId }, message) =>
        core.client.notify('item/mcpToolCall/progress', { threadId: thread.id, turnId, itemId: callId, message }),
    };
    const held: Held = { thread, servers, port, configured: [], policies: core.config.mcp ?? noPolicies, plugins: [] };
    this.#held.set(thread.id, held);
    core.scope.defer(() => {
      if (this.#held.get(thread.id) === held) this.#held.delete(thread.id);
      return servers.close();
    });
    return held;
  }

  async #relay(thread: Thread, serverName: string, question: ServerQuestion, signal: AbortSignal): Promise<JsonObject> {
    const turn = thread.activeTurn;
    const { approvalPolicy, permissions } = turn?.settings ?? thread.settings;
    const known = automaticAnswer(question, { silent: asksNobody(approvalPolicy), fullAccess: fullAccess(permissions) });
    if (known) return known;
    const params = questionParams(question, { threadId: thread.id, turnId: turn?.id ?? null, serverName });
    if (!params) return { action: 'decline' };
    const answer = await elicit(thread, params, signal);
    return answer ? answerFor(answer) : { action: 'cancel' };
  }
}

/** In every setting; environments are compared as the handles they are. */
function alike(some: readonly McpServerConfig[], others: readonly McpServerConfig[]): boolean {
  const same = (one: McpServerConfig, other: McpServerConfig | undefined) =>
    other !== undefined && sameServer(one, other) && isDeepStrictEqual({ ...one, owner: undefined }, { ...other, owner: undefined });
  return some.length === others.length && some.every((config, at) => same(config, others[at]));
}

const sandboxNames: Readonly<Record<string, string>> = { linux: 'seccomp', darwin: 'seatbelt', win32: 'windows_sandbox' };
const sandboxModes = {
  dangerFullAccess: 'danger-full-access',
  readOnly: 'read-only',
  workspaceWrite: 'workspace-write',
  externalSandbox: 'external-sandbox',
} as const;

/** Where the call comes from, as servers may want to know. */
function callMeta(thread: Thread, call: ToolCall, version: string): JsonObject {
  const { threadId, sessionId, callId, turnId, settings } = call;
  return {
    callId,
    'x-codex-turn-metadata': {
      session_id: sessionId,
      thread_id: threadId,
      model: settings.model,
      turn_id: turnId,
      turn_started_at_unix_ms: thread.activeTurn?.startedAtMs ?? 0,
      sandbox: settings.permissions.type === 'managed' ? (sandboxNames[process.platform] ?? 'none') : 'none',
      sandbox_mode: sandboxModes[settings.sandboxPolicy.type],
      auto_review_enabled: settings.approvalsReviewer !== 'user',
      node_repl_auto_review_required: false,
      node_repl_disabled: false,
      codex_version: version,
    },
    threadId,
    sessionId,
    windowId: `${threadId}:${thread.core.conversation.windowNumber}`,
    itemId: call.modelItemId,
  };
}
