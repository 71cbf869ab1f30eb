/** Consent over the wire, as tables: which policy asks about what, what each answer does, what is tried again, and who decides. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AskForApproval } from '../../src/client/index.ts';
import type { CommandExecutionApprovalDecision, FileChangeApprovalDecision } from '../../src/protocol/app/index.ts';
import { call, patch, run, type Step, say } from '../support/scripted-model.ts';
import { type ServerSetup, startServer, type TestServer } from '../support/server.ts';

const features = '[features]\nrequest_permissions_tool = true\n';
const rules =
  'prefix_rule(pattern=["asked"], decision="prompt", justification="house rule")\nprefix_rule(pattern=["forbidden"], decision="forbidden")\n';

interface Answers {
  readonly command?: () => CommandExecutionApprovalDecision;
  readonly patch?: () => FileChangeApprovalDecision;
}

async function open(answers: Answers = {}, setup: ServerSetup = {}) {
  const server = await startServer({ tables: features, homeFiles: { 'rules/default.rules': rules }, ...setup });
  const asked: { kind: string; reason: string | null; approvalId: string | null }[] = [];
  const client = await server.client({
    questions: {
      'item/commandExecution/requestApproval': async ({ reason = null, approvalId = null }) => {
        asked.push({ kind: 'command', reason, approvalId });
        return { decision: answers.command?.() ?? 'decline' };
      },
      'item/fileChange/requestApproval': async ({ reason }) => {
        asked.push({ kind: 'patch', reason, approvalId: null });
        return { decision: answers.patch?.() ?? 'decline' };
      },
      'item/permissions/requestApproval': async ({ reason }) => {
        asked.push({ kind: 'permissions', reason, approvalId: null });
        return { permissions: {}, scope: 'turn' as const };
      },
    },
  });
  const thread = async (approvalPolicy: AskForApproval, more = {}) => client.thread({ approvalPolicy, sandbox: 'read-only', ...more });
  const play = async (threadId: string, step: Step) => {
    const from = asked.length;
    server.model.push(step, say('done'));
    const { turn, items } = await client.turn(threadId, 'go');
    // A turn that was cancelled has left an answer of the model behind.
    if (turn.status === 'interrupted') await client.turn(threadId, 'go on');
    const item = items.find(({ type }) => type === 'commandExecution' || type === 'fileChange');
    const status = item && 'status' in item ? item.status : undefined;
    return { questions: asked.slice(from).map(({ kind }) => kind), status, turn: turn.status, read: lastOutput(server) };
  };
  return { server, client, asked, thread, play, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const lastOutput = (server: TestServer): string => {
  const outputs = (server.model.requests.at(-1)?.body.input ?? []).filter(({ type }) => String(type).endsWith('call_output'));
  return JSON.stringify(outputs.at(-1)?.output ?? '');
};

const escalated = (cmd: string): Step => run(cmd, { sandbox_permissions: 'require_escalated', justification: 'Out?' });
const adding = (name: string): Step => patch(`*** Begin Patch\n*** Add File: ${name}\n+x\n*** End Patch`);
const permissions = call('request_permissions', { permissions: { network: { enabled: true } }, reason: 'Net?' });

const granular = (off?: 'sandbox_approval' | 'rules' | 'request_permissions'): AskForApproval => ({
  granular: {
    sandbox_approval: off !== 'sandbox_approval',
    rules: off !== 'rules',
    request_permissions: off !== 'request_permissions',
    skill_approval: true,
    mcp_elicitations: true,
  },
});

const cases = {
  'a command that wants out': escalated('touch planted'),
  'a command a rule asks about': run('asked x'),
  'a forced removal': run('rm -rf zz'),
  'a command a rule forbids': run('forbidden x'),
  'a forbidden command that wants out': escalated('forbidden x'),
  'a command the sandbox stops': run('touch planted'),
  'a patch outside the roots': adding('planted'),
  'a request for permissions': permissions,
} as const;
type Case = keyof typeof cases;

/** `ask`: consent is asked for, and without it nothing happens. `run`: under the sandbox, unasked. */
const table: Record<string, readonly [AskForApproval, Record<Case, 'ask' | 'refuse' | 'run'>]> = {
  'on-request': ['on-request', row('ask', 'ask', 'ask', 'run', 'ask', 'ask')],
  untrusted: ['untrusted', row('ask', 'ask', 'ask', 'ask', 'ask', 'ask')],
  never: ['never', row('refuse', 'refuse', 'refuse', 'run', 'refuse', 'refuse')],
  'granular, everything on': [granular(), row('ask', 'ask', 'ask', 'ask', 'ask', 'ask')],
  'granular without sandbox_approval': [granular('sandbox_approval'), row('refuse', 'ask', 'ask', 'run', 'refuse', 'ask')],
  'granular without rules': [granular('rules'), row('ask', 'refuse', 'ask', 'ask', 'ask', 'ask')],
  'granular without request_permissions': [granular('request_permissions'), row('ask', 'ask', 'ask', 'ask', 'ask', 'refuse')],
};

function row(...[out, rule, removal, stopped, outside, more]: ('ask' | 'refuse' | 'run')[]): Record<Case, 'ask' | 'refuse' | 'run'> {
  return {
    'a command that wants out': out ?? 'ask',
    'a command a rule asks about': rule ?? 'ask',
    'a forced removal': removal ?? 'ask',
    'a command a rule forbids': 'refuse',
    'a forbidden command that wants out': 'refuse',
    'a command the sandbox stops': stopped ?? 'ask',
    'a patch outside the roots': outside ?? 'ask',
    'a request for permissions': more ?? 'ask',
  };
}

describe.each(Object.entries(table))('A-02 to A-05: %s', (_name, [policy, expected]) => {
  test('what is asked, what is refused and what runs; without consent nothing is done', async () => {
    await using it = await open();
    const threadId = await it.thread(policy);
    const seen: Partial<Record<string, string>> = {};
    for (const [name, step] of Object.entries(cases)) {
      const { questions, status, read } = await it.play(threadId, step);
      seen[name] = questions.length > 0 ? 'ask' : status === 'failed' || read.includes('exited') ? 'run' : 'refuse';
      expect(questions.length, name).toBeLessThan(2);
    }
    expect(seen).toEqual(expected);
    expect(existsSync(it.server.work.path('planted'))).toBe(false);
  });
});

test('the question a rule asks names the command and the reason of the rule', async () => {
  await using it = await open();
  await it.play(await it.thread('on-request'), run('asked x'));
  expect(it.asked[0]?.reason).toMatch(/^`\/\S+ -lc 'asked x'` requires approval: house rule$/);
});

const network = { applyNetworkPolicyAmendment: { network_policy_amendment: { host: 'a.example', action: 'allow' as const } } };
const amendment = (...words: string[]) => ({ acceptWithExecpolicyAmendment: { execpolicy_amendment: words } });
const failing = (): never => {
  throw new Error('no answer');
};

describe('A-25: each answer about a command', () => {
  test.each([
    [
      'accept',
      (): CommandExecutionApprovalDecision => 'accept',
      { ran: true, again: true, elsewhere: true, turn: 'completed', kept: false },
    ],
    [
      'acceptForSession',
      (): CommandExecutionApprovalDecision => 'acceptForSession',
      { ran: true, again: false, elsewhere: true, turn: 'completed', kept: false },
    ],
    [
      'the proposed rule',
      (): CommandExecutionApprovalDecision => amendment('touch', 'made'),
      { ran: true, again: false, elsewhere: false, turn: 'completed', kept: true },
    ],
    [
      'a rule nobody proposed',
      (): CommandExecutionApprovalDecision => amendment('touch'),
      { ran: true, again: true, elsewhere: true, turn: 'completed', kept: false },
    ],
    [
      'decline',
      (): CommandExecutionApprovalDecision => 'decline',
      { ran: false, again: true, elsewhere: true, turn: 'completed', kept: false },
    ],
    [
      'cancel',
      (): CommandExecutionApprovalDecision => 'cancel',
      { ran: false, again: true, elsewhere: true, turn: 'interrupted', kept: false },
    ],
    [
      'an answer about a host',
      (): CommandExecutionApprovalDecision => network,
      { ran: false, again: true, elsewhere: true, turn: 'completed', kept: false },
    ],
    ['an error', failing, { ran: false, again: true, elsewhere: true, turn: 'completed', kept: false }],
  ] as const)('%s', async (_name, command, expected) => {
    await using it = await open({ command });
    const threadId = await it.thread('on-request');
    const step = escalated('touch made');
    const { turn } = await it.play(threadId, step);
    const ran = existsSync(it.server.work.path('made'));
    const again = (await it.play(threadId, step)).questions.length > 0;
    const elsewhere = (await it.play(await it.thread('on-request'), step)).questions.length > 0;
    const kept = (await readFile(join(it.server.home, 'rules/default.rules'), 'utf8')) !== rules;
    expect({ ran, again, elsewhere, turn, kept }).toEqual(expected);
  });
});

describe('A-25: each answer about a patch', () => {
  test.each([
    ['accept', (): FileChangeApprovalDecision => 'accept', { done: true, again: true, other: true, turn: 'completed' }],
    [
      'acceptForSession',
      (): FileChangeApprovalDecision => 'acceptForSession',
      { done: true, again: false, other: true, turn: 'completed' },
    ],
    ['decline', (): FileChangeApprovalDecision => 'decline', { done: false, again: true, other: true, turn: 'completed' }],
    ['cancel', (): FileChangeApprovalDecision => 'cancel', { done: false, again: true, other: true, turn: 'interrupted' }],
    ['an error', failing, { done: false, again: true, other: true, turn: 'completed' }],
  ] as const)('%s', async (_name, decision, expected) => {
    await using it = await open({ patch: decision });
    const threadId = await it.thread('on-request');
    const { turn } = await it.play(threadId, adding('made'));
    const done = existsSync(it.server.work.path('made'));
    const again = (await it.play(threadId, adding('made'))).questions.length > 0;
    const other = (await it.play(threadId, adding('other'))).questions.length > 0;
    expect({ done, again, other, turn }).toEqual(expected);
  });
});

describe('A-31 to A-34: after the sandbox stopped a command', () => {
  test('one question, one run without the sandbox; for the session the next needs none', async () => {
    await using it = await open({ command: () => 'acceptForSession' });
    const threadId = await it.thread(granular());
    expect(await it.play(threadId, run('touch made && echo x >> count'))).toMatchObject({ questions: ['command'], status: 'completed' });
    expect(it.asked).toEqual([{ kind: 'command', reason: 'command failed; retry without sandbox?', approvalId: null }]);
    expect(await it.play(threadId, run('touch made && echo x >> count'))).toMatchObject({ questions: [], status: 'completed' });
    expect(await it.server.work.read('count')).toBe('x\nx\n');
  });

  test('what fails without the sandbox too is not asked about again', async () => {
    await using it = await open({ command: () => 'accept' });
    const denied = 'touch made; echo "Permission denied" >&2; exit 1';
    expect(await it.play(await it.thread(granular()), run(denied))).toMatchObject({ questions: ['command'], status: 'failed' });
  });

  test.each([
    ['a command that is not there', 'no-such-program-anywhere'],
    ['wrong usage', 'ls --no-such-option'],
    ['a failure of its own', 'exit 1'],
    ['a time-out', 'timeout 0.2 sleep 5'],
    ['words of denial with a good end', 'echo permission denied'],
    ['a kill', 'kill -9 $$'],
  ])('%s is not tried again', async (_name, cmd) => {
    await using it = await open({ command: () => 'accept' });
    expect((await it.play(await it.thread(granular()), run(cmd))).questions).toEqual([]);
  });

  test('a command that takes longer than it is waited for is not tried again', async () => {
    await using it = await open({ command: () => 'accept' });
    const threadId = await it.thread(granular());
    expect(await it.play(threadId, run('sleep 30; touch made', { yield_time_ms: 250 }))).toMatchObject({ questions: [] });
    await it.client.request('thread/backgroundTerminals/clean', { threadId });
    expect(it.asked).toEqual([]);
  });

  test('A-35: with a path that may not be read nothing runs without the sandbox, whatever is answered', async () => {
    const profile = '[permissions.shut]\nextends = ":read-only"\n[permissions.shut.filesystem]\n"/etc/hostname" = "deny"\n';
    await using it = await open({ command: () => 'accept' }, { tables: `${features}${profile}`, config: 'default_permissions = "shut"\n' });
    const threadId = await it.thread('on-request', { sandbox: undefined });
    await it.play(threadId, escalated('touch made'));
    expect(existsSync(it.server.work.path('made'))).toBe(false);
  });
});

describe.each(['auto_review', 'guardian_subagent'] as const)('A-29: approvals handed to %s, which is not there', (approvalsReviewer) => {
  test.each([
    ['command', escalated('touch made')],
    ['applyPatch', adding('made')],
    ['requestPermissions', permissions],
  ] as const)('%s: refused, told to the client and to the model, and the user is not asked', async (type, step) => {
    await using it = await open({ command: () => 'accept', patch: () => 'accept' });
    const threadId = await it.thread('on-request', { approvalsReviewer });
    const { questions, turn, read } = await it.play(threadId, step);
    expect({ questions, turn, made: existsSync(it.server.work.path('made')) }).toEqual({ questions: [], turn: 'completed', made: false });
    if (type !== 'requestPermissions') expect(read).toContain('no automatic reviewer');
    const told = it.client.seen.flatMap(({ method, params }) =>
      method === 'item/autoApprovalReview/completed' ? [{ action: params.action.type, ...params.review, item: params.targetItemId }] : [],
    );
    expect(told).toEqual([
      {
        action: type,
        status: 'denied',
        riskLevel: null,
        userAuthorization: null,
        rationale: expect.stringContaining('no automatic reviewer'),
        item: expect.any(String),
      },
    ]);
    expect(it.client.seen.filter(({ method }) => method === 'guardianWarning')).toHaveLength(1);
  });

  test('what needs no consent runs as always', async () => {
    await using it = await open();
    expect(await it.play(await it.thread('on-request', { approvalsReviewer }), run('true'))).toMatchObject({ status: 'completed' });
  });
});
