/** MCP servers of plugins that a thread has selected: started in the environment of their root, for that thread alone. */
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listeningServer } from '../environment/exec-servers.ts';
import { type Step, say } from '../support/scripted-model.ts';
import { type ServerSetup, startServer, type TestServer } from '../support/server.ts';
import { startHttpFixture } from './support/http-server.ts';
import { fixture, lastOutput, mcpItems, offered, statusUpdates, toolCall, until } from './support/scenes.ts';

const program = resolve('test/mcp/support/server.cjs');
const node = process.execPath;

/** Steps wait until servers have started, however busy the machine is. */
const unhurried = 'mcp_optional_startup_grace_ms = 0';

/** A plugin with servers good and bad; `url` is where its HTTP server lies. */
const kit = (url: string, more: object = {}) => ({
  'kit/.codex-plugin/plugin.json': '{"name":"Kit"}',
  'kit/.mcp.json': JSON.stringify({
    mcpServers: {
      rfix: { type: 'stdio', command: node, args: [program, 'remote'], env_vars: ['ONLY_THERE', 'ONLY_HERE'], environment_id: 'elsewhere' },
      web: { type: 'http', url, bearer_token_env_var: 'TOK' },
      below: { command: node, args: [program], cwd: 'inner' },
      escape: { command: node, args: [program], cwd: '../' },
      hostly: { command: node, args: [program], env_vars: [{ name: 'ONLY_HERE', source: 'local' }] },
      odd: { type: 'carrier pigeon', command: node },
      wrong: 'not a server',
      ...more,
    },
  }),
  'kit/inner/note.txt': '',
});

const root = (server: TestServer, environmentId: string) => [
  { id: 'kit@1', location: { type: 'environment' as const, environmentId, path: server.work.path('kit') } },
];

interface Scene {
  readonly url: string;
  readonly model?: readonly Step[];
  readonly tables?: string;
  readonly more?: object;
}

const variables = { TOK: 'there-secret', ONLY_THERE: 'yes' };
const hostVariables = { TOK: 'host-secret', ONLY_HERE: 'host' };

/** A server with the plugin on its disk, reached through an exec-server or not. */
async function scene(where: 'local' | 'far', { url, model = [], tables = '', more = {} }: Scene) {
  const path = process.env.PATH ?? '';
  const far = where === 'far' ? await listeningServer({ PATH: path, HOME: '/nonexistent', ...variables }) : undefined;
  const setup: ServerSetup = { config: unhurried, model, tables, files: kit(url, more), env: where === 'far' ? hostVariables : variables };
  const server = await startServer(setup);
  const client = await server.client({ questions: { 'mcpServer/elicitation/request': () => ({ action: 'accept', content: {} }) } });
  if (far) await client.request('environment/add', { environmentId: 'far', execServerUrl: far.url });
  if (far) await client.request('environment/info', { environmentId: 'far' });
  const threadId = await client.thread({ selectedCapabilityRoots: root(server, where), approvalPolicy: 'on-request' });
  return {
    ...{ server, client, threadId, far },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await far?.[Symbol.asyncDispose]();
    },
  };
}

const text = (item: ReturnType<typeof mcpItems>[number] | undefined): string => JSON.stringify(item?.result?.content);

describe.each(['local', 'far'] as const)('with a root in `%s`', (where) => {
  test('they start with the first step, in the directory and with the variables of their environment', async () => {
    await using web = await startHttpFixture();
    const model = [toolCall('rfix', 'environ'), toolCall('web', 'echo', { key: 'k' }), toolCall('below', 'environ'), say('done')];
    await using at = await scene(where, { url: web.url, model });
    const { client, threadId, server } = at;
    expect(statusUpdates(client, threadId)).toEqual([]);
    const { items } = await client.turn(threadId, 'go');
    expect(statusUpdates(client, threadId).filter(({ status }) => status === 'starting')).toMatchObject([
      { name: 'below' },
      { name: 'rfix' },
      { name: 'web' },
    ]);
    const calls = mcpItems(items);
    expect(calls).toMatchObject(
      ['rfix', 'web', 'below'].map((name) => ({ server: name, pluginId: 'kit@1', status: 'completed', error: null })),
    );
    const seen = JSON.parse(JSON.parse(text(calls[0]))[0].text);
    expect(seen).toMatchObject({ cwd: server.work.path('kit'), argv: ['remote'], env: { ONLY_THERE: 'yes' } });
    expect(seen.env).not.toHaveProperty('ONLY_HERE');
    expect(text(calls[2])).toContain(server.work.path('kit/inner'));
    const posts = web.seen.filter(({ http }) => http === 'POST');
    expect(posts.length).toBeGreaterThan(3);
    expect(posts.map(({ headers }) => headers.authorization)).toEqual(posts.map(() => 'Bearer there-secret'));
    const first = server.model.requests[0];
    expect(offered(first, 'mcp__rfix')).toContain('environ');
    expect(JSON.stringify(first?.body.tools)).toContain('About environ. This tool is part of plugin `Kit`.');
    expect(JSON.stringify(first?.body.tools)).not.toMatch(/mcp__(escape|hostly|odd|wrong)/);
  });

  test('a look at them before shows what they offer; other threads do not know them', async () => {
    await using web = await startHttpFixture();
    await using at = await scene(where, { url: web.url });
    const { client, threadId } = at;
    const { data } = await client.request('mcpServerStatus/list', { threadId });
    expect(data.map(({ name, runtimeStatus, pluginId }) => [name, runtimeStatus, pluginId])).toEqual([
      ['below', null, 'kit@1'],
      ['rfix', null, 'kit@1'],
      ['web', null, 'kit@1'],
    ]);
    expect(data[1]?.tools.environ).toMatchObject({ name: 'environ', description: 'About environ. This tool is part of plugin `Kit`.' });
    expect((await client.request('mcpServerStatus/list', { threadId: await client.thread() })).data).toEqual([]);
    expect((await client.request('mcpServerStatus/list', {})).data).toEqual([]);
    at.server.model.push(say('done'));
    await client.turn(threadId, 'go');
    expect((await client.request('mcpServerStatus/list', { threadId })).data.map(({ runtimeStatus }) => runtimeStatus)).toEqual([
      ...['connected', 'connected', 'connected'],
    ]);
  });
});

test('a reload between turns starts them, without waiting for a step', async () => {
  await using web = await startHttpFixture();
  await using at = await scene('local', { url: web.url });
  expect(statusUpdates(at.client, at.threadId)).toEqual([]);
  await at.client.request('config/mcpServer/reload', undefined);
  await until(() => statusUpdates(at.client, at.threadId).filter(({ status }) => status === 'ready').length === 3);
  const { data } = await at.client.request('mcpServerStatus/list', { threadId: at.threadId });
  expect(data.map(({ name, runtimeStatus }) => [name, runtimeStatus])).toEqual(['below', 'rfix', 'web'].map((name) => [name, 'connected']));
});

test('a variable that the environment does not have is named in the failure, and the one of the host is not taken', async () => {
  await using web = await startHttpFixture();
  await using at = await scene('far', {
    url: web.url,
    model: [say('done')],
    more: { web: { url: web.url, bearer_token_env_var: 'ONLY_HERE' } },
  });
  await at.client.turn(at.threadId, 'go');
  const { data } = await at.client.request('mcpServerStatus/list', { threadId: at.threadId });
  expect(data.find(({ name }) => name === 'web')).toMatchObject({ runtimeStatus: 'failed', pluginId: 'kit@1' });
  expect(data.find(({ name }) => name === 'web')?.toolsError).toContain(
    'header authorization requires executor environment variable ONLY_HERE',
  );
  expect(web.seen.filter(({ http }) => http === 'POST')).toEqual([]);
});

test('a server of the configuration has its name first; one that is switched off there stays off', async () => {
  const tables = `${fixture('rfix', { args: ['configured'] })}${fixture('below', { lines: 'enabled = false' })}`;
  await using web = await startHttpFixture();
  await using at = await scene('local', { url: web.url, tables, model: [toolCall('rfix', 'environ'), say('done')] });
  const { items } = await at.client.turn(at.threadId, 'go');
  expect(mcpItems(items)).toMatchObject([{ server: 'rfix', pluginId: null, status: 'completed' }]);
  expect(text(mcpItems(items)[0])).toContain('configured');
  expect(offered(at.server.model.requests[0], 'mcp__below')).toEqual([]);
  expect(offered(at.server.model.requests[0], 'mcp__web')).toEqual(['echo']);
});

test('a plugin does not decide what needs no consent; consent for its tools lasts for the session at most', async () => {
  const asked: unknown[] = [];
  const easy = { command: node, args: [program], default_tools_approval_mode: 'approve', tools: { write: { approval_mode: 'approve' } } };
  await using server = await startServer({
    config: unhurried,
    model: [toolCall('easy', 'write'), toolCall('easy', 'write'), say('done')],
    files: kit('http://127.0.0.1:1', { easy }),
  });
  const client = await server.client({
    questions: {
      'mcpServer/elicitation/request': (question) => {
        asked.push(question._meta);
        return { action: 'accept', content: {}, _meta: { persist: 'always' } };
      },
    },
  });
  const threadId = await client.thread({ selectedCapabilityRoots: root(server, 'local'), approvalPolicy: 'on-request' });
  const { items } = await client.turn(threadId, 'go');
  expect(mcpItems(items)).toMatchObject([{ status: 'completed' }, { status: 'completed' }]);
  expect(asked).toMatchObject([{ persist: ['session'], tool_name: 'write' }]);
});

test('an environment that comes late brings its servers into the same turn, and another one in its place starts them anew', async () => {
  await using web = await startHttpFixture();
  await using one = await listeningServer({ PATH: process.env.PATH ?? '', HOME: '/nonexistent', TOK: 'one' });
  await using two = await listeningServer({ PATH: process.env.PATH ?? '', HOME: '/nonexistent', TOK: 'two' });
  await using server = await startServer({ config: unhurried, files: kit(web.url) });
  const client = await server.client();
  const threadId = await client.thread({ selectedCapabilityRoots: root(server, 'late') });
  const come = async (url: string) => {
    await client.request('environment/add', { environmentId: 'late', execServerUrl: url });
    await client.request('environment/info', { environmentId: 'late' });
  };
  server.model.push(
    async (reply, request) => {
      expect(offered(request, 'mcp__rfix')).toEqual([]);
      await come(one.url);
      await toolCall('none', 'nothing')(reply, request);
    },
    toolCall('web', 'echo', { key: 'first' }),
    async (reply, request) => {
      await come(two.url);
      await toolCall('none', 'nothing')(reply, request);
    },
    toolCall('web', 'echo', { key: 'second' }),
    say('done'),
  );
  const { items, turn } = await client.turn(threadId, 'go');
  expect(turn.status).toBe('completed');
  expect(mcpItems(items)).toMatchObject([{ status: 'completed' }, { status: 'completed' }]);
  const calls = web.seen.filter(({ method }) => method === 'tools/call');
  expect(calls.map(({ headers }) => headers.authorization)).toEqual(['Bearer one', 'Bearer two']);
  expect(lastOutput(server.model.requests.at(-1))).toBeDefined();
});

test('the user may switch servers of a plugin off, hide tools and ask for more consent, but not for less; a reload brings it', async () => {
  const asked: unknown[] = [];
  const more = { command: node, args: [program] };
  const policies = (lines: string) => `[plugins."kit@1".mcp_servers.rfix]\nenabled = false\n[plugins."kit@1".mcp_servers.below]\n${lines}`;
  await using server = await startServer({
    config: unhurried,
    tables: policies(
      'disabled_tools = ["environ"]\ntools = { write = { approval_mode = "approve" }, echo = { approval_mode = "prompt" } }\n',
    ),
    model: [toolCall('below', 'write'), toolCall('below', 'echo', { key: 'k' }), say('done'), say('done')],
    files: kit('http://127.0.0.1:1', { below: more }),
  });
  const client = await server.client({
    questions: {
      'mcpServer/elicitation/request': ({ _meta: meta }) => {
        asked.push(meta);
        return { action: 'accept', content: {}, _meta: null };
      },
    },
  });
  const threadId = await client.thread({ selectedCapabilityRoots: root(server, 'local'), approvalPolicy: 'on-request' });
  await client.turn(threadId, 'go');
  const [first] = server.model.requests;
  expect(offered(first, 'mcp__rfix')).toEqual([]);
  expect(offered(first, 'mcp__below')).not.toContain('environ');
  expect(asked).toMatchObject([{ tool_name: 'write', persist: ['session'] }, { tool_name: 'echo' }]);
  expect(asked[1]).not.toHaveProperty('persist');
  await client.request('config/value/write', { keyPath: 'plugins."kit@1"', value: null, mergeStrategy: 'replace' });
  await client.request('config/mcpServer/reload', undefined);
  await client.turn(threadId, 'go');
  expect(offered(server.model.requests.at(-1), 'mcp__rfix')).toContain('environ');
  expect(offered(server.model.requests.at(-1), 'mcp__below')).toContain('environ');
});
