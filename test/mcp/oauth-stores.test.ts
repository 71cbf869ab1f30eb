/** Where a login is kept: in the system's keyring, in the file, and in the one where the other cannot be had. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { credentialKey } from '../../src/mcp/credentials.ts';
import type { Keyring } from '../../src/store/keyring.ts';
import { startServer } from '../support/server.ts';
import { localPlace, openPage } from './oauth-places.ts';

function keyringInMemory() {
  const secrets = new Map<string, string>();
  const keyring: Keyring = {
    get: async (account) => secrets.get(account),
    set: async (account, secret) => void secrets.set(account, secret),
    remove: async (account) => secrets.delete(account),
  };
  return { secrets, keyring };
}
const missing = () => Promise.reject(new Error('no secret service'));
const noKeyring: Keyring = { get: missing, set: missing, remove: missing };

async function opened(store: 'auto' | 'file' | 'keyring', keyring: Keyring) {
  const place = await localPlace();
  const tables = `[mcp_servers.web]\nurl = "${place.url}"\nenabled = false\n`;
  const server = await startServer({ config: `mcp_oauth_credentials_store = "${store}"\n`, tables, keyring });
  onTestFinished(async () => {
    await server[Symbol.asyncDispose]();
    await place[Symbol.asyncDispose]();
  });
  const client = await server.client();
  const file = join(server.home, '.credentials.json');
  return {
    key: credentialKey('web', place.url),
    url: place.url,
    put: (entries: object) => writeFile(file, JSON.stringify(entries)),
    inFile: () =>
      readFile(file, 'utf8').then(
        (text): Record<string, unknown> => JSON.parse(text),
        () => undefined,
      ),
    authStatus: async () => (await client.request('mcpServerStatus/list', { serverName: 'web' })).data[0]?.authStatus,
    logout: () => client.request('mcpServer/oauth/logout', { name: 'web' }),
    async login() {
      const { authorizationUrl, loginId } = await client.request('mcpServer/oauth/login', { name: 'web', timeoutSecs: 20 });
      const page = await openPage((await place.open(authorizationUrl)).location ?? '');
      const ends = () =>
        client.seen.flatMap((one) =>
          one.method === 'mcpServer/oauthLogin/completed' && one.params.loginId === loginId ? [one.params] : [],
        );
      await expect.poll(ends, { timeout: 15_000 }).toHaveLength(1);
      return { page, end: ends()[0] };
    },
  };
}

test('the keyring: kept there in the form of other programs, and in no file', async () => {
  const { secrets, keyring } = keyringInMemory();
  const home = await opened('keyring', keyring);
  expect((await home.login()).end).toMatchObject({ success: true });
  expect([...secrets.keys()]).toEqual([home.key]);
  expect(JSON.parse(secrets.get(home.key) ?? '')).toMatchObject({
    ...{ server_name: 'web', url: home.url, client_id: expect.any(String), expires_at: expect.any(Number) },
    token_response: { access_token: expect.any(String), token_type: 'bearer', refresh_token: expect.any(String), scope: 'mcp:read' },
  });
  expect(await home.inFile()).toBeUndefined();
  expect(await home.authStatus()).toBe('oAuth');
  expect(await home.logout()).toEqual({ removed: true });
  expect(secrets.size).toBe(0);
  expect(await home.authStatus()).toBe('notLoggedIn');
});

test('a keyring that cannot be had: the login fails and says so in the browser too, and nobody knows the status', async () => {
  const home = await opened('keyring', noKeyring);
  const { page, end } = await home.login();
  expect(end).toMatchObject({ success: false, error: 'failed to write OAuth tokens to keyring' });
  expect(page).toMatchObject({ status: 400, text: 'failed to write OAuth tokens to keyring. You may close this window.' });
  expect(await home.inFile()).toBeUndefined();
  expect(await home.authStatus()).toBe('unknown');
  await expect(home.logout()).rejects.toMatchObject({
    message: 'failed to delete OAuth credentials: failed to delete OAuth tokens from keyring',
  });
});

test('either: the keyring takes the login over from the file', async () => {
  const { secrets, keyring } = keyringInMemory();
  const home = await opened('auto', keyring);
  const other = { server_name: 'other', server_url: 'http://o/', client_id: 'c', access_token: 'a' };
  await home.put({ [home.key]: { ...other, server_name: 'web', server_url: home.url }, other });
  expect(await home.authStatus()).toBe('oAuth');
  expect((await home.login()).end).toMatchObject({ success: true });
  expect([...secrets.keys()]).toEqual([home.key]);
  expect(await home.inFile()).toEqual({ other });
});

test('either, without a keyring: the file', async () => {
  const home = await opened('auto', noKeyring);
  expect((await home.login()).end).toMatchObject({ success: true });
  expect(Object.keys((await home.inFile()) ?? {})).toEqual([home.key]);
  expect(await home.authStatus()).toBe('oAuth');
});

test('the file: the keyring is not asked at all', async () => {
  const home = await opened('file', noKeyring);
  expect((await home.login()).end).toMatchObject({ success: true });
  expect(await home.authStatus()).toBe('oAuth');
  expect(await home.logout()).toEqual({ removed: true });
  expect(await home.inFile()).toBeUndefined();
});
