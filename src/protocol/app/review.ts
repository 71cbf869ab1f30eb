/** Turns that review changes. */
import * as z from 'zod/mini';
import { type Out, request, schema } from '../../rpc/contract.ts';
import { opt } from '../fields.ts';
import { inThread } from '../lanes.ts';
import { Turn } from './turn.ts';

export const ReviewDelivery = schema('ReviewDelivery', () => z.literal('inline'));
export type ReviewDelivery = Out<typeof ReviewDelivery>;

export const ReviewTarget = schema('ReviewTarget', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('uncommittedChanges') }),
    z.object({ type: z.literal('baseBranch'), branch: z.string() }),
    z.object({ type: z.literal('commit'), sha: z.string(), title: opt(z.string()) }),
    z.object({ type: z.literal('custom'), instructions: z.string() }),
  ]),
);
export type ReviewTarget = Out<typeof ReviewTarget>;

export const ReviewStartParams = schema('ReviewStartParams', () =>
  z.object({ threadId: z.string(), target: ReviewTarget(), delivery: opt(ReviewDelivery()) }),
);
export type ReviewStartParams = Out<typeof ReviewStartParams>;

export const ReviewStartResponse = schema('ReviewStartResponse', () => z.object({ turn: Turn(), reviewThreadId: z.string() }));
export type ReviewStartResponse = Out<typeof ReviewStartResponse>;

export const reviewRequests = {
  'review/start': request({
    doc: 'Starts a turn that reviews changes.',
    params: ReviewStartParams,
    result: ReviewStartResponse,
    lane: inThread,
  }),
} as const;
