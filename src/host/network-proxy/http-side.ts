/** The HTTP side of the proxy: requests in absolute form and CONNECT tunnels, each of them judged by itself. */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { onAbort } from '../../base/abort.ts';
import type { NetworkTarget } from '../../base/managed-network.ts';
import type { Attempt, Gate } from './gate.ts';
import { type Authority, bracketed, parseAuthority } from './hosts.ts';
import { blockedReply, blockedTunnel, plainReply, type Reply } from './replies.ts';
import { connectTo, joinSockets, type UpstreamOptions } from './upstream.ts';

export interface SideOptions {
  readonly gate: Gate;
  readonly upstream: UpstreamOptions;
  /** Ends every connection. */
  readonly signal: AbortSignal;
}

const maxHeaderBytes = 65_536;
const headersMs = 10_000;
const readingMethods = new Set(['GET', 'HEAD', 'OPTIONS']);
/** They speak about one connection only, or to the proxy. */
const hopByHop = new Set(
  'connection keep-alive proxy-connection proxy-authorization proxy-authenticate te trailer transfer-encoding upgrade expect http2-settings'.split(
    ' ',
  ),
);

export const maxProxyConnections = 256;

export function createHttpSide(options: SideOptions): Server {
  const limits = { maxHeaderSize: maxHeaderBytes, headersTimeout: headersMs, requestTimeout: 0, connectionsCheckingInterval: 1000 };
  const server = createServer({ ...limits, noDelay: true }, (incoming, outgoing) => void answer(incoming, outgoing, options));
  server.on('connect', (incoming, socket: Socket, head) => void tunnel({ incoming, socket, head }, options));
  server.maxConnections = maxProxyConnections;
  return server;
}

const clientOf = ({ remoteAddress, remotePort }: Socket): string | undefined =>
  remoteAddress === undefined ? undefined : `${remoteAddress}:${remotePort ?? 0}`;

const targetOf = ({ protocol, host, port }: Attempt): NetworkTarget => ({ protocol, host: host.name, port });

/** What a request asks for; a text says why it asks for nothing. */
function readTarget(incoming: IncomingMessage): (Authority & { readonly path: string }) | string {
  const { url = '/', headers } = incoming;
  const hosts = incoming.rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host');
  if (hosts.length > 1) return 'invalid Host header';
  const named = headers.host === undefined || headers.host === '' ? undefined : parseAuthority(headers.host, 80);
  if (headers.host !== undefined && !named) return 'invalid Host header';
  if (url.startsWith('/') || url === '*') return named ? { ...named, path: url } : 'missing host';
  const [, scheme, authority = '', path = ''] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)([^#]*)$/.exec(url) ?? [];
  if (scheme?.toLowerCase() !== 'http') return 'unsupported request target';
  const target = parseAuthority(authority, 80);
  if (!target) return 'invalid request target';
  if (named && (named.host.name !== target.host.name || named.port !== target.port)) return 'Host header does not match request target';
  return { ...target, path: path.startsWith('/') ? path : `/${path}` };
}

async function answer(incoming: IncomingMessage, outgoing: ServerResponse, options: SideOptions): Promise<void> {
  const { gate } = options;
  const send = (reply: Reply) => {
    incoming.resume();
    if (outgoing.destroyed || outgoing.headersSent) return;
    outgoing.writeHead(reply.status, { ...reply.headers, 'content-length': Buffer.byteLength(reply.body) }).end(reply.body);
  };
  const target = readTarget(incoming);
  const method = incoming.method ?? 'GET';
  const seen = { protocol: 'http', method, client: clientOf(incoming.socket) } as const;
  if (incoming.headers['x-unix-socket'] !== undefined) {
    gate.refuse({ ...seen, host: { name: 'unix-socket', address: false }, port: 0 }, 'unix_socket_unsupported', 'proxy_state');
    return send(plainReply(501, 'unix sockets unsupported'));
  }
  if (typeof target === 'string') return send(plainReply(400, target));
  const attempt: Attempt = { ...seen, host: target.host, port: target.port };
  const ruling = await gate.judge(attempt);
  if (ruling.kind === 'block') return send(blockedReply(targetOf(attempt), ruling.block));
  if (gate.limited && !readingMethods.has(method)) {
    return send(blockedReply(targetOf(attempt), gate.refuse(attempt, 'method_not_allowed')));
  }
  try {
    const gone = abortedWith(outgoing, options.signal);
    const socket = await connectTo({ addresses: ruling.addresses, port: target.port }, options.upstream, gone);
    forward({ incoming, outgoing, socket, path: target.path, authority: target }, () => send(plainReply(502, 'upstream failure')));
  } catch {
    send(plainReply(502, 'upstream failure'));
  }
}

/** Aborts when the client goes or everything ends. */
function abortedWith(stream: ServerResponse | Socket, signal: AbortSignal): AbortSignal {
  const gone = new AbortController();
  stream.once('close', () => gone.abort());
  if (stream.destroyed) gone.abort();
  return AbortSignal.any([signal, gone.signal]);
}

interface Forwarding {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly socket: Socket;
  readonly path: string;
  readonly authority: Authority;
}

function forward({ incoming, outgoing, socket, path, authority }: Forwarding, failed: () => void): void {
  const { host, port } = authority;
  const headers = endToEnd(incoming.rawHeaders).filter(([name]) => name.toLowerCase() !== 'host');
  // Without one of the two lengths a body would read as the next request.
  if (incoming.headers['transfer-encoding'] !== undefined) headers.push(['Transfer-Encoding', 'chunked']);
  const upstream = request({
    createConnection: () => socket,
    method: incoming.method ?? 'GET',
    path,
    headers: [['Host', port === 80 ? bracketed(host.name) : `${bracketed(host.name)}:${port}`], ...headers, ['Connection', 'close']].flat(),
    setHost: false,
    maxHeaderSize: maxHeaderBytes,
  });
  upstream.on('error', failed);
  outgoing.once('close', () => upstream.destroy());
  upstream.once('response', (response) => {
    const kept = endToEnd(response.rawHeaders).flat();
    outgoing.writeHead(response.statusCode ?? 502, response.statusMessage ?? '', kept);
    pipeline(response, outgoing, () => {}); // a failure has ended both
  });
  pipeline(incoming, upstream, () => {}); // a failure shows as an error of `upstream`
}

/** Name and value pairs that are meant for the other end. */
function endToEnd(raw: readonly string[]): [string, string][] {
  const pairs = Array.from({ length: raw.length / 2 }, (_, at): [string, string] => [raw[2 * at] ?? '', raw[2 * at + 1] ?? '']);
  const named = pairs.filter(([name]) => name.toLowerCase() === 'connection').flatMap(([, value]) => value.toLowerCase().split(/[\s,]+/));
  // A request must not lose its length by naming it here.
  const dropped = new Set(named.filter((name) => name !== 'content-length' && name !== 'host'));
  return pairs.filter(([name]) => !hopByHop.has(name.toLowerCase()) && !dropped.has(name.toLowerCase()));
}

interface Tunnelling {
  readonly incoming: IncomingMessage;
  readonly socket: Socket;
  readonly head: Buffer;
}

async function tunnel({ incoming, socket, head }: Tunnelling, options: SideOptions): Promise<void> {
  const { gate } = options;
  socket.on('error', () => socket.destroy());
  const end = (reply: Reply) => socket.end(rawReply(reply));
  const target = parseAuthority(incoming.url ?? '', 80);
  if (!target) return void end(plainReply(400, 'invalid request target'));
  const attempt: Attempt = { protocol: 'https_connect', method: 'CONNECT', client: clientOf(socket), ...target };
  const ruling = await gate.judge(attempt);
  if (ruling.kind === 'block') return void end(blockedTunnel(ruling.block));
  if (gate.limited) return void end(blockedTunnel(gate.refuse(attempt, 'mitm_required')));
  let upstream: Socket;
  try {
    upstream = await connectTo({ addresses: ruling.addresses, port: target.port }, options.upstream, abortedWith(socket, options.signal));
  } catch {
    return void end(plainReply(502, 'upstream failure'));
  }
  if (socket.destroyed) return void upstream.destroy();
  socket.write(`HTTP/1.1 200 OK\r\ndate: ${new Date().toUTCString()}\r\n\r\n`);
  if (head.length > 0) upstream.write(head);
  socket.once(
    'close',
    onAbort(options.signal, () => socket.destroy()),
  );
  joinSockets(socket, upstream);
}

function rawReply({ status, headers, body }: Reply): string {
  const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)), date: new Date().toUTCString() });
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}
