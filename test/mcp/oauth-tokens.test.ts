/** What becomes of a login: refused and failed refreshes, another issuer, tokens taken back, too little scope; here and through an executor. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { credentialKey } from '../../src/mcp/credentials.ts';
import type { OAuthSwitches } from '../support/oauth-server.ts';
import { startServer, type TestClient, type TestServer } from '../support/server.ts';
import { localPlace, namespacePlace, noNamespaces, type OAuthPlace } from './oauth-places.ts';

const reason = noNamespaces();
if (reason !== undefined) console.warn(`tokens of servers behind an exec-server are not tested: ${reason}`);
const places = [
  { name: 'on this machine', open: localPlace, skipped: false },
  { name: 'in a network that only the exec-server reaches', open: namespacePlace, skipped: reason !== undefined },
];

describe.each(places.filter(({ skipped }) => !skipped))('a login at a server $name', ({ open }) => {
  let place: OAuthPlace;
  let server: TestServer;
  let client: TestClient;

  beforeAll(async () => {
    place = await open();
    server = await startServer({
      config: 'mcp_oauth_credentials_store = "file"',
      tables: `[mcp_servers.web]\nurl = "${place.url}"\n${place.config}\n`,
      homeFiles: place.homeFiles,
    });
    client = await server.client();
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await place?.[Symbol.asyncDispose]();
  });
  const file = () => join(server.home, '.credentials.json');
  beforeEach(() => rm(file(), { force: true }));

  let seeds = 0;
  /** A login whose token is over; its refresh token is good once. */
  const expired = async (switches: OAuthSwitches = {}, more: object = {}) => {
    const seed = `seed ${(seeds += 1)}`;
    await place.set({ ...switches, seedRefreshToken: seed });
    const login = { server_name: 'web', server_url: place.url, issuer: place.issuer, client_id: 'us', scopes: ['mcp:read'] };
    const entry = { ...login, access_token: 'long over', expires_at: 1, refresh_token: seed, ...more };
    await writeFile(file(), JSON.stringify({ [credentialKey('web', place.url)]: entry }));
  };
  const stored = async () => Object.values<Record<string, unknown>>(JSON.parse(await readFile(file(), 'utf8')))[0];
  const refreshes = async () => (await place.seen()).filter(({ method, url }) => method === 'POST' && url === '/token');
  const status = async (threadId: string) =>
    (await client.request('mcpServerStatus/list', { threadId, serverName: 'web', detail: 'toolsAndAuthOnly' })).data[0];
  const call = (threadId: string, tool = 'echo') =>
    client.request('mcpServer/tool/call', { threadId, server: 'web', tool, arguments: { message: 'hi' } });
  /** The last word about the start of the server in a thread. */
  const told = (threadId: string) =>
    client.seen
      .flatMap((one) => (one.method === 'mcpServer/startupStatus/updated' && one.params.threadId === threadId ? [one.params] : []))
      .at(-1);
  const again = {
    status: 'failed',
    error: 'The web MCP server requires OAuth reauthentication. Run `codex mcp login web`.',
    failureReason: 'reauthenticationRequired',
  };

  test('an expired token is renewed before it is used, and goes to the server alone', async () => {
    await expired();
    const threadId = await client.thread();
    expect(await status(threadId)).toMatchObject({ runtimeStatus: 'connected', authStatus: 'oAuth' });
    const [refresh, ...more] = await refreshes();
    expect(more).toEqual([]);
    expect(Object.fromEntries(new URLSearchParams(refresh?.body))).toEqual({
      ...{ grant_type: 'refresh_token', refresh_token: `seed ${seeds}`, scope: 'mcp:read', client_id: 'us', resource: place.url },
    });
    const shown = (await place.seen()).filter(({ headers }) => headers.authorization !== undefined);
    expect(shown.every(({ at, url }) => at === 'rs' && url === '/mcp')).toBe(true);
    expect(shown.some(({ headers }) => headers.authorization?.includes('long over'))).toBe(false);
  });

  test.each(['invalid_grant', 'invalid_client'] as const)(
    'a refresh that is refused with %s means signing in again',
    async (rejectRefresh) => {
      await expired({ rejectRefresh });
      const threadId = await client.thread();
      expect(await status(threadId)).toMatchObject({
        ...{ runtimeStatus: 'authenticationRequired', authStatus: 'notLoggedIn', toolsError: 'MCP startup failed: Token expired' },
      });
      expect(told(threadId)).toMatchObject(again);
      expect(await refreshes()).toHaveLength(1);
      expect(await stored()).toMatchObject({ access_token: 'long over', refresh_token: null });
      // Nothing is left to ask with.
      await client.request('config/mcpServer/reload', undefined);
      await expect.poll(() => told(threadId), { timeout: 15_000 }).toMatchObject(again);
      expect(await refreshes()).toHaveLength(1);
    },
  );

  test('a refresh that fails otherwise keeps the login, and the next use tries again', async () => {
    await expired({ rejectRefresh: 503 });
    const threadId = await client.thread();
    expect(await status(threadId)).toMatchObject({ runtimeStatus: 'failed', authStatus: 'oAuth' });
    expect(told(threadId)).toMatchObject({ status: 'failed', failureReason: null, error: expect.stringContaining('answered 503') });
    expect(await stored()).toMatchObject({ refresh_token: `seed ${seeds}` });
    await place.set({ seedRefreshToken: `seed ${seeds}` });
    await client.request('config/mcpServer/reload', undefined);
    await expect.poll(() => status(threadId), { timeout: 15_000 }).toMatchObject({ runtimeStatus: 'connected', authStatus: 'oAuth' });
  });

  test('a token that is over with nothing to renew it is not shown to anybody', async () => {
    await expired({}, { refresh_token: null });
    const threadId = await client.thread();
    expect(await status(threadId)).toMatchObject({ runtimeStatus: 'authenticationRequired', authStatus: 'notLoggedIn' });
    expect(told(threadId)).toMatchObject(again);
    expect((await place.seen()).filter(({ method }) => method === 'POST')).toEqual([]);
  });

  test('an issuer that is another one since the login gets no token', async () => {
    await expired({}, { issuer: 'https://before.example' });
    const threadId = await client.thread();
    const toolsError = 'MCP startup failed: OAuth authorization server issuer changed for server web; authorization required';
    expect(await status(threadId)).toMatchObject({ runtimeStatus: 'authenticationRequired', authStatus: 'notLoggedIn', toolsError });
    expect(told(threadId)).toMatchObject(again);
    expect(await refreshes()).toEqual([]);
    expect(await stored()).toMatchObject({ issuer: 'https://before.example', refresh_token: `seed ${seeds}` });
  });

  test('a token endpoint that redirects, or answers without end, gets nothing more', async () => {
    await expired({ redirect: 'token' });
    const threadId = await client.thread();
    expect(await status(threadId)).toMatchObject({ runtimeStatus: 'failed', authStatus: 'oAuth' });
    expect((await place.seen()).map(({ url }) => url)).not.toContain('/elsewhere');
    await expired({ metadataBytes: 1_048_577 });
    const other = await client.thread();
    expect(await status(other)).toMatchObject({ runtimeStatus: 'failed', authStatus: 'oAuth' });
    expect(told(other)).toMatchObject({ error: expect.stringContaining('OAuth HTTP response body exceeds 1048576 bytes') });
    expect(await refreshes()).toEqual([]);
  });

  test('a token that is taken back is renewed once and the call made again once', async () => {
    await expired();
    const threadId = await client.thread();
    expect(await status(threadId)).toMatchObject({ runtimeStatus: 'connected' });
    await place.set({ revokeAfter: 1 });
    expect(await call(threadId)).toEqual({ content: [{ type: 'text', text: 'echo: hi' }] });
    const posts = (await place.seen()).filter(({ method, body }) => method === 'POST' && body.includes('tools/call'));
    expect([posts.length, (await refreshes()).length]).toEqual([2, 1]);
    await place.set({ revokeAfter: 1, rejectRefresh: 'invalid_grant' });
    await expect(call(threadId)).rejects.toMatchObject({
      code: -32603,
      message: expect.stringContaining('requires OAuth reauthentication'),
    });
    expect((await place.seen()).filter(({ body }) => body.includes('tools/call'))).toHaveLength(1);
  });

  test('tokens that live shortly are renewed when most of their life is over, not at every use', async () => {
    await expired({ tokenTtl: 20 });
    const threadId = await client.thread();
    expect(await status(threadId)).toMatchObject({ runtimeStatus: 'connected' });
    for (let calls = 0; calls < 3; calls += 1) await call(threadId);
    expect(await refreshes()).toHaveLength(1);
  });

  test('a call that needs more than was granted says what, is made once, and leaves the server as it is', async () => {
    await expired({ stepUp: true });
    const threadId = await client.thread();
    const message = 'tool call failed for `web/write`: Insufficient scope: mcp:write mcp:admin';
    await expect(call(threadId, 'write')).rejects.toMatchObject({ code: -32603, message });
    expect((await place.seen()).filter(({ body }) => body.includes('tools/call'))).toHaveLength(1);
    expect(await status(threadId)).toMatchObject({ runtimeStatus: 'connected', authStatus: 'oAuth' });
    expect(await call(threadId)).toEqual({ content: [{ type: 'text', text: 'echo: hi' }] });
    const scopes = ['mcp:write', 'mcp:admin'];
    const { authorizationUrl, loginId } = await client.request('mcpServer/oauth/login', { name: 'web', threadId, scopes });
    expect(new URL(authorizationUrl).searchParams.get('scope')).toBe('mcp:write mcp:admin');
    await client.request('mcpServer/oauth/cancel', { loginId: loginId ?? '' });
  });
});
