/** A small protocol for tests of the peer, and handlers that fit it. */
import * as z from 'zod/mini';
import { notification, request, schema } from '../../src/rpc/contract.ts';

export const Text = schema('EchoParams', () => z.object({ text: z.string() }));
export const Anything = schema('Anything', () => z.unknown());
export const Keyed = schema('Keyed', () => z.object({ key: z.string(), n: z.number() }));
export const Nothing = schema('NoParams', () =>
  z.pipe(
    z.nullish(z.object({})),
    z.transform(() => undefined),
  ),
);
export const Delta = schema('Delta', () => z.object({ itemId: z.string(), delta: z.string() }));

export const clientRequests = {
  echo: request({ doc: '', params: Text, result: Text }),
  wait: request({ doc: '', params: Text, result: Text }),
  exclusive: request({ doc: '', params: Keyed, result: Keyed, lane: { key: (params) => params.key } }),
  shared: request({ doc: '', params: Keyed, result: Keyed, lane: { key: (params) => params.key, shared: true } }),
  plain: request({ doc: '', params: Nothing, result: Anything, noParams: true }),
} as const;
export const clientNotifications = { initialized: notification({ doc: '', params: Nothing }) } as const;
export const serverRequests = { ask: request({ doc: '', params: Text, result: Text }) } as const;
export const serverNotifications = {
  said: notification({ doc: '', params: Text }),
  delta: notification({ doc: '', params: Delta }),
} as const;
export const protocol = { clientRequests, clientNotifications, serverRequests, serverNotifications };
export const receives = { requests: clientRequests, notifications: clientNotifications };
export const sends = { requests: serverRequests, notifications: serverNotifications };
export const onClient = { ask: (params: { text: string }) => ({ text: `${params.text}!` }) };
export const onServer = {
  echo: (params: { text: string }) => ({ text: params.text }),
  wait: () => new Promise<never>(() => {}),
  exclusive: (params: { key: string; n: number }) => params,
  shared: (params: { key: string; n: number }) => params,
  plain: () => ({}),
};
export const wired = { receives, sends, handlers: onServer, nowMs: () => 42 };
