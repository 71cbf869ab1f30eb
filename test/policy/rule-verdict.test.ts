/** Rules from files against commands: the strictest of all segments counts, and wrapping a command hides nothing. */
import { describe, expect, test } from 'vitest';
import { defaultShellEnvironmentPolicy } from '../../src/base/permission-profile.ts';
import { plainSegments, shellCall } from '../../src/policy/command-parse.ts';
import { type CommandCase, decideCommand } from '../../src/policy/decide.ts';
import { policyOfMode, profileOf } from '../../src/policy/permissions.ts';
import { parseRuleFile } from '../../src/policy/rule-file.ts';
import { loadShellGrammar } from '../../src/policy/shell-grammar.ts';

const rules = parseRuleFile(
  `
prefix_rule(pattern = ["npm", ["ci", "test"]], decision = "allow")
prefix_rule(pattern = ["npm", "publish"], decision = "forbidden", justification = "releases are made by the pipeline")
prefix_rule(pattern = ["git", "push"], decision = "prompt")
prefix_rule(pattern = ["curl"], decision = "forbidden")
host_executable(name = "npm", paths = ["/usr/bin/npm"])
`,
  'test.rules',
);

async function decide(script: string, more: Partial<CommandCase> = {}) {
  const argv = ['bash', '-lc', script];
  const call = shellCall(argv);
  const segments = call && plainSegments(call.script);
  const commands = segments ? [] : (await loadShellGrammar()).commands(script);
  return decideCommand({
    policy: 'on-request',
    profile: profileOf(policyOfMode('workspace-write')),
    segments,
    argv,
    dangerous: false,
    escalation: undefined,
    allowed: [],
    rules,
    mentioned: commands.map((words) => words.map((word) => word ?? '')),
    ...more,
  });
}

describe('rules of files', () => {
  test('allowed for every segment: it runs without the sandbox, under never too', async () => {
    expect(await decide('npm ci && npm test --silent')).toEqual({ kind: 'run', confined: false });
    expect(await decide('npm ci', { policy: 'never' })).toEqual({ kind: 'run', confined: false });
    expect(await decide('npm ci && touch x')).toEqual({ kind: 'run', confined: true });
  });

  test('a denied path keeps even an allowed command in the sandbox', async () => {
    const profile = {
      type: 'managed' as const,
      file_system: { type: 'restricted' as const, entries: [{ path: { type: 'path' as const, path: '/s' }, access: 'deny' as const }] },
      network: 'restricted' as const,
    };
    expect(await decide('npm ci', { profile })).toEqual({ kind: 'run', confined: true });
  });

  test.each([
    'npm publish',
    'npm ci; npm publish --tag x',
    'true && npm publish | cat',
    '(npm publish)',
    'for i in 1 2; do npm publish; done',
    'echo "$(npm publish)"',
    'x=1 npm publish',
    'npm publish > /dev/null',
    'npm publish &',
    '/usr/bin/npm publish',
  ])('forbidden in every dress: %s', async (script) => {
    expect(await decide(script)).toEqual({ kind: 'refuse', why: expect.stringContaining('releases are made by the pipeline') });
    expect((await decide(script, { escalation: { justification: 'please', prefixRule: ['npm'] } })).kind).toBe('refuse');
  });

  test('a rule that asks: asked, without a rule to propose; refused where asking is off', async () => {
    expect(await decide('git push origin main')).toMatchObject({
      kind: 'ask',
      amendment: undefined,
      reason: expect.stringContaining('git push'),
    });
    expect((await decide('git push', { policy: 'never' })).kind).toBe('refuse');
    const granular = { sandbox_approval: true, rules: false, skill_approval: false, request_permissions: false, mcp_elicitations: true };
    expect((await decide('git push', { policy: { granular } })).kind).toBe('refuse');
  });

  test('a program elsewhere is not the one that was allowed', async () => {
    expect(await decide('/tmp/npm ci')).toEqual({ kind: 'run', confined: true });
    expect(await decide('/usr/bin/npm ci')).toEqual({ kind: 'run', confined: false });
  });

  test('when nobody can tell what a script runs, rules that forbid make it a question', async () => {
    expect((await decide('(ls)', { mentioned: undefined })).kind).toBe('ask');
    expect((await decide('(ls)', { mentioned: undefined, policy: 'never' })).kind).toBe('refuse');
  });

  test('no allowance for scripts that are more than plain', async () => {
    expect(await decide('npm ci > out')).toEqual({ kind: 'run', confined: true });
    expect(await decide('npm ci `touch x`')).toEqual({ kind: 'run', confined: true });
  });

  test('keys stay out by default whatever the rules say', () => {
    expect(defaultShellEnvironmentPolicy).toMatchObject({ inherit: 'core', ignoreDefaultExcludes: false });
  });
});
