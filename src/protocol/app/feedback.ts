/** Feedback about a conversation. */
import * as z from 'zod/mini';
import { type Out, request, schema } from '../../rpc/contract.ts';
import { opt } from '../fields.ts';

const feedback = () => ({
  classification: z.string(),
  reason: opt(z.string()),
  threadId: opt(z.string()),
  includeLogs: z._default(z.boolean(), false),
  extraLogFiles: opt(z.array(z.string())),
  tags: opt(z.record(z.string(), z.string())),
});

export const FeedbackUploadParams = schema('FeedbackUploadParams', () => z.object(feedback()));
export type FeedbackUploadParams = Out<typeof FeedbackUploadParams>;

export const FeedbackUploadResponse = schema('FeedbackUploadResponse', () =>
  z.object({ threadId: z.string(), promptHash: z.nullable(z.string()) }),
);
export type FeedbackUploadResponse = Out<typeof FeedbackUploadResponse>;

export const FeedbackSaveParams = schema('FeedbackSaveParams', () =>
  z.object({
    savePath: z.string(),
    ...feedback(),
  }),
);
export type FeedbackSaveParams = Out<typeof FeedbackSaveParams>;

export const FeedbackSaveResponse = schema('FeedbackSaveResponse', () =>
  z.object({ savedPath: z.string(), threadId: z.string(), promptHash: z.nullable(z.string()) }),
);
export type FeedbackSaveResponse = Out<typeof FeedbackSaveResponse>;

export const feedbackRequests = {
  'feedback/upload': request({ doc: 'Sends feedback, with logs if wanted.', params: FeedbackUploadParams, result: FeedbackUploadResponse }),
  'feedback/save': request({ doc: 'Stores a feedback bundle on this machine.', params: FeedbackSaveParams, result: FeedbackSaveResponse }),
} as const;
