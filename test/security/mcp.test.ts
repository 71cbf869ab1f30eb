/** MCP servers as a risk: whose programs run, what they are told of us, and that nothing secret of a login is written anywhere but its store. */
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { localPlace, openPage } from '../mcp/oauth-places.ts';
import { startServer, type TestClient } from '../support/server.ts';
import { tempWorkspace } from '../support/workspace.ts';

const timeout = 15_000;

/** A server that leaves the names of its variables in a file and goes. */
const witness = (file: string, more = '') => {
  const script = `require('fs').writeFileSync(${JSON.stringify(file)}, JSON.stringify(Object.keys(process.env)))`;
  return `[mcp_servers.witness]\ncommand = ${JSON.stringify(process.execPath)}\nargs = ${JSON.stringify(['-e', script])}\n${more}\n`;
};

const failed = (client: TestClient, threadId: string) =>
  client.seen.some(
    ({ method, params }) =>
      method === 'mcpServer/startupStatus/updated' &&
      params.threadId === threadId &&
      params.name === 'witness' &&
      params.status === 'failed',
  );

test('a server gets the variables that are meant for it, and none of our keys', async () => {
  await using place = await tempWorkspace();
  const file = place.path('names.json');
  await using server = await startServer({
    via: 'stdio',
    tables: witness(file, 'env_vars = ["FORWARDED"]\nenv = { LITERAL = "1" }'),
    env: { OPENAI_API_KEY: 'sk-secret', ANTHROPIC_API_KEY: 'secret', MY_TOKEN: 'secret', FORWARDED: 'yes', LANG: 'C' },
  });
  const client = await server.client();
  const threadId = await client.thread();
  await expect.poll(() => failed(client, threadId), { timeout }).toBe(true);
  const names: string[] = JSON.parse(await readFile(file, 'utf8'));
  expect(names).toEqual(expect.arrayContaining(['PATH', 'HOME', 'LANG', 'FORWARDED', 'LITERAL']));
  for (const name of ['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'MY_TOKEN', 'CODEX_HOME']) expect(names).not.toContain(name);
});

test('a project that nobody trusts starts no server of its own; one that is trusted does', async () => {
  await using place = await tempWorkspace();
  const file = place.path('names.json');
  await using server = await startServer({ files: { '.codex/config.toml': witness(file), '.env': `CODEX_HOME=${place.root}\n` } });
  const client = await server.client();
  const { thread } = await client.request('thread/start', { cwd: server.work.root, sandbox: 'read-only' });
  expect((await client.request('mcpServerStatus/list', { threadId: thread.id })).data).toEqual([]);
  await expect(access(file)).rejects.toMatchObject({ code: 'ENOENT' });
  const keyPath = `projects.${JSON.stringify(server.work.root)}.trust_level`;
  await client.request('config/value/write', { keyPath, value: 'trusted', mergeStrategy: 'replace' });
  const trusted = await client.request('thread/start', { cwd: server.work.root, sandbox: 'read-only' });
  await expect.poll(() => failed(client, trusted.thread.id), { timeout }).toBe(true);
  await access(file);
});

test('a login, its refresh and their failures leave no secret in the log or in what clients are told', async () => {
  await using place = await localPlace();
  await using server = await startServer({
    via: 'stdio',
    config: 'mcp_oauth_credentials_store = "file"',
    tables: `[mcp_servers.web]\nurl = "${place.url}"\n`,
    env: { RUST_LOG: 'trace' },
  });
  let log = '';
  server.child?.stderr.on('data', (bytes: Buffer) => {
    log += bytes.toString();
  });
  const client = await server.client();
  const threadId = await client.thread();
  const status = async () => (await client.request('mcpServerStatus/list', { threadId, serverName: 'web' })).data[0]?.runtimeStatus;
  const secrets = new Set<string>();
  const note = async () => {
    const stored = Object.values<Record<string, unknown>>(JSON.parse(await readFile(join(server.home, '.credentials.json'), 'utf8')))[0];
    for (const member of ['access_token', 'refresh_token']) if (stored?.[member]) secrets.add(String(stored[member]));
    for (const { body } of await place.seen())
      for (const [name, value] of new URLSearchParams(body)) if (/^(code|code_verifier|refresh_token)$/.test(name)) secrets.add(value);
  };
  const { authorizationUrl } = await client.request('mcpServer/oauth/login', { name: 'web', threadId });
  const { location } = await place.open(authorizationUrl);
  await openPage((location ?? '').replace(/state=[^&]*/, 'state=forged'));
  await openPage(location ?? '');
  await expect.poll(status, { timeout }).toBe('connected');
  await note();
  // Taken back and renewed, then refused for good.
  const call = () => client.request('mcpServer/tool/call', { threadId, server: 'web', tool: 'echo', arguments: { message: 'hi' } });
  await place.set({ revokeAfter: 1 });
  await call();
  await note();
  await place.set({ revokeAfter: 1, rejectRefresh: 'invalid_grant' });
  await expect(call()).rejects.toThrow();
  await note();
  const told = JSON.stringify(client.seen);
  await client.close();
  await server[Symbol.asyncDispose]();
  expect(secrets.size).toBeGreaterThan(5);
  expect(log).not.toBe('');
  const state = new URL(authorizationUrl).searchParams.get('state') ?? '';
  for (const secret of [...secrets, state]) {
    expect(log).not.toContain(secret);
    expect(told).not.toContain(secret);
  }
});
