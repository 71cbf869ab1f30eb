/** The program's short commands, run for real: what they print, where, and with which status. */
import { readdir } from 'node:fs/promises';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { cli } from '../support/server.ts';
import { tempWorkspace, type Workspace } from '../support/workspace.ts';

const mark = process.env.SWITCHYARD_TEST_RUN;

/** Runs the program in a workspace whose `home` is its home directory. */
const run = (work: Workspace, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  execa(process.execPath, [cli, ...args], {
    cwd: work.root,
    reject: false,
    stdin: 'ignore',
    extendEnv: false,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: work.root,
      CODEX_HOME: work.path('home'),
      ...(mark && { SWITCHYARD_TEST_RUN: mark }),
      ...env,
    },
  });

const workspace = (config = '') => tempWorkspace({ 'home/config.toml': config });

test('--version and --help', async () => {
  await using work = await workspace();
  expect(await run(work, ['--version'])).toMatchObject({ exitCode: 0, stdout: `switchyard ${packageJson.version}`, stderr: '' });
  expect(await run(work, ['--help'])).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Usage: switchyard') });
});

test.each(['mcp', 'sandbox', 'execpolicy'])('%s prints its own help, and the same when the program is asked for it', async (command) => {
  await using work = await workspace();
  const [own, asked] = [await run(work, [command, '--help']), await run(work, ['help', command])];
  expect(own).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`Usage: switchyard ${command}`), stderr: '' });
  expect(asked).toMatchObject({ exitCode: 0, stdout: own.stdout, stderr: '' });
});

test('mcp without a command is its help on the error stream', async () => {
  await using work = await workspace();
  expect(await run(work, ['mcp'])).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('Usage: switchyard mcp') });
});

test.each([
  [['nonsense'], 2, "unrecognized subcommand 'nonsense'"],
  [['app-server', '--listen', 'tcp://x'], 2, 'expected `stdio://`, `unix://`, `unix://PATH`, `ws://IP:PORT`, or `off`'],
  [
    ['mcp', 'list', '--nope'],
    2,
    "error: unexpected argument '--nope' found\n\nUsage: switchyard mcp list [OPTIONS]\n\nFor more information",
  ],
  [['sandbox'], 2, "error: sandbox command must not be empty\n\nFor more information, try '--help'."],
  [['execpolicy', 'nope'], 2, "error: unrecognized subcommand 'nope'"],
  [['app-server', '--listen', 'off'], 1, 'no transport configured'],
  [['app-server', '--listen', 'ws://0.0.0.0:0'], 1, 'refusing to start non-loopback websocket listener'],
  [['app-server', '--listen', 'ws://127.0.0.1:0', '--ws-token-file', 'f'], 1, 'websocket auth flags require `--ws-auth`'],
])('%j ends with status %d', async (args, exitCode, message) => {
  await using work = await workspace();
  expect(await run(work, args)).toMatchObject({ exitCode, stdout: '', stderr: expect.stringContaining(message) });
});

test('a home directory that is not there is an error', async () => {
  await using work = await workspace();
  const ended = await run(work, ['app-server'], { CODEX_HOME: work.path('missing') });
  expect(ended).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining('CODEX_HOME points to') });
});

test('--strict-config refuses unknown keys, and only then', async () => {
  await using work = await workspace('surprise = 1\n');
  expect(await run(work, ['app-server', '--strict-config'])).toMatchObject({
    exitCode: 1,
    stdout: '',
    stderr: expect.stringContaining('surprise'),
  });
  expect(await run(work, ['app-server'])).toMatchObject({ exitCode: 0, stdout: '' });
});

test('--print-startup-config prints one line, and signs out when asked to', async () => {
  await using work = await workspace();
  await work.write('home/auth.json', '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-secret"}');
  const print = ['app-server', '--print-startup-config'];
  const configRequirements = { supportsIndependentSpeedModes: true, requirements: null };
  const printed = await run(work, print);
  expect(JSON.parse(printed.stdout)).toEqual({ appServerVersion: '0.169.0', configRequirements });
  expect(await readdir(work.path('home'))).toContain('auth.json');
  expect(await run(work, [...print, '--startup-sign-out'])).toMatchObject({ exitCode: 0, stdout: printed.stdout });
  expect(await readdir(work.path('home'))).not.toContain('auth.json');
  await work.write('home/config.toml', 'model = = 1');
  const broken = await run(work, print);
  expect(broken.exitCode).toBe(1);
  expect(JSON.parse(broken.stdout)).toEqual({ error: { code: -32600, message: expect.stringContaining('failed to load configuration') } });
});

test('the protocol is written as JSON Schema and as TypeScript, with and without what is experimental', async () => {
  await using work = await workspace();
  for (const [command, stable, experimental] of [
    ['generate-json-schema', 'json', 'jsonx'],
    ['generate-ts', 'ts', 'tsx'],
  ] as const) {
    expect(await run(work, ['app-server', command, '--out', stable])).toMatchObject({ exitCode: 0, stdout: '' });
    expect(await run(work, [command, '--out', experimental, '--experimental'])).toMatchObject({ exitCode: 0 });
  }
  const requests = async (directory: string) => JSON.stringify(JSON.parse(await work.read(`${directory}/client-requests.json`)));
  expect(await requests('json')).toContain('"turn/start"');
  expect(await requests('json')).not.toContain('"thread/queue/add"');
  expect(await requests('jsonx')).toContain('"thread/queue/add"');
  expect(await work.read('ts/methods.ts')).toContain("'turn/start'");
  expect(await work.read('ts/methods.ts')).not.toContain("'thread/queue/add'");
  expect(await work.read('tsx/methods.ts')).toContain("'thread/queue/add'");
});

test('doctor tells what there is, for people and for programs, and no secret', async () => {
  await using work = await workspace('model_provider = "rehearsal"\n');
  const secret = 'sk-very-secret-key';
  const env = { OPENAI_API_KEY: secret };
  const forPeople = await run(work, ['doctor'], env);
  expect(forPeople).toMatchObject({ exitCode: 0, stderr: '' });
  expect(forPeople.stdout).toContain('an API key in OPENAI_API_KEY');
  const forPrograms = await run(work, ['doctor', '--json'], env);
  expect(JSON.parse(forPrograms.stdout)).toMatchObject({
    version: packageJson.version,
    node: { state: 'ok' },
    home: { state: 'ok', text: work.path('home') },
    configuration: { state: 'ok', text: expect.stringContaining('provider rehearsal') },
    account: { state: 'ok' },
  });
  expect(forPeople.stdout + forPrograms.stdout).not.toContain(secret);
  await work.write('home/config.toml', 'model = = 1');
  const broken = await run(work, ['doctor', '--json']);
  expect(broken.exitCode).toBe(1);
  expect(JSON.parse(broken.stdout)).toMatchObject({ configuration: { state: 'problem' }, account: { state: 'warning' } });
});

test('the demo runs a command, applies patches and cleans up', async () => {
  await using work = await workspace();
  const tmp = work.path('tmp');
  await work.write('tmp/keep', '');
  const { exitCode, stdout, stderr } = await run(work, ['demo', '--yes'], { TMPDIR: tmp });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toContain('step three of the demo');
  expect(stdout).toContain('+A second patch wrote this line');
  expect(stdout).toMatch(/done +4 turns, 1 command, 2 patches, 3 approvals/);
  expect(stdout).not.toContain('\u001b');
  expect((await readdir(tmp)).filter((name) => name.startsWith('switchyard-demo'))).toEqual([]);
});
