/** Network calls of the executor, answered whole or as a stream of ordered pieces. */
import { onAbort } from '../../base/abort.ts';
import { readBase64 } from '../../base/base64.ts';
import { DeadlineExceeded, internalError, invalidParams } from '../../base/errors.ts';
import { type HttpClient, type HttpRequest, type HttpResponse, RedirectRefused } from '../../host/http-types.ts';
import type { ExecRequests, Handlers, HttpRequestParams } from '../../protocol/exec/index.ts';
import { bytesPayload } from '../../rpc/bytes-payload.ts';
import type { Connection, ExecContext } from '../connection.ts';
import type { Span } from '../tracing.ts';

/** Decoded bytes of one piece. */
const maxDeltaBytes = 1_048_576;
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

export interface HttpHandlerDeps {
  readonly http: HttpClient;
  /** Where values of headers may come from. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Why `text` is no URL. */
function urlProblem(text: string): string {
  const [, authority] = /^[A-Za-z][A-Za-z0-9+.-]*:(?:\/\/([^/?#]*))?/.exec(text) ?? [undefined, undefined];
  if (authority === undefined) return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(text) ? 'empty host' : 'relative URL without a base';
  const [host, port] = authority.replace(/^.*@/, '').split(/:(?=[^:\]]*$)/);
  if (host === '' || host === undefined) return 'empty host';
  return port === undefined || (/^\d*$/.test(port) && Number(port) <= 0xffff) ? 'invalid international domain name' : 'invalid port number';
}

/** Asking first whether it can be parsed takes as long as parsing it. */
function parsedUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw invalidParams(`http/request url is invalid: ${urlProblem(text)}`);
  }
}

function urlOf(text: string): string {
  const { protocol, href } = parsedUrl(text);
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw invalidParams(`http/request only supports http and https URLs, got ${protocol.slice(0, -1)}`);
  }
  return href;
}

type Header = HttpRequestParams['headers'][number];

function headerOf({ name, value, valueEnvVar }: Header, env: HttpHandlerDeps['env']): readonly [string, string] {
  if (!token.test(name)) throw invalidParams('http/request header name is invalid: invalid HTTP header name');
  const secret = valueEnvVar === undefined ? '' : env[valueEnvVar];
  if (secret === undefined) throw invalidParams(`http/request header ${name} requires executor environment variable ${valueEnvVar}`);
  const full = `${value}${secret}`;
  // Control characters and what HTTP's bytes cannot say.
  if (!/^[\t\u0020-\u007e\u0080-\uffff]*$/.test(full)) {
    throw invalidParams(`http/request header value is invalid for ${name}: failed to parse header value`);
  }
  return [name, Buffer.from(full, 'utf8').toString('latin1')];
}

function requestOf(params: HttpRequestParams, env: HttpHandlerDeps['env']): HttpRequest {
  if (!token.test(params.method)) throw invalidParams('http/request method is invalid: invalid HTTP method');
  const url = urlOf(params.url);
  const headers = params.headers.map((header) => headerOf(header, env));
  if (!headers.some(([name]) => name.toLowerCase() === 'accept')) headers.push(['accept', '*/*']);
  const body = params.bodyBase64 === undefined ? undefined : readBase64(params.bodyBase64);
  if (typeof body === 'string') throw invalidParams(body);
  const { publicUnless } = params;
  return {
    ...{ method: params.method, url, headers, redirect: params.redirectPolicy === 'stop' ? 'manual' : 'follow' },
    ...(body && { body }),
    ...(publicUnless !== undefined && { publicUnless }),
  };
}

/** The request to somebody else as a span of its own below that of the call. */
function spanOf({ method, url }: HttpRequest, call: Span | undefined): Span | undefined {
  if (!call) return undefined;
  const attributes = { 'http.request.method': method, 'server.address': new URL(url).hostname };
  return call.child('codex.exec_server.http_request', { kind: 'client', attributes });
}

/** Whoever is asked learns which trace the request belongs to, unless the client said so itself. */
function withTrace(request: HttpRequest, span: Span | undefined): HttpRequest {
  if (!span || request.headers.some(([name]) => name.toLowerCase() === 'traceparent')) return request;
  const { traceparent, tracestate } = span.trace;
  const headers = [['traceparent', traceparent] as const, ...(tracestate === undefined ? [] : [['tracestate', tracestate] as const])];
  return { ...request, headers: [...headers, ...request.headers] };
}

/** The life of one call: it ends with the connection or at its deadline. */
function lifeOf(parent: AbortSignal, timeoutMs: number | undefined): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const off = onAbort(parent, () => controller.abort(parent.reason));
  const late = () => controller.abort(new DeadlineExceeded('http/request', timeoutMs ?? 0));
  const timer = timeoutMs === undefined ? undefined : setTimeout(late, Math.min(timeoutMs, 2 ** 31 - 1));
  if (timeoutMs === 0) late();
  return {
    signal: controller.signal,
    end: () => {
      clearTimeout(timer);
      off();
    },
  };
}

async function send(
  http: HttpClient,
  request: HttpRequest,
  { signal, call }: { signal: AbortSignal; call: Span | undefined },
): Promise<HttpResponse> {
  const span = spanOf(request, call);
  try {
    const response = await http.request(withTrace(request, span), signal);
    span?.end({ 'http.response.status_code': response.status });
    return response;
  } catch (error) {
    span?.end();
    if (error instanceof DeadlineExceeded) throw internalError('http/request failed: route-aware request timed out');
    if (error instanceof RedirectRefused) throw internalError(`http/request failed: ${error.message}`);
    throw internalError(`http/request failed: error sending request for url (${request.url})`, error);
  }
}

const headersOf = (response: HttpResponse) =>
  response.headers.filter(([, value]) => /^[\t\u0020-\u007e]*$/.test(value)).map(([name, value]) => ({ name, value }));

async function wholeBody(response: HttpResponse): Promise<string> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of response.body) pieces.push(piece);
  } catch (error) {
    throw internalError('failed to read http/request response body: error decoding response body', error);
  }
  return Buffer.concat(pieces).toString('base64');
}

/** Sends the body piece by piece; waits while the client does not keep up. */
async function streamBody(response: HttpResponse, requestId: string, connection: Connection): Promise<void> {
  let seq = 0;
  const delta = (bytes: Buffer, done: boolean, error: string | null = null) => {
    seq += 1;
    connection.notify(
      'http/request/bodyDelta',
      bytesPayload({ before: { requestId, seq }, name: 'deltaBase64', bytes, after: { done, error } }),
    );
  };
  try {
    for await (const piece of response.body) {
      for (let at = 0; at < piece.length; at += maxDeltaBytes) {
        await connection.keepsUp();
        delta(piece.subarray(at, at + maxDeltaBytes), false);
      }
    }
    delta(Buffer.alloc(0), true);
  } catch {
    // The connection being gone, nobody hears this; otherwise it is all the client needs to know.
    delta(Buffer.alloc(0), true, 'error decoding response body');
  }
}

export function httpHandlers({ http, env }: HttpHandlerDeps): Handlers<Pick<ExecRequests, 'http/request'>, ExecContext> {
  const streams = new WeakMap<Connection, Set<string>>();
  const streamsOf = (connection: Connection): Set<string> => {
    const known = streams.get(connection) ?? new Set<string>();
    streams.set(connection, known);
    return known;
  };
  return {
    'http/request': async (params, { connection, signal, span, afterReply }) => {
      const request = requestOf(params, env);
      const { requestId, streamResponse, timeoutMs } = params;
      const active = streamsOf(connection);
      if (streamResponse && active.has(requestId)) {
        throw invalidParams(`http/request streamResponse requestId \`${requestId}\` is already active`);
      }
      if (streamResponse) active.add(requestId);
      // A streamed body outlives the call, so it hangs on the connection.
      const life = lifeOf(streamResponse ? connection.scope.signal : signal, timeoutMs);
      const end = () => {
        life.end();
        if (streamResponse) active.delete(requestId);
      };
      try {
        const response = await send(http, request, { signal: life.signal, call: span });
        const head = { status: response.status, headers: headersOf(response) };
        if (!streamResponse) {
          const bodyBase64 = await wholeBody(response);
          end();
          return { ...head, bodyBase64 };
        }
        afterReply(() => void streamBody(response, requestId, connection).finally(end));
        return { ...head, bodyBase64: '' };
      } catch (error) {
        end();
        throw error;
      }
    },
  };
}
