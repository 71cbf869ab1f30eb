/** One suite for every transport: order, close, backpressure, huge and broken input. */
import { describe, expect, test } from 'vitest';
import { Frame } from '../../src/rpc/frame.ts';
import type { MalformedMessage, Transport } from '../../src/rpc/transports/transport.ts';
import { byteKinds, openRaw, openTransports, transportKinds } from '../support/peer-transports.ts';

/** Listens to one end; resolves waiters as messages come. */
function listenTo(transport: Transport) {
  const messages: unknown[] = [];
  const malformed: MalformedMessage[] = [];
  const waiters: { ready: () => boolean; resolve: () => void }[] = [];
  let closed = false;
  const check = () => {
    for (const waiter of waiters.splice(0)) {
      if (waiter.ready()) waiter.resolve();
      else waiters.push(waiter);
    }
  };
  transport.reader.onMalformed = (error) => {
    malformed.push(error);
    check();
  };
  transport.reader.onClose(() => {
    closed = true;
    check();
  });
  transport.reader.listen((message) => {
    messages.push(message);
    check();
  });
  const until = (ready: () => boolean) =>
    new Promise<void>((resolve) => {
      waiters.push({ ready, resolve });
      check();
    });
  return { messages, malformed, until, count: (n: number) => until(() => messages.length >= n), closed: () => until(() => closed) };
}

const deep = (levels: number) => `{"method":"m","params":${'['.repeat(levels)}${']'.repeat(levels)}}`;

describe.each(transportKinds)('%s', (kind) => {
  test('messages arrive in order, both ways at once', async () => {
    await using pair = await openTransports(kind);
    const atServer = listenTo(pair.server);
    const atClient = listenTo(pair.client);
    for (let n = 0; n < 5000; n += 1) {
      pair.client.writer.post(new Frame({ method: 'up', params: { n } }));
      pair.server.writer.post(new Frame({ method: 'down', params: { n, text: 'ü€😀\n' } }));
    }
    await Promise.all([atServer.count(5000), atClient.count(5000)]);
    expect(atServer.messages).toEqual(Array.from({ length: 5000 }, (_, n) => expect.objectContaining({ method: 'up', params: { n } })));
    expect(atClient.messages.at(-1)).toMatchObject({ params: { n: 4999, text: 'ü€😀\n' } });
    expect(atClient.messages).toHaveLength(5000);
  });

  test('what was posted before the close arrives, and then the end', async () => {
    await using pair = await openTransports(kind);
    const atServer = listenTo(pair.server);
    const atClient = listenTo(pair.client);
    for (let n = 0; n < 100; n += 1) pair.client.writer.post(new Frame({ method: 'last', params: { n } }));
    await pair.client.close();
    await atServer.closed();
    expect(atServer.messages).toHaveLength(100);
    await pair.server.close();
    await atClient.closed();
  });

  test('a paused reader congests the writer; everything arrives after it resumes', async () => {
    await using pair = await openTransports(kind);
    const atServer = listenTo(pair.server);
    listenTo(pair.client);
    const drained = new Promise<void>((resolve) => {
      pair.client.writer.onDrain = resolve;
    });
    pair.server.reader.pause();
    const filler = 'x'.repeat(10_000);
    let sent = 0;
    while (!pair.client.writer.congested) {
      for (let n = 0; n < 100; n += 1) pair.client.writer.post(new Frame({ method: 'm', params: { n: sent++, filler } }));
      await new Promise(setImmediate);
    }
    pair.client.writer.post(new Frame({ method: 'm', params: { n: sent++ } }));
    pair.server.reader.resume();
    await drained;
    await atServer.count(sent);
    expect(atServer.messages.map((message) => (message as { params: { n: number } }).params.n)).toEqual([...Array(sent).keys()]);
  });

  test('a message of 20 million characters passes whole', async () => {
    await using pair = await openTransports(kind);
    const atServer = listenTo(pair.server);
    listenTo(pair.client);
    const text = 'é'.repeat(10_000_000);
    pair.client.writer.post(new Frame({ method: 'big', params: { text } }));
    await atServer.count(1);
    expect((atServer.messages[0] as { params: { text: string } }).params.text === text).toBe(true);
  });
});

describe.each(byteKinds)('%s, bytes from a stranger', (kind) => {
  test('text that is no JSON is reported, and the next message is read', async () => {
    await using raw = await openRaw(kind);
    const atServer = listenTo(raw.server);
    for (const garbage of ['{', 'hello', deep(100_000), '{"method":"m"}x']) raw.send(garbage);
    raw.send('{"method":"fine"}');
    await atServer.count(1);
    expect(atServer.messages).toEqual([{ method: 'fine' }]);
    expect(atServer.malformed).toHaveLength(4);
    expect(atServer.malformed[2]?.message).toBe('recursion limit exceeded');
  });

  test('invalid UTF-8 becomes replacement characters', async () => {
    await using raw = await openRaw(kind);
    const atServer = listenTo(raw.server);
    raw.send(Buffer.concat([Buffer.from('{"method":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]));
    await atServer.count(1);
    expect(atServer.messages).toEqual([{ method: '\ufffd\ufffd' }]);
  });

  test('integers beyond 2^53 are exact as ids', async () => {
    await using raw = await openRaw(kind);
    const atServer = listenTo(raw.server);
    raw.send('{"method":"m","id":9007199254740993}');
    raw.send('{"method":"m","id":99999999999999999999}');
    await atServer.count(2);
    expect(atServer.messages).toEqual([
      { method: 'm', id: 9007199254740993n },
      { method: 'm', id: Number.NaN },
    ]);
  });
});

describe('limits', () => {
  test('a line that is too long is thrown away with its id, and the next one is read', async () => {
    await using raw = await openRaw('ndjson', 1_000_000);
    const atServer = listenTo(raw.server);
    raw.send(`{"method":"m","id":"big","params":{"text":"${'x'.repeat(5_000_000)}"}}`);
    raw.send('{"method":"fine","id":7}');
    await atServer.count(1);
    expect(atServer.messages).toEqual([{ method: 'fine', id: 7 }]);
    expect(atServer.malformed.map(({ id, message }) => ({ id, message }))).toEqual([
      { id: 'big', message: 'message exceeds the limit of 1000000 bytes' },
    ]);
  });

  test.each(['content-length', 'websocket', 'unix'] as const)('%s: a message that is too long ends its connection', async (kind) => {
    await using raw = await openRaw(kind, 1_000_000);
    const atServer = listenTo(raw.server);
    raw.send(`{"method":"m","params":{"text":"${'x'.repeat(5_000_000)}"}}`);
    await atServer.closed();
    expect(atServer.messages).toEqual([]);
  });

  test('a Content-Length header that is nonsense is skipped', async () => {
    await using raw = await openRaw('content-length');
    const atServer = listenTo(raw.server);
    raw.send('{"method":"one"}Content-Length: minus\r\n\r\n');
    raw.send('{"method":"two"}');
    await atServer.count(1);
    await atServer.until(() => atServer.malformed.length > 0);
  });

  test.each(['ndjson', 'content-length'] as const)('%s: a client that ended its output is still answered', async (kind) => {
    await using raw = await openRaw(kind);
    const atServer = listenTo(raw.server);
    raw.send('{"method":"m","id":1}');
    raw.end();
    await atServer.closed();
    expect(atServer.messages).toHaveLength(1);
    raw.server.writer.post(new Frame({ id: 1, result: {} }));
    await raw.server.close();
    const lines = await raw.received();
    expect(lines.map((line) => JSON.parse(line))).toEqual([expect.objectContaining({ id: 1, result: {} })]);
  });
});
