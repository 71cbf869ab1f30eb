/** `switchyard execpolicy check` says what the reference says: the same JSON, the same status. */
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { referenceBinary, withoutReference } from '../support/reference.ts';
import { cli } from '../support/server.ts';
import { tempWorkspace, type Workspace } from '../support/workspace.ts';

const rules = `prefix_rule(pattern=["git", ["status", "log"]], justification="ok")
prefix_rule(pattern=["git"], decision="prompt")
prefix_rule(pattern=["rm"], decision="forbidden")
host_executable(name="git", paths=["/usr/bin/git"])
network_rule(host="a.example", protocol="https", decision="deny")
`;

let place: Workspace;
beforeAll(async () => {
  place = await tempWorkspace();
  await place.write('r.rules', rules);
  await place.write('bad.rules', 'prefix_rule(pattern=["git"\nfoo(');
  await place.write('empty.rules', 'prefix_rule(pattern=[])\n');
  await place.write('home/config.toml', '');
});
afterAll(() => place[Symbol.asyncDispose]());

async function check(program: readonly string[], args: readonly string[]) {
  const [file = '', ...first] = program;
  const env = { PATH: process.env.PATH ?? '', HOME: place.root, CODEX_HOME: join(place.root, 'home') };
  const { exitCode, stdout, stderr } = await execa(file, [...first, 'execpolicy', ...args], {
    cwd: place.root,
    env,
    extendEnv: false,
    reject: false,
  });
  return { exitCode, stdout, stderr };
}
const ours = (args: readonly string[]) => check([process.execPath, cli], args);

const cases: readonly (readonly string[])[] = [
  ['check', '--rules', 'r.rules', 'git', 'status', '-s'],
  ['check', '--rules', 'r.rules', '--pretty', 'git', 'status'],
  ['check', '--rules', 'r.rules', 'ls'],
  ['check', '--rules=r.rules', 'git', '--rules', 'x'],
  ['check', '--rules', 'r.rules', '/usr/bin/git', 'status'],
  ['check', '--rules', 'r.rules', '--resolve-host-executables', '/usr/bin/git', 'status'],
  ['check', '--rules', 'r.rules', '--resolve-host-executables', '/opt/git', 'status'],
  ['check', '-r', 'r.rules', '--', 'rm', '-rf', 'x'],
  ['check', '--rules', 'r.rules', '--rules', 'r.rules', 'git', 'log'],
  ['check', 'git', 'status'],
  ['check', '--rules', 'r.rules'],
  ['check', '--frob', '--rules', 'r.rules', 'ls'],
  ['check', '--rules', 'bad.rules', 'git'],
  ['check', '--rules', 'empty.rules', 'git'],
  ['check', '--rules', 'none.rules', 'git'],
  [],
  ['frob'],
];

test('a verdict names every rule that matches, and the strictest decision', async () => {
  const { stdout, exitCode } = await ours(cases[0] ?? []);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    matchedRules: [
      { prefixRuleMatch: { matchedPrefix: ['git', 'status'], decision: 'allow', justification: 'ok' } },
      { prefixRuleMatch: { matchedPrefix: ['git'], decision: 'prompt' } },
    ],
    decision: 'prompt',
  });
});

test('a file that is no good is named with line and column', async () => {
  const { stderr, exitCode, stdout } = await ours(['check', '--rules', 'bad.rules', 'git']);
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  expect(stderr).toMatch(/failed to parse policy at bad\.rules[\s\S]*bad\.rules:2:1: /);
});

test('the help says what it takes', async () => {
  const { stdout, exitCode } = await ours(['check', '--help']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('--resolve-host-executables');
});

describe.skipIf(withoutReference('execpolicy check beside the reference'))('beside the reference', () => {
  test.each(cases.map((args) => [args.join(' '), args] as const))('execpolicy %s', async (_name, args) => {
    const [mine, theirs] = await Promise.all([ours(args), check([referenceBinary ?? ''], args)]);
    expect({ stdout: mine.stdout, exitCode: mine.exitCode }).toEqual({ stdout: theirs.stdout, exitCode: theirs.exitCode });
  });
});
