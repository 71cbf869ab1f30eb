import { describe, expect, test } from 'vitest';
import type { PermissionProfile } from '../../src/base/permission-profile.ts';
import { type CommandCase, type Decision, decideCommand, decidePatch, decideUnconfined } from '../../src/policy/decide.ts';
import { noRules } from '../../src/policy/prefix-rules.ts';

const full: PermissionProfile = { type: 'disabled' };
const root = { path: { type: 'special', value: { kind: 'root' } }, access: 'read' } as const;
const readOnly: PermissionProfile = { type: 'managed', file_system: { type: 'restricted', entries: [root] }, network: 'restricted' };
const roots = { path: { type: 'special', value: { kind: 'project_roots' } }, access: 'write' } as const;
const workspace: PermissionProfile = {
  type: 'managed',
  file_system: { type: 'restricted', entries: [root, roots] },
  network: 'restricted',
};
const secret = { path: { type: 'path', path: '/w/secret' }, access: 'deny' } as const;
const secretive: PermissionProfile = {
  type: 'managed',
  file_system: { type: 'restricted', entries: [root, roots, secret] },
  network: 'restricted',
};
const granular = (on: boolean) => ({
  granular: { sandbox_approval: on, rules: on, skill_approval: on, request_permissions: on, mcp_elicitations: on },
});
const escalation = { justification: 'Why?', prefixRule: undefined };

const command = (words: string, over: Partial<CommandCase> = {}): Decision =>
  decideCommand({
    policy: 'on-request',
    profile: readOnly,
    segments: words.split(' && ').map((segment) => segment.split(' ')),
    argv: ['bash', '-lc', words],
    dangerous: false,
    escalation: undefined,
    allowed: [],
    rules: noRules,
    mentioned: [],
    ...over,
  });

const inShort = (decision: Decision): string =>
  decision.kind === 'refuse' ? 'refuse' : `${decision.kind}${decision.confined ? '' : ' free'}`;

describe('a command', () => {
  test.each([
    ['touch x', {}, 'run'],
    ['touch x', { policy: 'never' }, 'run'],
    ['touch x', { policy: 'untrusted' }, 'ask'],
    ['ls && cat x', { policy: 'untrusted' }, 'run'],
    ['ls && touch x', { policy: 'untrusted' }, 'ask'],
    ['ls', { policy: 'untrusted', segments: undefined }, 'ask'],
    ['touch x', { escalation }, 'ask free'],
    ['touch x', { escalation, profile: full }, 'run'],
    ['touch x', { escalation, profile: secretive }, 'ask'],
    ['touch x', { escalation, policy: 'never' }, 'refuse'],
    ['touch x', { escalation, policy: 'untrusted' }, 'ask free'],
    ['ls', { escalation, policy: 'untrusted' }, 'ask free'],
    ['touch x', { escalation, policy: granular(true) }, 'ask free'],
    ['touch x', { escalation, policy: granular(false) }, 'refuse'],
    ['rm -f x', { dangerous: true }, 'ask'],
    ['rm -f x', { dangerous: true, policy: 'never' }, 'refuse'],
    ['rm -f x', { dangerous: true, policy: granular(false) }, 'ask'],
  ] as const)('%s under %o', (words, over, expected) => {
    expect(inShort(command(words, over))).toBe(expected);
  });

  test('remembered prefixes cover a script only together, and no further than they were granted', () => {
    const touch = { words: ['touch'], confined: true };
    const free = { words: ['make', 'all'], confined: false };
    const asked = (words: string, over: Partial<CommandCase> = {}) =>
      inShort(command(words, { policy: 'untrusted', allowed: [touch, free], ...over }));
    expect(asked('touch a b')).toBe('run');
    expect(asked('make all')).toBe('run free');
    expect(asked('make all && touch x')).toBe('run');
    expect(asked('make clean')).toBe('ask');
    expect(asked('make all && rm x')).toBe('ask');
    expect(asked('make all', { profile: secretive })).toBe('run');
    expect(asked('touch x', { policy: 'on-request', escalation })).toBe('ask free');
  });

  test('what is proposed for good is the first command that needs consent, or the model’s own prefix when it fits', () => {
    const proposal = (words: string, prefixRule?: string[]) => {
      const decision = command(words, prefixRule ? { escalation: { justification: undefined, prefixRule } } : { policy: 'untrusted' });
      return decision.kind === 'ask' ? decision.amendment : decision.kind;
    };
    expect(proposal('ls && touch a.txt && echo made')).toEqual(['touch', 'a.txt']);
    expect(proposal('touch a.txt', ['touch'])).toEqual(['touch']);
    expect(proposal('touch a.txt', ['make'])).toEqual(['touch', 'a.txt']);
    expect(proposal('python -c', ['python'])).toBeUndefined();
    // A script that is more than plain commands is allowed for good only as a whole.
    const whole = command('echo a > f', { policy: 'untrusted', segments: undefined });
    expect(whole).toMatchObject({ kind: 'ask', amendment: ['bash', '-lc', 'echo a > f'] });
    const allowed = [{ words: ['bash', '-lc', 'echo a > f'], confined: true }];
    expect(inShort(command('echo a > f', { policy: 'untrusted', segments: undefined, allowed }))).toBe('run');
    expect(inShort(command('echo a > g', { policy: 'untrusted', segments: undefined, allowed }))).toBe('ask');
  });
});

test('running without the sandbox is asked for, refused, or impossible', () => {
  const decide = (policy: CommandCase['policy'], cause: 'denied' | 'unavailable', profile = workspace) =>
    inShort(decideUnconfined({ policy, profile, cause }));
  expect(decide('on-request', 'unavailable')).toBe('ask free');
  expect(decide('untrusted', 'unavailable')).toBe('ask free');
  expect(decide('never', 'unavailable')).toBe('refuse');
  expect(decide(granular(false), 'unavailable')).toBe('refuse');
  expect(decide('on-request', 'denied')).toBe('refuse');
  expect(decide(granular(true), 'denied')).toBe('ask free');
  expect(decide('on-request', 'unavailable', secretive)).toBe('refuse');
});

describe('a patch', () => {
  const patch = (policy: CommandCase['policy'], profile: PermissionProfile, ...paths: string[]): string =>
    inShort(decidePatch({ policy, profile, paths, workspaceRoots: ['/w'], tmpdirs: ['/tmp'] }));

  test.each([
    ['on-request', workspace, '/w/a', 'run'],
    ['on-request', workspace, '/w/sub/../a', 'run'],
    ['on-request', workspace, '/w/../etc/passwd', 'ask free'],
    ['on-request', workspace, '/w/.git/hooks/x', 'ask free'],
    ['on-request', workspace, '/w/sub/.git/x', 'run'],
    ['on-request', workspace, '/wide', 'ask free'],
    ['on-request', secretive, '/w/secret/x', 'ask'],
    ['on-request', readOnly, '/w/a', 'ask free'],
    ['on-request', full, '/etc/x', 'run'],
    ['untrusted', full, '/w/a', 'ask'],
    ['never', workspace, '/w/a', 'run'],
    ['never', workspace, '/etc/x', 'refuse'],
    ['never', readOnly, '/w/a', 'refuse'],
  ] as const)('%s, %o, %s', (policy, profile, path, expected) => {
    expect(patch(policy, profile, path)).toBe(expected);
  });

  test('every path counts', () => {
    expect(patch('never', workspace, '/w/a', '/etc/x')).toBe('refuse');
  });
});
