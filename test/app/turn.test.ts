/** Turns over every transport: the same client code, the same notifications in the same order. */
import { describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { call, hang, patch, run, say } from '../support/scripted-model.ts';
import { methodsOf, startServer, transports } from '../support/server.ts';

const text = (text: string) => [{ type: 'text' as const, text, text_elements: [] }];

describe.each(transports)('over %s', (via) => {
  test('a text turn tells everything in order and ends with the message', async () => {
    await using server = await startServer({ via, model: [say('Hel', 'lo')] });
    const client = await server.client();
    const threadId = await client.thread();
    const { turn, items } = await client.turn(threadId, 'hi');
    expect(items.map(({ type }) => type)).toEqual(['userMessage', 'agentMessage']);
    expect(turn).toMatchObject({ status: 'completed', itemsView: 'summary', items: [{ type: 'agentMessage', text: 'Hello' }] });
    expect(methodsOf(client.seen, threadId)).toEqual([
      'warning',
      'thread/status/changed',
      'turn/started',
      'item/started',
      'item/completed',
      'item/started',
      'item/agentMessage/delta',
      'item/completed',
      'thread/tokenUsage/updated',
      'thread/readState/changed',
      'thread/status/changed',
      'turn/completed',
    ]);
    const { input } = (await server.model.request(0)).body;
    expect(input?.at(-1)).toMatchObject({ role: 'user', content: [{ type: 'input_text', text: 'hi' }] });
  });

  test('an approved command runs and its output goes back to the model', async () => {
    await using server = await startServer({ via, model: [run('echo made > made.txt && cat made.txt'), say('done')] });
    const asked: unknown[] = [];
    const client = await server.client({
      questions: {
        'item/commandExecution/requestApproval': (question) => {
          asked.push(question.command);
          return { decision: 'accept' };
        },
      },
    });
    const threadId = await client.thread({ approvalPolicy: 'untrusted' });
    const { items } = await client.turn(threadId, 'go');
    expect(asked).toEqual([expect.stringContaining('echo made > made.txt')]);
    expect(items.find(({ type }) => type === 'commandExecution')).toMatchObject({
      status: 'completed',
      exitCode: 0,
      aggregatedOutput: 'made\n',
    });
    expect(await server.work.read('made.txt')).toBe('made\n');
    const output = (await server.model.request(1)).body.input?.find(({ type }) => type === 'function_call_output');
    expect(JSON.stringify(output)).toContain('Process exited with code 0');
  });

  test('a declined patch changes nothing and the turn goes on', async () => {
    const text = '*** Begin Patch\n*** Add File: new.txt\n+hello\n*** End Patch';
    await using server = await startServer({ via, model: [patch(text), say('as you like')] });
    const client = await server.client({ questions: { 'item/fileChange/requestApproval': () => ({ decision: 'decline' }) } });
    const threadId = await client.thread({ approvalPolicy: 'untrusted' });
    const { turn, items } = await client.turn(threadId, 'go');
    expect(items.map((item) => [item.type, 'status' in item ? item.status : undefined])).toEqual([
      ['userMessage', undefined],
      ['fileChange', 'declined'],
      ['agentMessage', undefined],
    ]);
    expect(turn.status).toBe('completed');
    await expect(server.work.read('new.txt')).rejects.toThrow('ENOENT');
  });

  test('interrupting ends the turn before the answer, and nothing follows', async () => {
    await using server = await startServer({ via, model: [hang('part')] });
    const client = await server.client();
    const threadId = await client.thread();
    const begun = client.next('item/agentMessage/delta');
    const { turn } = await client.request('turn/start', { threadId, input: text('go') });
    await begun;
    const ended = client.next('turn/completed');
    await client.request('turn/interrupt', { threadId, turnId: turn.id });
    expect((await ended).turn).toMatchObject({ id: turn.id, status: 'interrupted', items: [], itemsView: 'notLoaded' });
    await expect(client.request('turn/interrupt', { threadId, turnId: turn.id })).rejects.toMatchObject({
      message: 'no active turn to interrupt',
      code: -32600,
    });
  });
});

test('steering adds input to the running turn', async () => {
  const end = deferred();
  await using server = await startServer({ model: [hang('thinking', end), say('seen')] });
  const client = await server.client();
  const threadId = await client.thread();
  const begun = client.next('item/agentMessage/delta');
  const { turn } = await client.request('turn/start', { threadId, input: text('first') });
  await begun;
  const refused = client.request('turn/steer', { threadId, input: text('x'), expectedTurnId: 'other' });
  await expect(refused).rejects.toMatchObject({ message: `expected active turn id \`other\` but found \`${turn.id}\`` });
  await expect(client.request('turn/steer', { threadId, input: [], expectedTurnId: turn.id })).rejects.toThrow('input must not be empty');
  const answer = await client.request('turn/steer', {
    threadId,
    input: text('second'),
    expectedTurnId: turn.id,
    clientUserMessageId: 'mine',
  });
  expect(answer).toEqual({ turnId: turn.id });
  const steered = client.next('item/completed', { matches: ({ item }) => item.type === 'userMessage' && item.clientId === 'mine' });
  const ended = client.next('turn/completed');
  end.resolve();
  await steered;
  expect((await ended).turn).toMatchObject({ id: turn.id, status: 'completed' });
  expect(JSON.stringify((await server.model.request(1)).body.input)).toContain('second');
});

test('a failure of the model ends the turn with its error, and the thread says so', async () => {
  await using server = await startServer({ model: [(reply) => reply.fail(400, { error: { message: 'no' } })] });
  const client = await server.client();
  const threadId = await client.thread();
  const { turn } = await client.turn(threadId, 'go');
  expect(turn).toMatchObject({ status: 'failed', error: { codexErrorInfo: 'other' } });
  expect((await client.request('thread/read', { threadId })).thread.status).toEqual({ type: 'systemError' });
});

test('a review, a compaction and a command of the user are turns of their own', async () => {
  const findings = JSON.stringify({
    findings: [],
    overall_correctness: 'patch is correct',
    overall_explanation: 'Fine.',
    overall_confidence_score: 1,
  });
  await using server = await startServer({ model: [say('one'), say(findings), say('summary of it all')] });
  const client = await server.client();
  const threadId = await client.thread();
  await client.turn(threadId, 'first');
  const reviewed = client.next('turn/completed');
  const { turn, reviewThreadId } = await client.request('review/start', { threadId, target: { type: 'custom', instructions: 'look' } });
  expect(reviewThreadId).toBe(threadId);
  expect((await reviewed).turn.id).toBe(turn.id);
  const compacted = client.next('item/completed', { matches: ({ item }) => item.type === 'contextCompaction' });
  const compactionEnded = client.next('turn/completed');
  expect(await client.request('thread/compact/start', { threadId })).toEqual({});
  await compacted;
  await compactionEnded;
  const ran = client.next('item/completed', { matches: ({ item }) => item.type === 'commandExecution' });
  const shellEnded = client.next('turn/completed');
  await client.request('thread/shellCommand', { threadId, command: 'echo by hand' });
  expect((await ran).item).toMatchObject({ source: 'userShell', aggregatedOutput: 'by hand\n', status: 'completed' });
  await shellEnded;
  await expect(client.request('thread/shellCommand', { threadId, command: ' ' })).rejects.toThrow('command must not be empty');
});

test('settings last, are announced when they change, and contradictions are refused', async () => {
  await using server = await startServer({ model: [say('a'), say('b')] });
  const client = await server.client();
  const threadId = await client.thread();
  const refused = client.request('turn/start', {
    threadId,
    input: text('x'),
    permissions: ':workspace',
    sandboxPolicy: { type: 'dangerFullAccess' },
  });
  await expect(refused).rejects.toThrow('`permissions` cannot be combined with `sandboxPolicy`');
  const unknown = client.request('turn/start', { threadId, input: text('x'), permissions: ':nosuch' });
  await expect(unknown).rejects.toThrow('default_permissions refers to unknown built-in profile `:nosuch`');
  const changed = client.next('thread/settings/updated');
  const ended = client.next('turn/completed');
  await client.request('turn/start', { threadId, input: text('x'), model: 'other-model', effort: 'high' });
  expect((await changed).threadSettings).toMatchObject({ model: 'other-model', effort: 'high' });
  await ended;
  expect((await server.model.request(0)).body).toMatchObject({ model: 'other-model', reasoning: { effort: 'high' } });
  const again = client.next('thread/settings/updated');
  expect(await client.request('thread/settings/update', { threadId, approvalPolicy: 'untrusted' })).toEqual({});
  expect((await again).threadSettings.approvalPolicy).toBe('untrusted');
  const step = client.request('turn/settings/update', { threadId, turnId: 'x' });
  await expect(step).rejects.toThrow('turn settings updates require the step_model_switching feature');
});

test('a tool that the client declared is called on the client', async () => {
  const inputSchema = { type: 'object', properties: { id: { type: 'string' } } };
  await using server = await startServer({ model: [call('lookup', { id: '7' }), say('ok')] });
  const client = await server.client({
    questions: {
      'item/tool/call': ({ arguments: input }) => ({
        contentItems: [{ type: 'inputText', text: `found ${JSON.stringify(input)}` }],
        success: true,
      }),
    },
  });
  const threadId = await client.thread({ dynamicTools: [{ type: 'function', name: 'lookup', description: 'Looks it up.', inputSchema }] });
  const { items } = await client.turn(threadId, 'go');
  expect(items.find(({ type }) => type === 'dynamicToolCall')).toMatchObject({ status: 'completed', success: true });
  const output = (await server.model.request(1)).body.input?.find(({ type }) => type === 'function_call_output');
  expect(JSON.stringify(output)).toContain('found');
});
