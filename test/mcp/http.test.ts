/** MCP over streamable HTTP, rule by rule: headers, order, retries, sessions, streams, redirects and refusals. */
import { expect, onTestFinished, test } from 'vitest';
import { say } from '../support/scripted-model.ts';
import { startServer } from '../support/server.ts';
import { type HttpFixture, httpTable, json, result, type Seen, sse, startHttpFixture, status, tool } from './support/http-server.ts';
import { offered, started, statusUpdates, toolCall } from './support/scenes.ts';

const patient = 'mcp_optional_startup_grace_ms = 0';

interface Setup {
  readonly lines?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly config?: string;
  readonly url?: string;
}

/** A thread with `web`, which has started or failed to. */
async function withServer(web: HttpFixture, { lines = '', env = {}, config = '', url = web.url }: Setup = {}) {
  const server = await startServer({ tables: httpTable(url, lines), env, config: `${patient}\n${config}` });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const client = await server.client();
  const threadId = await client.thread();
  await started(client, threadId);
  const call = (args: object = {}) =>
    client.request('mcpServer/tool/call', { threadId, server: 'web', tool: 'echo', arguments: { ...args } });
  const last = () => statusUpdates(client, threadId).at(-1);
  return { server, client, threadId, call, last };
}

const sent = (web: HttpFixture, method: string): Seen[] => web.seen.filter((seen) => seen.method === method);

test('headers and order of a conversation, from the first message to the end of the session', async () => {
  await using web = await startHttpFixture();
  const env = { FROM_ENV: 'env wins', BLANK: ' ', TOKEN: 'secret' };
  const lines = `bearer_token_env_var = "TOKEN"
http_headers = { "x-plain" = "one", "x-both" = "plain", "accept" = "mine", "bad name" = "x", "mcp-session-id" = "mine" }
env_http_headers = { "x-both" = "FROM_ENV", "x-blank" = "BLANK", "x-none" = "MISSING" }`;
  const { server, call } = await withServer(web, { lines, env });
  expect(await call({ key: 'a' })).toEqual({ content: [{ type: 'text', text: '{"key":"a"}' }] });
  await server[Symbol.asyncDispose]();
  expect(web.log()).toEqual(['initialize', 'notifications/initialized', 'GET', 'tools/list', 'tools/call', 'DELETE']);
  const inSession = { 'mcp-session-id': 'session-1', 'mcp-protocol-version': '2025-06-18' };
  const always = {
    authorization: 'Bearer secret',
    'user-agent': expect.stringMatching(/^codex-mcp-client\//),
    'x-plain': 'one',
    'x-both': 'env wins',
  };
  const posted = { accept: 'text/event-stream, application/json', 'content-type': 'application/json' };
  const [initialize, ...rest] = web.seen.map(({ headers }) => headers);
  expect(initialize).toMatchObject({ ...always, ...posted });
  expect(initialize).not.toHaveProperty('mcp-protocol-version');
  for (const headers of rest) expect(headers).toMatchObject({ ...always, ...inSession });
  for (const { headers } of web.seen) for (const name of ['x-blank', 'x-none', 'bad name']) expect(headers).not.toHaveProperty([name]);
  expect(sent(web, 'initialize')[0]?.params).toMatchObject({
    protocolVersion: '2025-06-18',
    clientInfo: { name: 'codex-mcp-client', title: 'Codex' },
    capabilities: { elicitation: { form: {}, url: {} } },
  });
});

test.each([
  ['', 'is empty'],
  [undefined, 'is not set'],
])('a bearer variable that is %j fails the start, and nothing is sent', async (value, what) => {
  await using web = await startHttpFixture();
  const { last } = await withServer(web, { lines: 'bearer_token_env_var = "TOKEN"', env: value === undefined ? {} : { TOKEN: value } });
  expect(last()).toMatchObject({
    status: 'failed',
    error: expect.stringContaining(`Environment variable TOKEN for MCP server 'web' ${what}`),
  });
  expect(web.seen).toEqual([]);
});

test.each([
  [2, 'ready', 3],
  [5, 'failed', 3],
])('%i refusals of a busy server while it starts: %s', async (refusals, end, posts) => {
  let left = refusals;
  await using web = await startHttpFixture({
    answer: ({ method }, response) => (method === 'initialize' && left-- > 0 ? status(response, 503, 'busy') : undefined),
  });
  const { last } = await withServer(web);
  expect(last()).toMatchObject({ status: end });
  expect(sent(web, 'initialize')).toHaveLength(posts);
});

test('a call is never repeated, whatever the refusal', async () => {
  let code = 503;
  await using web = await startHttpFixture({
    answer: ({ method }, response) => (method === 'tools/call' ? status(response, code, 'busy') : undefined),
  });
  const { call } = await withServer(web);
  for (code of [408, 429, 500, 502, 503, 504])
    await expect(call()).rejects.toThrow(`tool call failed for \`web/echo\`: HTTP ${code}: busy`);
  expect(sent(web, 'tools/call')).toHaveLength(6);
});

test('refusals are told in the words of the server', async () => {
  let answer: (response: Parameters<typeof json>[0], id: unknown) => true = (response) => status(response, 400);
  await using web = await startHttpFixture({
    answer: ({ method, id }, response) => (method === 'tools/call' ? answer(response, id) : undefined),
  });
  const { call } = await withServer(web);
  answer = (response, id) => status(response, 400, JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32050, message: 'not today' } }));
  await expect(call()).rejects.toMatchObject({ code: -32050, message: 'not today' });
  answer = (response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<p>hello');
    return true;
  };
  await expect(call()).rejects.toThrow('UnexpectedContentType: text/html: <p>hello');
  answer = (response) => json(response, result('another', {}));
  await expect(call()).rejects.toThrow('the MCP server answered something else');
  answer = (response) => status(response, 404, 'x'.repeat(10_000));
  web.sessions.length = 0;
  web.answer = ({ method }, response) => (method === 'tools/call' ? status(response, 418, 'x'.repeat(10_000)) : undefined);
  await expect(call()).rejects.toThrow(/HTTP 418: x{8192}$/);
});

test('a session that has expired is made anew once for all who meet its end, and each call is made once', async () => {
  await using web = await startHttpFixture();
  const { call } = await withServer(web);
  web.seen.length = 0;
  web.sessions.length = 0;
  const answers = await Promise.all([call({ key: 'a' }), call({ key: 'b' }), call({ key: 'c' })]);
  expect(answers.map(({ content }) => content)).toEqual(['a', 'b', 'c'].map((key) => [{ type: 'text', text: `{"key":"${key}"}` }]));
  expect(sent(web, 'initialize')).toHaveLength(1);
  expect(sent(web, 'notifications/initialized')).toHaveLength(1);
  const calls = sent(web, 'tools/call').map(({ headers }) => headers['mcp-session-id']);
  expect(calls.sort()).toEqual([...['session-1', 'session-1', 'session-1'], ...['session-2', 'session-2', 'session-2']]);
  await expect
    .poll(() => web.seen.filter(({ http }) => http === 'DELETE').map(({ headers }) => headers['mcp-session-id']))
    .toEqual(['session-1']);
});

test('a new session may be welcomed in a stream that stays open; one that is refused fails the call', async () => {
  await using web = await startHttpFixture();
  const { call } = await withServer(web);
  web.sessions.length = 0;
  web.answer = ({ method, id }, response) => {
    if (method !== 'initialize') return undefined;
    web.sessions.push('again');
    response.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-session-id': 'again' });
    response.write(sse(result(id, { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: { name: 'web', version: '2' } })));
    return true;
  };
  expect(await call({ key: 'a' })).toMatchObject({ content: [{ text: '{"key":"a"}' }] });
  web.sessions.length = 0;
  web.answer = ({ method, id }, response) =>
    method === 'initialize' ? json(response, JSON.stringify({ jsonrpc: '2.0', id, error: { code: -1, message: 'no' } })) : undefined;
  await expect(call()).rejects.toThrow('the MCP server refuses a new session');
});

test('without a session, 404 is a refusal like any other', async () => {
  await using web = await startHttpFixture({
    stateful: false,
    answer: ({ method }, response) => (method === 'tools/call' ? status(response, 404, 'gone') : undefined),
  });
  const { call } = await withServer(web);
  await expect(call()).rejects.toThrow('HTTP 404: gone');
  expect(sent(web, 'initialize')).toHaveLength(1);
});

test('a server that has no stream and says so with 404 keeps its session', async () => {
  await using web = await startHttpFixture({
    answer: ({ http, headers }, response) => (http === 'GET' && headers['mcp-session-id'] ? status(response, 404) : undefined),
  });
  const { call } = await withServer(web);
  await call();
  expect(sent(web, 'initialize')).toHaveLength(1);
  expect(web.log().filter((entry) => entry === 'GET')).toHaveLength(1);
});

test('an answer in events, in pieces of any size and with any line end', async () => {
  let pieces: readonly string[] = [];
  await using web = await startHttpFixture({
    answer: async ({ method, id }, response) => {
      if (method !== 'tools/call') return undefined;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const body = `: hello\r\n\r\nid: 1\r\nevent: message\r\ndata: ${result(id, { content: [{ type: 'text', text: 'grüße €' }] })}\r\n\r\n`;
      const bytes = Buffer.from(body);
      for (let at = 0; at < bytes.length; at += 7) await new Promise((written) => response.write(bytes.subarray(at, at + 7), written));
      response.end();
      pieces = [body];
      return true;
    },
  });
  const { call } = await withServer(web);
  expect(await call()).toEqual({ content: [{ type: 'text', text: 'grüße €' }] });
  expect(pieces).toHaveLength(1);
});

test('the stream of a server is opened again after its last event, as soon as the server wants', async () => {
  await using web = await startHttpFixture();
  web.listens = true;
  await withServer(web);
  await expect.poll(() => web.streams.size).toBe(1);
  const [stream] = web.streams;
  stream?.end(`retry: 100\n\n${sse('{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}', 'e7')}`);
  await expect.poll(() => web.seen.filter(({ http, headers }) => http === 'GET' && headers['last-event-id'] === 'e7').length).toBe(1);
});

test.each([true, false])('other tools that are announced over the stream are offered to the model: %j', async (follows) => {
  await using web = await startHttpFixture();
  web.listens = true;
  const { server, client, threadId } = await withServer(web, { config: `features = { mcp_tool_list_changed = ${follows} }` });
  await expect.poll(() => web.streams.size).toBe(1);
  let listed = 0;
  web.answer = ({ method, id }, response) => {
    if (method !== 'tools/list') return undefined;
    listed += 1;
    return json(response, result(id, { tools: [tool('echo'), tool('added')] }));
  };
  for (const stream of web.streams) stream.write(sse('{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}'));
  if (follows) {
    await expect.poll(() => listed).toBe(1);
    const names = async () => Object.keys((await client.request('mcpServerStatus/list', { threadId })).data[0]?.tools ?? {});
    await expect.poll(names).toEqual(['echo', 'added']);
  }
  server.model.push(say('done'));
  await client.turn(threadId, 'go');
  expect(offered(server.model.requests[0], 'mcp__web').sort()).toEqual(follows ? ['added', 'echo'] : ['echo']);
  expect(listed).toBe(follows ? 1 : 0);
});

test('redirects are followed on the server itself and nowhere else; credentials stay', async () => {
  await using web = await startHttpFixture();
  await using other = await startHttpFixture();
  const redirect = (to: string) =>
    (({ method, headers }, response) => {
      if (method !== 'tools/call' || headers['x-seen'] !== undefined) return undefined;
      response.writeHead(307, { location: to }).end();
      return true;
    }) satisfies HttpFixture['answer'];
  const { call } = await withServer(web, { lines: 'http_headers = { authorization = "Bearer mine" }' });
  web.answer = redirect(other.url);
  await expect(call()).rejects.toThrow('the MCP server redirects to a place that requests are not sent to');
  expect(other.seen).toEqual([]);
  let once = 0;
  web.answer = (seen, response) => (once++ === 0 ? redirect('/mcp')(seen, response) : undefined);
  expect(await call({ key: 'moved' })).toMatchObject({ content: [{ text: '{"key":"moved"}' }] });
  expect(sent(web, 'tools/call').at(-1)?.headers.authorization).toBe('Bearer mine');
});

test('cookies of a server are never sent back', async () => {
  await using web = await startHttpFixture({
    answer: (_seen, response) => {
      response.setHeader('set-cookie', ['__cflb=west; Path=/', 'sid=1']);
      return undefined;
    },
  });
  const { call } = await withServer(web);
  await call();
  expect(web.seen.filter(({ headers }) => headers.cookie !== undefined)).toEqual([]);
});

test('messages that are taken with a body without end hold nobody up', async () => {
  await using web = await startHttpFixture({
    answer: ({ method }, response) => {
      if (method !== 'notifications/initialized') return undefined;
      response.writeHead(202).write('and so on');
      return true;
    },
  });
  const { call, last } = await withServer(web);
  expect(last()).toMatchObject({ status: 'ready' });
  await call();
});

test.each(['initialize', 'notifications/initialized', 'tools/list'])(
  'a server that never answers %s fails after its time',
  async (stuck) => {
    await using web = await startHttpFixture({ answer: ({ method }) => method === stuck });
    const { last } = await withServer(web, { lines: 'startup_timeout_sec = 0.5' });
    expect(last()).toMatchObject({ status: 'failed', error: expect.stringContaining('timed out after 0 seconds') });
  },
);

test('a call that takes too long is taken back from the server, and the connection serves on', async () => {
  await using web = await startHttpFixture();
  const { call } = await withServer(web, { lines: 'tool_timeout_sec = 0.3' });
  web.answer = ({ method }) => method === 'tools/call';
  await expect(call()).rejects.toThrow('tool call failed for `web/echo`: timed out awaiting tools/call after 300ms');
  web.answer = () => undefined;
  await expect
    .poll(() => sent(web, 'notifications/cancelled').map(({ params }) => params))
    .toEqual([{ requestId: sent(web, 'tools/call')[0]?.id, reason: 'MCP request cancelled by caller' }]);
  expect(await call({ key: 'on' })).toMatchObject({ content: [{ text: '{"key":"on"}' }] });
});

test('reloading keeps what is unchanged, ends what is gone, starts what is new; a call under way in a turn is not disturbed', async () => {
  await using web = await startHttpFixture();
  await using old = await startHttpFixture();
  await using fresh = await startHttpFixture();
  const model = [toolCall('old', 'echo', { key: 'slow' }), say('done')];
  await using server = await startServer({ config: patient, tables: `${httpTable(web.url)}${httpTable(old.url, '', 'old')}`, model });
  const client = await server.client();
  const threadId = await client.thread();
  await started(client, threadId);
  const heard = () => statusUpdates(client, threadId).map(({ name, status: how }) => `${name} ${how}`);
  let answer = () => {};
  old.answer = ({ method, id }, response) => {
    if (method !== 'tools/call') return undefined;
    answer = () => json(response, result(id, { content: [{ type: 'text', text: 'slow but sure' }] }));
    return true;
  };
  const turn = client.turn(threadId, 'go');
  await expect.poll(() => sent(old, 'tools/call').length).toBe(1);
  const before = heard().length;
  const edits = [
    { keyPath: 'mcp_servers.old', value: null, mergeStrategy: 'replace' as const },
    { keyPath: 'mcp_servers.fresh', value: { url: fresh.url }, mergeStrategy: 'replace' as const },
  ];
  await client.request('config/batchWrite', { edits });
  await client.request('config/mcpServer/reload', undefined);
  expect(old.log()).not.toContain('DELETE');
  answer();
  const { items } = await turn;
  expect(JSON.stringify(items)).toContain('slow but sure');
  await expect.poll(() => old.log().at(-1)).toBe('DELETE');
  await expect.poll(() => heard().slice(before)).toContain('fresh ready');
  expect(heard().slice(before)).toContain('web ready');
  expect(heard().slice(before)).not.toContain('web starting');
  expect(sent(web, 'initialize')).toHaveLength(1);
});
