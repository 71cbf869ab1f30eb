/** Rules of MCP servers that no other test is about: who we say we are, what a list shows, what goes along where. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readResult } from '../../src/agent/tools/mcp-result.ts';
import { credentialKey } from '../../src/mcp/credentials.ts';
import { listeningServer } from '../environment/exec-servers.ts';
import { say } from '../support/scripted-model.ts';
import { startServer } from '../support/server.ts';
import { httpTable, json, result, startHttpFixture } from './support/http-server.ts';
import { fixture, lastOutput, mcpItems, noted, offered, started, statusUpdates, toolCall, until } from './support/scenes.ts';

const patient = 'mcp_optional_startup_grace_ms = 0';

test('only a program that belongs to a thread hears that a login may change', async () => {
  await using web = await startHttpFixture();
  await using server = await startServer({ files: { seen: '' } });
  const log = server.work.path('seen');
  const tables = `${fixture('fix', { env: { SEEN: log } })}${httpTable(web.url)}`;
  await writeFile(join(server.home, 'config.toml'), `${await readFile(join(server.home, 'config.toml'), 'utf8')}${tables}`);
  const client = await server.client();
  await started(client, await client.thread());
  await client.request('mcpServerStatus/list', {});
  const told = (await noted(log)).flatMap(({ initialize }) => (initialize === undefined ? [] : [initialize]));
  const elicitation = { form: {}, url: {} };
  expect(told).toMatchObject([
    { clientInfo: { name: 'codex-mcp-client', title: 'Codex' }, capabilities: { elicitation, experimental: { 'codex/auth-change': {} } } },
    { capabilities: { elicitation } },
  ]);
  expect(JSON.stringify(told[1])).not.toContain('auth-change');
  const overHttp = web.seen.filter(({ method }) => method === 'initialize').map(({ params }) => params?.capabilities);
  expect(overHttp).toEqual([{ elicitation }, { elicitation }]);
});

test('a name that no server may have, and an environment that nobody knows, concern that server alone', async () => {
  const tables = `${fixture('bad name')}${fixture('far', { lines: 'environment_id = "moon"' })}${fixture('fix')}`;
  await using server = await startServer({ tables });
  const client = await server.client();
  const threadId = await client.thread();
  const { data } = await client.request('mcpServerStatus/list', { threadId, detail: 'toolsAndAuthOnly' });
  expect(data.map(({ name, runtimeStatus }) => [name, runtimeStatus])).toEqual([
    ['bad name', 'failed'],
    ['far', 'disabled'],
    ['fix', 'connected'],
  ]);
  expect(statusUpdates(client, threadId).find(({ name, error }) => name === 'bad name' && error !== null)?.error).toBe(
    "MCP client for `bad name` failed to start: MCP startup failed: Invalid MCP server name 'bad name': must match pattern ^[a-zA-Z0-9_:@/.-]+$",
  );
  expect(statusUpdates(client, threadId).some(({ name }) => name === 'far')).toBe(false);
});

test('pages, cursors and errors of a status list; reading a resource; threads that there are not', async () => {
  await using server = await startServer({ tables: `${fixture('b')}${fixture('a')}` });
  const client = await server.client();
  const threadId = await client.thread();
  const list = (params: object) => client.request('mcpServerStatus/list', { detail: 'toolsAndAuthOnly', ...params });
  const names = async (params: object) => {
    const { data, nextCursor } = await list(params);
    return [...data.map(({ name }) => name), nextCursor];
  };
  expect(await names({ threadId })).toEqual(['a', 'b', null]);
  expect(await names({ threadId, limit: 1 })).toEqual(['a', '1']);
  expect(await names({ cursor: '1' })).toEqual(['b', null]);
  expect(await names({ threadId, serverName: 'b' })).toEqual(['b', null]);
  expect(await names({ threadId, serverName: 'zz' })).toEqual([null]);
  await expect(list({ cursor: 'zz' })).rejects.toThrow('invalid cursor: zz');
  await expect(list({ cursor: '9' })).rejects.toThrow('cursor 9 exceeds total MCP servers 2');
  await expect(list({ threadId: 'xx' })).rejects.toThrow('invalid thread id: ');
  const nobody = '01a1fd1c-55c2-75c3-a4f9-7fbd4ad6f6c7';
  await expect(list({ threadId: nobody })).rejects.toThrow(`thread not found: ${nobody}`);
  const call = { server: 'a', tool: 'echo', arguments: {} };
  await expect(client.request('mcpServer/tool/call', { threadId: nobody, ...call })).rejects.toThrow(`thread not found: ${nobody}`);
  await expect(client.request('mcpServer/tool/call', { threadId, ...call, server: 'nope' })).rejects.toThrow("unknown MCP server 'nope'");
  const read = { server: 'a', uri: 'fixture://note' };
  const contents = [{ uri: 'fixture://note', text: 'hello world' }];
  const origin = { originCallId: 'call-1' };
  expect(await client.request('mcpServer/resource/read', { threadId, ...read, ...origin })).toMatchObject({ contents, ...origin });
  expect(await client.request('mcpServer/resource/read', read)).toMatchObject({ contents, originCallId: null });
  await expect(client.request('mcpServer/resource/read', { ...read, ...origin })).rejects.toThrow('originCallId requires threadId');
  await expect(client.request('mcpServer/resource/read', { ...read, uri: 'fixture://no' })).rejects.toThrow('no such resource');
});

test('a configuration that cannot be read changes no thread, and says where it is wrong', async () => {
  await using server = await startServer({ tables: fixture('fix') });
  const client = await server.client();
  const threadId = await client.thread();
  await started(client, threadId);
  const file = join(server.home, 'config.toml');
  await writeFile(file, `${await readFile(file, 'utf8')}[mcp_servers.none]\nenabled = true\n`);
  await expect(client.request('config/mcpServer/reload', undefined)).rejects.toThrow(
    /^failed to refresh MCP servers: .*config\.toml:\d+:1: invalid transport$/,
  );
  const call = { threadId, server: 'fix', tool: 'text_only', arguments: {} };
  expect(await client.request('mcpServer/tool/call', call)).toMatchObject({ content: [{ text: 'one' }, { text: 'two' }] });
});

test('what a server says of connectors is taken out; where the view of a tool lies is told in three spellings', async () => {
  const views = [{ ui: { resourceUri: 'ui://a' } }, { 'ui/resourceUri': 'ui://b' }, { 'openai/outputTemplate': 'ui://c' }];
  const lies = {
    connector_id: 'x',
    connector_name: 'x',
    connector_display_name: 'x',
    connector_description: 'x',
    connectorDescription: 'x',
  };
  const tools = views.map((view, at) => ({
    ...{ name: `t${at}`, inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } },
    _meta: { ...view, ...lies },
  }));
  await using web = await startHttpFixture({
    answer: ({ method, id }, response) => (method === 'tools/list' ? json(response, result(id, { tools })) : undefined),
  });
  const calls = tools.map(({ name }) => toolCall('web', name));
  await using server = await startServer({ config: patient, tables: httpTable(web.url), model: [...calls, say('done')] });
  const client = await server.client();
  const threadId = await client.thread();
  const { items } = await client.turn(threadId, 'go');
  expect(mcpItems(items).map(({ mcpAppUi, appContext }) => [mcpAppUi?.resourceUri, appContext])).toEqual([
    ['ui://a', null],
    ['ui://b', null],
    ['ui://c', null],
  ]);
  const { data } = await client.request('mcpServerStatus/list', { threadId });
  expect(Object.values(data[0]?.tools ?? {}).map(({ _meta }) => _meta)).toEqual(views);
});

test('tools of a server that was seen before are offered while it starts, unless it said that they must not be remembered', async () => {
  const forgetful = { experimental: { 'codex/tool-catalog-cache': { cacheable: false } } };
  const hold = { on: false };
  const slow = (capabilities: object) =>
    startHttpFixture({
      answer: ({ method, id, params }, response) => {
        if (method !== 'initialize') return undefined;
        if (hold.on) return true;
        const info = { protocolVersion: params?.protocolVersion, serverInfo: { name: 's', version: '1' } };
        return json(response, result(id, { ...info, capabilities: { tools: {}, ...capabilities } }), { 'mcp-session-id': 'session-1' });
      },
    });
  await using known = await slow({});
  await using unknown = await slow(forgetful);
  for (const web of [known, unknown]) web.sessions.push('session-1');
  await using server = await startServer({
    config: 'mcp_optional_startup_grace_ms = 50',
    tables: `${httpTable(known.url, '', 'known')}${httpTable(unknown.url, '', 'unknown')}`,
    model: [say('done')],
  });
  const client = await server.client();
  await started(client, await client.thread());
  hold.on = true;
  await client.turn(await client.thread(), 'go');
  expect(offered(server.model.requests[0], 'mcp__known')).toEqual(['echo']);
  expect(offered(server.model.requests[0], 'mcp__unknown')).toEqual([]);
});

test('calls of one server are made one after the other, unless it can take several', async () => {
  let open = 0;
  const most = new Map<string, number>();
  await using web = await startHttpFixture({
    answer: async ({ method, params }) => {
      if (method !== 'tools/call') return undefined;
      open += 1;
      const key = params?.arguments?.key ?? '';
      most.set(key, Math.max(most.get(key) ?? 0, open));
      // Long enough for another call to come, if another one may.
      await new Promise((go) => setTimeout(go, 100));
      open -= 1;
      return undefined;
    },
  });
  const tables = `${httpTable(web.url, '', 'one')}${httpTable(web.url, 'supports_parallel_tool_calls = true', 'many')}`;
  const twice = (name: string) =>
    [1, 2].map((index) => ({
      ...{ type: 'function_call', id: `fc_${name}_${index}`, call_id: `call_${name}_${index}`, namespace: `mcp__${name}`, name: 'echo' },
      arguments: JSON.stringify({ key: name }),
    }));
  await using server = await startServer({
    ...{ config: patient, tables },
    model: [
      ...['one', 'many'].map((name) => (reply: Parameters<ReturnType<typeof say>>[0]) => {
        for (const item of twice(name)) reply.item(item);
        reply.done();
      }),
      say('done'),
    ],
  });
  const client = await server.client();
  await client.turn(await client.thread(), 'go');
  expect(Object.fromEntries(most)).toEqual({ one: 1, many: 2 });
});

test('a program elsewhere needs a directory, and gets its variables from there, from here and from the file, each as it is said', async () => {
  await using far = await listeningServer({
    PATH: process.env.PATH ?? '',
    HOME: '/nonexistent',
    THERE: 'far',
    BOTH: 'far',
    UNNAMED: 'far',
  });
  const variables = '["BOTH", { name = "HERE", source = "local" }, { name = "THERE", source = "remote" }]';
  const lines = `environment_id = "far"\nenv_vars = ${variables}\n`;
  const tables = `${fixture('lost', { lines: 'environment_id = "far"' })}${fixture('fix', { lines: `${lines}cwd = "/"`, env: { LITERAL: 'file' } })}`;
  await using server = await startServer({ tables, env: { HERE: 'host', BOTH: 'host', THERE: 'host', UNNAMED: 'host' } });
  const client = await server.client();
  await client.request('environment/add', { environmentId: 'far', execServerUrl: far.url });
  const threadId = await client.thread();
  await until(() => statusUpdates(client, threadId).filter(({ status }) => status !== 'starting').length === 2);
  expect(statusUpdates(client, threadId).find(({ name, status }) => name === 'lost' && status === 'failed')?.error).toBe(
    'MCP client for `lost` failed to start: MCP startup failed: executor stdio server requires an explicit cwd',
  );
  const { content } = await client.request('mcpServer/tool/call', { threadId, server: 'fix', tool: 'environ', arguments: {} });
  const [{ text = '' } = {}] = content as { text?: string }[];
  const { cwd, env } = JSON.parse(text);
  expect(cwd).toBe('/');
  expect(env).toMatchObject({ HOME: '/nonexistent', THERE: 'far', HERE: 'host', BOTH: 'host', LITERAL: 'file' });
  expect(env).not.toHaveProperty('UNNAMED');
});

test('what a model cannot see or hear is replaced by a word about it', () => {
  const answer = {
    content: [
      { type: 'image', data: 'AAAA', mimeType: 'image/png' },
      { type: 'audio', data: 'AAAA' },
    ],
  };
  expect(readResult(answer, false).content).toEqual([
    { type: 'text', text: '<image content omitted because you do not support image input>' },
    { type: 'text', text: '<audio content omitted because you do not support audio input>' },
  ]);
  expect(readResult(answer, true).content[0]).toEqual(answer.content[0]);
});

test('a plugin may keep its manifest where other programs look, and its servers in it', async () => {
  const server1 = { command: process.execPath, args: [join(process.cwd(), 'test/mcp/support/server.cjs')] };
  const files = { 'kit/.claude-plugin/plugin.json': JSON.stringify({ name: 'kit', mcpServers: { inline: server1 } }) };
  await using server = await startServer({ config: patient, files, model: [say('done')] });
  const client = await server.client();
  const location = { type: 'environment' as const, environmentId: 'local', path: server.work.path('kit') };
  await client.turn(await client.thread({ selectedCapabilityRoots: [{ id: 'kit@1', location }] }), 'go');
  expect(offered(server.model.requests[0], 'mcp__inline')).toContain('echo');
});

test('one module makes connections with the library', async () => {
  const entries = await readdir('src', { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map(({ parentPath, name }) => join(parentPath, name));
  const imports = /import\('@modelcontextprotocol|^import \{[^}]*\} from '@modelcontextprotocol/m;
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  expect(files.filter((_, at) => imports.test(texts[at] ?? ''))).toEqual([join('src', 'mcp', 'client.ts')]);
});

test('a question whose client goes away is asked again of whoever resumes the thread', async () => {
  await using server = await startServer({ config: patient, tables: fixture('fix'), model: [toolCall('fix', 'ask_form'), say('done')] });
  const client = await server.client({
    questions: {
      'mcpServer/elicitation/request': () => {
        void client.close();
        return new Promise(() => {});
      },
    },
  });
  const threadId = await client.thread({ approvalPolicy: 'on-request' });
  client.request('turn/start', { threadId, input: [{ type: 'text', text: 'go', text_elements: [] }] }).catch(() => {});
  await client.closed;
  const next = await server.client({
    questions: { 'mcpServer/elicitation/request': () => ({ action: 'decline', content: null, _meta: null }) },
  });
  await next.request('thread/resume', { threadId });
  expect(JSON.stringify(lastOutput(await server.model.request(1)))).toContain('decline');
});

test('a login at a server that publishes nothing is its bearer all the same', async () => {
  await using web = await startHttpFixture();
  const login = { server_name: 'web', server_url: web.url, client_id: 'c', access_token: 'kept', expires_at: null, refresh_token: null };
  await using server = await startServer({
    config: 'mcp_oauth_credentials_store = "file"',
    tables: httpTable(web.url),
    homeFiles: { '.credentials.json': JSON.stringify({ [credentialKey('web', web.url)]: login }) },
  });
  const client = await server.client();
  const threadId = await client.thread();
  await started(client, threadId);
  const posts = web.seen.filter(({ http }) => http === 'POST');
  expect(posts.length).toBeGreaterThan(2);
  for (const { headers } of posts) expect(headers.authorization).toBe('Bearer kept');
});
