/** MCP servers: state, sign-in, tools, resources and events. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { Empty, int64, json, NoParams, opt } from '../fields.ts';
import { exclusive, inOptionalThread, perServer, perSubscription } from '../lanes.ts';

export const McpServerConnectionStatus = schema('McpServerConnectionStatus', () =>
  z.enum(['notStarted', 'starting', 'connected', 'authenticationRequired', 'failed', 'cancelled', 'disabled']),
);
export type McpServerConnectionStatus = Out<typeof McpServerConnectionStatus>;

export const McpServerInfo = schema('McpServerInfo', () =>
  z.object({
    name: z.string(),
    title: z.nullable(z.string()),
    version: z.string(),
    description: z.nullable(z.string()),
    icons: z.nullable(z.array(z.unknown())),
    websiteUrl: z.nullable(z.string()),
  }),
);
export type McpServerInfo = Out<typeof McpServerInfo>;

export const Tool = schema('Tool', () =>
  z.object({
    name: z.string(),
    title: z.nullish(z.string()),
    description: z.nullish(z.string()),
    inputSchema: json(),
    outputSchema: z.optional(z.unknown()),
    annotations: z.optional(z.unknown()),
    icons: z.nullish(z.array(z.unknown())),
    _meta: z.optional(z.unknown()),
  }),
);
export type Tool = Out<typeof Tool>;

export const Resource = schema('Resource', () =>
  z.object({
    annotations: z.optional(z.unknown()),
    description: z.nullish(z.string()),
    mimeType: z.nullish(z.string()),
    name: z.string(),
    size: z.nullish(int64()),
    title: z.nullish(z.string()),
    uri: z.string(),
    icons: z.nullish(z.array(z.unknown())),
    _meta: z.optional(z.unknown()),
  }),
);
export type Resource = Out<typeof Resource>;

export const ResourceTemplate = schema('ResourceTemplate', () =>
  z.object({
    annotations: z.optional(z.unknown()),
    uriTemplate: z.string(),
    name: z.string(),
    title: z.nullish(z.string()),
    description: z.nullish(z.string()),
    mimeType: z.nullish(z.string()),
  }),
);
export type ResourceTemplate = Out<typeof ResourceTemplate>;

export const McpAuthStatus = schema('McpAuthStatus', () => z.enum(['unknown', 'unsupported', 'notLoggedIn', 'bearerToken', 'oAuth']));
export type McpAuthStatus = Out<typeof McpAuthStatus>;

export const McpServerStatus = schema('McpServerStatus', () =>
  z.object({
    name: z.string(),
    runtimeStatus: z.nullable(McpServerConnectionStatus()),
    pluginId: z.nullable(z.string()),
    httpOrigin: z.nullable(z.string()),
    serverInfo: z.nullable(McpServerInfo()),
    serverCapabilities: json(),
    toolListMeta: json(),
    tools: z.record(z.string(), Tool()),
    toolsError: z.nullable(z.string()),
    resources: z.array(Resource()),
    resourceTemplates: z.array(ResourceTemplate()),
    authStatus: McpAuthStatus(),
  }),
);
export type McpServerStatus = Out<typeof McpServerStatus>;

export const McpResourceReadTarget = schema('McpResourceReadTarget', () =>
  z.object({ connectorId: z.string(), linkId: z.nullable(z.string()) }),
);
export type McpResourceReadTarget = Out<typeof McpResourceReadTarget>;

export const McpServerStatusDetail = schema('McpServerStatusDetail', () => z.enum(['full', 'toolsAndAuthOnly']));
export type McpServerStatusDetail = Out<typeof McpServerStatusDetail>;

export const McpServerOauthClientRegistration = schema('McpServerOauthClientRegistration', () => z.enum(['auto', 'cimd', 'dcr']));
export type McpServerOauthClientRegistration = Out<typeof McpServerOauthClientRegistration>;

export const McpServerEventNotification = schema('McpServerEventNotification', () => z.object({ method: z.string(), params: json() }));
export type McpServerEventNotification = Out<typeof McpServerEventNotification>;

export const McpServerStartupFailureReason = schema('McpServerStartupFailureReason', () => z.literal('reauthenticationRequired'));
export type McpServerStartupFailureReason = Out<typeof McpServerStartupFailureReason>;

export const McpServerStartupState = schema('McpServerStartupState', () => z.enum(['starting', 'ready', 'failed', 'cancelled']));
export type McpServerStartupState = Out<typeof McpServerStartupState>;

export const ResourceContent = schema('ResourceContent', () =>
  z.union([
    z.object({ uri: z.string(), mimeType: z.nullish(z.string()), text: z.string(), _meta: z.optional(z.unknown()) }),
    z.object({ uri: z.string(), mimeType: z.nullish(z.string()), blob: z.string(), _meta: z.optional(z.unknown()) }),
  ]),
);
export type ResourceContent = Out<typeof ResourceContent>;

export const McpServerOauthLoginParams = schema('McpServerOauthLoginParams', () =>
  z.object({
    name: z.string(),
    threadId: opt(z.string()),
    clientRegistration: opt(McpServerOauthClientRegistration()),
    scopes: opt(z.array(z.string())),
    timeoutSecs: opt(int64()),
  }),
);
export type McpServerOauthLoginParams = Out<typeof McpServerOauthLoginParams>;

export const McpServerOauthLoginResponse = schema('McpServerOauthLoginResponse', () =>
  z.object({ authorizationUrl: z.string(), loginId: z.nullish(z.string()) }),
);
export type McpServerOauthLoginResponse = Out<typeof McpServerOauthLoginResponse>;

export const McpServerOauthCallbackParams = schema('McpServerOauthCallbackParams', () =>
  z.object({ loginId: z.string(), callbackUrl: z.string() }),
);
export type McpServerOauthCallbackParams = Out<typeof McpServerOauthCallbackParams>;

export const McpServerOauthCancelParams = schema('McpServerOauthCancelParams', () => z.object({ loginId: z.string() }));
export type McpServerOauthCancelParams = Out<typeof McpServerOauthCancelParams>;

export const McpServerOauthCancelResponse = schema('McpServerOauthCancelResponse', () =>
  z.object({ status: z.enum(['canceled', 'notFound']) }),
);
export type McpServerOauthCancelResponse = Out<typeof McpServerOauthCancelResponse>;

export const McpServerOauthLogoutParams = schema('McpServerOauthLogoutParams', () =>
  z.object({ name: z.string(), threadId: opt(z.string()) }),
);
export type McpServerOauthLogoutParams = Out<typeof McpServerOauthLogoutParams>;

export const McpServerOauthLogoutResponse = schema('McpServerOauthLogoutResponse', () => z.object({ removed: z.boolean() }));
export type McpServerOauthLogoutResponse = Out<typeof McpServerOauthLogoutResponse>;

export const ListMcpServerStatusParams = schema('ListMcpServerStatusParams', () =>
  z.object({
    cursor: opt(z.string()),
    limit: opt(z.uint32()),
    detail: opt(McpServerStatusDetail()),
    threadId: opt(z.string()),
    serverName: opt(z.string()),
  }),
);
export type ListMcpServerStatusParams = Out<typeof ListMcpServerStatusParams>;

export const ListMcpServerStatusResponse = schema('ListMcpServerStatusResponse', () =>
  z.object({ data: z.array(McpServerStatus()), nextCursor: z.nullable(z.string()) }),
);
export type ListMcpServerStatusResponse = Out<typeof ListMcpServerStatusResponse>;

export const McpResourceReadParams = schema('McpResourceReadParams', () =>
  z.object({
    _meta: opt(z.record(z.string(), z.unknown())),
    threadId: opt(z.string()),
    originCallId: opt(z.string()),
    server: z.string(),
    uri: z.string(),
    connectorId: opt(z.string()),
    target: opt(McpResourceReadTarget()),
  }),
);
export type McpResourceReadParams = Out<typeof McpResourceReadParams>;

export const McpResourceReadResponse = schema('McpResourceReadResponse', () =>
  z.object({ contents: z.array(ResourceContent()), originCallId: z.nullable(z.string()) }),
);
export type McpResourceReadResponse = Out<typeof McpResourceReadResponse>;

export const McpServerEventStreamStartParams = schema('McpServerEventStreamStartParams', () =>
  z.object({
    threadId: z.string(),
    server: z.string(),
    subscriptionId: z.string(),
    name: z.string(),
    arguments: json(),
    _meta: opt(z.unknown()),
  }),
);
export type McpServerEventStreamStartParams = Out<typeof McpServerEventStreamStartParams>;

export const McpServerEventStreamStopParams = schema('McpServerEventStreamStopParams', () => z.object({ subscriptionId: z.string() }));
export type McpServerEventStreamStopParams = Out<typeof McpServerEventStreamStopParams>;

export const McpServerToolCallParams = schema('McpServerToolCallParams', () =>
  z.object({ threadId: z.string(), server: z.string(), tool: z.string(), arguments: opt(z.unknown()), _meta: opt(z.unknown()) }),
);
export type McpServerToolCallParams = Out<typeof McpServerToolCallParams>;

export const McpServerToolCallResponse = schema('McpServerToolCallResponse', () =>
  z.object({
    content: z.array(z.unknown()),
    structuredContent: z.optional(z.unknown()),
    isError: z.nullish(z.boolean()),
    _meta: z.optional(z.unknown()),
  }),
);
export type McpServerToolCallResponse = Out<typeof McpServerToolCallResponse>;

export const McpServerOauthLoginCompletedNotification = schema('McpServerOauthLoginCompletedNotification', () =>
  z.object({
    name: z.string(),
    threadId: z.nullable(z.string()),
    loginId: z.nullish(z.string()),
    success: z.boolean(),
    error: z.nullish(z.string()),
  }),
);
export type McpServerOauthLoginCompletedNotification = Out<typeof McpServerOauthLoginCompletedNotification>;

export const McpServerStatusUpdatedNotification = schema('McpServerStatusUpdatedNotification', () =>
  z.object({
    threadId: z.nullable(z.string()),
    name: z.string(),
    status: McpServerStartupState(),
    error: z.nullable(z.string()),
    failureReason: z.nullable(McpServerStartupFailureReason()),
  }),
);
export type McpServerStatusUpdatedNotification = Out<typeof McpServerStatusUpdatedNotification>;

export const McpServerEventStreamNotification = schema('McpServerEventStreamNotification', () =>
  z.object({ subscriptionId: z.string(), notification: McpServerEventNotification() }),
);
export type McpServerEventStreamNotification = Out<typeof McpServerEventStreamNotification>;

export const mcpRequests = {
  'mcpServer/oauth/login': request({
    doc: 'Starts the OAuth sign-in of an MCP server.',
    params: McpServerOauthLoginParams,
    result: McpServerOauthLoginResponse,
    lane: perServer,
  }),
  'mcpServer/oauth/callback': request({
    doc: 'Ends a sign-in with the address at which the browser ended up, copied by the user: for a browser that cannot reach this machine.',
    params: McpServerOauthCallbackParams,
    result: Empty,
    experimental: true,
    own: true,
  }),
  'mcpServer/oauth/cancel': request({
    doc: 'Gives up a sign-in; it is reported as ended.',
    params: McpServerOauthCancelParams,
    result: McpServerOauthCancelResponse,
    experimental: true,
    own: true,
  }),
  'mcpServer/oauth/logout': request({
    doc: 'Forgets the sign-in of an MCP server; threads start the server anew.',
    params: McpServerOauthLogoutParams,
    result: McpServerOauthLogoutResponse,
    lane: perServer,
    experimental: true,
    own: true,
  }),
  'config/mcpServer/reload': request({
    doc: 'Reads the MCP configuration again and applies it to loaded threads.',
    params: NoParams,
    result: Empty,
    lane: exclusive('mcp-registry'),
    noParams: true,
  }),
  'mcpServerStatus/list': request({
    doc: 'Lists MCP servers with their tools and sign-in state.',
    params: ListMcpServerStatusParams,
    result: ListMcpServerStatusResponse,
    lane: exclusive('mcp-registry'),
  }),
  'mcpServer/resource/read': request({
    doc: 'Reads a resource of an MCP server.',
    params: McpResourceReadParams,
    result: McpResourceReadResponse,
    lane: inOptionalThread,
  }),
  'mcpServer/event/stream/start': request({
    doc: 'Subscribes to an event stream of an MCP server.',
    params: McpServerEventStreamStartParams,
    result: Empty,
    lane: perSubscription,
    experimental: true,
  }),
  'mcpServer/event/stream/stop': request({
    doc: 'Ends such a subscription.',
    params: McpServerEventStreamStopParams,
    result: Empty,
    lane: perSubscription,
    experimental: true,
  }),
  'mcpServer/tool/call': request({
    doc: 'Calls a tool of an MCP server on behalf of the client.',
    params: McpServerToolCallParams,
    result: McpServerToolCallResponse,
  }),
} as const;

export const mcpNotifications = {
  'mcpServer/oauthLogin/completed': notification({
    doc: 'An OAuth sign-in of an MCP server ended.',
    params: McpServerOauthLoginCompletedNotification,
  }),
  'mcpServer/startupStatus/updated': notification({
    doc: 'An MCP server is starting, ready or failed.',
    params: McpServerStatusUpdatedNotification,
  }),
  'mcpServer/event/stream/notification': notification({
    doc: 'An event of a subscribed MCP server stream.',
    params: McpServerEventStreamNotification,
  }),
} as const;
