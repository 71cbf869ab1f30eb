/** Two programs on one home and a server whose refresh tokens are good once: nobody spends a token twice, and nobody waits for the dead. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { credentialKey } from '../../src/mcp/credentials.ts';
import type { OAuthSwitches } from '../support/oauth-server.ts';
import { startServer, type TestClient, type TestServer } from '../support/server.ts';
import { localPlace, namespacePlace, noNamespaces, type OAuthPlace } from './oauth-places.ts';

const reason = noNamespaces();
if (reason !== undefined) console.warn(`refreshes through an exec-server are not tested: ${reason}`);
const places = [
  { name: 'on this machine', open: localPlace, skipped: false },
  { name: 'in a network that only exec-servers reach', open: namespacePlace, skipped: reason !== undefined },
];
const calls = 100;

describe.each(places.filter(({ skipped }) => !skipped))('a login at a server $name', ({ open }) => {
  let place: OAuthPlace;
  let first: TestServer;

  beforeAll(async () => {
    place = await open();
    first = await startServer({
      via: 'stdio',
      config: 'mcp_oauth_credentials_store = "file"',
      tables: `[mcp_servers.web]\nurl = "${place.url}"\nsupports_parallel_tool_calls = true\n${place.config}\n`,
      homeFiles: place.homeFiles,
    });
  });
  afterAll(async () => {
    await first?.[Symbol.asyncDispose]();
    await place?.[Symbol.asyncDispose]();
  });

  /** An expired token, and one to renew it with that the server takes once. */
  const expired = async (switches: OAuthSwitches = {}) => {
    const seed = `seed ${Math.random()}`;
    await place.set({ ...switches, seedRefreshToken: seed });
    const login = { server_name: 'web', server_url: place.url, issuer: place.issuer, client_id: 'us', scopes: ['mcp:read'] };
    const entry = { ...login, access_token: 'long over', expires_at: 1, refresh_token: seed };
    await writeFile(join(first.home, '.credentials.json'), JSON.stringify({ [credentialKey('web', place.url)]: entry }));
  };
  beforeEach(() => rm(join(first.home, '.credentials.json'), { force: true }));

  const refreshes = async () => (await place.seen()).filter(({ method, url }) => method === 'POST' && url === '/token').length;
  const connected = async (client: TestClient, timeout = 20_000) => {
    const threadId = await client.thread();
    const status = async () => (await client.request('mcpServerStatus/list', { threadId, serverName: 'web' })).data[0]?.runtimeStatus;
    await expect.poll(status, { timeout }).toBe('connected');
    return threadId;
  };
  const echo = (client: TestClient, threadId: string, message: string) =>
    client.request('mcpServer/tool/call', { threadId, server: 'web', tool: 'echo', arguments: { message } });

  test(`two programs that start with it refresh it once; ${calls} calls of each with a token that was taken back, once more`, async () => {
    await expired();
    await using second = await first.another();
    const clients = await Promise.all([first.client(), second.client()]);
    const threads = await Promise.all(clients.map((client) => connected(client)));
    expect(await refreshes()).toBe(1);
    // Every token is forgotten with the first of the calls.
    await place.set({ revokeAfter: 1 });
    const answers = await Promise.all(
      clients.flatMap((client, at) => Array.from({ length: calls }, (_, call) => echo(client, threads[at] ?? '', `${at} ${call}`))),
    );
    const texts = clients.flatMap((_, at) => Array.from({ length: calls }, (_one, call) => `echo: ${at} ${call}`));
    expect(answers.map(({ content }) => content)).toEqual(texts.map((text) => [{ type: 'text', text }]));
    expect(await refreshes()).toBe(1);
    await Promise.all(clients.map((client) => client.close()));
  });

  // The lock lies on this machine, wherever the server is.
  if (open !== localPlace) return;
  test('a program that is killed in the middle of its refresh is not waited for longer than its lock is fresh', async () => {
    await expired({ slowTokenMs: 600_000 });
    const killed = await first.another();
    const client = await killed.client();
    await client.thread();
    await expect.poll(refreshes, { timeout: 20_000 }).toBe(1);
    killed.child?.kill('SIGKILL');
    await killed[Symbol.asyncDispose]();
    // The server never got round to that refresh: its token is still good.
    await expired();
    await using alive = await first.another();
    const other = await alive.client();
    const threadId = await connected(other, 40_000);
    expect(await echo(other, threadId, 'alive')).toEqual({ content: [{ type: 'text', text: 'echo: alive' }] });
    expect(await refreshes()).toBe(1);
    await other.close();
  }, 90_000);
});
