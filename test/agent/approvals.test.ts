import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Approvals } from '../../src/agent/approvals.ts';
import type { ThreadClient } from '../../src/agent/ports.ts';
import { StatusTracker } from '../../src/agent/status.ts';
import type { CommandEffect, PatchEffect } from '../../src/agent/tools/tool.ts';
import { systemClock } from '../../src/base/clock.ts';
import { RequestError } from '../../src/base/errors.ts';
import { silentLog } from '../../src/base/log.ts';
import type { Environment } from '../../src/environment/environment.ts';
import { SandboxUnavailable } from '../../src/environment/environment.ts';
import type { ExtraPermissions } from '../../src/policy/extra-permissions.ts';
import { type Answer, type Bench, brief, createBench, patch, request, run, say } from './support.ts';

const untrusted = { approvalPolicy: 'untrusted', sandbox: 'danger-full-access' } as const;
const waiting = [
  'status active [waitingOnApproval]',
  'started commandExecution inProgress agent',
  'ask item/commandExecution/requestApproval',
];
const counted = (total: number) => [`usage ${total}`, 'rateLimits'];
const after = ['started agentMessage', 'item/agentMessage/delta after', 'completed agentMessage after'];
const done = say('m', 'after', { pieces: 1 });
const end = ['readState', 'status idle', 'turn/completed completed'];

const decide =
  (decision: unknown): Answer =>
  () => ({ decision });

const questions = (bench: Bench, method = 'ask item/commandExecution/requestApproval') =>
  bench.recorded.lines.filter((line) => line.method === method).map(({ params }) => params);

test('an accepted command runs, and the question shows exactly what will run', async () => {
  await using bench = await createBench({ steps: [run('call_1', 'touch a.txt && echo made'), done] });
  bench.recorded.answer = decide('accept');
  const thread = await bench.thread(untrusted);
  expect((await bench.turn(thread, 'go')).slice(4)).toEqual([
    ...waiting,
    'resolved',
    'status active []',
    'completed commandExecution completed unifiedExecStartup',
    ...counted(15),
    ...after,
    ...counted(30),
    ...end,
  ]);
  const [asked] = questions(bench);
  const { startedAtMs, command, ...rest } = asked ?? {};
  expect(startedAtMs).toBeTypeOf('number');
  expect(command).toMatch(/-lc 'touch a\.txt && echo made'$/);
  expect(rest).toEqual({
    kind: 'command',
    threadId: thread.id,
    turnId: bench.recorded.lines.find(({ method }) => method === 'turn/completed')?.params.turn && expect.any(String),
    itemId: 'call_1',
    environmentId: 'local',
    cwd: bench.workspace.root,
    commandActions: [{ type: 'unknown', command: 'touch a.txt && echo made' }],
    proposedExecpolicyAmendment: ['touch', 'a.txt'],
    availableDecisions: ['accept', { acceptWithExecpolicyAmendment: { execpolicy_amendment: ['touch', 'a.txt'] } }, 'cancel'],
  });
});

test('a declined command ends as declined and the turn goes on', async () => {
  await using bench = await createBench({ steps: [run('call_1', 'touch a.txt'), done] });
  bench.recorded.answer = decide('decline');
  const thread = await bench.thread(untrusted);
  expect((await bench.turn(thread, 'go')).slice(4)).toEqual([
    ...waiting,
    'resolved',
    'completed commandExecution declined agent',
    'status active []',
    ...counted(15),
    ...after,
    ...counted(30),
    ...end,
  ]);
  expect(bench.model.requests[1]?.input.at(-1)?.output).toBe(
    'exec_command failed: CreateProcess { message: "Rejected(\\"rejected by user\\")" }',
  );
});

test('cancelling ends the turn as interrupted', async () => {
  await using bench = await createBench({ steps: [run('call_1', 'touch a.txt')] });
  bench.recorded.answer = decide('cancel');
  const thread = await bench.thread(untrusted);
  expect((await bench.turn(thread, 'go')).slice(7)).toEqual([
    'resolved',
    'completed commandExecution declined agent',
    'status active []',
    ...counted(15),
    'status idle',
    'turn/completed interrupted',
  ]);
});

test('an error instead of an answer fails the command and grants nothing', async () => {
  await using bench = await createBench({ steps: [run('call_1', 'touch a.txt'), done] });
  bench.recorded.answer = () => new RequestError('custom', 'client refused', { code: -32000 });
  const thread = await bench.thread(untrusted);
  expect((await bench.turn(thread, 'go')).slice(7, 10)).toEqual([
    'resolved',
    'completed commandExecution failed agent',
    'status active []',
  ]);
});

test('acceptForSession covers the same command and no other', async () => {
  await using bench = await createBench({
    steps: [
      run('c1', 'touch a.txt'),
      done,
      run('c2', 'touch a.txt'),
      done,
      run('c3', 'touch a.txt b.txt'),
      done,
      run('c4', 'touch a.txt', { tty: true }),
      done,
    ],
  });
  bench.recorded.answer = decide('acceptForSession');
  const thread = await bench.thread(untrusted);
  await bench.turn(thread, 'go');
  expect((await bench.turn(thread, 'go'))[4]).toBe('started commandExecution inProgress unifiedExecStartup');
  expect(questions(bench)).toHaveLength(1);
  await bench.turn(thread, 'go');
  expect(questions(bench)).toHaveLength(2);
  await bench.turn(thread, 'go');
  expect(questions(bench)).toHaveLength(3);
});

test('an amendment is kept when it was the one that was proposed', async () => {
  const amend = (words: string[]) => decide({ acceptWithExecpolicyAmendment: { execpolicy_amendment: words } });
  await using bench = await createBench({
    steps: [run('c1', 'touch a.txt'), done, run('c2', 'touch a.txt more'), done, run('c3', 'touch b.txt'), done],
  });
  const thread = await bench.thread(untrusted);
  bench.recorded.answer = amend(['touch', 'a.txt']);
  await bench.turn(thread, 'go');
  await bench.turn(thread, 'go');
  expect(questions(bench)).toHaveLength(1);
  bench.recorded.answer = amend(['touch']);
  await bench.turn(thread, 'go');
  expect(questions(bench)).toHaveLength(2);
  expect(thread.core.approvals.allowedPrefixes).toEqual([{ words: ['touch', 'a.txt'], confined: false }]);
});

test('commands that can only look are not asked about', async () => {
  await using bench = await createBench({ steps: [run('c1', 'ls && git status | head -n 3'), done, run('c2', 'ls > list'), done] });
  bench.recorded.answer = decide('decline');
  const thread = await bench.thread(untrusted);
  await bench.turn(thread, 'go');
  expect(questions(bench)).toHaveLength(0);
  await bench.turn(thread, 'go');
  expect(questions(bench)).toHaveLength(1);
});

test('escalation carries the reason and the proposed prefix of the model, and is refused under never', async () => {
  const escalated = (id: string) =>
    run(id, 'touch esc.txt', { sandbox_permissions: 'require_escalated', justification: 'Make a file?', prefix_rule: ['touch'] });
  await using bench = await createBench({ steps: [escalated('c1'), done, escalated('c2'), done] });
  bench.recorded.answer = decide('accept');
  const thread = await bench.thread({ approvalPolicy: 'on-request', sandbox: 'read-only' });
  await bench.turn(thread, 'go');
  expect(questions(bench)[0]).toMatchObject({ reason: 'Make a file?', proposedExecpolicyAmendment: ['touch'] });
  expect(await bench.workspace.read('esc.txt')).toBe('');
  const strict = await bench.thread({ approvalPolicy: 'never', sandbox: 'read-only' });
  const lines = await bench.turn(strict, 'go');
  expect(lines.filter((line) => line.includes('commandExecution'))).toEqual([]);
  expect(bench.model.requests.at(-1)?.input.at(-1)?.output).toContain('approval policy is never');
});

test('two questions at once keep the flag up until the last answer', async () => {
  await using bench = await createBench({
    steps: [
      (emit, ...rest) => {
        run('c1', 'touch 1')((event) => event.type !== 'completed' && emit(event), ...rest);
        return run('c2', 'touch 2')(emit, ...rest);
      },
      done,
    ],
  });
  bench.recorded.answer = decide('accept');
  const thread = await bench.thread(untrusted);
  const lines = await bench.turn(thread, 'go');
  expect(lines.filter((line) => line.startsWith('status'))).toEqual([
    'status active []',
    'status active [waitingOnApproval]',
    'status active []',
    'status idle',
  ]);
});

test('an interruption leaves the question open until the turn has ended', async () => {
  await using bench = await createBench({ steps: [run('c1', 'touch a.txt')] });
  const thread = await bench.thread(untrusted);
  const prepared = thread.prepareTurn(request('go'));
  prepared.start();
  await bench.recorded.until(({ method }) => method.startsWith('ask'));
  const from = bench.recorded.lines.length;
  (await thread.interrupt(prepared.turn.id))();
  await thread.idle();
  expect(bench.recorded.lines.slice(from).map(brief)).toEqual([...counted(15), 'status idle', 'turn/completed interrupted', 'resolved']);
});

const newFile = '*** Begin Patch\n*** Add File: new.txt\n+one\n*** End Patch';
const change = (word: string) => `*** Begin Patch\n*** Update File: new.txt\n@@\n-one\n+${word}\n*** End Patch`;

test('an accepted patch is applied and shown in the diff of the turn', async () => {
  await using bench = await createBench({ steps: [patch('p1', newFile), done] });
  bench.recorded.answer = decide('accept');
  const thread = await bench.thread(untrusted);
  expect((await bench.turn(thread, 'go')).slice(4)).toEqual([
    'started fileChange inProgress',
    'status active [waitingOnApproval]',
    'ask item/fileChange/requestApproval',
    'resolved',
    'status active []',
    'completed fileChange completed',
    'turn/diff/updated',
    ...counted(15),
    'turn/diff/updated',
    ...after,
    ...counted(30),
    'turn/diff/updated',
    ...end,
  ]);
  expect(await bench.workspace.read('new.txt')).toBe('one\n');
  expect(bench.model.requests[1]?.input.at(-1)).toMatchObject({ type: 'custom_tool_call_output', call_id: 'p1' });
});

test('a declined patch changes nothing, a cancelled one has no completed item', async () => {
  await using bench = await createBench({ steps: [patch('p1', newFile), done, patch('p2', newFile)] });
  const thread = await bench.thread(untrusted);
  bench.recorded.answer = decide('decline');
  expect((await bench.turn(thread, 'go')).slice(7, 12)).toEqual([
    'resolved',
    'status active []',
    'completed fileChange declined',
    ...counted(15),
  ]);
  bench.recorded.answer = decide('cancel');
  expect((await bench.turn(thread, 'go')).slice(7)).toEqual([
    'resolved',
    'status active []',
    ...counted(45),
    'status idle',
    'turn/completed interrupted',
  ]);
  await expect(bench.workspace.read('new.txt')).rejects.toThrow();
});

test('acceptForSession lets later patches of the same files pass', async () => {
  await using bench = await createBench({ steps: [patch('p1', newFile), done, patch('p2', change('two')), done] });
  bench.recorded.answer = decide('acceptForSession');
  const thread = await bench.thread(untrusted);
  await bench.turn(thread, 'go');
  const lines = await bench.turn(thread, 'go');
  expect(lines.slice(4, 7)).toEqual(['started fileChange inProgress', 'completed fileChange completed', 'turn/diff/updated']);
});

test('in a workspace sandbox patches inside pass and patches outside ask', async () => {
  await using bench = await createBench({
    steps: [patch('p1', newFile), done, patch('p2', '*** Begin Patch\n*** Add File: /outside-of-it/x\n+one\n*** End Patch'), done],
  });
  bench.recorded.answer = decide('decline');
  const thread = await bench.thread({ approvalPolicy: 'on-request', sandbox: 'workspace-write' });
  await bench.turn(thread, 'go');
  const asked = () => questions(bench, 'ask item/fileChange/requestApproval').length;
  const first = asked();
  await bench.turn(thread, 'go');
  expect(asked()).toBe(first + 1);
});

/** The local environment with a sandbox that cannot be had. */
function withoutSandbox(bench: Bench): void {
  const environment = bench.host.environments.get('local');
  const { processes } = environment;
  const start: Environment['processes']['start'] = (asked, signal) =>
    asked.sandbox ? Promise.reject(new SandboxUnavailable('no bubblewrap')) : processes.start(asked, signal);
  Object.defineProperty(environment, 'processes', { value: { start } });
}

test('without the sandbox that was asked for a command needs consent, and under never it is refused', async () => {
  await using bench = await createBench({
    steps: [run('c1', 'touch a.txt'), done, run('c2', 'touch a.txt'), done, run('c3', 'touch b.txt'), done],
  });
  withoutSandbox(bench);
  bench.recorded.answer = decide('acceptForSession');
  const thread = await bench.thread({ approvalPolicy: 'on-request', sandbox: 'workspace-write' });
  expect((await bench.turn(thread, 'go')).slice(4, 10)).toEqual([
    ...waiting,
    'resolved',
    'status active []',
    'completed commandExecution completed unifiedExecStartup',
  ]);
  expect(questions(bench)[0]).toMatchObject({ reason: expect.stringContaining('sandbox'), availableDecisions: ['accept', 'cancel'] });
  await bench.turn(thread, 'go');
  expect(questions(bench)).toHaveLength(1);
  const strict = await bench.thread({ approvalPolicy: 'never', sandbox: 'workspace-write' });
  const lines = await bench.turn(strict, 'go');
  expect(lines.slice(4, 6)).toEqual(['started commandExecution inProgress agent', 'completed commandExecution declined agent']);
  await expect(bench.workspace.read('b.txt')).rejects.toThrow();
});

describe('A-26: a grant for the session', () => {
  const extra = fc.option(
    fc.record({
      network: fc.boolean(),
      files: fc.constantFrom<ExtraPermissions['files']>([], [{ path: { type: 'path', path: '/a' }, access: 'write' }]),
      asLists: fc.constant(true),
    }),
    { nil: undefined },
  );
  const word = fc.constantFrom('a', 'b', 'a b', '"', ',', '');
  const effects = fc.record({
    argv: fc.tuple(word, word, word),
    cwd: fc.constantFrom('/w', '/w/', '/v'),
    environmentId: fc.constantFrom('local', 'far'),
    tty: fc.boolean(),
    escalated: fc.boolean(),
    extra,
    confined: fc.boolean(),
  });
  type Effect = typeof effects extends fc.Arbitrary<infer E> ? E : never;
  const effectOf = ({ argv, cwd, environmentId, tty, escalated, extra: permissions }: Effect): CommandEffect => ({
    kind: 'command',
    item: {
      ...{
        type: 'commandExecution',
        id: 'call',
        pluginId: null,
        scriptPath: null,
        command: 'shown',
        cwd,
        processId: null,
        source: 'agent',
      },
      ...{ status: 'inProgress', commandActions: [], aggregatedOutput: null, exitCode: null, durationMs: null },
    },
    argv,
    script: '',
    segments: undefined,
    dangerous: false,
    cwd,
    environmentId,
    actions: [],
    tty,
    escalation: escalated ? { justification: 'why', prefixRule: undefined } : undefined,
    extra: permissions && { justification: 'why', permissions },
    run: () => Promise.reject(new Error('not run')),
  });
  const approvals = () => {
    const notify = () => {};
    const request = async () => ({ decision: 'acceptForSession' });
    // Only the answer to questions about commands is used.
    const client = { notify, broadcast: notify, request } as unknown as ThreadClient;
    const status = new StatusTracker('thread', client);
    return new Approvals({ threadId: 'thread', client, status, clock: systemClock, log: silentLog });
  };

  test('suppresses exactly the equal request and nothing wider', async () => {
    await fc.assert(
      fc.asyncProperty(effects, effects, async (granted, other) => {
        const one = approvals();
        const signal = new AbortController().signal;
        const asking = { turnId: 'turn', itemId: 'call', reviewer: 'user' as const, signal, withdraw: signal };
        const question = {
          effect: effectOf(granted),
          confined: granted.confined,
          reason: undefined,
          amendment: undefined,
          approvalId: undefined,
        };
        expect(one.commandGranted(effectOf(granted), granted.confined)).toBe(false);
        expect(await one.command(question, asking)).toBe('accepted');
        expect(one.commandGranted(effectOf(granted), granted.confined)).toBe(true);
        const equal = JSON.stringify(granted) === JSON.stringify(other);
        expect(one.commandGranted(effectOf(other), other.confined)).toBe(equal);
        const [grant] = one.grants.list();
        expect(one.grants.revoke(grant?.id ?? '')).toBe(true);
        expect(one.commandGranted(effectOf(granted), granted.confined)).toBe(false);
      }),
    );
  });

  test('of a patch covers files, each by itself, in their environment', async () => {
    const files = fc.uniqueArray(fc.constantFrom('/a', '/b', '/c', '/a/b'), { minLength: 1 });
    const patch = fc.record({ paths: files, environmentId: fc.constantFrom('local', 'far') });
    const effectOfPatch = ({ paths, environmentId }: { paths: string[]; environmentId: string }): PatchEffect => ({
      kind: 'patch',
      item: { type: 'fileChange', id: 'call', changes: [], status: 'inProgress' },
      paths,
      cwd: '/',
      environmentId,
      run: () => Promise.reject(new Error('not run')),
    });
    await fc.assert(
      fc.asyncProperty(patch, patch, async (granted, other) => {
        const one = approvals();
        const signal = new AbortController().signal;
        await one.patch(effectOfPatch(granted), { turnId: 'turn', itemId: 'call', reviewer: 'user', signal, withdraw: signal });
        const covered = other.environmentId === granted.environmentId && other.paths.every((path) => granted.paths.includes(path));
        expect(one.patchGranted(effectOfPatch(other))).toBe(covered);
      }),
    );
  });
});
