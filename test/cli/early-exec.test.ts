/** A listener that is open before its server is there: nobody who comes early is lost, and nobody gets more than those who come later. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import { type EarlyListener, listenEarly } from '../../src/cli/early-exec.ts';
import type { Transport } from '../../src/rpc/transports/transport.ts';
import { execSurface, type ListenOptions, listenWebSocket } from '../../src/rpc/transports/websocket-server.ts';

const at = { host: '127.0.0.1', port: 0 };
const clients: Socket[] = [];
const transports: Transport[] = [];
afterEach(async () => {
  for (const socket of clients.splice(0)) socket.destroy();
  await Promise.all(transports.splice(0).map((transport) => transport.close(0)));
});

const portOf = (early: EarlyListener): number => Number(new URL(early.url).port);

async function arrive(port: number, request: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  clients.push(socket);
  await once(socket, 'connect');
  socket.write(request);
  return socket;
}

const upgrade = (headers: readonly string[] = []): string =>
  [
    ...['GET / HTTP/1.1', 'Host: x', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
    ...['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', ...headers, '', ''],
  ].join('\r\n');

async function statusOf(socket: Socket): Promise<string> {
  const [bytes]: unknown[] = await once(socket, 'data');
  return String(bytes).split(' ')[1] ?? '';
}

function takeOver({ opened }: EarlyListener, options: Partial<ListenOptions> = {}) {
  const onConnection = (transport: Transport) => void transports.push(transport);
  return listenWebSocket({ at, surface: execSurface, log: silentLog, onConnection, opened, ...options });
}

/** Every connection that was made is accepted by now. */
async function accepted(early: EarlyListener, count: number): Promise<void> {
  while ((await connectionsOf(early)) < count) await once(early.opened.server, 'connection');
}
const connectionsOf = ({ opened }: EarlyListener): Promise<number> =>
  new Promise((resolve, reject) => {
    opened.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });

describe('clients that come before the server', () => {
  test('are served by it, with those that come later', async () => {
    const early = await listenEarly(at);
    const port = portOf(early);
    const first = await arrive(port, upgrade());
    await accepted(early, 1);
    const listener = await takeOver(early);
    expect(listener.port).toBe(port);
    expect(await statusOf(first)).toBe('101');
    expect(await statusOf(await arrive(port, upgrade()))).toBe('101');
    expect(await statusOf(await arrive(port, 'GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n'))).toBe('200');
    expect(transports).toHaveLength(2);
    await listener.close();
    const late = connect(port, '127.0.0.1');
    const [error]: unknown[] = await once(late, 'error');
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('are refused like those when they bring an origin, or nothing that is HTTP', async () => {
    const early = await listenEarly(at);
    const page = await arrive(portOf(early), upgrade(['Origin: http://a']));
    const noise = await arrive(portOf(early), '\0\0\0\0\r\n\r\n');
    await accepted(early, 2);
    await using _ = await takeOver(early);
    const ended = once(noise, 'close');
    noise.resume();
    expect(await statusOf(page)).toBe('403');
    await ended;
    expect(transports).toEqual([]);
  });

  test('who left again disturb nobody', async () => {
    const early = await listenEarly(at);
    const gone = await arrive(portOf(early), upgrade());
    await accepted(early, 1);
    gone.resetAndDestroy();
    await once(gone, 'close');
    const stays = await arrive(portOf(early), upgrade());
    await accepted(early, 2);
    await using _ = await takeOver(early);
    expect(await statusOf(stays)).toBe('101');
  });
});

test('an address that is taken is an error before anything is said', async () => {
  const first = await listenEarly(at);
  await expect(listenEarly({ host: '127.0.0.1', port: portOf(first) })).rejects.toThrow('EADDRINUSE');
  first.opened.server.close();
});
