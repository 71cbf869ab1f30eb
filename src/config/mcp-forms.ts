/** What is wrong with a table of `[mcp_servers]` beyond the form of its values, and which of its keys nothing reads. */
import { isTable, type TomlTable } from './toml-values.ts';

interface Problem {
  /** Below the table of the server; empty: the table itself. */
  readonly path: readonly string[];
  readonly reason: string;
}

const onlyForHttp = [
  ...['url', 'bearer_token', 'bearer_token_env_var', 'http_headers', 'env_http_headers', 'http_headers_helper'],
  ...['oauth', 'oauth_resource', 'auth'],
];
const onlyForStdio = ['args', 'env', 'env_vars', 'cwd', 'bearer_token'];
const common = [
  ...['command', 'environment_id', 'enabled', 'required', 'startup_timeout_sec', 'startup_timeout_ms', 'tool_timeout_sec', 'scopes'],
  ...['supports_parallel_tool_calls', 'enabled_tools', 'disabled_tools', 'default_tools_approval_mode', 'tools', 'name'],
  ...['startup_readiness', 'tool_input_schema_max_bytes'],
];
const known = new Set([...common, ...onlyForHttp, ...onlyForStdio]);
const knownOauth = new Set([
  ...['client_id', 'client_secret', 'callback_port', 'callback_url', 'authorization_server_issuer', 'token_endpoint_auth_method'],
]);
const knownTool = new Set(['approval_mode', 'output_token_limit']);
/** Seconds beyond which a duration cannot be counted any more. */
const longestSeconds = 2 ** 64;

/** The first problem of one server, or undefined. */
export function mcpServerProblem(server: TomlTable): Problem | undefined {
  return (
    durationProblem(server, 'tool_timeout_sec', ['tool_timeout_sec']) ??
    variablesProblem(server.env_vars) ??
    transportProblem(server) ??
    durationProblem(server, 'startup_timeout_sec', [])
  );
}

function transportProblem(server: TomlTable): Problem | undefined {
  const stdio = server.command !== undefined;
  if (!stdio && server.url === undefined) return { path: [], reason: 'invalid transport' };
  const wrong = (stdio ? onlyForHttp : onlyForStdio).find((key) => server[key] !== undefined);
  if (wrong !== undefined) return { path: [], reason: `${wrong} is not supported for ${stdio ? 'stdio' : 'streamable_http'}` };
  const wrongHttp = helperProblem(server) ?? secretProblem(isTable(server.oauth) ? server.oauth : {}) ?? enterpriseProblem(server);
  if (wrongHttp !== undefined) return { path: [], reason: wrongHttp };
  const sources = Array.isArray(server.env_vars) ? server.env_vars.flatMap((entry) => (isTable(entry) ? [entry.source] : [])) : [];
  const source = sources.find((one) => one !== undefined && one !== 'local' && one !== 'remote');
  return source === undefined
    ? undefined
    : { path: [], reason: `unsupported env_vars source \`${String(source)}\`; expected \`local\` or \`remote\`` };
}

function helperProblem({ http_headers_helper: helper, environment_id: environment = 'local' }: TomlTable): string | undefined {
  if (typeof helper !== 'string') return undefined;
  if (helper.trim() === '') return 'http_headers_helper must not be empty';
  return environment === 'local' ? undefined : 'http_headers_helper is only supported for local MCP servers';
}

/** Only the login of an enterprise may say how its token endpoint knows a client, and whose tokens it takes. */
function enterpriseProblem({ auth, oauth }: TomlTable): string | undefined {
  const { token_endpoint_auth_method: method, authorization_server_issuer: issuer, client_secret: secret } = isTable(oauth) ? oauth : {};
  if (auth !== 'ema_auth') {
    const key = method !== undefined ? 'token_endpoint_auth_method' : 'authorization_server_issuer';
    return method === undefined && issuer === undefined ? undefined : `oauth.${key} requires auth = "ema_auth"`;
  }
  return method !== undefined && secret === undefined ? 'oauth.token_endpoint_auth_method requires oauth.client_secret' : undefined;
}

function secretProblem({ client_id: id, client_secret: secret }: TomlTable): string | undefined {
  if (typeof secret !== 'string') return undefined;
  if (secret.trim() === '') return 'oauth.client_secret must not be empty';
  return typeof id !== 'string' || id.trim() === '' ? 'oauth.client_secret requires oauth.client_id' : undefined;
}

/** Entries are names, or tables with a name. */
function variablesProblem(variables: unknown): Problem | undefined {
  if (!Array.isArray(variables)) return undefined;
  const fits = (entry: unknown): boolean =>
    typeof entry === 'string' ||
    (isTable(entry) && typeof entry.name === 'string' && (entry.source === undefined || typeof entry.source === 'string'));
  const index = variables.findIndex((entry) => !fits(entry));
  if (index === -1) return undefined;
  return { path: ['env_vars', String(index)], reason: 'data did not match any variant of untagged enum McpServerEnvVar' };
}

function durationProblem(server: TomlTable, key: string, path: readonly string[]): Problem | undefined {
  const seconds = server[key];
  if (typeof seconds !== 'number') return undefined;
  const wrong = (what: string): Problem => ({ path, reason: `cannot convert float seconds to Duration: ${what}` });
  if (seconds < 0 && seconds !== Number.NEGATIVE_INFINITY) return wrong('value is negative');
  if (Number.isNaN(seconds) || Math.abs(seconds) >= longestSeconds) return wrong('value is either too big or NaN');
  return undefined;
}

/** Dotted keys below `mcp_servers` that nothing reads. */
export function unknownMcpKeys(servers: unknown): string[] {
  if (!isTable(servers)) return [];
  return Object.entries(servers).flatMap(([name, server]) => {
    if (!isTable(server)) return [];
    const { oauth, tools } = server;
    const of = (table: unknown, allowed: ReadonlySet<string>): string[] =>
      isTable(table) ? Object.keys(table).filter((key) => !allowed.has(key)) : [];
    const inTools = isTable(tools)
      ? Object.entries(tools).flatMap(([tool, policy]) => of(policy, knownTool).map((key) => `tools.${tool}.${key}`))
      : [];
    const below = [...of(server, known), ...of(oauth, knownOauth).map((key) => `oauth.${key}`), ...inTools];
    return below.map((key) => `mcp_servers.${name}.${key}`);
  });
}
