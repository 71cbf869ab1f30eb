/** Signing in at MCP servers, the test being the browser: here, and where only an exec-server reaches the servers. */
import { rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { OAuthSwitches } from '../support/oauth-server.ts';
import { startServer, type TestClient, type TestServer } from '../support/server.ts';
import { localPlace, namespacePlace, noNamespaces, type OAuthPlace, openPage, type Page } from './oauth-places.ts';

const reason = noNamespaces();
if (reason !== undefined) console.warn(`logins through an exec-server are not tested: ${reason}`);

const places = [
  { name: 'on this machine', open: localPlace, skipped: false },
  { name: 'in a network that only the exec-server reaches', open: namespacePlace, skipped: reason !== undefined },
];

interface Asked {
  readonly name?: string;
  readonly threadId?: string;
  readonly scopes?: string[];
  readonly timeoutSecs?: number;
  readonly clientRegistration?: 'auto' | 'cimd' | 'dcr';
}

describe.each(places.filter(({ skipped }) => !skipped))('a server $name', ({ open }) => {
  let place: OAuthPlace;
  let server: TestServer;
  let client: TestClient;

  beforeAll(async () => {
    place = await open();
    const table = (name: string, more = '') =>
      `[mcp_servers.${name}]\nurl = "${place.url}"\nenabled = ${name === 'web'}\n${place.config}\n${more}\n`;
    server = await startServer({
      config: 'mcp_oauth_credentials_store = "file"\nmcp_oauth_client_metadata_url = "https://client.example/{callback_id}/client.json"',
      tables: [
        table('web'),
        table('preset', 'oauth = { client_id = "agreed" }'),
        table('scoped', 'scopes = ["own", " own ", ""]'),
        table('resourced', 'oauth_resource = "urn:other"'),
        '[mcp_servers.program]\ncommand = "true"\nenabled = false\n',
      ].join(''),
      homeFiles: place.homeFiles,
    });
    client = await server.client();
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await place?.[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await place.set({});
    for (const name of ['web', 'preset', 'scoped', 'resourced']) await client.request('mcpServer/oauth/logout', { name });
    await rm(join(server.home, 'mcp-oauth-registrations.json'), { force: true });
  });

  const start = (asked: Asked = {}) => client.request('mcpServer/oauth/login', { name: 'web', timeoutSecs: 20, ...asked });
  const endOf = (loginId: string | null | undefined) =>
    client.seen.flatMap((one) =>
      one.method === 'mcpServer/oauthLogin/completed' && one.params.loginId === loginId ? [one.params] : [],
    )[0];
  const ending = async (loginId: string | null | undefined) => {
    await expect.poll(() => endOf(loginId), { timeout: 15_000 }).toBeDefined();
    return endOf(loginId);
  };
  const consent = async (authorizationUrl: string): Promise<string> => {
    const page = await place.open(authorizationUrl);
    expect(page).toMatchObject({ status: 302 });
    return page.location ?? '';
  };
  /** A whole login; the last page of the browser and what the client was told. */
  const login = async (asked: Asked = {}, back: (callback: string) => string = (callback) => callback) => {
    const { authorizationUrl, loginId } = await start(asked);
    const callback = back(await consent(authorizationUrl));
    const page = await openPage(callback);
    return { page, told: await ending(loginId), callback, query: new URL(authorizationUrl).searchParams, loginId };
  };
  /** Without what threads ask that still have the server. */
  const seenAt = async (at: 'rs' | 'as') =>
    (await place.seen())
      .filter((one) => one.at === at)
      .map(({ method, url }) => `${method} ${url}`)
      .filter((line) => line !== 'POST /mcp');
  const bodyOf = async (path: string) => (await place.seen()).findLast(({ url }) => url === path)?.body ?? '';
  const refused =
    (switches: OAuthSwitches, message: string | RegExp, asked: Asked = {}) =>
    async () => {
      await place.set(switches);
      await expect(start(asked)).rejects.toMatchObject({ message: expect.stringMatching(message) });
    };

  test('nobody reaches it but the way it is meant to be reached', async () => {
    if (place.config === '') return expect((await openPage(place.url)).status).toBe(401);
    await expect(openPage(place.url)).rejects.toThrow();
    expect((await place.open(place.url)).status).toBe(401);
  });

  test('a login, step by step: discovery, registration, consent, tokens, and the threads that waited for it', async () => {
    // Its thread ends with it, and asks nothing during the tests that count what is asked.
    await using own = await server.another();
    const shared = client;
    onTestFinished(() => {
      client = shared;
    });
    client = await own.client();
    const threadId = await client.thread();
    const status = async () => (await client.request('mcpServerStatus/list', { threadId, serverName: 'web' })).data[0];
    expect(await status()).toMatchObject({ runtimeStatus: 'authenticationRequired', authStatus: 'notLoggedIn' });
    await place.set({});
    const { page, told, query, callback } = await login({ threadId });
    expect(page).toEqual({ status: 200, location: null, text: 'Authentication complete. You may close this window.' });
    expect(told).toEqual({ name: 'web', threadId, loginId: expect.any(String), success: true });
    const before = (await place.seen()).slice(0, 6);
    expect(before.map(({ at, method, url }) => `${at} ${method} ${url.split('?')[0]}`)).toEqual([
      'rs GET /mcp',
      'rs GET /.well-known/oauth-protected-resource/mcp',
      'as GET /.well-known/oauth-authorization-server',
      'as POST /register',
      'as GET /authorize',
      'as POST /token',
    ]);
    const redirect = query.get('redirect_uri') ?? '';
    expect(redirect).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback\/[\w-]{12}$/);
    expect(callback.startsWith(`${redirect}?code=`)).toBe(true);
    expect(JSON.parse(before[3]?.body ?? '')).toEqual({
      client_name: 'Codex',
      redirect_uris: [redirect],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'none',
      response_types: ['code'],
      scope: 'mcp:read',
      application_type: 'native',
    });
    expect([...query.keys()]).toEqual([
      ...['response_type', 'client_id', 'state', 'code_challenge', 'code_challenge_method', 'redirect_uri', 'scope', 'resource'],
    ]);
    expect(query.get('state')).toMatch(/^[\w-]{22}$/);
    const form = new URLSearchParams(before[5]?.body);
    expect([...form.keys()]).toEqual(['grant_type', 'code', 'code_verifier', 'client_id', 'redirect_uri', 'resource']);
    expect(form.get('resource')).toBe(place.url);
    await expect.poll(status).toMatchObject({ runtimeStatus: 'connected', authStatus: 'oAuth', tools: { echo: { name: 'echo' } } });
    const params = { threadId, server: 'web', tool: 'echo', arguments: { message: 'hi' } };
    expect(await client.request('mcpServer/tool/call', params)).toEqual({ content: [{ type: 'text', text: 'echo: hi' }] });
    // In every thread, and no longer after the logout.
    expect(await client.request('mcpServer/oauth/logout', { name: 'web', threadId })).toEqual({ removed: true });
    expect(await client.request('mcpServer/oauth/logout', { name: 'web', threadId })).toEqual({ removed: false });
    await expect.poll(status).toMatchObject({ runtimeStatus: 'authenticationRequired', authStatus: 'notLoggedIn' });
  });

  test('the tab is answered again when it is loaded again, on both loopback addresses', async () => {
    const { callback, page } = await login();
    expect(await openPage(callback)).toEqual(page);
    expect(await openPage(callback.replace('127.0.0.1', '[::1]'))).toEqual(page);
    expect((await openPage(callback.replace(/state=[^&]*/, 'state=forged'))).status).toBe(400);
    // The code went to the token endpoint once.
    expect((await seenAt('as')).filter((line) => line === 'POST /token')).toHaveLength(1);
  });

  test('what the browser brings that is not the answer is turned away, and the wait goes on', async () => {
    const { authorizationUrl, loginId } = await start();
    const callback = await consent(authorizationUrl);
    const wrong = [
      callback.replace(/state=[^&]*/, 'state=forged'),
      callback.replace(/&?state=[^&]*/, ''),
      `${callback}&state=again`,
      `${callback}&code=again`,
      `${callback}&error=denied`,
      callback.replace(/code=[^&]*&?/, ''),
      callback.replace('/callback/', '/elsewhere/'),
      callback.replace(/\/callback\/[^?]*/, '/callback'),
    ];
    for (const url of wrong) expect(await openPage(url)).toMatchObject({ status: 400, text: 'Invalid OAuth callback' });
    // Pages of other sites, and names that were made to lead here.
    expect(await asked(callback, { origin: 'https://evil.example' })).toBe(403);
    expect(await asked(callback, { host: 'evil.example' })).toBe(403);
    expect(await asked(callback, {}, 'POST')).toBe(405);
    expect((await openPage(callback)).status).toBe(200);
    expect(await ending(loginId)).toMatchObject({ success: true });
  });

  test('the user says no: the page says so without markup', async () => {
    await place.set({ deny: true });
    const { page, told } = await login();
    expect(told).toMatchObject({
      success: false,
      error: 'OAuth provider returned `access_denied`: the user said <b>no</b>',
      threadId: null,
    });
    expect(page.status).toBe(400);
    expect(page.text).toContain('the user said &#60;b&#62;no');
    expect(page.text).not.toContain('<');
  });

  test.each([
    ['refuses the code', { tokenError: { status: 400, error: 'invalid_grant' } }],
    ['does not know the client', { tokenError: { status: 401, error: 'invalid_client' } }],
    ['breaks', { tokenError: { status: 500 } }],
    ['redirects', { redirect: 'token' }],
  ] satisfies [string, OAuthSwitches][])('a token endpoint that %s ends the login, and the page says so', async (_, switches) => {
    await place.set(switches);
    const { page, told } = await login();
    expect(told).toMatchObject({ success: false, error: 'failed to handle OAuth callback' });
    expect(page).toMatchObject({ status: 400, text: 'failed to handle OAuth callback. You may close this window.' });
    expect(await seenAt('as')).not.toContain('POST /elsewhere');
  });

  test.each(['wrong', 'announced only'] as const)('an answer whose issuer is %s is not taken', async (iss) => {
    await place.set({ iss });
    const { authorizationUrl, loginId } = await start({ timeoutSecs: 1 });
    const callback = await consent(authorizationUrl);
    expect(new URL(callback).pathname).toBe('/callback');
    expect((await openPage(callback)).status).toBe(400);
    expect(await ending(loginId)).toMatchObject({ success: false, error: 'timed out waiting for OAuth callback' });
    expect(await seenAt('as')).not.toContain('POST /token');
  });

  test('an answer with the right issuer', async () => {
    await place.set({ iss: 'right' });
    expect((await login()).told).toMatchObject({ success: true });
  });

  test('a code that has to survive the way through a URL', async () => {
    await place.set({ oddCodes: true });
    expect((await login()).told).toMatchObject({ success: true });
  });

  test('a login that is given up: by its id, and with the client', async () => {
    const first = await start();
    const callback = await consent(first.authorizationUrl);
    expect(await client.request('mcpServer/oauth/cancel', { loginId: first.loginId ?? '' })).toEqual({ status: 'canceled' });
    expect(await ending(first.loginId)).toMatchObject({ success: false, error: 'the login was cancelled' });
    expect(await openPage(callback)).toMatchObject({ status: 400, text: 'the login was cancelled. You may close this window.' });
    expect(await client.request('mcpServer/oauth/cancel', { loginId: first.loginId ?? '' })).toEqual({ status: 'notFound' });
    const other = await server.client();
    const { authorizationUrl } = await other.request('mcpServer/oauth/login', { name: 'web' });
    const second = await consent(authorizationUrl);
    await other.close();
    await expect.poll(async () => (await openPage(second)).status).toBe(400);
    expect(await seenAt('as')).not.toContain('POST /token');
  });

  test('a browser that cannot reach us: the user copies the address', async () => {
    const { authorizationUrl, loginId } = await start();
    const id = loginId ?? '';
    const callback = await consent(authorizationUrl);
    const submit = (callbackUrl: string, of = id) => client.request('mcpServer/oauth/callback', { loginId: of, callbackUrl });
    await expect(submit('nonsense')).rejects.toMatchObject({ code: -32600, message: 'Invalid OAuth callback URL' });
    const elsewhere = { message: "OAuth callback URL does not match this login's redirect URI" };
    await expect(submit('https://elsewhere.example/?code=1')).rejects.toMatchObject(elsewhere);
    const forged = callback.replace(/state=[^&]*/, 'state=forged');
    await expect(submit(forged)).rejects.toMatchObject({ message: 'OAuth callback state does not match this login' });
    const both = { message: 'OAuth callback URL contains both a code and an error' };
    await expect(submit(`${callback}&error=x`)).rejects.toMatchObject(both);
    await expect(submit('x'.repeat(70_000))).rejects.toMatchObject({ message: 'OAuth callback URL exceeds 64 KiB' });
    expect(await submit(` ${callback}\n`)).toEqual({});
    expect(await ending(id)).toMatchObject({ success: true });
    await expect(submit(callback)).rejects.toMatchObject({ message: `no OAuth login with id \`${id}\` is open` });
  });

  test('two logins at once; both may succeed', async () => {
    const [one, two] = [await start(), await start()];
    const callbacks = [await consent(one.authorizationUrl), await consent(two.authorizationUrl)];
    const pages: Page[] = await Promise.all(callbacks.map(openPage));
    expect(pages.map(({ status }) => status)).toEqual([200, 200]);
    expect(await ending(one.loginId)).toMatchObject({ success: true });
    expect(await ending(two.loginId)).toMatchObject({ success: true });
  });

  test('a registration serves the next login, until a login with it fails', async () => {
    const registrations = async () => (await seenAt('as')).filter((line) => line === 'POST /register').length;
    const first = await login();
    await client.request('mcpServer/oauth/logout', { name: 'web' });
    const second = await login();
    expect(second.query.get('client_id')).toBe(first.query.get('client_id'));
    expect(await registrations()).toBe(1);
    expect((await login({ scopes: ['mcp:write'] })).query.get('client_id')).not.toBe(first.query.get('client_id'));
    await place.set({ tokenError: { status: 401, error: 'invalid_client' } });
    await login({ scopes: ['mcp:write'] });
    await place.set({});
    expect((await login({ scopes: ['mcp:write'] })).told).toMatchObject({ success: true });
    expect(await registrations()).toBe(1);
  });

  test('who we are: an agreed client, a document, or a registration', async () => {
    await place.set({ noRegistration: true });
    const agreed = await login({ name: 'preset' });
    expect([agreed.query.get('client_id'), agreed.told?.success]).toEqual(['agreed', true]);
    await place.set({ clientDocuments: true });
    const described = await login();
    expect(described.query.get('client_id')).toMatch(/^https:\/\/client\.example\/[\w-]{12}\/client\.json$/);
    expect(described.told).toMatchObject({ success: true });
    expect((await login({ clientRegistration: 'dcr' })).query.get('client_id')).toMatch(/^client_/);
    await place.set({ clientDocuments: true, iss: 'right' });
    expect((await login({ clientRegistration: 'cimd' })).query.get('client_id')).toBe('https://client.example/client.json');
  });

  test('which scopes are asked for, and for which resource', async () => {
    const of = async (asked: Asked, switches: OAuthSwitches = {}) => {
      await place.set(switches);
      return (await login(asked)).query.get('scope');
    };
    expect(await of({ scopes: [' a ', 'b', 'a', ''] })).toBe('a b');
    expect(await of({ name: 'scoped' })).toBe('own');
    expect(await of({ name: 'scoped', scopes: ['asked'] })).toBe('asked');
    expect(await of({})).toBe('mcp:read');
    expect(await of({}, { challenge: 'none' })).toBe('mcp:read mcp:write');
    expect(await of({ scopes: [] })).toBe('mcp:read mcp:write');
    expect(await of({}, { challenge: 'none', scopes: [] })).toBeNull();
    await place.set({});
    const { query } = await login({ name: 'resourced' });
    expect(query.getAll('resource')).toEqual(['urn:other']);
    expect(new URLSearchParams(await bodyOf('/token')).getAll('resource')).toEqual(['urn:other']);
  });

  describe('discovery', () => {
    const name = '/.well-known/oauth-protected-resource';
    test.each([
      ['the address in the challenge', { metadata: 'named by the challenge' }, ['GET /mcp', 'GET /about']],
      ['below the path', { metadata: 'below the path' }, ['GET /mcp', `GET ${name}/mcp`, `GET /mcp${name}`]],
      ['at the root', { metadata: 'at the root' }, ['GET /mcp', `GET ${name}/mcp`, `GET /mcp${name}`, `GET ${name}`]],
      ['another origin in the challenge', { metadataUrl: 'http://127.0.0.1:9/prm' }, ['GET /mcp', `GET ${name}/mcp`]],
    ] satisfies [string, OAuthSwitches, string[]][])('metadata of the resource: %s', async (_, switches, lines) => {
      await place.set(switches);
      const { loginId } = await start();
      expect(await seenAt('rs')).toEqual(lines);
      await client.request('mcpServer/oauth/cancel', { loginId: loginId ?? '' });
    });

    test.each([
      ['of a tenant', { tenant: '/t' }, ['/.well-known/oauth-authorization-server/t']],
      [
        'for OpenID',
        { tenant: '/t', metadataAt: 'openid' },
        ['/.well-known/oauth-authorization-server/t', '/.well-known/openid-configuration/t'],
      ],
      [
        'for OpenID below the path',
        { tenant: '/t', metadataAt: 'openid below the path' },
        [...['/.well-known/oauth-authorization-server/t', '/.well-known/openid-configuration/t', '/t/.well-known/openid-configuration']],
      ],
    ] satisfies [string, OAuthSwitches, string[]][])('metadata of the authorization server: %s', async (_, switches, paths) => {
      await place.set(switches);
      const { told } = await login();
      expect(told).toMatchObject({ success: true });
      expect((await seenAt('as')).slice(0, paths.length)).toEqual(paths.map((path) => `GET ${path}`));
    });

    test('a server that publishes nothing: its own origin in order, then guesses', async () => {
      await place.set({ metadata: 'none', ownAuthority: true, metadataAt: 'nowhere' });
      const { loginId, authorizationUrl } = await start();
      const oauth = '/.well-known/oauth-authorization-server';
      const openid = '/.well-known/openid-configuration';
      expect(await seenAt('rs')).toEqual([
        ...['GET /mcp', `GET ${name}/mcp`, `GET /mcp${name}`, `GET ${name}`],
        ...[`GET ${oauth}/mcp`, `GET ${openid}/mcp`, `GET /mcp${openid}`, `GET ${oauth}`, 'POST /register'],
      ]);
      expect(new URL(authorizationUrl).origin).toBe(new URL(place.url).origin);
      await client.request('mcpServer/oauth/cancel', { loginId: loginId ?? '' });
      expect((await client.request('mcpServerStatus/list', { serverName: 'web' })).data[0]).toMatchObject({ authStatus: 'unsupported' });
    });

    test('metadata on the origin of the server itself', async () => {
      const origin = new URL(place.url).origin;
      const endpoints = { issuer: origin, authorization_endpoint: `${origin}/authorize`, token_endpoint: `${origin}/token` };
      await place.set({ metadata: 'none', ownAuthority: true, endpoints: { ...endpoints, registration_endpoint: `${origin}/register` } });
      expect((await login()).told).toMatchObject({ success: true });
      expect(await seenAt('as')).toEqual([]);
    });

    test('an authorization server without TLS on a private address is passed over', async () => {
      await place.set({ authorizationServers: ['http://10.0.0.1:9', 'ftp://127.0.0.1', 'https://u:p@127.0.0.1', place.issuer] });
      expect((await login()).told).toMatchObject({ success: true });
    });

    test('a mebibyte of metadata', async () => {
      await place.set({ metadataBytes: 1_048_576 });
      expect((await login()).told).toMatchObject({ success: true });
    });

    const failed = "failed to login to MCP server 'web': ";
    const registration = `${failed}Registration failed: Dynamic registration failed: `;
    const noS256 = `${registration}Authorization server does not support the required PKCE code challenge method \\(S256\\)`;
    test('refuses a byte more', refused({ metadataBytes: 1_048_577 }, `${failed}OAuth HTTP response body exceeds 1048576 bytes`));
    test('refuses metadata of another resource', () =>
      refused(
        { resource: 'https://other.example/mcp' },
        `resource mismatch: reference '${place.url}', permitted 'https://other.example/mcp'`,
      )());
    const mismatch = `${failed}OAuth authorization server issuer does not match authorization metadata origin`;
    test('refuses another issuer', refused({ issuer: 'https://other.example' }, mismatch));
    test('refuses a server that cannot S256', refused({ pkce: 'plain' }, noS256));
    test('refuses a server that does not say whether it can S256', refused({ pkce: 'none' }, noS256));
    test(
      'refuses endpoints without TLS',
      refused({ endpoints: { token_endpoint: 'http://10.0.0.1/token' } }, 'names a token_endpoint that must not be used'),
    );
    test(
      'refuses endpoints that are no addresses',
      refused({ endpoints: { authorization_endpoint: 'javascript:alert(1)' } }, 'names a authorization_endpoint that must not'),
    );
    test('follows no redirect of metadata', refused({ redirect: 'metadata', noRegistration: true }, `${failed}.*`));
    test(
      'follows no redirect of the registration',
      refused({ redirect: 'register' }, `${registration}the authorization server answered 307`),
    );
    test('needs a way to register', refused({ noRegistration: true }, `${registration}Dynamic client registration not supported`));
    const noDocuments = `${failed}MCP authorization server does not advertise CIMD with token endpoint auth method \`none\``;
    test('needs a server that takes documents when one is asked for', refused({}, noDocuments, { clientRegistration: 'cimd' }));
  });

  test('errors before there is anything to open', async () => {
    const nope = client.request('mcpServer/oauth/login', { name: 'nope' });
    await expect(nope).rejects.toMatchObject({ code: -32600, message: "No MCP server named 'nope' found." });
    const program = { code: -32600, message: 'OAuth login is only supported for streamable HTTP servers.' };
    await expect(start({ name: 'program' })).rejects.toMatchObject(program);
    await expect(start({ threadId: 'xx' })).rejects.toMatchObject({ code: -32600, message: expect.stringMatching(/^invalid thread id: /) });
  });
});

describe('the callback address', () => {
  const tables = (url: string) => `[mcp_servers.web]\nurl = "${url}"\nenabled = false\n`;
  const common = 'mcp_oauth_credentials_store = "file"\n';

  /** A port that was free a moment ago. */
  const freePort = () =>
    new Promise<number>((resolve) => {
      const probe = createServer().listen(0, '127.0.0.1', () => {
        const address = probe.address();
        probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
      });
    });

  test('a fixed port: used again by the next login, and an error while another holds it', async () => {
    await using place = await localPlace();
    const port = await freePort();
    await using server = await startServer({ config: `${common}mcp_oauth_callback_port = ${port}\n`, tables: tables(place.url) });
    const client = await server.client();
    const login = () => client.request('mcpServer/oauth/login', { name: 'web' });
    for (let times = 0; times < 2; times += 1) {
      const { authorizationUrl } = await login();
      const { location } = await place.open(authorizationUrl);
      expect(location).toMatch(`http://127.0.0.1:${port}/callback/`);
      expect((await openPage(location ?? '')).status).toBe(200);
    }
    const { loginId } = await login();
    await expect(login()).rejects.toMatchObject({ code: -32603, message: expect.stringContaining('EADDRINUSE') });
    await client.request('mcpServer/oauth/cancel', { loginId: loginId ?? '' });
    await expect
      .poll(() =>
        login().then(
          () => 'started',
          () => 'in use',
        ),
      )
      .toBe('started');
  });

  test('a configured address keeps its query and gets the part of the server', async () => {
    await using place = await localPlace();
    const port = await freePort();
    const config = `${common}mcp_oauth_callback_port = ${port}\nmcp_oauth_callback_url = "http://localhost:${port}/cb?x=1"\n`;
    await using server = await startServer({ config, tables: tables(place.url) });
    const client = await server.client();
    const { authorizationUrl, loginId } = await client.request('mcpServer/oauth/login', { name: 'web' });
    expect(new URL(authorizationUrl).searchParams.get('redirect_uri')).toMatch(`http://localhost:${port}/cb/`);
    const { location } = await place.open(authorizationUrl);
    expect(location).toMatch(/\/cb\/[\w-]{12}\?x=1&code=/);
    expect((await openPage(location ?? '')).status).toBe(200);
    await expect
      .poll(() => client.seen)
      .toContainEqual(expect.objectContaining({ params: expect.objectContaining({ loginId, success: true }) }));
  });

  test('an address that is none', async () => {
    await using place = await localPlace();
    await using server = await startServer({ config: `${common}mcp_oauth_callback_url = "nowhere"\n`, tables: tables(place.url) });
    const client = await server.client();
    const message = "failed to login to MCP server 'web': invalid MCP OAuth callback URL `nowhere`";
    await expect(client.request('mcpServer/oauth/login', { name: 'web' })).rejects.toMatchObject({ message });
  });
});

/** The status of a request with headers that no browser lets a page choose. */
function asked(url: string, headers: Record<string, string>, method = 'GET'): Promise<number> {
  return new Promise((resolve, reject) => {
    httpRequest(url, { method, headers, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    })
      .on('error', reject)
      .end();
  });
}
