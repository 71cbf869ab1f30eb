/** Outbound HTTP over the platform's fetch, with the body as it arrives. */
import { abortReason } from '../base/abort.ts';
import { Cancelled } from '../base/errors.ts';
import type { HttpClient, HttpRequest, HttpResponse } from './http-types.ts';

export type Fetch = typeof globalThis.fetch;

/** `fetch` is a parameter so that a proxy-aware one, or a test's, can stand in. */
export function createHttpClient(fetch: Fetch = globalThis.fetch): HttpClient {
  return {
    async request(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
      const headers = new Headers();
      for (const [name, value] of request.headers) headers.append(name, value);
      // fetch would ask for compression and undo it, and the headers would no longer fit the body.
      if (!headers.has('accept-encoding')) headers.set('accept-encoding', 'identity');
      let response: Response;
      try {
        response = await fetch(request.url, {
          method: request.method,
          headers,
          redirect: request.redirect ?? 'follow',
          signal,
          ...(request.body === undefined ? {} : { body: new Uint8Array(request.body) }),
        });
      } catch (error) {
        throw signal.aborted ? abortReason(signal) : error;
      }
      return { status: response.status, headers: [...response.headers], body: bodyOf(response, signal) };
    },
  };
}

async function* bodyOf(response: Response, signal: AbortSignal): AsyncGenerator<Buffer> {
  if (!response.body) return;
  const reader = response.body.getReader();
  let ended = false;
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) break;
      yield Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    }
    ended = true;
  } catch (error) {
    throw signal.aborted ? abortReason(signal) : error;
  } finally {
    // A reader that loses interest must not keep the connection.
    if (!ended) await reader.cancel(new Cancelled()).catch(() => {});
  }
}
