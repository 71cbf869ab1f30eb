/** MCP servers for clients: what there is, reading and calling without a turn, and reading the configuration again. */
import type { McpThreads } from '../../agent/mcp-threads.ts';
import type { ThreadManager } from '../../agent/threads.ts';
import { abortable } from '../../base/abort.ts';
import { internalError, invalidRequest, RequestError } from '../../base/errors.ts';
import type { Configuration } from '../../config/configuration.ts';
import type { McpConnection } from '../../mcp/connection.ts';
import { serverStatus } from '../../mcp/inventory.ts';
import { failureText, ServerError } from '../../mcp/mcp-error.ts';
import { type McpServerConfig, serverConfigs, toolAllowed } from '../../mcp/server-config.ts';
import type { ClientRequests, Handlers, ListMcpServerStatusParams, McpAuthStatus, McpServerStatus } from '../../protocol/app/index.ts';
import type { RequestContext } from '../connection.ts';
import type { McpLogins } from '../mcp-logins.ts';
import { page } from '../paging.ts';

type Methods =
  | 'mcpServerStatus/list'
  | 'mcpServer/resource/read'
  | 'mcpServer/tool/call'
  | 'config/mcpServer/reload'
  | 'mcpServer/oauth/login'
  | 'mcpServer/oauth/callback'
  | 'mcpServer/oauth/cancel'
  | 'mcpServer/oauth/logout';

export interface McpDeps {
  readonly mcp: McpThreads;
  readonly mcpLogins: McpLogins;
  readonly threads: ThreadManager;
  readonly configuration: Configuration;
  readonly cwd: string;
}

type JsonObject = Record<string, unknown>;
const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What the server said under its own code, or why there was no answer. */
const passedOn = (error: unknown, prefix = ''): RequestError =>
  error instanceof ServerError
    ? new RequestError('custom', error.message, { code: error.code, data: error.data })
    : internalError(`${prefix}${failureText(error)}`, error);

export const mcpHandlers = (deps: McpDeps): Handlers<Pick<ClientRequests, Methods>, RequestContext> => {
  const { mcp, threads, configuration } = deps;
  const configured = async (): Promise<McpServerConfig[]> => serverConfigs((await configuration.load()).settings.mcpServers);
  const ofThread = (threadId: string) => {
    threads.get(threadId);
    return mcp.find(threadId);
  };
  const usable = (config: McpServerConfig): boolean => config.enabled && mcp.reachable(config);

  /** A server that one can sign in at, as the thread knows it. Rejects with `invalidRequest`. */
  const overHttp = async (params: { name: string; threadId?: string | undefined }, otherwise: string, signal: AbortSignal) => {
    const { name, threadId } = params;
    const known = threadId === undefined ? await configured() : (ofThread(threadId)?.configs ?? []);
    const all = threadId === undefined ? known : [...known, ...(await mcp.undiscovered(threadId, signal))];
    const config = all.find((one) => one.name === name);
    if (!config) throw invalidRequest(`No MCP server named '${name}' found.`);
    if (config.transport.type !== 'http') throw invalidRequest(otherwise);
    return { config, settings: config.transport };
  };

  /** Runs `use` with a connection of its own, closed afterwards. */
  const visiting = async <T>(config: McpServerConfig, use: (connection: McpConnection) => Promise<T>): Promise<T> => {
    const connection = mcp.visit(config, deps.cwd);
    try {
      return await use(connection);
    } finally {
      await connection.close();
    }
  };

  const statusOf = async (config: McpServerConfig, params: ListMcpServerStatusParams, signal: AbortSignal): Promise<McpServerStatus> => {
    const authStatus = await deps.mcpLogins.authStatus(config, signal);
    const facts = { config, runtimeStatus: null, authStatus, full: params.detail !== 'toolsAndAuthOnly' };
    if (!usable(config)) return serverStatus({ ...facts, connection: undefined }, signal);
    return visiting(config, async (connection) => {
      await untilStarted(connection, signal);
      return serverStatus({ ...facts, connection, authStatus: authAsSeen(authStatus, connection) }, signal);
    });
  };

  const statusInThread = async (
    config: McpServerConfig,
    params: ListMcpServerStatusParams & { readonly threadId: string },
    signal: AbortSignal,
  ): Promise<McpServerStatus> => {
    const servers = mcp.find(params.threadId);
    const connection = servers?.find(config.name);
    if (connection) await untilStarted(connection, signal);
    const runtimeStatus = servers?.status(config) ?? 'notStarted';
    const full = params.detail !== 'toolsAndAuthOnly';
    const authStatus = authAsSeen(await deps.mcpLogins.authStatus(config, signal), connection);
    return serverStatus({ config, connection, runtimeStatus, authStatus, full }, signal);
  };

  return {
    'mcpServerStatus/list': async (params, { signal }) => {
      const { threadId, serverName } = params;
      const started = threadId === undefined ? await configured() : (ofThread(threadId)?.configs ?? []);
      const later = threadId === undefined ? [] : await mcp.undiscovered(threadId, signal);
      const all = [...started, ...later].sort((a, b) => (a.name < b.name ? -1 : 1));
      const named = serverName === undefined ? all : all.filter(({ name }) => name === serverName);
      const { data: chosen, nextCursor } = page(named, params, 'MCP servers');
      const data = await Promise.all(
        chosen.map((config) =>
          threadId === undefined || later.includes(config)
            ? statusOf(config, params, signal)
            : statusInThread(config, { ...params, threadId }, signal),
        ),
      );
      return { data, nextCursor };
    },
    'mcpServer/resource/read': async ({ threadId, server, uri, _meta, originCallId }, { signal }) => {
      if (originCallId !== undefined && threadId === undefined) throw invalidRequest('originCallId requires threadId');
      const request = { uri, ...(_meta === undefined ? {} : { _meta }) };
      const read = async (connection: McpConnection) => {
        try {
          return await connection.request('resources/read', request, { signal });
        } catch (error) {
          throw passedOn(error);
        }
      };
      const unknown = internalError(`unknown MCP server '${server}'`);
      let answer: JsonObject;
      if (threadId !== undefined) {
        const connection = ofThread(threadId)?.find(server);
        if (!connection) throw unknown;
        answer = await read(connection);
      } else {
        const config = (await configured()).find(({ name }) => name === server);
        if (!config || !usable(config)) throw unknown;
        answer = await visiting(config, read);
      }
      return { contents: Array.isArray(answer.contents) ? answer.contents : [], originCallId: originCallId ?? null };
    },
    'mcpServer/tool/call': async ({ threadId, server, tool, arguments: args, _meta }, { signal }) => {
      const connection = ofThread(threadId)?.find(server);
      if (!connection) throw internalError(`unknown MCP server '${server}'`);
      if (!toolAllowed(connection.config, tool)) throw internalError(`tool '${tool}' is disabled for MCP server '${server}'`);
      await untilStarted(connection, signal);
      if (connection.state.kind === 'failed' && !connection.client) throw internalError(`failed to get client: ${connection.state.cause}`);
      const failed = `tool call failed for \`${server}/${tool}\`: `;
      if (args !== undefined && !isObject(args))
        throw internalError(`${failed}MCP tool arguments must be a JSON object, got ${JSON.stringify(args)}`);
      if (_meta !== undefined && !isObject(_meta))
        throw internalError(`${failed}MCP tool request _meta must be a JSON object, got ${JSON.stringify(_meta)}`);
      try {
        const answer = await connection.callTool({ tool, args, meta: { ..._meta, threadId } }, { signal });
        return { ...answer, content: Array.isArray(answer.content) ? answer.content : [] };
      } catch (error) {
        throw passedOn(error, failed);
      }
    },
    'config/mcpServer/reload': async () => {
      await mcp.reload();
      return {};
    },
    'mcpServer/oauth/login': async (params, { connection, client, signal }) => {
      const { config, settings } = await overHttp(params, 'OAuth login is only supported for streamable HTTP servers.', signal);
      const { authorizationUrl, loginId } = await deps.mcpLogins.start({
        ...{ config, params, settings, signal: connection.scope.signal },
        completed: (result) => client.notify('mcpServer/oauthLogin/completed', result),
      });
      return { authorizationUrl, loginId };
    },
    'mcpServer/oauth/callback': async ({ loginId, callbackUrl }) => {
      deps.mcpLogins.submit(loginId, callbackUrl);
      return {};
    },
    'mcpServer/oauth/cancel': async ({ loginId }) => ({ status: deps.mcpLogins.cancel(loginId) ? 'canceled' : 'notFound' }),
    'mcpServer/oauth/logout': async (params, { signal }) => {
      const { settings } = await overHttp(params, 'OAuth logout is only supported for streamable_http transports.', signal);
      return { removed: await deps.mcpLogins.logout(params.name, settings) };
    },
  };
};

/** Tokens may look good where they are kept while the server, or its issuer, does not take them any more. */
function authAsSeen(stored: McpAuthStatus, connection: McpConnection | undefined): McpAuthStatus {
  const refused = connection?.state.kind === 'failed' && connection.state.needsLogin !== 'never';
  return refused && stored === 'oAuth' ? 'notLoggedIn' : stored;
}

/** Waits until the start is over, as long as somebody waits for the answer. */
const untilStarted = (connection: McpConnection, signal: AbortSignal): Promise<void> => abortable(connection.started, signal);
