/** Headers that a command prints for a server over HTTP, and the further settings of single tools. */
import { expect, test } from 'vitest';
import { say } from '../support/scripted-model.ts';
import { startServer } from '../support/server.ts';
import { httpTable, json, result, startHttpFixture } from './support/http-server.ts';
import { lastOutput, offered, started, statusUpdates, toolCall } from './support/scenes.ts';

const helper = (command: string): string => `http_headers_helper = ${JSON.stringify(command)}`;

async function withHelper(command: string, more = '') {
  const web = await startHttpFixture();
  const server = await startServer({ tables: httpTable(web.url, `${helper(command)}\n${more}`), env: { SECRET_KEY: 'no', PLAIN: 'no' } });
  const client = await server.client();
  const threadId = await client.thread();
  await started(client, threadId);
  return {
    ...{ web, server, client, threadId },
    call: () => client.request('mcpServer/tool/call', { threadId, server: 'web', tool: 'echo', arguments: {} }),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await web[Symbol.asyncDispose]();
    },
  };
}

test('what it prints goes along with every request, before the headers of the file; it runs where the thread works, with few variables', async () => {
  const facts = `printf '{"X-A":"1","x-dir":"%s","x-names":"%s"}' "$PWD" "$(env | cut -d= -f1 | sort | tr '\\n' ' ')"`;
  await using at = await withHelper(facts, 'http_headers = { x-a = "static", x-c = "c" }');
  await at.call();
  const headers = at.web.seen.map((one) => one.headers);
  expect(headers.length).toBeGreaterThan(4);
  for (const one of headers) expect(one).toMatchObject({ 'x-a': '1', 'x-c': 'c', 'x-dir': at.server.work.root });
  expect(String(headers[0]?.['x-names'])).toMatch(/HOME.*PATH/);
  expect(String(headers[0]?.['x-names'])).not.toMatch(/SECRET_KEY|PLAIN|CODEX_HOME/);
});

test('it signs in, and runs once more when the server refuses what it printed', async () => {
  await using at = await withHelper(`n=$(cat n 2>/dev/null || echo 0); echo $((n+1)) > n; printf '{"authorization":"Bearer %s"}' $n`);
  const { web } = at;
  expect(web.seen[0]?.headers.authorization).toBe('Bearer 0');
  web.answer = ({ headers }, response) => {
    if (headers.authorization === 'Bearer 1') return undefined;
    response.writeHead(401).end();
    return true;
  };
  await expect(at.call()).resolves.toMatchObject({ content: [{ type: 'text' }] });
  expect(web.seen.slice(-2).map(({ headers }) => headers.authorization)).toEqual(['Bearer 0', 'Bearer 1']);
  web.answer = (_seen, response) => {
    response.writeHead(401).end();
    return true;
  };
  await expect(at.call()).rejects.toThrow('the MCP server refuses the configured credentials');
  const { data } = await at.client.request('mcpServerStatus/list', { threadId: at.threadId });
  expect(data[0]).toMatchObject({ authStatus: 'unknown' });
});

test.each([
  ['exit 3', 'exited with status exit status: 3'],
  ['/no/such/program', 'exited with status exit status: 127'],
  ['echo hi', 'must output a JSON object of strings'],
  [`echo '["a"]'`, 'must output a JSON object of strings'],
  [`echo '{"a":1}'`, 'must output a JSON object of strings'],
  [`printf '\\377'`, 'wrote non-UTF-8 data'],
  [`echo '{"a b":"1"}'`, 'returned an invalid header name'],
  [`printf '{"a":"1\\\\n2"}'`, 'returned an invalid header value'],
  [`echo '{"A":"1","a":"2"}'`, 'returned duplicate header names'],
  [`echo '{"mcp-session-id":"1"}'`, 'returned a reserved header'],
  [`head -c 70000 /dev/zero | tr '\\0' a; sleep 60`, 'output exceeds 64 KiB'],
])('%s fails the start: it %s; nothing is sent', async (command, why) => {
  await using at = await withHelper(command);
  expect(statusUpdates(at.client, at.threadId).at(-1)).toMatchObject({
    status: 'failed',
    error: `MCP client for \`web\` failed to start: MCP startup failed: handshaking with MCP server failed: MCP HTTP headers helper ${why}`,
  });
  expect(at.web.seen).toEqual([]);
});

test('a tool may be given fewer tokens, and long forms of arguments go without descriptions, for the model alone', async () => {
  const schema = { type: 'object', properties: { description: { type: 'string', description: 'x'.repeat(500) } } };
  await using web = await startHttpFixture({
    answer: ({ method, id }, response) => {
      if (method === 'tools/list')
        return json(response, result(id, { tools: [{ name: 'echo', inputSchema: schema, annotations: { readOnlyHint: true } }] }));
      if (method !== 'tools/call') return undefined;
      return json(
        response,
        result(id, {
          content: [
            { type: 'text', text: 'y '.repeat(3000) },
            { type: 'text', text: 'more' },
          ],
        }),
      );
    },
  });
  await using server = await startServer({
    config: 'mcp_optional_startup_grace_ms = 0',
    tables: httpTable(
      web.url,
      'startup_readiness = "catalog"\ntool_input_schema_max_bytes = 200\ntools = { echo = { output_token_limit = 20 } }',
    ),
    model: [toolCall('web', 'echo'), say('done')],
  });
  const client = await server.client();
  const threadId = await client.thread();
  const { items } = await client.turn(threadId, 'go');
  expect(client.seen.filter(({ method }) => method === 'configWarning')).toEqual([]);
  const [first, last] = server.model.requests;
  expect(offered(first, 'mcp__web')).toEqual(['echo']);
  expect(JSON.stringify(first?.body.tools)).toContain('"parameters":{"type":"object","properties":{"description":{"type":"string"}}}');
  expect(lastOutput(last)).toEqual([
    { type: 'input_text', text: expect.stringMatching(/^Wall time: \d+\.\d{4} seconds\nOutput:$/) },
    { type: 'input_text', text: expect.stringMatching(/^(y )+…\d+ tokens truncated…(y| )+$/) },
    { type: 'input_text', text: '[omitted 1 text items ...]' },
  ]);
  expect(JSON.stringify(items)).toContain('y '.repeat(3000));
  const { data } = await client.request('mcpServerStatus/list', { threadId });
  expect(data[0]?.tools.echo?.inputSchema).toEqual(schema);
});

test('a server that only an enterprise could sign in at is as good as switched off', async () => {
  await using web = await startHttpFixture();
  await using server = await startServer({ tables: httpTable(web.url, 'auth = "ema_auth"\nrequired = true') });
  const client = await server.client();
  const threadId = await client.thread();
  expect((await client.request('mcpServerStatus/list', { threadId })).data).toMatchObject([{ name: 'web', runtimeStatus: 'disabled' }]);
  expect(statusUpdates(client, threadId)).toEqual([]);
});
