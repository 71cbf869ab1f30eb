/** HTTP for the model clients on node:http: kept connections, nothing loaded before the first request, proxies on demand. */
import type * as http from 'node:http';
import type { Socket } from 'node:net';
import { abortReason, onAbort, throwIfAborted } from '../base/abort.ts';
import { errnoOf, messageOf } from '../base/errors.ts';
import {
  type HttpTransport,
  TransportError,
  type TransportPhase,
  type TransportRequest,
  type TransportResponse,
} from '../base/http-transport.ts';
import type { Connection, Connectors } from './model-connectors.ts';
import type { ProxyTransport } from './model-http-proxy.ts';
import { proxyFor } from './proxy-choice.ts';

/** How long a response that is no longer read may take to end before its connection is given up instead of kept. */
const drainMs = 100;

export interface ModelHttpOptions {
  /** The variables that name proxies and certificates; read at each first use of an origin, never changed. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function createModelHttp(options: ModelHttpOptions): HttpTransport {
  let opening: Promise<Connectors> | undefined;
  let proxies: Promise<ProxyTransport> | undefined;
  let closed = false;
  const connectors = () => {
    if (closed) throw new TransportError('connect', 'the HTTP client is closed');
    opening ??= import('./model-connectors.ts').then(({ openConnectors }) => openConnectors(options.env));
    return opening;
  };
  return {
    async request(request, signal) {
      throwIfAborted(signal);
      const proxy = proxyFor(request.url, options.env);
      if (proxy !== undefined) {
        if (closed) throw new TransportError('connect', 'the HTTP client is closed');
        proxies ??= import('./model-http-proxy.ts').then(({ createProxyTransport }) => createProxyTransport(options.env));
        return (await proxies).request(request, proxy, signal);
      }
      const { connect } = await connectors();
      throwIfAborted(signal);
      const connection = await connect(request.url);
      throwIfAborted(signal);
      const first = await send(request, { connection, fresh: false, signal });
      // A kept connection that the server closed in the meantime: the request never ran, so it is made on a new one.
      return first ?? (await send(request, { connection, fresh: true, signal })) ?? failStale();
    },
    async prewarm(url) {
      if (closed || proxyFor(url, options.env) !== undefined) return;
      try {
        await (await connectors()).prewarm(url);
      } catch {
        // The request that needs the connection will say what is wrong with it.
      }
    },
    async close() {
      closed = true;
      (await opening?.catch(() => undefined))?.close();
      await (await proxies?.catch(() => undefined))?.close();
    },
  };
}

function failStale(): never {
  throw new TransportError('send', 'the connection closed before the request was sent');
}

interface SendOptions {
  readonly connection: Connection;
  /** Do not use a kept connection. */
  readonly fresh: boolean;
  readonly signal: AbortSignal;
}

const closedByPeer = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);
const certificateProblem = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS_|HOSTNAME_MISMATCH/;

/** The head of the response; undefined when a kept connection turned out to be dead. */
function send(request: TransportRequest, options: SendOptions): Promise<TransportResponse | undefined> {
  const { signal, connection } = options;
  return new Promise((resolve, reject) => {
    const outgoing = connection.start({
      ...connection.target,
      ...(options.fresh ? { agent: false } : {}),
      method: request.method,
      headers:
        request.body === undefined ? request.headers : { ...request.headers, 'content-length': String(Buffer.byteLength(request.body)) },
    });
    let connected = false;
    let kept = false;
    outgoing.on('socket', (socket: Socket) => {
      kept = outgoing.reusedSocket || connection.wasWarm(socket);
      connected = !socket.connecting;
      if (!connected) socket.once('connect', () => (connected = true));
    });
    const off = onAbort(signal, () => {
      reject(abortReason(signal));
      outgoing.destroy();
    });
    outgoing.on('error', (error) => {
      off();
      if (kept && !options.fresh && closedByPeer.has(errnoOf(error) ?? '')) resolve(undefined);
      else reject(new TransportError(phaseOf(error, connected), messageOf(error), { cause: error }));
    });
    outgoing.on('response', (incoming) => resolve(createResponse({ outgoing, incoming, signal, off })));
    outgoing.end(request.body);
  });
}

function phaseOf(error: unknown, connected: boolean): TransportPhase {
  if (certificateProblem.test(errnoOf(error) ?? '')) return 'certificate';
  return connected ? 'send' : 'connect';
}

interface ResponseParts {
  readonly outgoing: http.ClientRequest;
  readonly incoming: http.IncomingMessage;
  readonly signal: AbortSignal;
  /** Takes the abort listener off. */
  readonly off: () => void;
}

function createResponse({ outgoing, incoming, signal, off }: ResponseParts): TransportResponse {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  // The abort listener of the head rejects nothing any more, but it still ends the connection and so the body.
  incoming.on('error', off);
  incoming.on('close', off);
  return {
    status: incoming.statusCode ?? 0,
    headers,
    abandon: () => outgoing.destroy(),
    read: (onChunk) =>
      new Promise<void>((resolve, reject) => {
        let reading = true;
        const broke = (cause: unknown) => {
          reading = false;
          if (signal.aborted) reject(abortReason(signal));
          else reject(new TransportError('body', messageOf(cause), { cause }));
        };
        const stop = () => {
          reading = false;
          off();
          drain(outgoing, incoming);
          resolve();
        };
        const refuse = (error: unknown) => {
          reading = false;
          reject(error);
          outgoing.destroy();
        };
        incoming.on('data', (chunk: Buffer) => {
          if (!reading) return;
          try {
            if (!onChunk(chunk)) stop();
          } catch (error) {
            refuse(error);
          }
        });
        incoming.on('end', resolve);
        incoming.on('error', broke);
        incoming.on('close', () => {
          if (!incoming.complete) broke(new Error('the connection closed within the response'));
        });
        if (signal.aborted || incoming.destroyed) broke(new Error('the connection is closed'));
      }),
  };
}

/** Lets a response that nobody reads any more come to its end, so that its connection can be used again. */
function drain(outgoing: http.ClientRequest, incoming: http.IncomingMessage): void {
  if (incoming.complete) {
    incoming.resume();
    return;
  }
  const timer = setTimeout(() => outgoing.destroy(), drainMs);
  incoming.once('close', () => clearTimeout(timer));
  incoming.resume();
}
