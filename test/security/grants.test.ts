/** What a user grants: shown as asked, no wider than shown, listed, and taken back. Over the public wire. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CommandExecutionApprovalDecision, CommandExecutionRequestApprovalParams } from '../../src/client/index.ts';
import { patch, run } from '../support/scripted-model.ts';
import { openStage, type Stage, type StageSetup } from './stage.ts';

const features = '[features]\nexec_permission_approvals = true\nrequest_permissions_tool = true\n';

/** A stage whose client answers the questions about commands one after the other, and notes them. */
async function answering(decisions: CommandExecutionApprovalDecision[], setup: StageSetup = {}) {
  const questions: CommandExecutionRequestApprovalParams[] = [];
  const stage = await openStage({
    config: features,
    ...setup,
    questions: {
      'item/commandExecution/requestApproval': async (params) => {
        questions.push(params);
        return { decision: decisions[questions.length - 1] ?? 'decline' };
      },
      ...setup.questions,
    },
  });
  await mkdir(join(stage.base, 'outside'), { recursive: true });
  return { stage, questions };
}

const outside = (stage: Stage, name = '') => join(stage.base, 'outside', name);
const wider = (permissions: unknown) => ({
  sandbox_permissions: 'with_additional_permissions',
  justification: 'may I?',
  additional_permissions: permissions,
});

describe('A-30: with_additional_permissions', () => {
  test('asks with the permissions shown, opens exactly those, and for that command only', async () => {
    const { stage, questions } = await answering(['accept']);
    await using _ = stage;
    const thread = await stage.thread('workspace-write', { approvalPolicy: 'on-request' });
    const told = await stage.play(
      thread,
      run(
        `touch ${outside(stage, 'a')}; touch ${join(stage.base, 'beside')}; echo done`,
        wider({ file_system: { write: [outside(stage)] } }),
      ),
      run(`touch ${outside(stage, 'later')}`),
    );
    expect(questions).toEqual([
      expect.objectContaining({
        reason: 'may I?',
        additionalPermissions: {
          network: null,
          fileSystem: {
            read: null,
            write: [outside(stage)],
            entries: [{ path: { type: 'path', path: outside(stage) }, access: 'write' }],
          },
        },
        availableDecisions: ['accept', 'cancel'],
      }),
    ]);
    expect(told[0]).toContain('done');
    expect([existsSync(outside(stage, 'a')), existsSync(join(stage.base, 'beside')), existsSync(outside(stage, 'later'))]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('declined: nothing runs, not even inside the sandbox', async () => {
    const { stage, questions } = await answering(['decline']);
    await using _ = stage;
    const thread = await stage.thread('workspace-write', { approvalPolicy: 'on-request' });
    const told = await stage.play(thread, run('touch inside', wider({ network: { enabled: true } })));
    expect(questions[0]?.additionalPermissions).toEqual({ network: { enabled: true }, fileSystem: null });
    expect(told[0]).toContain('rejected by user');
    expect(existsSync(join(stage.work, 'inside'))).toBe(false);
  });

  test('the network is opened without the files, and the files without the network', async () => {
    const { stage } = await answering(['accept', 'accept']);
    await using _ = stage;
    const thread = await stage.thread('read-only', { approvalPolicy: 'on-request' });
    const open =
      'python3 -c "import socket; socket.socket(socket.AF_INET)" 2>/dev/null && echo NET; touch file 2>/dev/null && echo FILE; true';
    const [net, files] = await stage.play(
      thread,
      run(open, wider({ network: { enabled: true } })),
      run(open, wider({ file_system: { write: ['.'] } })),
    );
    expect([net?.includes('NET'), net?.includes('FILE')]).toEqual([true, false]);
    expect([files?.includes('NET'), files?.includes('FILE')]).toEqual([false, true]);
  });

  test('A-26: accepted for the session it covers the equal request and no other one', async () => {
    const { stage, questions } = await answering(['acceptForSession', 'decline', 'decline', 'decline']);
    await using _ = stage;
    const thread = await stage.thread('workspace-write', { approvalPolicy: 'on-request' });
    const command = `echo x >> ${outside(stage, 'log')}`;
    const files = { file_system: { write: [outside(stage)] } };
    await stage.play(
      thread,
      run(command, wider(files)),
      run(command, wider(files)),
      run(command, wider({ ...files, network: { enabled: true } })),
      run(command, wider({ file_system: { write: [stage.base] } })),
      run(`${command}; true`, wider(files)),
      run(command),
    );
    expect(questions).toHaveLength(4);
    expect(await readFile(outside(stage, 'log'), 'utf8')).toBe('x\nx\n');
  });

  test('entries that deny stay in force, and what is granted brings its own along', async () => {
    const { stage } = await answering(['accept', 'accept'], {
      config: `default_permissions = "d"\n${features}[permissions.d]\nextends = ":workspace"\n[permissions.d.filesystem]\n":workspace_roots" = { "secret" = "deny" }\n`,
      files: { 'work/secret': 's3cret', 'outside/x.env': 's3cret', 'outside/plain': 'open' },
    });
    await using _ = stage;
    const thread = await stage.thread('workspace-write', { permissions: 'd', approvalPolicy: 'on-request' });
    const entries = [
      { path: { type: 'path', path: outside(stage) }, access: 'write' },
      { path: { type: 'glob_pattern', pattern: `${outside(stage)}/**/*.env` }, access: 'deny' },
    ];
    const [own, given] = await stage.play(
      thread,
      run('cat secret', wider({ file_system: { write: [stage.work] } })),
      run(`cd ${outside(stage)}; cat x.env; cat plain`, wider({ file_system: { entries } })),
    );
    expect(`${own}${given}`).not.toContain('s3cret');
    expect(given).toContain('open');
  });

  test.each([
    ['never', 'approval policy is never'],
    ['untrusted', 'approval policy is untrusted'],
    [
      { granular: { sandbox_approval: true, rules: true, mcp_elicitations: true, skill_approval: false, request_permissions: true } },
      'approval policy is granular',
    ],
  ] as const)('A-04: under %j it is refused before anybody is asked, with the policy named', async (approvalPolicy, why) => {
    const { stage, questions } = await answering([]);
    await using _ = stage;
    const thread = await stage.thread('workspace-write', { approvalPolicy });
    expect((await stage.play(thread, run('touch ran', wider({ network: { enabled: true } }))))[0]).toContain(why);
    expect([questions.length, existsSync(join(stage.work, 'ran'))]).toEqual([0, false]);
  });

  test.each([
    ['nothing', undefined, 'missing `additional_permissions`'],
    ['an empty request', {}, 'must include at least one'],
    ['only denials', { file_system: { entries: [{ path: { type: 'path', path: '/x' }, access: 'deny' }] } }, 'must include at least one'],
    [
      'a pattern that opens',
      { file_system: { entries: [{ path: { type: 'glob_pattern', pattern: '**' }, access: 'write' }] } },
      'only support deny-read',
    ],
    ['nonsense', { file_system: { entries: [{ path: '/x' }] } }, 'not an entry'],
    ['a list of numbers', { file_system: { write: [1] } }, 'lists of paths'],
    ['a home directory', { file_system: { write: ['~/x'] } }, 'absolute'],
  ])('%s is answered with what is wrong', async (_what, asked, why) => {
    const { stage, questions } = await answering([]);
    await using _ = stage;
    const thread = await stage.thread('workspace-write', { approvalPolicy: 'on-request' });
    expect((await stage.play(thread, run('touch ran', wider(asked))))[0]).toContain(why);
    expect([questions.length, existsSync(join(stage.work, 'ran'))]).toEqual([0, false]);
  });

  test('without the feature it is refused and not offered; with it, it is', async () => {
    await using off = await openStage();
    const thread = await off.thread('workspace-write', { approvalPolicy: 'on-request' });
    expect((await off.play(thread, run('touch ran', wider({ network: { enabled: true } }))))[0]).toContain('exec_permission_approvals');
    const offered = (stage: Stage) => JSON.stringify(stage.model.requests[0]?.body.tools).includes('with_additional_permissions');
    expect([offered(off), existsSync(join(off.work, 'ran'))]).toEqual([false, false]);
    const { stage } = await answering([]);
    await using _ = stage;
    await stage.play(await stage.thread('workspace-write'), run('true'));
    expect(offered(stage)).toBe(true);
  });

  test('A-02: a rule that forbids the command is not opened by permissions', async () => {
    const { stage, questions } = await answering(['accept'], {
      files: { 'home/rules/mine.rules': 'prefix_rule(pattern=["touch"], decision="forbidden")\n' },
    });
    await using _ = stage;
    const thread = await stage.thread('workspace-write', { approvalPolicy: 'on-request' });
    await stage.play(thread, run('touch ran', wider({ network: { enabled: true } })));
    expect([questions.length, existsSync(join(stage.work, 'ran'))]).toEqual([0, false]);
  });
});

describe('request_permissions', () => {
  const asking =
    (stage: Stage, permissions: unknown) => (reply: { call(name: string, input: Record<string, unknown>): void; done(): void }) => {
      reply.call('request_permissions', { permissions, reason: `for ${stage.base}` });
      reply.done();
    };

  test('what was granted needs no second question, in its environment, turn and extent only', async () => {
    const { stage, questions } = await answering(['decline', 'decline'], {
      questions: {
        'item/permissions/requestApproval': async ({ permissions: { fileSystem } }) => ({
          permissions: { fileSystem: { read: null, write: fileSystem?.write ?? [] } },
          scope: 'turn' as const,
        }),
      },
    });
    await using _ = stage;
    const thread = await stage.thread('workspace-write', { approvalPolicy: 'on-request' });
    const files = { file_system: { write: [outside(stage)] } };
    await stage.play(
      thread,
      asking(stage, { ...files, network: { enabled: true } }),
      run(`touch ${outside(stage, 'granted')}`),
      run(`touch ${outside(stage, 'again')}`, wider(files)),
      run(`touch ${outside(stage, 'network')}`, wider({ network: { enabled: true } })),
    );
    expect(questions).toHaveLength(1);
    const exists = ['granted', 'again', 'network'].map((name) => existsSync(outside(stage, name)));
    expect(exists).toEqual([true, true, false]);
    await stage.play(thread, run(`touch ${outside(stage, 'nextTurn')}`));
    expect(existsSync(outside(stage, 'nextTurn'))).toBe(false);
  });
});

describe('listed and revoked', () => {
  const grantsOf = async (stage: Stage, threadId: string) => (await stage.client.request('thread/grants/list', { threadId })).data;

  test('a command for the session: shown with where it runs, asked about again once revoked', async () => {
    const { stage, questions } = await answering(['acceptForSession', 'decline'], { config: '' });
    await using _ = stage;
    const thread = await stage.thread('workspace-write', { approvalPolicy: 'untrusted' });
    expect(await grantsOf(stage, thread)).toEqual([]);
    await stage.play(thread, run('touch a'), run('touch a'));
    const [grant, ...more] = await grantsOf(stage, thread);
    expect(more).toEqual([]);
    expect(grant).toMatchObject({ type: 'command', scope: 'session', environmentId: 'local', cwd: stage.work, confined: true });
    expect(grant?.type === 'command' && grant.command).toContain('touch a');
    const revoke = () => stage.client.request('thread/grants/revoke', { threadId: thread, grantId: grant?.id ?? '' });
    expect(await revoke()).toEqual({ revoked: true });
    expect(await revoke()).toEqual({ revoked: false });
    await stage.play(thread, run('touch a'));
    expect(questions).toHaveLength(2);
  });

  test('A-20: a rule for good is in every thread’s list, and revoked it is gone from the file and from all threads', async () => {
    const { stage, questions } = await answering([], {
      config: '',
      questions: {
        'item/commandExecution/requestApproval': async (params) => {
          questions.push(params);
          const proposed = params.proposedExecpolicyAmendment ?? [];
          return { decision: questions.length === 1 ? { acceptWithExecpolicyAmendment: { execpolicy_amendment: proposed } } : 'decline' };
        },
      },
    });
    await using _ = stage;
    await mkdir(join(stage.home, 'rules'), { recursive: true });
    const file = join(stage.home, 'rules/default.rules');
    await writeFile(file, '# mine\nprefix_rule(pattern = ["date"])\n');
    const escalate = { sandbox_permissions: 'require_escalated', justification: 'may I?' };
    const make = (name: string) => run(`mkdir -p ${outside(stage, name)}`, { ...escalate, prefix_rule: ['mkdir', '-p'] });
    const one = await stage.thread('workspace-write', { approvalPolicy: 'on-request' });
    await stage.play(one, make('x'), make('y'));
    expect([questions.length, existsSync(outside(stage, 'y'))]).toEqual([1, true]);
    const two = await stage.thread('workspace-write', { approvalPolicy: 'on-request' });
    const expected = { type: 'commandPrefix', scope: 'forever', prefix: ['mkdir', '-p'], confined: false };
    expect(await grantsOf(stage, one)).toEqual([expect.objectContaining(expected)]);
    const [rule] = await grantsOf(stage, two);
    expect(rule).toMatchObject(expected);
    expect(await readFile(file, 'utf8')).toBe(
      '# mine\nprefix_rule(pattern = ["date"])\nprefix_rule(pattern=["mkdir", "-p"], decision="allow")\n',
    );
    expect(await stage.client.request('thread/grants/revoke', { threadId: two, grantId: rule?.id ?? '' })).toEqual({ revoked: true });
    expect(await readFile(file, 'utf8')).toBe('# mine\nprefix_rule(pattern = ["date"])\n');
    await stage.play(one, make('z'));
    await stage.play(two, make('z'));
    expect([questions.length, existsSync(outside(stage, 'z'))]).toEqual([3, false]);
  });

  test('patches and permissions for the session are listed and revoked too; unknown ids and threads are told', async () => {
    const patches: string[] = [];
    const { stage } = await answering([], {
      questions: {
        'item/fileChange/requestApproval': async ({ itemId }) => {
          patches.push(itemId);
          return { decision: patches.length === 1 ? 'acceptForSession' : 'decline' };
        },
        'item/permissions/requestApproval': async ({ permissions }) => ({
          permissions: { network: { enabled: permissions.network?.enabled ?? null } },
          scope: 'session' as const,
        }),
      },
    });
    await using _ = stage;
    const thread = await stage.thread('workspace-write', { approvalPolicy: 'on-request' });
    const add = patch(`*** Begin Patch\n*** Add File: ${outside(stage, 'p')}\n+x\n*** End Patch`);
    const network = (reply: { call(name: string, input: Record<string, unknown>): void; done(): void }) => {
      reply.call('request_permissions', { permissions: { network: { enabled: true } } });
      reply.done();
    };
    await stage.play(thread, add, add, network);
    const listed = await grantsOf(stage, thread);
    expect(listed).toEqual([
      { type: 'patch', id: expect.any(String), scope: 'session', environmentId: 'local', path: outside(stage, 'p') },
      {
        type: 'permissions',
        id: expect.any(String),
        scope: 'session',
        environmentId: 'local',
        permissions: { network: { enabled: true }, fileSystem: null },
      },
    ]);
    const first = await stage.client.request('thread/grants/list', { threadId: thread, limit: 1 });
    expect(first).toEqual({ data: listed.slice(0, 1), nextCursor: '1' });
    const revoked = listed.map(({ id }) => stage.client.request('thread/grants/revoke', { threadId: thread, grantId: id }));
    expect(await Promise.all(revoked)).toEqual([{ revoked: true }, { revoked: true }]);
    const open = 'python3 -c "import socket; socket.socket(socket.AF_INET)" 2>/dev/null && echo NET; true';
    const told = await stage.play(thread, add, run(open));
    expect([patches.length, told.join().includes('NET')]).toEqual([2, false]);
    expect(await stage.client.request('thread/grants/revoke', { threadId: thread, grantId: 'nothing' })).toEqual({ revoked: false });
    await expect(stage.client.request('thread/grants/list', { threadId: 'nonsense' })).rejects.toThrow();
  });
});
