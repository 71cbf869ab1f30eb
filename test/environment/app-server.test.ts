/** Whole turns in remote environments: on our exec-server, on the reference's, and over one that is killed in between. */
import { describe, expect, test } from 'vitest';
import { cuttingProxy } from '../support/cutting-proxy.ts';
import { withoutReference } from '../support/reference.ts';
import { patch, run, say } from '../support/scripted-model.ts';
import { startServer } from '../support/server.ts';
import { type ListeningServer, listeningServer, serverProgram, startProgram, startReference } from './exec-servers.ts';

const baseEnv = { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: '/nonexistent' };
const added = '*** Begin Patch\n*** Add File: far.txt\n+from afar\n*** End Patch';

async function turnOn(far: ListeningServer): Promise<void> {
  await using server = await startServer({ model: [run('echo "on $((6*7))"; exit 3'), patch(added), say('done')] });
  const client = await server.client();
  expect(await client.request('environment/status', { environmentId: 'far' })).toEqual({ status: 'unknown' });
  await client.request('environment/add', { environmentId: 'far', execServerUrl: far.url });
  expect(await client.request('environment/info', { environmentId: 'far' })).toMatchObject({ shell: { name: 'bash' } });
  expect(await client.request('environment/status', { environmentId: 'far' })).toEqual({ status: 'ready' });
  const threadId = await client.thread({ environments: [{ environmentId: 'far', cwd: server.work.root }] });
  const { turn, items } = await client.turn(threadId, 'go');
  expect(turn.status).toBe('completed');
  expect(items.find(({ type }) => type === 'commandExecution')).toMatchObject({ aggregatedOutput: 'on 42\n', exitCode: 3 });
  expect(await server.work.read('far.txt')).toBe('from afar\n');
}

test('a command and a patch on our exec-server', async () => {
  await using far = await listeningServer(baseEnv);
  await turnOn(far);
});

describe.skipIf(withoutReference('our app-server on the exec-server of the reference'))('the reference', () => {
  test('a command and a patch on its exec-server', async () => {
    await using far = await startReference(baseEnv);
    await turnOn(far);
  });
});

test('CODEX_EXEC_SERVER_URL makes the one environment there is', async () => {
  await using far = await listeningServer(baseEnv);
  await using server = await startServer({ model: [run('echo there'), say('done')], env: { CODEX_EXEC_SERVER_URL: far.url } });
  const client = await server.client();
  expect(await client.request('environment/status', { environmentId: 'local' })).toEqual({ status: 'unknown' });
  const { items } = await client.turn(await client.thread(), 'go');
  expect(items.find(({ type }) => type === 'commandExecution')).toMatchObject({ aggregatedOutput: 'there\n' });
  expect(await client.request('environment/status', { environmentId: 'remote' })).toEqual({ status: 'ready' });
});

test('a server that is killed and comes back: threads hear of it, and the next turn runs there', async () => {
  await using program = await serverProgram();
  const first = await startProgram(program, baseEnv);
  await using server = await startServer({ model: [run('echo one'), say('done'), run('echo two'), say('done')] });
  const client = await server.client();
  await client.request('environment/add', { environmentId: 'far', execServerUrl: first.url });
  const threadId = await client.thread({ environments: [{ environmentId: 'far', cwd: server.work.root }] });
  await client.turn(threadId, 'go');
  await first.kill();
  await expect
    .poll(() => client.request('environment/status', { environmentId: 'far' }))
    .toEqual({ status: 'disconnected', error: 'exec-server environment is recovering' });
  await using _second = await startProgram(program, baseEnv, first.port);
  const told = () => client.seen.filter(({ method }) => method.startsWith('thread/environment/'));
  await expect.poll(told).toMatchObject([{ method: 'thread/environment/disconnected', params: { threadId, environmentId: 'far' } }]);
  const { items } = await client.turn(threadId, 'go');
  expect(told().at(-1)).toMatchObject({ method: 'thread/environment/connected', params: { threadId, environmentId: 'far' } });
  expect(items.find(({ type }) => type === 'commandExecution')).toMatchObject({ aggregatedOutput: 'two\n' });
});

test('a connection that breaks for a moment: threads hear only that it is back', async () => {
  await using far = await listeningServer(baseEnv);
  await using proxy = await cuttingProxy(far.port);
  await using server = await startServer();
  const client = await server.client();
  await client.request('environment/add', { environmentId: 'far', execServerUrl: `ws://127.0.0.1:${proxy.port}` });
  const threadId = await client.thread({ environments: [{ environmentId: 'far', cwd: server.work.root }] });
  await client.request('environment/info', { environmentId: 'far' });
  proxy.cut();
  const told = () => client.seen.filter(({ method }) => method.startsWith('thread/environment/'));
  await expect
    .poll(told)
    .toEqual([expect.objectContaining({ method: 'thread/environment/connected', params: { threadId, environmentId: 'far' } })]);
});
