/** Input that waits for the running turn to end. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { Empty, opt } from '../fields.ts';
import { inThread } from '../lanes.ts';
import { UserInput } from './content.ts';
import { Turn } from './turn.ts';

export const QueuedSubmission = schema('QueuedSubmission', () =>
  z.object({
    id: z.string(),
    input: z.array(UserInput()),
    clientUserMessageId: z.string(),
    responsesapiClientMetadata: z.nullable(z.record(z.string(), z.string())),
  }),
);
export type QueuedSubmission = Out<typeof QueuedSubmission>;

export const ThreadQueueAddParams = schema('ThreadQueueAddParams', () =>
  z.object({
    threadId: z.string(),
    input: z.array(UserInput()),
    clientUserMessageId: z.string(),
    responsesapiClientMetadata: opt(z.record(z.string(), z.string())),
  }),
);
export type ThreadQueueAddParams = Out<typeof ThreadQueueAddParams>;

export const ThreadQueueAddResponse = schema('ThreadQueueAddResponse', () => z.object({ queuedSubmission: QueuedSubmission() }));
export type ThreadQueueAddResponse = Out<typeof ThreadQueueAddResponse>;

export const ThreadQueueListParams = schema('ThreadQueueListParams', () =>
  z.object({ threadId: z.string(), cursor: opt(z.string()), limit: opt(z.uint32()) }),
);
export type ThreadQueueListParams = Out<typeof ThreadQueueListParams>;

export const ThreadQueueListResponse = schema('ThreadQueueListResponse', () =>
  z.object({ data: z.array(QueuedSubmission()), nextCursor: z.nullable(z.string()) }),
);
export type ThreadQueueListResponse = Out<typeof ThreadQueueListResponse>;

export const ThreadQueueUpdateParams = schema('ThreadQueueUpdateParams', () =>
  z.object({
    threadId: z.string(),
    queuedSubmissionId: z.string(),
    input: z.array(UserInput()),
    responsesapiClientMetadata: opt(z.record(z.string(), z.string())),
  }),
);
export type ThreadQueueUpdateParams = Out<typeof ThreadQueueUpdateParams>;

export const ThreadQueueUpdateResponse = schema('ThreadQueueUpdateResponse', () => z.object({ queuedSubmission: QueuedSubmission() }));
export type ThreadQueueUpdateResponse = Out<typeof ThreadQueueUpdateResponse>;

export const ThreadQueueDeleteParams = schema('ThreadQueueDeleteParams', () =>
  z.object({ threadId: z.string(), queuedSubmissionId: z.string() }),
);
export type ThreadQueueDeleteParams = Out<typeof ThreadQueueDeleteParams>;

export const ThreadQueueDeleteResponse = schema('ThreadQueueDeleteResponse', () => z.object({ deleted: z.boolean() }));
export type ThreadQueueDeleteResponse = Out<typeof ThreadQueueDeleteResponse>;

export const ThreadQueueReorderParams = schema('ThreadQueueReorderParams', () =>
  z.object({ threadId: z.string(), queuedSubmissionIds: z.array(z.string()) }),
);
export type ThreadQueueReorderParams = Out<typeof ThreadQueueReorderParams>;

export const ThreadQueueStartParams = schema('ThreadQueueStartParams', () =>
  z.object({ threadId: z.string(), queuedSubmissionId: opt(z.string()) }),
);
export type ThreadQueueStartParams = Out<typeof ThreadQueueStartParams>;

export const ThreadQueueStartResponse = schema('ThreadQueueStartResponse', () => z.object({ turn: Turn() }));
export type ThreadQueueStartResponse = Out<typeof ThreadQueueStartResponse>;

export const ThreadQueueChangedNotification = schema('ThreadQueueChangedNotification', () => z.object({ threadId: z.string() }));
export type ThreadQueueChangedNotification = Out<typeof ThreadQueueChangedNotification>;

export const threadQueueRequests = {
  'thread/queue/add': request({
    doc: 'Queues input that starts a turn when the running one ends.',
    params: ThreadQueueAddParams,
    result: ThreadQueueAddResponse,
    lane: inThread,
    experimental: true,
  }),
  'thread/queue/list': request({
    doc: 'Lists queued input, oldest first.',
    params: ThreadQueueListParams,
    result: ThreadQueueListResponse,
    lane: inThread,
    experimental: true,
  }),
  'thread/queue/update': request({
    doc: 'Replaces one queued entry.',
    params: ThreadQueueUpdateParams,
    result: ThreadQueueUpdateResponse,
    lane: inThread,
    experimental: true,
  }),
  'thread/queue/delete': request({
    doc: 'Drops one queued entry.',
    params: ThreadQueueDeleteParams,
    result: ThreadQueueDeleteResponse,
    lane: inThread,
    experimental: true,
  }),
  'thread/queue/reorder': request({
    doc: 'Changes the order of queued entries.',
    params: ThreadQueueReorderParams,
    result: Empty,
    lane: inThread,
    experimental: true,
  }),
  'thread/queue/start': request({
    doc: 'Starts a turn from a queued entry now.',
    params: ThreadQueueStartParams,
    result: ThreadQueueStartResponse,
    lane: inThread,
    experimental: true,
  }),
} as const;

export const threadQueueNotifications = {
  'thread/queue/changed': notification({ doc: 'The queue of a thread changed.', params: ThreadQueueChangedNotification }),
} as const;
