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
  expect(await client.request('environment/status', { environmentId: 'far' })).toEqual({
    status: 'unknown',
    error: 'unknown environment id `far`',
  });
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
  expect(await client.request('environment/status', { environmentId: 'local' })).toMatchObject({ status: 'unknown' });
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

test('a command is lost with its environment: model and client are told why, and the turn goes on', async () => {
  await using program = await serverProgram();
  const far = await startProgram(program, baseEnv);
  await using server = await startServer({ model: [run('echo begun; sleep 60', { yield_time_ms: 30_000 }), say('noticed')] });
  const client = await server.client();
  await client.request('environment/add', { environmentId: 'far', execServerUrl: far.url });
  const threadId = await client.thread({ environments: [{ environmentId: 'far', cwd: server.work.root }] });
  const turn = client.turn(threadId, 'go');
  await expect.poll(() => client.seen.some(({ method }) => method === 'item/commandExecution/outputDelta'), { timeout: 10_000 }).toBe(true);
  await using _next = await far.kill().then(() => startProgram(program, baseEnv, far.port));
  const { items, turn: ended } = await turn;
  expect(ended.status).toBe('completed');
  const lost = expect.stringMatching(/process lost: exec-server transport disconnected.*unknown session id/);
  expect(items.find(({ type }) => type === 'commandExecution')).toMatchObject({ status: 'failed', exitCode: -1, aggregatedOutput: lost });
  expect(JSON.stringify(server.model.requests.at(-1)?.body.input)).toContain('process lost: exec-server transport disconnected');
  expect(items.at(-1)).toMatchObject({ type: 'agentMessage', text: 'noticed' });
});

test('a new thread works in the default environment first and in the others as it likes; none of them is started for it', async () => {
  await using far = await listeningServer(baseEnv);
  const declared = [
    'default = "far"',
    '[[environments]]',
    'id = "far"',
    `url = "${far.url}"`,
    '[[environments]]',
    'id = "lazy"',
    'program = "/no/such/program"',
  ];
  await using server = await startServer({
    model: [run('echo first'), run('echo second', { environment_id: 'local' }), say('done')],
    homeFiles: { 'environments.toml': declared.join('\n') },
  });
  const client = await server.client();
  const { thread } = await client.request('thread/start', {
    cwd: server.work.root,
    sandbox: 'danger-full-access',
    approvalPolicy: 'never',
  });
  expect(thread.environments?.map(({ environmentId }) => environmentId)).toEqual(['far', 'local', 'lazy']);
  const { items } = await client.turn(thread.id, 'go');
  const outputs = items.flatMap((item) => (item.type === 'commandExecution' ? [item.aggregatedOutput] : []));
  expect(outputs).toEqual(['first\n', 'second\n']);
  expect(await client.request('environment/status', { environmentId: 'lazy' })).toEqual({ status: 'pending' });
});

test('what cannot be selected or asked is refused in the words of the reference', async () => {
  const gone = await listeningServer(baseEnv);
  await gone.kill();
  await using server = await startServer({ model: [] });
  const client = await server.client();
  await client.request('environment/add', { environmentId: 'gone', execServerUrl: gone.url });
  await expect(client.request('environment/info', { environmentId: 'gone' })).rejects.toMatchObject({
    code: -32_603,
    message: expect.stringMatching(/^failed to get info for environment `gone`: exec-server connection attempt failed: /),
  });
  const at = (...environments: { environmentId: string; cwd: string }[]) =>
    client.request('thread/start', { cwd: server.work.root, environments });
  const local = { environmentId: 'local', cwd: '/' };
  await expect(at({ ...local, environmentId: 'nobody' })).rejects.toThrow('unknown turn environment id `nobody`');
  await expect(at(local, local)).rejects.toThrow('duplicate turn environment id `local`');
  for (const cwd of ['relative', 'file:///tmp']) {
    await expect(at({ ...local, cwd })).rejects.toThrow(
      `invalid cwd for environment \`local\`: path \`${cwd}\` does not use absolute POSIX or Windows path syntax`,
    );
  }
});
