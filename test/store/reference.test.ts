/** Threads travel both ways: the original program goes on with ours, and we go on with its. Needs its binary in CODEX_REFERENCE. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createThreadStore } from '../../src/store/rollout-store.ts';
import { referenceBinary, withoutReference } from '../support/reference.ts';
import { newThread, textTurn } from './facts.ts';

type Json = Record<string, unknown>;

/** A model that says "hi back" to everything and keeps what it was asked. */
async function startModel(): Promise<{ server: Server; url: string; asked: Json[] }> {
  const asked: Json[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.method !== 'POST') {
      response.writeHead(404).end('{}');
      return;
    }
    asked.push(JSON.parse(body));
    const send = (type: string, more: Json) => response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    send('response.created', { response: { id: `resp_${asked.length}` } });
    const item = { type: 'message', role: 'assistant', id: `msg_${asked.length}`, content: [{ type: 'output_text', text: 'hi back' }] };
    send('response.output_item.done', { item });
    const usage = { input_tokens: 3, input_tokens_details: null, output_tokens: 2, output_tokens_details: null, total_tokens: 5 };
    send('response.completed', { response: { id: `resp_${asked.length}`, usage } });
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { server, asked, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/v1` };
}

/** The original program, spoken to over stdio. */
function startReference(home: string, cwd: string) {
  const child = execa(referenceBinary ?? '', ['app-server'], {
    cwd,
    env: { CODEX_HOME: home, HOME: join(home, 'user') },
    reject: false,
    stderr: 'ignore',
  });
  const answers = new Map<unknown, (message: Json) => void>();
  const waiting: { method: string; resolve: (params: Json) => void }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message: Json = JSON.parse(line);
    answers.get(message.id)?.(message);
    const at = waiting.findIndex(({ method }) => method === message.method);
    if (at >= 0) waiting.splice(at, 1)[0]?.resolve(message);
  });
  let next = 0;
  const request = (method: string, params: Json): Promise<Json> =>
    new Promise((resolve, reject) => {
      const id = next++;
      answers.set(id, ({ result, error }) => (error ? reject(new Error(JSON.stringify(error))) : resolve(Object(result))));
      child.stdin.write(`${JSON.stringify({ id, method, params })}\n`);
    });
  return {
    request,
    next: (method: string) => new Promise<Json>((resolve) => waiting.push({ method, resolve })),
    async close() {
      child.stdin.end();
      await child;
    },
  };
}

describe.skipIf(withoutReference('threads of and for the original program'))('with the original program', () => {
  let home: string;
  let work: string;
  let model: Awaited<ReturnType<typeof startModel>>;
  beforeEach(async () => {
    // It refuses a home below the system's temporary directory.
    home = await mkdtemp(join(homedir(), '.store-test-'));
    work = join(home, 'work');
    await mkdir(work);
    await mkdir(join(home, 'user'));
    model = await startModel();
    await writeFile(
      join(home, 'config.toml'),
      `model = "mock-model"\nmodel_provider = "mock"\n[model_providers.mock]\nname = "mock"\nbase_url = "${model.url}"\n`,
    );
  });
  afterEach(async () => {
    model.server.close();
    await rm(home, { recursive: true, force: true });
  });

  const open = async () => {
    const program = startReference(home, work);
    await program.request('initialize', { clientInfo: { name: 'test', version: '1' }, capabilities: { experimentalApi: true } });
    return program;
  };
  const runTurn = async (program: ReturnType<typeof startReference>, threadId: string, text: string) => {
    const done = program.next('turn/completed');
    await program.request('turn/start', { threadId, input: [{ type: 'text', text }] });
    await done;
  };
  const textsAsked = () => JSON.stringify(model.asked.at(-1)?.input);

  test('it lists, shows and continues a thread of ours, and we go on after it', async () => {
    const store = createThreadStore({ home });
    const thread = newThread({ cwd: work, runtimeWorkspaceRoots: [work] });
    const writer = store.create(thread);
    const turns = ['one', 'two', 'three'].map((text, index) =>
      textTurn(`01990000-0000-7000-8000-00000000000${index}`, `say ${text}`, `answer ${text}`),
    );
    writer.append(...turns.flatMap(({ facts }) => facts));
    await store.close();

    const program = await open();
    expect(await program.request('thread/list', {})).toMatchObject({
      data: [{ id: thread.id, preview: 'say one', model: 'mock-model', cwd: work }],
    });
    const resumed = await program.request('thread/resume', { threadId: thread.id });
    expect(resumed.thread).toMatchObject({ id: thread.id, turns: turns.map(({ turn }) => turn) });
    await runTurn(program, thread.id, 'and now?');
    for (const { history } of turns) for (const item of history) expect(textsAsked()).toContain(JSON.stringify(item.content));
    await program.close();

    const again = createThreadStore({ home });
    const stored = await again.read(thread.id);
    expect(stored?.turns.slice(0, 3)).toEqual(turns.map(({ turn }) => turn));
    expect(stored?.turns[3]).toMatchObject({
      status: 'completed',
      items: [{ type: 'userMessage' }, { type: 'agentMessage', text: 'hi back' }],
    });
    expect(stored?.skippedLines).toBe(0);
    const last = textTurn('01990000-0000-7000-8000-000000000009', 'back again', 'welcome');
    const next = await again.open(thread.id);
    next.append(...last.facts);
    expect((await again.read(thread.id))?.turns).toHaveLength(5);
    await again.close();
  });

  test('it shows a thread of ours in legacy mode', async () => {
    const store = createThreadStore({ home });
    const thread = newThread({ cwd: work, runtimeWorkspaceRoots: [work], historyMode: 'legacy' });
    store.create(thread).append(...textTurn('01990000-0000-7000-8000-000000000001', 'say one', 'answer one').facts);
    await store.close();
    const program = await open();
    expect(await program.request('thread/resume', { threadId: thread.id })).toMatchObject({
      thread: {
        historyMode: 'legacy',
        turns: [
          {
            items: [
              { type: 'userMessage', content: [{ text: 'say one' }] },
              { type: 'agentMessage', text: 'answer one' },
            ],
          },
        ],
      },
    });
    await program.close();
  });

  test('a revert of ours is honoured by what it sends to the model', async () => {
    const store = createThreadStore({ home });
    const thread = newThread({ cwd: work, runtimeWorkspaceRoots: [work] });
    const writer = store.create(thread);
    const [first, second] = [
      textTurn('01990000-0000-7000-8000-000000000001', 'stays', 'kept'),
      textTurn('01990000-0000-7000-8000-000000000002', 'goes', 'dropped'),
    ];
    writer.append(...first.facts, ...second.facts, { type: 'reverted', beforeTurnId: second.turn.id });
    await store.close();
    const program = await open();
    await program.request('thread/resume', { threadId: thread.id, excludeTurns: true });
    await runTurn(program, thread.id, 'go on');
    expect(textsAsked()).toContain('kept');
    expect(textsAsked()).not.toContain('dropped');
    await program.close();
  });

  test('we read its threads: turns, history, settings, usage, forks', async () => {
    const program = await open();
    const started = await program.request('thread/start', { cwd: work, approvalPolicy: 'never', sandbox: 'danger-full-access' });
    const threadId = String(Object(started.thread).id);
    await runTurn(program, threadId, 'first');
    await runTurn(program, threadId, 'second');
    const { thread: shown } = await program.request('thread/read', { threadId, includeTurns: true });
    const { thread: fork } = await program.request('thread/fork', { threadId });
    const forkId = String(Object(fork).id);
    await runTurn(program, forkId, 'on the fork');
    const { thread: shownFork } = await program.request('thread/read', { threadId: forkId, includeTurns: true });

    const store = createThreadStore({ home });
    await expect(store.open(threadId), 'it is still writing').rejects.toThrow('already has an active writer');
    await program.close();
    const stored = await store.read(threadId);
    expect(stored?.turns).toEqual(Object(shown).turns);
    expect(stored?.record).toMatchObject({
      preview: 'first',
      model: 'mock-model',
      originator: 'test',
      source: 'vscode',
      cwd: work,
      forkedFromId: null,
    });
    expect(stored?.history.filter((item) => item.role === 'assistant')).toHaveLength(2);
    expect(stored?.lastContext).toMatchObject({
      model: 'mock-model',
      approvalPolicy: 'never',
      sandboxPolicy: { type: 'danger-full-access' },
    });
    expect(stored?.tokenUsage).toMatchObject({ total: { totalTokens: 10 }, last: { totalTokens: 5 } });
    const branch = await store.read(forkId);
    expect(branch?.turns).toEqual(Object(shownFork).turns);
    expect(branch?.record).toMatchObject({ forkedFromId: threadId, preview: 'first' });
    const writer = await store.open(forkId);
    writer.append(...textTurn('01990000-0000-7000-8000-000000000001', 'ours', 'too').facts);
    expect((await store.read(forkId))?.turns).toHaveLength(4);
    await store.close();
  });
});
