/** External objects attached to threads. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { Empty, int64, json, opt } from '../fields.ts';
import { inThread } from '../lanes.ts';

export const ThreadAttachmentOperation = schema('ThreadAttachmentOperation', () => z.enum(['created', 'deleted']));
export type ThreadAttachmentOperation = Out<typeof ThreadAttachmentOperation>;

export const ThreadAttachmentOwner = schema('ThreadAttachmentOwner', () => z.object({ threadId: z.string(), archived: z.boolean() }));
export type ThreadAttachmentOwner = Out<typeof ThreadAttachmentOwner>;

export const ThreadAttachment = schema('ThreadAttachment', () =>
  z.object({ id: z.string(), attachmentType: z.string(), identityKey: z.string(), payload: json(), createdAt: int64() }),
);
export type ThreadAttachment = Out<typeof ThreadAttachment>;

export const ThreadAttachmentAddOutcome = schema('ThreadAttachmentAddOutcome', () => z.enum(['created', 'existing']));
export type ThreadAttachmentAddOutcome = Out<typeof ThreadAttachmentAddOutcome>;

export const ThreadAttachmentAddParams = schema('ThreadAttachmentAddParams', () =>
  z.object({ threadId: z.string(), attachmentType: z.string(), identityKey: z.string(), payload: json() }),
);
export type ThreadAttachmentAddParams = Out<typeof ThreadAttachmentAddParams>;

export const ThreadAttachmentAddResponse = schema('ThreadAttachmentAddResponse', () =>
  z.object({ outcome: ThreadAttachmentAddOutcome(), attachment: ThreadAttachment() }),
);
export type ThreadAttachmentAddResponse = Out<typeof ThreadAttachmentAddResponse>;

export const ThreadAttachmentListParams = schema('ThreadAttachmentListParams', () =>
  z.object({ threadId: z.string(), cursor: opt(z.string()), limit: opt(z.uint32()) }),
);
export type ThreadAttachmentListParams = Out<typeof ThreadAttachmentListParams>;

export const ThreadAttachmentListResponse = schema('ThreadAttachmentListResponse', () =>
  z.object({ data: z.array(ThreadAttachment()), nextCursor: z.nullable(z.string()) }),
);
export type ThreadAttachmentListResponse = Out<typeof ThreadAttachmentListResponse>;

export const ThreadAttachmentOwnerListParams = schema('ThreadAttachmentOwnerListParams', () =>
  z.object({
    attachmentType: z.string(),
    identityKey: z.string(),
    archived: opt(z.boolean()),
    cursor: opt(z.string()),
    limit: opt(z.uint32()),
  }),
);
export type ThreadAttachmentOwnerListParams = Out<typeof ThreadAttachmentOwnerListParams>;

export const ThreadAttachmentOwnerListResponse = schema('ThreadAttachmentOwnerListResponse', () =>
  z.object({ data: z.array(ThreadAttachmentOwner()), nextCursor: z.nullable(z.string()) }),
);
export type ThreadAttachmentOwnerListResponse = Out<typeof ThreadAttachmentOwnerListResponse>;

export const ThreadAttachmentRemoveParams = schema('ThreadAttachmentRemoveParams', () =>
  z.object({ threadId: z.string(), attachmentType: z.string(), identityKey: z.string() }),
);
export type ThreadAttachmentRemoveParams = Out<typeof ThreadAttachmentRemoveParams>;

export const ThreadAttachmentUpdatedNotification = schema('ThreadAttachmentUpdatedNotification', () =>
  z.object({
    threadId: z.string(),
    attachmentType: z.string(),
    identityKey: z.string(),
    attachmentId: z.string(),
    operation: ThreadAttachmentOperation(),
  }),
);
export type ThreadAttachmentUpdatedNotification = Out<typeof ThreadAttachmentUpdatedNotification>;

export const threadAttachmentRequests = {
  'thread/attachment/add': request({
    doc: 'Attaches an external object to a thread.',
    params: ThreadAttachmentAddParams,
    result: ThreadAttachmentAddResponse,
    lane: inThread,
  }),
  'thread/attachment/list': request({
    doc: 'Lists the attachments of a thread.',
    params: ThreadAttachmentListParams,
    result: ThreadAttachmentListResponse,
    lane: inThread,
  }),
  'thread/attachmentOwner/list': request({
    doc: 'Lists the threads that hold a given attachment.',
    params: ThreadAttachmentOwnerListParams,
    result: ThreadAttachmentOwnerListResponse,
  }),
  'thread/attachment/remove': request({
    doc: 'Detaches an object from a thread.',
    params: ThreadAttachmentRemoveParams,
    result: Empty,
    lane: inThread,
  }),
} as const;

export const threadAttachmentNotifications = {
  'thread/attachment/updated': notification({ doc: 'An attachment of a thread changed.', params: ThreadAttachmentUpdatedNotification }),
} as const;
