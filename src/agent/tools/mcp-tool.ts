/** Tools of MCP servers as the model sees them, and one call of such a tool: consent, the call itself, its item and its output. */
import { abortable } from '../../base/abort.ts';
import type { McpConnection } from '../../mcp/connection.ts';
import { failureText } from '../../mcp/mcp-error.ts';
import { approvalModeOf, type McpServerConfig, outputLimitOf } from '../../mcp/server-config.ts';
import type { ThreadServers } from '../../mcp/thread-servers.ts';
import { type McpTool, shortened } from '../../mcp/tool.ts';
import { modelNames } from '../../mcp/tool-names.ts';
import type { McpServerElicitationRequestParams, McpServerElicitationRequestResponse } from '../../protocol/app/index.ts';
import { notReviewed } from '../auto-review.ts';
import { consentKey, consentOf, consentParams, fullAccess, needsConsent } from './mcp-approval.ts';
import { itemResult, limitedOutput, type McpItem, modelOutput, readResult } from './mcp-result.ts';
import { defineTool, type Tool, type ToolCall, type ToolOutcome } from './tool.ts';

/** What calls need of their thread. */
export interface McpToolPort {
  /** Asks the user; the thread waits on approval meanwhile. Undefined when the client cannot answer. */
  ask(params: McpServerElicitationRequestParams, signal: AbortSignal): Promise<McpServerElicitationRequestResponse | undefined>;
  imageInput(model: string): boolean;
  /** Goes along with a call as `_meta`. */
  meta(call: ToolCall): Record<string, unknown>;
  /** The configuration of a server as it is now. */
  config(server: string): McpServerConfig | undefined;
  /** Consent that lasts for the session. */
  isGranted(key: string): boolean;
  grant(key: string, server: string, tool: string): void;
  /** Writes lasting consent to the configuration; rejects when that fails. */
  remember(server: string, tool: string): Promise<void>;
  progress(call: ToolCall, message: string): void;
}

const approvalRefused = 'MCP tool call requires approval, but approval policy is never';

/** Every tool of every server that is ready or known from before; servers and tools in order of their names. */
export function createMcpTools(servers: ThreadServers, port: McpToolPort): Tool[] {
  const ready = [...servers.connections].filter(({ offering }) => offering);
  ready.sort((a, b) => (a.config.name < b.config.name ? -1 : 1));
  const all = ready.flatMap((connection) =>
    connection.tools.map((tool) => ({ server: connection.config.name, tool: tool.name, connection, of: tool })),
  );
  const names = modelNames(all);
  const seen = new Set<string>();
  const tools: Tool[] = [];
  for (const entry of all) {
    const name = names.get(entry);
    if (!name || seen.has(`${name.namespace}\0${name.name}`)) continue;
    seen.add(`${name.namespace}\0${name.name}`);
    tools.push(mcpTool(entry, name, port));
  }
  return tools.sort((a, b) => order(a) - order(b) || (key(a) < key(b) ? -1 : 1));
}

const order = (tool: Tool): number => (tool.namespace ? 1 : 0);
const key = (tool: Tool): string => `${tool.namespace?.name ?? ''}\0${tool.name}`;

interface Offered {
  readonly connection: McpConnection;
  readonly of: McpTool;
}

function mcpTool({ connection, of }: Offered, name: { namespace: string; name: string }, port: McpToolPort): Tool {
  const description = connection.instructions || `Tools of the MCP server ${connection.config.name}.`;
  const declaration = {
    type: 'function',
    name: name.name,
    description: of.description ?? '',
    strict: false,
    parameters: shortened(of.inputSchema, connection.config.longestSchema),
  };
  return defineTool<unknown>({
    name: name.name,
    namespace: { name: name.namespace, description },
    kind: 'function',
    parallel: connection.config.parallel,
    declaration: () => declaration,
    parse: (input) => ({ ok: true, args: input }),
    prepare: (args, call) => ({ kind: 'free', run: () => new McpRun({ connection, tool: of, args: given(args, call) }, call, port).run() }),
  });
}

/** Undefined: there are no arguments, which is not the same for a server as an object without members. */
const given = (args: unknown, { bare = false }: ToolCall): unknown =>
  bare && isObject(args) && Object.keys(args).length === 0 ? undefined : args;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

function uiResource({ meta }: McpTool): string | undefined {
  if (!meta) return undefined;
  const nested = isObject(meta.ui) ? meta.ui.resourceUri : undefined;
  return [nested, meta['ui/resourceUri'], meta['openai/outputTemplate']].find((uri): uri is string => typeof uri === 'string');
}

const uiOf = (tool: McpTool): McpItem['mcpAppUi'] => {
  const resourceUri = uiResource(tool);
  return resourceUri === undefined ? null : { resourceUri, preferredModelDisplayMode: 'inline' };
};

/** What a call of a tool is about. */
interface Subject {
  readonly connection: McpConnection;
  readonly tool: McpTool;
  readonly args: unknown;
}

class McpRun {
  readonly #subject: Subject;
  readonly #call: ToolCall;
  readonly #port: McpToolPort;
  readonly #item: McpItem;
  readonly #server: string;

  constructor(subject: Subject, call: ToolCall, port: McpToolPort) {
    this.#subject = subject;
    this.#call = call;
    this.#port = port;
    this.#server = subject.connection.config.name;
    const { readOnlyHint } = subject.tool.annotations;
    this.#item = {
      type: 'mcpToolCall',
      id: call.callId,
      server: this.#server,
      tool: subject.tool.name,
      status: 'inProgress',
      arguments: subject.args ?? null,
      appContext: null,
      mcpAppUi: uiOf(subject.tool),
      pluginId: subject.connection.config.owner?.pluginId ?? null,
      readOnlyHint: typeof readOnlyHint === 'boolean' ? readOnlyHint : null,
      result: null,
      error: null,
      durationMs: null,
    };
  }

  /** As it is now. */
  get #config(): McpServerConfig {
    return this.#port.config(this.#server) ?? this.#subject.connection.config;
  }

  async run(): Promise<ToolOutcome> {
    const { signal, items } = this.#call;
    items.start(this.#item);
    try {
      const refusal = await this.#consent();
      if (refusal !== undefined) return this.#failed(refusal, 0, 'declined');
      return await this.#invoke();
    } catch (error) {
      if (signal.aborted) this.#failed('interrupted', 0);
      throw error;
    }
  }

  /** Why the call may not run; undefined: it may. */
  async #consent(): Promise<string | undefined> {
    const { tool, connection, args } = this.#subject;
    const { settings, threadId, turnId, signal, log } = this.#call;
    const mode = approvalModeOf(this.#config, tool.name);
    if (!needsConsent(mode, tool)) return undefined;
    if (settings.approvalPolicy === 'never') return fullAccess(settings.permissions) ? undefined : approvalRefused;
    const key = consentKey(this.#server, tool);
    const mayPersist = mode === 'auto';
    const opinion = await this.#call.consult(undefined);
    if (opinion) return opinion === 'allow' ? undefined : opinion.deny;
    if (mayPersist && this.#port.isGranted(key)) return undefined;
    const action = { type: 'mcpToolCall', server: this.#server, toolName: tool.name, connectorId: null, connectorName: null } as const;
    const shown = { ...action, toolTitle: tool.title ?? null };
    if (this.#call.ask.refusedReview(shown)) return notReviewed;
    const params = consentParams({
      place: { threadId, turnId, serverName: this.#server },
      tool,
      args,
      persist: mayPersist ? this.#persist() : [],
    });
    const consent = consentOf(await this.#port.ask(params, signal));
    if (consent.kind === 'rejected') return 'user rejected MCP tool call';
    if (consent.kind === 'cancelled') return 'user cancelled MCP tool call';
    if (mayPersist && consent.persist !== undefined) {
      this.#port.grant(key, this.#server, tool.name);
      if (consent.persist === 'always' && !connection.config.owner)
        await abortable(this.#port.remember(this.#server, tool.name), signal).catch((error: unknown) => {
          if (signal.aborted) throw error;
          log.warn('consent could not be written to the configuration; it lasts for the session', { server: this.#server, error });
        });
    }
    return undefined;
  }

  /** Lasting consent has a place in the configuration only for servers that come from there. */
  #persist(): ('session' | 'always')[] {
    return this.#subject.connection.config.owner ? ['session'] : ['session', 'always'];
  }

  async #invoke(): Promise<ToolOutcome> {
    const { connection, tool, args } = this.#subject;
    const { signal, clock, settings } = this.#call;
    const { pluginId } = this.#item;
    const startedMs = clock.monotonicMs();
    const elapsed = () => clock.monotonicMs() - startedMs;
    try {
      if (args !== undefined && !isObject(args)) throw new Error(`MCP tool arguments must be a JSON object, got ${JSON.stringify(args)}`);
      const answer = await connection.callTool(
        { tool: tool.name, args, meta: { ...this.#port.meta(this.#call), ...(pluginId === null ? {} : { plugin_id: pluginId }) } },
        { signal, onProgress: (message) => this.#port.progress(this.#call, message) },
      );
      const result = readResult(answer, this.#port.imageInput(settings.model));
      const ms = elapsed();
      const status = result.isError ? 'failed' : 'completed';
      this.#call.items.complete({ ...this.#item, status, result: itemResult(result), durationMs: Math.round(ms) });
      const output = limitedOutput(modelOutput(result, ms / 1000), outputLimitOf(this.#config, tool.name));
      return { kind: result.isError ? 'failed' : 'ok', output };
    } catch (error) {
      if (signal.aborted) throw error;
      const text = `tool call error: tool call failed for \`${this.#server}/${tool.name}\`\n\nCaused by:\n    ${failureText(error)}`;
      return this.#failed(text, elapsed());
    }
  }

  #failed(message: string, ms: number, kind: 'failed' | 'declined' = 'failed'): ToolOutcome {
    this.#call.items.complete({ ...this.#item, status: 'failed', error: { message }, durationMs: Math.round(ms) });
    return { kind, output: message };
  }
}
