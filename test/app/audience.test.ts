/** Several clients on one server: who hears what, whose answer counts, and what outlives a connection. */
import { describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { run, say } from '../support/scripted-model.ts';
import { methodsOf, sharedTransports, startServer } from '../support/server.ts';

const text = (text: string) => [{ type: 'text' as const, text, text_elements: [] }];
const never = () => new Promise<never>(() => {});

describe.each(sharedTransports)('over %s', (via) => {
  test('everyone hears of threads, subscribers hear of their turns', async () => {
    await using server = await startServer({ via, model: [say('one'), say('two')] });
    const a = await server.client({ name: 'a' });
    const b = await server.client({ name: 'b' });
    // The first client's name stands in front for all.
    expect(b.server.userAgent).toMatch(/^a\/0\.169\.0 .* \(b; 0\.0\.1\)/);
    const started = b.next('thread/started');
    const threadId = await a.thread();
    expect((await started).thread.id).toBe(threadId);
    const idle = b.next('thread/status/changed', { matches: ({ status }) => status.type === 'idle' });
    await a.turn(threadId, 'hi');
    await idle;
    expect(methodsOf(b.seen, threadId)).toEqual(['thread/status/changed', 'thread/status/changed']);
    const { thread } = await b.request('thread/resume', { threadId });
    expect(thread.turns).toMatchObject([{ status: 'completed', itemsView: 'full' }]);
    const both = [a.next('turn/completed'), b.next('turn/completed')];
    await a.request('turn/start', { threadId, input: text('again') });
    const [one, two] = await Promise.all(both);
    expect(one).toEqual(two);
    expect(await b.request('thread/unsubscribe', { threadId })).toEqual({ status: 'unsubscribed' });
    expect(await b.request('thread/unsubscribe', { threadId })).toEqual({ status: 'notSubscribed' });
    expect(await b.request('thread/unsubscribe', { threadId: '01900000-0000-7000-8000-000000000000' })).toEqual({ status: 'notLoaded' });
  });

  test('a question goes to all under one id, the first answer wins, and all hear that it is resolved', async () => {
    await using server = await startServer({ via, model: [run('touch asked'), say('done')] });
    const asked: (string | number)[] = [];
    const withdrawn = deferred();
    const a = await server.client({
      questions: {
        'item/commandExecution/requestApproval': (_question, { requestId, signal }) => {
          asked.push(requestId);
          signal.addEventListener('abort', () => withdrawn.resolve());
          return never();
        },
      },
    });
    const b = await server.client({
      questions: {
        'item/commandExecution/requestApproval': (_question, { requestId }) => {
          asked.push(requestId);
          return { decision: 'accept' };
        },
      },
    });
    const threadId = await a.thread({ approvalPolicy: 'untrusted' });
    await b.request('thread/resume', { threadId, excludeTurns: true });
    const resolved = [a.next('serverRequest/resolved'), b.next('serverRequest/resolved')];
    const ended = a.next('turn/completed');
    await a.request('turn/start', { threadId, input: text('go') });
    expect(await Promise.all(resolved)).toEqual([
      { threadId, requestId: 0 },
      { threadId, requestId: 0 },
    ]);
    await withdrawn.promise;
    expect(asked).toEqual([0, 0]);
    expect((await ended).turn.status).toBe('completed');
  });

  test('a question that nobody answered outlives its client and is asked again with its id', async () => {
    await using server = await startServer({ via, model: [run('echo kept > kept.txt'), say('done')] });
    const watcher = await server.client({ name: 'watcher' });
    const asked = deferred<string | number>();
    const first = await server.client({
      questions: {
        'item/commandExecution/requestApproval': (_question, { requestId }) => {
          asked.resolve(requestId);
          return never();
        },
      },
    });
    const threadId = await first.thread({ approvalPolicy: 'untrusted' });
    await first.request('turn/start', { threadId, input: text('go') });
    const id = await asked.promise;
    await first.close();
    expect((await watcher.request('thread/read', { threadId })).thread.status).toEqual({
      type: 'active',
      activeFlags: ['waitingOnApproval'],
    });
    const again = deferred<string | number>();
    const second = await server.client({
      questions: {
        'item/commandExecution/requestApproval': (_question, { requestId }) => {
          again.resolve(requestId);
          return { decision: 'accept' };
        },
      },
    });
    const ended = second.next('turn/completed');
    const { thread } = await second.request('thread/resume', { threadId });
    expect(thread.turns.at(-1)).toMatchObject({ status: 'inProgress' });
    expect(await again.promise).toBe(id);
    expect((await ended).turn.status).toBe('completed');
    expect(await server.work.read('kept.txt')).toBe('kept\n');
  });

  test('a client without experimentalApi hears neither of settings nor of read states', async () => {
    await using server = await startServer({ via });
    const full = await server.client({ name: 'full' });
    const plain = await server.client({ name: 'plain', capabilities: { experimentalApi: false } });
    const threadId = await full.thread();
    await full.turn(threadId, 'hello');
    await plain.request('thread/resume', { threadId });
    const heard = plain.next('turn/completed');
    await full.request('turn/start', { threadId, input: text('again'), model: 'other-model' });
    await heard;
    const told = (client: typeof full) => new Set(client.seen.map(({ method }) => method));
    for (const method of ['thread/settings/updated', 'thread/readState/changed']) {
      expect(told(full)).toContain(method);
      expect(told(plain)).not.toContain(method);
    }
  });

  test('whoever resumes a thread is asked its open question again, having heard it or not; the first answer counts', async () => {
    await using server = await startServer({ via, model: [run('echo kept > kept.txt'), say('done')] });
    const asked: (string | number)[] = [];
    const [first, second] = [deferred(), deferred()];
    const client = await server.client({
      questions: {
        'item/commandExecution/requestApproval': (_question, { requestId }) => {
          asked.push(requestId);
          (asked.length === 1 ? first : second).resolve();
          return asked.length === 1 ? never() : { decision: 'accept' };
        },
      },
    });
    const threadId = await client.thread({ approvalPolicy: 'untrusted' });
    await client.request('turn/start', { threadId, input: text('go') });
    await first.promise;
    const ended = client.next('turn/completed');
    await client.request('thread/resume', { threadId });
    await second.promise;
    expect((await ended).turn.status).toBe('completed');
    expect(asked).toEqual([0, 0]);
    expect(await server.work.read('kept.txt')).toBe('kept\n');
  });

  test('processes and watches die with their connection, threads do not', async () => {
    await using server = await startServer({ via });
    const a = await server.client({ name: 'a' });
    const threadId = await a.thread();
    await a.request('process/spawn', { command: ['sh', '-c', 'echo $$ > pid; exec sleep 600'], processHandle: 'p', cwd: server.work.root });
    await a.request('fs/watch', { watchId: 'w', path: server.work.root });
    const b = await server.client({ name: 'b' });
    await b.request('command/exec', {
      command: ['sh', '-c', 'until [ -s pid ]; do sleep 0.01; done'],
      sandboxPolicy: { type: 'dangerFullAccess' },
    });
    const pid = Number(await server.work.read('pid'));
    process.kill(pid, 0);
    await a.close();
    const gone = `while kill -0 ${pid} 2>/dev/null; do sleep 0.01; done`;
    const { exitCode } = await b.request('command/exec', { command: ['sh', '-c', gone], sandboxPolicy: { type: 'dangerFullAccess' } });
    expect(exitCode).toBe(0);
    expect((await b.request('thread/loaded/list', {})).data).toEqual([threadId]);
  });
});

test('a client hears nothing that it opted out of, and nothing experimental without the capability', async () => {
  await using server = await startServer({ model: [say('a', 'b'), say('c')] });
  const quiet = await server.client({
    capabilities: { experimentalApi: true, optOutNotificationMethods: ['item/agentMessage/delta', 'thread/started', 'no/such'] },
  });
  const threadId = await quiet.thread();
  await quiet.turn(threadId, 'hi');
  const methods = new Set(quiet.seen.map(({ method }) => method));
  expect(methods.has('item/agentMessage/delta')).toBe(false);
  expect(methods.has('thread/started')).toBe(false);
  expect(methods.has('item/completed')).toBe(true);
  const stable = await server.client({ capabilities: { experimentalApi: false } });
  const other = await stable.thread();
  const ended = stable.next('turn/completed');
  await stable.request('turn/start', { threadId: other, input: text('x'), model: 'changed' });
  await ended;
  expect(stable.seen.map(({ method }) => method)).not.toContain('thread/settings/updated');
});
