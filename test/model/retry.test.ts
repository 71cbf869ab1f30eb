/** How often a request is made again, after what, and how long is waited. */

import { createServer } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backoffMs, retryAfterMs, retryLimit, waitAskedFor } from '../../src/model/retry.ts';
import { ask, completed, created, facts, refusal, type Step, startModelServer, stream, testClient } from './model-server.ts';

const good = stream(created, completed);
const hangUp: Step = (response) => response.destroy();

describe('pauses', () => {
  test('double from 200 ms and stay within ten per cent', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, random) => {
        const exact = 200 * 2 ** Math.min(attempt - 1, 16);
        const pause = backoffMs(attempt, () => random);
        expect(pause).toBeGreaterThanOrEqual(Math.floor(exact * 0.9));
        expect(pause).toBeLessThanOrEqual(Math.ceil(exact * 1.1));
      }),
    );
  });

  test.each([
    ['Please try again in 1.5s.', 1500],
    ['try again in 20 ms', 20],
    ['Try again in 3 seconds', 3000],
    ['Try again in 2 sheep', undefined],
    ['nothing', undefined],
  ])('%s', (text, wait) => expect(waitAskedFor(text)).toBe(wait));

  test('a retry-after header is seconds or a date', () => {
    const now = Date.parse('2030-01-01T00:00:00Z');
    expect(retryAfterMs('3', now)).toBe(3000);
    expect(retryAfterMs('0.5', now)).toBe(500);
    expect(retryAfterMs('Tue, 01 Jan 2030 00:00:10 GMT', now)).toBe(10_000);
    expect(retryAfterMs('Tue, 01 Jan 2020 00:00:10 GMT', now)).toBe(0);
    expect(retryAfterMs('soon', now)).toBeUndefined();
    expect(retryAfterMs(undefined, now)).toBeUndefined();
  });

  test('limits are whole numbers from 0 to 100', () => {
    expect([undefined, -1, 0, 2.9, 1000, Number.NaN].map((given) => retryLimit(given, 4))).toEqual([4, 0, 0, 2, 100, 4]);
  });
});

describe('before a stream exists', () => {
  test('server faults are asked again until one succeeds', async () => {
    await using server = await startModelServer(
      refusal(500, {}),
      refusal(502, {}),
      refusal(503, { error: { code: 'server_is_overloaded' } }),
      good,
    );
    await using client = testClient({ baseUrl: server.url, requestMaxRetries: 4 });
    expect((await ask(client.model)).error).toBeUndefined();
    expect(server.requests).toHaveLength(4);
    expect(client.pauses).toEqual([200, 400, 800]);
    expect(new Set(server.requests.map((seen) => JSON.stringify(seen.body))).size).toBe(1);
  });

  test('a pause that the server names is kept', async () => {
    await using server = await startModelServer(refusal(503, {}, { 'retry-after': '7' }), good);
    await using client = testClient({ baseUrl: server.url, requestMaxRetries: 1 });
    expect((await ask(client.model)).error).toBeUndefined();
    expect(client.pauses).toEqual([7000]);
  });

  test('the last fault is told when the tries are used up', async () => {
    await using server = await startModelServer(refusal(502, 'x'));
    await using client = testClient({ baseUrl: server.url, requestMaxRetries: 2 });
    expect(facts((await ask(client.model)).error)).toMatchObject({ httpStatus: 502, retry: 'stream' });
    expect(server.requests).toHaveLength(3);
  });

  test.each([400, 401, 404, 429])('%i is not asked again', async (status) => {
    await using server = await startModelServer(refusal(status, {}), good);
    await using client = testClient({ baseUrl: server.url, requestMaxRetries: 4 });
    expect((await ask(client.model)).error).toBeDefined();
    expect(server.requests).toHaveLength(1);
  });

  test('a connection that breaks before the head is asked again', async () => {
    await using server = await startModelServer(hangUp, good);
    await using client = testClient({ baseUrl: server.url, requestMaxRetries: 1 });
    expect((await ask(client.model)).error).toBeUndefined();
    expect(client.pauses).toEqual([200]);
  });

  test('and told as a broken stream in the end', async () => {
    await using server = await startModelServer(hangUp);
    await using client = testClient({ baseUrl: server.url });
    expect(facts((await ask(client.model)).error)).toEqual({
      message: 'stream disconnected before completion: error sending request',
      info: 'other',
      retry: 'stream',
    });
  });

  test('a stream that broke is left to the turn', async () => {
    await using server = await startModelServer(stream(created), good);
    await using client = testClient({ baseUrl: server.url, requestMaxRetries: 4 });
    expect(facts((await ask(client.model)).error)).toMatchObject({ retry: 'stream' });
    expect(server.requests).toHaveLength(1);
  });

  test('a server that is not there is a matter of the network', async () => {
    const unused = createServer();
    await new Promise<void>((resolve) => unused.listen(0, '127.0.0.1', resolve));
    const address = unused.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await new Promise<void>((resolve) => unused.close(() => resolve()));
    await using client = testClient({ baseUrl: `http://127.0.0.1:${port}/v1`, requestMaxRetries: 2 });
    expect(facts((await ask(client.model)).error)).toEqual({
      message: 'Connection failed: error sending request',
      info: { responseStreamDisconnected: { httpStatusCode: null } },
      retry: 'network',
      retryAfterMs: 5000,
    });
    expect(client.pauses).toEqual([200, 400]);
  });
});

test('stream retries are the turn’s and only told', async () => {
  await using client = testClient({ baseUrl: 'http://127.0.0.1:1', streamMaxRetries: 500 });
  expect(client.model.streamMaxRetries).toBe(100);
});
