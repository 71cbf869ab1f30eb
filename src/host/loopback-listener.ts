/** A web server for one answer of a browser. It always answers, never shows what it was sent, and keeps nothing. */
import { createServer } from 'node:http';

export interface PageAnswer {
  readonly status: number;
  readonly text: string;
}

export interface LoopbackListener {
  readonly port: number;
  close(): Promise<void>;
}

const longestUrl = 16_384;
const headers = {
  'content-type': 'text/plain; charset=utf-8',
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  connection: 'close',
};

/**
 * Listens on `host` (on a free port when it is 0). `answer` gets the path and query of each GET. Rejects with a Node system error
 * when the port is taken.
 */
export async function listenOnLoopback(
  { host, port }: { readonly host: string; readonly port: number },
  answer: (target: string) => PageAnswer,
): Promise<LoopbackListener> {
  const server = createServer({ maxHeaderSize: longestUrl, requestTimeout: 10_000 }, (request, response) => {
    const { status, text } = request.method === 'GET' ? answer(request.url ?? '/') : { status: 405, text: 'Only GET is answered here' };
    response.writeHead(status, headers).end(text);
  });
  server.maxConnections = 16;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    port: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 500).unref();
      }),
  };
}
