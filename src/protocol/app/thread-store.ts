/** Changing stored and loaded threads: names, archive, deletion, revert. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { Empty, experimental, int64, opt } from '../fields.ts';
import { inThread } from '../lanes.ts';
import { Thread, ThreadStatus } from './thread.ts';

/** Null clears a member, absence keeps it. */
export const ThreadMetadataGitInfoUpdateParams = schema('ThreadMetadataGitInfoUpdateParams', () =>
  z.object({ sha: z.nullish(z.string()), branch: z.nullish(z.string()), originUrl: z.nullish(z.string()) }),
);
export type ThreadMetadataGitInfoUpdateParams = Out<typeof ThreadMetadataGitInfoUpdateParams>;

export const ThreadUnsubscribeStatus = schema('ThreadUnsubscribeStatus', () => z.enum(['notLoaded', 'notSubscribed', 'unsubscribed']));
export type ThreadUnsubscribeStatus = Out<typeof ThreadUnsubscribeStatus>;

export const ThreadArchiveParams = schema('ThreadArchiveParams', () => z.object({ threadId: z.string() }));
export type ThreadArchiveParams = Out<typeof ThreadArchiveParams>;

export const ThreadDeleteParams = schema('ThreadDeleteParams', () => z.object({ threadId: z.string() }));
export type ThreadDeleteParams = Out<typeof ThreadDeleteParams>;

export const ThreadUnsubscribeParams = schema('ThreadUnsubscribeParams', () => z.object({ threadId: z.string() }));
export type ThreadUnsubscribeParams = Out<typeof ThreadUnsubscribeParams>;

export const ThreadUnsubscribeResponse = schema('ThreadUnsubscribeResponse', () => z.object({ status: ThreadUnsubscribeStatus() }));
export type ThreadUnsubscribeResponse = Out<typeof ThreadUnsubscribeResponse>;

export const ThreadIncrementElicitationParams = schema('ThreadIncrementElicitationParams', () => z.object({ threadId: z.string() }));
export type ThreadIncrementElicitationParams = Out<typeof ThreadIncrementElicitationParams>;

export const ThreadIncrementElicitationResponse = schema('ThreadIncrementElicitationResponse', () =>
  z.object({ count: int64(), paused: z.boolean() }),
);
export type ThreadIncrementElicitationResponse = Out<typeof ThreadIncrementElicitationResponse>;

export const ThreadDecrementElicitationParams = schema('ThreadDecrementElicitationParams', () => z.object({ threadId: z.string() }));
export type ThreadDecrementElicitationParams = Out<typeof ThreadDecrementElicitationParams>;

export const ThreadDecrementElicitationResponse = schema('ThreadDecrementElicitationResponse', () =>
  z.object({ count: int64(), paused: z.boolean() }),
);
export type ThreadDecrementElicitationResponse = Out<typeof ThreadDecrementElicitationResponse>;

export const ThreadSetNameParams = schema('ThreadSetNameParams', () => z.object({ threadId: z.string(), name: z.string() }));
export type ThreadSetNameParams = Out<typeof ThreadSetNameParams>;

export const ThreadMetadataUpdateParams = schema('ThreadMetadataUpdateParams', () =>
  z.object({
    threadId: z.string(),
    projectId: experimental(opt(z.string())),
    gitInfo: opt(ThreadMetadataGitInfoUpdateParams()),
    daybreakEnabled: experimental(opt(z.boolean())),
  }),
);
export type ThreadMetadataUpdateParams = Out<typeof ThreadMetadataUpdateParams>;

export const ThreadMetadataUpdateResponse = schema('ThreadMetadataUpdateResponse', () => z.object({ thread: Thread() }));
export type ThreadMetadataUpdateResponse = Out<typeof ThreadMetadataUpdateResponse>;

export const ThreadUnarchiveParams = schema('ThreadUnarchiveParams', () => z.object({ threadId: z.string() }));
export type ThreadUnarchiveParams = Out<typeof ThreadUnarchiveParams>;

export const ThreadUnarchiveResponse = schema('ThreadUnarchiveResponse', () => z.object({ thread: Thread() }));
export type ThreadUnarchiveResponse = Out<typeof ThreadUnarchiveResponse>;

export const ThreadRevertParams = schema('ThreadRevertParams', () => z.object({ threadId: z.string(), beforeTurnId: z.string() }));
export type ThreadRevertParams = Out<typeof ThreadRevertParams>;

export const ThreadRevertResponse = schema('ThreadRevertResponse', () =>
  z.object({ thread: Thread(), turnsBackwardsCursor: z.nullable(z.string()), itemsBackwardsCursor: z.nullable(z.string()) }),
);
export type ThreadRevertResponse = Out<typeof ThreadRevertResponse>;

export const ThreadStatusChangedNotification = schema('ThreadStatusChangedNotification', () =>
  z.object({ threadId: z.string(), status: ThreadStatus() }),
);
export type ThreadStatusChangedNotification = Out<typeof ThreadStatusChangedNotification>;

export const ThreadArchivedNotification = schema('ThreadArchivedNotification', () => z.object({ threadId: z.string() }));
export type ThreadArchivedNotification = Out<typeof ThreadArchivedNotification>;

export const ThreadDeletedNotification = schema('ThreadDeletedNotification', () => z.object({ threadId: z.string() }));
export type ThreadDeletedNotification = Out<typeof ThreadDeletedNotification>;

export const ThreadUnarchivedNotification = schema('ThreadUnarchivedNotification', () => z.object({ threadId: z.string() }));
export type ThreadUnarchivedNotification = Out<typeof ThreadUnarchivedNotification>;

export const ThreadClosedNotification = schema('ThreadClosedNotification', () => z.object({ threadId: z.string() }));
export type ThreadClosedNotification = Out<typeof ThreadClosedNotification>;

export const ThreadRevertedNotification = schema('ThreadRevertedNotification', () => z.object({ threadId: z.string() }));
export type ThreadRevertedNotification = Out<typeof ThreadRevertedNotification>;

export const ThreadNameUpdatedNotification = schema('ThreadNameUpdatedNotification', () =>
  z.object({ threadId: z.string(), threadName: z.nullish(z.string()) }),
);
export type ThreadNameUpdatedNotification = Out<typeof ThreadNameUpdatedNotification>;

export const threadStoreRequests = {
  'thread/archive': request({
    doc: 'Moves a thread and its descendants to the archive.',
    params: ThreadArchiveParams,
    result: Empty,
    lane: inThread,
  }),
  'thread/delete': request({
    doc: 'Removes a thread from disk and from the index.',
    params: ThreadDeleteParams,
    result: Empty,
    lane: inThread,
  }),
  'thread/unsubscribe': request({
    doc: "Stops sending the thread's turn and item notifications to the caller.",
    params: ThreadUnsubscribeParams,
    result: ThreadUnsubscribeResponse,
    lane: inThread,
  }),
  'thread/increment_elicitation': request({
    doc: "Pauses the thread's time-outs while the client shows a dialog.",
    params: ThreadIncrementElicitationParams,
    result: ThreadIncrementElicitationResponse,
    lane: inThread,
    experimental: true,
  }),
  'thread/decrement_elicitation': request({
    doc: 'Ends one such pause.',
    params: ThreadDecrementElicitationParams,
    result: ThreadDecrementElicitationResponse,
    lane: inThread,
    experimental: true,
  }),
  'thread/name/set': request({ doc: 'Names a thread.', params: ThreadSetNameParams, result: Empty, lane: inThread }),
  'thread/metadata/update': request({
    doc: 'Changes stored facts of a thread: git state, project.',
    params: ThreadMetadataUpdateParams,
    result: ThreadMetadataUpdateResponse,
    lane: inThread,
  }),
  'thread/unarchive': request({
    doc: 'Takes a thread out of the archive.',
    params: ThreadUnarchiveParams,
    result: ThreadUnarchiveResponse,
    lane: inThread,
  }),
  'thread/revert': request({
    doc: 'Drops a turn and all later ones from a thread.',
    params: ThreadRevertParams,
    result: ThreadRevertResponse,
    lane: inThread,
  }),
} as const;

export const threadStoreNotifications = {
  'thread/status/changed': notification({
    doc: 'A thread became idle, active, failed or was unloaded.',
    params: ThreadStatusChangedNotification,
  }),
  'thread/archived': notification({ doc: 'A thread was archived.', params: ThreadArchivedNotification }),
  'thread/deleted': notification({ doc: 'A thread was deleted.', params: ThreadDeletedNotification }),
  'thread/unarchived': notification({ doc: 'A thread left the archive.', params: ThreadUnarchivedNotification }),
  'thread/closed': notification({ doc: 'A thread was unloaded.', params: ThreadClosedNotification }),
  'thread/reverted': notification({ doc: 'Turns were dropped from a thread.', params: ThreadRevertedNotification }),
  'thread/name/updated': notification({ doc: 'A thread was named.', params: ThreadNameUpdatedNotification }),
} as const;
