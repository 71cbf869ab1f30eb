/** Network calls made by the executor, so that placement (DNS, VPN, egress rules) is the executor's. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema, structAs } from '../../rpc/contract.ts';
import { opt, orElse, uint, uint16 } from '../fields.ts';

const header = () => structAs('HttpHeader', z.object({ name: z.string(), value: z.string(), valueEnvVar: opt(z.string()) }));

export const HttpRequestParams = schema('HttpRequestParams', () =>
  z.object({
    method: z.string(),
    url: z.string(),
    headers: orElse(z.array(header()), []),
    bodyBase64: opt(z.string()),
    timeoutMs: opt(uint()),
    redirectPolicy: orElse(z.enum(['follow', 'stop']), 'follow'),
    requestId: z.string(),
    streamResponse: orElse(z.boolean(), false),
    /** Ours alone: the URL may lead to a public address only, unless this host has an internal one as seen from the executor. */
    publicUnless: opt(z.string()),
  }),
);
export type HttpRequestParams = Out<typeof HttpRequestParams>;
export const HttpRequestResult = schema('HttpRequestResult', () =>
  z.object({
    status: uint16(),
    headers: z.array(z.object({ name: z.string(), value: z.string() })),
    bodyBase64: z.string(),
  }),
);
export const HttpBodyDeltaNotification = schema('HttpBodyDeltaNotification', () =>
  z.object({ requestId: z.string(), seq: uint(), deltaBase64: z.string(), done: z.boolean(), error: z.nullish(z.string()) }),
);

export const httpRequests = {
  'http/request': request({
    doc: 'Makes an HTTP request; the body comes with the answer or as deltas after it.',
    params: HttpRequestParams,
    result: HttpRequestResult,
  }),
} as const;

export const httpNotifications = {
  'http/request/bodyDelta': notification({ doc: 'The next piece of a streamed body.', params: HttpBodyDeltaNotification }),
} as const;
