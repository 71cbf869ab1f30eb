/** Clients and networks that misbehave, byte by byte where it matters. */
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { ndjsonTransport } from '../../src/rpc/transports/ndjson.ts';
import { type Executor, socketPair, startExecutor } from './support.ts';

interface RawClient {
  send(text: string | Buffer): void;
  /** The next message, or the code the connection closed with. */
  next(): Promise<unknown>;
  readonly socket: WebSocket;
}

async function raw(executor: Executor): Promise<RawClient> {
  const socket = new WebSocket(executor.url);
  const arrived: unknown[] = [];
  const waiting: ((value: unknown) => void)[] = [];
  const push = (value: unknown) => {
    const take = waiting.shift();
    if (take) take(value);
    else arrived.push(value);
  };
  socket.on('message', (data, isBinary) => push(isBinary ? 'binary' : JSON.parse(String(data))));
  socket.on('close', (code) => push(code));
  socket.on('error', () => {});
  await new Promise((open) => socket.once('open', open));
  onTestFinished(() => socket.terminate());
  return {
    socket,
    send: (text) => socket.send(text),
    next: () => (arrived.length > 0 ? Promise.resolve(arrived.shift()) : new Promise((take) => waiting.push(take))),
  };
}

const initialize = '{"id":1,"method":"initialize","params":{"clientName":"p"}}';
const malformed = (reason: string) => ({
  error: {
    code: -32_600,
    message: expect.stringMatching(
      new RegExp(`^failed to parse websocket JSON-RPC message from exec-server websocket 127.0.0.1:\\d+: ${reason}`),
    ),
  },
  id: -1,
});

test('what is no message is answered with id -1 and the connection goes on', async () => {
  await using executor = await startExecutor();
  const client = await raw(executor);
  for (const [input, reason] of [
    ['hello', 'expected value at line 1 column 1'],
    ['[{"id":1,"method":"initialize","params":{"clientName":"p"}}]', 'expected a JSON-RPC object'],
    ['"x"', 'expected a JSON-RPC object'],
    ['{}', 'missing field `error`'],
    ['{"id":1,"id":2,"method":"x"}', 'duplicate JSON object key `id` at line 1 column 12'],
    [
      '{"id":1,"method":"initialize","params":{"clientName":"p","clientName":"q"}}',
      'duplicate JSON object key `clientName` at line 1 column 69',
    ],
    ['{"id":null,"method":"initialize"}', 'data did not match any variant of untagged enum RequestId'],
    ['{"id":1.5,"method":"initialize"}', 'data did not match any variant of untagged enum RequestId'],
    [Buffer.from([0x7b, 0xff, 0x7d]), 'key must be a string at line 1 column 2'],
    ['{"id":1,"method":"initialize","trace":"x"}', 'invalid type: string "x", expected struct W3cTraceContext'],
    [`{"id":1,"method":"m","params":[${'1,'.repeat(262_144)}1]}`, 'JSON-RPC message exceeds the limit of 262144 JSON values'],
  ] as const) {
    client.send(input);
    expect(await client.next()).toEqual(malformed(reason));
  }
  client.send(Buffer.from(initialize));
  // In its turn: after the answer to what came before it.
  client.send('hello');
  expect(await client.next()).toMatchObject({ id: 1, result: { sessionId: expect.any(String) } });
  expect(await client.next()).toMatchObject({ id: -1 });
});

test.each([
  ['a text as id', '{"id":"abc","method":"initialize","params":{"clientName":"p"}}', 'abc'],
  ['further members', '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"clientName":"p","zzz":1},"extra":true}', 1],
  [
    'a trace',
    '{"id":1,"method":"initialize","params":{"clientName":"p"},"trace":{"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","tracestate":"a=b"}}',
    1,
  ],
  ['a trace that is none', '{"id":1,"method":"initialize","params":{"clientName":"p"},"trace":{"traceparent":"garbage"}}', 1],
  ['positional params', '{"id":1,"method":"initialize","params":["p"]}', 1],
  ['an optional member that is null', '{"id":1,"method":"initialize","params":{"clientName":"p","resumeSessionId":null}}', 1],
])('%s is understood', async (_, message, id) => {
  await using executor = await startExecutor();
  const client = await raw(executor);
  client.send(message);
  expect(await client.next()).toMatchObject({ id, result: { sessionId: expect.any(String) } });
});

test('params of the wrong kind are named, ids may be used again', async () => {
  await using executor = await startExecutor();
  const client = await raw(executor);
  const invalid = async (message: string, reason: string) => {
    client.send(message);
    expect(await client.next()).toMatchObject({ id: 1, error: { code: -32_602, message: reason } });
  };
  // What nobody knows is told so before the handshake too.
  client.send('{"id":1,"method":"process/list"}');
  const unknown = 'exec-server stub does not implement `process/list` yet';
  expect(await client.next()).toEqual({ error: { code: -32_601, message: unknown }, id: 1 });
  await invalid('{"id":1,"method":"initialize","params":[]}', 'invalid length 0, expected struct InitializeParams with 2 elements');
  await invalid('{"id":1,"method":"initialize","params":["p",null,1]}', 'invalid length 3, expected fewer elements in array');
  await invalid('{"id":1,"method":"process/start","params":5}', 'invalid type: number, expected struct WireExecParams');
  await invalid(
    '{"id":1,"method":"fs/walk","params":{"path":"file:///","options":5}}',
    'invalid type: number, expected struct WalkOptions',
  );
  await invalid('{"id":1,"method":"initialize","params":null}', 'invalid type: null, expected struct InitializeParams');
  client.send(initialize);
  client.send('{"method":"initialized"}');
  expect(await client.next()).toMatchObject({ id: 1, result: {} });
  await invalid('{"id":1,"method":"environment/status","params":[1]}', 'invalid type: sequence, expected unit');
  await invalid('{"id":1,"method":"environment/status","params":{"a":1}}', 'invalid type: map, expected unit');
  await invalid('{"id":1,"method":"environment/status","params":"x"}', 'invalid type: string "x", expected unit');
  for (const _ of [1, 2]) {
    client.send('{"id":1,"method":"environment/status"}');
    expect(await client.next()).toEqual({ id: 1, result: { status: 'ready' } });
  }
});

test.each([
  ['initialized before initialize', ['{"method":"initialized"}']],
  ['an unknown notification', [initialize, '{"method":"whatever"}']],
  ['an answer to no question', [initialize, '{"id":7,"result":{}}']],
  ['an error to no question', [initialize, '{"id":7,"error":{"code":1,"message":"x"}}']],
])('%s ends the connection without frames, and the session stays', async (_, inputs) => {
  await using executor = await startExecutor();
  const client = await raw(executor);
  let sessionId: unknown;
  for (const input of inputs) {
    client.send(input);
    if (input === initialize) sessionId = Reflect.get(Object(Reflect.get(Object(await client.next()), 'result')), 'sessionId');
  }
  expect(await client.next()).toBe(1006);
  if (typeof sessionId === 'string') expect((await executor.open('websocket', sessionId)).sessionId).toBe(sessionId);
});

test('a frame above 16 MiB drops the connection, one below is read', async () => {
  await using executor = await startExecutor();
  const client = await raw(executor);
  client.send(`{"id":1,"method":"nope","params":"${'x'.repeat(15 * 1024 * 1024)}"}`);
  expect(await client.next()).toMatchObject({ id: 1, error: { code: -32_601, message: 'exec-server stub does not implement `nope` yet' } });
  client.send(`{"id":1,"method":"nope","params":"${'x'.repeat(17 * 1024 * 1024)}"}`);
  expect(await client.next()).toBe(1006);
});

test('a message above 16 MiB may come in fragments, up to 64 MiB; a fragment is a frame', async () => {
  await using executor = await startExecutor();
  const mebibyte = 1024 * 1024;
  const answer = async (total: number, piece: number) => {
    const client = await raw(executor);
    const text = Buffer.from(`{"id":1,"method":"nope","params":"${'x'.repeat(total)}"}`);
    for (let at = 0; at < text.length; at += piece) {
      client.socket.send(text.subarray(at, at + piece), { binary: false, fin: at + piece >= text.length });
    }
    return client.next();
  };
  expect(await answer(20 * mebibyte, 4 * mebibyte)).toMatchObject({ id: 1, error: { code: -32_601 } });
  expect(await answer(60 * mebibyte, 15 * mebibyte)).toMatchObject({ id: 1, error: { code: -32_601 } });
  expect(await answer(66 * mebibyte, 15 * mebibyte)).toBe(1006);
  expect(await answer(20 * mebibyte, 17 * mebibyte)).toBe(1006);
});

test('a client that closes gets the end of the stream and no frame', async () => {
  await using executor = await startExecutor();
  const client = await raw(executor);
  client.send(initialize);
  await client.next();
  client.socket.close(1000, 'bye');
  expect(await client.next()).toBe(1006);
});

test('probes and refusals before the upgrade', async () => {
  await using executor = await startExecutor();
  const status = (path: string, options: object = {}) =>
    new Promise<number | undefined>((done, fail) => {
      const sent = request({ host: '127.0.0.1', port: executor.port, path, ...options }, (response) => {
        response.resume();
        done(response.statusCode);
      });
      sent.on('error', fail).end();
    });
  expect(await status('/readyz')).toBe(200);
  expect(await status('/readyz', { headers: { origin: '' } })).toBe(403);
  expect(await status('/', { headers: { origin: 'http://x' } })).toBe(403);
  expect(await status('/readyz', { method: 'POST' })).toBe(405);
  expect(await status('/elsewhere')).toBe(404);
  expect(await status('/')).toBe(400);
});

test('a client whose bytes come one by one is a client like any other', async () => {
  await using executor = await startExecutor();
  const [left, right] = await socketPair();
  executor.server.serve(ndjsonTransport({ input: left, output: left }));
  let received = '';
  right.on('data', (bytes: Buffer) => {
    received += bytes.toString();
  });
  const script = ['{"method":"initialized"}', '{"id":2,"method":"environment/status"}'];
  for (const byte of Buffer.from(`${[initialize, ...script].join('\r\n')}\n`)) {
    right.write(Buffer.of(byte));
    await new Promise(setImmediate);
  }
  await expect.poll(() => received.split('\n').length).toBe(3);
  expect(received).toContain('{"id":2,"result":{"status":"ready"}}');
  right.destroy();
});

test('a client that does not read slows the program down, then gets every byte', async () => {
  await using executor = await startExecutor();
  const [left, right] = await socketPair();
  executor.server.serve(ndjsonTransport({ input: left, output: left }));
  const total = 64 * 1024 * 1024;
  const argv = ['/usr/bin/head', '-c', `${total}`, '/dev/zero'];
  const start = { id: 2, method: 'process/start', params: { processId: 'p', argv, cwd: 'file:///', env: {}, tty: false } };
  right.write(`${initialize}\n{"method":"initialized"}\n${JSON.stringify(start)}\n`);
  const before = process.memoryUsage.rss();
  // Nothing is read: what the server holds stops growing although the program has more to say.
  const held = () => left.writableLength;
  await expect.poll(held, { timeout: 10_000 }).toBeGreaterThan(1024 * 1024);
  let last = -1;
  const settled = () => {
    const same = held() === last;
    last = held();
    return same;
  };
  await expect.poll(settled, { interval: 100 }).toBe(true);
  expect(held()).toBeLessThan(8 * 1024 * 1024);
  expect(process.memoryUsage.rss() - before).toBeLessThan(256 * 1024 * 1024);
  expect(await takeOutput(right)).toEqual({ bytes: total, digest: createHash('sha256').update(Buffer.alloc(total)).digest('hex') });
  right.destroy();
});

/** Bytes and digest of everything a process says, up to its close; fails on a gap. */
async function takeOutput(socket: Socket): Promise<{ bytes: number; digest: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  let rest = '';
  let seq = 0;
  for await (const chunk of socket) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const { method, params } = JSON.parse(line);
      if (typeof params?.seq !== 'number') continue;
      seq += 1;
      if (params.seq !== seq) throw new Error(`event ${params.seq} came after ${seq - 1}`);
      if (method === 'process/output') {
        const part = Buffer.from(params.chunk, 'base64');
        bytes += part.length;
        hash.update(part);
      }
      if (method === 'process/closed') return { bytes, digest: hash.digest('hex') };
    }
  }
  throw new Error('the connection ended early');
}

test('a connection whose other end is silent gives its session up when somebody asks for it', async () => {
  await using executor = await startExecutor();
  const silent = await raw(executor);
  silent.send(initialize);
  const sessionId = Reflect.get(Object(Reflect.get(Object(await silent.next()), 'result')), 'sessionId');
  // From here on it answers no ping, as if its machine were gone.
  silent.socket.pause();
  const next = await executor.connect('websocket');
  const resumed = () =>
    next.handshake(sessionId).then(
      () => 'resumed',
      (error: Error) => error.message,
    );
  expect(await resumed()).toBe(`session ${sessionId} is already attached to another connection`);
  await expect.poll(resumed, { timeout: 10_000, interval: 100 }).toBe('resumed');
});

test('sessions survive connections that are cut at any moment, without losing or repeating a byte', async () => {
  await using executor = await startExecutor();
  let client = await executor.open('websocket');
  const { sessionId } = client;
  await client.sh('p', 'i=0; while [ $i -lt 200 ]; do read line; echo "$i $line"; i=$((i+1)); done', { pipeStdin: true });
  const lines = new Map<number, string>();
  for (let n = 0; n < 200; n += 1) {
    await client.write('p', `line ${n}\n`, `w${n}`);
    if (n % 10 !== 9) continue;
    void client.close();
    client = await executor.connect('websocket');
    const again = client;
    await expect
      .poll(
        () =>
          again.handshake(sessionId).then(
            () => true,
            () => false,
          ),
        { interval: 2 },
      )
      .toBe(true);
    expect(await client.write('p', `line ${n}\n`, `w${n}`)).toEqual({ status: 'accepted' });
  }
  const last = client;
  await expect.poll(async () => (await last.call('process/read', { processId: 'p' })).closed).toBe(true);
  const { chunks } = await last.call('process/read', { processId: 'p' });
  for (const { seq, chunk } of chunks) lines.set(seq, Buffer.from(chunk, 'base64').toString());
  expect([...lines.values()].join('')).toBe(Array.from({ length: 200 }, (_, n) => `${n} line ${n}\n`).join(''));
});
