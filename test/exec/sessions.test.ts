/** The handshake, and sessions that outlive their connections. */
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { tempWorkspace } from '../support/workspace.ts';
import { startExecutor, uri } from './support.ts';

test('requests before the handshake are told what is missing, after their params were understood', async () => {
  await using executor = await startExecutor();
  const client = await executor.connect('websocket');
  const early = 'client must call initialize before using';
  expect(await client.refusal('process/read', { processId: 'x' })).toEqual([-32_600, `${early} exec methods`]);
  expect(await client.refusal('fs/readFile', { path: 'file:///x' })).toEqual([-32_600, `${early} filesystem methods`]);
  expect(await client.refusal('fs/readFile', { path: '/x' })).toEqual([-32_602, 'invalid URI: relative URL without a base']);
  expect(await client.refusal('environment/info', {})).toEqual([-32_600, `${early} environment info methods`]);
  expect(await client.refusal('capabilityRoots/discoverV1', { roots: [] })).toEqual([-32_600, `${early} capability discovery methods`]);
  expect(await client.refusal('initialize', { clientName: 'x', resumeSessionId: 'no' })).toEqual([-32_600, 'unknown session id no']);
  await client.call('initialize', { clientName: 'x' });
  expect(await client.refusal('initialize', { clientName: 'x' })).toEqual([-32_600, 'initialize may only be sent once per connection']);
  expect((await client.refusal('environment/status', {}))[1]).toBe('client must send initialized before using environment status methods');
  client.initialized();
  client.initialized();
  expect(await client.call('environment/status', {})).toEqual({ status: 'ready' });
});

test('a session goes on without its connection, and the next one finds all of it', async () => {
  await using executor = await startExecutor();
  const first = await executor.open('websocket');
  await first.sh('p', 'while read line; do echo "got $line"; done; exit 5', { pipeStdin: true });
  await first.write('p', 'one\n', 'w1');
  await first.note('process/output');
  const second = await executor.connect('lines');
  const attached = `session ${first.sessionId} is already attached to another connection`;
  expect(await second.refusal('initialize', { clientName: 'x', resumeSessionId: first.sessionId })).toEqual([-32_010, attached]);
  await first.close();
  await expect
    .poll(
      () =>
        second.handshake(first.sessionId).then(
          () => second.sessionId,
          (error: Error) => error.message,
        ),
      { interval: 5 },
    )
    .toBe(first.sessionId);
  expect(await second.write('p', 'one\n', 'w1')).toEqual({ status: 'accepted' });
  await second.write('p', 'two\n', 'w2');
  await second.note('process/output');
  expect(second.output('p').toString()).toBe('got two\n');
  const { chunks } = await second.call('process/read', { processId: 'p' });
  expect(chunks.map(({ seq, chunk }) => [seq, Buffer.from(chunk, 'base64').toString()])).toEqual([
    [1, 'got one\n'],
    [2, 'got two\n'],
  ]);
  expect(await second.refusal('process/start', { processId: 'p', argv: ['/bin/true'], cwd: 'file:///', env: {}, tty: false })).toEqual([
    -32_600,
    'process p already exists',
  ]);
});

test('what a connection takes along: handles, its watch, its bodies; what a request had done stays', async () => {
  await using executor = await startExecutor();
  await using space = await tempWorkspace({ f: 'data' });
  const site = createServer((_request, response) => void response.writeHead(200).write('first'));
  await new Promise<void>((done) => site.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    site.closeAllConnections();
    site.close();
  });
  const address = site.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const first = await executor.open('websocket');
  const missing = [uri(space.path('later'))];
  await first.call('fs/open', { handleId: 'h', path: uri(space.path('f')) });
  expect(await first.call('fs/watchMissing', { watchId: 7, missing, present: null })).toEqual({ watching: true });
  await first.call('http/request', { method: 'GET', url, requestId: 's', streamResponse: true });
  await first.note('http/request/bodyDelta');
  // Its answer is never read.
  const unheard = first.sh('p', 'echo on; read line; exit 4', { pipeStdin: true });
  await first.note('process/output');
  const waiting = first.call('process/read', { processId: 'p', afterSeq: 1, waitMs: 60_000 });
  const unanswered = Promise.allSettled([unheard, waiting]);
  await first.close();
  await unanswered;
  const second = await executor.connect('websocket');
  await expect.poll(() => second.handshake(first.sessionId).then(() => 'resumed', String), { interval: 5 }).toBe('resumed');
  expect(await second.refusal('fs/readBlock', { handleId: 'h', offset: 0, len: 4 })).toEqual([-32_004, 'unknown file handle `h`']);
  // The ids of the connection before are free.
  await second.call('fs/open', { handleId: 'h', path: uri(space.path('f')) });
  expect(await second.call('fs/watchMissing', { watchId: 1, missing, present: null })).toEqual({ watching: true });
  await second.call('http/request', { method: 'GET', url, requestId: 's', streamResponse: true });
  await writeFile(space.path('later'), '');
  await second.note('fs/missingChanged');
  await second.write('p', '\n', 'w');
  expect(await second.note('process/exited')).toMatchObject({ processId: 'p', exitCode: 4 });
  expect(second.notes.flatMap(({ method, params }) => (method === 'fs/missingChanged' ? [params.watchId] : []))).toEqual([1]);
});

test('a session that nobody resumes ends with everything it runs', async () => {
  await using executor = await startExecutor({ detachedRetentionMs: 100 });
  const client = await executor.open('websocket');
  await client.sh('p', 'echo $$; exec sleep 600');
  await client.note('process/output');
  const pid = Number(client.output('p').toString());
  await client.close();
  await expect.poll(() => isRunning(pid), { timeout: 5000 }).toBe(false);
  const late = await executor.connect('websocket');
  expect((await late.refusal('initialize', { clientName: 'x', resumeSessionId: client.sessionId }))[1]).toBe(
    `unknown session id ${client.sessionId}`,
  );
});

test('two sessions use one process id for two processes', async () => {
  await using executor = await startExecutor();
  const [left, right] = [await executor.open('memory'), await executor.open('websocket')];
  await Promise.all([left.sh('p', 'echo left'), right.sh('p', 'echo right')]);
  await Promise.all([left.closedProcess('p'), right.closedProcess('p')]);
  expect([left.output('p').toString(), right.output('p').toString()]).toEqual(['left\n', 'right\n']);
});

test('the executor describes its machine', async () => {
  await using executor = await startExecutor({ env: { PATH: '/usr/bin:/bin', SHELL: '/bin/sh' }, cwd: '/tmp' });
  const client = await executor.open('memory');
  const info = await client.call('environment/info', {});
  expect(info).toMatchObject({ cwd: 'file:///tmp', executorVersion: '0.169.0', shell: { name: 'sh', path: '/bin/sh' } });
  expect(info.providerId).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(info.capabilities.fsWatchMissing).toBe(true);
});

test('the end of the server ends what it runs', async () => {
  const executor = await startExecutor();
  const client = await executor.open('memory');
  await client.sh('p', 'echo $$; exec sleep 600');
  await client.note('process/output');
  await executor[Symbol.asyncDispose]();
  expect(isRunning(Number(client.output('p').toString()))).toBe(false);
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // gone
  }
}
