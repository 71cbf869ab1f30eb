/** Listens for WebSocket clients over TCP or a unix socket: probes, refusals, the upgrade. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP, type Server as NetServer, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Log } from '../../base/log.ts';
import type { BearerCheck } from './bearer-auth.ts';
import { guardFrames } from './frame-guard.ts';
import { defaultMaxMessageBytes } from './ndjson.ts';
import type { Transport } from './transport.ts';
import { listenPrivately } from './unix-socket.ts';
import { webSocketTransport } from './websocket.ts';

export interface ListenOptions {
  /** An IP address and a port (0 chooses one), or the path of a unix socket. */
  readonly at: { readonly host: string; readonly port: number } | { readonly path: string };
  /** Paths that answer 200 without an upgrade, and what other paths get. */
  readonly surface: HttpSurface;
  readonly onConnection: (transport: Transport) => void;
  readonly log: Log;
  readonly auth?: BearerCheck;
  /** Default 64 MiB. A larger message ends its connection. */
  readonly maxMessageBytes?: number;
  /** A single longer frame ends its connection, whatever its message may have. No bound of its own by default. */
  readonly maxFrameBytes?: number;
  /** An empty ping every so often; none by default. */
  readonly pingEveryMs?: number;
  /** What listens already. `at` only names it then. */
  readonly opened?: OpenedListener;
}

/** A listener that was opened before there was anybody to serve its clients. */
export interface OpenedListener {
  /** Its handle is taken over; it must not be used any more. */
  readonly server: NetServer;
  /** The clients that came so far, paused and unread; whoever calls owns them. */
  taken(): Socket[];
}

export interface HttpSurface {
  readonly probes: readonly string[];
  readonly unknownPath: 400 | 404;
  /** Refuses requests that name this machine by anything but an address or localhost, unless a token is asked for. */
  readonly checksHostName: boolean;
  /** How a connection ends: with close frames, or by the end of the byte stream alone. */
  readonly closing: 'frames' | 'stream';
}

export const appSurface: HttpSurface = { probes: ['/readyz', '/healthz'], unknownPath: 400, checksHostName: true, closing: 'frames' };
/** Orchestrators come from other machines by whatever name; what a browser could reach by a name of its own is refused by Origin. */
export const execSurface: HttpSurface = { probes: ['/readyz'], unknownPath: 404, checksHostName: false, closing: 'stream' };

export interface WebSocketListener extends AsyncDisposable {
  /** `ws://IP:PORT`, or `unix://PATH`. */
  readonly url: string;
  /** Where it listens for TCP. */
  readonly port: number | undefined;
  /** Stops listening; connections that exist live on. */
  close(): Promise<void>;
}

/** Rejects with the system's error when the address is taken or not ours. */
export async function listenWebSocket(options: ListenOptions): Promise<WebSocketListener> {
  const { at } = options;
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000, noDelay: true });
  const upgrades = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    skipUTF8Validation: true,
    maxPayload: options.maxMessageBytes ?? defaultMaxMessageBytes,
    handleProtocols: () => false,
  });
  server.on('request', (request, response) => respond(response, refusalOf(request, options, false)));
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', (error) => options.log.debug('a connection failed', { error }));
    const refusal = refusalOf(request, options, true);
    if (refusal) refuseUpgrade(socket, refusal);
    else upgrades.handleUpgrade(request, socket, head, (ws) => accept(options, ws, socket));
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  if (options.opened) await takeOver(server, options.opened);
  else if ('path' in at) await listenPrivately(server, at.path);
  else await listenTcp(server, at);
  const address = server.address();
  const port = isTcp(address) ? address.port : undefined;
  const close = () => stop(server);
  const url = 'path' in at ? `unix://${at.path}` : `ws://${at.host.includes(':') ? `[${at.host}]` : at.host}:${port}`;
  return { url, port, close, [Symbol.asyncDispose]: close };
}

/** An idle connection whose machine vanished is noticed about ten seconds after this. */
const tcpKeepAliveMs = 15_000;
/** A client that does not follow suit is cut off. */
const streamEndGraceMs = 1000;

function endWithoutFrames(ws: import('ws').WebSocket, socket: Duplex): void {
  ws.close = () => {
    socket.end();
    const timer = setTimeout(() => ws.terminate(), streamEndGraceMs);
    ws.once('close', () => clearTimeout(timer));
  };
}

const isTcp = (address: AddressInfo | string | null): address is AddressInfo => typeof address === 'object' && address !== null;

function accept(options: ListenOptions, ws: import('ws').WebSocket, socket: Duplex): void {
  const peer = socket instanceof Socket && socket.remoteAddress ? `${socket.remoteAddress}:${socket.remotePort}` : 'unix';
  if (socket instanceof Socket) socket.setNoDelay(true).setKeepAlive(true, tcpKeepAliveMs);
  if (options.surface.closing === 'stream') endWithoutFrames(ws, socket);
  if (options.pingEveryMs !== undefined) {
    const timer = setInterval(() => ws.ping(), options.pingEveryMs);
    timer.unref();
    ws.once('close', () => clearInterval(timer));
  }
  if (options.maxFrameBytes !== undefined) guardFrames(socket, options.maxFrameBytes, () => ws.terminate());
  options.onConnection(webSocketTransport(ws, socket, peer));
}

const listenTcp = (server: Server, at: { host: string; port: number }): Promise<void> =>
  listening(server, () => server.listen({ host: at.host, port: at.port }));

function listening(server: Server, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
    start();
  });
}

/** Whoever waits in the system's queue comes to `server` by itself; who was accepted before is brought to it. */
async function takeOver(server: Server, opened: OpenedListener): Promise<void> {
  await listening(server, () => server.listen(opened.server));
  for (const socket of opened.taken()) {
    if (socket.destroyed) continue;
    server.emit('connection', socket);
    socket.resume();
  }
}

async function stop(server: Server): Promise<void> {
  if (!server.listening) return;
  await new Promise<void>((resolve) => {
    // `close` waits for sockets that were upgraded too; those belong to their connections.
    server.close(() => resolve());
    server.closeAllConnections();
    setImmediate(resolve);
  });
}

interface Refusal {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
};

/** The plain answer to a request, or undefined when its upgrade may go on. The Origin check comes before everything. */
function refusalOf(request: IncomingMessage, options: ListenOptions, upgrading: boolean): Refusal | undefined {
  const { headers, method = 'GET' } = request;
  // A token says more than a name does, and clients that bring one may come from other machines by any name.
  const nameMatters = options.surface.checksHostName && !('path' in options.at) && options.auth === undefined;
  if (headers.origin !== undefined || (nameMatters && !isLocalHost(headers.host))) return { status: 403 };
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  if (options.surface.probes.includes(path)) {
    return method === 'GET' || method === 'HEAD' ? { status: 200 } : { status: 405, headers: { allow: 'GET,HEAD' } };
  }
  if (path !== '/' && options.surface.unknownPath === 404) return { status: 404 };
  if (method !== 'GET') return { status: 405, body: 'Request method must be `GET`' };
  if (!upgrading) return { status: 400, body: "Connection header did not include 'upgrade'" };
  if (headers.upgrade?.toLowerCase() !== 'websocket') return { status: 400, body: "`Upgrade` header did not include 'websocket'" };
  if (headers['sec-websocket-version'] !== '13') return { status: 400, body: "`Sec-WebSocket-Version` header did not include '13'" };
  if (headers['sec-websocket-key'] === undefined) return { status: 400, body: '`Sec-WebSocket-Key` header missing' };
  if (path !== '/') return { status: 400, body: 'the upgrade is accepted on `/` only' };
  const problem = options.auth?.(headers.authorization, Math.floor(Date.now() / 1000));
  return problem === undefined ? undefined : { status: 401, body: problem };
}

/** A page that made its own name point here (DNS rebinding) sends that name: only addresses and localhost pass. */
function isLocalHost(host: string | undefined): boolean {
  if (host === undefined) return true;
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return isIP(name) !== 0 || name.toLowerCase() === 'localhost';
}

function headersOf(refusal: Refusal): Record<string, string> {
  const body = refusal.body ?? '';
  return {
    ...refusal.headers,
    ...(body === '' ? {} : { 'content-type': 'text/plain; charset=utf-8' }),
    'content-length': String(Buffer.byteLength(body)),
  };
}

function respond(response: ServerResponse, refusal: Refusal | undefined): void {
  const answer = refusal ?? { status: 400 };
  response.writeHead(answer.status, headersOf(answer));
  response.end(answer.body);
}

function refuseUpgrade(socket: Duplex, refusal: Refusal): void {
  const headers = Object.entries(headersOf(refusal)).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(
    `HTTP/1.1 ${refusal.status} ${reasons[refusal.status] ?? ''}\r\n${headers.join('')}connection: close\r\n\r\n${refusal.body ?? ''}`,
  );
}
