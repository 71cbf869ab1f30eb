/** MCP servers over stdio in whole turns: their tools, consent, questions, failures, and their end. */
import { expect, test } from 'vitest';
import type { AppClient } from '../../src/client/index.ts';
import { type Step, say } from '../support/scripted-model.ts';
import { startServer, type TestClient } from '../support/server.ts';

/** A server in a few lines: `echo` (read-only), `write` (no hints), `ask` (asks for a name), `die`. */
const program = `
const readline = require('node:readline');
const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
const schema = { type: 'object', properties: {} };
const tool = (name, annotations) => ({ name, description: name, inputSchema: schema, ...(annotations ? { annotations } : {}) });
let asking;
const text = (said) => ({ content: [{ type: 'text', text: said }] });
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params, result } = JSON.parse(line);
  if (method === 'initialize') send({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'tiny', version: '1' } } });
  else if (method === 'tools/list') send({ id, result: { tools: [tool('echo', { readOnlyHint: true }), tool('write'), tool('ask', { readOnlyHint: true }), tool('die', { readOnlyHint: true })] } });
  else if (method === 'tools/call' && params.name === 'die') process.exit(1);
  else if (method === 'tools/call' && params.name === 'ask') {
    asking = id;
    send({ id: 'q', method: 'elicitation/create', params: { message: 'Name?', requestedSchema: { type: 'object', properties: { name: { type: 'string' } } } } });
  } else if (method === 'tools/call') send({ id, result: { ...text(params.name + ' ' + process.env.SECRET_KEY), structuredContent: params.arguments } });
  else if (id === 'q') send({ id: asking, result: text(JSON.stringify(result)) });
  else if (id !== undefined) send({ id, error: { code: -32601, message: 'no such method' } });
});
`;

const config = `mcp_servers.tiny = { command = ${JSON.stringify(process.execPath)}, args = ["tiny.cjs"] }`;
const mcpCall =
  (tool: string, args: object = {}): Step =>
  (reply) => {
    const ids = { id: reply.itemId('fc'), call_id: reply.itemId('call') };
    reply.item({ type: 'function_call', ...ids, namespace: 'mcp__tiny', name: tool, arguments: JSON.stringify(args) });
    reply.done();
  };

async function ready(client: TestClient, threadId: string): Promise<void> {
  await client.request('mcpServerStatus/list', { threadId });
}

const listTools = async (client: AppClient, threadId: string) => (await client.request('mcpServerStatus/list', { threadId })).data[0];

test('a client sees the tools, calls one, and sees a crash', async () => {
  await using server = await startServer({ config, files: { 'tiny.cjs': program }, env: { SECRET_KEY: 'never' } });
  const client = await server.client();
  const threadId = await client.thread();
  const status = await listTools(client, threadId);
  expect(status).toMatchObject({ name: 'tiny', runtimeStatus: 'connected', authStatus: 'unsupported', toolsError: null });
  expect(Object.keys(status?.tools ?? {})).toEqual(['echo', 'write', 'ask', 'die']);
  const params = { threadId, server: 'tiny', tool: 'echo', arguments: { said: 1 } };
  expect(await client.request('mcpServer/tool/call', params)).toEqual({
    content: [{ type: 'text', text: 'echo undefined' }],
    structuredContent: { said: 1 },
  });
  const closed = { message: 'tool call failed for `tiny/die`: Transport closed' };
  await expect(client.request('mcpServer/tool/call', { ...params, tool: 'die' })).rejects.toMatchObject(closed);
  expect(await listTools(client, threadId)).toMatchObject({ runtimeStatus: 'failed' });
  await client.request('config/mcpServer/reload', undefined);
  expect(await listTools(client, threadId)).toMatchObject({ runtimeStatus: 'connected' });
});

test('a server that cannot start is told, and one that is required prevents the thread', async () => {
  const missing = (required: boolean) => `mcp_servers.gone = { command = "/nowhere/at-all", required = ${required} }`;
  await using server = await startServer({ config: missing(false) });
  const client = await server.client();
  const threadId = await client.thread();
  const error = 'MCP client for `gone` failed to start: MCP startup failed: No such file or directory (os error 2)';
  expect(await listTools(client, threadId)).toMatchObject({ runtimeStatus: 'failed' });
  expect(client.seen.filter(({ method }) => method === 'mcpServer/startupStatus/updated').map(({ params }) => params)).toEqual([
    { threadId, name: 'gone', status: 'starting', error: null, failureReason: null },
    { threadId, name: 'gone', status: 'failed', error, failureReason: null },
  ]);
  await using strict = await startServer({ config: missing(true) });
  const refused = (await strict.client()).thread();
  await expect(refused).rejects.toMatchObject({ message: expect.stringContaining('required MCP servers failed to initialize: gone: ') });
});

test('a tool without hints needs consent, and a no goes to the model', async () => {
  await using server = await startServer({
    config,
    files: { 'tiny.cjs': program },
    model: [mcpCall('write', { a: 1 }), mcpCall('write', { a: 1 }), say('done')],
  });
  const asked: unknown[] = [];
  const client = await server.client({
    questions: {
      'mcpServer/elicitation/request': (question) => {
        asked.push('message' in question ? question.message : undefined);
        return asked.length === 1 ? { action: 'decline' } : { action: 'accept', content: {} };
      },
    },
  });
  const threadId = await client.thread({ approvalPolicy: 'on-request' });
  await ready(client, threadId);
  const { items } = await client.turn(threadId, 'go');
  expect(asked).toEqual(Array.from({ length: 2 }, () => 'Allow the tiny MCP server to run tool "write"?'));
  const calls = items.filter(({ type }) => type === 'mcpToolCall');
  expect(calls).toMatchObject([
    { status: 'failed', error: { message: 'user rejected MCP tool call' }, result: null },
    { status: 'completed', error: null, result: { structuredContent: { a: 1 } } },
  ]);
});

test('a question of a server reaches the user and the answer the server', async () => {
  await using server = await startServer({ config, files: { 'tiny.cjs': program }, model: [mcpCall('ask'), say('done')] });
  const client = await server.client({
    questions: { 'mcpServer/elicitation/request': () => ({ action: 'accept', content: { name: 'Ann' }, _meta: { k: 1 } }) },
  });
  const threadId = await client.thread({ approvalPolicy: 'on-request' });
  await ready(client, threadId);
  const { items } = await client.turn(threadId, 'go');
  const text = '{"action":"accept","content":{"name":"Ann"},"_meta":{"k":1}}';
  expect(items.find(({ type }) => type === 'mcpToolCall')).toMatchObject({
    status: 'completed',
    result: { content: [{ type: 'text', text }] },
  });
});
