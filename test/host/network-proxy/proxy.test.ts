/** The proxy on the wire: what is let through, what is refused and how, and what hostile clients get. */
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ManagedNetwork, type NetworkDecision, noNetworkProxySettings } from '../../../src/base/managed-network.ts';
import { createNetworkProxy, type NetworkProxy } from '../../../src/host/network-proxy/proxy.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly string[];
  readonly body: string;
}

let origin: { port: number; seen: Seen[] };

const portOf = (server: { address(): unknown }): number => {
  const address = server.address();
  if (typeof address !== 'object' || address === null || !('port' in address) || typeof address.port !== 'number')
    throw new Error('no port');
  return address.port;
};

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request) text += String(piece);
  return text;
}

beforeEach(async () => {
  const seen: Seen[] = [];
  const server = createHttpServer(async (request, response) => {
    const body = await readBody(request);
    seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.rawHeaders, body });
    response.writeHead(200, { 'X-Kept': 'yes', Connection: 'close, X-Hop', 'X-Hop': 'no' }).end(`served ${body.length}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  origin = { port: portOf(server), seen };
});

interface Made {
  readonly proxy: NetworkProxy;
  readonly http: number;
  readonly socks: number;
  readonly told: NetworkDecision[];
}

async function start(more: Partial<ManagedNetwork['proxy']> = {}, rest: Partial<ManagedNetwork> = {}, env = {}): Promise<Made> {
  const told: NetworkDecision[] = [];
  const proxy = createNetworkProxy(
    {
      proxy: { ...noNetworkProxySettings, domains: { '127.0.0.1': 'allow', 'bad.example': 'deny' }, ...more },
      enforce: false,
      onDecision: (decision) => told.push(decision),
      ...rest,
    },
    { env },
  );
  await proxy.listen();
  closers.push(() => proxy.close());
  const [http = 0, socks = 0] = proxy.ports();
  return { proxy, http, socks, told };
}

/** Sends bytes and reads until the other side ends. */
async function exchange(port: number, ...pieces: (string | Buffer)[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  closers.push(() => socket.destroy());
  socket.on('error', () => {});
  const parts: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => parts.push(bytes));
  const closed = once(socket, 'close');
  for (const piece of pieces) socket.write(piece);
  await closed;
  return Buffer.concat(parts).toString('latin1');
}

const get = (target: string, host: string, more = '') => `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${more}Connection: close\r\n\r\n`;

describe('requests', () => {
  it('are passed on without what belongs to the connection', async () => {
    const { http, told } = await start();
    const here = `127.0.0.1:${origin.port}`;
    const answer = await exchange(
      http,
      `GET http://${here}/p?q=1 HTTP/1.1\r\nHost: ${here}\r\nProxy-Authorization: secret\r\nX-Mine: 1\r\nX-Drop: 2\r\nConnection: close, x-drop\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*X-Kept: yes\r\n[\s\S]*served 0/);
    expect(answer).not.toContain('X-Hop');
    expect(origin.seen).toEqual([
      { method: 'GET', url: '/p?q=1', headers: ['Host', here, 'X-Mine', '1', 'Connection', 'close'], body: '' },
    ]);
    expect(told).toMatchObject([
      { decision: 'allow', source: 'baseline_policy', reason: 'allow', protocol: 'http', method: 'GET', port: origin.port },
    ]);
  });

  it('carry bodies of known and unknown length', async () => {
    const { http } = await start();
    const here = `127.0.0.1:${origin.port}`;
    const head = (method: string, length: string) =>
      `${method} http://${here}/ HTTP/1.1\r\nHost: ${here}\r\n${length}\r\nConnection: close\r\n\r\n`;
    expect(await exchange(http, head('POST', 'Content-Length: 5'), 'hello')).toContain('served 5');
    expect(await exchange(http, head('DELETE', 'Transfer-Encoding: chunked'), '5\r\nhello\r\n0\r\n\r\n')).toContain('served 5');
    expect(origin.seen.map(({ method, body }) => [method, body])).toEqual([
      ['POST', 'hello'],
      ['DELETE', 'hello'],
    ]);
  });

  it.each([
    ['blocked.example', 'not_allowed', 'blocked-by-allowlist', 'Domain not in allowlist.'],
    ['BAD.example.', 'denied', 'blocked-by-denylist', 'Domain denied by the sandbox policy.'],
    ['10.0.0.1', 'not_allowed_local', 'blocked-by-allowlist', 'Sandbox policy blocks local/private network addresses.'],
    ['0x7f000002', 'not_allowed_local', 'blocked-by-allowlist', 'Sandbox policy blocks local/private network addresses.'],
    ['[::1]', 'not_allowed_local', 'blocked-by-allowlist', 'Sandbox policy blocks local/private network addresses.'],
  ])('to %s are refused: %s', async (host, reason, header, message) => {
    const { http, told } = await start();
    const [head = '', body = ''] = (await exchange(http, get(`http://${host}/`, host))).split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1.1 403 Forbidden\r\ncontent-type: application\/json\r\nx-proxy-error: /);
    expect(head).toContain(`x-proxy-error: ${header}\r\n`);
    const name = told[0]?.host;
    expect(Object.entries(JSON.parse(body))).toEqual(
      Object.entries({
        status: 'blocked',
        host: name,
        reason,
        decision: 'deny',
        source: 'baseline_policy',
        protocol: 'http',
        port: 80,
        message,
      }),
    );
  });

  it('may only read in limited mode', async () => {
    const { http, told } = await start({ mode: 'limited' });
    const here = `127.0.0.1:${origin.port}`;
    expect(await exchange(http, get(`http://${here}/`, here))).toContain('200 OK');
    const refused = await exchange(
      http,
      `POST http://${here}/ HTTP/1.1\r\nHost: ${here}\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx`,
    );
    expect(refused).toContain('x-proxy-error: blocked-by-method-policy');
    expect(await exchange(http, `CONNECT ${here} HTTP/1.1\r\nHost: ${here}\r\n\r\n`)).toContain('x-proxy-error: blocked-by-mitm-required');
    expect(origin.seen).toHaveLength(1);
    expect(told.map(({ scope, source, reason }) => [scope, source, reason])).toEqual([
      ['domain', 'baseline_policy', 'allow'],
      ['domain', 'baseline_policy', 'allow'],
      ['non_domain', 'mode_guard', 'method_not_allowed'],
      ['domain', 'baseline_policy', 'allow'],
      ['non_domain', 'mode_guard', 'mitm_required'],
    ]);
  });

  it('each one is judged on a connection that stays open', async () => {
    const { http } = await start();
    const here = `127.0.0.1:${origin.port}`;
    const answer = await exchange(
      http,
      `GET http://${here}/ HTTP/1.1\r\nHost: ${here}\r\n\r\n`,
      get('http://blocked.example/', 'blocked.example'),
    );
    expect(answer.match(/HTTP\/1.1 (?:200|403)/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 403']);
  });

  it('tell a failure of the host from a refusal', async () => {
    const { http } = await start();
    expect(await exchange(http, get('http://127.0.0.1:1/', '127.0.0.1:1'))).toMatch(/^HTTP\/1.1 502 Bad Gateway[\s\S]*upstream failure$/);
  });
});

describe('hostile requests', () => {
  const here = () => `127.0.0.1:${origin.port}`;
  it.each([
    ['a Host that differs', () => get(`http://${here()}/`, 'evil.example'), '400'],
    ['two Hosts', () => `GET http://${here()}/ HTTP/1.1\r\nHost: ${here()}\r\nHost: evil.example\r\n\r\n`, '400'],
    [
      'both lengths',
      () =>
        `POST http://${here()}/ HTTP/1.1\r\nHost: ${here()}\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n`,
      '400',
    ],
    [
      'an unknown coding',
      () => `POST http://${here()}/ HTTP/1.1\r\nHost: ${here()}\r\nTransfer-Encoding: xchunked\r\nConnection: close\r\n\r\n0\r\n\r\n`,
      '400',
    ],
    [
      'two lengths',
      () => `POST http://${here()}/ HTTP/1.1\r\nHost: ${here()}\r\nContent-Length: 3\r\nContent-Length: 4\r\nConnection: close\r\n\r\nabcd`,
      '400',
    ],
    ['a folded header', () => `GET http://${here()}/ HTTP/1.1\r\nHost: ${here()}\r\nX: a\r\n b\r\nConnection: close\r\n\r\n`, '400|200'],
    ['a user in the target', () => get(`http://a@${here()}/`, here()), '400'],
    ['another scheme', () => get(`ftp://${here()}/`, here()), '400'],
    ['https in absolute form', () => get(`https://${here()}/`, here()), '400'],
    ['no Host', () => 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', '400'],
    ['huge headers', () => `GET http://${here()}/ HTTP/1.1\r\nHost: ${here()}\r\nX: ${'a'.repeat(80_000)}\r\n\r\n`, '431'],
    ['garbage', () => 'garbage\r\n\r\n', '400'],
    ['CONNECT without a host', () => 'CONNECT :80 HTTP/1.1\r\nHost: a\r\n\r\n', '400'],
    ['CONNECT to port 0', () => 'CONNECT 127.0.0.1:0 HTTP/1.1\r\nHost: a\r\n\r\n', '400'],
    ['CONNECT with a user', () => `CONNECT a@${here()} HTTP/1.1\r\nHost: a\r\n\r\n`, '400'],
    ['a unix socket', () => get(`http://${here()}/`, here(), 'x-unix-socket: /var/run/docker.sock\r\n'), '501'],
  ])('%s', async (name, request, status) => {
    const { http } = await start();
    expect(await exchange(http, request())).toMatch(new RegExp(`^HTTP/1.1 (?:${status}) `));
    if (status !== '400|200') expect(origin.seen).toEqual([]);
  });

  it('a bare line feed does not smuggle a second request', async () => {
    const { http, told } = await start();
    await exchange(
      http,
      `GET http://${here()}/a HTTP/1.1\r\nHost: ${here()}\r\nX: y\nGET http://blocked.example/ HTTP/1.1\nHost: blocked.example\r\nConnection: close\r\n\r\n`,
    );
    expect(origin.seen.every(({ url }) => url === '/a')).toBe(true);
    expect(told.every(({ host }) => host === '127.0.0.1')).toBe(true);
  });

  it('Content-Length named as a connection header keeps framing the body', async () => {
    const { http } = await start();
    const inner = `GET /smuggled HTTP/1.1\r\nHost: ${here()}\r\n\r\n`;
    await exchange(
      http,
      `GET http://${here()}/ HTTP/1.1\r\nHost: ${here()}\r\nConnection: close, content-length\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
    );
    expect(origin.seen.map(({ url, body }) => [url, body])).toEqual([['/', inner]]);
  });

  it('a client that sends its headers slowly is let go', async () => {
    const { http } = await start();
    const started = performance.now();
    expect(await exchange(http, 'GET http://127.0.0.1/ HTTP/1.1\r\nHost: ')).toMatch(/^(?:HTTP\/1.1 408 |$)/);
    expect(performance.now() - started).toBeGreaterThan(5000);
  }, 20_000);
});

describe('tunnels', () => {
  async function echo(): Promise<number> {
    const sockets = new Set<Socket>();
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.add(socket);
      socket.on('error', () => {}).pipe(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
    return portOf(server);
  }

  it('carry bytes both ways, the first of them sent along with CONNECT', async () => {
    const [{ http }, port] = [await start(), await echo()];
    const socket = connect({ port: http, host: '127.0.0.1', allowHalfOpen: true });
    const closed = once(socket, 'close');
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes;
      if (text.endsWith('ping')) socket.end('pong');
    });
    socket.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\nping`);
    await closed;
    expect(text).toMatch(/^HTTP\/1.1 200 OK\r\ndate: [^\r]+\r\n\r\npingpong$/);
  });

  it('to blocked hosts are refused with a sentence', async () => {
    const { http, told } = await start();
    const answer = await exchange(http, 'CONNECT blocked.example:443 HTTP/1.1\r\nHost: blocked.example:443\r\n\r\n');
    expect(answer.replace(/date: [^\r]+/, 'date: -')).toBe(
      'HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\nx-proxy-error: blocked-by-allowlist\r\ncontent-length: 24\r\ndate: -\r\n\r\nDomain not in allowlist.',
    );
    expect(told).toMatchObject([{ protocol: 'https_connect', method: 'CONNECT', host: 'blocked.example', port: 443 }]);
  });

  it('end with the proxy', async () => {
    const [{ http, proxy }, port] = [await start(), await echo()];
    const socket = connect(http, '127.0.0.1');
    socket.on('error', () => {});
    const closed = once(socket, 'close');
    socket.once('data', () => proxy.close());
    socket.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    await closed;
  });

  it('go through the proxy of the host, by address, when that is allowed', async () => {
    const asked: string[] = [];
    const upstream = createHttpServer();
    upstream.on('connect', (request, socket) => {
      asked.push(`${request.url} ${request.headers['proxy-authorization']}`);
      socket.end('HTTP/1.1 200 OK\r\n\r\nthrough');
    });
    upstream.listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    closers.push(() => upstream.close());
    const env = { HTTPS_PROXY: `http://me:pw@127.0.0.1:${portOf(upstream)}` };
    const ask = async () => ({ type: 'allow' }) as const;
    const { http } = await start({ allowUpstreamProxy: true, allowLocalBinding: true, domains: {} }, { ask }, env);
    expect(await exchange(http, 'CONNECT 192.0.2.7:443 HTTP/1.1\r\nHost: 192.0.2.7:443\r\n\r\n')).toContain('through');
    expect(asked).toEqual([`192.0.2.7:443 Basic ${Buffer.from('me:pw').toString('base64')}`]);
  });
});

describe('SOCKS5', () => {
  const name = (host: string, port: number, command = 1) =>
    Buffer.concat([Buffer.from([5, 1, 0, 5, command, 0, 3, host.length]), Buffer.from(host), Buffer.from([port >> 8, port & 255])]);
  const codes = (answer: string) => [...Buffer.from(answer, 'latin1')];

  it('reaches what is allowed, by name and by address', async () => {
    const { socks, told } = await start();
    const { port } = origin;
    const request = get('/s', `127.0.0.1:${port}`);
    const address = Buffer.from([5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, port >> 8, port & 255]);
    for (const opening of [name('127.0.0.1', port), address]) {
      expect(await exchange(socks, opening, request)).toContain('served 0');
    }
    expect(told).toMatchObject([
      { protocol: 'socks5_tcp', decision: 'allow' },
      { protocol: 'socks5_tcp', decision: 'allow' },
    ]);
    expect(told[0]?.method).toBeUndefined();
  });

  it.each([
    ['a blocked name', name('blocked.example', 80), 2],
    ['a private address', Buffer.from([5, 1, 0, 5, 1, 0, 1, 10, 0, 0, 1, 0, 80]), 2],
    ['a mapped address', Buffer.from([5, 1, 0, 5, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 1, 0, 80]), 2],
    ['a name with a zero byte', name('127.0.0.1\u0000.example', 80), 8],
    ['port 0', name('127.0.0.1', 0), 8],
    ['BIND', name('127.0.0.1', 80, 2), 7],
    ['UDP ASSOCIATE', name('127.0.0.1', 80, 3), 7],
    ['an unknown kind of address', Buffer.from([5, 1, 0, 5, 1, 0, 9, 0]), 8],
    ['a closed port', name('127.0.0.1', 1), 5],
  ])('refuses %s', async (_, opening, code) => {
    const { socks } = await start();
    expect(codes(await exchange(socks, opening))).toEqual([5, 0, 5, code, 0, 1, 0, 0, 0, 0, 0, 0]);
  });

  it('drops other protocols and offers no login', async () => {
    const { socks } = await start();
    expect(codes(await exchange(socks, Buffer.from([4, 1, 0, 80, 10, 0, 0, 1, 0])))).toEqual([]);
    expect(codes(await exchange(socks, Buffer.from([5, 1, 2])))).toEqual([5, 255]);
    expect(codes(await exchange(socks, 'GET / HTTP/1.1\r\n\r\n'))).toEqual([]);
  });

  it('takes a greeting byte by byte', async () => {
    const { socks } = await start();
    const bytes = [...name('blocked.example', 80)].map((byte) => Buffer.from([byte]));
    expect(codes(await exchange(socks, ...bytes)).slice(0, 4)).toEqual([5, 0, 5, 2]);
  });

  it('gives nothing in limited mode', async () => {
    const { socks, told } = await start({ mode: 'limited' });
    expect(codes(await exchange(socks, name('127.0.0.1', origin.port))).slice(0, 4)).toEqual([5, 0, 5, 2]);
    expect(told).toMatchObject([{ scope: 'non_domain', source: 'mode_guard', reason: 'method_not_allowed', protocol: 'socks5_tcp' }]);
  });
});
