/** Checks a merged configuration: the form of every value first, then what values mean together. */
import { ConfigError } from './config-error.ts';
import { hookProblem } from './hook-forms.ts';
import type { ConfigLayer } from './layers.ts';
import { mcpServerProblem } from './mcp-forms.ts';
import { findPlaces, lineAt, placeOf, rangeOf } from './positions.ts';
import { isReservedProvider } from './providers.ts';
import { ConfigToml } from './schema.ts';
import { isTable, type TomlTable, valueAt } from './toml-values.ts';

/** A problem at a key, before it is known which file the key stands in. */
interface Problem {
  readonly path: readonly string[];
  readonly reason: string;
}

/** Throws `ConfigError`: `value` for one wrong value, `meaning` for what does not go together. */
export function validateConfig(config: TomlTable, layers: readonly ConfigLayer[]): ConfigToml {
  const checked = validateForm(config, layers);
  const reason = meaningProblem(checked);
  if (reason !== undefined) throw new ConfigError('meaning', reason);
  return checked;
}

/** The form of every value alone. Throws `ConfigError` (`value`). */
export function validateForm(config: TomlTable, layers: readonly ConfigLayer[]): ConfigToml {
  const early = formProblem(config);
  if (early) throw located(early, layers);
  const parsed = ConfigToml.safeParse(config);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw located(problemOf(issue ?? { code: 'custom', path: [], message: 'invalid configuration' }, config), layers);
  }
  return parsed.data;
}

/** Adds the file, line and column of the strongest layer that has the key. */
function located(problem: Problem, layers: readonly ConfigLayer[]): ConfigError {
  const keyPath = problem.path.join('.');
  for (const layer of [...layers].reverse()) {
    if (layer.disabledReason !== undefined || layer.text === undefined || !('file' in layer.name)) continue;
    if (valueAt(layer.config, problem.path.slice(0, 1)) === undefined) continue;
    const place = placeOf(findPlaces(layer.text), problem.path);
    if (!place) continue;
    const range = rangeOf(layer.text, place);
    return new ConfigError('value', problem.reason, {
      file: layer.name.file,
      range,
      keyPath,
      lineText: lineAt(layer.text, range.start.line),
    });
  }
  return new ConfigError('value', problem.reason, { keyPath });
}

/** What has a message of its own, because the plain one would not help. */
function formProblem(config: TomlTable): Problem | undefined {
  const providers = tableAt(config, 'model_providers');
  const reserved = Object.keys(providers).filter(isReservedProvider);
  if (reserved.length > 0) {
    const names = reserved.map((id) => `\`${id}\``).join(', ');
    const reason = `model_providers contains reserved built-in provider IDs: ${names}. Built-in providers cannot be overridden. Rename your custom provider (for example, \`${reserved[0]}-custom\`).`;
    return { path: ['model_providers'], reason };
  }
  for (const [id, provider] of Object.entries(providers)) {
    if (!isTable(provider)) continue;
    const reason = providerProblem(provider);
    if (provider.wire_api === 'chat') {
      const gone = '`wire_api = "chat"` is no longer supported.\nHow to fix: set `wire_api = "responses"` in your provider config.';
      return { path: ['model_providers', id, 'wire_api'], reason: gone };
    }
    if (reason) return { path: ['model_providers'], reason: `model_providers.${id}: ${reason}` };
  }
  for (const [id, server] of Object.entries(tableAt(config, 'mcp_servers'))) {
    const problem = isTable(server) ? mcpServerProblem(server) : undefined;
    if (problem) return { path: ['mcp_servers', id, ...problem.path], reason: problem.reason };
  }
  return hookProblem(config.hooks);
}

const tableAt = (config: TomlTable, key: string): TomlTable => {
  const value = config[key];
  return isTable(value) ? value : {};
};

function providerProblem(provider: TomlTable): string | undefined {
  if (provider.name === undefined || provider.name === '') return 'provider name must not be empty';
  const credentials = ['env_key', 'experimental_bearer_token', 'requires_openai_auth'].filter(
    (key) => provider[key] !== undefined && provider[key] !== false,
  );
  const [other] = credentials;
  if (provider.auth !== undefined && other) return `provider auth cannot be combined with ${other}`;
  if (provider.aws !== undefined && (other || provider.auth !== undefined))
    return `provider aws cannot be combined with ${other ?? 'auth'}`;
  if (provider.aws !== undefined && provider.supports_websockets === true)
    return 'provider aws cannot be combined with supports_websockets';
  return undefined;
}

function meaningProblem(config: ConfigToml): string | undefined {
  if (config.profile !== undefined)
    return `legacy \`profile = "${config.profile}"\` config is no longer supported; use \`--profile ${config.profile}\` with \`${config.profile}.config.toml\` instead`;
  const provider = config.model_provider;
  if (provider !== undefined && !isReservedProvider(provider) && !Object.hasOwn(config.model_providers ?? {}, provider))
    return `Model provider \`${provider}\` not found`;
  for (const id of Object.keys(config.permissions ?? {}))
    if (id.startsWith(':')) return `permissions profile \`${id}\` uses a reserved built-in profile prefix`;
  const profile = config.default_permissions;
  if (profile !== undefined && !profile.startsWith(':')) {
    if (!config.permissions) return 'default_permissions requires a `[permissions]` table';
    if (!Object.hasOwn(config.permissions, profile)) return `default_permissions refers to undefined profile \`${profile}\``;
  }
  return undefined;
}

interface Issue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly expected?: unknown;
  readonly values?: unknown;
  readonly errors?: unknown;
  readonly origin?: unknown;
}

/** An issue of the schema in the words of a configuration error. */
function problemOf(issue: Issue, config: TomlTable): Problem {
  const path = issue.path.map(String);
  const found = foundAt(config, path);
  if (path[0] === 'approval_policy') return { path: ['approval_policy'], reason: approvalProblem(config.approval_policy) };
  if (issue.code === 'invalid_value' && Array.isArray(issue.values)) {
    const names = issue.values.map((value) => `\`${String(value)}\``);
    if (typeof found === 'string') return { path, reason: `unknown variant \`${found}\`, expected ${oneOf(names)}` };
    return { path, reason: `invalid type: ${kindOf(found)}, expected a string` };
  }
  const expected = expectedInMcp(path, issue.code);
  if (expected !== undefined && typeof found === 'number')
    return { path, reason: `invalid ${Number.isInteger(found) ? 'value' : 'type'}: ${kindOf(found)}, expected ${expected}` };
  if (expected !== undefined && found !== undefined) return { path, reason: `invalid type: ${kindOf(found)}, expected ${expected}` };
  if (issue.code === 'too_small') return { path, reason: `invalid value: ${kindOf(found)}, expected a number that is not negative` };
  if (found === undefined) return { path: path.slice(0, -1), reason: `missing field \`${path.at(-1)}\`` };
  return { path, reason: `invalid type: ${kindOf(found)}, expected ${expectedName(issue.expected)}` };
}

/** Like `valueAt`, into arrays too. */
function foundAt(config: TomlTable, path: readonly string[]): unknown {
  let at: unknown = config;
  for (const key of path) {
    if (Array.isArray(at)) at = at[Number(key)];
    else if (isTable(at) && Object.hasOwn(at, key)) at = at[key];
    else return undefined;
  }
  return at;
}

const mcpNumbers: Readonly<Record<string, string>> = {
  startup_timeout_sec: 'f64',
  tool_timeout_sec: 'f64',
  startup_timeout_ms: 'u64',
  mcp_optional_startup_grace_ms: 'u64',
  mcp_oauth_callback_port: 'u16',
  callback_port: 'u16',
  tool_input_schema_max_bytes: 'a nonzero usize',
  output_token_limit: 'a nonzero usize',
};

/** Settings of MCP servers name the kind of number, or the table, that they want. */
function expectedInMcp(path: readonly string[], code: string | undefined): string | undefined {
  const last = path.at(-1) ?? '';
  if (path[0] !== 'mcp_servers') return path.length === 1 && Object.hasOwn(mcpNumbers, last) ? mcpNumbers[last] : undefined;
  if (path.length === 3 && last === 'oauth' && code === 'invalid_type') return 'struct McpServerOAuthConfig';
  return path.length > 2 && Object.hasOwn(mcpNumbers, last) ? mcpNumbers[last] : undefined;
}

const oneOf = (names: readonly string[]): string => {
  if (names.length === 2) return names.join(' or ');
  return names.length === 1 ? (names[0] ?? '') : `one of ${names.join(', ')}`;
};

function approvalProblem(value: unknown): string {
  if (typeof value === 'string')
    return `unknown variant \`${value}\`, expected one of \`untrusted\`, \`on-failure\`, \`on-request\`, \`granular\`, \`never\``;
  const granular = isTable(value) ? value.granular : undefined;
  if (!isTable(granular)) return `invalid type: ${kindOf(value)}, expected a string or a table with \`granular\``;
  for (const [name, entry] of Object.entries(granular))
    if (typeof entry !== 'boolean') return `invalid type: ${kindOf(entry)}, expected a boolean in \`${name}\``;
  const missing = ['sandbox_approval', 'rules', 'mcp_elicitations'].find((name) => granular[name] === undefined);
  return `missing field \`${missing}\``;
}

export function kindOf(value: unknown): string {
  if (typeof value === 'string') return `string ${JSON.stringify(value)}`;
  if (typeof value === 'boolean') return `boolean \`${value}\``;
  if (typeof value === 'number') return Number.isInteger(value) ? `integer \`${value}\`` : `floating point \`${value}\``;
  if (Array.isArray(value)) return 'sequence';
  return isTable(value) ? 'map' : 'unit value';
}

function expectedName(expected: unknown): string {
  switch (expected) {
    case 'string':
      return 'a string';
    case 'boolean':
      return 'a boolean';
    case 'int':
      return 'an integer';
    case 'number':
      return 'a number';
    case 'array':
      return 'a sequence';
    default:
      return 'a map';
  }
}
