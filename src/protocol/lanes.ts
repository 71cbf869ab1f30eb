/** The ordering lanes that rows share. */

export const exclusive = (key: string) => ({ key: () => key });
export const shared = (key: string) => ({ key: () => key, shared: true });

export const inThread = { key: (params: { threadId: string }) => `thread:${params.threadId}` };
export const inOptionalThread = {
  key: (params: { threadId?: string | undefined }) => (params.threadId === undefined ? undefined : `thread:${params.threadId}`),
};
/** A thread that is named by its rollout file is locked by that file. */
export const inThreadOrPath = {
  key: (params: { threadId: string; path?: string | undefined }) =>
    params.path === undefined ? `thread:${params.threadId}` : `path:${params.path}`,
};

/** The sign-in of one MCP server. */
export const perServer = { key: (params: { name: string }) => `mcp-oauth:${params.name}` };

// Clients choose these names, each for itself.
export const perCommand = { key: (params: { processId: string }) => `command:${params.processId}`, perConnection: true };
export const perProcess = { key: (params: { processHandle: string }) => `process:${params.processHandle}`, perConnection: true };
export const perWatch = { key: (params: { watchId: string }) => `watch:${params.watchId}`, perConnection: true };
export const perSearch = { key: (params: { sessionId: string }) => `search:${params.sessionId}`, perConnection: true };
export const perSubscription = { key: (params: { subscriptionId: string }) => `mcp-events:${params.subscriptionId}`, perConnection: true };
