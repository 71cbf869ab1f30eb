import { expect, test } from 'vitest';
import type { Thread } from '../../src/agent/thread.ts';
import { ModelError } from '../../src/model/model-client.ts';
import { type Bench, brief, call, createBench, fail, hang, items, request, run, said, say } from './support.ts';

const userMessage = ['started userMessage', 'completed userMessage'];
const begin = ['status active []', 'turn/started', ...userMessage];
const counted = (total: number) => [`usage ${total}`, 'rateLimits'];
const end = ['readState', 'status idle', 'turn/completed completed'];
const message = (text: string) => ['started agentMessage', `item/agentMessage/delta ${text}`, `completed agentMessage ${text}`];

/** Starts a turn without waiting for its end; `from` is where its lines begin. */
function begun(bench: Bench, thread: Thread, input: string) {
  const from = bench.recorded.lines.length;
  const prepared = thread.prepareTurn(request(input));
  prepared.start();
  return { turnId: prepared.turn.id, from, lines: () => bench.recorded.lines.slice(from).map(brief) };
}

test('a text turn says everything in its fixed order', async () => {
  await using bench = await createBench({ steps: [say('msg_1', 'tok0 tok1 ')] });
  const thread = await bench.thread();
  expect(await bench.turn(thread, 'hello')).toEqual([
    ...begin,
    'started agentMessage',
    'item/agentMessage/delta tok0 ',
    'item/agentMessage/delta tok1 ',
    'completed agentMessage tok0 tok1 ',
    ...counted(15),
    ...end,
  ]);
});

test('the completed turn shows its final message, the prepared one shows nothing', async () => {
  await using bench = await createBench({ steps: [say('msg_1', 'ok')] });
  const thread = await bench.thread();
  const prepared = thread.prepareTurn({ ...request('hi'), said: said('hi', 'client-1') });
  expect(prepared.turn).toEqual({
    id: prepared.turn.id,
    rootTurnId: prepared.turn.id,
    items: [],
    itemsView: 'notLoaded',
    status: 'inProgress',
    error: null,
    startedAt: null,
    completedAt: null,
    durationMs: null,
  });
  prepared.start();
  await thread.idle();
  const { params } = await bench.recorded.until(({ method }) => method === 'turn/completed');
  expect(params.turn).toMatchObject({
    id: prepared.turn.id,
    status: 'completed',
    itemsView: 'summary',
    items: [
      {
        type: 'agentMessage',
        id: 'msg_1',
        text: 'ok',
        phase: null,
        memoryCitation: null,
        delivery: null,
        questions: null,
        moderation: null,
      },
    ],
  });
  const user = bench.recorded.lines.find(({ method }) => method === 'item/completed');
  expect(user?.params.item).toMatchObject({
    type: 'userMessage',
    clientId: 'client-1',
    content: [{ type: 'text', text: 'hi', text_elements: [] }],
  });
});

test('a message without deltas has its text from the start, commentary is no final answer', async () => {
  await using bench = await createBench({
    steps: [
      items({ type: 'message', role: 'assistant', id: 'm1', content: [{ type: 'output_text', text: 'sunny' }] }),
      say('m2', 'working', { pieces: 1, phase: 'commentary' }),
    ],
  });
  const thread = await bench.thread();
  expect((await bench.turn(thread, 'a')).slice(4, 6)).toEqual(['started agentMessage sunny', 'completed agentMessage sunny']);
  expect(await bench.turn(thread, 'b')).toEqual([
    ...begin,
    ...message('working'),
    ...counted(30),
    'status idle',
    'turn/completed completed',
  ]);
  expect(bench.recorded.lines.at(-1)?.params.turn).toMatchObject({ items: [], itemsView: 'notLoaded', status: 'completed' });
});

test('a turn without input runs, and an empty message is no final answer', async () => {
  await using bench = await createBench({ steps: [say('m', '')] });
  const thread = await bench.thread();
  expect(await bench.turn(thread, '')).toEqual([
    'status active []',
    'turn/started',
    'started agentMessage',
    'completed agentMessage',
    ...counted(15),
    'status idle',
    'turn/completed completed',
  ]);
});

test('reasoning and searches become items of their own', async () => {
  await using bench = await createBench({
    steps: [
      (emit, ...rest) => {
        emit({ type: 'itemAdded', item: { type: 'reasoning', id: 'rs_1', summary: [] } });
        emit({ type: 'reasoningSummaryPart', itemId: 'rs_1', summaryIndex: 0 });
        emit({ type: 'reasoningSummaryDelta', itemId: 'rs_1', summaryIndex: 0, delta: 'hm' });
        return items(
          { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'hm' }] },
          { type: 'web_search_call', id: 'ws_1', action: { type: 'search', query: 'weather' } },
        )(emit, ...rest);
      },
    ],
  });
  const thread = await bench.thread();
  expect((await bench.turn(thread, 'think')).slice(4, 10)).toEqual([
    'started reasoning',
    'item/reasoning/summaryPartAdded',
    'item/reasoning/summaryTextDelta',
    'completed reasoning',
    'started webSearch',
    'completed webSearch',
  ]);
  const done = bench.recorded.lines.filter(({ method }) => method === 'item/completed').map(({ params }) => params.item);
  expect(done.slice(1)).toMatchObject([
    { type: 'reasoning', id: 'rs_1', summary: ['hm'], content: [] },
    { type: 'webSearch', id: 'ws_1', query: 'weather', action: { type: 'search', query: 'weather', queries: null }, results: null },
  ]);
});

test('a command runs between two requests, and its output goes back to the model', async () => {
  await using bench = await createBench({ steps: [run('call_1', 'echo hi; exit 3'), say('m', 'done', { pieces: 1 })] });
  const thread = await bench.thread();
  expect(await bench.turn(thread, 'go')).toEqual([
    ...begin,
    'started commandExecution inProgress unifiedExecStartup',
    'completed commandExecution failed unifiedExecStartup',
    ...counted(15),
    ...message('done'),
    ...counted(30),
    ...end,
  ]);
  const sent = bench.model.requests[1]?.input.at(-1);
  expect(sent).toMatchObject({ type: 'function_call_output', call_id: 'call_1' });
  expect(sent?.output).toMatch(/^Chunk ID: [0-9a-f]{6}\nWall time: \d+\.\d{4} seconds\nProcess exited with code 3\n.*Output:\nhi\n$/s);
});

test('calls of one answer run together and report in call order', async () => {
  await using bench = await createBench({
    steps: [
      call(
        { id: 'a', name: 'exec_command', args: { cmd: 'while [ ! -e b ]; do sleep 0.01; done; echo a' } },
        { id: 'b', name: 'exec_command', args: { cmd: 'touch b; echo b' } },
      ),
      say('m', 'x'),
    ],
  });
  const thread = await bench.thread();
  await bench.turn(thread, 'go');
  const outputs = bench.model.requests[1]?.input.filter((item) => item.type === 'function_call_output');
  expect(outputs?.map((item) => item.call_id)).toEqual(['a', 'b']);
});

test('unknown tools and broken arguments are answered, and the turn goes on', async () => {
  await using bench = await createBench({
    steps: [call({ id: 'a', name: 'nosuch', args: {} }, { id: 'b', name: 'exec_command', args: '{"cmd":' }), say('m', 'x')],
  });
  const thread = await bench.thread();
  expect((await bench.turn(thread, 'go')).at(-1)).toBe('turn/completed completed');
  const outputs = bench.model.requests[1]?.input.filter((item) => item.type === 'function_call_output').map((item) => item.output);
  expect(outputs?.[0]).toBe('unsupported call: nosuch');
  expect(outputs?.[1]).toMatch(/^failed to parse function arguments: /);
});

test('the model may ask for another request without a tool', async () => {
  await using bench = await createBench({
    steps: [(emit) => emit({ type: 'completed', responseId: 'r1', usage: undefined, endTurn: false }), say('m', 'x', { pieces: 1 })],
  });
  const thread = await bench.thread();
  expect(await bench.turn(thread, 'go')).toEqual([...begin, 'rateLimits', ...message('x'), ...counted(15), ...end]);
});

test('steering is said after the running tools and before the next request', async () => {
  await using bench = await createBench({ steps: [run('c', 'while [ ! -e go ]; do sleep 0.01; done'), say('m', 'saw it', { pieces: 1 })] });
  const thread = await bench.thread();
  const turn = begun(bench, thread, 'go');
  await bench.recorded.until(({ params }) => Reflect.get(params.item ?? {}, 'type') === 'commandExecution');
  expect(() => thread.steer('other', said('x'))).toThrow(`expected active turn id \`other\` but found \`${turn.turnId}\``);
  expect(() => thread.steer(turn.turnId, said(''))).toThrow('input must not be empty');
  expect(thread.steer(turn.turnId, said('steered', 'client-2'))).toBe(turn.turnId);
  // A second turn/start steers as well and answers with the running turn.
  expect(thread.prepareTurn(request('more')).turn.id).toBe(turn.turnId);
  await bench.workspace.write('go', '');
  await thread.idle();
  expect(turn.lines().slice(6)).toEqual(
    [...counted(15), ...userMessage, ...userMessage, ...message('saw it'), ...counted(30), ...end].slice(0),
  );
  expect(() => thread.steer(turn.turnId, said('late'))).toThrow('no active turn to steer');
});

test('steering ends an answer that is being given: what is complete is kept, the rest is dropped', async () => {
  await using bench = await createBench({
    steps: [
      (emit, ...rest) => {
        emit({
          type: 'itemDone',
          item: { type: 'message', role: 'assistant', id: 'm0', content: [{ type: 'output_text', text: 'kept' }] },
        });
        return hang('m1', 'dropped')(emit, ...rest);
      },
      say('m2', 'second', { pieces: 1 }),
    ],
  });
  const thread = await bench.thread();
  const turn = begun(bench, thread, 'go');
  await bench.recorded.until(({ method }) => method === 'item/agentMessage/delta');
  thread.steer(turn.turnId, said('also'));
  await thread.idle();
  expect(turn.lines().slice(4)).toEqual([
    'started agentMessage kept',
    'completed agentMessage kept',
    'started agentMessage',
    'item/agentMessage/delta dropped',
    'rateLimits',
    ...userMessage,
    ...message('second'),
    ...counted(15),
    ...end,
  ]);
  const sent = JSON.stringify(bench.model.requests[1]?.input);
  expect(sent).toContain('kept');
  expect(sent).not.toContain('dropped');
});

test('steering that arrives when the model is done costs one more request', async () => {
  let thread: Thread | undefined;
  await using bench = await createBench({
    steps: [
      async (emit, ...rest) => {
        await say('m1', 'first', { pieces: 1 })(emit, ...rest);
        thread?.steer(thread.activeTurn?.id ?? '', said('one more thing'));
      },
      say('m2', 'second', { pieces: 1 }),
    ],
  });
  thread = await bench.thread();
  const lines = await bench.turn(thread, 'go');
  expect(lines).toEqual([...begin, ...message('first'), ...counted(15), ...userMessage, ...message('second'), ...counted(30), ...end]);
});

test('an interrupted stream is dropped: no item completes, the status falls, then the turn ends', async () => {
  await using bench = await createBench({ steps: [hang('m', 'part ')] });
  const thread = await bench.thread();
  const turn = begun(bench, thread, 'go');
  await bench.recorded.until(({ method }) => method === 'item/agentMessage/delta');
  await expect(thread.interrupt('other')).rejects.toThrow(`expected active turn id other but found ${turn.turnId}`);
  const finish = await thread.interrupt(turn.turnId);
  // Everything up to here precedes the answer to the interruption, everything after it follows.
  expect(turn.lines().slice(4)).toEqual(['started agentMessage', 'item/agentMessage/delta part ', 'rateLimits']);
  finish();
  await thread.idle();
  expect(turn.lines().slice(7)).toEqual(['status idle', 'turn/completed interrupted']);
  await expect(thread.interrupt(turn.turnId)).rejects.toThrow('no active turn to interrupt');
  expect(bench.recorded.lines.at(-1)?.params.turn).toMatchObject({ items: [], itemsView: 'notLoaded', error: null });
  const kept = JSON.stringify(thread.core.conversation.history.items);
  expect(kept).not.toContain('part ');
  expect(kept).toContain('turn_aborted');
});

test('interruptions sent together are all answered before the turn is told to be over', async () => {
  await using bench = await createBench({ steps: [hang('m', 'part ')] });
  const thread = await bench.thread();
  const turn = begun(bench, thread, 'go');
  await bench.recorded.until(({ method }) => method === 'item/agentMessage/delta');
  const [first, second] = await Promise.all([thread.interrupt(turn.turnId), thread.interrupt(turn.turnId)]);
  first();
  await Promise.resolve();
  expect(turn.lines()).not.toContain('turn/completed interrupted');
  second();
  await thread.idle();
  expect(turn.lines().at(-1)).toBe('turn/completed interrupted');
});

test('an interruption without an id is for whatever runs, if anything does', async () => {
  await using bench = await createBench({ steps: [hang('m', 'part ')] });
  const thread = await bench.thread();
  (await thread.interrupt(''))();
  const turn = begun(bench, thread, 'go');
  await bench.recorded.until(({ method }) => method === 'item/agentMessage/delta');
  (await thread.interrupt(''))();
  await thread.idle();
  expect(turn.lines().at(-1)).toBe('turn/completed interrupted');
});

test('a local shell call is kept without an output of ours, and the turn ends there', async () => {
  const local = { type: 'local_shell_call', id: 'ls', call_id: 'c1', status: 'completed', action: { type: 'exec', command: ['true'] } };
  await using bench = await createBench({ steps: [items(local), say('m', 'next', { pieces: 1 })] });
  const thread = await bench.thread();
  expect(await bench.turn(thread, 'go')).toEqual([...begin, ...counted(15), 'status idle', 'turn/completed completed']);
  await bench.turn(thread, 'on');
  expect(bench.model.requests[1]?.input.slice(-3)).toMatchObject([local, { call_id: 'c1', output: 'aborted' }, { role: 'user' }]);
});

test('a message with a part that is no text is neither shown nor kept', async () => {
  const refusal = { type: 'refusal', refusal: 'I will not' };
  const text = { type: 'output_text', text: 'partly' };
  const refused = { type: 'message', role: 'assistant', id: 'm', content: [text, refusal] };
  await using bench = await createBench({ steps: [items(refused)] });
  const thread = await bench.thread();
  expect(await bench.turn(thread, 'go')).toEqual([...begin, ...counted(15), 'status idle', 'turn/completed completed']);
  expect(JSON.stringify(thread.core.conversation.history.items)).not.toContain('partly');
});

test('an interrupted command lives on as a background terminal and ends under its old turn', async () => {
  await using bench = await createBench({ steps: [run('c', 'echo begin; sleep 60'), say('m', 'x', { pieces: 1 })] });
  const thread = await bench.thread();
  const turn = begun(bench, thread, 'go');
  await bench.recorded.until(({ params }) => Reflect.get(params.item ?? {}, 'type') === 'commandExecution');
  (await thread.interrupt(turn.turnId))();
  await thread.idle();
  expect(
    turn
      .lines()
      .slice(4)
      .filter((line) => !line.includes('outputDelta')),
  ).toEqual(['started commandExecution inProgress unifiedExecStartup', ...counted(15), 'status idle', 'turn/completed interrupted']);
  expect(thread.core.terminals.list()).toMatchObject([{ itemId: 'c', command: 'echo begin; sleep 60' }]);
  await bench.turn(thread, 'next');
  const output = bench.model.requests[1]?.input.find((item) => item.type === 'function_call_output')?.output;
  expect(output).toMatch(/^Wall time: \d+\.\d seconds\naborted by user$/);
  await thread.core.terminals.clean();
  const last = bench.recorded.lines.at(-1);
  expect(last?.params).toMatchObject({ turnId: turn.turnId, item: { id: 'c', status: 'failed', exitCode: -1 } });
});

test('a failed request ends the turn as failed, and the next one clears the error', async () => {
  const refusal = new ModelError('no model', { info: 'modelNotFound', retry: 'never' });
  await using bench = await createBench({ steps: [fail(refusal), say('m', 'x', { pieces: 1 })] });
  const thread = await bench.thread();
  expect(await bench.turn(thread, 'go')).toEqual([
    ...begin,
    'status systemError',
    'error no model retry=false',
    'readState',
    'turn/completed failed',
  ]);
  expect(thread.snapshot().status).toEqual({ type: 'systemError' });
  expect(bench.recorded.lines.at(-1)?.params.turn).toMatchObject({
    status: 'failed',
    error: { message: 'no model', codexErrorInfo: 'modelNotFound', additionalDetails: null, misalignment: null },
  });
  expect(await bench.turn(thread, 'next')).toEqual([...begin, ...message('x'), ...counted(15), ...end]);
});

test('a broken stream is asked again with a notice; what was complete is kept and not repeated', async () => {
  const broken = () => new ModelError('stream disconnected before completion: cut', { info: 'other', retry: 'stream', retryAfterMs: 1 });
  await using bench = await createBench({
    steps: [
      fail(broken(), (emit) => {
        emit({ type: 'itemDone', item: { type: 'reasoning', id: 'rs_1', summary: [] } });
        emit({ type: 'itemAdded', item: { type: 'message', role: 'assistant', id: 'm1', content: [] } });
        emit({ type: 'textDelta', itemId: 'm1', delta: 'part' });
      }),
      say('m2', 'whole', { pieces: 1 }),
    ],
  });
  bench.model.streamMaxRetries = 1;
  const thread = await bench.thread();
  expect((await bench.turn(thread, 'go')).slice(4)).toEqual([
    'started reasoning',
    'completed reasoning',
    'started agentMessage',
    'item/agentMessage/delta part',
    'rateLimits',
    'error Reconnecting... 1/1 retry=true',
    ...message('whole'),
    ...counted(15),
    ...end,
  ]);
  const notice = bench.recorded.lines.find(({ method }) => method === 'error');
  expect(notice?.params.error).toEqual({
    message: 'Reconnecting... 1/1',
    codexErrorInfo: { responseStreamDisconnected: { httpStatusCode: null } },
    additionalDetails: 'stream disconnected before completion: cut',
    misalignment: null,
  });
  expect(bench.model.requests[1]?.input.filter((item) => item.type === 'reasoning')).toHaveLength(1);
});

test('a server that nobody can reach is asked until the user stops', async () => {
  const refused = () => new ModelError('Connection failed: error sending request', { info: 'other', retry: 'network', retryAfterMs: 1 });
  await using bench = await createBench({ steps: Array.from({ length: 50 }, () => fail(refused())) });
  bench.model.push(hang('m', 'x'));
  const thread = await bench.thread();
  const turn = begun(bench, thread, 'go');
  const waiting = 'error Reconnecting... waiting for network retry=true';
  await bench.recorded.until(() => turn.lines().filter((line) => line === waiting).length >= 3);
  (await thread.interrupt(turn.turnId))();
  await thread.idle();
  expect(turn.lines().slice(-2)).toEqual(['status idle', 'turn/completed interrupted']);
});

test('input that no turn can take is refused with the reason a client can read', async () => {
  await using bench = await createBench();
  const thread = await bench.thread();
  const big = 'x'.repeat(1_048_577);
  let thrown: unknown;
  try {
    thread.prepareTurn(request(big));
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({
    kind: 'invalidParams',
    message: 'Input exceeds the maximum length of 1048576 characters.',
    data: { input_error_code: 'input_too_large', max_chars: 1_048_576, actual_chars: 1_048_577 },
  });
  const remote = {
    input: [{ type: 'image' as const, url: 'https://example.com/a.png', detail: null }],
    clientId: null,
    additionalContext: undefined,
  };
  expect(() => thread.prepareTurn({ ...request(''), said: remote })).toThrow(
    'remote image URLs are not supported; use an inline data URL instead',
  );
});

test('an unknown model is warned of before each turn, changed settings are told before the turn', async () => {
  await using bench = await createBench({ steps: [say('m', 'x'), say('m2', 'y')], model: { known: false } });
  const thread = await bench.thread();
  expect((await bench.turn(thread, 'a', { effort: 'high' })).slice(0, 3)).toEqual([
    'thread/settings/updated',
    'warning',
    'status active []',
  ]);
  expect((await bench.turn(thread, 'b', { effort: 'high' })).slice(0, 2)).toEqual(['warning', 'status active []']);
  expect(bench.recorded.lines.find(({ method }) => method === 'thread/settings/updated')?.params.threadSettings).toMatchObject({
    effort: 'high',
    model: 'mock-model',
    collaborationMode: { mode: 'default', settings: { model: 'mock-model', reasoning_effort: 'high', developer_instructions: null } },
  });
});

test('a plan is taken out of the message while it streams', async () => {
  const textOf = 'Intro\n<proposed_plan>\n- step one\n- step two\n</proposed_plan>\n';
  await using bench = await createBench({ steps: [say('m', textOf, { pieces: 8 })] });
  const thread = await bench.thread();
  const plan = { mode: 'plan' as const, settings: { model: 'mock-model', reasoning_effort: null, developer_instructions: null } };
  const lines = await bench.turn(thread, 'plan it', { collaborationMode: plan });
  expect(lines.slice(5)).toEqual([
    'started agentMessage',
    'item/agentMessage/delta Intro\n',
    'started plan',
    'item/plan/delta - ',
    'item/plan/delta step one',
    'item/plan/delta \n- step ',
    'item/plan/delta two\n',
    'completed plan - step one\n- step two\n',
    'completed agentMessage Intro\n',
    ...counted(15),
    ...end,
  ]);
});

test('twenty thousand deltas are one notification each and cheap', async () => {
  await using bench = await createBench({
    steps: [
      (emit, ...rest) => {
        emit({ type: 'itemAdded', item: { type: 'message', role: 'assistant', id: 'm', content: [] } });
        for (let at = 0; at < 20_000; at += 1) emit({ type: 'textDelta', itemId: 'm', delta: 'x ' });
        return items({ type: 'message', role: 'assistant', id: 'm', content: [{ type: 'output_text', text: 'x '.repeat(20_000) }] })(
          emit,
          ...rest,
        );
      },
    ],
  });
  const thread = await bench.thread();
  const lines = await bench.turn(thread, 'go');
  expect(lines.filter((line) => line.startsWith('item/agentMessage/delta'))).toHaveLength(20_000);
});
