/** Consent for calls and questions of servers: who is asked, what is remembered, what policies answer by themselves. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { McpServerElicitationRequestParams, McpServerElicitationRequestResponse } from '../../src/protocol/app/index.ts';
import { type Step, say } from '../support/scripted-model.ts';
import { startServer } from '../support/server.ts';
import { type FixtureOptions, fixture, mcpItems, started, statusUpdates, toolCall } from './support/scenes.ts';

type Answer = McpServerElicitationRequestResponse;
const yes: Answer = { action: 'accept', content: {}, _meta: null };
const lasting = (persist: string): Answer => ({ ...yes, _meta: { persist } });

interface Scene {
  readonly options?: FixtureOptions;
  readonly thread?: Parameters<Awaited<ReturnType<Awaited<ReturnType<typeof startServer>>['client']>>['thread']>[0];
  readonly calls: readonly Step[];
  readonly answers?: readonly Answer[];
  readonly extensions?: Record<string, unknown>;
}

/** One turn per call. */
async function scene({ options, thread, calls, answers = [], extensions }: Scene) {
  const model = calls.flatMap((call) => [call, say('done')]);
  const server = await startServer({ tables: `# mine\n${fixture('fix', options)}# the end\n`, model });
  const asked: McpServerElicitationRequestParams[] = [];
  const client = await server.client({
    ...(extensions ? { capabilities: { experimentalApi: true, extensions } } : {}),
    questions: {
      'mcpServer/elicitation/request': (question) => {
        asked.push(question);
        return answers[asked.length - 1] ?? { action: 'cancel', content: null, _meta: null };
      },
    },
  });
  const threadId = await client.thread({ approvalPolicy: 'on-request', sandbox: 'workspace-write', ...thread });
  await started(client, threadId);
  const items = [];
  for (const _ of calls) items.push(...mcpItems((await client.turn(threadId, 'go')).items));
  return { server, client, threadId, asked, items, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const ends = (items: ReturnType<typeof mcpItems>) => items.map(({ status, error }) => error?.message ?? status);
const write = (value: string) => toolCall('fix', 'write', { value });

test('approvals-elicitation', async () => {
  const answers: Answer[] = [yes, { ...yes, action: 'decline' }, { ...yes, action: 'cancel' }, lasting('session')];
  await using it = await scene({ calls: [write('a'), write('b'), toolCall('fix', 'no_hints'), write('c'), write('d')], answers });
  expect(ends(it.items)).toEqual(['completed', 'user rejected MCP tool call', 'user cancelled MCP tool call', 'completed', 'completed']);
  expect(it.asked).toHaveLength(4);
  expect(it.asked[0]).toEqual({
    ...{ threadId: it.threadId, turnId: expect.any(String), serverName: 'fix', mode: 'form' },
    _meta: {
      ...{ codex_approval_kind: 'mcp_tool_call', persist: ['session', 'always'], tool_name: 'write', tool_description: 'About write' },
      tool_annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: true },
      ...{ tool_params: { value: 'a' }, tool_params_display: [{ name: 'value', value: 'a', display_name: 'value' }] },
    },
    message: 'Allow the fix MCP server to run tool "write"?',
    requestedSchema: { type: 'object', properties: {} },
  });
  expect(it.asked[2]?._meta).not.toHaveProperty('tool_annotations');
  const flags = it.client.seen.flatMap((one) =>
    one.method === 'thread/status/changed' && one.params.status.type === 'active' ? [one.params.status.activeFlags] : [],
  );
  expect(flags.slice(0, 3)).toEqual([[], ['waitingOnApproval'], []]);
  expect(it.client.seen.filter(({ method }) => method === 'serverRequest/resolved')).toHaveLength(4);
});

test('approvals-never', async () => {
  const calls = [write('a'), toolCall('fix', 'ask_form'), toolCall('fix', 'ask_empty')];
  await using confined = await scene({ calls, thread: { approvalPolicy: 'never' } });
  expect(confined.asked).toEqual([]);
  expect(ends(confined.items)).toEqual(['MCP tool call requires approval, but approval policy is never', 'completed', 'completed']);
  expect(confined.items.slice(1).map(({ result }) => result?.content)).toEqual([
    [{ type: 'text', text: '{"action":"decline"}' }],
    [{ type: 'text', text: '{"action":"decline"}' }],
  ]);
  await using free = await scene({ calls, thread: { approvalPolicy: 'never', sandbox: 'danger-full-access' } });
  expect(free.asked).toEqual([]);
  expect(free.items.map(({ result }) => JSON.stringify(result?.content))).toEqual([
    expect.stringContaining('written'),
    expect.stringContaining('decline'),
    expect.stringContaining('accept'),
  ]);
});

test('an automatic reviewer, which is not there, refuses what the user would be asked about', async () => {
  await using it = await scene({ calls: [write('a')], answers: [yes], thread: { approvalsReviewer: 'auto_review' } });
  expect(it.asked).toEqual([]);
  expect(ends(it.items)).toEqual([expect.stringContaining('no automatic reviewer')]);
  const reviewed = it.client.seen.flatMap(({ method, params }) => (method === 'item/autoApprovalReview/completed' ? [params.action] : []));
  expect(reviewed).toMatchObject([{ type: 'mcpToolCall', server: 'fix', toolName: 'write' }]);
});

test('approvals-persist', async () => {
  await using it = await scene({ calls: [write('a'), write('b')], answers: [lasting('always')] });
  expect(ends(it.items)).toEqual(['completed', 'completed']);
  expect(it.asked).toHaveLength(1);
  const file = await readFile(join(it.server.home, 'config.toml'), 'utf8');
  // Nothing but the consent was added.
  const added = file.split('\n').filter((line) => line.includes('approval_mode'));
  expect(added).toEqual([expect.stringMatching(/write.*approval_mode = "approve"/)]);
  const rest = file
    .split('\n')
    .filter((line) => !added.includes(line))
    .join('\n');
  expect(rest).toContain(`# mine\n${fixture('fix').trimEnd()}\n`);
  expect(rest.endsWith('# the end\n')).toBe(true);
  // The server was not started again for it.
  expect(statusUpdates(it.client).map(({ status }) => status)).toEqual(['starting', 'ready', 'ready']);
});

test('consent for the session is for one tool as it was described', async () => {
  const answers = [lasting('session'), yes];
  await using it = await scene({ calls: [write('a'), toolCall('fix', 'no_hints'), write('b')], answers });
  expect(it.asked.map((question) => ('message' in question ? question.message : ''))).toEqual([
    'Allow the fix MCP server to run tool "write"?',
    'Allow the fix MCP server to run tool "no_hints"?',
  ]);
});

describe('modes', () => {
  const calls = ['echo', 'write', 'no_hints', 'harmless'].map((tool) => toolCall('fix', tool, { message: 'x' }));
  const cases: readonly (readonly [string, string[]])[] = [
    ['auto', ['write', 'no_hints']],
    ['prompt', ['echo', 'write', 'no_hints', 'harmless']],
    ['writes', ['write', 'no_hints', 'harmless']],
    ['approve', []],
  ];
  test.each(cases)('%s', async (mode, tools) => {
    const options = { lines: `default_tools_approval_mode = "${mode}"` };
    await using it = await scene({ options, calls, answers: [yes, yes, yes, yes] });
    expect(it.asked.map(({ _meta }) => (_meta as { tool_name: string }).tool_name)).toEqual(tools);
    const persist = it.asked.map(({ _meta }) => (_meta as { persist?: unknown }).persist);
    expect(persist.every((offer) => (mode === 'auto' ? Array.isArray(offer) : offer === undefined))).toBe(true);
    expect(ends(it.items)).toEqual(calls.map(() => 'completed'));
  });

  test('that of a tool is stronger than that of its server', async () => {
    const options = { lines: 'default_tools_approval_mode = "prompt"\ntools.write.approval_mode = "approve"' };
    await using it = await scene({ options, calls: [write('a'), toolCall('fix', 'echo')], answers: [yes] });
    expect(it.asked.map(({ _meta }) => (_meta as { tool_name: string }).tool_name)).toEqual(['echo']);
  });
});

const granular = { sandbox_approval: true, rules: true, skill_approval: true, request_permissions: true, mcp_elicitations: true };

test('prompt-mode-and-paused-timeout', async () => {
  const options = { lines: 'default_tools_approval_mode = "prompt"\ntool_timeout_sec = 0.3\ntools.ask_form.approval_mode = "approve"' };
  const model = [write('1'), say('a'), write('2'), say('b'), toolCall('fix', 'ask_form'), say('c')];
  await using server = await startServer({ tables: fixture('fix', options), model });
  let forms = 0;
  const client = await server.client({
    questions: {
      'mcpServer/elicitation/request': async (question) => {
        if ('message' in question && question.message === 'Confirm?') {
          forms += 1;
          // Longer than a call may take: the time of the user does not count.
          await new Promise((resolve) => setTimeout(resolve, 700));
        }
        return lasting('session');
      },
    },
  });
  const threadId = await client.thread({ approvalPolicy: { granular } });
  await started(client, threadId);
  const turns = [];
  for (let count = 0; count < 3; count += 1) turns.push(...mcpItems((await client.turn(threadId, 'go')).items));
  expect(ends(turns)).toEqual(['completed', 'completed', 'completed']);
  expect(forms).toBe(1);
  // In this mode consent is never remembered.
  expect(client.seen.filter(({ method }) => method === 'serverRequest/resolved')).toHaveLength(3);
  expect(turns[2]?.result?.content).toEqual([{ type: 'text', text: '{"action":"accept","content":{},"_meta":{"persist":"session"}}' }]);
});

test('a policy without questions of servers answers them itself', async () => {
  const thread = { approvalPolicy: { granular: { ...granular, mcp_elicitations: false } } };
  await using it = await scene({ thread, calls: [toolCall('fix', 'ask_form')] });
  expect(it.asked).toEqual([]);
  expect(it.items[0]?.result?.content).toEqual([{ type: 'text', text: '{"action":"decline"}' }]);
});

test('questions go to the user as the server put them, and the answers back', async () => {
  const calls = ['ask_form', 'ask_url', 'ask_rich'].map((tool) => toolCall('fix', tool));
  const bad = toolCall('fix', 'ask_url', { url: 'http://elsewhere.example/' });
  const answers: Answer[] = [
    { action: 'accept', content: { confirmed: true, who: 'me' }, _meta: { k: 1 } },
    { ...yes, content: null },
    { action: 'decline', content: null, _meta: null },
  ];
  await using it = await scene({ calls: [...calls, bad], answers, extensions: { 'openai/form': {} } });
  const place = { threadId: it.threadId, turnId: expect.any(String), serverName: 'fix' };
  expect(it.asked).toEqual([
    {
      ...{ ...place, mode: 'form', _meta: null, message: 'Confirm?' },
      requestedSchema: {
        type: 'object',
        properties: { confirmed: { type: 'boolean' }, who: { type: 'string', title: 'Who' } },
        required: ['confirmed'],
      },
    },
    { ...place, mode: 'url', _meta: null, message: 'Open this', url: 'https://fixture.example/consent', elicitationId: 'el-1' },
    { ...place, mode: 'openai/form', _meta: { k: 2 }, message: 'Rich?', requestedSchema: { any: ['thing'] } },
  ]);
  expect(it.items.map(({ result }) => result?.content[0])).toEqual([
    { type: 'text', text: '{"action":"accept","content":{"confirmed":true,"who":"me"},"_meta":{"k":1}}' },
    { type: 'text', text: '{"action":"accept","content":{}}' },
    { type: 'text', text: '{"action":"decline"}' },
    // A browser is never sent to a plain address of another machine.
    { type: 'text', text: '{"action":"decline"}' },
  ]);
});

test('a client that does not know the richer forms is not asked with them', async () => {
  await using it = await scene({ calls: [toolCall('fix', 'ask_rich')] });
  expect(it.asked).toEqual([]);
  expect(JSON.stringify(it.items[0]?.result)).toContain('-32601');
});
