/** Carries connections from ports inside a namespace to the same ports of the host, where proxies of somebody else listen. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { maxProxyConnections } from './http-side.ts';
import { joinSockets } from './upstream.ts';

export interface LoopbackBridge {
  /** Serves a listener of the namespace. It is closed with the bridge. */
  accept(listener: Server, index: number): void;
  close(): void;
}

/** `ports` in the order in which `accept` takes the listeners. */
export function createLoopbackBridge(ports: readonly number[]): LoopbackBridge {
  const sockets = new Set<Socket>();
  const servers: Server[] = [];
  let open = true;
  return {
    accept(listener, index) {
      const port = ports[index];
      if (port === undefined || !open) {
        listener.close();
        return;
      }
      const server = createServer({ allowHalfOpen: true, noDelay: true }, (inside) => {
        const outside = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
        for (const socket of [inside, outside]) {
          sockets.add(socket);
          socket.once('close', () => sockets.delete(socket));
        }
        joinSockets(inside, outside);
      });
      server.maxConnections = maxProxyConnections;
      server.on('error', () => server.close());
      servers.push(server);
      server.listen(listener);
    },
    close() {
      open = false;
      for (const server of servers) server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
