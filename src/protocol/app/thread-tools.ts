/** What a client does inside a loaded thread besides turns: compaction, shell commands, background terminals. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { Empty, int64, opt, uint } from '../fields.ts';
import { inThread } from '../lanes.ts';

export const ThreadBackgroundTerminal = schema('ThreadBackgroundTerminal', () =>
  z.object({
    itemId: z.string(),
    processId: z.string(),
    command: z.string(),
    cwd: z.string(),
    osPid: z.nullable(z.uint32()),
    cpuPercent: z.nullable(z.number()),
    rssKb: z.nullable(uint()),
  }),
);
export type ThreadBackgroundTerminal = Out<typeof ThreadBackgroundTerminal>;

export const ThreadCompactStartParams = schema('ThreadCompactStartParams', () => z.object({ threadId: z.string() }));
export type ThreadCompactStartParams = Out<typeof ThreadCompactStartParams>;

export const ThreadShellCommandParams = schema('ThreadShellCommandParams', () =>
  z.object({ threadId: z.string(), command: z.string(), timeoutMs: opt(int64()) }),
);
export type ThreadShellCommandParams = Out<typeof ThreadShellCommandParams>;

export const ThreadBackgroundTerminalsCleanParams = schema('ThreadBackgroundTerminalsCleanParams', () =>
  z.object({ threadId: z.string() }),
);
export type ThreadBackgroundTerminalsCleanParams = Out<typeof ThreadBackgroundTerminalsCleanParams>;

export const ThreadBackgroundTerminalsListParams = schema('ThreadBackgroundTerminalsListParams', () =>
  z.object({ threadId: z.string(), cursor: opt(z.string()), limit: opt(z.uint32()) }),
);
export type ThreadBackgroundTerminalsListParams = Out<typeof ThreadBackgroundTerminalsListParams>;

export const ThreadBackgroundTerminalsListResponse = schema('ThreadBackgroundTerminalsListResponse', () =>
  z.object({ data: z.array(ThreadBackgroundTerminal()), nextCursor: z.nullable(z.string()) }),
);
export type ThreadBackgroundTerminalsListResponse = Out<typeof ThreadBackgroundTerminalsListResponse>;

export const ThreadBackgroundTerminalsTerminateParams = schema('ThreadBackgroundTerminalsTerminateParams', () =>
  z.object({ threadId: z.string(), processId: z.string() }),
);
export type ThreadBackgroundTerminalsTerminateParams = Out<typeof ThreadBackgroundTerminalsTerminateParams>;

export const ThreadBackgroundTerminalsTerminateResponse = schema('ThreadBackgroundTerminalsTerminateResponse', () =>
  z.object({ terminated: z.boolean() }),
);
export type ThreadBackgroundTerminalsTerminateResponse = Out<typeof ThreadBackgroundTerminalsTerminateResponse>;

export const ThreadInjectItemsParams = schema('ThreadInjectItemsParams', () =>
  z.object({ threadId: z.string(), items: z.array(z.unknown()) }),
);
export type ThreadInjectItemsParams = Out<typeof ThreadInjectItemsParams>;

export const ContextCompactedNotification = schema('ContextCompactedNotification', () =>
  z.object({ threadId: z.string(), turnId: z.string() }),
);
export type ContextCompactedNotification = Out<typeof ContextCompactedNotification>;

export const threadToolsRequests = {
  'thread/compact/start': request({
    doc: "Starts a turn that shortens the model's view of the history.",
    params: ThreadCompactStartParams,
    result: Empty,
    lane: inThread,
  }),
  'thread/shellCommand': request({
    doc: 'Runs a command of the user inside the thread, outside the sandbox.',
    params: ThreadShellCommandParams,
    result: Empty,
    lane: inThread,
  }),
  'thread/backgroundTerminals/clean': request({
    doc: 'Ends every background terminal of a thread.',
    params: ThreadBackgroundTerminalsCleanParams,
    result: Empty,
    lane: inThread,
    experimental: true,
  }),
  'thread/backgroundTerminals/list': request({
    doc: 'Lists the background terminals of a thread.',
    params: ThreadBackgroundTerminalsListParams,
    result: ThreadBackgroundTerminalsListResponse,
    lane: inThread,
    experimental: true,
  }),
  'thread/backgroundTerminals/terminate': request({
    doc: 'Ends one background terminal.',
    params: ThreadBackgroundTerminalsTerminateParams,
    result: ThreadBackgroundTerminalsTerminateResponse,
    lane: inThread,
    experimental: true,
  }),
  'thread/inject_items': request({
    doc: 'Adds raw model items to the history without showing them.',
    params: ThreadInjectItemsParams,
    result: Empty,
    lane: inThread,
  }),
} as const;

export const threadToolsNotifications = {
  'thread/compacted': notification({
    doc: 'A thread was compacted; old form of the contextCompaction item.',
    params: ContextCompactedNotification,
  }),
} as const;
