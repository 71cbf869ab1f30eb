import { expect, test } from 'vitest';
import { ThreadForkParams } from '../../src/protocol/app/index.ts';
import { tempWorkspace } from '../support/workspace.ts';
import { type Bench, brief, createBench, originator, request, resumeParams, run, say, startParams } from './support.ts';

const forkParams = (threadId: string, more: Partial<ThreadForkParams> = {}): ThreadForkParams => ({
  ...ThreadForkParams().parse({ threadId }),
  ...more,
});
const texts = (bench: Bench, at: number) =>
  JSON.stringify(
    bench.model.requests[at]?.input.filter((item) => item.type === 'message' && item.role !== 'developer').map((item) => item.content),
  );

test('a new thread tells every member, and that it started', async () => {
  await using bench = await createBench();
  const cwd = bench.workspace.root;
  const started = await bench.threads.start(startParams({ cwd, approvalPolicy: 'never', sandbox: 'danger-full-access' }), originator);
  expect(bench.recorded.lines).toEqual([]);
  started.announce();
  const { thread, ...rest } = started.response;
  expect(rest).toEqual({
    model: 'mock-model',
    modelProvider: 'mock',
    serviceTier: null,
    disabledPluginIds: [],
    cwd,
    runtimeWorkspaceRoots: [cwd],
    instructionSources: [],
    approvalPolicy: 'never',
    approvalsReviewer: 'user',
    sandbox: { type: 'dangerFullAccess' },
    activePermissionProfile: null,
    reasoningEffort: null,
    multiAgentMode: 'explicitRequestOnly',
  });
  const { id, createdAt, updatedAt, recencyAt, path, ...facts } = thread;
  expect([createdAt, updatedAt, recencyAt].every((time) => typeof time === 'number')).toBe(true);
  expect(path).toContain(`-${id}.jsonl`);
  expect(facts).toEqual({
    environments: [{ environmentId: 'local', cwd, runtimeWorkspaceRoots: [cwd] }],
    extra: null,
    sessionId: id,
    forkedFromId: null,
    attachedToThreadId: null,
    parentThreadId: null,
    preview: '',
    ephemeral: false,
    section: null,
    sectionEnteredAt: null,
    projectId: null,
    historyMode: 'paginated',
    modelProvider: 'mock',
    model: 'mock-model',
    reasoningEffort: null,
    status: { type: 'idle' },
    cwd,
    cliVersion: '0.169.0',
    originator: 'test',
    source: 'vscode',
    canAcceptDirectInput: true,
    threadSource: null,
    agentNickname: null,
    agentRole: null,
    gitInfo: null,
    name: null,
    daybreakEnabled: null,
    turns: [],
  });
  expect(bench.recorded.lines).toMatchObject([{ method: 'thread/started', params: { thread: { id, turns: [] } } }]);
  expect(bench.threads.loadedIds()).toEqual([id]);
});

test('bad starts are refused with words clients know', async () => {
  await using bench = await createBench();
  const start = (params: Parameters<typeof startParams>[0]) => bench.threads.start(startParams(params), originator);
  await expect(start({ permissions: ':workspace', sandbox: 'read-only' })).rejects.toThrow(
    '`permissions` cannot be combined with `sandbox`',
  );
  await expect(start({ environments: [{ environmentId: 'nosuch', cwd: '/' }] })).rejects.toThrow('unknown turn environment id `nosuch`');
  const bad = { type: 'function' as const, name: 'bad name', description: '', inputSchema: {} };
  await expect(start({ dynamicTools: [bad] })).rejects.toThrow(
    'dynamic tool name must match ^[a-zA-Z0-9_-]+$ to match Responses API: bad name',
  );
  expect((await start({ environments: [] })).response.runtimeWorkspaceRoots).toEqual([]);
  expect(() => bench.threads.get('xyz')).toThrow(
    'invalid thread id: invalid character: expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-], found `x` at 1',
  );
  expect(() => bench.threads.get('01a1fd23-961f-71d3-b659-a1fc8b476718')).toThrow('thread not found: 01a1fd23-961f-71d3-b659-a1fc8b476718');
});

test('a stored thread resumes after a restart with its turns, its usage and its settings, and the context is not repeated', async () => {
  await using workspace = await tempWorkspace();
  let id: string;
  {
    await using bench = await createBench({ workspace, steps: [say('m1', 'one'), run('c', 'echo hi'), say('m2', 'two')] });
    const thread = await bench.thread();
    id = thread.id;
    await bench.turn(thread, 'first');
    await bench.turn(thread, 'second', { effort: 'high' });
  }
  await using bench = await createBench({ workspace, steps: [say('m3', 'three')] });
  await expect(bench.threads.resume(resumeParams('01a1fd23-961f-71d3-b659-a1fc8b476718'), originator)).rejects.toThrow(
    'no rollout found for thread id 01a1fd23-961f-71d3-b659-a1fc8b476718',
  );
  await expect(bench.threads.resume(resumeParams('xyz'), originator)).rejects.toThrow('invalid session id: ');
  const resumed = await bench.threads.resume(resumeParams(id), originator);
  expect(bench.recorded.lines.map(brief)).toEqual(['status idle']);
  expect(resumed.response).toMatchObject({
    approvalPolicy: 'never',
    sandbox: { type: 'dangerFullAccess' },
    reasoningEffort: 'high',
    cwd: workspace.root,
  });
  const { thread } = resumed.response;
  expect(thread).toMatchObject({ id, preview: 'first', status: { type: 'idle' } });
  expect(thread.turns.map((turn) => [turn.status, turn.itemsView, turn.items.map((item) => item.type)])).toEqual([
    ['completed', 'full', ['userMessage', 'agentMessage']],
    ['completed', 'full', ['userMessage', 'commandExecution', 'agentMessage']],
  ]);
  expect(resumed.thread.core.usage.update()).toMatchObject({ turnId: thread.turns[1]?.id, tokenUsage: { total: { totalTokens: 45 } } });
  await bench.turn(resumed.thread, 'third');
  const input = bench.model.requests[0]?.input ?? [];
  expect(input.filter((item) => JSON.stringify(item.content ?? '').includes('<environment_context>'))).toHaveLength(1);
  expect(input.filter((item) => item.type === 'function_call_output')).toHaveLength(1);
  expect(bench.recorded.lines.filter(({ method }) => method === 'thread/tokenUsage/updated').at(-1)?.params.tokenUsage).toMatchObject({
    total: { totalTokens: 60 },
  });
  // A second resume finds the loaded thread and leaves its settings alone.
  const again = await bench.threads.resume(resumeParams(id, { model: 'other', cwd: '/tmp' }), originator);
  expect(again.thread).toBe(resumed.thread);
  expect(again.response).toMatchObject({ model: 'mock-model', cwd: workspace.root });
});

test('a running turn is in progress for whoever reads or resumes', async () => {
  await using bench = await createBench({ steps: [run('c', 'while [ ! -e go ]; do sleep 0.01; done'), say('m', 'x')] });
  const thread = await bench.thread();
  expect((await bench.threads.read(thread.id, { includeTurns: false })).thread.turns).toEqual([]);
  await expect(bench.threads.read(thread.id, { includeTurns: true })).rejects.toMatchObject({
    kind: 'unsupported',
    message: 'list_turns is not supported yet',
  });
  thread.prepareTurn(request('go')).start();
  await bench.recorded.until(({ params }) => Reflect.get(params.item ?? {}, 'type') === 'commandExecution');
  const { response } = await bench.threads.resume(resumeParams(thread.id), originator);
  expect(response.thread.status).toEqual({ type: 'active', activeFlags: [] });
  expect(response.thread.turns.at(-1)).toMatchObject({
    status: 'inProgress',
    completedAt: null,
    items: [{ type: 'userMessage' }, { type: 'commandExecution', status: 'inProgress' }],
  });
  await bench.workspace.write('go', '');
  await thread.idle();
  const read = await bench.threads.read(thread.id, { includeTurns: true });
  expect(read.thread.turns.at(-1)?.status).toBe('completed');
  expect(read.readState).toMatchObject({ firstUnread: { type: 'turn', turnId: read.thread.turns[0]?.id } });
});

test('closing in the middle of a turn kills its command and keeps the turn as interrupted', async () => {
  await using workspace = await tempWorkspace();
  let id: string;
  {
    await using bench = await createBench({ workspace, steps: [run('c', 'sleep 60')] });
    const thread = await bench.thread();
    id = thread.id;
    thread.prepareTurn(request('go')).start();
    await bench.recorded.until(({ params }) => Reflect.get(params.item ?? {}, 'type') === 'commandExecution');
  }
  await using bench = await createBench({ workspace });
  const { thread } = await bench.threads.read(id, { includeTurns: true });
  expect(thread.status).toEqual({ type: 'notLoaded' });
  expect(thread.turns).toMatchObject([
    { status: 'interrupted', items: [{ type: 'userMessage' }, { type: 'commandExecution', status: 'failed', exitCode: -1 }] },
  ]);
  expect(thread.turns[0]?.completedAt).not.toBeNull();
});

test('a fork has the turns up to where it was cut, and goes on by itself', async () => {
  await using bench = await createBench({ steps: [say('m1', 'one'), say('m2', 'two'), say('m3', 'three'), say('m4', 'four')] });
  const thread = await bench.thread();
  await bench.turn(thread, 'first words');
  await bench.turn(thread, 'second words');
  const turns = (await bench.threads.turns(thread)) ?? [];
  const whole = await bench.threads.fork(forkParams(thread.id), originator);
  expect(whole.response.thread).toMatchObject({ forkedFromId: thread.id, preview: 'first words', turns: turns.map(({ id }) => ({ id })) });
  const cut = await bench.threads.fork(forkParams(thread.id, { lastTurnId: turns[0]?.id }), originator);
  expect(cut.response.thread.turns.map(({ id }) => id)).toEqual([turns[0]?.id]);
  expect(cut.thread.core.usage.update()).toMatchObject({ turnId: turns[0]?.id, tokenUsage: { total: { totalTokens: 15 } } });
  await bench.turn(cut.thread, 'on the fork');
  expect(texts(bench, 2)).toContain('first words');
  expect(texts(bench, 2)).not.toContain('second words');
  const before = await bench.threads.fork(forkParams(thread.id, { beforeTurnId: turns[1]?.id }), originator);
  expect(before.response.thread.turns).toHaveLength(1);
  const memory = await bench.threads.fork(forkParams(thread.id, { ephemeral: true, excludeTurns: true }), originator);
  expect(memory.response.thread).toMatchObject({ ephemeral: true, path: null, turns: [] });
  await bench.turn(memory.thread, 'in memory');
  expect(texts(bench, 3)).toContain('second words');
  expect(await bench.threads.turns(memory.thread)).toHaveLength(3);
  const fork = (more: Partial<ThreadForkParams>) => bench.threads.fork(forkParams(thread.id, more), originator);
  await expect(fork({ lastTurnId: 'a', beforeTurnId: 'b' })).rejects.toThrow('`beforeTurnId` cannot be combined with `lastTurnId`');
  await expect(fork({ lastTurnId: 'a' })).rejects.toThrow('turn not found: a');
});

test('a revert takes turns back for the model and for readers', async () => {
  await using bench = await createBench({ steps: [say('m1', 'one'), say('m2', 'two'), say('m3', 'three')] });
  const thread = await bench.thread();
  await bench.turn(thread, 'first words');
  await bench.turn(thread, 'second words');
  const turns = (await bench.threads.turns(thread)) ?? [];
  const from = bench.recorded.lines.length;
  await bench.threads.revert(thread.id, turns[1]?.id ?? '');
  expect(bench.recorded.lines.slice(from).map(brief)).toEqual(['status notLoaded', 'status idle']);
  expect((await bench.threads.turns(thread))?.map(({ id }) => id)).toEqual([turns[0]?.id]);
  const lines = await bench.turn(thread, 'again');
  expect(lines).toContain('usage 30');
  expect(texts(bench, 2)).toContain('first words');
  expect(texts(bench, 2)).not.toContain('second words');
  await expect(bench.threads.revert(thread.id, 'nosuch')).rejects.toThrow('turn not found: nosuch');
  // A running turn is ended first, with its command.
  bench.model.push(run('c', 'sleep 60'));
  const running = thread.prepareTurn(request('go'));
  running.start();
  await bench.recorded.until(({ params }) => Reflect.get(params.item ?? {}, 'type') === 'commandExecution');
  const at = bench.recorded.lines.length;
  await expect(bench.threads.fork(forkParams(thread.id, { lastTurnId: running.turn.id }), originator)).rejects.toThrow(
    `lastTurnId '${running.turn.id}' identifies an in-progress turn`,
  );
  await bench.threads.revert(thread.id, running.turn.id);
  expect(
    bench.recorded.lines
      .slice(at)
      .map(brief)
      .filter((line) => !/usage|rateLimits/.test(line)),
  ).toEqual([
    'status idle',
    'turn/completed interrupted',
    'completed commandExecution failed unifiedExecStartup',
    'status notLoaded',
    'status idle',
  ]);
  const legacy = await bench.thread({ historyMode: 'legacy' });
  await expect(bench.threads.revert(legacy.id, 'x')).rejects.toThrow('thread/revert only supports paginated threads');
});

test('an ephemeral thread lives without a file, reverts included', async () => {
  await using bench = await createBench({ steps: [say('m1', 'one'), say('m2', 'two'), say('m3', 'three')] });
  const thread = await bench.thread({ ephemeral: true });
  expect(thread.snapshot()).toMatchObject({ ephemeral: true, path: null });
  await bench.turn(thread, 'first words');
  await bench.turn(thread, 'second words');
  await expect(bench.threads.read(thread.id, { includeTurns: true })).rejects.toThrow('ephemeral threads do not support includeTurns');
  expect(bench.recorded.lines.filter(({ method }) => method === 'thread/readState/changed')).toEqual([]);
  const turns = (await bench.threads.turns(thread)) ?? [];
  expect(turns).toMatchObject([
    { status: 'completed', items: [{}, {}] },
    { status: 'completed', items: [{}, {}] },
  ]);
  await bench.threads.revert(thread.id, turns[1]?.id ?? '');
  await bench.turn(thread, 'third');
  expect(texts(bench, 2)).not.toContain('second words');
  await bench.threads.unload(thread.id);
  expect(bench.recorded.lines.map(brief).at(-1)).toBe('status notLoaded');
  await expect(bench.threads.read(thread.id, { includeTurns: false })).rejects.toThrow(`thread not loaded: ${thread.id}`);
});

test('instruction files are told once, with where they came from, from the root of the project down', async () => {
  await using workspace = await tempWorkspace({
    '.git/HEAD': '',
    'AGENTS.md': 'outer rule',
    'sub/AGENTS.override.md': 'inner rule',
    'sub/AGENTS.md': 'hidden',
  });
  await using bench = await createBench({ workspace, steps: [say('m1', 'x'), say('m2', 'y')] });
  const cwd = workspace.path('sub');
  const started = await bench.threads.start(startParams({ cwd, sandbox: 'danger-full-access' }), originator);
  expect(started.response.instructionSources).toEqual([workspace.path('AGENTS.md'), workspace.path('sub', 'AGENTS.override.md')]);
  await bench.turn(started.thread, 'a');
  await bench.turn(started.thread, 'b');
  const told = bench.model.requests[1]?.input
    .map((item) => JSON.stringify(item.content ?? ''))
    .filter((content) => content.includes('AGENTS.md instructions'));
  expect(told).toHaveLength(1);
  expect(told?.[0]).toContain('outer rule\\n\\ninner rule');
  expect(told?.[0]).not.toContain('hidden');
});

test('a change of directory tells the model the new environment and nothing else', async () => {
  await using workspace = await tempWorkspace({ 'sub/x': '' });
  await using bench = await createBench({ workspace, steps: [say('m1', 'x'), say('m2', 'y')] });
  const thread = await bench.thread();
  await bench.turn(thread, 'a');
  const before = bench.model.requests[0]?.input.length ?? 0;
  await bench.turn(thread, 'b', { cwd: workspace.path('sub') });
  const added = bench.model.requests[1]?.input.slice(before).filter((item) => item.role !== 'assistant');
  expect(added).toHaveLength(2);
  expect(JSON.stringify(added?.[0]?.content)).toContain(`<cwd>${workspace.path('sub')}</cwd>`);
  expect(thread.snapshot().environments).toEqual([
    { environmentId: 'local', cwd: workspace.path('sub'), runtimeWorkspaceRoots: [workspace.path('sub')] },
  ]);
});

test('a thread that said nothing yet can be forked, but has no turns to resume', async () => {
  await using bench = await createBench({ steps: [say('m1', 'x')] });
  const thread = await bench.thread();
  await expect(bench.threads.resume(resumeParams(thread.id), originator)).rejects.toThrow('list_turns is not supported yet');
  expect((await bench.threads.resume(resumeParams(thread.id, { excludeTurns: true }), originator)).thread).toBe(thread);
  const fork = await bench.threads.fork(forkParams(thread.id), originator);
  expect(fork.response).toMatchObject({
    thread: { forkedFromId: thread.id, turns: [] },
    approvalPolicy: 'never',
    sandbox: { type: 'dangerFullAccess' },
  });
  await bench.turn(fork.thread, 'hello');
  expect(await bench.threads.turns(fork.thread)).toHaveLength(1);
  const ephemeral = await bench.thread({ ephemeral: true });
  await expect(bench.threads.fork(forkParams(ephemeral.id), originator)).rejects.toThrow(`no rollout found for thread id ${ephemeral.id}`);
});

test('a thread resumes in its mode, and a change of model is pointed out', async () => {
  await using workspace = await tempWorkspace();
  const plan = { mode: 'plan' as const, settings: { model: 'mock-model', reasoning_effort: 'low', developer_instructions: 'mine' } };
  let id: string;
  {
    await using bench = await createBench({ workspace, steps: [say('m1', 'one')] });
    const thread = await bench.thread();
    id = thread.id;
    await bench.turn(thread, 'first', { collaborationMode: plan });
  }
  await using bench = await createBench({ workspace });
  const warnings: string[] = [];
  const resumed = await bench.threads.resume(resumeParams(id, { model: 'new-model' }), originator, (_id, text) => warnings.push(text));
  expect(resumed.collaborationMode).toEqual({
    mode: 'plan',
    settings: { model: 'new-model', reasoning_effort: null, developer_instructions: 'mine' },
  });
  expect(warnings).toEqual([expect.stringContaining('recorded with model `mock-model` but is resuming with `new-model`')]);
});
