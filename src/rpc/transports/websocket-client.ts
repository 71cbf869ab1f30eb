/** Opens a WebSocket to a server, over TCP or over a unix socket. */
import { connect as connectSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { abortReason, onAbort } from '../../base/abort.ts';
import { DeadlineExceeded, messageOf } from '../../base/errors.ts';
import { keepAlive } from './keep-alive.ts';
import { defaultMaxMessageBytes } from './ndjson.ts';
import type { Transport } from './transport.ts';
import { webSocketTransport } from './websocket.ts';

export interface ConnectOptions {
  /** `ws:` or `wss:`, or `unix:` followed by the path of a socket. */
  readonly url: string;
  /** Sent as bearer token with the upgrade. */
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly maxMessageBytes?: number;
  /** Default 10,000. */
  readonly deadlineMs?: number;
  /** Ping this often, and cut a connection that stays silent for a whole interval after a ping. Default: never. */
  readonly keepAliveMs?: number;
  readonly signal?: AbortSignal;
}

/** The server answered the upgrade with an ordinary HTTP status. */
export class UpgradeRefused extends Error {
  override readonly name = 'UpgradeRefused';
  readonly status: number;
  constructor(status: number, body: string) {
    super(`the server refused the connection with HTTP ${status}${body === '' ? '' : `: ${body}`}`);
    this.status = status;
  }
}

/** Rejects with `UpgradeRefused`, `DeadlineExceeded`, the signal's reason, or what the system said. */
export function connectWebSocket(options: ConnectOptions): Promise<Transport> {
  const { url, token, headers, signal, deadlineMs = 10_000 } = options;
  const path = url.startsWith('unix:') ? url.slice('unix:'.length).replace(/^\/\/(?=\/)/, '') : undefined;
  // A URL of a socket by its form: editors send every other request through their proxy settings and drop `createConnection`.
  const ws = new WebSocket(path === undefined ? url : 'ws+unix:socket:/', {
    perMessageDeflate: false,
    skipUTF8Validation: true,
    followRedirects: false,
    maxPayload: options.maxMessageBytes ?? defaultMaxMessageBytes,
    headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    ...(path === undefined ? {} : { createConnection: () => connectSocket(path) }),
  });
  return new Promise((resolve, reject) => {
    let socket: Duplex | undefined;
    const settle = (finish: () => void) => {
      off();
      clearTimeout(timer);
      finish();
    };
    const fail = (error: Error) =>
      settle(() => {
        ws.on('error', () => {});
        ws.terminate();
        reject(error);
      });
    const timer = setTimeout(() => fail(new DeadlineExceeded(`connecting to ${path ?? new URL(url).host}`, deadlineMs)), deadlineMs);
    const off = signal ? onAbort(signal, () => queueMicrotask(() => fail(abortReason(signal)))) : () => {};
    ws.on('error', (error) => fail(new Error(`cannot connect to ${path ?? new URL(url).host}: ${messageOf(error)}`, { cause: error })));
    ws.once('upgrade', (response) => {
      socket = response.socket;
    });
    ws.once('unexpected-response', (_request, response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => fail(new UpgradeRefused(response.statusCode ?? 0, Buffer.concat(parts).toString('utf8').slice(0, 500))));
    });
    ws.once('open', () => {
      if (options.keepAliveMs !== undefined) keepAlive(ws, options.keepAliveMs);
      if (socket) settle(resolveWith(resolve, webSocketTransport(ws, socket, path ?? new URL(url).host)));
      else fail(new Error('the upgrade had no socket'));
    });
  });
}

const resolveWith = (resolve: (transport: Transport) => void, transport: Transport) => () => resolve(transport);
