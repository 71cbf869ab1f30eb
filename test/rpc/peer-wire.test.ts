/** What the two dialects put on the wire, to the byte where recordings show it. */
import { describe, expect, test } from 'vitest';
import { invalidRequest } from '../../src/base/errors.ts';
import { type Log, silentLog } from '../../src/base/log.ts';
import { execDialect } from '../../src/rpc/dialect.ts';
import { notifyMany } from '../../src/rpc/peer.ts';
import { onServer, wired } from '../support/peer-rows.ts';
import { wiredPeer } from '../support/peer-wire.ts';

describe('the wire of the app dialect', () => {
  test('members come in the order of the reference, without the jsonrpc member', async () => {
    await using wire = wiredPeer(wired);
    wire.send({ jsonrpc: '2.0', id: 'a', method: 'echo', params: { text: 'x', more: 1 } });
    expect(await wire.next()).toBe('{"id":"a","result":{"text":"x"}}');
    wire.send({ id: 3, method: 'echo', params: {} });
    expect(await wire.next()).toBe('{"error":{"code":-32600,"message":"Invalid request: missing field `text`"},"id":3}');
    wire.peer.notify('said', { text: 'y' });
    expect(await wire.next()).toBe('{"method":"said","params":{"text":"y"},"emittedAtMs":42}');
    const answer = wire.peer.request('ask', { text: 'z' }, { wireId: 0 });
    expect(await wire.next()).toBe('{"method":"ask","id":0,"params":{"text":"z"}}');
    wire.send({ id: 0, result: { text: 'ok' } });
    expect(await answer).toEqual({ text: 'ok' });
  });

  test('an unknown method lists the known ones', async () => {
    await using wire = wiredPeer(wired);
    wire.send({ id: 1, method: 'nope', params: {} }, { id: 2, method: 'toString', params: {} });
    const message = (name: string) =>
      `Invalid request: unknown variant \`${name}\`, expected one of \`echo\`, \`wait\`, \`exclusive\`, \`shared\`, \`plain\``;
    expect(await wire.take(2)).toEqual([
      { error: { code: -32600, message: message('nope') }, id: 1 },
      { error: { code: -32600, message: message('toString') }, id: 2 },
    ]);
  });

  test('what is no message is dropped, and the connection lives on', async () => {
    await using wire = wiredPeer(wired);
    wire.send(
      'not json',
      '',
      '   ',
      '[{"id":1,"method":"echo","params":{"text":"x"}}]',
      '{"id":null,"method":"echo","params":{"text":"x"}}',
    );
    wire.send('{"id":1.5,"method":"echo","params":{"text":"x"}}', '{"id":true,"method":"echo"}', '{"method":5,"id":1}', '{}', '7', 'null');
    wire.send(
      '{"id":1,"method":"echo","params":{"text":"x"},"trace":5}',
      '{"id":99999999999999999999,"method":"echo","params":{"text":"x"}}',
    );
    wire.send({ method: 'no/such/notification', params: {} }, { id: 4242, result: {} }, { id: 4243, error: { code: 1, message: 'x' } });
    wire.send({ method: '$/cancelRequest' }, { method: '$/cancelRequest', params: { id: 12 } }, { method: 'initialized' });
    wire.send({ id: 9, method: 'echo', params: { text: 'alive' } });
    expect(await wire.take(1)).toEqual([{ id: 9, result: { text: 'alive' } }]);
  });

  test('ids are told apart by type, may repeat, and may be large', async () => {
    await using wire = wiredPeer(wired);
    wire.send({ id: 1, method: 'echo', params: { text: 'a' } }, { id: '1', method: 'echo', params: { text: 'b' } });
    wire.send({ id: 1, method: 'echo', params: { text: 'c' } }, { id: '', method: 'echo', params: { text: 'd' } });
    wire.send('{"id":9007199254740993,"method":"echo","params":{"text":"e"}}', { id: -5, method: 'echo', params: { text: 'f' } });
    const lines = [];
    for (let n = 0; n < 6; n += 1) lines.push(await wire.next());
    expect(lines).toEqual([
      '{"id":1,"result":{"text":"a"}}',
      '{"id":"1","result":{"text":"b"}}',
      '{"id":1,"result":{"text":"c"}}',
      '{"id":"","result":{"text":"d"}}',
      '{"id":9007199254740993,"result":{"text":"e"}}',
      '{"id":-5,"result":{"text":"f"}}',
    ]);
  });

  test('params that must be there, and params that must not', async () => {
    await using wire = wiredPeer(wired);
    wire.send(
      { id: 1, method: 'echo' },
      { id: 2, method: 'echo', params: null },
      { id: 3, method: 'echo', params: [] },
      { id: 4, method: 'echo', params: 5 },
    );
    wire.send({ id: 5, method: 'plain' }, { id: 6, method: 'plain', params: {} }, { id: 7, method: 'plain', params: { x: 1 } });
    const messages = (await wire.take(7)).map((answer) => (answer as { error?: { message: string } }).error?.message);
    expect(messages).toEqual([
      'Invalid request: missing field `params`',
      'Invalid request: missing field `params`',
      'Invalid request: invalid length 0, expected struct EchoParams with 1 element',
      'Invalid request: invalid type: integer `5`, expected struct EchoParams',
      undefined,
      undefined,
      'Invalid request: invalid type: map, expected unit',
    ]);
  });

  test('an unexpected failure is logged in full and sent as one fixed sentence', async () => {
    const logged: unknown[] = [];
    const log: Log = { ...silentLog, error: (message, fields) => logged.push(message, fields?.error) };
    const bug = new Error('secret path /etc/x');
    const echo = () => {
      throw bug;
    };
    await using wire = wiredPeer({ ...wired, log, handlers: { ...onServer, echo } });
    wire.send({ id: 1, method: 'echo', params: { text: '' } });
    expect(await wire.take(1)).toEqual([
      { error: { code: -32603, message: 'The server failed to handle this request; its log has the details.' }, id: 1 },
    ]);
    expect(logged).toContain(bug);
  });

  test('a result that cannot be written is an error, not silence', async () => {
    const root: unknown[] = [];
    for (let level = 0, at = root; level < 100_000; level += 1) {
      const next: unknown[] = [];
      at.push(next);
      at = next;
    }
    await using wire = wiredPeer({ ...wired, validateOutbound: false, handlers: { ...onServer, plain: () => root } });
    wire.send({ id: 1, method: 'plain' });
    expect(await wire.take(1)).toMatchObject([{ error: { code: -32603 }, id: 1 }]);
  });

  test('the gate refuses after validation and before the handler', async () => {
    const gate = (method: string, _row: unknown, raw: unknown) =>
      method === 'echo' ? invalidRequest(`gated ${JSON.stringify(raw)}`) : undefined;
    await using wire = wiredPeer({ ...wired, gate });
    wire.send({ id: 1, method: 'echo', params: { text: 5 } }, { id: 2, method: 'echo', params: { text: 'x' } });
    expect((await wire.take(2)).map((answer) => (answer as { error: { message: string } }).error.message)).toEqual([
      'Invalid request: invalid type: integer `5`, expected a string',
      'gated {"text":"x"}',
    ]);
  });

  test('what waits for the reply runs after it, in order, and not after a failure', async () => {
    await using wire = wiredPeer({
      ...wired,
      handlers: {
        ...onServer,
        echo: (params, call) => {
          call.afterReply(() => wire.peer.notify('said', { text: 'first' }));
          call.afterReply(() => wire.peer.notify('said', { text: 'second' }));
          if (params.text === 'fail') throw invalidRequest('no');
          return params;
        },
      },
    });
    wire.send({ id: 1, method: 'echo', params: { text: 'fail' } }, { id: 2, method: 'echo', params: { text: 'x' } });
    expect(await wire.take(4)).toEqual([
      { error: { code: -32600, message: 'no' }, id: 1 },
      { id: 2, result: { text: 'x' } },
      expect.objectContaining({ method: 'said', params: { text: 'first' } }),
      expect.objectContaining({ method: 'said', params: { text: 'second' } }),
    ]);
  });

  test('one notification to many is encoded once', async () => {
    await using one = wiredPeer(wired);
    await using two = wiredPeer(wired);
    let encodings = 0;
    const text = {
      toJSON: () => {
        encodings += 1;
        return 'hi';
      },
    };
    const params = { text } as unknown as { text: string };
    const peers = [one.peer, two.peer].map((peer) => ({ encode: peer.encode, post: peer.post.bind(peer) }));
    notifyMany(peers, 'said', params);
    const lines = [await one.next(), await two.next()];
    expect(lines).toEqual(Array(2).fill('{"method":"said","params":{"text":"hi"},"emittedAtMs":42}'));
    // One for the check that tests switch on, one for both wires.
    expect(encodings).toBe(2);
  });
});

describe('the wire of the exec dialect', () => {
  const exec = { ...wired, dialect: execDialect };

  test('broken input is answered under id -1 and the connection stays', async () => {
    await using wire = wiredPeer(exec);
    wire.send('hello', '[]', '{}', '{"id":2,"id":2}', '{"id":null,"method":"echo"}', '{"id":1,"method":"echo","trace":"x"}', '');
    const text = (reason: string) => `failed to parse JSON-RPC message from exec-server stdio: ${reason}`;
    const answers = (await wire.take(6)) as { error: { message: string }; id: number }[];
    expect(answers.every(({ id }) => id === -1)).toBe(true);
    expect(answers.map(({ error }) => error.message)).toEqual(
      [
        'expected value at line 1 column 1',
        'expected a JSON-RPC object',
        'missing field `error`',
        'duplicate JSON object key `id` at line 1 column 12',
        'data did not match any variant of untagged enum RequestId',
        'invalid type: string "x", expected struct W3cTraceContext',
      ].map(text),
    );
    wire.send({ id: 1, method: 'echo', params: { text: 'x' } });
    expect(await wire.take(1)).toEqual([{ id: 1, result: { text: 'x' } }]);
  });

  test('its numbers and sentences', async () => {
    await using wire = wiredPeer(exec);
    wire.send(
      { id: 1, method: 'nope' },
      { id: 2, method: 'echo' },
      { id: 3, method: 'echo', params: {} },
      { id: 4, method: 'plain', params: [1] },
    );
    expect(await wire.take(4)).toEqual([
      { error: { code: -32601, message: 'exec-server stub does not implement `nope` yet' }, id: 1 },
      { error: { code: -32602, message: 'invalid type: null, expected struct EchoParams' }, id: 2 },
      { error: { code: -32602, message: 'missing field `text`' }, id: 3 },
      { error: { code: -32602, message: 'invalid type: sequence, expected unit' }, id: 4 },
    ]);
    wire.peer.notify('said', { text: 'x' });
    expect(await wire.next()).toBe('{"method":"said","params":{"text":"x"}}');
  });

  test.each([
    ['an unknown notification', { method: 'bogus' }],
    ['an answer to no question', { id: 5, result: {} }],
  ])('%s ends the connection', async (_name, message) => {
    await using wire = wiredPeer(exec);
    wire.send(message);
    expect((await wire.peer.closed).kind).toBe('violation');
  });

  test('a withdrawn question may still be answered', async () => {
    await using wire = wiredPeer(exec);
    const abort = new AbortController();
    const question = wire.peer.request('ask', { text: '?' }, { signal: abort.signal });
    expect(await wire.take(1)).toMatchObject([{ id: 1 }]);
    abort.abort();
    await expect(question).rejects.toMatchObject({ name: 'Cancelled' });
    wire.send({ id: 1, result: { text: '' } }, { id: 2, method: 'echo', params: { text: 'alive' } });
    expect(await wire.take(1)).toEqual([{ id: 2, result: { text: 'alive' } }]);
  });

  test('one request at a time, in order of arrival, and a full queue stops reading instead of refusing', async () => {
    let running = 0;
    let most = 0;
    await using wire = wiredPeer({
      ...exec,
      concurrency: 1,
      handlers: {
        ...onServer,
        echo: async (params) => {
          most = Math.max(most, ++running);
          await new Promise(setImmediate);
          running -= 1;
          return params;
        },
      },
    });
    for (let id = 0; id < 1000; id += 1) wire.send({ id, method: 'echo', params: { text: 'x' } });
    const answers = (await wire.take(1000)) as { id: number; result?: unknown }[];
    expect(answers.map(({ id }) => id)).toEqual([...Array(1000).keys()]);
    expect(answers.every(({ result }) => result !== undefined)).toBe(true);
    expect(most).toBe(1);
  });
});
