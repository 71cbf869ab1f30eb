/** Requests without TLS and proxy on node:http, which is there before anything else is loaded and keeps their cost low. */
import * as http from 'node:http';
import { abortReason, onAbort } from '../base/abort.ts';
import { errnoOf } from '../base/errors.ts';
import type { HttpRequest, HttpResponse } from './http-types.ts';

/** Idle connections are given up before the usual server would do it while a request is under way. */
const idleMs = 4000;
/** What may run twice: a kept connection that the server closed in the meantime does not fail them. */
const repeatable = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);
const bodiless = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'DELETE']);
const closedByPeer = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);

export interface PlainHttp {
  /** `request` names no framing headers and follows no redirects here. */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>;
  /** Ends idle connections at once and running requests with an error. */
  close(): void;
}

export function createPlainHttp(): PlainHttp {
  const agent = new http.Agent({ keepAlive: true, timeout: idleMs });
  return {
    async send(request, signal) {
      const first = await attempt(request, agent, signal);
      return first ?? (await attempt(request, false, signal)) ?? failClosed();
    },
    close: () => agent.destroy(),
  };
}

function failClosed(): never {
  throw new Error('the connection closed before the request was sent');
}

/** The head of the response; undefined when a kept connection turned out to be dead and the request may be made again. */
function attempt(request: HttpRequest, agent: http.Agent | false, signal: AbortSignal): Promise<HttpResponse | undefined> {
  const { hostname, port, pathname, search, host } = new URL(request.url);
  return new Promise((resolve, reject) => {
    const outgoing = http.request({
      agent,
      // A URL keeps the brackets of an IPv6 address, a socket wants none.
      host: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
      port: port === '' ? 80 : Number(port),
      path: `${pathname}${search}`,
      method: request.method,
      setHost: false,
    });
    for (const [name, values] of headersOf(request, host)) outgoing.setHeader(name, values);
    // Without it too the connection is kept, which is what HTTP/1.1 means by silence.
    outgoing.removeHeader('connection');
    const off = onAbort(signal, () => {
      reject(abortReason(signal));
      outgoing.destroy();
    });
    outgoing.on('error', (error) => {
      off();
      const stale = agent !== false && outgoing.reusedSocket && closedByPeer.has(errnoOf(error) ?? '');
      if (stale && !signal.aborted && repeatable.has(request.method)) resolve(undefined);
      else reject(error);
    });
    outgoing.on('response', (incoming) => {
      // Without a listener a connection that breaks before anyone reads would end the process.
      incoming.on('error', () => {});
      incoming.once('close', off);
      resolve({ status: incoming.statusCode ?? 0, headers: pairs(incoming.rawHeaders), body: bodyOf(incoming, signal) });
    });
    outgoing.end(request.body);
  });
}

/** In the order they go out; repeats of a name stand together. */
function headersOf(request: HttpRequest, host: string): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  if (!request.headers.some(([name]) => name === 'host')) headers.set('host', [host]);
  for (const [name, value] of request.headers) {
    const known = headers.get(name);
    if (known) known.push(value);
    else headers.set(name, [value]);
  }
  const length = request.body?.length ?? (bodiless.has(request.method) ? undefined : 0);
  if (length !== undefined) headers.set('content-length', [String(length)]);
  return headers;
}

function pairs(raw: readonly string[]): [string, string][] {
  const result: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) result.push([(raw[at] ?? '').toLowerCase(), raw[at + 1] ?? '']);
  return result;
}

async function* bodyOf(incoming: http.IncomingMessage, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    // Leaving the loop early ends the connection.
    for await (const chunk of incoming) yield chunk;
  } catch (error) {
    throw signal.aborted ? abortReason(signal) : error;
  }
}
