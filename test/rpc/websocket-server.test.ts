/** The HTTP side of a listener: probes, refusals, tokens, and a socket file that is only its owner's. */
import { createHmac } from 'node:crypto';
import { chmod, lstat, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import { openBearerCheck } from '../../src/rpc/transports/bearer-auth.ts';
import type { Transport } from '../../src/rpc/transports/transport.ts';
import { connectWebSocket, UpgradeRefused } from '../../src/rpc/transports/websocket-client.ts';
import { appSurface, execSurface, type ListenOptions, listenWebSocket } from '../../src/rpc/transports/websocket-server.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ws-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const closeAll: Transport[] = [];
const shared = { log: silentLog, onConnection: (transport: Transport) => void closeAll.push(transport) };
afterEach(async () => {
  await Promise.all(closeAll.splice(0).map((transport) => transport.close(0)));
});
const listen = (options: Partial<ListenOptions> = {}) =>
  listenWebSocket({ at: { host: '127.0.0.1', port: 0 }, surface: appSurface, ...shared, ...options });

/** Sends one raw request and resolves with status, headers and body. */
function raw(
  port: number | undefined,
  head: string,
  headers: readonly string[] = [],
  host = `127.0.0.1:${port}`,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port ?? 0, '127.0.0.1');
    let text = '';
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      text += chunk;
      const end = text.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
      if (end < 0 || (!head.startsWith('HEAD') && text.length < end + 4 + length)) return;
      socket.destroy();
      resolve({ status: Number(text.split(' ')[1]), text });
    });
    socket.write([`${head} HTTP/1.1`, `Host: ${host}`, ...headers, '', ''].join('\r\n'));
  });
}
const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];

describe('the HTTP surface', () => {
  test.each([
    ['GET /readyz', [], 200, ''],
    ['HEAD /readyz', [], 200, ''],
    ['GET /healthz', [], 200, ''],
    ['POST /readyz', ['Content-Length: 0'], 405, ''],
    ['GET /readyz', ['Origin: http://a'], 403, ''],
    ['GET /', [], 400, "Connection header did not include 'upgrade'"],
    ['GET /other', [], 400, "Connection header did not include 'upgrade'"],
    ['POST /', ['Content-Length: 0'], 405, 'Request method must be `GET`'],
    ['GET /', upgrade, 101, ''],
    ['GET /?a=b', upgrade, 101, ''],
    ['GET /', [...upgrade, 'Sec-WebSocket-Protocol: x'], 101, ''],
    ['GET /', [...upgrade, 'Origin:'], 403, ''],
    ['GET /', upgrade.map((line) => line.replace('13', '8')), 400, "`Sec-WebSocket-Version` header did not include '13'"],
    ['GET /', upgrade.slice(0, 3), 400, '`Sec-WebSocket-Key` header missing'],
    ['GET /other', upgrade, 400, 'the upgrade is accepted on `/` only'],
  ])('%s %j', async (head, headers, status, body) => {
    await using listener = await listen();
    const answer = await raw(listener.port, head, headers);
    expect(answer.status).toBe(status);
    expect(answer.text.endsWith(`\r\n\r\n${body}`)).toBe(true);
    expect(answer.text.toLowerCase()).not.toContain('sec-websocket-protocol');
  });

  test.each([
    ['GET /healthz', [], 404],
    ['GET /other', upgrade, 404],
    ['GET /readyz', [], 200],
    ['GET /', upgrade, 101],
  ])('of an exec-server: %s', async (head, headers, status) => {
    await using listener = await listen({ surface: execSurface });
    expect((await raw(listener.port, head, headers)).status).toBe(status);
  });

  test.each([
    ['evil.example', 403],
    ['evil.example:80', 403],
    ['127.0.0.1.evil.example', 403],
    ['localhost:1', 101],
    ['LOCALHOST', 101],
    ['127.0.0.1', 101],
    ['[::1]:80', 101],
  ])('Host: %s gets %i', async (host, status) => {
    await using listener = await listen();
    expect((await raw(listener.port, 'GET /', upgrade, host)).status).toBe(status);
  });

  test('a taken port is an error, and closing frees it', async () => {
    const first = await listen();
    await expect(listen({ at: { host: '127.0.0.1', port: first.port ?? 0 } })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await first.close();
    await using again = await listen({ at: { host: '127.0.0.1', port: first.port ?? 0 } });
    expect(again.port).toBe(first.port);
  });

  test('connections outlive their listener', async () => {
    let accept: (transport: Transport) => void = () => {};
    const accepted = new Promise<Transport>((resolve) => {
      accept = resolve;
    });
    const listener = await listen({ onConnection: accept });
    const client = await connectWebSocket({ url: listener.url });
    const server = await accepted;
    await listener.close();
    const arrived = new Promise((resolve) => server.reader.listen(resolve));
    client.writer.write({ jsonrpc: '2.0' });
    expect(await arrived).toEqual({ jsonrpc: '2.0' });
    await Promise.all([client.close(), server.close()]);
  });

  test('a server that answers nothing is given up at the deadline, and on abort', async () => {
    const server: Server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const url = `ws://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
    await expect(connectWebSocket({ url, deadlineMs: 20 })).rejects.toMatchObject({ name: 'DeadlineExceeded' });
    await expect(connectWebSocket({ url, signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'Cancelled' });
    server.close();
    await expect(connectWebSocket({ url: 'ws://127.0.0.1:1' })).rejects.toThrow(/cannot connect to 127.0.0.1:1: .*ECONNREFUSED/);
  });
});

describe('capability tokens', () => {
  const check = async () => {
    const tokenFile = join(directory, 'token');
    await writeFile(tokenFile, '  s3cret\n');
    return openBearerCheck({ mode: 'capability-token', tokenFile });
  };

  test.each([
    [undefined, 'missing websocket bearer token'],
    ['Basic abc', 'invalid authorization header'],
    ['Bearer', 'invalid authorization header'],
    ['Bearer wrong', 'invalid websocket bearer token'],
    ['Bearer s3cret', undefined],
    ['bEARER    s3cret  ', undefined],
  ])('%s', async (header, problem) => {
    expect((await check())(header, 0)).toBe(problem);
  });

  test('a digest instead of a file', async () => {
    const tokenSha256 = 'BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD';
    const judge = await openBearerCheck({ mode: 'capability-token', tokenSha256 });
    expect(judge('Bearer abc', 0)).toBeUndefined();
    expect(judge('Bearer abd', 0)).toBe('invalid websocket bearer token');
    await expect(openBearerCheck({ mode: 'capability-token', tokenSha256: 'abc' })).rejects.toThrow('64-character hex');
  });

  test('over the wire, under any host name', async () => {
    await using listener = await listen({ auth: await check() });
    expect((await raw(listener.port, 'GET /', [...upgrade, 'Authorization: Bearer s3cret'], 'build.example')).status).toBe(101);
    const refused = connectWebSocket({ url: listener.url, token: 'wrong' });
    await expect(refused).rejects.toBeInstanceOf(UpgradeRefused);
    await expect(refused).rejects.toMatchObject({ status: 401, message: expect.stringContaining('invalid websocket bearer token') });
    expect((await raw(listener.port, 'GET /readyz')).status).toBe(200);
    // Whose page it is matters more than the token it shows.
    expect((await raw(listener.port, 'GET /', [...upgrade, 'Authorization: Bearer s3cret', 'Origin: http://x'])).status).toBe(403);
    const client = await connectWebSocket({ url: listener.url, token: 's3cret' });
    await client.close(0);
  });

  test('empty and missing files are errors that name the file', async () => {
    const tokenFile = join(directory, 'empty');
    await writeFile(tokenFile, ' \n');
    await expect(openBearerCheck({ mode: 'capability-token', tokenFile })).rejects.toThrow(`${tokenFile} must not be empty`);
    await expect(openBearerCheck({ mode: 'capability-token', tokenFile: join(directory, 'none') })).rejects.toThrow('ENOENT');
  });
});

describe('signed tokens', () => {
  const secret = 'a shared secret of at least 32 bytes!';
  const now = 1_800_000_000;
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const sign = (claims: unknown, { key = secret, alg = 'HS256' } = {}) => {
    const text = `${encode({ alg, typ: 'JWT' })}.${encode(claims)}`;
    return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
  };
  const judge = async (token: string, options: { issuer?: string; audience?: string; maxClockSkewSeconds?: number } = {}) => {
    const sharedSecretFile = join(directory, 'secret');
    await writeFile(sharedSecretFile, `${secret}\n`);
    return (await openBearerCheck({ mode: 'signed-bearer-token', sharedSecretFile, ...options }))(`Bearer ${token}`, now);
  };

  test.each<[string, string, object, string | undefined]>([
    ['good', sign({ exp: now + 10 }), {}, undefined],
    ['wrong key', sign({ exp: now + 10 }, { key: 'another key of at least 32 bytes.....' }), {}, 'invalid websocket jwt'],
    ['another algorithm', sign({ exp: now + 10 }, { alg: 'none' }), {}, 'invalid websocket jwt'],
    ['no exp', sign({}), {}, 'invalid websocket jwt'],
    ['fractional exp', sign({ exp: now + 0.5 }), {}, 'invalid websocket jwt'],
    ['string exp', sign({ exp: String(now + 10) }), {}, 'invalid websocket jwt'],
    ['no token', 'abc', {}, 'invalid websocket jwt'],
    ['within the skew', sign({ exp: now - 30 }), {}, undefined],
    ['beyond the skew', sign({ exp: now - 31 }), {}, 'expired websocket jwt'],
    ['no skew allowed', sign({ exp: now - 1 }), { maxClockSkewSeconds: 0 }, 'expired websocket jwt'],
    ['not yet', sign({ exp: now + 100, nbf: now + 31 }), {}, 'websocket jwt is not valid yet'],
    ['soon', sign({ exp: now + 100, nbf: now + 30 }), {}, undefined],
    ['issuer', sign({ exp: now, iss: 'me' }), { issuer: 'me' }, undefined],
    ['no issuer', sign({ exp: now }), { issuer: 'me' }, 'websocket jwt issuer mismatch'],
    ['audience', sign({ exp: now, aud: 'us' }), { audience: 'us' }, undefined],
    ['one of several audiences', sign({ exp: now, aud: ['them', 'us'] }), { audience: 'us' }, undefined],
    ['another audience', sign({ exp: now, aud: ['them'] }), { audience: 'us' }, 'websocket jwt audience mismatch'],
  ])('%s', async (_name, token, options, problem) => {
    expect(await judge(token, options)).toBe(problem);
  });

  test('a short secret is refused at the start', async () => {
    const sharedSecretFile = join(directory, 'short');
    await writeFile(sharedSecretFile, 'too short');
    await expect(openBearerCheck({ mode: 'signed-bearer-token', sharedSecretFile })).rejects.toThrow('must be at least 32 bytes');
  });
});

describe.skipIf(process.platform === 'win32')('unix sockets', () => {
  test("the file is only its owner's, its directory too, and it goes with the listener", async () => {
    const path = join(directory, 'new', 'control.sock');
    const mask = process.umask();
    const listener = await listen({ at: { path } });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, 'new'))).mode & 0o777).toBe(0o700);
    expect(process.umask()).toBe(mask);
    expect(listener.url).toBe(`unix://${path}`);
    const client = await connectWebSocket({ url: listener.url });
    await client.close(0);
    await listener.close();
    await expect(lstat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('a socket that a dead server left is replaced, a living one is not', async () => {
    const path = join(directory, 's');
    const { execaNode } = await import('execa');
    await writeFile(
      join(directory, 'dies.mjs'),
      `import('node:net').then(({ createServer }) => createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL')));`,
    );
    await execaNode(join(directory, 'dies.mjs'), { reject: false });
    expect((await lstat(path)).isSocket()).toBe(true);
    await using listener = await listen({ at: { path } });
    await expect(listen({ at: { path } })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    const client = await connectWebSocket({ url: listener.url });
    await client.close(0);
  });

  test('anything else at the path stays and is an error', async () => {
    const path = join(directory, 'file');
    await writeFile(path, 'precious');
    await chmod(path, 0o644);
    await expect(listen({ at: { path } })).rejects.toThrow('exists and is no socket');
    await expect(listen({ at: { path: join(directory, 'x'.repeat(200)) } })).rejects.toThrow('longer than');
  });
});
