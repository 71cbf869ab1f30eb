/** What single methods refuse or let pass, in the words and with the numbers that clients of the reference know. */
import { expect, test } from 'vitest';
import { hello, startRaw } from '../support/raw-client.ts';

const threadId = '01900000-0000-7000-8000-000000000000';
const badId = (what: string) =>
  `invalid ${what} id: invalid character: expected an optional prefix of \`urn:uuid:\` followed by [0-9a-fA-F-], found \`x\` at 1`;

const refused: readonly (readonly [method: string, params: unknown, code: number, message: string])[] = [
  ['thread/start', { projectId: 'x' }, -32600, 'project not found: x'],
  ['thread/metadata/update', { threadId, projectId: 'x' }, -32600, 'project not found: x'],
  ['thread/list', { projectId: 'x' }, -32602, 'project not found: x'],
  ['thread/list', { parentThreadId: 'x' }, -32600, badId('parent thread')],
  ['thread/list', { ancestorThreadId: 'x' }, -32600, badId('ancestor thread')],
  ['thread/list', { attachedToThreadId: 'x' }, -32600, badId('attached thread parent')],
  ['thread/list', { excludedThreadIds: ['x'] }, -32602, badId('excluded thread')],
  ['thread/list', { cursor: '2020-01-01T00:00:00Z|x' }, -32600, 'invalid cursor: 2020-01-01T00:00:00Z|x'],
  ['fs/readFile', { path: '/a\0b' }, -32600, 'file name contained an unexpected NUL byte'],
  ['command/exec', { command: ['echo', 'a\0b'] }, -32603, 'failed to spawn command: nul byte found in provided data'],
  ['thread/list', { includeAttachedThreads: true }, -32600, 'includeAttachedThreads requires a non-empty searchTerm'],
  [
    'thread/fork',
    { threadId, experimentalDisablePredictionMcp: true },
    -32600,
    '`experimentalDisablePredictionMcp` requires `experimentalPredictionMode: true`',
  ],
  ['thread/fork', { threadId, experimentalPredictionMode: true }, -32600, '`experimentalPredictionMode` requires `ephemeral: true`'],
  ['thread/items/list', { threadId }, -32601, 'thread/items/list is not supported yet'],
  ['thread/timeline/list', { threadId }, -32601, 'thread/timeline/list is not supported yet'],
  ['thread/searchOccurrences', { threadId, searchTerm: 'x' }, -32601, 'thread/searchOccurrences is not supported yet'],
  ['thread/items/read', { threadId, turnId: threadId, itemIds: [] }, -32600, 'itemIds must contain 1 to 100 IDs'],
  ['thread/memoryMode/set', { threadId, mode: 'enabled' }, -32600, `no rollout found for thread id ${threadId}`],
  [
    'thread/backgroundTerminals/terminate',
    { threadId, processId: 'x' },
    -32600,
    'invalid background terminal process id: invalid digit found in string',
  ],
  ['turn/settings/update', { threadId, turnId: threadId }, -32600, `thread not found: ${threadId}`],
  ['hooks/list', { threadId }, -32600, `thread not found: ${threadId}`],
  ['experimentalFeature/list', { threadId }, -32600, `thread not found: ${threadId}`],
  ['thread/attachment/list', { threadId, cursor: 'x' }, -32602, 'invalid pagination cursor'],
  ['project/list', { sortDirection: 'asc' }, -32602, 'sortDirection requires sortKey'],
  ['mcpServer/resource/read', { server: 's', uri: 'u', originCallId: 'c' }, -32600, 'originCallId requires threadId'],
  [
    'fuzzyFileSearch/sessionStart',
    { sessionId: 's', roots: [] },
    -32603,
    'failed to start fuzzy file search session: at least one search directory is required',
  ],
  ['account/usage/read', { threadId: 5 }, -32600, 'Invalid request: invalid type: integer `5`, expected a string'],
  ['account/logout', { odd: 1 }, -32600, 'Invalid request: invalid type: map, expected unit'],
];

test('each refusal has its number and its words', async () => {
  await using server = await startRaw();
  server.send(hello('hello'));
  await server.answer('hello');
  for (const [id, [method, params, code, message]] of refused.entries()) {
    server.send({ method, id, params });
    expect(await server.answer(id), method).toEqual({ id, error: expect.objectContaining({ code, message }) });
  }
});

test('a model provider that is not configured is named, as text and as data', async () => {
  await using server = await startRaw();
  server.send(hello(0));
  server.send({ method: 'model/list', id: 1, params: { modelProvider: 'gone' } });
  expect(await server.answer(1)).toMatchObject({
    error: {
      code: -32600,
      message: expect.stringContaining('This chat uses model provider “gone”'),
      data: { type: 'modelProviderNotConfigured', modelProvider: 'gone' },
    },
  });
});

test('an environment that cannot be reached says so instead of failing as ours', async () => {
  await using server = await startRaw();
  server.send(hello(0));
  server.send({ method: 'environment/add', id: 1, params: { environmentId: 'far', execServerUrl: 'nowhere' } });
  server.send({ method: 'environment/info', id: 2, params: { environmentId: 'far' } });
  expect(await server.answer(2)).toMatchObject({
    error: {
      code: -32603,
      message: expect.stringMatching(/^failed to get info for environment `far`: exec-server connection attempt failed: /),
    },
  });
});

test('an empty list stands for params without members, and what was never begun can be ended', async () => {
  await using server = await startRaw();
  server.send(hello(0));
  server.send({ method: 'collaborationMode/list', id: 1, params: [] });
  expect(await server.answer(1)).toHaveProperty('result.data');
  for (const [id, method, params] of [
    [2, 'userVerification/cancel', { requestId: 5 }],
    [3, 'thread/sample/cancel', { requestId: 'x' }],
    [4, 'mcpServer/event/stream/stop', { subscriptionId: 'x' }],
  ] as const) {
    server.send({ method, id, params });
    expect(await server.answer(id)).toEqual({ id, result: {} });
  }
});
