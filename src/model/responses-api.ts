/** A `ModelClient` that speaks the Responses API over HTTP and server-sent events. */
import { abortReason, delay, throwIfAborted } from '../base/abort.ts';
import { type HttpTransport, TransportError, type TransportResponse } from '../base/http-transport.ts';
import { readAnswer } from './answer.ts';
import { brokenStream, httpFailure, isServerFault, limitReached, unreachable, waitOf } from './api-errors.ts';
import { type ModelClient, ModelError, type ModelEvent, type ModelRequest } from './model-client.ts';
import { type BodyOptions, encodeBody } from './request-body.ts';
import { backoffMs } from './retry.ts';

/** Bytes of a refusal that are read; what follows says nothing new. */
const largestErrorBody = 256 * 1024;

export interface Endpoint {
  /** The full address of the `responses` resource, query included. */
  readonly url: string;
  /** Of the provider: fixed headers and credentials. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface ResponsesApiOptions {
  readonly providerId: string;
  readonly transport: HttpTransport;
  /** Asked once per request. Rejects with `ModelError` when the provider cannot be used, e.g. without its key. */
  readonly endpoint: () => Promise<Endpoint>;
  readonly body: BodyOptions;
  readonly requestMaxRetries: number;
  readonly streamMaxRetries: number;
  /** Longest silence between two events of a stream. */
  readonly streamIdleTimeoutMs: number;
  /** Headers of every request of this program, e.g. originator and user agent. */
  readonly clientHeaders?: Readonly<Record<string, string>>;
  readonly nowMs?: () => number;
  readonly random?: () => number;
  /** Waits between request-level tries; a parameter so that tests need not wait. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

export function createResponsesClient(options: ResponsesApiOptions): ModelClient {
  return {
    providerId: options.providerId,
    streamMaxRetries: options.streamMaxRetries,
    async stream(request, onEvent, signal) {
      throwIfAborted(signal);
      const endpoint = await options.endpoint();
      throwIfAborted(signal);
      const nowMs = options.nowMs ?? Date.now;
      const response = await ask(options, request, { endpoint, onEvent, nowMs, signal });
      await readAnswer(response, { onEvent, signal, idleTimeoutMs: options.streamIdleTimeoutMs });
    },
    async prewarm() {
      try {
        await options.transport.prewarm((await options.endpoint()).url);
      } catch {
        // A provider that cannot be used says so when it is used.
      }
    },
  };
}

/** One request on its way. */
interface Sent {
  readonly endpoint: Endpoint;
  readonly onEvent: (event: ModelEvent) => void;
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
}

/** Sends the request, and again after server faults and broken connections, until a stream begins. */
async function ask(options: ResponsesApiOptions, request: ModelRequest, sent: Sent): Promise<TransportResponse> {
  const { endpoint, signal } = sent;
  const pause = options.pause ?? delay;
  const message = {
    method: 'POST' as const,
    url: endpoint.url,
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      ...options.clientHeaders,
      ...request.headers,
      ...(request.lite === true ? { 'x-openai-internal-codex-responses-lite': 'true' } : {}),
      ...endpoint.headers,
    },
    body: encodeBody(request, options.body),
  };
  for (let attempt = 1; ; attempt++) {
    const lastTry = attempt > options.requestMaxRetries;
    let wait = backoffMs(attempt, options.random);
    try {
      const response = await options.transport.request(message, signal);
      if (response.status >= 200 && response.status <= 299) return response;
      if (lastTry || !isServerFault(response.status)) throw await refusal(response, sent);
      await dropBody(response);
      wait = waitOf({ headers: response.headers, nowMs: sent.nowMs() }).retryAfterMs ?? wait;
    } catch (error) {
      if (signal.aborted) throw abortReason(signal);
      if (!(error instanceof TransportError)) throw error;
      if (lastTry || error.phase === 'certificate') throw notSent(error);
    }
    await pause(wait, signal);
  }
}

function notSent(error: TransportError): ModelError {
  switch (error.phase) {
    case 'connect':
      return unreachable(error);
    case 'certificate':
      return new ModelError(`Connection failed: ${error.message}`, {
        info: { httpConnectionFailed: { httpStatusCode: null } },
        retry: 'never',
        cause: error,
      });
    default:
      return brokenStream('error sending request', error);
  }
}

async function refusal(response: TransportResponse, sent: Sent): Promise<ModelError> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    await response.read((chunk) => {
      chunks.push(chunk);
      size += chunk.length;
      return size < largestErrorBody;
    });
  } catch (error) {
    // The status says enough, so a body that broke off is used as far as it came.
    if (!(error instanceof TransportError)) throw error;
  }
  const failure = {
    status: response.status,
    headers: response.headers,
    body: Buffer.concat(chunks).toString(),
    url: sent.endpoint.url,
    nowMs: sent.nowMs(),
  };
  const snapshot = limitReached(failure);
  if (snapshot) sent.onEvent({ type: 'rateLimits', snapshot });
  return httpFailure(failure);
}

async function dropBody(response: TransportResponse): Promise<void> {
  let size = 0;
  try {
    await response.read((chunk) => (size += chunk.length) < largestErrorBody);
  } catch (error) {
    // Only the status of this answer counts, and the request is made again.
    if (!(error instanceof TransportError)) throw error;
  }
}
