/**
 * The first moments of an exec-server for everybody: it listens and says where before the server is loaded. Imports stay tiny,
 * because orchestrators wait for this line. Nothing is read from clients here; the whole server takes them over.
 */
import { writeSync } from 'node:fs';
import type { OpenedListener } from '../rpc/transports/websocket-server.ts';

/** Clients that may come before the server is there, which takes no wait of its own; more are turned away. */
const maxWaiting = 512;

interface Address {
  readonly host: string;
  readonly port: number;
}

const listenerUrl = ({ host, port }: Address): string => `ws://${host.includes(':') ? `[${host}]` : host}:${port}`;

export interface EarlyListener {
  readonly opened: OpenedListener;
  readonly url: string;
}

/** Resolves when it listens. Rejects with the system's error when the address is taken or not ours. */
export async function listenEarly(at: Address): Promise<EarlyListener> {
  const { createServer } = await import('node:net');
  const waiting: import('node:net').Socket[] = [];
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on('error', () => {}); // it closes, and is dropped with the others
    if (waiting.length < maxWaiting) waiting.push(socket);
    else socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: at.host, port: at.port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : at.port;
  return { opened: { server, taken: () => waiting.splice(0) }, url: listenerUrl({ host: at.host, port }) };
}

/** Prints where it listens, at once where that is possible: output streams take their time to set up. */
export function announce(url: string): void {
  try {
    writeSync(1, `${url}\n`);
  } catch {
    process.stdout.write(`${url}\n`); // full or gone; it knows how to wait and how to complain
  }
}
