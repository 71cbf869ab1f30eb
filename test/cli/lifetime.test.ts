/** How the real program lives and dies: end of input, signals, drains, clients that leave, and what is read back afterwards. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { eventually, withMark } from '../support/proc.ts';
import { hang, run, say } from '../support/scripted-model.ts';
import { startServer, type TestClient, type TestServer } from '../support/server.ts';

const text = (text: string) => [{ type: 'text' as const, text, text_elements: [] }];
const full = { sandboxPolicy: { type: 'dangerFullAccess' } } as const;

const exitOf = async (server: TestServer): Promise<{ code: number | null; signal: string | null; ms: number }> => {
  const { child } = server;
  if (!child) throw new Error('this server has no program');
  const before = performance.now();
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return { code: child.exitCode, signal: child.signalCode, ms: performance.now() - before };
};

/** A turn that runs a command which would sleep for a number of seconds that nobody else uses. */
async function sleepingTurn(server: TestServer, client: TestClient, seconds: number): Promise<{ threadId: string; turnId: string }> {
  server.model.push(run(`sleep ${seconds}`));
  const threadId = await client.thread();
  const { turn } = await client.request('turn/start', { threadId, input: text('go') });
  await eventually(
    'the command runs',
    () => withMark(`sleep ${seconds}`),
    (found) => found.length > 0,
  );
  return { threadId, turnId: turn.id };
}

describe('stdio', () => {
  test('the end of input interrupts the turn, kills its command, keeps the history, and ends with 0', async () => {
    await using server = await startServer({ via: 'stdio' });
    const client = await server.client();
    const { threadId, turnId } = await sleepingTurn(server, client, 86_401);
    server.child?.stdin.end();
    expect(await exitOf(server)).toMatchObject({ code: 0, ms: expect.toSatisfy((ms: number) => ms < 2000) });
    expect(withMark('sleep 86401')).toEqual([]);
    expect(client.seen.some(({ method }) => method === 'turn/completed')).toBe(false);
    await using again = await server.another('memory');
    const reader = await again.client();
    const { thread } = await reader.request('thread/read', { threadId, includeTurns: true });
    expect(thread.turns).toMatchObject([
      { id: turnId, status: 'interrupted', items: [{ type: 'userMessage' }, { status: 'failed', exitCode: -1 }] },
    ]);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it with 0, also in a turn', async (signal) => {
    await using server = await startServer({ via: 'stdio', model: [hang('Hel')] });
    const client = await server.client();
    const delta = client.next('item/agentMessage/delta');
    await client.request('turn/start', { threadId: await client.thread(), input: text('go') });
    await delta;
    server.child?.kill(signal);
    expect(await exitOf(server)).toMatchObject({ code: 0, signal: null });
  });

  test('a signal right after the first answer, while the rest is loaded, ends it with 0', async () => {
    for (let time = 0; time < 5; time += 1) {
      await using server = await startServer({ via: 'stdio' });
      await server.client();
      server.child?.kill('SIGTERM');
      expect(await exitOf(server)).toMatchObject({ code: 0, signal: null });
    }
  });

  test('a client that goes away without a word ends it too', async () => {
    await using server = await startServer({ via: 'stdio' });
    await server.client();
    server.child?.stdin.destroy();
    server.child?.stdout.destroy();
    expect(await exitOf(server)).toMatchObject({ code: 0 });
  });
});

describe.each(['ws', 'unix'] as const)('%s', (via) => {
  test('an idle server ends at the first signal', async () => {
    await using server = await startServer({ via });
    await server.client();
    server.child?.kill('SIGTERM');
    expect(await exitOf(server)).toMatchObject({ code: 0, signal: null });
  });

  test('with a turn running the first signal only waits, answering meanwhile; its end is the end', async () => {
    const finished = deferred<void>();
    await using server = await startServer({ via, model: [hang('Hel', finished)] });
    const client = await server.client();
    const threadId = await client.thread();
    const delta = client.next('item/agentMessage/delta');
    await client.request('turn/start', { threadId, input: text('go') });
    await delta;
    const completed = client.next('turn/completed');
    server.child?.kill('SIGTERM');
    for (let asked = 0; asked < 20; asked += 1) expect((await client.request('thread/loaded/list', {})).data).toEqual([threadId]);
    finished.resolve();
    expect((await completed).turn.status).toBe('completed');
    expect(await exitOf(server)).toMatchObject({ code: 0 });
  });

  test('a second signal ends it in the middle of the turn', async () => {
    await using server = await startServer({ via });
    const client = await server.client();
    await sleepingTurn(server, client, via === 'ws' ? 86_402 : 86_403);
    server.child?.kill('SIGTERM');
    await client.request('thread/loaded/list', {});
    server.child?.kill('SIGTERM');
    expect(await exitOf(server)).toMatchObject({ code: 0 });
    expect(withMark(via === 'ws' ? 'sleep 86402' : 'sleep 86403')).toEqual([]);
  });

  test('a client that leaves takes its processes along, its turn goes on for others', async () => {
    const finished = deferred<void>();
    await using server = await startServer({
      via,
      model: [hang('Hel', finished), say('second')],
    });
    const [leaver, stayer] = [await server.client(), await server.client()];
    const threadId = await leaver.thread();
    const delta = leaver.next('item/agentMessage/delta');
    await leaver.request('turn/start', { threadId, input: text('go') });
    await delta;
    const seconds = via === 'ws' ? 86_404 : 86_405;
    await leaver.request('process/spawn', { command: ['sleep', String(seconds)], processHandle: 'p', cwd: server.work.root });
    const lost = leaver.request('command/exec', { ...full, command: ['sleep', String(seconds)], disableTimeout: true }).catch(() => 'lost');
    await eventually(
      'both run',
      () => withMark(`sleep ${seconds}`),
      (found) => found.length === 2,
    );
    await leaver.close();
    expect(await lost).toBe('lost');
    await eventually(
      'both ended',
      () => withMark(`sleep ${seconds}`),
      (found) => found.length === 0,
    );
    await stayer.request('thread/resume', { threadId });
    const completed = stayer.next('turn/completed');
    finished.resolve();
    expect((await completed).turn.status).toBe('completed');
    expect((await stayer.turn(threadId, 'more')).turn.status).toBe('completed');
  });
});

test("the socket is only its owner's, and nothing is printed on stdout", async () => {
  await using server = await startServer({ via: 'unix' });
  let printed = '';
  server.child?.stdout.on('data', (bytes: Buffer) => {
    printed += bytes.toString();
  });
  await server.client();
  expect((await stat(join(server.home, 's.sock'))).mode & 0o777).toBe(0o600);
  server.child?.kill('SIGTERM');
  await exitOf(server);
  expect(printed).toBe('');
});

test.each([
  ['the right token', 'secret', true],
  ['a wrong token', 'wrong', false],
  ['no token', undefined, false],
] as const)('on a port that asks for one, %s', async (_, token, welcome) => {
  const digest = createHash('sha256').update('secret').digest('hex');
  const args = ['--ws-auth', 'capability-token', '--ws-token-sha256', digest];
  await using server = await startServer({ via: 'ws', args, ...(token !== undefined && { token }) });
  const opened = server.client().then(
    () => 'welcome',
    (error: unknown) => String(error),
  );
  expect(await opened).toEqual(welcome ? 'welcome' : expect.stringContaining('401'));
});
