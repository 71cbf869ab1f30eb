/** The sections that a list of threads is grouped in. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { Empty, opt } from '../fields.ts';
import { exclusive, inThread, shared } from '../lanes.ts';
import { ThreadSection, ThreadSectionAppearance } from './thread.ts';

export const ThreadSectionMoveParams = schema('ThreadSectionMoveParams', () =>
  z.object({ threadId: z.string(), sectionId: z.nullable(z.string()), beforeThreadId: opt(z.string()) }),
);
export type ThreadSectionMoveParams = Out<typeof ThreadSectionMoveParams>;

export const ThreadSectionListParams = schema('ThreadSectionListParams', () =>
  z.object({ cursor: opt(z.string()), limit: opt(z.uint32()) }),
);
export type ThreadSectionListParams = Out<typeof ThreadSectionListParams>;

export const ThreadSectionListResponse = schema('ThreadSectionListResponse', () =>
  z.object({ data: z.array(ThreadSection()), nextCursor: z.nullable(z.string()) }),
);
export type ThreadSectionListResponse = Out<typeof ThreadSectionListResponse>;

export const ThreadSectionCreateParams = schema('ThreadSectionCreateParams', () =>
  z.object({ name: z.string(), appearance: opt(ThreadSectionAppearance()) }),
);
export type ThreadSectionCreateParams = Out<typeof ThreadSectionCreateParams>;

export const ThreadSectionCreateResponse = schema('ThreadSectionCreateResponse', () => z.object({ section: ThreadSection() }));
export type ThreadSectionCreateResponse = Out<typeof ThreadSectionCreateResponse>;

export const ThreadSectionUpdateParams = schema('ThreadSectionUpdateParams', () =>
  z.object({ sectionId: z.string(), name: z.string(), appearance: z.nullish(ThreadSectionAppearance()) }),
);
export type ThreadSectionUpdateParams = Out<typeof ThreadSectionUpdateParams>;

export const ThreadSectionUpdateResponse = schema('ThreadSectionUpdateResponse', () => z.object({ section: ThreadSection() }));
export type ThreadSectionUpdateResponse = Out<typeof ThreadSectionUpdateResponse>;

export const ThreadSectionDeleteParams = schema('ThreadSectionDeleteParams', () => z.object({ sectionId: z.string() }));
export type ThreadSectionDeleteParams = Out<typeof ThreadSectionDeleteParams>;

export const ThreadSectionChangedNotification = schema('ThreadSectionChangedNotification', () =>
  z.object({ threadId: z.string(), sectionId: z.nullable(z.string()) }),
);
export type ThreadSectionChangedNotification = Out<typeof ThreadSectionChangedNotification>;

export const threadSectionRequests = {
  'thread/section/move': request({
    doc: 'Puts a thread into a section, or takes it out.',
    params: ThreadSectionMoveParams,
    result: Empty,
    lane: inThread,
  }),
  'threadSection/list': request({
    doc: 'Lists the sections threads are grouped in.',
    params: ThreadSectionListParams,
    result: ThreadSectionListResponse,
    lane: shared('thread-section'),
  }),
  'threadSection/create': request({
    doc: 'Creates a section.',
    params: ThreadSectionCreateParams,
    result: ThreadSectionCreateResponse,
    lane: exclusive('thread-section'),
  }),
  'threadSection/update': request({
    doc: 'Renames or restyles a section.',
    params: ThreadSectionUpdateParams,
    result: ThreadSectionUpdateResponse,
    lane: exclusive('thread-section'),
  }),
  'threadSection/delete': request({
    doc: 'Deletes a section; its threads stay.',
    params: ThreadSectionDeleteParams,
    result: Empty,
    lane: exclusive('thread-section'),
  }),
} as const;

export const threadSectionNotifications = {
  'thread/section/changed': notification({ doc: 'A thread moved to another section.', params: ThreadSectionChangedNotification }),
} as const;
