/** What outputs and exit codes of hooks mean, event by event, and which hooks an event concerns. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hookMatches } from '../../../src/agent/hooks/hook-matcher.ts';
import { type HookResult, readHook } from '../../../src/agent/hooks/hook-result.ts';
import { HookEventName } from '../../../src/protocol/app/index.ts';

type Event = Parameters<typeof readHook>[0];

const end = (code: number, stdout: unknown = '', stderr = '') =>
  ({ kind: 'exited', code, stdout: typeof stdout === 'string' ? stdout : JSON.stringify(stdout), stderr }) as const;
const read = (event: Event, stdout: unknown): HookResult => readHook(event, end(0, stdout));
const shown = ({ status, entries }: HookResult) => [status, ...entries.map(({ kind, text }) => `${kind}: ${text}`)];
const specific = (hookEventName: string, more: object) => ({ hookSpecificOutput: { hookEventName, ...more } });

describe('exit codes', () => {
  test.each<[Event, number, string, unknown[]]>([
    ['userPromptSubmit', 2, ' no \n', ['blocked', 'feedback: no']],
    [
      'userPromptSubmit',
      2,
      '',
      ['failed', 'error: UserPromptSubmit hook exited with code 2 but did not write a blocking reason to stderr'],
    ],
    ['userPromptSubmit', 1, 'why', ['failed', 'error: hook exited with code 1']],
    ['sessionStart', 2, 'no', ['failed', 'error: hook exited with code 2']],
    ['preCompact', 2, 'stay', ['failed', 'error: stay']],
    ['postCompact', 3, '', ['failed', 'error: hook exited with code 3']],
    ['preModelRequest', 1, '', ['failed']],
    ['postModelRequest', 1, 'one', ['failed', 'error: one']],
    ['sessionEnd', 1, '', ['failed', 'error: hook exited with code 1']],
    ['stop', 2, 'more', ['blocked', 'feedback: more']],
    ['interrupt', 2, 'x', ['failed', 'error: hook exited with code 2']],
  ])('%s with %i and %j', (event, code, stderr, expected) => {
    expect(shown(readHook(event, end(code, { continue: false }, stderr)))).toEqual(expected);
  });

  test('a hook that could not run blocks nothing', () => {
    expect(readHook('preToolUse', { kind: 'broken', why: 'hook timed out after 1s' })).toEqual({
      status: 'failed',
      entries: [{ kind: 'error', text: 'hook timed out after 1s' }],
    });
  });
});

describe('outputs', () => {
  test.each<[Event, unknown, unknown[]]>([
    ['userPromptSubmit', 'plain\n', ['completed', 'context: plain']],
    ['preToolUse', 'plain', ['completed']],
    ['stop', 'plain', ['failed', 'error: hook returned invalid stop hook JSON output']],
    ['interrupt', 'plain', ['failed', 'error: Interrupt hook returned non-JSON stdout']],
    ['postToolUse', '{"a', ['failed', 'error: hook returned invalid post-tool-use JSON output']],
    ['sessionStart', '[1]', ['failed', 'error: hook returned invalid session start JSON output']],
    ['sessionStart', '5', ['completed', 'context: 5']],
    ['preCompact', { nosuch: 1 }, ['failed', 'error: hook returned invalid PreCompact hook JSON output']],
    ['stop', { continue: false }, ['stopped']],
    ['postToolUse', { continue: false }, ['stopped', 'stop: PostToolUse hook stopped execution']],
    ['preToolUse', { continue: false }, ['failed', 'error: PreToolUse hook returned unsupported continue:false']],
    ['preToolUse', { decision: 'approve' }, ['failed', 'error: PreToolUse hook returned unsupported decision:approve']],
    ['preToolUse', { reason: 'why' }, ['failed', 'error: PreToolUse hook returned reason without decision']],
    ['stop', { reason: 'why' }, ['completed']],
    ['stop', { decision: 'block', reason: ' ' }, ['failed', 'error: Stop hook returned decision:block without a non-empty reason']],
    ['userPromptSubmit', { systemMessage: '', decision: 'block', reason: 'r' }, ['blocked', 'warning: ', 'feedback: r']],
    ['preToolUse', specific('Wrong', {}), ['failed', 'error: hook returned invalid pre-tool-use JSON output']],
    [
      'preToolUse',
      specific('PreToolUse', { permissionDecision: 'allow' }),
      ['failed', 'error: PreToolUse hook returned unsupported permissionDecision:allow'],
    ],
    [
      'preToolUse',
      specific('PreToolUse', { permissionDecision: 'deny', permissionDecisionReason: 'policy' }),
      ['blocked', 'feedback: policy'],
    ],
    ['permissionRequest', { decision: 'block', reason: 'x' }, ['failed', 'error: hook returned invalid permission-request JSON output']],
  ])('%s and %j', (event, stdout, expected) => {
    expect(shown(read(event, stdout))).toEqual(expected);
  });

  test('a permission is given, refused with a reason, or left to the user', () => {
    const decide = (decision: object) => read('permissionRequest', specific('PermissionRequest', { decision }));
    expect(decide({ behavior: 'allow' })).toMatchObject({ status: 'completed', allowed: true });
    expect(decide({ behavior: 'deny', message: 'm' })).toMatchObject({ status: 'blocked', blocked: 'm' });
    expect(decide({ behavior: 'deny' })).toMatchObject({ blocked: 'PermissionRequest hook denied approval' });
    for (const more of [{ interrupt: true }, { updatedInput: {} }, { updatedPermissions: [] }])
      expect(decide({ behavior: 'allow', ...more })).not.toHaveProperty('allowed');
  });

  test('only an allowed call gets another input', () => {
    const rewrite = (more: object) => read('preToolUse', specific('PreToolUse', { updatedInput: { command: 'b' }, ...more }));
    expect(rewrite({ permissionDecision: 'allow', additionalContext: 'c' })).toMatchObject({
      status: 'completed',
      context: 'c',
      updatedInput: { command: 'b' },
    });
    expect(rewrite({})).toMatchObject({ status: 'failed' });
    expect(rewrite({})).not.toHaveProperty('updatedInput');
  });

  test('whatever a hook writes, reading it never throws, and a failure decides nothing', () => {
    const output = fc.oneof(fc.string(), fc.json(), fc.dictionary(fc.constantFrom('continue', 'decision', 'reason'), fc.jsonValue()));
    fc.assert(
      fc.property(fc.constantFrom(...HookEventName().options), fc.nat({ max: 3 }), output, fc.string(), (event, code, stdout, stderr) => {
        const result = readHook(event, end(code, stdout, stderr));
        if (result.status === 'failed')
          for (const key of ['blocked', 'stopped', 'allowed', 'updatedInput']) expect(result).not.toHaveProperty(key);
      }),
    );
  });
});

test.each<[string | null, string[], boolean]>([
  [null, ['Bash'], true],
  ['*', ['Bash'], true],
  ['', ['Bash'], true],
  ['Bash', ['Bash'], true],
  ['Ba', ['Bash'], false],
  ['Edit|Write', ['apply_patch', 'Write', 'Edit'], true],
  ['^mcp__.*', ['mcp__a__b'], true],
  ['B.sh', ['Bash'], true],
  ['^exec', ['Bash'], false],
  ['(', ['('], false],
])('matcher %j and %j: %s', (matcher, names, expected) => {
  expect(hookMatches(matcher, names)).toBe(expected);
});
