/** MCP servers behind an exec-server whose connection is cut again and again: nothing is lost, nothing is done twice. */
import { expect, test } from 'vitest';
import { listeningServer } from '../environment/exec-servers.ts';
import { cuttingProxy } from '../support/cutting-proxy.ts';
import { say } from '../support/scripted-model.ts';
import { startServer } from '../support/server.ts';
import { tempWorkspace } from '../support/workspace.ts';
import { httpTable, result, sse, startHttpFixture } from './support/http-server.ts';
import { fixture, lastOutput, mcpItems, noted, started, toolCall } from './support/scenes.ts';

const baseEnv = { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: '/nonexistent' };

/** Numbers from 0 up to 1, the same for each seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A server with one MCP server in `far`, whose connection goes through a proxy. */
async function farAway(table: string, model: Parameters<typeof startServer>[0] = {}) {
  const exec = await listeningServer(baseEnv);
  const proxy = await cuttingProxy(exec.port);
  const server = await startServer({ tables: table, ...model });
  const client = await server.client();
  await client.request('environment/add', { environmentId: 'far', execServerUrl: `ws://127.0.0.1:${proxy.port}` });
  const threadId = await client.thread();
  await started(client, threadId);
  return {
    ...{ proxy, server, client, threadId },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await exec[Symbol.asyncDispose]();
    },
  };
}

const stdioTable = (seen: string) => fixture('fix', { env: { SEEN: seen }, lines: 'environment_id = "far"\ncwd = "/"' });

test.each([1, 2, 3])('over stdio, every call is made once and answered once (seed %i)', { timeout: 120_000 }, async (seed) => {
  const next = random(seed);
  await using notes = await tempWorkspace();
  const log = notes.path('seen');
  await using at = await farAway(stdioTable(log));
  // Room for what has to be caught up with at once, in most of the connections.
  at.proxy.cutAfter = () => 500 + Math.floor(next() * 300_000);
  at.proxy.cut();
  const keys = Array.from({ length: 60 }, (_, index) => `key-${seed}-${index}`);
  const waiting = [...keys];
  const answers = new Map<string, string[]>();
  const work = async () => {
    for (let key = waiting.shift(); key !== undefined; key = waiting.shift()) {
      const args = { key, steps: 5 + Math.floor(next() * 20), bytes: 1000 + Math.floor(next() * 20_000) };
      const answer = await at.client.request('mcpServer/tool/call', {
        threadId: at.threadId,
        server: 'fix',
        tool: 'stream',
        arguments: args,
      });
      const [{ text }] = answer.content as [{ text: string }];
      expect(text).toBe(`${key}:${key.repeat(Math.ceil(args.bytes / key.length))}`);
      answers.set(key, [...(answers.get(key) ?? []), text]);
    }
  };
  await Promise.all([work(), work(), work(), work()]);
  expect(at.proxy.cuts).toBeGreaterThan(5);
  expect([...answers.values()].map((all) => all.length)).toEqual(keys.map(() => 1));
  const calls = (await noted(log)).flatMap(({ call, args }) => (call === 'stream' ? [(args as { key: string }).key] : []));
  expect(calls.sort()).toEqual([...keys].sort());
});

test('a turn whose call is cut in the middle goes on with the true result', async () => {
  await using notes = await tempWorkspace();
  const log = notes.path('seen');
  const model = [toolCall('fix', 'stream', { key: 'one', steps: 50, bytes: 3000 }), say('done')];
  await using at = await farAway(stdioTable(log), { model });
  const off = at.client.on('item/mcpToolCall/progress', () => {
    off();
    at.proxy.cut();
  });
  const { items, turn } = await at.client.turn(at.threadId, 'go');
  expect(turn.status).toBe('completed');
  expect(at.proxy.cuts).toBe(1);
  expect(mcpItems(items)).toMatchObject([{ status: 'completed', error: null }]);
  expect(JSON.stringify(lastOutput(at.server.model.requests.at(-1)))).toContain(`one:${'one'.repeat(1000)}`);
  expect((await noted(log)).filter(({ call }) => call === 'stream')).toHaveLength(1);
});

test.each([1, 2])('over HTTP, a call is never made twice, and one that was cut says so (seed %i)', { timeout: 120_000 }, async (seed) => {
  const next = random(seed);
  const made = new Map<string, number>();
  await using web = await startHttpFixture({
    answer: ({ method, id, params }, response) => {
      if (method !== 'tools/call') return undefined;
      const { key = '', bytes = 0 } = params?.arguments ?? {};
      made.set(key, (made.get(key) ?? 0) + 1);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(sse(result(id, { content: [{ type: 'text', text: `${key}:${'x'.repeat(bytes)}` }] })));
      return true;
    },
  });
  await using at = await farAway(httpTable(web.url, 'environment_id = "far"'));
  at.proxy.cutAfter = () => 2000 + Math.floor(next() * 150_000);
  at.proxy.cut();
  const outcomes = { whole: 0, told: 0 };
  const waiting = Array.from({ length: 60 }, (_, index) => `key-${seed}-${index}`);
  const work = async () => {
    for (let key = waiting.shift(); key !== undefined; key = waiting.shift()) {
      const bytes = Math.floor(next() * 60_000);
      const call = at.client.request('mcpServer/tool/call', {
        threadId: at.threadId,
        server: 'web',
        tool: 'echo',
        arguments: { key, bytes },
      });
      const text = await call.then(
        ({ content }) => (content as [{ text: string }])[0].text,
        (error: Error) => error,
      );
      if (text instanceof Error) {
        expect(text.message).toMatch(/^tool call failed for `web\/echo`: .*(exec-server|broke off)/);
        outcomes.told += 1;
        continue;
      }
      expect(text).toBe(`${key}:${'x'.repeat(bytes)}`);
      expect(made.get(key)).toBe(1);
      outcomes.whole += 1;
    }
  };
  await Promise.all([work(), work(), work()]);
  expect(Math.max(...made.values())).toBe(1);
  expect(outcomes.whole + outcomes.told).toBe(60);
  expect(outcomes.whole).toBeGreaterThan(5);
  expect(outcomes.told).toBeGreaterThan(5);
  // The connection that was cut so often still serves.
  at.proxy.cutAfter = () => undefined;
  at.proxy.cut();
  const last = { threadId: at.threadId, server: 'web', tool: 'echo', arguments: { key: 'last', bytes: 1 } };
  const again = async (): Promise<unknown> => at.client.request('mcpServer/tool/call', last).catch(() => undefined);
  expect((await again()) ?? (await again())).toMatchObject({ content: [{ text: 'last:x' }] });
});

test('over HTTP, an answer whose events are numbered is taken up again after a cut', async () => {
  await using web = await startHttpFixture({
    answer: ({ http, headers, method, id, params }, response) => {
      if (http === 'GET' && headers['last-event-id'] === 'e1') {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(sse(result('told', {}), 'e2') + sse(result(callId, { content: [{ type: 'text', text: 'late' }] }), 'e3'));
        return true;
      }
      if (method !== 'tools/call') return undefined;
      callId = id;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const progress = {
        method: 'notifications/progress',
        params: { progressToken: params?._meta?.progressToken, progress: 1, message: 'half' },
      };
      response.write(sse(JSON.stringify({ jsonrpc: '2.0', ...progress }), 'e1'));
      return true;
    },
  });
  let callId: unknown;
  const model = [toolCall('web', 'echo'), say('done')];
  await using at = await farAway(httpTable(web.url, 'environment_id = "far"'), { model });
  at.client.on('item/mcpToolCall/progress', () => at.proxy.cut());
  const { items } = await at.client.turn(at.threadId, 'go');
  expect(at.proxy.cuts).toBe(1);
  expect(web.seen.filter(({ method }) => method === 'tools/call')).toHaveLength(1);
  expect(mcpItems(items)).toMatchObject([{ status: 'completed', result: { content: [{ text: 'late' }] } }]);
});

test('the stream of a server is opened again when the connection is back', async () => {
  await using web = await startHttpFixture();
  web.listens = true;
  await using at = await farAway(httpTable(web.url, 'environment_id = "far"'));
  await expect.poll(() => web.streams.size).toBe(1);
  at.proxy.cut();
  await expect.poll(() => web.log().filter((entry) => entry === 'GET').length, { timeout: 10_000 }).toBe(2);
});
