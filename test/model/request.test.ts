/** What goes over the wire: address, headers, body and credentials. */
import { describe, expect, test } from 'vitest';
import { createModelHttp } from '../../src/host/model-http.ts';
import { createModelClient } from '../../src/model/create-model-client.ts';
import type { ModelProvider } from '../../src/model/providers.ts';
import { customProvider, isAzure, responsesUrl } from '../../src/model/providers.ts';
import { ask, completed, created, facts, request, startModelServer, stream, testClient } from './model-server.ts';

const good = stream(created, completed);

async function sent(members: Partial<ModelProvider>, given: Parameters<typeof ask>[1] = {}, deps: Parameters<typeof testClient>[1] = {}) {
  await using server = await startModelServer(good);
  await using client = testClient({ baseUrl: server.url, ...members }, deps);
  const { error } = await ask(client.model, given);
  expect(error).toBeUndefined();
  return server.request(0);
}

test('the whole body of an ordinary request', async () => {
  const tools = [{ type: 'function', name: 'exec_command', parameters: {} }];
  const { method, path, body } = await sent(
    {},
    {
      tools,
      reasoning: { effort: 'high', summary: 'auto' },
      text: { verbosity: 'low' },
      serviceTier: 'priority',
      clientMetadata: { turn_id: 't' },
    },
  );
  expect([method, path]).toEqual(['POST', '/v1/responses']);
  expect(body).toEqual({
    model: 'mock-model',
    instructions: 'Be brief.',
    input: request.input,
    tools,
    tool_choice: 'auto',
    parallel_tool_calls: true,
    reasoning: { effort: 'high', summary: 'auto' },
    store: false,
    stream: true,
    include: ['reasoning.encrypted_content'],
    service_tier: 'priority',
    prompt_cache_key: 'thread-1',
    text: { verbosity: 'low' },
    client_metadata: { turn_id: 't' },
  });
});

test('what was not given is left out', async () => {
  const { body } = await sent({});
  expect(Object.keys(body)).not.toEqual(expect.arrayContaining(['reasoning', 'text', 'service_tier', 'stream_options']));
});

test('base instructions may be the first developer message', async () => {
  const { body } = await sent({ baseInstructions: 'developer' });
  expect(body).not.toHaveProperty('instructions');
  expect(body.input).toEqual([
    { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Be brief.' }] },
    ...request.input,
  ]);
});

test('a lite model gets its tools as an item', async () => {
  const tools = [{ type: 'function', name: 'f' }];
  const { body, headers } = await sent({}, { lite: true, tools, reasoning: { effort: 'low' } });
  expect(body).not.toHaveProperty('tools');
  expect(body.input).toEqual([{ type: 'additional_tools', role: 'developer', tools }, ...request.input]);
  expect(body).toMatchObject({ parallel_tool_calls: false, reasoning: { effort: 'low', context: 'all_turns' } });
  expect(headers['x-openai-internal-codex-responses-lite']).toBe('true');
});

test('ids of unknown origin are not sent, all else of an item is', async () => {
  const item = { type: 'function_call_output', call_id: 'c', output: 'Grüße "\n', extra: [1] };
  const { body } = await sent({}, { input: [{ ...item, id: 'odd-1' }, { ...item, id: 'fco_1' }, item] });
  expect(body.input).toEqual([item, { ...item, id: 'fco_1' }, item]);
});

test('headers: ours, the client’s, the turn’s, the provider’s', async () => {
  const { headers } = await sent(
    { httpHeaders: { 'X-Fixed': 'a' }, envHttpHeaders: { 'X-Env': 'SET', 'X-Blank': 'BLANK', 'X-Unset': 'UNSET' }, envKey: 'KEY' },
    { headers: { 'session-id': 's', 'thread-id': 't' } },
    { env: { SET: 'b', BLANK: ' ', KEY: ' secret ' }, clientHeaders: { originator: 'probe', 'user-agent': 'probe/1' } },
  );
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    accept: 'text/event-stream',
    originator: 'probe',
    'user-agent': 'probe/1',
    'session-id': 's',
    'thread-id': 't',
    'x-fixed': 'a',
    'x-env': 'b',
    authorization: 'Bearer secret',
  });
  expect(headers).not.toHaveProperty('x-blank');
  expect(headers).not.toHaveProperty('x-unset');
  expect(headers).not.toHaveProperty('content-encoding');
});

test('no credential, no header', async () => {
  expect((await sent({})).headers).not.toHaveProperty('authorization');
});

test('query parameters and trailing slashes', async () => {
  expect(responsesUrl('https://x.test/v1//', { 'api-version': '1 2', b: 'ü' })).toBe(
    'https://x.test/v1/responses?api-version=1+2&b=%C3%BC',
  );
  expect(responsesUrl(undefined, {})).toBe('https://api.openai.com/v1/responses');
  expect((await sent({ queryParams: { 'api-version': '2025' } })).path).toBe('/v1/responses?api-version=2025');
});

test('Azure keeps responses', async () => {
  expect((await sent({ name: 'Azure' })).body.store).toBe(true);
  expect(isAzure({ name: 'x', baseUrl: 'https://foo.openai.azure.com/openai' })).toBe(true);
  expect(isAzure({ name: 'x', baseUrl: 'https://example.com' })).toBe(false);
});

describe('credentials', () => {
  const tried = async (members: Partial<ModelProvider>, deps: Parameters<typeof testClient>[1] = {}) => {
    await using server = await startModelServer(good);
    await using client = testClient({ baseUrl: server.url, ...members }, deps);
    const { error } = await ask(client.model);
    return { error, requests: server.requests, url: server.url };
  };

  test.each([{}, { NAME: '  ' }])('a missing variable is told before any request (%o)', async (env) => {
    const { error, requests } = await tried({ envKey: 'NAME' }, { env });
    expect(facts(error)).toEqual({ message: 'Missing environment variable: `NAME`.', info: 'other', retry: 'never' });
    expect(requests).toHaveLength(0);
  });

  test('with the provider’s own hint', async () => {
    const { error } = await tried({ envKey: 'NAME', envKeyInstructions: 'get one at x' });
    expect(facts(error)).toMatchObject({ message: 'Missing environment variable: `NAME`. get one at x' });
  });

  test('the account’s key goes only to providers that ask for it', async () => {
    const apiKey = () => 'account-key';
    const asked = await tried({ requiresOpenaiAuth: true }, { apiKey });
    expect(asked.requests[0]?.headers.authorization).toBe('Bearer account-key');
    const other = await tried({}, { apiKey });
    expect(other.requests[0]?.headers.authorization).toBeUndefined();
  });

  test('without any the turn fails with the vendor’s error and a way out', async () => {
    const { error, requests, url } = await tried({ requiresOpenaiAuth: true });
    expect(facts(error)).toMatchObject({ info: { httpConnectionFailed: { httpStatusCode: 401 } }, retry: 'never' });
    expect(String(error)).toContain(
      `unexpected status 401 Unauthorized: Missing bearer or basic authentication in header, url: ${url}/responses`,
    );
    expect(String(error)).toContain('model_provider = "rehearsal"');
    expect(requests).toHaveLength(0);
  });

  test('no error holds the key', async () => {
    await using client = testClient({ baseUrl: 'http://127.0.0.1:1/v1', envKey: 'KEY' }, { env: { KEY: 'sk-secret' } });
    const { error } = await ask(client.model);
    expect(JSON.stringify([String(error), facts(error), error instanceof Error ? error.stack : ''])).not.toContain('sk-secret');
  });
});

test('the rehearsal provider needs its server', async () => {
  const transport = createModelHttp({ env: {} });
  const client = createModelClient(customProvider('rehearsal', {}), { transport, env: {} });
  expect(facts((await ask(client)).error)).toEqual({
    message: 'The rehearsal model is not available here.',
    info: 'other',
    retry: 'never',
  });
  await transport.close();
});
