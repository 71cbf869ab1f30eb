/** Hooks: programs that run at points of a turn. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { int64, opt, pathString, uint } from '../fields.ts';
import { exclusive } from '../lanes.ts';

export const HookEventName = schema('HookEventName', () =>
  z.enum([
    'preModelRequest',
    'postModelRequest',
    'preToolUse',
    'permissionRequest',
    'postToolUse',
    'preCompact',
    'postCompact',
    'sessionStart',
    'sessionEnd',
    'userPromptSubmit',
    'subagentStart',
    'subagentStop',
    'stop',
    'interrupt',
  ]),
);
export type HookEventName = Out<typeof HookEventName>;

export const HookHandlerType = schema('HookHandlerType', () => z.enum(['command', 'mcpTool', 'prompt', 'agent']));
export type HookHandlerType = Out<typeof HookHandlerType>;

export const HookExecutionMode = schema('HookExecutionMode', () => z.enum(['sync', 'async']));
export type HookExecutionMode = Out<typeof HookExecutionMode>;

export const HookScope = schema('HookScope', () => z.enum(['thread', 'turn']));
export type HookScope = Out<typeof HookScope>;

export const HookSource = schema('HookSource', () =>
  z.enum([
    'system',
    'user',
    'project',
    'mdm',
    'sessionFlags',
    'plugin',
    'cloudRequirements',
    'cloudManagedConfig',
    'legacyManagedConfigFile',
    'legacyManagedConfigMdm',
    'unknown',
  ]),
);
export type HookSource = Out<typeof HookSource>;

export const HookRunStatus = schema('HookRunStatus', () => z.enum(['running', 'completed', 'failed', 'blocked', 'stopped']));
export type HookRunStatus = Out<typeof HookRunStatus>;

export const HookOutputEntryKind = schema('HookOutputEntryKind', () => z.enum(['warning', 'stop', 'feedback', 'context', 'error']));
export type HookOutputEntryKind = Out<typeof HookOutputEntryKind>;

export const HookOutputEntry = schema('HookOutputEntry', () => z.object({ kind: HookOutputEntryKind(), text: z.string() }));
export type HookOutputEntry = Out<typeof HookOutputEntry>;

export const HookRunSummary = schema('HookRunSummary', () =>
  z.object({
    id: z.string(),
    eventName: HookEventName(),
    handlerType: HookHandlerType(),
    executionMode: HookExecutionMode(),
    scope: HookScope(),
    sourcePath: z.string(),
    source: HookSource(),
    displayOrder: int64(),
    status: HookRunStatus(),
    statusMessage: z.nullable(z.string()),
    startedAt: int64(),
    completedAt: z.nullable(int64()),
    durationMs: z.nullable(int64()),
    entries: z.array(HookOutputEntry()),
  }),
);
export type HookRunSummary = Out<typeof HookRunSummary>;

export const HookTrustStatus = schema('HookTrustStatus', () => z.enum(['managed', 'untrusted', 'trusted', 'modified']));
export type HookTrustStatus = Out<typeof HookTrustStatus>;

/** A configured hook. It runs only when its `currentHash` is trusted. */
export const HookMetadata = schema('HookMetadata', () => {
  const common = {
    key: z.string(),
    eventName: HookEventName(),
    matcher: z.nullable(z.string()),
    timeoutSec: uint(),
    statusMessage: z.nullable(z.string()),
    additionalContextLimit: z.nullable(uint()),
    sourcePath: z.string(),
    source: HookSource(),
    pluginId: z.nullable(z.string()),
    environmentId: z.nullable(z.string()),
    displayOrder: int64(),
    enabled: z.boolean(),
    isManaged: z.boolean(),
    currentHash: z.string(),
    trustStatus: HookTrustStatus(),
  };
  return z.discriminatedUnion('handlerType', [
    z.object({ ...common, handlerType: z.literal('command'), command: z.string(), async: z.boolean() }),
    z.object({ ...common, handlerType: z.literal('mcpTool'), server: z.string(), tool: z.string() }),
    z.object({ ...common, handlerType: z.literal('prompt') }),
    z.object({ ...common, handlerType: z.literal('agent') }),
  ]);
});
export type HookMetadata = Out<typeof HookMetadata>;

export const HookErrorInfo = schema('HookErrorInfo', () => z.object({ path: z.string(), message: z.string() }));
export type HookErrorInfo = Out<typeof HookErrorInfo>;

export const HooksListEntry = schema('HooksListEntry', () =>
  z.object({ cwd: z.string(), hooks: z.array(HookMetadata()), warnings: z.array(z.string()), errors: z.array(HookErrorInfo()) }),
);
export type HooksListEntry = Out<typeof HooksListEntry>;

export const HooksListParams = schema('HooksListParams', () =>
  z.object({ cwds: z._default(z.array(pathString()), []), threadId: opt(z.string()) }),
);
export type HooksListParams = Out<typeof HooksListParams>;

export const HooksListResponse = schema('HooksListResponse', () => z.object({ data: z.array(HooksListEntry()) }));
export type HooksListResponse = Out<typeof HooksListResponse>;

export const HookStartedNotification = schema('HookStartedNotification', () =>
  z.object({ threadId: z.string(), turnId: z.nullable(z.string()), run: HookRunSummary() }),
);
export type HookStartedNotification = Out<typeof HookStartedNotification>;

export const HookCompletedNotification = schema('HookCompletedNotification', () =>
  z.object({ threadId: z.string(), turnId: z.nullable(z.string()), run: HookRunSummary() }),
);
export type HookCompletedNotification = Out<typeof HookCompletedNotification>;

export const hookRequests = {
  'hooks/list': request({
    doc: 'Lists configured hooks and whether they are trusted.',
    params: HooksListParams,
    result: HooksListResponse,
    lane: exclusive('config'),
  }),
} as const;

export const hookNotifications = {
  'hook/started': notification({ doc: 'A hook began to run.', params: HookStartedNotification }),
  'hook/completed': notification({ doc: 'A hook ended.', params: HookCompletedNotification }),
} as const;
