/** The SOCKS5 side of the proxy (RFC 1928): CONNECT only, without authentication, each connection judged. */
import { createServer, type Server, type Socket } from 'node:net';
import { onAbort } from '../../base/abort.ts';
import { errnoOf } from '../../base/errors.ts';
import type { Attempt } from './gate.ts';
import { type Authority, parseHost } from './hosts.ts';
import { maxProxyConnections, type SideOptions } from './http-side.ts';
import { connectTo, joinSockets } from './upstream.ts';

const version = 5;
const handshakeMs = 10_000;
const replies = { granted: 0, failure: 1, notAllowed: 2, unreachable: 4, refused: 5, unknownCommand: 7, unknownAddress: 8 } as const;

/** The client broke the protocol, or did not finish in time. */
class HandshakeError extends Error {
  readonly reply: number | undefined;
  constructor(message: string, reply?: number) {
    super(message);
    this.reply = reply;
  }
}

export function createSocksSide(options: SideOptions): Server {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => void serve(socket, options));
  server.maxConnections = maxProxyConnections;
  return server;
}

const send = (socket: Socket, code: number) => socket.write(Buffer.from([version, code, 0, 1, 0, 0, 0, 0, 0, 0]));

async function serve(socket: Socket, options: SideOptions): Promise<void> {
  socket.on('error', () => socket.destroy());
  socket.once(
    'close',
    onAbort(options.signal, () => socket.destroy()),
  );
  try {
    const target = await handshake(socket);
    await grant(socket, target, options);
  } catch (error) {
    if (error instanceof HandshakeError && error.reply === undefined) return void socket.destroy();
    if (!socket.destroyed) send(socket, error instanceof HandshakeError ? (error.reply ?? replies.failure) : failureOf(error));
    socket.end();
  }
}

function failureOf(error: unknown): number {
  const code = errnoOf(error);
  if (code === 'ECONNREFUSED') return replies.refused;
  return code === 'EHOSTUNREACH' || code === 'ENETUNREACH' ? replies.unreachable : replies.failure;
}

async function grant(socket: Socket, target: Authority, { gate, upstream, signal }: SideOptions): Promise<void> {
  const { remoteAddress, remotePort } = socket;
  const client = remoteAddress === undefined ? undefined : `${remoteAddress}:${remotePort ?? 0}`;
  const attempt: Attempt = { protocol: 'socks5_tcp', method: undefined, client, ...target };
  if (gate.limited) {
    gate.refuse(attempt, 'method_not_allowed');
    throw new HandshakeError('no tunnels in limited mode', replies.notAllowed);
  }
  const ruling = await gate.judge(attempt);
  if (ruling.kind === 'block') throw new HandshakeError('blocked', replies.notAllowed);
  const gone = new AbortController();
  socket.once('close', () => gone.abort());
  if (socket.destroyed) gone.abort();
  const other = await connectTo({ addresses: ruling.addresses, port: target.port }, upstream, AbortSignal.any([signal, gone.signal]));
  send(socket, replies.granted);
  joinSockets(socket, other);
}

/** What the client wants to reach. Answers the greeting. */
async function handshake(socket: Socket): Promise<Authority> {
  const timer = setTimeout(() => socket.destroy(), handshakeMs);
  try {
    const [greeting, count] = await take(socket, 2);
    if (greeting !== version || count === undefined || count === 0) throw new HandshakeError('not SOCKS5');
    const methods = await take(socket, count);
    if (!methods.includes(0)) {
      socket.end(Buffer.from([version, 0xff]));
      throw new HandshakeError('no method in common');
    }
    socket.write(Buffer.from([version, 0]));
    const [again, command, , kind] = await take(socket, 4);
    if (again !== version) throw new HandshakeError('not SOCKS5');
    const target = await address(socket, kind ?? 0);
    if (command !== 1) throw new HandshakeError('only CONNECT', replies.unknownCommand);
    return target;
  } finally {
    clearTimeout(timer);
  }
}

async function address(socket: Socket, kind: number): Promise<Authority> {
  const text = await addressText(socket, kind);
  const port = (await take(socket, 2)).readUInt16BE(0);
  const host = parseHost(text);
  if (!host || port === 0) throw new HandshakeError('no such address', replies.unknownAddress);
  return { host, port };
}

async function addressText(socket: Socket, kind: number): Promise<string> {
  if (kind === 1) return [...(await take(socket, 4))].join('.');
  if (kind === 3) {
    const [length = 0] = await take(socket, 1);
    return (await take(socket, length)).toString('latin1');
  }
  if (kind !== 4) throw new HandshakeError('unknown kind of address', replies.unknownAddress);
  const bytes = await take(socket, 16);
  return Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16)).join(':');
}

/** Exactly `count` bytes; what comes after them stays in the stream. Rejects when the stream ends first. */
function take(socket: Socket, count: number): Promise<Buffer> {
  if (count === 0) return Promise.resolve(Buffer.alloc(0));
  return new Promise((resolve, reject) => {
    const look = () => {
      const bytes: Buffer | null = socket.read(count);
      if (bytes !== null && bytes.length === count) done(() => resolve(bytes));
      else if (socket.readableEnded || socket.destroyed) done(() => reject(new HandshakeError('the client went')));
    };
    const over = () => done(() => reject(new HandshakeError('the client went')));
    const done = (then: () => void) => {
      socket.off('readable', look).off('end', over).off('close', over);
      then();
    };
    socket.on('readable', look).once('end', over).once('close', over);
    look();
  });
}
