/** What a client is told about a server: its status with tools and resources, as `mcpServerStatus/list` shows it. */
import type { McpAuthStatus, McpServerConnectionStatus, McpServerStatus } from '../protocol/app/index.ts';
import type { JsonObject } from './client.ts';
import type { McpConnection } from './connection.ts';
import type { McpServerConfig } from './server-config.ts';

const mostPages = 100;

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
const orNull = <T>(value: T | undefined): T | null => value ?? null;

function serverInfo(info: JsonObject | undefined): McpServerStatus['serverInfo'] {
  if (!info || typeof info.name !== 'string' || typeof info.version !== 'string') return null;
  const text = (name: string): string | null => (typeof info[name] === 'string' ? info[name] : null);
  return {
    name: info.name,
    title: text('title'),
    version: info.version,
    description: text('description'),
    icons: Array.isArray(info.icons) ? info.icons : null,
    websiteUrl: text('websiteUrl'),
  };
}

/** Every page of a list; a server that does not answer has none. */
async function entries(connection: McpConnection, method: string, member: string, signal: AbortSignal): Promise<JsonObject[]> {
  const found: JsonObject[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < mostPages; pages += 1) {
    const answer = await connection.request(method, cursor === undefined ? {} : { cursor }, { signal });
    const page: unknown = answer[member];
    if (Array.isArray(page)) found.push(...page.filter(isObject));
    if (typeof answer.nextCursor !== 'string' || answer.nextCursor === cursor) break;
    cursor = answer.nextCursor;
  }
  return found;
}

export interface InventoryFacts {
  readonly config: McpServerConfig;
  /** Undefined: it is switched off or cannot be reached. */
  readonly connection: McpConnection | undefined;
  /** Null: nobody asked on behalf of a thread. */
  readonly runtimeStatus: McpServerConnectionStatus | null;
  readonly authStatus: McpAuthStatus;
  /** Resources too. */
  readonly full: boolean;
}

/** Waits for the start of the server. Rejects only when `signal` aborts. */
export async function serverStatus(facts: InventoryFacts, signal: AbortSignal): Promise<McpServerStatus> {
  const { config, connection, full } = facts;
  const ready = connection?.state.kind === 'ready';
  const listed = async (method: string, member: string): Promise<JsonObject[]> => {
    if (!ready || !connection || !full || !isObject(connection.client?.capabilities.resources)) return [];
    return entries(connection, method, member, signal).catch((error: unknown) => {
      if (signal.aborted) throw error;
      return [];
    });
  };
  const [resources, resourceTemplates] = await Promise.all([
    listed('resources/list', 'resources'),
    listed('resources/templates/list', 'resourceTemplates'),
  ]);
  const { transport } = config;
  return {
    name: config.name,
    runtimeStatus: facts.runtimeStatus,
    pluginId: config.owner?.pluginId ?? null,
    httpOrigin: transport.type === 'http' && URL.canParse(transport.url) ? new URL(transport.url).origin : null,
    serverInfo: serverInfo(connection?.client?.serverInfo),
    serverCapabilities: orNull(connection?.client?.capabilities),
    toolListMeta: orNull(connection?.toolListMeta),
    tools: Object.fromEntries((connection?.tools ?? []).map(({ name, raw, inputSchema }) => [name, { ...raw, name, inputSchema }])),
    toolsError: connection?.state.kind === 'failed' && !connection.client ? connection.state.cause : null,
    // What a server says of its resources is passed on as it is.
    resources: resources as McpServerStatus['resources'],
    resourceTemplates: resourceTemplates as McpServerStatus['resourceTemplates'],
    authStatus: facts.authStatus,
  };
}
