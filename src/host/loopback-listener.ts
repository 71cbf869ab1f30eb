/** A web server for one answer of a browser. It always answers, never shows what it was sent, and keeps nothing. */
import { createServer, type RequestListener, type Server } from 'node:http';
import { errnoOf } from '../base/errors.ts';

export interface PageAnswer {
  readonly status: number;
  readonly text: string;
}

export interface LoopbackListener {
  readonly port: number;
  /** Lets answers that are under way go out first, but not for long. */
  close(): Promise<void>;
}

export interface ListenPlace {
  /** Addresses, all on one port. The first must be there; others are left out on a machine that lacks their family. */
  readonly hosts: readonly [string, ...string[]];
  /** 0: any that is free on all of them. */
  readonly port: number;
  /** Only requests that name this machine as their host are answered. */
  readonly loopbackOnly: boolean;
}

const longestUrl = 16_384;
const mostTries = 5;
const headers = {
  'content-type': 'text/plain; charset=utf-8',
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'",
  connection: 'close',
};
const familyMissing = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);
const namesThisMachine = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/**
 * Calls `answer` with the path and query of each GET. A page of another site cannot ask: it would show its origin, or not name this
 * machine. Rejects with a Node system error when the port is taken.
 */
export async function listenOnLoopback(
  place: ListenPlace,
  answer: (target: string) => PageAnswer | Promise<PageAnswer>,
): Promise<LoopbackListener> {
  const onRequest: RequestListener = (request, response) => {
    const reply = ({ status, text }: PageAnswer) => {
      response.writeHead(status, headers).end(text);
    };
    const { host = '', origin } = request.headers;
    if (origin !== undefined || (place.loopbackOnly && !namesThisMachine.test(host))) reply({ status: 403, text: 'Forbidden' });
    else if (request.method !== 'GET') reply({ status: 405, text: 'Only GET is answered here' });
    else
      void Promise.resolve(request.url ?? '/')
        .then(answer)
        .then(reply, () => reply({ status: 500, text: 'Something went wrong' }));
  };
  for (let tries = 1; ; tries += 1) {
    const servers: Server[] = [];
    try {
      const port = await listenAll(place, onRequest, servers);
      return { port, close: () => closeAll(servers) };
    } catch (error) {
      await closeAll(servers);
      // What is free on one address may be taken on the next.
      const again = place.port === 0 && errnoOf(error) === 'EADDRINUSE' && tries < mostTries;
      if (!again) throw error;
    }
  }
}

async function listenAll({ hosts, port }: ListenPlace, onRequest: RequestListener, servers: Server[]): Promise<number> {
  let bound = port;
  for (const host of hosts) {
    const server = createServer({ maxHeaderSize: longestUrl, requestTimeout: 10_000 }, onRequest);
    server.maxConnections = 16;
    try {
      await listen(server, host, bound);
    } catch (error) {
      if (servers.length > 0 && familyMissing.has(errnoOf(error) ?? '')) continue;
      throw error;
    }
    servers.push(server);
    const address = server.address();
    if (typeof address === 'object' && address !== null) bound = address.port;
  }
  return bound;
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, ipv6Only: host.includes(':') }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map(closeOne));
}

const closeOne = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    const slow = setTimeout(() => server.closeAllConnections(), 500);
    server.close(() => {
      clearTimeout(slow);
      resolve();
    });
    server.closeIdleConnections();
  });
