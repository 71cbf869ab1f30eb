/** The goal a thread works towards, and guesses at the user's next message. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { Empty, int64, opt } from '../fields.ts';
import { inThread } from '../lanes.ts';

export const ThreadGoalStatus = schema('ThreadGoalStatus', () =>
  z.enum(['active', 'paused', 'blocked', 'usageLimited', 'budgetLimited', 'complete']),
);
export type ThreadGoalStatus = Out<typeof ThreadGoalStatus>;

export const ThreadGoal = schema('ThreadGoal', () =>
  z.object({
    threadId: z.string(),
    objective: z.string(),
    status: ThreadGoalStatus(),
    tokenBudget: z.nullable(int64()),
    tokensUsed: int64(),
    timeUsedSeconds: int64(),
    createdAt: int64(),
    updatedAt: int64(),
  }),
);
export type ThreadGoal = Out<typeof ThreadGoal>;

export const ThreadGoalMutationOrigin = schema('ThreadGoalMutationOrigin', () => z.enum(['user', 'automatic']));
export type ThreadGoalMutationOrigin = Out<typeof ThreadGoalMutationOrigin>;

export const ThreadPredictionResult = schema('ThreadPredictionResult', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('completed'), text: z.nullable(z.string()) }),
    z.object({ type: z.literal('failed') }),
  ]),
);
export type ThreadPredictionResult = Out<typeof ThreadPredictionResult>;

export const ThreadPredictionRequestParams = schema('ThreadPredictionRequestParams', () =>
  z.object({ threadId: z.string(), sourceTurnId: z.string() }),
);
export type ThreadPredictionRequestParams = Out<typeof ThreadPredictionRequestParams>;

export const ThreadGoalSetParams = schema('ThreadGoalSetParams', () =>
  z.object({
    threadId: z.string(),
    origin: opt(ThreadGoalMutationOrigin()),
    objective: opt(z.string()),
    status: opt(ThreadGoalStatus()),
    tokenBudget: z.nullish(int64()),
  }),
);
export type ThreadGoalSetParams = Out<typeof ThreadGoalSetParams>;

export const ThreadGoalSetResponse = schema('ThreadGoalSetResponse', () => z.object({ goal: ThreadGoal() }));
export type ThreadGoalSetResponse = Out<typeof ThreadGoalSetResponse>;

export const ThreadGoalGetParams = schema('ThreadGoalGetParams', () => z.object({ threadId: z.string() }));
export type ThreadGoalGetParams = Out<typeof ThreadGoalGetParams>;

export const ThreadGoalGetResponse = schema('ThreadGoalGetResponse', () => z.object({ goal: z.nullable(ThreadGoal()) }));
export type ThreadGoalGetResponse = Out<typeof ThreadGoalGetResponse>;

export const ThreadGoalClearParams = schema('ThreadGoalClearParams', () =>
  z.object({ threadId: z.string(), origin: opt(ThreadGoalMutationOrigin()) }),
);
export type ThreadGoalClearParams = Out<typeof ThreadGoalClearParams>;

export const ThreadGoalClearResponse = schema('ThreadGoalClearResponse', () => z.object({ cleared: z.boolean() }));
export type ThreadGoalClearResponse = Out<typeof ThreadGoalClearResponse>;

export const ThreadGoalUpdatedNotification = schema('ThreadGoalUpdatedNotification', () =>
  z.object({ threadId: z.string(), turnId: z.nullable(z.string()), goal: ThreadGoal() }),
);
export type ThreadGoalUpdatedNotification = Out<typeof ThreadGoalUpdatedNotification>;

export const ThreadPredictionUpdatedNotification = schema('ThreadPredictionUpdatedNotification', () =>
  z.object({ threadId: z.string(), sourceTurnId: z.string(), result: ThreadPredictionResult() }),
);
export type ThreadPredictionUpdatedNotification = Out<typeof ThreadPredictionUpdatedNotification>;

export const ThreadGoalClearedNotification = schema('ThreadGoalClearedNotification', () => z.object({ threadId: z.string() }));
export type ThreadGoalClearedNotification = Out<typeof ThreadGoalClearedNotification>;

export const threadGoalRequests = {
  'thread/prediction/request': request({
    doc: "Asks for a guess at the user's next message.",
    params: ThreadPredictionRequestParams,
    result: Empty,
    lane: inThread,
    experimental: true,
  }),
  'thread/goal/set': request({
    doc: 'Sets or changes the goal a thread works towards.',
    params: ThreadGoalSetParams,
    result: ThreadGoalSetResponse,
    lane: inThread,
  }),
  'thread/goal/get': request({
    doc: 'Reads the goal of a thread.',
    params: ThreadGoalGetParams,
    result: ThreadGoalGetResponse,
    lane: inThread,
  }),
  'thread/goal/clear': request({
    doc: 'Removes the goal of a thread.',
    params: ThreadGoalClearParams,
    result: ThreadGoalClearResponse,
    lane: inThread,
  }),
} as const;

export const threadGoalNotifications = {
  'thread/goal/updated': notification({ doc: 'The goal of a thread changed.', params: ThreadGoalUpdatedNotification }),
  'thread/prediction/updated': notification({ doc: "A guess at the user's next message.", params: ThreadPredictionUpdatedNotification }),
  'thread/goal/cleared': notification({ doc: 'The goal of a thread was removed.', params: ThreadGoalClearedNotification }),
} as const;
