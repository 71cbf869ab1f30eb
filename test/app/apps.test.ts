/**
 * The vendor's directory of apps: fetched for clients with the login of the account, kept in a file for later runs, and used for
 * suggestions to install something without ever waiting for the network. The origin here is a stand-in.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lastOutput, toolCall } from '../mcp/support/scenes.ts';
import { say } from '../support/scripted-model.ts';
import { type ServerSetup, startServer, type TestServer } from '../support/server.ts';

type Answer = { readonly status?: number; readonly headers?: Record<string, string>; readonly body: unknown };

/** `answer` may give none: the request hangs. */
async function origin(answer: (path: string) => Answer | undefined) {
  const seen: { path: string; headers: IncomingMessage['headers'] }[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    seen.push({ path, headers: request.headers });
    const given = answer(path);
    if (!given) return;
    response.writeHead(given.status ?? 200, { 'content-type': 'application/json', ...given.headers });
    response.end(JSON.stringify(given.body));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    seen,
    url: `http://127.0.0.1:${port}/backend-api/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function authFile({ plan = 'plus', account = 'acct-1' } = {}): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { 'https://api.openai.com/auth': { chatgpt_plan_type: plan, chatgpt_user_id: 'user-1', chatgpt_account_id: account } };
  const token = `${part({ alg: 'none' })}.${part(claims)}.c2ln`;
  const tokens = { id_token: token, access_token: 'access-secret', refresh_token: 'refresh-secret', account_id: account };
  return JSON.stringify({ auth_mode: 'chatgpt', OPENAI_API_KEY: null, tokens, last_refresh: '2026-11-21T00:00:00Z' });
}

const cacheOf = (server: TestServer): string => join(server.home, 'cache', 'codex_app_directory');

function signedIn(url: string, { auth = authFile(), tables = '', ...more }: ServerSetup & { auth?: string } = {}): Promise<TestServer> {
  return startServer({ config: `chatgpt_base_url = "${url}"`, tables, homeFiles: { 'auth.json': auth }, ...more });
}

const entry = (id: string, name: string, more: object = {}) => ({ id, name, description: `About ${name}`, ...more });

const twoPages = (path: string): Answer =>
  path.includes('token=')
    ? { body: { apps: [entry('c1', '', { description: 'better', logo_url: 'https://logo/' }), entry('c3', 'charlie')], nextToken: ' ' } }
    : {
        body: {
          apps: [entry('c2', 'Bravo & Co.'), entry('c1', 'Alpha'), entry('h', 'Hidden', { visibility: 'HIDDEN' })],
          nextToken: 'p 2',
        },
      };

test('all pages make one list, which is fetched once an hour unless a client insists, and kept byte for byte as the original keeps it', async () => {
  await using vendor = await origin(twoPages);
  await using server = await signedIn(vendor.url);
  const client = await server.client();
  const { data, nextCursor } = await client.request('app/list', {});
  expect(nextCursor).toBeNull();
  expect(data.map(({ id, name, description, logoUrl, installUrl }) => [id, name, description, logoUrl, installUrl])).toEqual([
    ['c1', 'Alpha', 'better', 'https://logo/', 'https://chatgpt.com/apps/alpha/c1'],
    ['c2', 'Bravo & Co.', 'About Bravo & Co.', null, 'https://chatgpt.com/apps/bravo---co/c2'],
    ['c3', 'charlie', 'About charlie', null, 'https://chatgpt.com/apps/charlie/c3'],
  ]);
  expect(data.every(({ isAccessible, isEnabled }) => !isAccessible && isEnabled)).toBe(true);
  expect(vendor.seen.map(({ path }) => path)).toEqual([
    '/backend-api/connectors/directory/list?external_logos=true',
    '/backend-api/connectors/directory/list?token=p%202&external_logos=true',
  ]);
  expect(vendor.seen[0]?.headers).toMatchObject({ authorization: 'Bearer access-secret', 'chatgpt-account-id': 'acct-1' });
  expect(client.seen.filter(({ method }) => method === 'app/list/updated')).toMatchObject([{ params: { data } }]);

  expect(await client.request('app/list', { limit: 1, cursor: '1' })).toMatchObject({ data: [{ id: 'c2' }], nextCursor: '2' });
  await expect(client.request('app/list', { cursor: '4' })).rejects.toThrow('cursor 4 exceeds total apps 3');
  await expect(client.request('app/list', { cursor: 'zz' })).rejects.toThrow('invalid cursor: zz');
  expect(vendor.seen.length).toBe(2);
  await client.request('app/list', { forceRefetch: true });
  expect(vendor.seen.length).toBe(4);

  const identity = `{"chatgpt_base_url":"${vendor.url}","account_id":"acct-1","chatgpt_user_id":"user-1","is_workspace_account":false}`;
  const name = `${createHash('sha1').update(identity).digest('hex')}.json`;
  expect(await readdir(cacheOf(server))).toEqual([name]);
  expect(await readFile(join(cacheOf(server), name), 'utf8')).toBe(JSON.stringify({ schema_version: 1, connectors: data }, null, 2));
});

test('the apps of a workspace come on top, and are not worth failing for', async () => {
  let broken = false;
  const workspace = { apps: [entry('w', 'Work'), entry('c1', 'Other', { description: 'of the workspace' })] };
  await using vendor = await origin((path) => {
    if (!path.includes('list_workspace')) return { body: { apps: [entry('c1', 'Alpha')], nextToken: null } };
    return broken ? { status: 500, body: {} } : { body: workspace };
  });
  await using server = await signedIn(vendor.url, { auth: authFile({ plan: 'team' }) });
  const client = await server.client();
  const list = async () =>
    (await client.request('app/list', { forceRefetch: true })).data.map(({ id, name, description }) => [id, name, description]);
  expect(await list()).toEqual([
    ['c1', 'Alpha', 'of the workspace'],
    ['w', 'Work', 'About Work'],
  ]);
  broken = true;
  expect(await list()).toEqual([['c1', 'Alpha', 'About Alpha']]);
});

test.each([
  [
    'an error of the vendor',
    { status: 500, body: { detail: 'no' } },
    'failed to list apps: Request failed with status 500: {"detail":"no"}',
  ],
  ['something else than a directory', { body: { apps: [{ id: 7 }] } }, 'failed to list apps: Failed to parse JSON response'],
  [
    'a redirect',
    { status: 302, headers: { location: 'http://127.0.0.1:1/' }, body: {} },
    'failed to list apps: Request failed with status 302: {}',
  ],
])('%s is told, and the login with it is not', async (_what, answer, message) => {
  await using vendor = await origin(() => answer);
  await using server = await signedIn(vendor.url);
  const client = await server.client();
  await expect(client.request('app/list', {})).rejects.toThrow(message);
  expect(await readdir(join(server.home, 'cache')).catch(() => [])).toEqual([]);
});

test.each([
  ['without a login', { homeFiles: {} }],
  ['with an API key', { auth: JSON.stringify({ auth_mode: 'apikey', OPENAI_API_KEY: 'key' }) }],
  ['with a broken login', { auth: '{"tokens":' }],
  ['with the feature off', { config: 'features.apps = false' }],
])('%s nobody is asked and there are no apps', async (_what, setup) => {
  await using vendor = await origin(twoPages);
  const address = `chatgpt_base_url = "${vendor.url}"`;
  const tables = '[tool_suggest]\ndiscoverables = [{ type = "connector", id = "c1" }]\n';
  const config = 'config' in setup ? `${address}\n${setup.config}` : address;
  await using server = await signedIn(vendor.url, { ...setup, config, tables, model: [say('done')] });
  const client = await server.client();
  expect(await client.request('app/list', {})).toEqual({ data: [], nextCursor: null });
  await client.turn(await client.thread(), 'go');
  expect(toolNames(server)).not.toContain('list_available_plugins_to_install');
  expect(vendor.seen).toEqual([]);
});

const toolNames = (server: TestServer): unknown[] => {
  const { tools } = server.model.requests.at(-1)?.body ?? {};
  return Array.isArray(tools) ? tools.map(({ name }) => name) : [];
};

const discoverables = '[tool_suggest]\ndiscoverables = [{ type = "connector", id = "zz" }, { type = "connector", id = "c1" }]\n';
const listTool = 'list_available_plugins_to_install';
const requestTool = 'request_plugin_install';
const listed = (id: string, name: string, description: string | null) => ({
  ...{ id, name, description, tool_type: 'connector', has_skills: false, mcp_server_names: [], app_connector_ids: [] },
});

test('suggestions of a later run come from the file, and nothing waits for the vendor', async () => {
  let silent = false;
  await using vendor = await origin((path) => (silent ? undefined : twoPages(path)));
  await using first = await signedIn(vendor.url, { tables: discoverables, model: [toolCall(undefined, listTool), say('done')] });
  await (await first.client()).request('app/list', {});
  const asked = vendor.seen.length;
  silent = true;
  await using later = await first.another();
  const client = await later.client();
  await client.turn(await client.thread(), 'go');
  expect(JSON.parse(String(lastOutput(later.model.requests.at(-1))))).toEqual({
    tools: [listed('c1', 'Alpha', 'better'), listed('zz', 'zz', null)],
  });
  expect(vendor.seen.length).toBe(asked);
});

test('a file that is broken, of another form or of another account is not used; the first two are removed', async () => {
  await using vendor = await origin(twoPages);
  await using server = await signedIn(vendor.url, { tables: discoverables });
  await (await server.client()).request('app/list', {});
  const [name = ''] = await readdir(cacheOf(server));
  const file = join(cacheOf(server), name);
  const whole = await readFile(file, 'utf8');
  const seenBy = async (next: TestServer) => {
    next.model.push(toolCall(undefined, listTool), say('done'));
    const client = await next.client();
    await client.turn(await client.thread(), 'go');
    return JSON.parse(String(lastOutput(next.model.requests.at(-1)))).tools.map(({ name: shown }: { name: string }) => shown);
  };
  for (const bad of ['{', JSON.stringify({ schema_version: 2, connectors: [] })]) {
    await writeFile(file, bad);
    await using next = await server.another();
    expect(await seenBy(next)).toEqual(['c1', 'zz']);
    expect(await readdir(cacheOf(server))).toEqual([]);
  }
  await writeFile(file, whole);
  await writeFile(join(server.home, 'auth.json'), authFile({ account: 'acct-2' }));
  await using other = await server.another();
  expect(await seenBy(other)).toEqual(['c1', 'zz']);
  expect(await readdir(cacheOf(server))).toEqual([name]);
});

test('the user is asked before anything is suggested, and may never want to see it again', async () => {
  await using vendor = await origin(twoPages);
  const wish = { tool_type: 'connector', action_type: 'install', tool_id: 'c1', suggest_reason: ' to do it ' };
  const calls = [
    wish,
    wish,
    wish,
    { ...wish, tool_id: 'c2' },
    { ...wish, tool_type: 'plugin' },
    { ...wish, action_type: 'enable' },
    { ...wish, suggest_reason: ' ' },
  ];
  const answers = [
    { action: 'accept' as const, content: {} },
    { action: 'decline' as const, content: null },
    { action: 'decline' as const, content: null, _meta: { persist: 'always' } },
  ];
  await using server = await signedIn(vendor.url, {
    tables: `# kept\n${discoverables}`,
    model: [...calls.map((args) => toolCall(undefined, requestTool, args)), say('done')],
  });
  const questions: unknown[] = [];
  const client = await server.client({
    questions: {
      'mcpServer/elicitation/request': (question) => {
        questions.push(question);
        return { _meta: null, ...(answers[questions.length - 1] ?? { action: 'cancel' as const, content: null }) };
      },
    },
  });
  await client.request('app/list', {});
  const threadId = await client.thread({ approvalPolicy: 'on-request' });
  await client.turn(threadId, 'go');
  const outputs = server.model.requests
    .at(-1)
    ?.body.input?.filter(({ type }) => type === 'function_call_output')
    .map(({ output }) => output);
  const answered = (confirmed: boolean) =>
    JSON.stringify({
      ...{ completed: false, user_confirmed: confirmed, tool_type: 'connector', action_type: 'install', tool_id: 'c1' },
      ...{ tool_name: 'Alpha', suggest_reason: 'to do it' },
    });
  const unknown = `tool_id must match one of the discoverable tools returned by ${listTool}`;
  expect(outputs).toEqual([
    ...[answered(true), answered(false), answered(false), unknown, unknown],
    ...['plugin install requests currently support only action_type="install"', 'suggest_reason must not be empty'],
  ]);
  expect(questions[0]).toMatchObject({
    ...{ threadId, serverName: 'codex_apps', mode: 'form', message: 'to do it', requestedSchema: { type: 'object', properties: {} } },
    _meta: {
      ...{ codex_approval_kind: 'tool_suggestion', persist: 'always', tool_type: 'connector', suggest_type: 'install' },
      ...{ suggest_reason: 'to do it', tool_id: 'c1', tool_name: 'Alpha', install_url: 'https://chatgpt.com/apps/alpha/c1' },
    },
  });
  const config = await readFile(join(server.home, 'config.toml'), 'utf8');
  expect(config).toContain('# kept');
  expect(config).toContain('disabled_tools = [{type = "connector", id = "c1"}]');
  server.model.push(toolCall(undefined, listTool), say('done'));
  await client.turn(await client.thread(), 'go');
  expect(JSON.parse(String(lastOutput(server.model.requests.at(-1)))).tools).toEqual([listed('zz', 'zz', null)]);
});
