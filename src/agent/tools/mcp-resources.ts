/** The tools with which a model finds and reads resources of MCP servers. */
import type { McpConnection } from '../../mcp/connection.ts';
import { failureText } from '../../mcp/mcp-error.ts';
import type { ThreadServers } from '../../mcp/thread-servers.ts';
import { readArguments } from './arguments.ts';
import { itemResult, type McpItem } from './mcp-result.ts';
import { defineTool, type Prepared, type Tool, type ToolCall, type ToolOutcome } from './tool.ts';

type JsonObject = Record<string, unknown>;

interface ListKind {
  readonly tool: string;
  readonly method: string;
  /** Where the entries stand in the answer of the server and in ours. */
  readonly member: 'resources' | 'resourceTemplates';
  readonly description: string;
}

const mostPages = 100;

const lists: readonly ListKind[] = [
  {
    tool: 'list_mcp_resources',
    method: 'resources/list',
    member: 'resources',
    description: 'Shows what MCP servers have to read: files, schemas, documents and other data. Look here before searching the web.',
  },
  {
    tool: 'list_mcp_resource_templates',
    method: 'resources/templates/list',
    member: 'resourceTemplates',
    description:
      'Shows the address patterns with parameters under which MCP servers have more to read. Look here before searching the web.',
  },
];

/** Empty while a thread has no servers. */
export function createResourceTools(servers: ThreadServers): Tool[] {
  if (!servers.configs.some(({ enabled }) => enabled)) return [];
  return [...lists.map((kind) => listTool(kind, servers)), readTool(servers)];
}

const object = (properties: JsonObject, required?: readonly string[]) => ({
  type: 'object',
  properties,
  ...(required ? { required } : {}),
  additionalProperties: false,
});

function listTool(kind: ListKind, servers: ThreadServers): Tool {
  const parameters = object({
    cursor: { type: 'string', description: 'Where the last list ended; leave it out for the beginning. Needs a server.' },
    server: { type: 'string', description: 'Name of one MCP server; leave it out to ask all of them.' },
  });
  return defineTool<{ server: string | undefined; cursor: string | undefined }>({
    name: kind.tool,
    kind: 'function',
    parallel: true,
    declaration: () => ({ type: 'function', name: kind.tool, description: kind.description, strict: false, parameters }),
    parse: (input) =>
      readArguments(input, (reader) => ({ server: reader.optionalString('server'), cursor: reader.optionalString('cursor') })),
    prepare: (args, call) =>
      unknownServer(servers, args.server) ?? {
        kind: 'free',
        run: () =>
          helperCall({ server: args.server, tool: kind.tool, args: defined(args), what: kind.method }, call, () =>
            list(kind, args, servers, call),
          ),
      },
  });
}

const defined = (args: JsonObject): JsonObject => Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined));

function readTool(servers: ThreadServers): Tool {
  const parameters = object(
    {
      server: { type: 'string', description: 'Name of the MCP server, as a list of resources shows it.' },
      uri: { type: 'string', description: 'Address of the resource, as a list of resources shows it.' },
    },
    ['server', 'uri'],
  );
  const name = 'read_mcp_resource';
  return defineTool<{ server: string; uri: string }>({
    name,
    kind: 'function',
    parallel: true,
    declaration: () => ({ type: 'function', name, description: 'Reads one resource of an MCP server.', strict: false, parameters }),
    parse: (input) => readArguments(input, (reader) => ({ server: reader.string('server'), uri: reader.string('uri') })),
    prepare: ({ server, uri }, call) =>
      unknownServer(servers, server) ?? {
        kind: 'free',
        run: () =>
          helperCall({ server, tool: name, args: { server, uri }, what: 'resources/read' }, call, async () => {
            const answer = await named(servers, server)
              .request('resources/read', { uri }, { signal: call.signal })
              .catch((error: unknown) => {
                if (call.signal.aborted) throw error;
                throw new Error(`resources/read failed for \`${server}\` (${uri}): ${failureText(error)}`);
              });
            return { server, uri, ...answer };
          }),
      },
  });
}

/** A server that nobody knows gets no item. */
function unknownServer(servers: ThreadServers, server: string | undefined): Prepared | undefined {
  if (server === undefined || servers.find(server)) return undefined;
  return { kind: 'free', run: async () => ({ kind: 'failed', output: `unknown MCP server '${server}'` }) };
}

/** What the model did wrong, in words that stand for themselves. */
class Misuse extends Error {}

function named(servers: ThreadServers, server: string): McpConnection {
  const connection = servers.find(server);
  if (!connection) throw new Error(`unknown MCP server '${server}'`);
  return connection;
}

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Models read these members in this order; the others follow. */
const members = ['uri', 'uriTemplate', 'name', 'title', 'description', 'mimeType', 'size'];

/** Entries with the name of their server in front. */
const tagged = (server: string, entries: unknown): JsonObject[] =>
  Array.isArray(entries)
    ? entries.filter(isObject).map((entry) => {
        const first = members.flatMap((name) => (entry[name] === undefined ? [] : [[name, entry[name]] as const]));
        return { server, ...Object.fromEntries(first), ...entry };
      })
    : [];

async function list(
  kind: ListKind,
  { server, cursor }: { server: string | undefined; cursor: string | undefined },
  servers: ThreadServers,
  { signal, log }: ToolCall,
): Promise<JsonObject> {
  if (server !== undefined) {
    const answer = await named(servers, server).request(kind.method, cursor === undefined ? {} : { cursor }, { signal });
    const next = typeof answer.nextCursor === 'string' ? { nextCursor: answer.nextCursor } : {};
    return { server, [kind.member]: tagged(server, answer[kind.member]), ...next };
  }
  if (cursor !== undefined) throw new Misuse('cursor can only be used when a server is specified');
  const ready = [...servers.connections].filter(
    ({ state, client }) => state.kind === 'ready' && client?.capabilities.resources !== undefined,
  );
  const all = await Promise.all(
    ready.map((connection) =>
      allPages(kind, connection, signal).catch((error: unknown) => {
        if (signal.aborted) throw error;
        log.warn('an MCP server did not list its resources', { server: connection.config.name, error });
        return [];
      }),
    ),
  );
  return { [kind.member]: all.flat() };
}

async function allPages(kind: ListKind, connection: McpConnection, signal: AbortSignal): Promise<JsonObject[]> {
  const found: JsonObject[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < mostPages; pages += 1) {
    const answer = await connection.request(kind.method, cursor === undefined ? {} : { cursor }, { signal });
    found.push(...tagged(connection.config.name, answer[kind.member]));
    if (typeof answer.nextCursor !== 'string' || answer.nextCursor === cursor) break;
    cursor = answer.nextCursor;
  }
  return found;
}

/** These calls show as calls to the server that is asked, or to the program itself. */
async function helperCall(
  about: { server: string | undefined; tool: string; args: JsonObject; what: string },
  call: ToolCall,
  run: () => Promise<JsonObject>,
): Promise<ToolOutcome> {
  const startedMs = call.clock.monotonicMs();
  const item: McpItem = {
    type: 'mcpToolCall',
    id: call.callId,
    server: about.server ?? 'codex',
    tool: about.tool,
    status: 'inProgress',
    arguments: about.args,
    appContext: null,
    mcpAppUi: null,
    pluginId: null,
    readOnlyHint: null,
    result: null,
    error: null,
    durationMs: null,
  };
  call.items.start(item);
  const done = (end: Pick<McpItem, 'status' | 'result' | 'error'>): void =>
    call.items.complete({ ...item, ...end, durationMs: Math.round(call.clock.monotonicMs() - startedMs) });
  try {
    const output = JSON.stringify(await run());
    const shown = { isError: false, content: [{ type: 'text', text: output }], structuredContent: null, meta: null };
    done({ status: 'completed', result: itemResult(shown), error: null });
    return { kind: 'ok', output };
  } catch (error) {
    const failed = error instanceof Misuse ? error.message : `${about.what} failed: ${failureText(error)}`;
    const message = call.signal.aborted ? 'interrupted' : failed;
    done({ status: 'failed', result: null, error: { message } });
    if (call.signal.aborted) throw error;
    return { kind: 'failed', output: message };
  }
}
