/** The program as it is started: its standard streams, its port, its signals, and what is left after its end. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

const initialize = '{"id":1,"method":"initialize","params":{"clientName":"p"}}';

let directory: string;
let program: string;
beforeAll(async () => {
  directory = await mkdtemp(join(resolve('node_modules'), '.cache-exec-'));
  program = join(directory, 'main.mjs');
  const entryPoints = [resolve('src/cli/main.ts')];
  await build({
    entryPoints,
    outfile: program,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  });
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const run = (...given: (string | { env: Record<string, string> })[]) => {
  const args = given.filter((one) => typeof one === 'string');
  const env = Object.assign({ CODEX_HOME: directory }, ...given.map((one) => (typeof one === 'string' ? {} : one.env)));
  const child = execa('node', [program, 'exec-server', ...args], { reject: false, buffer: false, env });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
};
const firstLine = (stream: NodeJS.ReadableStream) =>
  new Promise<string>((done) => {
    let seen = '';
    stream.on('data', (bytes: Buffer) => {
      seen += bytes.toString();
      if (seen.includes('\n')) done(seen.split('\n')[0] ?? '');
    });
  });
const isRunning = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // gone
  }
};
const sleeper = JSON.stringify({
  id: 2,
  method: 'process/start',
  params: { processId: 'p', argv: ['/bin/sh', '-c', 'echo $$; exec sleep 600'], cwd: 'file:///', env: {}, tty: false },
});
const script = `${initialize}\n{"method":"initialized"}\n${sleeper}\n`;
const pidIn = (stream: NodeJS.ReadableStream) =>
  new Promise<number>((done) => {
    let seen = '';
    stream.on('data', (bytes: Buffer) => {
      seen += bytes.toString();
      const chunk = /"chunk":"([^"]+)"/.exec(seen)?.[1];
      if (chunk !== undefined) done(Number(Buffer.from(chunk, 'base64').toString()));
    });
  });

test('on stdio: the end of input kills what runs and the status is 0', async () => {
  const child = run('--listen', 'stdio');
  const pid = pidIn(child.stdout);
  child.stdin.write(script);
  expect(isRunning(await pid)).toBe(true);
  child.stdin.end();
  expect((await child).exitCode).toBe(0);
  expect(isRunning(await pid)).toBe(false);
});

test('on stdio: lines and nothing else, blank ones are skipped, and what has no end is no line', async () => {
  const child = run('--listen', 'stdio://');
  const said: string[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => said.push(line));
  child.stdin.write(`${initialize}\r\n\n   \n{"method":"initialized"}\nno json\n{"id":2,"method":"environment/status"}\r\n`);
  await expect.poll(() => said.length, { timeout: 10_000 }).toBe(3);
  child.stdin.end('{"id":3,"method":"environment/status"}');
  expect((await child).exitCode).toBe(0);
  const parsed = said.map((line) => JSON.parse(line));
  expect(parsed).toMatchObject([{ id: 1 }, { id: -1, error: { code: -32_600 } }, { id: 2, result: { status: 'ready' } }]);
  expect(parsed[1].error.message).toBe('failed to parse JSON-RPC message from exec-server stdio: expected ident at line 1 column 2');
});

test.each([
  ['a violation', '{"method":"bogus"}\n'],
  ['a line above 64 MiB', `"${'x'.repeat(64 * 1024 * 1024)}"\n`],
])('on stdio: %s ends the connection, and with it the program', async (_, input) => {
  const child = run('--listen', 'stdio');
  const answer = firstLine(child.stdout);
  child.stdin.on('error', () => {}); // it stops reading in the middle
  child.stdin.write(`${initialize}\n`);
  expect(await answer).toContain('sessionId');
  child.stdin.write(`${input}{"id":2,"method":"environment/status"}\n`);
  expect((await child).exitCode).toBe(0);
});

test.each([
  ['--exit-on-stdin-close', {}],
  ['', { CODEX_EXEC_SERVER_EXIT_ON_STDIN_CLOSE: '1' }],
])('on a port: ends with its parent when that is asked for (%s %j)', async (flag, env) => {
  const child = run('--listen', 'ws://127.0.0.1:0', ...(flag === '' ? [] : [flag]), { env });
  await firstLine(child.stdout);
  child.stdin.end();
  expect((await child).exitCode).toBe(0);
});

test.runIf(process.platform === 'linux')('after SIGKILL nothing it started is alive', async () => {
  const child = run('--listen', 'stdio');
  const pid = pidIn(child.stdout);
  child.stdin.write(script);
  expect(isRunning(await pid)).toBe(true);
  child.kill('SIGKILL');
  const running = await pid;
  await expect.poll(() => isRunning(running), { timeout: 2000 }).toBe(false);
});

test('on a port: one line says where, a signal ends it with status 0', async () => {
  const child = run('--listen', 'ws://127.0.0.1:0');
  const line = await firstLine(child.stdout);
  expect(line).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/);
  const socket = connect(Number(new URL(line).port), '127.0.0.1');
  await new Promise((done) => socket.once('connect', done));
  socket.destroy();
  child.kill('SIGTERM');
  expect((await child).exitCode).toBe(0);
});

test('stdio and a token do not go together', async () => {
  const args = ['exec-server', '--listen', 'stdio', '--ws-auth', 'capability-token', '--ws-token-sha256', 'a'.repeat(64)];
  const { stderr, exitCode } = await execa('node', [program, ...args], {
    reject: false,
    stdin: 'ignore',
    env: { CODEX_HOME: directory },
  });
  expect([stderr, exitCode]).toEqual(['Error: WebSocket auth requires a WebSocket listener, not stdio', 1]);
});

test('a configuration that makes no sense is passed over, unless it is to be taken strictly', async () => {
  await writeFile(join(directory, 'config.toml'), 'broken = ');
  onTestFinished(() => rm(join(directory, 'config.toml')));
  const strict = run('--strict-config', '--listen', 'ws://127.0.0.1:0');
  let problem = '';
  strict.stderr.on('data', (bytes: Buffer) => {
    problem += bytes.toString();
  });
  expect((await strict).exitCode).toBe(1);
  expect(problem).toMatch(/Error: \S+config\.toml:1:10: /);
  const lenient = run('--listen', 'ws://127.0.0.1:0');
  expect(await firstLine(lenient.stdout)).toMatch(/^ws:/);
  lenient.kill('SIGTERM');
  expect((await lenient).exitCode).toBe(0);
});
