/** `command/exec` and `process/*`: output, input, terminals, limits, ends and refusals. */
import { describe, expect, test } from 'vitest';
import { startServer, transports } from '../support/server.ts';

const full = { sandboxPolicy: { type: 'dangerFullAccess' } } as const;
const base64 = (text: string) => Buffer.from(text).toString('base64');
const decoded = (deltas: readonly { deltaBase64: string }[]) =>
  deltas.map((delta) => Buffer.from(delta.deltaBase64, 'base64').toString()).join('');

describe.each(transports)('command/exec over %s', (via) => {
  test('gives exit code, both streams, variables and directory', async () => {
    await using server = await startServer({ via, files: { 'sub/file': '' } });
    const client = await server.client();
    const script = 'echo out; echo err >&2; echo $FOO; pwd; exit 3';
    const result = await client.request('command/exec', { ...full, command: ['sh', '-c', script], env: { FOO: 'bar' }, cwd: 'sub' });
    expect(result).toEqual({ exitCode: 3, stdout: `out\nbar\n${server.work.path('sub')}\n`, stderr: 'err\n' });
  });

  test('streams, takes input and ends when its input ends', async () => {
    await using server = await startServer({ via });
    const client = await server.client();
    const stream = { processId: 'cat', streamStdin: true, streamStdoutStderr: true };
    const ended = client.request('command/exec', { ...full, command: ['cat'], ...stream });
    const echoed = client.next('command/exec/outputDelta');
    await client.request('command/exec/write', { processId: 'cat', deltaBase64: base64('line\n') });
    expect(await echoed).toEqual({ processId: 'cat', stream: 'stdout', deltaBase64: base64('line\n'), capReached: false });
    await expect(client.request('command/exec', { ...full, command: ['true'], ...stream })).rejects.toThrow(
      'duplicate active command/exec process id: "cat"',
    );
    await client.request('command/exec/write', { processId: 'cat', closeStdin: true });
    expect(await ended).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    await expect(client.request('command/exec/write', { processId: 'cat', closeStdin: true })).rejects.toThrow(
      'no active command/exec for process id "cat"',
    );
  });
});

test('a terminal has its size, can be resized, and sends everything as stdout', async () => {
  await using server = await startServer();
  const client = await server.client();
  const deltas: { deltaBase64: string; stream: string }[] = [];
  client.on('command/exec/outputDelta', (delta) => deltas.push(delta));
  const shown = client.next('command/exec/outputDelta');
  const command = ['sh', '-c', 'stty size; read a; stty size >&2; echo got $a'];
  const ended = client.request('command/exec', { ...full, command, processId: 't', tty: true, size: { rows: 30, cols: 100 } });
  await shown;
  await client.request('command/exec/resize', { processId: 't', size: { rows: 40, cols: 120 } });
  await client.request('command/exec/write', { processId: 't', deltaBase64: base64('hey\n') });
  expect(await ended).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  expect(decoded(deltas)).toBe('30 100\r\nhey\r\n40 120\r\ngot hey\r\n');
  expect(new Set(deltas.map(({ stream }) => stream))).toEqual(new Set(['stdout']));
});

test('time and output are limited, and a killed command says so', async () => {
  await using server = await startServer();
  const client = await server.client();
  const exec = (command: string, more = {}) => client.request('command/exec', { ...full, command: ['sh', '-c', command], ...more });
  expect(await exec('echo begin; exec sleep 60', { timeoutMs: 200 })).toEqual({ exitCode: 124, stdout: 'begin\n', stderr: '' });
  expect(await exec('printf 1234567890', { outputBytesCap: 4 })).toMatchObject({ stdout: '1234' });
  expect(await exec('printf 1234567890', { disableOutputCap: true })).toMatchObject({ stdout: '1234567890' });
  expect(await exec('kill -9 $$')).toMatchObject({ exitCode: 137 });
  const begun = client.next('command/exec/outputDelta');
  const ended = exec('echo up; exec sleep 60', { processId: 'k', streamStdoutStderr: true });
  await begun;
  await client.request('command/exec/terminate', { processId: 'k' });
  expect(await ended).toMatchObject({ exitCode: 137 });
  const capped = client.next('command/exec/outputDelta');
  await exec('printf 1234567890', { processId: 'c', streamStdoutStderr: true, outputBytesCap: 4 });
  expect(await capped).toMatchObject({ deltaBase64: base64('1234'), capReached: true });
});

test.each([
  [{ command: [] }, -32600, 'command must not be empty'],
  [{ command: ['/no/such/program'] }, -32603, 'failed to spawn command: No such file or directory (os error 2)'],
  [{ timeoutMs: 1, disableTimeout: true }, -32602, 'command/exec cannot set both timeoutMs and disableTimeout'],
  [{ timeoutMs: -1 }, -32602, 'command/exec timeoutMs must be non-negative, got -1'],
  [{ outputBytesCap: 1, disableOutputCap: true }, -32602, 'command/exec cannot set both outputBytesCap and disableOutputCap'],
  [{ tty: true }, -32600, 'command/exec tty or streaming requires a client-supplied processId'],
  [{ processId: 'p', size: { rows: 1, cols: 1 } }, -32602, 'command/exec size requires tty: true'],
  [{ processId: 'p', tty: true, size: { rows: 0, cols: 0 } }, -32602, 'command/exec size rows and cols must be greater than 0'],
  [{ permissionProfile: ':read-only' }, -32600, '`permissionProfile` cannot be combined with `sandboxPolicy`'],
])('%o is refused', async (params, code, message) => {
  await using server = await startServer();
  const client = await server.client();
  await expect(client.request('command/exec', { ...full, command: ['true'], ...params })).rejects.toMatchObject({ code, message });
});

test('an unknown profile and bad base64 are named', async () => {
  await using server = await startServer();
  const client = await server.client();
  await expect(client.request('command/exec', { command: ['true'], permissionProfile: ':nosuch' })).rejects.toMatchObject({
    code: -32600,
    message: 'invalid permission profile: default_permissions refers to unknown built-in profile `:nosuch`',
  });
  await expect(client.request('command/exec/write', { processId: 'x', deltaBase64: '!!' })).rejects.toMatchObject({
    code: -32602,
    message: 'invalid deltaBase64: Invalid symbol 33, offset 0.',
  });
  await expect(client.request('command/exec/write', { processId: 'x' })).rejects.toThrow('requires deltaBase64 or closeStdin');
});

describe('process/*', () => {
  test('a process answers at once, reports its output and its end', async () => {
    await using server = await startServer();
    const client = await server.client();
    const exited = client.next('process/exited');
    const spawned = { command: ['sh', '-c', 'echo out; echo err >&2; exit 4'], processHandle: 'p', cwd: server.work.root };
    expect(await client.request('process/spawn', spawned)).toEqual({});
    expect(await exited).toEqual({
      processHandle: 'p',
      exitCode: 4,
      outputDrainTimedOut: false,
      stdout: 'out\n',
      stdoutCapReached: false,
      stderr: 'err\n',
      stderrCapReached: false,
    });
  });

  test('it takes input, and a killed terminal ends with 1', async () => {
    await using server = await startServer();
    const client = await server.client();
    const cwd = server.work.root;
    const echoed = client.next('process/outputDelta');
    await client.request('process/spawn', { command: ['cat'], processHandle: 'cat', cwd, streamStdin: true, streamStdoutStderr: true });
    await client.request('process/writeStdin', { processHandle: 'cat', deltaBase64: base64('hi\n') });
    expect(await echoed).toMatchObject({ processHandle: 'cat', deltaBase64: base64('hi\n') });
    const catEnded = client.next('process/exited');
    await client.request('process/writeStdin', { processHandle: 'cat', closeStdin: true });
    expect(await catEnded).toMatchObject({ exitCode: 0 });
    const size = { rows: 20, cols: 90 };
    const shown = client.next('process/outputDelta');
    await client.request('process/spawn', { command: ['sh', '-c', 'stty size; exec sleep 60'], processHandle: 't', cwd, tty: true, size });
    expect(await shown).toMatchObject({ deltaBase64: base64('20 90\r\n') });
    const killed = client.next('process/exited');
    await client.request('process/resizePty', { processHandle: 't', size: { rows: 10, cols: 10 } });
    await client.request('process/kill', { processHandle: 't' });
    expect(await killed).toMatchObject({ processHandle: 't', exitCode: 1 });
  });

  test.each([
    [{ command: [] }, 'command must not be empty'],
    [{ processHandle: '' }, 'processHandle must not be empty'],
    [{ cwd: 'relative' }, 'Invalid request: AbsolutePathBuf deserialized without a base path'],
    [{ command: ['/no/such'] }, 'failed to spawn process: No such file or directory (os error 2)'],
  ])('%o is refused', async (params, message) => {
    await using server = await startServer();
    const client = await server.client();
    const request = { command: ['true'], processHandle: 'p', cwd: server.work.root, ...params };
    await expect(client.request('process/spawn', request)).rejects.toThrow(message);
    await expect(client.request('process/kill', { processHandle: 'p' })).rejects.toThrow('no active process for process handle "p"');
  });
});
