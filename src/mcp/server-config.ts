/** What the configuration says about one MCP server, read once and given its defaults. */

import type { Environment } from '../environment/environment.ts';

export type ApprovalMode = 'auto' | 'prompt' | 'writes' | 'approve';

export interface ForwardedVariable {
  readonly name: string;
  /** Where the value is read; absent: on the host of the app-server. */
  readonly source: 'local' | 'remote' | undefined;
}

export interface StdioSettings {
  readonly type: 'stdio';
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly forwarded: readonly ForwardedVariable[];
  readonly cwd: string | undefined;
}

/** A client that was agreed on with the authorization server beforehand. */
export interface AgreedClient {
  readonly id: string;
  /** Undefined: a public one. */
  readonly secret: string | undefined;
}

export interface HttpSettings {
  readonly type: 'http';
  readonly url: string;
  readonly bearerTokenVariable: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Header name to the name of the variable that holds its value. */
  readonly variableHeaders: Readonly<Record<string, string>>;
  /** A command for the shell that prints further headers. */
  readonly headersHelper: string | undefined;
  readonly client: AgreedClient | undefined;
  /** Where browsers come back to after a login at this server; undefined: as for all servers. */
  readonly callbackPort: number | undefined;
  readonly resource: string | undefined;
}

/** A plugin that declares a server for one thread. Variables that the server names are read in its environment only. */
export interface ServerOwner {
  readonly pluginId: string;
  readonly pluginName: string;
  /** The handle that the step was given. */
  readonly environment: Environment;
}

export interface McpServerConfig {
  readonly name: string;
  readonly transport: StdioSettings | HttpSettings;
  readonly environmentId: string;
  readonly enabled: boolean;
  /** A thread cannot do without it. */
  readonly required: boolean;
  readonly startupTimeoutMs: number;
  /** Active time of one tool call. */
  readonly toolTimeoutMs: number;
  readonly parallel: boolean;
  readonly enabledTools: ReadonlySet<string> | undefined;
  readonly disabledTools: ReadonlySet<string>;
  readonly scopes: readonly string[] | undefined;
  readonly defaultApproval: ApprovalMode;
  readonly toolApprovals: Readonly<Record<string, ApprovalMode>>;
  /** Tokens of its output that the model gets, by tool. */
  readonly outputLimits: Readonly<Record<string, number>>;
  /** Forms of arguments that are longer lose their descriptions. */
  readonly longestSchema: number | undefined;
  /** Absent: it comes from the configuration. */
  readonly owner?: ServerOwner | undefined;
  /** Equal for two configurations that mean the same connection; approval modes and filters do not count. */
  readonly identity: string;
}

type Table = Readonly<Record<string, unknown>>;

const defaultStartupMs = 30_000;
const defaultToolMs = 300_000;
const longestMs = 2_147_483_000;
const approvalModes: readonly string[] = ['auto', 'prompt', 'writes', 'approve'];

const isTable = (value: unknown): value is Table => typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const textsOf = (value: unknown): string[] | undefined =>
  Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : undefined;
const textMapOf = (value: unknown): Record<string, string> =>
  isTable(value)
    ? Object.fromEntries(Object.entries(value).flatMap(([key, entry]) => (typeof entry === 'string' ? [[key, entry]] : [])))
    : {};
const isApproval = (value: unknown): value is ApprovalMode => typeof value === 'string' && approvalModes.includes(value);

function millis(seconds: unknown, fallback: number): number {
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 0) return fallback;
  return Math.min(Math.round(seconds * 1000), longestMs);
}

function startupMs(raw: Table): number {
  if (typeof raw.startup_timeout_sec === 'number') return millis(raw.startup_timeout_sec, defaultStartupMs);
  return typeof raw.startup_timeout_ms === 'number' ? Math.min(raw.startup_timeout_ms, longestMs) : defaultStartupMs;
}

function forwardedOf(value: unknown): ForwardedVariable[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry): ForwardedVariable[] => {
    if (typeof entry === 'string') return [{ name: entry, source: undefined }];
    if (!isTable(entry) || typeof entry.name !== 'string') return [];
    const { source } = entry;
    return [{ name: entry.name, source: source === 'local' || source === 'remote' ? source : undefined }];
  });
}

function transportOf(raw: Table): StdioSettings | HttpSettings {
  const command = textOf(raw.command);
  if (command !== undefined)
    return {
      type: 'stdio',
      command,
      args: textsOf(raw.args) ?? [],
      env: textMapOf(raw.env),
      forwarded: forwardedOf(raw.env_vars),
      cwd: textOf(raw.cwd),
    };
  const oauth = isTable(raw.oauth) ? raw.oauth : {};
  const clientId = textOf(oauth.client_id)?.trim() ?? '';
  return {
    type: 'http',
    url: textOf(raw.url) ?? '',
    bearerTokenVariable: textOf(raw.bearer_token_env_var),
    headers: textMapOf(raw.http_headers),
    variableHeaders: textMapOf(raw.env_http_headers),
    headersHelper: textOf(raw.http_headers_helper),
    client: clientId === '' ? undefined : { id: clientId, secret: textOf(oauth.client_secret) },
    // Zero is no port to come back to.
    callbackPort: (typeof oauth.callback_port === 'number' && oauth.callback_port) || undefined,
    resource: textOf(raw.oauth_resource),
  };
}

/** What the tables of single tools say under `key`, where it is of the kind that is wanted. */
function ofTools<T>(tools: unknown, key: string, fits: (value: unknown) => value is T): Record<string, T> {
  if (!isTable(tools)) return {};
  return Object.fromEntries(
    Object.entries(tools).flatMap(([tool, policy]) => {
      const value = isTable(policy) ? policy[key] : undefined;
      return fits(value) ? [[tool, value] as const] : [];
    }),
  );
}

const isNumber = (value: unknown): value is number => typeof value === 'number';

/** Reads a table that passed validation. */
export function serverConfig(name: string, raw: Table, owner?: ServerOwner): McpServerConfig {
  const transport = transportOf(raw);
  const environmentId = textOf(raw.environment_id) ?? 'local';
  const enabledTools = textsOf(raw.enabled_tools);
  const startupTimeoutMs = startupMs(raw);
  return {
    name,
    transport,
    environmentId,
    // Only a host that an enterprise manages could sign in that way; here such a server is as good as switched off.
    enabled: raw.enabled !== false && raw.auth !== 'ema_auth',
    required: raw.required === true,
    startupTimeoutMs,
    toolTimeoutMs: millis(raw.tool_timeout_sec, defaultToolMs),
    parallel: raw.supports_parallel_tool_calls === true,
    enabledTools: enabledTools && new Set(enabledTools),
    disabledTools: new Set(textsOf(raw.disabled_tools)),
    scopes: textsOf(raw.scopes),
    defaultApproval: isApproval(raw.default_tools_approval_mode) ? raw.default_tools_approval_mode : 'auto',
    toolApprovals: ofTools(raw.tools, 'approval_mode', isApproval),
    outputLimits: ofTools(raw.tools, 'output_token_limit', isNumber),
    longestSchema: isNumber(raw.tool_input_schema_max_bytes) ? raw.tool_input_schema_max_bytes : undefined,
    owner,
    identity: JSON.stringify([name, transport, environmentId, startupTimeoutMs, owner?.pluginId]),
  };
}

export const serverConfigs = (tables: Readonly<Record<string, Table>>): McpServerConfig[] =>
  Object.entries(tables)
    .map(([name, raw]) => serverConfig(name, raw))
    .sort((a, b) => (a.name < b.name ? -1 : 1));

/** Two configurations can be served by one connection. */
export const sameServer = (one: McpServerConfig, other: McpServerConfig): boolean =>
  one.identity === other.identity && one.owner?.environment === other.owner?.environment;

export const toolAllowed = (config: McpServerConfig, tool: string): boolean =>
  (config.enabledTools?.has(tool) ?? true) && !config.disabledTools.has(tool);

export const outputLimitOf = (config: McpServerConfig, tool: string): number | undefined =>
  Object.hasOwn(config.outputLimits, tool) ? config.outputLimits[tool] : undefined;

export const approvalModeOf = (config: McpServerConfig, tool: string): ApprovalMode =>
  (Object.hasOwn(config.toolApprovals, tool) ? config.toolApprovals[tool] : undefined) ?? config.defaultApproval;
