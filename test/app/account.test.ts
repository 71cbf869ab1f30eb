/** Logging in and out with an API key: told to everyone, kept privately, sent to the model and shown to nobody. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { say, startScriptedModel } from '../support/scripted-model.ts';
import { methodsOf, startServer } from '../support/server.ts';

const key = 'sk-a-key-of-the-test';
const vendorModel = (url: string) => `openai_base_url = "${url}"`;

test('a key is stored for the user alone, told without itself, and forgotten at logout', async () => {
  await using model = await startScriptedModel();
  await using server = await startServer({ via: 'ws', args: ['-c', 'model_provider="openai"'], config: vendorModel(model.url) });
  const [client, other] = [await server.client(), await server.client()];
  const signedOut = { account: null, userId: null, requiresOpenaiAuth: true, workspaceRouting: null };
  expect(await client.request('account/read', {})).toEqual(signedOut);
  const [completed, updated] = [other.next('account/login/completed'), other.next('account/updated')];
  expect(await client.request('account/login/start', { type: 'apiKey', apiKey: key })).toEqual({ type: 'apiKey' });
  expect(await completed).toEqual({ loginId: null, success: true, error: null, onboardingEntrypoint: null });
  expect(await updated).toEqual({ authMode: 'apikey', planType: null });
  expect(await other.request('account/read', {})).toEqual({ ...signedOut, account: { type: 'apiKey' } });
  const file = join(server.home, 'auth.json');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(file, 'utf8')).toContain(key);
  expect(await client.request('getAuthStatus', { includeToken: true })).toEqual({
    authMethod: 'apikey',
    authToken: key,
    requiresOpenaiAuth: true,
  });
  expect(await client.request('getAuthStatus', {})).toMatchObject({ authToken: null });
  const loggedOut = other.next('account/updated');
  await client.request('account/logout', undefined);
  expect(await loggedOut).toEqual({ authMode: null, planType: null });
  expect(await client.request('account/read', {})).toEqual(signedOut);
  await expect(stat(file)).rejects.toThrow('ENOENT');
  expect(JSON.stringify([client.seen, other.seen])).not.toContain(key);
});

test('the key pays for a turn and reaches no command', async () => {
  await using model = await startScriptedModel((reply) => {
    reply.call('exec_command', { cmd: 'env' });
    reply.done();
  }, say('done'));
  await using server = await startServer({ via: 'stdio', args: ['-c', 'model_provider="openai"'], config: vendorModel(model.url) });
  const client = await server.client();
  await client.request('account/login/start', { type: 'apiKey', apiKey: key });
  const { items } = await client.turn(await client.thread(), 'go');
  const { headers } = await model.request(0);
  expect(headers.authorization).toBe(`Bearer ${key}`);
  expect(items.find(({ type }) => type === 'commandExecution')).toMatchObject({
    exitCode: 0,
    aggregatedOutput: expect.stringContaining('PATH='),
  });
  expect(JSON.stringify(items)).not.toContain(key);
});

test('what needs the vendor is refused in one way', async () => {
  await using server = await startServer();
  const client = await server.client();
  await expect(client.request('account/login/start', { type: 'chatgpt' })).rejects.toThrow('is not offered by this server');
  await expect(client.request('account/rateLimits/read', undefined)).rejects.toThrow(
    'codex account authentication required to read rate limits',
  );
  await expect(client.request('account/login/cancel', { loginId: 'x' })).rejects.toThrow('invalid login id: x');
  await expect(client.request('feedback/upload', { classification: 'bug', includeLogs: false })).rejects.toMatchObject({
    code: -32601,
    message: 'feedback/upload is not offered by this server: nothing is ever sent to the vendor',
  });
  expect(methodsOf(client.seen)).not.toContain('account/updated');
});
