/** MCP servers as a person or a program reads them. Values of variables and headers are shown to programs only. */
import type { McpServerToml } from '../config/schema.ts';
import type { McpAuthStatus } from '../protocol/app/index.ts';

export interface ListedServer {
  readonly name: string;
  readonly raw: McpServerToml;
  /** Undefined: nobody asked. */
  readonly auth: McpAuthStatus | undefined;
}

const authWords: Readonly<Record<McpAuthStatus, { readonly json: string; readonly text: string }>> = {
  unknown: { json: 'unknown', text: 'Unknown' },
  unsupported: { json: 'unsupported', text: 'Unsupported' },
  notLoggedIn: { json: 'not_logged_in', text: 'Not logged in' },
  bearerToken: { json: 'bearer_token', text: 'Bearer token' },
  oAuth: { json: 'o_auth', text: 'OAuth' },
};

const startupSeconds = ({ startup_timeout_sec: seconds, startup_timeout_ms: millis }: McpServerToml): number | null =>
  seconds ?? (millis === undefined ? null : millis / 1000);

/** The form in which other programs expect it; filters only where no sign-in is shown. */
export function serverJson({ name, raw, auth }: ListedServer): object {
  const stdio = raw.command !== undefined;
  const transport = stdio
    ? {
        type: 'stdio',
        command: raw.command,
        args: raw.args ?? [],
        env: raw.env ?? null,
        env_vars: raw.env_vars ?? [],
        cwd: raw.cwd ?? null,
      }
    : {
        type: 'streamable_http',
        url: raw.url,
        bearer_token_env_var: raw.bearer_token_env_var ?? null,
        http_headers: raw.http_headers ?? null,
        env_http_headers: raw.env_http_headers ?? null,
        http_headers_helper: null,
      };
  return {
    ...{ name, enabled: raw.enabled ?? true, disabled_reason: null, transport },
    ...(auth === undefined ? { enabled_tools: raw.enabled_tools ?? null, disabled_tools: raw.disabled_tools ?? null } : {}),
    startup_timeout_sec: startupSeconds(raw),
    tool_timeout_sec: raw.tool_timeout_sec ?? null,
    ...(auth === undefined ? {} : { auth_status: authWords[auth].json }),
  };
}

const orDash = (text: string | undefined): string => (text === undefined || text === '' ? '-' : text);
const masked = (names: readonly string[]): string => orDash(names.map((name) => `${name}=*****`).join(', '));
const sortedKeys = (map: Readonly<Record<string, unknown>> | undefined): string[] => Object.keys(map ?? {}).sort();
const variables = ({ env, env_vars }: McpServerToml): string =>
  masked([...sortedKeys(env), ...(env_vars ?? []).map((one) => (typeof one === 'string' ? one : one.name))]);

/** One server in lines. */
export function serverText(name: string, raw: McpServerToml): string {
  if (raw.enabled === false) return `${name} (disabled)`;
  const tools = (list: readonly string[]): string => (list.length === 0 ? '[]' : list.join(', '));
  const seconds = startupSeconds(raw);
  const lines: [string, string | undefined][] = [
    ['enabled', 'true'],
    ['enabled_tools', raw.enabled_tools && tools(raw.enabled_tools)],
    ['disabled_tools', raw.disabled_tools && tools(raw.disabled_tools)],
    ...(raw.command === undefined ? httpLines(raw) : stdioLines(raw, raw.command)),
    ['startup_timeout_sec', seconds === null ? undefined : String(seconds)],
    ['tool_timeout_sec', raw.tool_timeout_sec === undefined ? undefined : String(raw.tool_timeout_sec)],
    ['remove', `switchyard mcp remove ${name}`],
  ];
  return [name, ...lines.flatMap(([key, value]) => (value === undefined ? [] : [`  ${key}: ${value}`]))].join('\n');
}

const stdioLines = (raw: McpServerToml, command: string): [string, string][] => [
  ['transport', 'stdio'],
  ['command', command],
  ['args', orDash(raw.args?.join(' '))],
  ['cwd', orDash(raw.cwd)],
  ['env', variables(raw)],
];

const httpLines = (raw: McpServerToml): [string, string][] => [
  ['transport', 'streamable_http'],
  ['url', orDash(raw.url)],
  ['bearer_token_env_var', orDash(raw.bearer_token_env_var)],
  ['http_headers', masked(sortedKeys(raw.http_headers))],
  [
    'env_http_headers',
    orDash(
      sortedKeys(raw.env_http_headers)
        .map((header) => `${header}=${raw.env_http_headers?.[header]}`)
        .join(', '),
    ),
  ],
  ['http_headers_helper', '-'],
];

/** A table of the programs, and one of the servers over HTTP. */
export function serverTables(servers: readonly ListedServer[]): string {
  const ends = ({ raw, auth }: ListedServer): string[] => [
    raw.enabled === false ? 'disabled' : 'enabled',
    authWords[auth ?? 'unknown'].text,
  ];
  const programs = servers.filter(({ raw }) => raw.command !== undefined);
  const others = servers.filter(({ raw }) => raw.command === undefined);
  const tables = [
    table(
      ['Name', 'Command', 'Args', 'Env', 'Cwd', 'Status', 'Auth'],
      programs.map((one) => [
        ...[one.name, orDash(one.raw.command), orDash(one.raw.args?.join(' ')), variables(one.raw), orDash(one.raw.cwd)],
        ...ends(one),
      ]),
    ),
    table(
      ['Name', 'Url', 'Bearer Token Env Var', 'Status', 'Auth'],
      others.map((one) => [one.name, one.raw.url ?? '', orDash(one.raw.bearer_token_env_var), ...ends(one)]),
    ),
  ];
  return tables.filter((text) => text !== '').join('\n\n');
}

/** Empty without rows. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const all = [head, ...rows];
  const widths = head.map((_, at) => Math.max(...all.map((row) => [...(row[at] ?? '')].length)));
  return all.map((row) => row.map((cell, at) => cell + ' '.repeat((widths[at] ?? 0) - [...cell].length)).join('  ')).join('\n');
}
