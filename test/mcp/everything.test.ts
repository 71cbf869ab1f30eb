/** The official server that exercises everything a client may meet, tool by tool. */
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { say } from '../support/scripted-model.ts';
import { startServer, type TestClient, type TestServer } from '../support/server.ts';
import { lastOutput, mcpItems, offered, started, toolCall } from './support/scenes.ts';

const program = createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/dist/index.js');
const tables = `[mcp_servers.all]\ncommand = ${JSON.stringify(process.execPath)}\nargs = [${JSON.stringify(program)}, "stdio"]\n`;

const text = (said: unknown) => ({ type: 'text', text: said });

describe('called by the client', () => {
  let server: TestServer;
  let client: TestClient;
  let threadId: string;
  const asked: unknown[] = [];
  let answer: { action: 'accept' | 'decline' | 'cancel'; content?: Record<string, unknown> } = { action: 'decline' };

  beforeAll(async () => {
    server = await startServer({ tables });
    client = await server.client({
      questions: {
        'mcpServer/elicitation/request': (question) => {
          asked.push(question);
          return answer;
        },
      },
    });
    threadId = await client.thread({ approvalPolicy: 'on-request' });
    await started(client, threadId);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const call = (tool: string, args: Record<string, unknown> = {}) =>
    client.request('mcpServer/tool/call', { threadId, server: 'all', tool, arguments: args });

  test('it tells about itself, its tools and its resources', async () => {
    const { data } = await client.request('mcpServerStatus/list', { threadId });
    expect(data).toMatchObject([
      {
        name: 'all',
        runtimeStatus: 'connected',
        authStatus: 'unsupported',
        toolsError: null,
        serverInfo: { title: 'Everything Reference Server' },
      },
    ]);
    expect(Object.keys(data[0]?.tools ?? {}).sort()).toEqual([
      ...['echo', 'get-annotated-message', 'get-env', 'get-resource-links', 'get-resource-reference', 'get-structured-content', 'get-sum'],
      ...['get-tiny-image', 'gzip-file-as-resource', 'simulate-research-query', 'toggle-simulated-logging', 'toggle-subscriber-updates'],
      ...['trigger-elicitation-request', 'trigger-long-running-operation', 'trigger-url-elicitation'],
    ]);
    expect(data[0]?.resources.length).toBeGreaterThan(3);
    expect(data[0]?.resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toContain('demo://resource/dynamic/text/{resourceId}');
  });

  test('a resource is read', async () => {
    const { contents } = await client.request('mcpServer/resource/read', {
      threadId,
      server: 'all',
      uri: 'demo://resource/dynamic/text/7',
    });
    expect(contents).toMatchObject([{ uri: 'demo://resource/dynamic/text/7', mimeType: 'text/plain', text: expect.stringContaining('7') }]);
  });

  const cases: readonly (readonly [string, Record<string, unknown>, unknown])[] = [
    ['echo', { message: 'hi' }, { content: [text('Echo: hi')] }],
    ['get-sum', { a: 2, b: 3 }, { content: [text('The sum of 2 and 3 is 5.')] }],
    ['get-env', {}, { content: [text(expect.not.stringContaining('CODEX_HOME'))] }],
    [
      'get-annotated-message',
      { messageType: 'error', includeImage: true },
      { content: [{ annotations: { priority: 1 } }, { type: 'image' }] },
    ],
    ['get-resource-links', { count: 2 }, { content: [{ type: 'text' }, { type: 'resource_link' }, { type: 'resource_link' }] }],
    [
      'get-resource-reference',
      { resourceType: 'Text', resourceId: 1 },
      { content: [{}, { type: 'resource', resource: { mimeType: 'text/plain' } }, {}] },
    ],
    [
      'get-structured-content',
      { location: 'New York' },
      { structuredContent: { conditions: expect.any(String), temperature: expect.any(Number) } },
    ],
    ['get-tiny-image', {}, { content: [{ type: 'text' }, { type: 'image', mimeType: 'image/png' }, { type: 'text' }] }],
    ['gzip-file-as-resource', { name: 'a.gz', data: 'data:text/plain,hi', outputType: 'resource' }, { content: [{ type: 'resource' }] }],
    ['toggle-simulated-logging', {}, { content: [text(expect.stringContaining('Started'))] }],
    ['toggle-subscriber-updates', {}, { content: [text(expect.stringContaining('Started'))] }],
    ['trigger-long-running-operation', { duration: 0.2, steps: 2 }, { content: [text(expect.stringContaining('completed'))] }],
  ];
  test.each(cases)('%s', async (tool, args, result) => {
    expect(await call(tool, args)).toMatchObject(result as Record<string, unknown>);
  });

  test('a wrong argument is told by the server', async () => {
    expect(await call('get-sum', { a: 'x' })).toMatchObject({
      isError: true,
      content: [text(expect.stringContaining('Invalid arguments'))],
    });
  });

  test('a form is asked for and answered', async () => {
    asked.length = 0;
    answer = { action: 'accept', content: { name: 'Ann', check: true, integer: 7 } };
    const { content } = await call('trigger-elicitation-request');
    expect(asked).toMatchObject([
      {
        threadId,
        turnId: null,
        serverName: 'all',
        mode: 'form',
        requestedSchema: { properties: { name: { type: 'string' }, integer: { minimum: 1 } } },
      },
    ]);
    expect(JSON.stringify(content)).toContain('Ann');
    answer = { action: 'decline' };
    expect(JSON.stringify((await call('trigger-elicitation-request')).content)).toContain('declined');
    answer = { action: 'cancel' };
    expect(JSON.stringify((await call('trigger-elicitation-request')).content)).toContain('cancelled');
  });

  test('an address is offered, and what the server asks for by an error is passed on', async () => {
    asked.length = 0;
    answer = { action: 'accept' };
    const args = { url: 'https://example.com/consent', elicitationId: 'e1' };
    expect((await call('trigger-url-elicitation', args)).content).toMatchObject([text(expect.stringContaining('completed')), {}]);
    expect(asked).toMatchObject([{ mode: 'url', url: args.url, elicitationId: 'e1' }]);
    await expect(call('trigger-url-elicitation', { ...args, errorPath: true })).rejects.toMatchObject({ code: -32042 });
  });

  test('a tool that runs as a task says that it does', async () => {
    expect(await call('simulate-research-query', { topic: 'x' })).toMatchObject({
      ...{ isError: true, content: [text(expect.stringContaining('requires task augmentation'))] },
    });
  });
});

test('a model uses them: images, progress, structure and questions', async () => {
  const calls = [
    toolCall('all', 'get_tiny_image'),
    toolCall('all', 'get_structured_content', { location: 'Chicago' }),
    toolCall('all', 'trigger_long_running_operation', { duration: 0.2, steps: 2 }),
    toolCall('all', 'trigger_elicitation_request'),
  ];
  await using server = await startServer({ tables, model: [...calls, say('done')] });
  const client = await server.client({
    questions: {
      'mcpServer/elicitation/request': (question) => ({
        action: 'message' in question && question.message.startsWith('Allow') ? 'accept' : 'decline',
        content: {},
      }),
    },
  });
  const threadId = await client.thread({ approvalPolicy: 'on-request' });
  await started(client, threadId);
  const { items } = await client.turn(threadId, 'go');
  expect(mcpItems(items).map(({ tool, status }) => [tool, status])).toEqual([
    ['get-tiny-image', 'completed'],
    ['get-structured-content', 'completed'],
    ['trigger-long-running-operation', 'completed'],
    ['trigger-elicitation-request', 'completed'],
  ]);
  const [first, image, structured, long, declined] = server.model.requests;
  expect(offered(first, 'mcp__all')).toContain('get_tiny_image');
  expect(lastOutput(image)).toMatchObject([{ type: 'input_text' }, { type: 'input_text' }, { type: 'input_image', detail: 'high' }, {}]);
  expect(lastOutput(structured)).toMatch(/^Wall time: \d+\.\d{4} seconds\nOutput:\n\{"temperature":/);
  expect(JSON.stringify(lastOutput(long))).toContain('completed');
  expect(JSON.stringify(lastOutput(declined))).toContain('declined');
});
