/** Calls both ways between two peers: answers, errors, cancellation, questions under chosen ids. */
import { describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { Cancelled, RequestError } from '../../src/base/errors.ts';
import { peerPair } from '../support/peer-pair.ts';
import { onClient, onServer, protocol, wired } from '../support/peer-rows.ts';
import { openTransports, transportKinds } from '../support/peer-transports.ts';
import { wiredPeer } from '../support/peer-wire.ts';

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
