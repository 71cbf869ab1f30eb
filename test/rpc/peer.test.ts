import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { deferred } from '../../src/base/deferred.ts';
import { Cancelled, invalidRequest, RequestError } from '../../src/base/errors.ts';
import { type Log, silentLog } from '../../src/base/log.ts';
import { notification, request, schema } from '../../src/rpc/contract.ts';
import { execDialect } from '../../src/rpc/dialect.ts';
import { notifyMany } from '../../src/rpc/peer.ts';
import { peerPair } from '../support/peer-pair.ts';
import { openTransports, transportKinds } from '../support/peer-transports.ts';
import { wiredPeer } from '../support/peer-wire.ts';

const Text = schema('EchoParams', () => z.object({ text: z.string() }));
const Anything = schema('Anything', () => z.unknown());
const Keyed = schema('Keyed', () => z.object({ key: z.string(), n: z.number() }));
const Nothing = schema('NoParams', () =>
  z.pipe(
    z.nullish(z.object({})),
    z.transform(() => undefined),
  ),
);
const Delta = schema('Delta', () => z.object({ itemId: z.string(), delta: z.string() }));

const clientRequests = {
  echo: request({ doc: '', params: Text, result: Text }),
  wait: request({ doc: '', params: Text, result: Text }),
  exclusive: request({ doc: '', params: Keyed, result: Keyed, lane: { key: (params) => params.key } }),
  shared: request({ doc: '', params: Keyed, result: Keyed, lane: { key: (params) => params.key, shared: true } }),
  plain: request({ doc: '', params: Nothing, result: Anything, noParams: true }),
} as const;
const clientNotifications = { initialized: notification({ doc: '', params: Nothing }) } as const;
const serverRequests = { ask: request({ doc: '', params: Text, result: Text }) } as const;
const serverNotifications = {
  said: notification({ doc: '', params: Text }),
  delta: notification({ doc: '', params: Delta }),
} as const;
const protocol = { clientRequests, clientNotifications, serverRequests, serverNotifications };
const receives = { requests: clientRequests, notifications: clientNotifications };
const sends = { requests: serverRequests, notifications: serverNotifications };
const onClient = { ask: (params: { text: string }) => ({ text: `${params.text}!` }) };
const onServer = {
  echo: (params: { text: string }) => ({ text: params.text }),
  wait: () => new Promise<never>(() => {}),
  exclusive: (params: { key: string; n: number }) => params,
  shared: (params: { key: string; n: number }) => params,
  plain: () => ({}),
};
const wired = { receives, sends, handlers: onServer, nowMs: () => 42 };

describe('two peers', () => {
  test('calls go both ways', async () => {
    await using pair = peerPair({ protocol, onServer, onClient });
    expect(await pair.client.request('echo', { text: 'hi' })).toEqual({ text: 'hi' });
    expect(await pair.server.request('ask', { text: 'ok' })).toEqual({ text: 'ok!' });
  });

  test('the caller reads the error of the other side', async () => {
    const refuse = () => {
      throw new RequestError('custom', 'no', { code: -7, data: { why: 1 } });
    };
    await using pair = peerPair({ protocol, onServer: { ...onServer, echo: refuse }, onClient });
    await expect(pair.client.request('echo', { text: '' })).rejects.toMatchObject({
      name: 'RequestError',
      kind: 'custom',
      code: -7,
      message: 'no',
      data: { why: 1 },
    });
  });

  test('aborting a call cancels the handler on the other side and rejects at once', async () => {
    const started = deferred();
    const stopped = deferred<unknown>();
    await using pair = peerPair({
      protocol,
      onServer: {
        ...onServer,
        wait: (_params, call) => {
          started.resolve();
          return new Promise((_, reject) => {
            call.signal.addEventListener('abort', () => {
              stopped.resolve(call.signal.reason);
              reject(call.signal.reason);
            });
          });
        },
      },
      onClient,
    });
    const abort = new AbortController();
    const call = pair.client.request('wait', { text: '' }, { signal: abort.signal });
    await started.promise;
    abort.abort(new Cancelled('enough'));
    await expect(call).rejects.toMatchObject({ name: 'Cancelled', message: 'enough' });
    expect(await stopped.promise).toMatchObject({ name: 'Cancelled' });
    expect(await pair.client.request('echo', { text: 'still here' })).toEqual({ text: 'still here' });
    expect(pair.server.openRequests).toBe(0);
  });

  test('a call that takes too long is a DeadlineExceeded', async () => {
    await using pair = peerPair({ protocol, onServer, onClient });
    await expect(pair.client.request('wait', { text: '' }, { deadlineMs: 5 })).rejects.toMatchObject({ name: 'DeadlineExceeded' });
  });

  test('closing one side cancels open calls there, stops handlers on the other, and ends both', async () => {
    const started = deferred();
    const stopped = deferred();
    await using pair = peerPair({
      protocol,
      onServer: {
        ...onServer,
        wait: (_params, call) => {
          call.signal.addEventListener('abort', () => stopped.resolve());
          started.resolve();
          return new Promise(() => {});
        },
      },
      onClient,
    });
    const call = pair.client.request('wait', { text: '' });
    await started.promise;
    await Promise.all([pair.client.close(), expect(call).rejects.toMatchObject({ name: 'Cancelled' })]);
    await stopped.promise;
    expect((await pair.server.closed).kind).toBe('ended');
    await expect(pair.client.request('echo', { text: '' })).rejects.toMatchObject({ name: 'Cancelled' });
    pair.client.notify('initialized', undefined);
  });

  test('an invalid answer is not handed to the caller', async () => {
    await using pair = peerPair({
      protocol,
      onServer,
      // As a client of another version might.
      onClient: { ask: () => ({ text: 5 }) as unknown as { text: string } },
      client: { validateOutbound: false },
    });
    await expect(pair.server.request('ask', { text: '' })).rejects.toMatchObject({
      kind: 'invalidParams',
      message: 'answer to ask: invalid type: integer `5`, expected a string',
    });
  });
});

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

describe('cancellation by the client', () => {
  test('a running request is stopped and answered; one that waits in its lane never starts', async () => {
    const started: number[] = [];
    await using wire = wiredPeer({
      ...wired,
      handlers: {
        ...onServer,
        exclusive: (params, call) => {
          started.push(params.n);
          return new Promise((_, reject) => call.signal.addEventListener('abort', () => reject(call.signal.reason)));
        },
      },
    });
    wire.send({ id: 'a', method: 'exclusive', params: { key: 'k', n: 1 } }, { id: 'b', method: 'exclusive', params: { key: 'k', n: 2 } });
    wire.send({ method: '$/cancelRequest', params: { id: 'b' } });
    expect(await wire.take(1)).toEqual([{ error: { code: -32800, message: 'request cancelled' }, id: 'b' }]);
    wire.send({ method: '$/cancelRequest', params: { id: 'a' } });
    expect(await wire.take(1)).toEqual([{ error: { code: -32800, message: 'request cancelled' }, id: 'a' }]);
    expect(started).toEqual([1]);
  });
});

describe('questions to the client', () => {
  test('a withdrawn question says nothing on the wire, and its late answer is ignored', async () => {
    await using wire = wiredPeer(wired);
    const abort = new AbortController();
    const question = wire.peer.request('ask', { text: '?' }, { wireId: 7, signal: abort.signal });
    expect(await wire.take(1)).toEqual([{ method: 'ask', id: 7, params: { text: '?' } }]);
    abort.abort();
    await expect(question).rejects.toMatchObject({ name: 'Cancelled' });
    wire.send({ id: 7, result: { text: 'late' } }, { id: 1, method: 'echo', params: { text: 'x' } });
    expect(await wire.take(1)).toEqual([{ id: 1, result: { text: 'x' } }]);
    const again = wire.peer.request('ask', { text: 'again' }, { wireId: 7 });
    expect(await wire.take(1)).toEqual([{ method: 'ask', id: 7, params: { text: 'again' } }]);
    wire.send({ id: '7', result: { text: 'wrong type of id' } }, { id: 7, result: { text: 'right' } });
    expect(await again).toEqual({ text: 'right' });
  });

  test('a withdrawal is announced when the caller wants it', async () => {
    await using wire = wiredPeer(wired);
    const abort = new AbortController();
    const question = wire.peer.request('ask', { text: '?' }, { wireId: 7, signal: abort.signal, announceCancel: true });
    abort.abort();
    await expect(question).rejects.toMatchObject({ name: 'Cancelled' });
    expect(await wire.take(2)).toEqual([
      { method: 'ask', id: 7, params: { text: '?' } },
      { method: '$/cancelRequest', params: { id: 7 } },
    ]);
  });

  test('an id in use is refused, a free one is chosen around it', async () => {
    await using wire = wiredPeer(wired);
    const first = wire.peer.request('ask', { text: 'a' }, { wireId: 1 });
    await expect(wire.peer.request('ask', { text: 'b' }, { wireId: 1 })).rejects.toThrow('request id 1 is in use');
    const second = wire.peer.request('ask', { text: 'c' });
    expect(await wire.take(2)).toMatchObject([{ id: 1 }, { id: 2, params: { text: 'c' } }]);
    wire.send({ id: 2, error: { code: -1, message: 'no' } }, { id: 1, result: { text: 'yes' } });
    await expect(second).rejects.toMatchObject({ kind: 'custom', code: -1 });
    expect(await first).toEqual({ text: 'yes' });
  });

  test('the trace of a request reaches the handler and goes out with a call', async () => {
    const traces: unknown[] = [];
    await using wire = wiredPeer({
      ...wired,
      handlers: {
        ...onServer,
        echo: (params, call) => {
          traces.push(call.trace);
          return params;
        },
      },
    });
    wire.send({ id: 1, method: 'echo', params: { text: 'x' }, trace: { traceparent: '00-a-b-01', tracestate: null } });
    await wire.take(1);
    expect(traces).toEqual([{ traceparent: '00-a-b-01' }]);
    const open = wire.peer.request('ask', { text: 'x' }, { wireId: 0, trace: { traceparent: '00-c-d-01' } });
    expect(await wire.next()).toBe('{"method":"ask","id":0,"params":{"text":"x"},"trace":{"traceparent":"00-c-d-01"}}');
    wire.send({ id: 0, result: { text: '' } });
    await open;
  });
});

describe('order and load', () => {
  test('requests of one key run one after another, the next one only after the reply is out', async () => {
    const events: string[] = [];
    await using wire = wiredPeer({
      ...wired,
      handlers: {
        ...onServer,
        exclusive: async (params, call) => {
          events.push(`start ${params.n}`);
          await new Promise(setImmediate);
          call.afterReply(() => events.push(`replied ${params.n}`));
          return params;
        },
      },
    });
    for (let n = 0; n < 3; n += 1) wire.send({ id: n, method: 'exclusive', params: { key: 'k', n } });
    expect((await wire.take(3)).map((answer) => (answer as { id: number }).id)).toEqual([0, 1, 2]);
    expect(events).toEqual(['start 0', 'replied 0', 'start 1', 'replied 1', 'start 2', 'replied 2']);
  });

  test('a burst of 1000 is served, as fast as it can be', async () => {
    await using wire = wiredPeer(wired);
    wire.send(...Array.from({ length: 1000 }, (_, id) => ({ id, method: 'echo', params: { text: 'x' } })));
    const answers = (await wire.take(1000)) as { result?: unknown }[];
    expect(answers.every(({ result }) => result !== undefined)).toBe(true);
  });

  test('every request of a flood is answered: 128 may wait, one that finds no room is refused at once', async () => {
    await using wire = wiredPeer(wired);
    const count = 3000;
    const burst = Array.from({ length: count }, (_, id) => ({ id, method: 'echo', params: { text: 'x' } }));
    wire.send(...burst);
    const answers = (await wire.take(count)) as { id: number; error?: { code: number; message: string } }[];
    expect(new Set(answers.map(({ id }) => id)).size).toBe(count);
    const refused = answers.filter(({ error }) => error !== undefined);
    expect(refused.every(({ error }) => error?.code === -32001 && error.message === 'Server overloaded; retry later.')).toBe(true);
    expect(count - refused.length).toBeGreaterThanOrEqual(1000);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(count / 2);
    wire.send({ id: 'after', method: 'echo', params: { text: 'x' } });
    expect(await wire.take(1)).toEqual([{ id: 'after', result: { text: 'x' } }]);
  });

  test('answers to questions pass while requests are refused', async () => {
    await using wire = wiredPeer(wired);
    const question = wire.peer.request('ask', { text: '?' }, { wireId: 5 });
    await wire.take(1);
    wire.send(...Array.from({ length: 500 }, (_, id) => ({ id, method: 'echo', params: { text: 'x' } })), {
      id: 5,
      result: { text: 'yes' },
    });
    expect(await question).toEqual({ text: 'yes' });
  });

  test('while the client does not read, deltas of one text are merged and nothing else is lost or moved', async () => {
    const deltas = { delta: { key: ['itemId'], text: 'delta' } };
    await using wire = wiredPeer({ ...wired, deltas, validateOutbound: false });
    wire.hold(true);
    wire.peer.notify('said', { text: 'x'.repeat(3_000_000) });
    await new Promise(setImmediate);
    for (let n = 0; n < 10_000; n += 1) wire.peer.notify('delta', { itemId: n % 2 === 0 ? 'a' : 'b', delta: `${n} ` });
    wire.peer.notify('said', { text: 'between' });
    wire.peer.notify('delta', { itemId: 'a', delta: 'late' });
    wire.hold(false);
    const [, ...rest] = (await wire.take(5)) as { method: string; params: { itemId?: string; delta?: string } }[];
    expect(rest.map(({ method, params }) => params.itemId ?? method)).toEqual(['a', 'b', 'said', 'a']);
    const numbers = (parity: number) => Array.from({ length: 5000 }, (_, n) => `${2 * n + parity} `).join('');
    expect(rest.map(({ params }) => params.delta)).toEqual([numbers(0), numbers(1), undefined, 'late']);
  });

  test('a client that never reads is disconnected with a reason', async () => {
    await using wire = wiredPeer({ ...wired, limits: { waitingMessages: 100 } });
    wire.hold(true);
    wire.peer.notify('said', { text: 'x'.repeat(3_000_000) });
    await new Promise(setImmediate);
    for (let n = 0; n <= 101; n += 1) wire.peer.notify('said', { text: 'x' });
    expect(await wire.peer.closed).toEqual({ kind: 'overflow', message: 'the other side does not read: 101 messages wait' });
  });

  test.each([undefined, 1])('cancelling and answering thousands of times stops nothing (concurrency %s)', async (concurrency) => {
    await using wire = wiredPeer({
      ...wired,
      ...(concurrency === undefined ? {} : { concurrency }),
      handlers: {
        ...onServer,
        wait: (_params, call) => new Promise((_, reject) => call.signal.addEventListener('abort', () => reject(call.signal.reason))),
      },
    });
    for (let id = 0; id < 2500; id += 1) {
      wire.send({ id, method: 'wait', params: { text: '' } });
      await new Promise(setImmediate);
      wire.send({ method: '$/cancelRequest', params: { id } });
      await wire.take(1);
      const question = wire.peer.request('ask', { text: '' }, { wireId: id });
      await wire.take(1);
      wire.send({ id, result: { text: '' } });
      await question;
    }
    wire.send({ id: 'last', method: 'echo', params: { text: 'x' } });
    expect(await wire.take(1)).toEqual([{ id: 'last', result: { text: 'x' } }]);
    wire.end();
    expect((await wire.peer.closed).kind).toBe('ended');
  });

  test('a line of 100 MB is answered with an error, and the next request is served', async () => {
    await using wire = wiredPeer(wired);
    wire.send(`{"method":"echo","id":"huge","params":{"text":"${'x'.repeat(100_000_000)}"}}`);
    wire.send({ id: 2, method: 'echo', params: { text: 'fine' } });
    expect(await wire.take(2)).toEqual([
      { error: { code: -32600, message: 'message exceeds the limit of 67108864 bytes' }, id: 'huge' },
      { id: 2, result: { text: 'fine' } },
    ]);
  });

  test('what was asked before the end of input is answered', async () => {
    const release = deferred();
    await using wire = wiredPeer({
      ...wired,
      handlers: {
        ...onServer,
        echo: async (params) => {
          await release.promise;
          return params;
        },
      },
    });
    wire.send({ id: 1, method: 'echo', params: { text: 'x' } });
    wire.end();
    setImmediate(() => release.resolve());
    expect(await wire.take(2)).toEqual([{ id: 1, result: { text: 'x' } }]);
    expect((await wire.peer.closed).kind).toBe('ended');
  });
});

describe.each(transportKinds)('the end of a connection over %s', (kind) => {
  test('answers and notifications that were sent before it still arrive', async () => {
    await using transports = await openTransports(kind);
    await using pair = peerPair({
      protocol,
      transports: [transports.server, transports.client],
      onServer: {
        ...onServer,
        echo: (params, call) => {
          for (let n = 0; n < 50; n += 1) pair.server.notify('said', { text: String(n) });
          call.afterReply(() => {
            for (let n = 50; n < 100; n += 1) pair.server.notify('said', { text: String(n) });
            void pair.server.close();
          });
          return params;
        },
      },
      onClient,
    });
    expect(await pair.client.request('echo', { text: 'last' })).toEqual({ text: 'last' });
    expect((await pair.client.closed).kind).toBe('ended');
    expect(pair.received.map(({ params }) => ('text' in params ? Number(params.text) : -1))).toEqual([...Array(100).keys()]);
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
