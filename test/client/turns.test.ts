/** Following a turn to its end, and keeping a connection. */
import { expect, test } from 'vitest';
import { connect, declineEverything, keepConnected, runTurn } from '../../src/client/index.ts';
import { Frame, isJsonObject } from '../../src/rpc/frame.ts';
import { memoryPair } from '../../src/rpc/transports/memory.ts';
import type { Transport } from '../../src/rpc/transports/transport.ts';

type Answer = (params: Record<string, unknown>, send: (message: Record<string, unknown>) => void) => unknown;

/** The server's end of a memory pair, answering by method; without an entry the answer is `{}`. */
function scripted(answers: Record<string, Answer>): { client: Transport; server: Transport } {
  const [server, client] = memoryPair();
  const send = (message: Record<string, unknown>) => server.writer.post(new Frame(message));
  const initialize = () => ({ userAgent: 'scripted', codexHome: '/', platformFamily: 'unix', platformOs: 'linux' });
  server.reader.listen((received) => {
    const message: unknown = received;
    if (!isJsonObject(message) || typeof message.method !== 'string' || message.id === undefined) return;
    const params = isJsonObject(message.params) ? { ...message.params } : {};
    const all: Record<string, Answer> = { initialize, ...answers };
    const answer = all[message.method];
    const result = answer ? answer(params, send) : {};
    if (result !== undefined) send({ id: message.id, result });
  });
  return { client, server };
}

const options = { clientInfo: { name: 't', version: '1' }, questions: declineEverything };
const turn = (id: string, status: string) => ({
  id,
  rootTurnId: id,
  items: [],
  itemsView: 'notLoaded',
  status,
  error: null,
  startedAt: null,
  completedAt: null,
  durationMs: null,
});
const message = (id: string, text: string) => ({
  type: 'agentMessage',
  id,
  text,
  phase: null,
  moderation: null,
  memoryCitation: null,
  delivery: null,
  questions: null,
  startedAtMs: 1,
  completedAtMs: 2,
});
const completedItem = (turnId: string, item: object) => ({
  method: 'item/completed',
  params: { threadId: 'th', turnId, item, contentTokenCount: null, completedAtMs: 2 },
});

test('a turn resolves with its own items, even when its end comes before the answer to its start', async () => {
  const { client } = scripted({
    'turn/start': (_params, send) => {
      send(completedItem('other', message('a', 'not mine')));
      send(completedItem('t1', message('b', 'mine')));
      send({ method: 'turn/completed', params: { threadId: 'th', turn: turn('t1', 'completed') } });
      return { turn: turn('t1', 'inProgress') };
    },
  });
  await using app = await connect({ transport: client }, options);
  const seen: string[] = [];
  const result = await runTurn(app, { threadId: 'th', input: [] }, { onNotification: ({ method }) => void seen.push(method) });
  expect(result.turn.status).toBe('completed');
  expect(result.items.map((item) => item.id)).toEqual(['b']);
  expect(seen).toEqual(['item/completed', 'item/completed', 'turn/completed']);
});

test('giving up interrupts the turn and waits for its end', async () => {
  const { client } = scripted({
    'turn/start': () => ({ turn: turn('t1', 'inProgress') }),
    'turn/interrupt': (_params, send) => {
      send({ method: 'turn/completed', params: { threadId: 'th', turn: turn('t1', 'interrupted') } });
      return {};
    },
  });
  await using app = await connect({ transport: client }, options);
  const abort = new AbortController();
  const running = runTurn(app, { threadId: 'th', input: [] }, { signal: abort.signal });
  setImmediate(() => abort.abort());
  expect((await running).turn.status).toBe('interrupted');
});

test('a turn of a lost connection is cancelled', async () => {
  const { client, server } = scripted({ 'turn/start': () => ({ turn: turn('t1', 'inProgress') }) });
  await using app = await connect({ transport: client }, options);
  const running = runTurn(app, { threadId: 'th', input: [] });
  setImmediate(() => void server.close());
  await expect(running).rejects.toMatchObject({ name: 'Cancelled' });
});

test('a lost connection is opened again until the signal ends it', async () => {
  const stop = new AbortController();
  const connected: boolean[] = [];
  const lost: string[] = [];
  let attempt = 0;
  await keepConnected({
    signal: stop.signal,
    pauseMs: { first: 1, longest: 1 },
    connect: async () => {
      attempt += 1;
      if (attempt === 2) throw new Error('refused');
      const { client, server } = scripted({});
      const app = await connect({ transport: client }, options);
      if (attempt < 3) void server.close();
      return app;
    },
    onConnected: (_client, again) => {
      connected.push(again);
      if (attempt === 3) setImmediate(() => stop.abort());
    },
    onLost: ({ reason }) => lost.push(reason),
  });
  expect(connected).toEqual([false, true]);
  expect(lost).toEqual(['the other side ended the connection', 'refused']);
});

test('too many failures in a row end the attempts with the last one', async () => {
  let attempts = 0;
  const trying = keepConnected({
    signal: new AbortController().signal,
    pauseMs: { first: 1, longest: 1 },
    maxAttempts: 3,
    connect: async () => {
      attempts += 1;
      throw new Error(`refused ${attempts}`);
    },
    onConnected: () => {},
  });
  await expect(trying).rejects.toThrow('refused 3');
});
