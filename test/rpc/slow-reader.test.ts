/** A client that reads late gets everything; one that never reads is let go. */
import { expect, test } from 'vitest';
import * as z from 'zod/mini';
import { silentLog } from '../../src/base/log.ts';
import { Scope } from '../../src/base/scope.ts';
import { notification, schema } from '../../src/rpc/contract.ts';
import { appDialect } from '../../src/rpc/dialect.ts';
import { createPeer } from '../../src/rpc/peer.ts';
import { byteKinds, openRaw, type RawPair } from '../support/peer-transports.ts';

const said = notification({ doc: '', params: schema('Said', () => z.object({ n: z.number(), text: z.string() })) });

const talker = ({ server }: RawPair, scope: Scope, limits: { waitingMessages?: number } = {}) =>
  createPeer({
    transport: server,
    dialect: appDialect,
    receives: { requests: {}, notifications: {} },
    sends: { requests: {}, notifications: { said } },
    handlers: {},
    context: (call) => call,
    scope,
    log: silentLog,
    limits,
  });

test.each(byteKinds)('%s: a client that never reads is disconnected, and says why to the server', async (kind) => {
  await using raw = await openRaw(kind);
  await using scope = new Scope('test');
  const peer = talker(raw, scope, { waitingMessages: 1000 });
  raw.stopReading();
  let over = false;
  void peer.closed.then(() => {
    over = true;
  });
  let sent = 0;
  while (!over) {
    for (let n = 0; n < 100; n += 1) peer.notify('said', { n: sent++, text: 'x'.repeat(10_000) });
    await new Promise(setImmediate);
  }
  expect(await peer.closed).toEqual({ kind: 'overflow', message: 'the other side does not read: 1001 messages wait' });
});

test.each(byteKinds)('%s: a client that reads late gets everything', async (kind) => {
  await using raw = await openRaw(kind);
  await using scope = new Scope('test');
  const peer = talker(raw, scope);
  raw.stopReading();
  for (let n = 0; n < 1000; n += 1) {
    peer.notify('said', { n, text: 'x'.repeat(10_000) });
    if (n % 100 === 0) await new Promise(setImmediate);
  }
  raw.startReading();
  void peer.close();
  const lines = await raw.received();
  expect(lines.map((line) => JSON.parse(line).params.n)).toEqual([...Array(1000).keys()]);
});
