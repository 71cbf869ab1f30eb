import { expect, test } from 'vitest';
import type { Thread } from '../../src/agent/thread.ts';
import { prepareCompaction, prepareReview, prepareShellCommand } from '../../src/agent/thread-turns.ts';
import { ModelError } from '../../src/model/model-client.ts';
import { type Bench, brief, complete, createBench, fail, hang, items, request, run, said, say, usage } from './support.ts';

const userMessage = ['started userMessage', 'completed userMessage'];
const counted = (total: number) => [`usage ${total}`, 'rateLimits'];

/** Lines that a prepared turn causes from its start to its end. */
async function lines(bench: Bench, thread: Thread, prepared: { start(): void }): Promise<string[]> {
  const from = bench.recorded.lines.length;
  prepared.start();
  await thread.idle();
  return bench.recorded.lines.slice(from).map(brief);
}

test('compaction asks for a note and keeps the user’s own words beside it', async () => {
  await using bench = await createBench({ steps: [say('m1', 'one'), say('m2', 'the note'), say('m3', 'two')] });
  const thread = await bench.thread();
  await bench.turn(thread, 'my own words');
  expect(await lines(bench, thread, prepareCompaction(thread))).toEqual([
    'status active []',
    'turn/started',
    'started contextCompaction',
    ...counted(15),
    ...counted(30),
    ...counted(30),
    'completed contextCompaction',
    'status idle',
    'turn/completed completed',
  ]);
  expect(bench.model.requests[1]).toMatchObject({ tools: [], parallelToolCalls: false });
  const kept = thread.core.conversation.history.items.map((item) => JSON.stringify(item.content));
  expect(kept).toHaveLength(2);
  expect(kept[0]).toContain('my own words');
  expect(kept[1]).toContain('the note');
  await bench.turn(thread, 'after');
  const sent = bench.model.requests[2]?.input.map((item) => JSON.stringify(item.content)) ?? [];
  expect(sent.filter((content) => content.includes('<environment_context>'))).toHaveLength(1);
  expect(bench.model.requests[2]?.headers['x-codex-window-id']).toBe(`${thread.id}:1`);
});

test('a compaction turn cannot be steered, and says so in two ways', async () => {
  await using bench = await createBench({ steps: [say('m1', 'note')] });
  const thread = await bench.thread();
  const prepared = prepareCompaction(thread);
  expect(() => thread.prepareTurn(request('x'))).toThrow('failed to submit turn input: ActiveTurnNotSteerable { turn_kind: Compact }');
  expect(() => thread.steer(prepared.turn.id, said('x'))).toThrow('cannot steer a compact turn');
  await lines(bench, thread, prepared);
});

test('a review takes the place of a turn that runs', async () => {
  await using bench = await createBench({ steps: [hang('m1', 'working'), say('m2', 'fine')] });
  const thread = await bench.thread();
  thread.prepareTurn(request('go')).start();
  await bench.recorded.until(({ method }) => method === 'item/agentMessage/delta');
  const from = bench.recorded.lines.length;
  (await prepareReview(thread, { type: 'uncommittedChanges' })).start();
  await bench.recorded.until(
    ({ method, params }) => method === 'turn/completed' && Reflect.get(params.turn ?? {}, 'status') === 'completed',
  );
  expect(bench.recorded.lines.slice(from, from + 5).map(brief)).toEqual([
    'rateLimits',
    'status idle',
    'turn/completed interrupted',
    'started enteredReviewMode current changes',
    'completed enteredReviewMode current changes',
  ]);
});

test('a review against a branch outside a repository says why and never starts', async () => {
  await using bench = await createBench({ steps: [say('m', 'after', { pieces: 1 })] });
  const thread = await bench.thread();
  const from = bench.recorded.lines.length;
  (await prepareReview(thread, { type: 'baseBranch', branch: 'main' })).start();
  expect(bench.recorded.lines.slice(from).map(brief)).toEqual([
    'status systemError',
    `error "${thread.settings.cwd}" is not a git repository retry=false`,
  ]);
  expect(thread.activeTurn).toBeUndefined();
  expect((await bench.turn(thread, 'go on')).at(-1)).toBe('turn/completed completed');
});

test('a review is stored as two turns: its work under the id it began with, its result under its own', async () => {
  for (const ephemeral of [false, true]) {
    await using bench = await createBench({ steps: [run('c', 'true'), say('m', 'words', { pieces: 1 })] });
    const thread = await bench.thread({ ephemeral });
    const prepared = await prepareReview(thread, { type: 'custom', instructions: 'look' });
    await lines(bench, thread, prepared);
    const begun = bench.recorded.lines.find(({ method }) => method === 'turn/started');
    const turns = await bench.threads.turns(thread);
    expect(turns?.map(({ id, status, items }) => ({ id, status, items: items.map(({ type }) => type) }))).toEqual([
      { id: Reflect.get(begun?.params.turn ?? {}, 'id'), status: 'interrupted', items: ['userMessage', 'commandExecution'] },
      { id: prepared.turn.id, status: 'completed', items: ['enteredReviewMode', 'exitedReviewMode', 'agentMessage'] },
    ]);
    expect(thread.snapshot().preview).toBe(ephemeral ? '' : 'look');
  }
});

test('a review cannot be steered and is interrupted by either of its ids', async () => {
  await using bench = await createBench({ steps: [hang('m', 'thinking'), hang('m', 'thinking')] });
  const thread = await bench.thread();
  for (const which of ['answer', 'beginning']) {
    const from = bench.recorded.lines.length;
    const prepared = await prepareReview(thread, { type: 'commit', sha: 'abcdef0123456', title: 'T' });
    prepared.start();
    const begun = await bench.recorded.until(({ method }) => method === 'turn/started', from);
    await bench.recorded.until(({ params }) => Reflect.get(params.item ?? {}, 'type') === 'agentMessage', from);
    expect(() => thread.steer('whatever', said('x'))).toThrow('cannot steer a review turn');
    expect(() => thread.prepareTurn(request('x'))).toThrow('ActiveTurnNotSteerable { turn_kind: Review }');
    (await thread.interrupt(which === 'answer' ? prepared.turn.id : String(Reflect.get(begun.params.turn ?? {}, 'id'))))();
    await thread.idle();
    expect(brief(bench.recorded.lines.at(-1) ?? { method: '', params: {} })).toBe('turn/completed interrupted');
  }
});

test('a full context is compacted in the middle of a turn, and the turn goes on', async () => {
  const heavy = { ...usage, totalTokens: 900 };
  await using bench = await createBench({
    config: { autoCompactTokenLimit: 800 },
    steps: [
      (emit, ...rest) => {
        run('c', 'true')((event) => event.type !== 'completed' && emit(event), ...rest);
        complete(emit, { usage: heavy });
      },
      say('m1', 'the note'),
      say('m2', 'done', { pieces: 1 }),
    ],
  });
  const thread = await bench.thread();
  const told = await bench.turn(thread, 'go');
  expect(told.filter((line) => line.includes('contextCompaction'))).toEqual(['started contextCompaction', 'completed contextCompaction']);
  expect(told.at(-1)).toBe('turn/completed completed');
  const last = bench.model.requests[2]?.input.map((item) => JSON.stringify(item.content)) ?? [];
  expect(last.at(-1)).toContain('the note');
  expect(last.at(-2)).toContain('go');
  expect(last.slice(0, -2).some((content) => content.includes('<environment_context>'))).toBe(true);
});

test('when the model has no room the window counts as full, and the next turn begins with a compaction', async () => {
  const full = new ModelError('no room', { info: 'contextWindowExceeded', retry: 'never' });
  await using bench = await createBench({
    steps: [fail(full, (emit) => emit({ type: 'created', responseId: 'r' })), fail(full), say('n', 'note'), say('m', 'x', { pieces: 1 })],
  });
  const thread = await bench.thread();
  expect((await bench.turn(thread, 'go')).slice(4)).toEqual([
    'rateLimits',
    ...counted(258_400),
    'status systemError',
    'error no room retry=false',
    'readState',
    'turn/completed failed',
  ]);
  // The compaction leaves the oldest item out when it does not fit either.
  expect((await bench.turn(thread, 'next')).slice(0, 4)).toEqual(
    ['status active []', 'turn/started', 'started contextCompaction', ...counted(258_400)].slice(0, 4),
  );
  expect(bench.model.requests[2]?.input.length).toBe((bench.model.requests[1]?.input.length ?? 0) - 1);
});

test('a review shows its result as one message and leaves the usage alone', async () => {
  const answer = JSON.stringify({
    findings: [{ title: 'Bug', body: 'Off by one', code_location: { absolute_file_path: '/w/a.js', line_range: { start: 1, end: 2 } } }],
    overall_explanation: 'Not good',
  });
  await using bench = await createBench({ steps: [say('m', answer)] });
  const thread = await bench.thread();
  const prepared = await prepareReview(thread, { type: 'uncommittedChanges' });
  expect(prepared.turn).toMatchObject({
    rootTurnId: null,
    itemsView: 'notLoaded',
    items: [{ type: 'userMessage', id: prepared.turn.id, content: [{ text: 'current changes' }] }],
  });
  const text = 'Not good\n\nReview comment:\n\n- Bug — /w/a.js:1-2\n  Off by one';
  expect(await lines(bench, thread, prepared)).toEqual([
    'started enteredReviewMode current changes',
    'completed enteredReviewMode current changes',
    'status active []',
    'turn/started',
    ...userMessage,
    'started agentMessage',
    `started exitedReviewMode ${text}`,
    `completed exitedReviewMode ${text}`,
    `started agentMessage ${text}`,
    `completed agentMessage ${text}`,
    'readState',
    'status idle',
    'turn/completed completed',
  ]);
  const started = bench.recorded.lines.find(({ method }) => method === 'turn/started');
  expect(Reflect.get(started?.params.turn ?? {}, 'id')).not.toBe(prepared.turn.id);
  expect(bench.recorded.lines.at(-1)?.params.turn).toMatchObject({ id: prepared.turn.id, itemsView: 'summary', items: [{ text }] });
  await expect(prepareReview(thread, { type: 'custom', instructions: '  ' })).rejects.toThrow('instructions must not be empty');
  await expect(prepareReview(thread, { type: 'baseBranch', branch: '' })).rejects.toThrow('branch must not be empty');
  await expect(prepareReview(thread, { type: 'commit', sha: '', title: undefined })).rejects.toThrow('sha must not be empty');
});

test('a command of the user is a turn of its own without a model request, and the model hears of it', async () => {
  await using bench = await createBench({ steps: [say('m', 'x')] });
  const thread = await bench.thread({ sandbox: 'read-only' });
  expect(() => prepareShellCommand(thread, { command: ' ', timeoutMs: undefined })).toThrow('command must not be empty');
  const told = await lines(bench, thread, prepareShellCommand(thread, { command: 'touch made; echo hi', timeoutMs: undefined }));
  expect(told.filter((line) => !line.includes('outputDelta'))).toEqual([
    'status active []',
    'turn/started',
    'started commandExecution inProgress userShell',
    'completed commandExecution completed userShell',
    'status idle',
    'turn/completed completed',
  ]);
  const item = bench.recorded.lines.find(({ method }) => method === 'item/completed')?.params.item;
  expect(item).toMatchObject({ processId: null, aggregatedOutput: 'hi\n', exitCode: 0 });
  expect(await bench.workspace.read('made')).toBe('');
  await bench.turn(thread, 'what now');
  expect(JSON.stringify(bench.model.requests[0]?.input)).toContain('<user_shell_command>');
});

test('a command of the user in a running turn belongs to that turn, and its time-out ends it', async () => {
  await using bench = await createBench({ steps: [run('c', 'while [ ! -e go ]; do sleep 0.01; done'), say('m', 'x')] });
  const thread = await bench.thread();
  const prepared = thread.prepareTurn(request('go'));
  prepared.start();
  await bench.recorded.until(({ params }) => Reflect.get(params.item ?? {}, 'source') === 'unifiedExecStartup');
  prepareShellCommand(thread, { command: 'sleep 60', timeoutMs: 1 }).start();
  const ended = await bench.recorded.until(
    ({ method, params }) => method === 'item/completed' && Reflect.get(params.item ?? {}, 'source') === 'userShell',
  );
  expect(ended.params).toMatchObject({ turnId: prepared.turn.id, item: { status: 'failed' } });
  await bench.workspace.write('go', '');
  await thread.idle();
});

test('queued input starts by itself after a normal end, and waits after an interruption', async () => {
  await using bench = await createBench({
    steps: [run('c', 'while [ ! -e go ]; do sleep 0.01; done'), say('m1', 'a'), say('m2', 'b'), run('c2', 'sleep 60'), say('m3', 'c')],
  });
  const thread = await bench.thread();
  const entry = (text: string) => ({ input: said(text).input, clientUserMessageId: `id-${text}`, responsesapiClientMetadata: undefined });
  const first = thread.prepareTurn(request('go'));
  first.start();
  const { submission, afterReply } = thread.queue.add(entry('later'));
  afterReply();
  expect(thread.queue.list(undefined, 10)).toEqual({ data: [submission], nextCursor: null });
  await bench.workspace.write('go', '');
  await bench.recorded.until(
    ({ method, params }) => method === 'item/completed' && Reflect.get(params.item ?? {}, 'clientId') === 'id-later',
  );
  await bench.recorded.until(({ method, params }) => method === 'turn/completed' && Reflect.get(params.turn ?? {}, 'id') !== first.turn.id);
  expect(thread.queue.list(undefined, 10).data).toEqual([]);
  const long = thread.prepareTurn(request('long'));
  long.start();
  const waiting = thread.queue.add(entry('waits')).submission;
  const second = thread.queue.add(entry('too')).submission;
  thread.queue.reorder([second.id, waiting.id]);
  expect(() => thread.queue.reorder([second.id])).toThrow();
  expect(thread.queue.update(second.id, { input: said('other').input, responsesapiClientMetadata: undefined }).input).toMatchObject([
    { text: 'other' },
  ]);
  expect(thread.queue.delete(second.id)).toBe(true);
  expect(thread.queue.delete(second.id)).toBe(false);
  await bench.recorded.until(({ params }) => Reflect.get(params.item ?? {}, 'id') === 'c2');
  (await thread.interrupt(long.turn.id))();
  await thread.idle();
  expect(thread.queue.list(undefined, 10).data).toEqual([waiting]);
  thread.queue.start(undefined).start();
  await thread.idle();
  expect(bench.recorded.lines.at(-1)?.params.turn).toMatchObject({ status: 'completed', items: [{ text: 'c' }] });
});

test('a goal is set, changed, counted and cleared', async () => {
  await using bench = await createBench({ steps: [say('m', 'x')] });
  const thread = await bench.thread();
  expect(() => thread.goal.set({ status: 'paused' })).toThrow(`cannot update goal for thread ${thread.id}: no goal exists`);
  expect(thread.goal.set({ objective: 'win', tokenBudget: 100, status: 'paused' })).toMatchObject({
    objective: 'win',
    status: 'paused',
    tokenBudget: 100,
    tokensUsed: 0,
  });
  await bench.turn(thread, 'go');
  expect(thread.goal.set({ status: 'complete' })).toMatchObject({ objective: 'win', status: 'complete', tokenBudget: 100, tokensUsed: 0 });
  thread.goal.announce();
  expect(thread.goal.clear()).toBe(true);
  expect(thread.goal.clear()).toBe(false);
  thread.goal.announce();
  expect(bench.recorded.lines.slice(-2).map(({ method }) => method)).toEqual(['thread/goal/updated', 'thread/goal/cleared']);
  expect(thread.goal.get()).toBeNull();
});

test('granted permissions widen the sandbox by what was granted and no more', async () => {
  await using bench = await createBench({
    config: { features: new Set(['request_permissions_tool']) },
    steps: [
      items({
        type: 'function_call',
        call_id: 'p',
        name: 'request_permissions',
        arguments: JSON.stringify({
          permissions: { file_system: { write: ['/extra/a', '/extra/b'] }, network: { enabled: true } },
          reason: 'need it',
        }),
      }),
      say('m', 'x'),
    ],
  });
  bench.recorded.answer = () => ({
    scope: 'turn',
    permissions: { network: { enabled: null }, fileSystem: { read: null, write: ['/extra/a', '/not-asked'] } },
  });
  const thread = await bench.thread({ approvalPolicy: 'on-request', sandbox: 'workspace-write' });
  expect((await bench.turn(thread, 'go')).slice(4, 10)).toEqual([
    'status active [waitingOnApproval]',
    'ask item/permissions/requestApproval',
    'resolved',
    'status active []',
    ...counted(15),
  ]);
  const asked = bench.recorded.lines.find(({ method }) => method.startsWith('ask'));
  expect(asked?.params).toMatchObject({
    environmentId: 'local',
    cwd: bench.workspace.root,
    reason: 'need it',
    permissions: { network: { enabled: true }, fileSystem: { read: null, write: ['/extra/a', '/extra/b'] } },
  });
  expect(bench.model.requests[1]?.input.at(-1)?.output).toBe(
    '{"permissions":{"file_system":{"read":[],"write":["/extra/a"]}},"scope":"turn"}',
  );
  const turnId = String(asked?.params.turnId);
  const widened = JSON.stringify(thread.core.grants.apply(thread.settings.permissions, turnId, 'local'));
  expect(widened).toContain('/extra/a');
  expect(widened).not.toContain('/extra/b');
  expect(widened).not.toContain('/not-asked');
  expect(thread.core.grants.apply(thread.settings.permissions, 'another turn', 'local')).toBe(thread.settings.permissions);
});
