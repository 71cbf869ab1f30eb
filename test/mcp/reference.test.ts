/** The same conversations about MCP servers with our program and with the reference's (CODEX_REFERENCE): clients hear the same. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Message, startRaw } from '../support/raw-client.ts';
import { referenceBinary, withoutReference } from '../support/reference.ts';
import { say, startScriptedModel } from '../support/scripted-model.ts';
import { cli } from '../support/server.ts';
import { fixture, toolCall } from './support/scenes.ts';

interface Conversation {
  readonly tables: string;
  /** Tools of the fixture that the model calls, one turn each. */
  readonly calls?: readonly (readonly [tool: string, args: unknown])[];
  /** How the user answers every question. */
  readonly answer?: object;
  /** Asked after the turns. */
  readonly requests?: readonly (readonly [method: string, params: object])[];
}

const initialize = { clientInfo: { name: 'compare', title: 'compare', version: '0' }, capabilities: { experimentalApi: true } };

/** What the client hears of MCP servers, without what is another each time. */
async function heard(program: readonly [string, ...string[]], conversation: Conversation): Promise<string[]> {
  const { tables, calls = [], answer = { action: 'accept', content: {} }, requests = [] } = conversation;
  await using model = await startScriptedModel(...calls.flatMap(([tool, args]) => [toolCall('fix', tool, args), say('ok')]));
  // The reference keeps its helpers in no temporary directory.
  const home = await mkdtemp(join(homedir(), '.switchyard-compare-'));
  const provider = `model_provider = "mock"\nmodel = "mock-model"\n[model_providers.mock]\nname = "mock"\nbase_url = "${model.url}"\n`;
  await writeFile(join(home, 'config.toml'), `${provider}${tables}`);
  const server = await startRaw({ program, env: { CODEX_HOME: home } });
  let next = 0;
  const ask = async (method: string, params: object): Promise<Message> => {
    const id = `ask-${(next += 1)}`;
    server.send({ method, id, params });
    return server.answer(id);
  };
  try {
    await ask('initialize', initialize);
    server.send({ method: 'initialized' });
    const { result } = await ask('thread/start', { cwd: home, approvalPolicy: 'on-request', sandbox: 'workspace-write' });
    const { id: threadId } = (result as { thread: { id: string } }).thread;
    await server.message((message) => isOver(message));
    const answered = server.received.length;
    void answerAll(server, answer);
    for (const _ of calls) {
      const before = server.received.filter(({ method }) => method === 'turn/completed').length;
      await ask('turn/start', { threadId, input: [{ type: 'text', text: 'go' }] });
      await expect
        .poll(() => server.received.filter(({ method }) => method === 'turn/completed').length, { timeout: 20_000 })
        .toBe(before + 1);
    }
    const answers = [];
    for (const [method, params] of requests) {
      const { result: good, error: bad } = await ask(method, { threadId, ...params });
      answers.push(plain({ method, good, bad }));
    }
    expect(answered).toBeGreaterThan(0);
    return [...server.received.filter(isAboutMcp).map(plain).sort(), ...answers];
  } finally {
    await server[Symbol.asyncDispose]();
    await rm(home, { recursive: true, force: true });
  }
}

const paramsOf = ({ params }: Message): Message => (typeof params === 'object' && params !== null ? (params as Message) : {});
const isOver = (message: Message): boolean =>
  message.method === 'mcpServer/startupStatus/updated' && paramsOf(message).status !== 'starting';

function isAboutMcp(message: Message): boolean {
  const { method } = message;
  if (method === 'item/started' || method === 'item/completed') return JSON.stringify(message.params).includes('"mcpToolCall"');
  return typeof method === 'string' && method.startsWith('mcpServer/');
}

/** Answers each question once, for as long as the program runs. */
async function answerAll(server: Awaited<ReturnType<typeof startRaw>>, answer: object): Promise<void> {
  const seen = new Set<unknown>();
  for (;;) {
    const question = await server.message(({ id, method }) => method === 'mcpServer/elicitation/request' && !seen.has(id));
    seen.add(question.id);
    server.send({ id: question.id, result: { _meta: null, content: null, ...answer } });
  }
}

const varying = /^(emittedAtMs|startedAtMs|completedAtMs|durationMs|id|turnId|threadId|contentTokenCount)$/;
const plain = (message: object): string =>
  JSON.stringify(sorted(message), (key, value: unknown) => (varying.test(key) && value !== null ? '*' : value));

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
};

const conversations: readonly (readonly [string, Conversation])[] = [
  [
    'consent that is given',
    {
      tables: fixture('fix'),
      calls: [
        ['write', { value: 'a' }],
        ['no_hints', ''],
        ['echo', { message: 'm' }],
      ],
    },
  ],
  [
    'consent that is refused',
    {
      tables: fixture('fix'),
      calls: [
        ['write', { value: 'a' }],
        ['ask_form', ''],
      ],
      answer: { action: 'decline' },
    },
  ],
  ['results of every kind', { tables: fixture('fix'), calls: ['image', 'fail', 'text_only'].map((tool) => [tool, {}] as const) }],
  [
    'modes and filters',
    {
      tables: fixture('fix', {
        lines: 'default_tools_approval_mode = "writes"\ndisabled_tools = ["image"]\ntools.write.approval_mode = "approve"',
      }),
      calls: [
        ['write', { value: 'a' }],
        ['no_hints', {}],
        ['image', {}],
      ],
      requests: [['mcpServer/tool/call', { server: 'fix', tool: 'image' }]],
    },
  ],
  [
    'methods and their errors',
    {
      tables: fixture('fix'),
      requests: [
        ['mcpServerStatus/list', { serverName: 'fix' }],
        ['mcpServerStatus/list', { cursor: 'zz' }],
        ['mcpServerStatus/list', { cursor: '9' }],
        ['mcpServer/resource/read', { server: 'fix', uri: 'fixture://note' }],
        ['mcpServer/resource/read', { server: 'fix', uri: 'fixture://none' }],
        ['mcpServer/resource/read', { server: 'none', uri: 'fixture://note' }],
        ['mcpServer/tool/call', { server: 'fix', tool: 'protocol_error', arguments: {} }],
        ['mcpServer/tool/call', { server: 'fix', tool: 'echo', arguments: [1] }],
        ['mcpServer/tool/call', { server: 'none', tool: 'echo' }],
        ['mcpServer/oauth/login', { name: 'fix' }],
        ['mcpServer/oauth/login', { name: 'none' }],
      ],
    },
  ],
  ['a program that is not there', { tables: '[mcp_servers.gone]\ncommand = "/no/such/program"\n' }],
];

describe.skipIf(withoutReference('conversations about MCP servers, beside the reference'))('beside the reference', () => {
  test.each(conversations)('%s', { timeout: 60_000 }, async (_name, conversation) => {
    if (referenceBinary === undefined) throw new Error('CODEX_REFERENCE names no binary');
    const theirs = await heard([referenceBinary], conversation);
    expect(await heard([process.execPath, cli], conversation)).toEqual(theirs);
  });
});
