/** Calls of tools and what comes of them, for the model and for clients: results of every kind, failures, names, the `_meta` of a call. */
import { expect, test } from 'vitest';
import { say } from '../support/scripted-model.ts';
import { startServer } from '../support/server.ts';
import { fixture, lastOutput, mcpItems, offered, started, toolCall } from './support/scenes.ts';

const calls = [
  toolCall('fix', 'echo', { message: 'hi' }),
  toolCall('fix', 'text_only'),
  toolCall('fix', 'image'),
  toolCall('fix', 'mixed'),
  toolCall('fix', 'fail'),
  toolCall('fix', 'protocol_error'),
  toolCall('fix', 'progress'),
  toolCall('fix', 'meta'),
  toolCall('fix', 'ask_sampling'),
  toolCall('fix', 'ask_roots'),
  toolCall('fix', 'odd_name_with_marks___f8e41e7d7514'),
  toolCall('fix', 'nope'),
  toolCall('fix', 'text_only', ''),
  toolCall('fix', 'text_only', '[1]'),
  toolCall('fix', 'text_only', '{'),
  toolCall(undefined, 'list_mcp_resources'),
  toolCall(undefined, 'list_mcp_resource_templates', { server: 'fix' }),
  toolCall(undefined, 'read_mcp_resource', { server: 'fix', uri: 'fixture://note' }),
  toolCall(undefined, 'read_mcp_resource', { server: 'fix', uri: 'fixture://x' }),
];

test('tool-results', async () => {
  await using server = await startServer({ tables: fixture(), model: [...calls, say('done')] });
  const client = await server.client();
  const threadId = await client.thread();
  await started(client, threadId);
  const { items, turn } = await client.turn(threadId, 'go');
  const outputs = server.model.requests.slice(1).map(lastOutput);
  const texts = (...parts: string[]) => [
    { type: 'input_text', text: expect.stringMatching(/^Wall time: \d+\.\d{4} seconds\nOutput:$/) },
    ...parts.map((text) => ({ type: 'input_text', text })),
  ];
  const failure = (tool: string, cause: string) => `tool call error: tool call failed for \`fix/${tool}\`\n\nCaused by:\n    ${cause}`;
  const noAudio = '<audio content omitted because you do not support audio input>';
  const read = '{"server":"fix","uri":"fixture://note","contents":[{"uri":"fixture://note","mimeType":"text/plain","text":"hello world"}]}';
  const unread = 'resources/read failed: resources/read failed for `fix` (fixture://x): Mcp error: -32603: no such resource';
  expect(outputs.slice(0, 6)).toEqual([
    expect.stringMatching(/^Wall time: \d+\.\d{4} seconds\nOutput:\n\{"echo":"hi"\}$/),
    texts('one', 'two'),
    [...texts('caption'), { type: 'input_image', detail: 'high', image_url: expect.stringMatching(/^data:image\/png;base64,iVBOR/) }],
    texts(
      ...['t', noAudio],
      ...['{"type":"resource","resource":{"uri":"fixture://note","text":"embedded"}}'],
      ...['{"type":"resource_link","uri":"fixture://note","name":"note"}', '{"type":"from the future","more":true}'],
    ),
    texts('it went wrong'),
    failure('protocol_error', 'Mcp error: -32603: boom'),
  ]);
  expect(outputs.slice(8)).toEqual([
    texts('{"error":{"code":-32601,"message":"sampling/createMessage"}}'),
    texts('{"roots":[]}'),
    texts('odd'),
    'unsupported call: mcp__fixnope',
    texts('one', 'two'),
    failure('text_only', 'MCP tool arguments must be a JSON object, got [1]'),
    expect.stringMatching(/^failed to parse function arguments: /),
    '{"resources":[{"server":"fix","uri":"fixture://note","name":"note"}]}',
    '{"server":"fix","resourceTemplates":[{"server":"fix","uriTemplate":"fixture://item/{id}","name":"item"}]}',
    read,
    unread,
  ]);

  const meta = JSON.parse(
    JSON.stringify(outputs[7])
      .match(/"text":"(\{.*\})"/)?.[1]
      ?.replaceAll('\\"', '"') ?? '{}',
  );
  expect(meta).toEqual({
    ...{
      progressToken: expect.any(Number),
      threadId,
      sessionId: threadId,
      callId: 'call_8_2',
      itemId: 'fc_8_1',
      windowId: `${threadId}:0`,
    },
    'x-codex-turn-metadata': {
      ...{ session_id: threadId, thread_id: threadId, turn_id: turn.id, model: 'mock-model', turn_started_at_unix_ms: expect.any(Number) },
      ...{ sandbox: 'none', sandbox_mode: 'danger-full-access', auto_review_enabled: false, codex_version: '0.169.0' },
      ...{ node_repl_auto_review_required: false, node_repl_disabled: false },
    },
  });
  const progress = client.seen.filter(({ method }) => method === 'item/mcpToolCall/progress').map(({ params }) => params);
  expect(progress).toEqual(['step 1', 'step 2'].map((message) => ({ threadId, turnId: turn.id, itemId: 'call_7_2', message })));

  const shown = mcpItems(items);
  const base = { server: 'fix', appContext: null, mcpAppUi: null, pluginId: null, durationMs: expect.any(Number) };
  expect(shown[0]).toMatchObject({
    ...{ ...base, tool: 'echo', status: 'completed', arguments: { message: 'hi' }, readOnlyHint: true, error: null },
    result: { content: [{ type: 'text', text: 'echo: hi' }], structuredContent: { echo: 'hi' }, _meta: { tag: 7 } },
  });
  expect(shown[2]?.result?.content[1]).toMatchObject({ type: 'image', mimeType: 'image/png' });
  expect(shown[4]).toMatchObject({
    ...base,
    tool: 'fail',
    status: 'failed',
    error: null,
    result: { content: [{ text: 'it went wrong' }] },
  });
  expect(shown[5]).toMatchObject({
    ...base,
    status: 'failed',
    result: null,
    error: { message: failure('protocol_error', 'Mcp error: -32603: boom') },
  });
  expect(shown.find(({ tool }) => tool.startsWith('odd'))).toMatchObject({ tool: 'odd name.with-marks/é' });
  expect(shown.find(({ tool }) => tool === 'list_mcp_resources')).toMatchObject({ server: 'codex', readOnlyHint: null });
  expect(shown.at(-1)).toMatchObject({ status: 'failed', error: { message: unread } });
});

test('model-request-tools', async () => {
  await using server = await startServer({ tables: fixture(), model: [say('done')] });
  const client = await server.client();
  const threadId = await client.thread();
  await started(client, threadId);
  await client.turn(threadId, 'go');
  const [request] = server.model.requests;
  const tools = Array.isArray(request?.body.tools) ? request.body.tools : [];
  expect(tools.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['list_mcp_resources', 'list_mcp_resource_templates', 'read_mcp_resource', 'mcp__fix']),
  );
  const space = tools.find(({ name }) => name === 'mcp__fix');
  expect(space).toMatchObject({ type: 'namespace', description: 'Fixture instructions.' });
  const names = offered(request, 'mcp__fix');
  expect(names).toEqual([...names].sort());
  expect(names).toEqual(expect.arrayContaining(['odd_name_with_marks___7457f9dfd68d', 'odd_name_with_marks___f8e41e7d7514']));
  expect(space.tools.find(({ name }: { name: string }) => name === 'no_hints')).toEqual({
    ...{ type: 'function', name: 'no_hints', description: 'About no_hints', strict: false },
    parameters: { type: 'object', properties: {} },
  });
});

test('a long result is cut for the model and for clients, each in its own way', async () => {
  await using server = await startServer({ tables: fixture(), model: [toolCall('fix', 'big', { bytes: 2_000_000 }), say('done')] });
  const client = await server.client();
  const threadId = await client.thread();
  await started(client, threadId);
  const { items } = await client.turn(threadId, 'go');
  const [item] = mcpItems(items);
  expect(item).toMatchObject({ status: 'completed', result: { structuredContent: null, _meta: null } });
  expect(item?.result?.content).toHaveLength(1);
  expect(JSON.stringify(item?.result).length).toBeLessThan(1024 * 1024);
  const [, second] = server.model.requests;
  const output = JSON.stringify(lastOutput(second));
  expect(output.length).toBeLessThan(60_000);
  expect(output).toContain('truncated');
});

test('filters keep tools from the model and from clients', async () => {
  const lines = 'enabled_tools = ["echo", "text_only", "write"]\ndisabled_tools = ["write"]';
  await using server = await startServer({ tables: fixture('fix', { lines }), model: [toolCall('fix', 'image'), say('done')] });
  const client = await server.client();
  const threadId = await client.thread();
  await started(client, threadId);
  const { data } = await client.request('mcpServerStatus/list', { threadId });
  expect(Object.keys(data[0]?.tools ?? {})).toEqual(['echo', 'text_only']);
  const call = client.request('mcpServer/tool/call', { threadId, server: 'fix', tool: 'write', arguments: {} });
  await expect(call).rejects.toMatchObject({ code: -32603, message: "tool 'write' is disabled for MCP server 'fix'" });
  await client.turn(threadId, 'go');
  const [first, second] = server.model.requests;
  expect(offered(first, 'mcp__fix')).toEqual(['echo', 'text_only']);
  expect(lastOutput(second)).toBe('unsupported call: mcp__fiximage');
});
