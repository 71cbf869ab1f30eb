/** Order, bursts, slow readers and ends of a connection, at the level of one peer. */
import { describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { onServer, wired } from '../support/peer-rows.ts';
import { wiredPeer } from '../support/peer-wire.ts';

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
