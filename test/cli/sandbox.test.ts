import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseCommand } from '../../src/cli/flags.ts';
import { parseSandbox } from '../../src/cli/sandbox-flags.ts';
import { cli } from '../support/server.ts';

const none = { permissions: undefined, directory: undefined, fullAuto: false, overrides: [] };

describe('the command line', () => {
  test.each([
    ['sandbox true', { ...none, argv: ['true'] }],
    ['sandbox -- -x -c', { ...none, argv: ['-x', '-c'] }],
    ['sandbox ls -P x -- y', { ...none, argv: ['ls', '-P', 'x', '--', 'y'] }],
    ['sandbox -P dev -C /d ls', { ...none, permissions: 'dev', directory: '/d', argv: ['ls'] }],
    ['sandbox --permissions-profile=dev ls', { ...none, permissions: 'dev', argv: ['ls'] }],
    ['sandbox --permission-profile dev ls', { ...none, permissions: 'dev', argv: ['ls'] }],
    ['sandbox -Pdev ls', { ...none, permissions: 'dev', argv: ['ls'] }],
    ['sandbox --full-auto ls', { ...none, fullAuto: true, argv: ['ls'] }],
    ['sandbox linux --full-auto ls', { ...none, fullAuto: true, argv: ['ls'] }],
    ['sandbox linux', { ...none, argv: ['linux'] }],
    ['sandbox linux linux', { ...none, argv: ['linux'] }],
    [
      '-c a=1 sandbox -c b=2 --enable f --disable=g ls',
      { ...none, overrides: ['a=1', 'b=2', 'features.f=true', 'features.g=false'], argv: ['ls'] },
    ],
    ['sandbox --help', 'help'],
    ['sandbox', { wrong: 'sandbox command must not be empty' }],
    ['sandbox --', { wrong: 'sandbox command must not be empty' }],
    ['sandbox -P', { wrong: "a value is required for '-P' but none was supplied" }],
    ['sandbox -P a -P b ls', { wrong: "the argument '-P' cannot be used multiple times" }],
    ['sandbox --nope ls', { wrong: "unexpected argument '--nope' found" }],
    ['sandbox -c novalue ls', { wrong: "invalid value 'novalue' for '--config <key=value>': expected key=value" }],
    ['sandbox --full-auto -P x ls', { wrong: "'--full-auto' cannot be used with '--permission-profile'" }],
    ['sandbox macos ls', { wrong: '`sandbox macos` does not exist on linux' }],
    ['help sandbox', 'help'],
  ])('%s', (line, expected) => {
    const command = parseCommand(line.split(' '));
    expect(command.kind === 'sandbox' && parseSandbox(command.args, 'linux')).toEqual(expected);
  });

  test('the word behind another command is not taken for it', () => {
    expect(parseCommand(['app-server', 'sandbox']).kind).toBe('usage');
  });
});

describe('running', () => {
  let base: string;
  beforeAll(async () => {
    base = await realpath(await mkdtemp(join(homedir(), '.switchyard-cli-sandbox-')));
    await writeFile(
      join(base, 'config.toml'),
      '[permissions.here]\nextends = ":workspace"\n[permissions.here.filesystem]\n":workspace_roots" = { "no" = "deny" }\n',
    );
  });
  afterAll(() => rm(base, { recursive: true, force: true }));

  const run = (args: readonly string[], options: { input?: string; env?: Record<string, string> } = {}) =>
    execa(process.execPath, [cli, 'sandbox', '-C', base, ...args], {
      reject: false,
      env: { PATH: process.env.PATH, HOME: homedir(), CODEX_HOME: base, ...options.env },
      extendEnv: false,
      ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
    });

  test('streams and the exit code are the command’s own', async () => {
    const result = await run(['-P', ':workspace', '--', 'sh', '-c', 'cat; echo err >&2; exit 7'], { input: 'in' });
    expect(result).toMatchObject({ stdout: 'in', stderr: 'err', exitCode: 7 });
    expect((await run(['-P', ':workspace', '--', 'sh', '-c', 'kill -9 $$'])).exitCode).toBe(137);
  });

  test('large output arrives whole, and a reader that leaves ends the command', async () => {
    const { stdout } = await run(['-P', ':workspace', '--', 'sh', '-c', 'yes | head -c 3000000']);
    expect(stdout.length).toBe(2_999_999);
    const piped = await execa('/bin/sh', ['-c', `"$0" "$1" sandbox -P :workspace yes | head -n 1`, process.execPath, cli], {
      env: { CODEX_HOME: base },
    });
    expect(piped.stdout).toBe('y');
  });

  test('-c and profiles decide what may be written; without any, nothing may', async () => {
    const attempt = 'touch f 2>/dev/null && rm f && echo wrote || echo kept';
    const config = ['-c', 'default_permissions=":read-only"'];
    expect((await run([...config, '--', 'sh', '-c', attempt])).stdout).toBe('kept');
    expect((await run(['-c', 'default_permissions=":workspace"', '--', 'sh', '-c', attempt])).stdout).toBe('wrote');
    expect((await run(['--full-auto', '--', 'sh', '-c', attempt])).stdout).toBe('wrote');
    await writeFile(join(base, 'no'), 'secret');
    expect((await run(['-P', 'here', '--', 'sh', '-c', `${attempt}; cat no`])).stdout).toBe('wrote');
    expect(await readFile(join(base, 'no'), 'utf8')).toBe('secret');
  });

  test('an unknown profile, a wrong option and a missing command run nothing', async () => {
    expect(await run(['-P', 'nope', '--', 'touch', 'ran'])).toMatchObject({ exitCode: 1, stdout: '' });
    expect((await run(['--nope', 'touch', 'ran'])).exitCode).toBe(2);
    expect((await run([])).exitCode).toBe(2);
    expect((await run(['-P', ':workspace', '--', 'sh', '-c', '[ -e ran ]'])).exitCode).toBe(1);
  });

  test('a signal to us ends the command, and the exit code says so', async () => {
    const child = execa(process.execPath, [cli, 'sandbox', '-P', ':read-only', '--', 'sh', '-c', 'echo ready; sleep 60'], {
      reject: false,
      env: { CODEX_HOME: base },
      stdin: 'ignore',
    });
    child.stdout?.once('data', () => child.kill('SIGTERM'));
    expect((await child).exitCode).toBe(143);
  });

  test('keys in our own variables do not reach the command', async () => {
    const { stdout } = await run(['-P', ':read-only', '--', 'env'], {
      env: { OPENAI_API_KEY: 'sk-leak', CODEX_API_KEY: 'sk-leak', MY_TOKEN: 'sk-leak' },
    });
    expect(stdout).not.toContain('sk-leak');
    expect(stdout).toContain('CODEX_SANDBOX_NETWORK_DISABLED=1');
  });
});
