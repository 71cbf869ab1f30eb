/** Connected transports of every kind, and the raw side of those that carry bytes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { silentLog } from '../../src/base/log.ts';
import { contentLengthTransport } from '../../src/rpc/transports/content-length.ts';
import { memoryPair } from '../../src/rpc/transports/memory.ts';
import { ndjsonTransport } from '../../src/rpc/transports/ndjson.ts';
import type { Transport } from '../../src/rpc/transports/transport.ts';
import { connectWebSocket } from '../../src/rpc/transports/websocket-client.ts';
import { appSurface, listenWebSocket } from '../../src/rpc/transports/websocket-server.ts';

export const transportKinds = ['memory', 'ndjson', 'content-length', 'websocket', 'unix'] as const;
export type Kind = (typeof transportKinds)[number];
export const byteKinds = ['ndjson', 'content-length', 'websocket', 'unix'] as const;
export type ByteKind = (typeof byteKinds)[number];

export interface TransportPair extends AsyncDisposable {
  readonly server: Transport;
  readonly client: Transport;
}

export interface RawPair extends AsyncDisposable {
  readonly server: Transport;
  /** Sends one message's bytes in the framing of the transport. */
  send(bytes: Buffer | string): void;
  /** Text of every message that the server sent, once it has ended the connection. */
  readonly received: () => Promise<string[]>;
  /** Stops taking bytes from the server. */
  stopReading(): void;
  startReading(): void;
  /** Ends this side's output. */
  end(): void;
}

export async function openTransports(kind: Kind, maxMessageBytes?: number): Promise<TransportPair> {
  if (kind === 'memory') {
    const [server, client] = memoryPair();
    return { server, client, [Symbol.asyncDispose]: () => server.close() };
  }
  const limit = maxMessageBytes === undefined ? {} : { maxMessageBytes };
  if (kind === 'websocket' || kind === 'unix') {
    const listening = await listen(kind, limit);
    const client = await connectWebSocket({ url: listening.url, ...limit });
    const server = await listening.accepted;
    const dispose = async () => {
      await Promise.all([client.close(0), server.close(0)]);
      await listening[Symbol.asyncDispose]();
    };
    return { server, client, [Symbol.asyncDispose]: dispose };
  }
  const sockets = await socketPair();
  const wrap = (socket: Socket) =>
    (kind === 'ndjson' ? ndjsonTransport : contentLengthTransport)({ input: socket, output: socket, ...limit });
  const server = wrap(sockets.left);
  const client = wrap(sockets.right);
  const dispose = async () => {
    await Promise.all([client.close(0), server.close(0)]);
    await sockets[Symbol.asyncDispose]();
  };
  return { server, client, [Symbol.asyncDispose]: dispose };
}

export async function openRaw(kind: ByteKind, maxMessageBytes?: number): Promise<RawPair> {
  const limit = maxMessageBytes === undefined ? {} : { maxMessageBytes };
  if (kind === 'websocket' || kind === 'unix') return rawWebSocket(kind, limit);
  const sockets = await socketPair();
  const transport = kind === 'ndjson' ? ndjsonTransport : contentLengthTransport;
  const server = transport({ input: sockets.left, output: sockets.left, ...limit });
  const chunks: Buffer[] = [];
  const ended = new Promise((resolve) =>
    sockets.right
      .on('data', (chunk) => chunks.push(chunk))
      .once('close', resolve)
      .once('end', resolve),
  );
  const dispose = async () => {
    await server.close(0);
    await sockets[Symbol.asyncDispose]();
  };
  return {
    server,
    send: (bytes) => {
      const body = Buffer.from(bytes);
      const frame = kind === 'ndjson' ? [body, '\n'] : [`Content-Length: ${body.length}\r\n\r\n`, body];
      for (const part of frame) sockets.right.write(part);
    },
    received: async () => {
      await ended;
      return Buffer.concat(chunks)
        .toString('utf8')
        .split(/\n|Content-Length: \d+\r\n\r\n/)
        .filter((line) => line !== '');
    },
    stopReading: () => sockets.right.pause(),
    startReading: () => sockets.right.resume(),
    end: () => sockets.right.end(),
    [Symbol.asyncDispose]: dispose,
  };
}

async function rawWebSocket(kind: 'websocket' | 'unix', limit: { maxMessageBytes?: number }): Promise<RawPair> {
  const listening = await listen(kind, limit);
  const path = listening.url.replace(/^unix:\/\//, '');
  const ws = kind === 'unix' ? new WebSocket('ws://localhost/', { createConnection: () => connect(path) }) : new WebSocket(listening.url);
  const lines: string[] = [];
  ws.on('message', (data) => lines.push(String(data)));
  const ended = new Promise((resolve) => ws.once('close', resolve));
  await new Promise((resolve) => ws.once('open', resolve));
  const server = await listening.accepted;
  const dispose = async () => {
    ws.terminate();
    await server.close(0);
    await listening[Symbol.asyncDispose]();
  };
  return {
    server,
    send: (bytes) => ws.send(bytes, { binary: false }),
    received: async () => {
      await ended;
      return lines;
    },
    stopReading: () => ws.pause(),
    startReading: () => ws.resume(),
    end: () => ws.close(),
    [Symbol.asyncDispose]: dispose,
  };
}

async function listen(kind: 'websocket' | 'unix', limit: { maxMessageBytes?: number }) {
  const directory = await mkdtemp(join(tmpdir(), 'rpc-'));
  let onConnection: (transport: Transport) => void = () => {};
  const accepted = new Promise<Transport>((resolve) => {
    onConnection = resolve;
  });
  const listener = await listenWebSocket({
    at: kind === 'unix' ? { path: join(directory, 's') } : { host: '127.0.0.1', port: 0 },
    surface: appSurface,
    log: silentLog,
    onConnection,
    ...limit,
  });
  const dispose = async () => {
    await listener.close();
    await rm(directory, { recursive: true });
  };
  return { url: listener.url, accepted, [Symbol.asyncDispose]: dispose };
}

/** Two ends of one real byte stream of the system. */
export async function socketPair(): Promise<{ left: Socket; right: Socket } & AsyncDisposable> {
  const directory = await mkdtemp(join(tmpdir(), 'rpc-'));
  const path = process.platform === 'win32' ? `\\\\.\\pipe\\${directory.replaceAll('\\', '-')}` : join(directory, 's');
  const server = createServer({ allowHalfOpen: true });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const right = connect({ path, allowHalfOpen: true });
  const left = await accepted;
  server.close();
  for (const socket of [left, right]) socket.on('error', () => {});
  const dispose = async () => {
    left.destroy();
    right.destroy();
    await rm(directory, { recursive: true });
  };
  return { left, right, [Symbol.asyncDispose]: dispose };
}
