/** Reading stored threads: lists, searches, pages of turns and items. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { experimental, int64, opt, uint } from '../fields.ts';
import { inThread } from '../lanes.ts';
import { SortDirection } from './content.ts';
import { ThreadItem } from './item.ts';
import { ThreadRealtimeItem } from './realtime.ts';
import { Thread, ThreadReadState } from './thread.ts';
import { Turn, TurnError, TurnItemsView, TurnStatus } from './turn.ts';

export const ThreadItemsListAnchor = schema('ThreadItemsListAnchor', () => z.object({ type: z.literal('item'), itemId: z.string() }));
export type ThreadItemsListAnchor = Out<typeof ThreadItemsListAnchor>;

export const ThreadItemsListCursor = schema('ThreadItemsListCursor', () => z.union([z.string(), ThreadItemsListAnchor()]));
export type ThreadItemsListCursor = Out<typeof ThreadItemsListCursor>;

export const ThreadSearchTextRange = schema('ThreadSearchTextRange', () => z.object({ start: z.uint32(), end: z.uint32() }));
export type ThreadSearchTextRange = Out<typeof ThreadSearchTextRange>;

export const ThreadSearchOccurrence = schema('ThreadSearchOccurrence', () =>
  z.object({
    turnId: z.string(),
    itemId: z.string(),
    snippet: z.string(),
    snippetMatchRange: ThreadSearchTextRange(),
    turnCursor: z.string(),
  }),
);
export type ThreadSearchOccurrence = Out<typeof ThreadSearchOccurrence>;

export const ThreadItemOutputDeferral = schema('ThreadItemOutputDeferral', () =>
  z.object({ commandExecution: z._default(z.boolean(), false), mcpToolCall: z._default(z.boolean(), false) }),
);
export type ThreadItemOutputDeferral = Out<typeof ThreadItemOutputDeferral>;

export const ThreadReadStateOperation = schema('ThreadReadStateOperation', () =>
  z.discriminatedUnion('type', [z.object({ type: z.literal('read') }), z.object({ type: z.literal('unread') })]),
);
export type ThreadReadStateOperation = Out<typeof ThreadReadStateOperation>;

export const ThreadSourceKind = schema('ThreadSourceKind', () =>
  z.enum([
    'cli',
    'vscode',
    'exec',
    'appServer',
    'subAgent',
    'subAgentReview',
    'subAgentCompact',
    'subAgentThreadSpawn',
    'subAgentOther',
    'unknown',
  ]),
);
export type ThreadSourceKind = Out<typeof ThreadSourceKind>;

export const ThreadSearchSortKey = schema('ThreadSearchSortKey', () => z.enum(['created_at', 'updated_at', 'recency_at']));
export type ThreadSearchSortKey = Out<typeof ThreadSearchSortKey>;

export const ThreadSortKey = schema('ThreadSortKey', () => z.enum(['created_at', 'updated_at', 'recency_at', 'section_position']));
export type ThreadSortKey = Out<typeof ThreadSortKey>;

export const ThreadTimelineEntry = schema('ThreadTimelineEntry', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('item'), position: uint(), turnId: z.string(), item: ThreadItem() }),
    z.object({ type: z.literal('realtime'), position: uint(), item: ThreadRealtimeItem() }),
    z.object({ type: z.literal('turnStarted'), position: uint(), turnId: z.string(), startedAt: z.nullable(z.number()) }),
    z.object({
      type: z.literal('turnCompleted'),
      position: uint(),
      turnId: z.string(),
      status: TurnStatus(),
      error: z.nullable(TurnError()),
      startedAt: z.nullable(z.number()),
      completedAt: z.nullable(z.number()),
      durationMs: z.nullable(z.number()),
    }),
  ]),
);
export type ThreadTimelineEntry = Out<typeof ThreadTimelineEntry>;

export const ThreadItemEntry = schema('ThreadItemEntry', () =>
  z.object({
    turnId: z.string(),
    item: ThreadItem(),
    outputDeferred: experimental(z.optional(z.boolean())),
    startedAtMs: z.nullable(int64()),
    completedAtMs: z.nullable(int64()),
  }),
);
export type ThreadItemEntry = Out<typeof ThreadItemEntry>;

export const ThreadSearchResult = schema('ThreadSearchResult', () => z.object({ thread: Thread(), snippet: z.string() }));
export type ThreadSearchResult = Out<typeof ThreadSearchResult>;

/** One working directory, or any of several. */
export const ThreadListCwdFilter = schema('ThreadListCwdFilter', () => z.union([z.string(), z.array(z.string())]));
export type ThreadListCwdFilter = Out<typeof ThreadListCwdFilter>;

/** Filters of a thread list. For `sectionId` and `projectId` null means 'in none', absence means 'any'. */
export const ThreadListParams = schema('ThreadListParams', () =>
  z.object({
    includeAttachedThreads: experimental(z._default(z.boolean(), false)),
    currentAccountOnly: z._default(z.boolean(), false),
    cursor: opt(z.string()),
    limit: opt(z.uint32()),
    excludedThreadIds: opt(z.array(z.string())),
    sortKey: opt(ThreadSortKey()),
    sortDirection: opt(SortDirection()),
    modelProviders: opt(z.array(z.string())),
    sourceKinds: opt(z.array(ThreadSourceKind())),
    originators: opt(z.array(z.string())),
    archived: opt(z.boolean()),
    sectionId: z.nullish(z.string()),
    projectId: experimental(z.nullish(z.string())),
    cwd: opt(ThreadListCwdFilter()),
    useStateDbOnly: z._default(z.boolean(), false),
    searchTerm: opt(z.string()),
    parentThreadId: experimental(opt(z.string())),
    ancestorThreadId: experimental(opt(z.string())),
    attachedToThreadId: experimental(opt(z.string())),
  }),
);
export type ThreadListParams = Out<typeof ThreadListParams>;

export const ThreadListResponse = schema('ThreadListResponse', () =>
  z.object({
    data: z.array(Thread()),
    readStates: experimental(z.nullable(z.record(z.string(), ThreadReadState()))),
    nextCursor: z.nullable(z.string()),
    backwardsCursor: z.nullable(z.string()),
  }),
);
export type ThreadListResponse = Out<typeof ThreadListResponse>;

export const ThreadSearchParams = schema('ThreadSearchParams', () =>
  z.object({
    includeAttachedThreads: z._default(z.boolean(), false),
    currentAccountOnly: z._default(z.boolean(), false),
    cursor: opt(z.string()),
    limit: opt(z.uint32()),
    sortKey: opt(ThreadSearchSortKey()),
    sortDirection: opt(SortDirection()),
    sourceKinds: opt(z.array(ThreadSourceKind())),
    archived: opt(z.boolean()),
    searchTerm: z.string(),
  }),
);
export type ThreadSearchParams = Out<typeof ThreadSearchParams>;

export const ThreadSearchResponse = schema('ThreadSearchResponse', () =>
  z.object({ data: z.array(ThreadSearchResult()), nextCursor: z.nullable(z.string()), backwardsCursor: z.nullable(z.string()) }),
);
export type ThreadSearchResponse = Out<typeof ThreadSearchResponse>;

export const ThreadSearchOccurrencesParams = schema('ThreadSearchOccurrencesParams', () =>
  z.object({ threadId: z.string(), searchTerm: z.string(), cursor: opt(z.string()), limit: opt(z.uint32()) }),
);
export type ThreadSearchOccurrencesParams = Out<typeof ThreadSearchOccurrencesParams>;

export const ThreadSearchOccurrencesResponse = schema('ThreadSearchOccurrencesResponse', () =>
  z.object({ data: z.array(ThreadSearchOccurrence()), nextCursor: z.nullable(z.string()) }),
);
export type ThreadSearchOccurrencesResponse = Out<typeof ThreadSearchOccurrencesResponse>;

export const ThreadLoadedListParams = schema('ThreadLoadedListParams', () => z.object({ cursor: opt(z.string()), limit: opt(z.uint32()) }));
export type ThreadLoadedListParams = Out<typeof ThreadLoadedListParams>;

export const ThreadLoadedListResponse = schema('ThreadLoadedListResponse', () =>
  z.object({ data: z.array(z.string()), nextCursor: z.nullable(z.string()) }),
);
export type ThreadLoadedListResponse = Out<typeof ThreadLoadedListResponse>;

export const ThreadReadParams = schema('ThreadReadParams', () =>
  z.object({ threadId: z.string(), includeTurns: z._default(z.boolean(), false) }),
);
export type ThreadReadParams = Out<typeof ThreadReadParams>;

export const ThreadReadResponse = schema('ThreadReadResponse', () =>
  z.object({ thread: Thread(), readState: experimental(z.nullable(ThreadReadState())) }),
);
export type ThreadReadResponse = Out<typeof ThreadReadResponse>;

export const ThreadReadStateUpdateParams = schema('ThreadReadStateUpdateParams', () =>
  z.object({ threadId: z.string(), operation: ThreadReadStateOperation(), expectedRevision: z.string() }),
);
export type ThreadReadStateUpdateParams = Out<typeof ThreadReadStateUpdateParams>;

export const ThreadReadStateUpdateResponse = schema('ThreadReadStateUpdateResponse', () => z.object({ readState: ThreadReadState() }));
export type ThreadReadStateUpdateResponse = Out<typeof ThreadReadStateUpdateResponse>;

export const ThreadTurnsListParams = schema('ThreadTurnsListParams', () =>
  z.object({
    threadId: z.string(),
    cursor: opt(z.string()),
    limit: opt(z.uint32()),
    sortDirection: opt(SortDirection()),
    itemsView: opt(TurnItemsView()),
  }),
);
export type ThreadTurnsListParams = Out<typeof ThreadTurnsListParams>;

export const ThreadTurnsListResponse = schema('ThreadTurnsListResponse', () =>
  z.object({ data: z.array(Turn()), nextCursor: z.nullable(z.string()), backwardsCursor: z.nullable(z.string()) }),
);
export type ThreadTurnsListResponse = Out<typeof ThreadTurnsListResponse>;

export const ThreadItemsListParams = schema('ThreadItemsListParams', () =>
  z.object({
    threadId: z.string(),
    turnId: opt(z.string()),
    cursor: opt(ThreadItemsListCursor()),
    limit: opt(z.uint32()),
    sortDirection: opt(SortDirection()),
    deferOutput: opt(ThreadItemOutputDeferral()),
  }),
);
export type ThreadItemsListParams = Out<typeof ThreadItemsListParams>;

export const ThreadItemsListResponse = schema('ThreadItemsListResponse', () =>
  z.object({ data: z.array(ThreadItemEntry()), nextCursor: z.nullable(z.string()), backwardsCursor: z.nullable(z.string()) }),
);
export type ThreadItemsListResponse = Out<typeof ThreadItemsListResponse>;

export const ThreadItemsReadParams = schema('ThreadItemsReadParams', () =>
  z.object({ threadId: z.string(), turnId: z.string(), itemIds: z.array(z.string()) }),
);
export type ThreadItemsReadParams = Out<typeof ThreadItemsReadParams>;

export const ThreadItemsReadResponse = schema('ThreadItemsReadResponse', () => z.object({ data: z.array(ThreadItemEntry()) }));
export type ThreadItemsReadResponse = Out<typeof ThreadItemsReadResponse>;

export const ThreadTimelineListParams = schema('ThreadTimelineListParams', () =>
  z.object({ threadId: z.string(), cursor: opt(z.string()), limit: opt(z.uint32()) }),
);
export type ThreadTimelineListParams = Out<typeof ThreadTimelineListParams>;

export const ThreadTimelineListResponse = schema('ThreadTimelineListResponse', () =>
  z.object({
    data: z.array(ThreadTimelineEntry()),
    nextCursor: z.nullable(z.string()),
    activeRealtimeSessionAtPageStart: z.nullable(z.string()),
  }),
);
export type ThreadTimelineListResponse = Out<typeof ThreadTimelineListResponse>;

export const ThreadReadStateChangedNotification = schema('ThreadReadStateChangedNotification', () =>
  z.object({ threadId: z.string(), readState: ThreadReadState() }),
);
export type ThreadReadStateChangedNotification = Out<typeof ThreadReadStateChangedNotification>;

export const threadListRequests = {
  'thread/list': request({ doc: 'Lists stored threads, page by page.', params: ThreadListParams, result: ThreadListResponse }),
  'thread/search': request({
    doc: 'Finds threads by their text.',
    params: ThreadSearchParams,
    result: ThreadSearchResponse,
    experimental: true,
  }),
  'thread/searchOccurrences': request({
    doc: 'Finds the places of a text inside one thread.',
    params: ThreadSearchOccurrencesParams,
    result: ThreadSearchOccurrencesResponse,
    experimental: true,
  }),
  'thread/loaded/list': request({
    doc: 'Lists the ids of the threads in memory.',
    params: ThreadLoadedListParams,
    result: ThreadLoadedListResponse,
  }),
  'thread/read': request({
    doc: 'Reads a thread without loading or subscribing.',
    params: ThreadReadParams,
    result: ThreadReadResponse,
    lane: inThread,
  }),
  'thread/readState/update': request({
    doc: 'Marks a thread read or unread.',
    params: ThreadReadStateUpdateParams,
    result: ThreadReadStateUpdateResponse,
    lane: inThread,
    experimental: true,
  }),
  'thread/turns/list': request({
    doc: 'Lists the turns of a thread, newest first.',
    params: ThreadTurnsListParams,
    result: ThreadTurnsListResponse,
  }),
  'thread/items/list': request({
    doc: 'Lists the items of a thread or turn, oldest first.',
    params: ThreadItemsListParams,
    result: ThreadItemsListResponse,
  }),
  'thread/items/read': request({
    doc: 'Reads one item in full.',
    params: ThreadItemsReadParams,
    result: ThreadItemsReadResponse,
    experimental: true,
  }),
  'thread/timeline/list': request({
    doc: 'Walks backwards through everything that happened in a thread.',
    params: ThreadTimelineListParams,
    result: ThreadTimelineListResponse,
    experimental: true,
  }),
} as const;

export const threadListNotifications = {
  'thread/readState/changed': notification({ doc: 'A thread was read or has news.', params: ThreadReadStateChangedNotification }),
} as const;
