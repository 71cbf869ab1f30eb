/** The MCP servers that the plugins of capability roots declare, as configurations that belong to the environment of their root. */
import { posix, win32 } from 'node:path';
import { mcpServerProblem } from '../config/mcp-forms.ts';
import type { FoundRoot } from '../environment/environment.ts';
import { isWindowsPath } from '../environment/path-uris.ts';
import { type McpServerConfig, serverConfig } from '../mcp/server-config.ts';
import type { ResolvedRoot } from './capability-roots.ts';

type Json = Readonly<Record<string, unknown>>;

export interface DeclaredServers {
  readonly pluginName: string;
  /** As the plugin gives them, by name. */
  readonly entries: ReadonlyMap<string, Json>;
  /** Why others are left out. */
  readonly warnings: readonly string[];
}

const nothing: DeclaredServers = { pluginName: '', entries: new Map(), warnings: [] };
/** Spellings of transports that we have. */
const transports: ReadonlySet<unknown> = new Set([undefined, 'stdio', 'http', 'streamable_http', 'streamable-http']);
const mostServers = 64;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What one root declares. One bad entry does not take the others with it; never throws. */
export function declaredServers(found: FoundRoot): DeclaredServers {
  const { plugin } = found;
  if (!plugin?.manifest) return nothing;
  const manifest = parsed(plugin.manifest.contents);
  const pluginName =
    isObject(manifest) && typeof manifest.name === 'string' && manifest.name.trim() !== '' ? manifest.name.trim() : found.id;
  const inline = isObject(manifest) ? manifest.mcpServers : undefined;
  const source = isObject(inline) ? inline : plugin.mcpConfig && parsed(plugin.mcpConfig.contents);
  if (source === null) return { ...nothing, pluginName };
  if (!isObject(source)) return { ...nothing, pluginName, warnings: [`the MCP servers of plugin \`${pluginName}\` cannot be read`] };
  const all = isObject(source.mcpServers) ? source.mcpServers : source;
  const entries = new Map<string, Json>();
  const warnings: string[] = [];
  for (const [name, entry] of Object.entries(all).slice(0, mostServers)) {
    const read = readEntry(entry);
    if (typeof read === 'string') warnings.push(`MCP server \`${name}\` of plugin \`${pluginName}\` is left out: ${read}`);
    else entries.set(name, read);
  }
  return { pluginName, entries, warnings };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The entry in our own form, or why it cannot be used. */
function readEntry(entry: unknown): Json | string {
  if (!isObject(entry)) return 'it is no object';
  const { type, oauth, ...rest } = entry;
  if (!transports.has(type)) return `unknown transport \`${String(type)}\``;
  // A plugin does not decide what needs no consent, nor that a thread cannot do without it.
  const { default_tools_approval_mode: mode, tools: _, required: __, ...plain } = rest;
  const server = { ...plain, ...strictMode(mode, 'default_tools_approval_mode'), ...(isObject(oauth) ? { oauth: registered(oauth) } : {}) };
  const problem = mcpServerProblem(server);
  if (problem) return problem.reason;
  const variables: readonly unknown[] = Array.isArray(entry.env_vars) ? entry.env_vars : [];
  const local = variables.some((variable) => isObject(variable) && variable.source === 'local');
  return local ? 'env_vars with source `local` cannot be read in its environment' : server;
}

/** A client that was registered beforehand, in either spelling. */
function registered(oauth: Json): Json {
  const clientId = oauth.clientId ?? oauth.client_id;
  const port = oauth.callbackPort ?? oauth.callback_port;
  return { ...(clientId === undefined ? {} : { client_id: clientId }), ...(port === undefined ? {} : { callback_port: port }) };
}

/** The servers of one root, in its environment and its directory whatever the plugin says. `policies` of the user, by server. */
export function serversOf(root: ResolvedRoot, declared: DeclaredServers, policies: Readonly<Record<string, Json>>): McpServerConfig[] {
  const { environment, id } = root;
  const owner = { pluginId: id, pluginName: declared.pluginName, environment };
  return [...declared.entries].flatMap(([name, declaration]) => {
    const entry = Object.hasOwn(policies, name) ? narrowed(declaration, policies[name] ?? {}) : declaration;
    const cwd = typeof entry.command === 'string' ? directoryOf(entry.cwd, root.path) : undefined;
    if (cwd === null) return [];
    return [serverConfig(name, { ...entry, environment_id: environment.id, ...(cwd === undefined ? {} : { cwd }) }, owner)];
  });
}

/** The user may switch a server of a plugin off, hide its tools and be asked more often; a plugin is never trusted more. */
function narrowed(entry: Json, policy: Json): Json {
  const [own, allowed] = [entry.enabled_tools, policy.enabled_tools];
  const both = Array.isArray(own) && Array.isArray(allowed) ? allowed.filter((tool) => own.includes(tool)) : (allowed ?? own);
  const hidden = [entry.disabled_tools, policy.disabled_tools].flatMap((tools: unknown) => (Array.isArray(tools) ? tools : []));
  const tools = Object.entries(isObject(policy.tools) ? policy.tools : {});
  return {
    ...entry,
    enabled: entry.enabled !== false && policy.enabled !== false,
    ...(both === undefined ? {} : { enabled_tools: both }),
    disabled_tools: hidden,
    ...strictMode(policy.default_tools_approval_mode, 'default_tools_approval_mode'),
    tools: Object.fromEntries(
      tools.map(([tool, own]) => [
        tool,
        isObject(own) ? { ...own, approval_mode: undefined, ...strictMode(own.approval_mode, 'approval_mode') } : {},
      ]),
    ),
  };
}

const strictMode = (mode: unknown, key: string): Json => (mode === 'prompt' || mode === 'writes' ? { [key]: mode } : {});

/** Null: it lies outside of the root. */
function directoryOf(cwd: unknown, root: string): string | null {
  if (cwd === undefined || cwd === null) return root;
  if (typeof cwd !== 'string') return null;
  const paths = isWindowsPath(root) ? win32 : posix;
  const base = paths.normalize(root).replace(/[\\/]+$/, '');
  const full = paths.resolve(root, cwd);
  return full === base || full.startsWith(`${base}${paths.sep}`) ? full : null;
}
