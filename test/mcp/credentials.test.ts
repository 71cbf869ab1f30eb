/** Logins on disk: who may read them, and one refresh for everybody. */
import { stat } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { StoredLogin } from '../../src/base/stored-login.ts';
import type { HttpClient, HttpRequest } from '../../src/environment/environment.ts';
import { credentialKey } from '../../src/mcp/credentials.ts';
import { callbackId } from '../../src/mcp/oauth-callback.ts';
import { StoredTokens } from '../../src/mcp/tokens.ts';
import type { Keyring } from '../../src/store/keyring.ts';
import { McpCredentials } from '../../src/store/mcp-credentials.ts';
import { tempWorkspace } from '../support/workspace.ts';

const url = 'http://127.0.0.1:8821/mcp';
const issuer = 'http://127.0.0.1:8822';
const key = credentialKey('web', url);
const signal = new AbortController().signal;
const clock = { nowMs: () => 1_000_000, monotonicMs: () => 0 };
const expired: StoredLogin = {
  ...{ server_name: 'web', server_url: url, issuer, client_id: 'client', scopes: ['mcp:read'] },
  ...{ access_token: 'old', expires_at: 1_000_000, refresh_token: 'first' },
};

/** An authorization server whose refresh tokens are good once; `answer` takes the place of a new token. */
function strictServer(answer?: { status: number; body: object }) {
  let good = 'first';
  const posted: URLSearchParams[] = [];
  const reply = (status: number, body: object) => ({
    status,
    headers: [['content-type', 'application/json']] as const,
    body: (async function* () {
      yield Buffer.from(JSON.stringify(body));
    })(),
  });
  const request = async (sent: HttpRequest) => {
    if (sent.url.endsWith('/.well-known/oauth-protected-resource/mcp'))
      return reply(200, { resource: url, authorization_servers: [issuer] });
    if (sent.url.endsWith('/.well-known/oauth-authorization-server'))
      return reply(200, { issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` });
    if (!sent.url.endsWith('/token')) return reply(404, {});
    const form = new URLSearchParams(sent.body?.toString());
    posted.push(form);
    if (answer) return reply(answer.status, answer.body);
    if (form.get('refresh_token') !== good) return reply(400, { error: 'invalid_grant' });
    good = `next ${posted.length}`;
    return reply(200, { access_token: `new ${posted.length}`, refresh_token: good, expires_in: 3600 });
  };
  const http: HttpClient = { request };
  return { http, posted };
}

const noKeyring: Keyring = {
  get: async () => undefined,
  set: () => Promise.reject(new Error('no keyring')),
  remove: async () => false,
};
const fileStore = (home: string) => new McpCredentials({ home, mode: async () => 'file', keyring: noKeyring });

const tokensOf = (http: HttpClient, home: string) => {
  const store = fileStore(home);
  return new StoredTokens({
    http,
    store,
    clock,
    name: 'web',
    serverUrl: url,
    resource: url,
    headers: new Map(),
    userAgent: 'test',
    client: undefined,
  });
};

describe('logins at MCP servers', () => {
  test('keys and callback addresses are those other programs use', () => {
    expect(key).toBe('web|319ca816ea613d17');
    expect(callbackId(url)).toBe('PrcpXtkESy1F');
  });

  test('the file is for the user alone and goes with its last entry', async () => {
    await using home = await tempWorkspace();
    const store = fileStore(home.root);
    await store.write(key, expired);
    expect((await stat(home.path('.credentials.json'))).mode & 0o777).toBe(0o600);
    expect(await store.read(key)).toEqual(expired);
    expect(await store.remove(key)).toBe(true);
    await expect(stat(home.path('.credentials.json'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('a hundred requests of two stores refresh an expired login once', async () => {
    await using home = await tempWorkspace();
    await fileStore(home.root).write(key, expired);
    const { http, posted } = strictServer();
    const both = [tokensOf(http, home.root), tokensOf(http, home.root)] as const;
    const headers = await Promise.all(Array.from({ length: 100 }, (_, at) => both[at % 2 === 0 ? 0 : 1].header(signal)));
    expect(new Set(headers)).toEqual(new Set(['Bearer new 1']));
    expect(posted.map((form) => Object.fromEntries(form))).toEqual([
      { grant_type: 'refresh_token', refresh_token: 'first', scope: 'mcp:read', client_id: 'client', resource: url },
    ]);
  });

  test('a refused refresh means signing in again, a broken server does not', async () => {
    await using home = await tempWorkspace();
    const store = fileStore(home.root);
    await store.write(key, expired);
    const broken = strictServer({ status: 503, body: {} });
    await expect(tokensOf(broken.http, home.root).header(signal)).rejects.toMatchObject({ needsLogin: 'never' });
    expect(await store.read(key)).toMatchObject({ refresh_token: 'first' });
    const refusing = strictServer({ status: 400, body: { error: 'invalid_grant' } });
    await expect(tokensOf(refusing.http, home.root).header(signal)).rejects.toMatchObject({ needsLogin: 'again' });
    expect(await store.read(key)).toMatchObject({ refresh_token: null });
  });
});
