/** An abort ends a request at once, wherever it is, and nothing stays open. */
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { Cancelled } from '../../src/base/errors.ts';
import { ask, created, refusal, request, type Step, sse, startModelServer, testClient } from './model-server.ts';

const reason = new Cancelled('stopped');
const silent: Step = () => {};
const talking: Step = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(created);
  const timer = setInterval(() => response.write(sse('response.output_text.delta', { item_id: 'm', delta: 'x' })), 2);
  response.on('close', () => clearInterval(timer));
};

test('before it begins', async () => {
  await using server = await startModelServer(silent);
  await using client = testClient({ baseUrl: server.url });
  expect((await ask(client.model, {}, AbortSignal.abort(reason))).error).toBe(reason);
  expect(server.requests).toHaveLength(0);
});

test('while the head is awaited', async () => {
  await using server = await startModelServer(silent);
  await using client = testClient({ baseUrl: server.url });
  const stop = new AbortController();
  const asked = ask(client.model, {}, stop.signal);
  await server.request(0);
  stop.abort(reason);
  expect((await asked).error).toBe(reason);
  await server.closed(0);
});

test('within the stream, and no event comes after it', async () => {
  await using server = await startModelServer(talking);
  await using client = testClient({ baseUrl: server.url });
  const stop = new AbortController();
  let seen = 0;
  const asked = client.model.stream(
    request,
    () => {
      expect(stop.signal.aborted).toBe(false);
      if (++seen === 5) stop.abort(reason);
    },
    stop.signal,
  );
  await expect(asked).rejects.toBe(reason);
  await server.closed(0);
  expect(seen).toBe(5);
});

test('while a refusal is read', async () => {
  await using server = await startModelServer((response) => {
    response.writeHead(400);
    response.write('half of');
  });
  await using client = testClient({ baseUrl: server.url });
  const stop = new AbortController();
  const asked = ask(client.model, {}, stop.signal);
  await server.request(0);
  stop.abort(reason);
  expect((await asked).error).toBe(reason);
  await server.closed(0);
});

test('during the pause before another try', async () => {
  await using server = await startModelServer(refusal(500, {}));
  const stop = new AbortController();
  await using client = testClient(
    { baseUrl: server.url, requestMaxRetries: 4 },
    {
      timing: {
        random: () => 0.5,
        pause: (_, signal) => new Promise((__, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      },
    },
  );
  const asked = ask(client.model, {}, stop.signal);
  await server.request(0);
  setImmediate(() => stop.abort(reason));
  expect((await asked).error).toBe(reason);
  expect(server.requests).toHaveLength(1);
});

test('within one piece of the stream', async () => {
  const delta = sse('response.output_text.delta', { item_id: 'm', delta: 'x' });
  await using server = await startModelServer((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(created + delta.repeat(1000));
  });
  await using client = testClient({ baseUrl: server.url });
  const stop = new AbortController();
  let seen = 0;
  const asked = client.model.stream(request, () => ++seen === 10 && stop.abort(reason), stop.signal);
  await expect(asked).rejects.toBe(reason);
  expect(seen).toBe(10);
  await server.closed(0);
});

test('while a secure connection is made', async () => {
  let arrived = () => {};
  const here = new Promise<void>((resolve) => (arrived = resolve));
  const gone: Promise<void>[] = [];
  // Takes connections and never says a word of TLS.
  const mute = createServer((socket) => {
    gone.push(new Promise((resolve) => socket.once('close', () => resolve())));
    socket.on('error', () => {});
    socket.resume();
    arrived();
  });
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  const address = mute.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await using client = testClient({ baseUrl: `https://127.0.0.1:${port}/v1` });
  const stop = new AbortController();
  const asked = ask(client.model, {}, stop.signal);
  await here;
  stop.abort(reason);
  expect((await asked).error).toBe(reason);
  await Promise.all(gone);
  await new Promise<void>((resolve) => mute.close(() => resolve()));
});
