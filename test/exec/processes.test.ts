/** Processes over the wire: events, reads, writes, signals, ends. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempWorkspace } from '../support/workspace.ts';
import { kinds, readOnly, startExecutor, text } from './support.ts';

const range = (length: number) => Array.from({ length }, (_, index) => index + 1);

describe.each(kinds)('over %s', (kind) => {
  test('output, exit and close share one sequence without gaps, and nobody has to read', async () => {
    await using executor = await startExecutor();
    const client = await executor.open(kind);
    expect(await client.sh('p', 'printf out; printf err >&2; exit 7')).toEqual({ processId: 'p', sandboxType: 'none' });
    await client.closedProcess('p');
    expect(client.seqs('p')).toEqual(range(4));
    expect(client.notes.map((note) => note.method)).toEqual(['process/output', 'process/output', 'process/exited', 'process/closed']);
    expect((await client.note('process/exited')).exitCode).toBe(7);
    expect((await client.note('process/output', ({ stream }) => stream === 'stderr')).chunk).toBe('ZXJy');
  });

  test('what a grandchild says after the exit is delivered before the close', async () => {
    await using executor = await startExecutor({ concurrentRequests: 2 });
    const client = await executor.open(kind);
    await client.sh('p', 'exec 3<&0; (read go <&3; echo late) & exit 3', { pipeStdin: true });
    const exited = await client.note('process/exited');
    expect(exited.exitCode).toBe(3);
    const waiting = client.call('process/read', { processId: 'p', afterSeq: exited.seq, waitMs: 10_000 });
    await client.write('p', 'go\n', '1');
    await client.closedProcess('p');
    expect(client.output('p').toString()).toBe('late\n');
    expect(client.seqs('p')).toEqual(range(3));
    expect((await waiting).chunks.map(({ chunk }) => text(chunk))).toEqual(['late\n']);
  });

  test('a terminal is 24 by 80 and death by a signal reads as 1', async () => {
    await using executor = await startExecutor();
    const client = await executor.open(kind);
    await client.sh('p', 'stty size; echo "[$TERM]"; read line', { tty: true });
    await client.note('process/output', ({ chunk }) => text(chunk).includes(']'));
    expect(client.output('p').toString()).toBe('24 80\r\n[]\r\n');
    expect(await client.write('p', '\u0003', '1')).toEqual({ status: 'accepted' });
    expect((await client.note('process/exited')).exitCode).toBe(1);
    await client.closedProcess('p');
  });

  test('lines written reach the program once each, whatever is repeated', async () => {
    await using executor = await startExecutor();
    const client = await executor.open(kind);
    await client.start('p', ['/bin/cat'], { pipeStdin: true });
    for (let n = 0; n < 50; n += 1) {
      const sent = [client.write('p', `line ${n}\n`, `w${n}`), client.write('p', 'other bytes\n', `w${n}`)];
      expect(await Promise.all(sent)).toEqual([{ status: 'accepted' }, { status: 'accepted' }]);
    }
    const wanted = Array.from({ length: 50 }, (_, n) => `line ${n}\n`).join('');
    await client.note('process/output', () => client.output('p').length >= wanted.length);
    expect(client.output('p').toString()).toBe(wanted);
    expect(await client.call('process/terminate', { processId: 'p' })).toEqual({ running: true });
    expect((await client.note('process/exited')).exitCode).toBe(137);
  });
});

test('reads: budgets, cursors, and the wait for something new', async () => {
  await using executor = await startExecutor({ concurrentRequests: 4 });
  const client = await executor.open('websocket');
  await client.sh('p', 'printf one; read x; printf two; read x', { pipeStdin: true });
  await client.note('process/output');
  const read = (more: object) => client.call('process/read', { processId: 'p', ...more });
  expect(await read({})).toMatchObject({
    chunks: [{ seq: 1, stream: 'stdout', chunk: 'b25l' }],
    nextSeq: 2,
    exited: false,
    exitCode: null,
    failure: null,
  });
  expect((await read({ afterSeq: 1, waitMs: 30 })).chunks).toEqual([]);
  const waiting = read({ afterSeq: 1, waitMs: 10_000 });
  await client.write('p', '\n', '1');
  expect((await waiting).chunks.map(({ seq }) => seq)).toEqual([2]);
  expect(await read({ maxBytes: 0 })).toMatchObject({ chunks: [{ seq: 1 }], nextSeq: 2 });
  expect((await read({ maxBytes: 5 })).chunks).toHaveLength(1);
  expect((await read({ maxBytes: 6 })).chunks).toHaveLength(2);
  await client.write('p', '\n', '2');
  await client.closedProcess('p');
  expect(await read({ afterSeq: 2 })).toMatchObject({
    chunks: [],
    nextSeq: 5,
    exited: true,
    exitCode: 0,
    closed: true,
    sandboxDenied: false,
  });
});

test('one mebibyte of output stays, and the gap shows', async () => {
  await using executor = await startExecutor();
  const client = await executor.open('websocket');
  await client.start('p', ['/usr/bin/head', '-c', '3145728', '/dev/zero']);
  await client.closedProcess('p');
  expect(client.output('p').length).toBe(3_145_728);
  expect(client.seqs('p')).toEqual(range(client.seqs('p').length));
  const { chunks } = await client.call('process/read', { processId: 'p' });
  const bytes = chunks.map(({ chunk }) => Buffer.from(chunk, 'base64').length);
  expect(bytes.reduce((sum, size) => sum + size)).toBeGreaterThan(1_048_576 - 8192);
  expect(bytes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(1_048_576);
  expect(Math.max(...bytes)).toBeLessThanOrEqual(8192);
  expect(chunks[0]?.seq).toBeGreaterThan(1);
});

test('interrupt reaches a trap, terminate does not ask one', async () => {
  await using executor = await startExecutor();
  const client = await executor.open('memory');
  await client.sh('int', 'trap "exit 42" INT; echo ready; while :; do sleep 0.02; done');
  await client.note('process/output', ({ processId }) => processId === 'int');
  expect(await client.call('process/signal', { processId: 'int', signal: 'interrupt' })).toEqual({});
  expect((await client.note('process/exited', ({ processId }) => processId === 'int')).exitCode).toBe(42);
  await client.sh('term', 'trap "echo no" TERM; echo ready; while :; do sleep 0.02; done');
  await client.note('process/output', ({ processId }) => processId === 'term');
  expect(await client.call('process/terminate', { processId: 'term' })).toEqual({ running: true });
  expect((await client.note('process/exited', ({ processId }) => processId === 'term')).exitCode).toBe(137);
  expect(await client.call('process/terminate', { processId: 'term' })).toEqual({ running: false });
  expect(await client.call('process/signal', { processId: 'nobody', signal: 'interrupt' })).toEqual({});
});

test.each([
  ['kill -9 $$', {}, 137],
  ['kill -TERM $$', {}, 143],
  ['kill -SYS $$', {}, 159],
  ['exit 300', {}, 44],
  ['kill -9 $$', { tty: true }, 1],
  ['exit 7', { tty: true }, 7],
])('%s %j ends with %i', async (script, more, exitCode) => {
  await using executor = await startExecutor();
  const client = await executor.open('memory');
  await client.sh('p', script, more);
  expect(await client.note('process/exited')).toMatchObject({ exitCode, sandboxDenied: false });
});

test.runIf(process.platform === 'linux')(
  'a child leads a session of its own, without a terminal, and is looked up on its own PATH',
  async () => {
    await using executor = await startExecutor();
    await using space = await tempWorkspace({ 'bin/tool': '#!/bin/sh\necho "tool of the child"\n' });
    await chmod(space.path('bin/tool'), 0o755);
    const client = await executor.open('memory');
    await client.sh('leader', 'ps -o sid=,pgid= -p $$ | tr -s " "; echo $$; [ -t 0 ] || echo no terminal');
    await client.closedProcess('leader');
    const [ids = '', pid, last] = client.output('leader').toString().trim().split('\n');
    expect([ids.trim().split(' '), last]).toEqual([[pid, pid], 'no terminal']);
    await client.start('tool', ['tool'], { env: { PATH: `${space.path('bin')}:/bin` } });
    await client.closedProcess('tool');
    expect(client.output('tool').toString()).toBe('tool of the child\n');
    expect(
      await client.refusal('process/start', { processId: 'x', argv: ['tool'], cwd: 'file:///', env: { PATH: '/bin' }, tty: false }),
    ).toEqual([-32_603, 'No such file or directory (os error 2)']);
  },
);

test('input: an empty chunk burns its id, what is no base64 is named, and a process that has ended still takes what it never reads', async () => {
  await using executor = await startExecutor();
  const client = await executor.open('memory');
  await client.sh('p', 'read line; echo "got $line"', { pipeStdin: true });
  expect(await client.write('p', '', 'w')).toEqual({ status: 'accepted' });
  expect(await client.write('p', 'lost\n', 'w')).toEqual({ status: 'accepted' });
  const write = { processId: 'p', writeId: 'x' };
  expect(await client.refusal('process/write', { ...write, chunk: 'eA' })).toEqual([-32_602, 'Invalid padding']);
  expect((await client.refusal('process/write', { ...write, chunk: '!!' }))[0]).toBe(-32_602);
  expect(await client.refusal('process/write', { ...write, chunk: '', writeId: '' })).toEqual([-32_602, 'writeId must not be empty']);
  await client.write('p', 'kept\n', 'x');
  await client.closedProcess('p');
  expect(client.output('p').toString()).toBe('got kept\n');
  expect(await client.write('p', 'late', 'y')).toEqual({ status: 'accepted' });
});

test('what was ended stays readable, and can no longer be ended or signalled; other signals have no name', async () => {
  await using executor = await startExecutor();
  const client = await executor.open('memory');
  await client.start('p', ['/bin/sleep', '60']);
  const end = () => client.call('process/terminate', { processId: 'p' });
  expect(await end()).toEqual({ running: true });
  await client.closedProcess('p');
  expect(await end()).toEqual({ running: false });
  expect((await client.call('process/read', { processId: 'p' })).exitCode).toBe(137);
  // What no type of ours lets a client say.
  const kill = { processId: 'p', signal: 'kill' } as never;
  expect(await client.refusal('process/signal', kill)).toEqual([-32_602, 'unknown variant `kill`, expected `interrupt`']);
  expect(await client.call('process/signal', { processId: 'p', signal: 'interrupt' })).toEqual({});
});

test('variables: nothing by default, what the policy says otherwise, the request on top', async () => {
  const env = { PATH: '/usr/bin:/bin', HOME: '/h', MY_TOKEN: 't', EXTRA: 'x', KEEP: 'k' };
  await using executor = await startExecutor({ env });
  const client = await executor.open('memory');
  const policy = { inherit: 'all' as const, ignoreDefaultExcludes: false, exclude: ['EX*'], set: { ADDED: '1' }, includeOnly: [] };
  const seen = async (id: string, more: object) => {
    await client.start(id, ['/usr/bin/env'], { env: {}, ...more });
    await client.closedProcess(id);
    return client.output(id).toString().trim().split('\n').sort().join(' ');
  };
  expect(await seen('none', {})).toBe('');
  expect(await seen('all', { envPolicy: policy })).toBe('ADDED=1 HOME=/h KEEP=k PATH=/usr/bin:/bin');
  expect(await seen('core', { envPolicy: { ...policy, inherit: 'core' } })).toBe('ADDED=1 HOME=/h PATH=/usr/bin:/bin');
  expect(await seen('only', { envPolicy: { ...policy, includeOnly: ['k?ep'] }, env: { MY_TOKEN: 'mine' } })).toBe('KEEP=k MY_TOKEN=mine');
});

test('what cannot be started is refused with the words of the system, and the id stays free', async () => {
  await using executor = await startExecutor();
  const client = await executor.open('memory');
  const start = { processId: 'p', argv: ['/no/such'], cwd: 'file:///', env: {}, tty: false };
  const noSuch = [-32_603, 'No such file or directory (os error 2)'];
  expect(await client.refusal('process/start', start)).toEqual(noSuch);
  expect(await client.refusal('process/start', { ...start, argv: ['/bin/true'], cwd: 'file:///no/such' })).toEqual(noSuch);
  expect(await client.refusal('process/start', { ...start, argv: [] })).toEqual([-32_602, 'argv must not be empty']);
  const foreign = "cwd URI `file:///C:/x` is not valid on this exec-server host: 'file:///C:/x' is invalid on 'linux'";
  expect(await client.refusal('process/start', { ...start, cwd: 'file:///C:/x' })).toEqual([-32_602, foreign]);
  expect(await client.refusal('process/start', { ...start, cwd: '/tmp' })).toEqual([-32_602, 'invalid URI: relative URL without a base']);
  const nul = [-32_603, 'nul byte found in provided data'];
  expect(await client.refusal('process/start', { ...start, argv: ['/bin/true', 'a\0b'] })).toEqual(nul);
  expect(await client.refusal('process/start', { ...start, arg0: 'a\0b' })).toEqual(nul);
  const nulInEnv = [-32_603, 'data provided contains a nul byte'];
  expect(await client.refusal('process/start', { ...start, env: { A: 'x\0' } })).toEqual(nulInEnv);
  expect(await client.refusal('process/read', { processId: 'p' })).toEqual([-32_600, 'unknown process id p']);
  expect(await client.write('p', 'x', '1')).toEqual({ status: 'unknownProcess' });
  await client.start('p', ['/bin/true']);
  expect(await client.write('p', 'x', '1')).toEqual({ status: 'stdinClosed' });
  expect(await client.refusal('process/start', { ...start, argv: ['/bin/true'] })).toEqual([-32_600, 'process p already exists']);
  await client.closedProcess('p');
});

test('a closed process is forgotten after its retention, and its id is free again', async () => {
  await using executor = await startExecutor({ closedRetentionMs: 50 });
  const client = await executor.open('memory');
  await client.start('p', ['/bin/true']);
  await client.closedProcess('p');
  expect((await client.call('process/read', { processId: 'p' })).closed).toBe(true);
  await expect
    .poll(() => client.call('process/read', { processId: 'p' }).catch((error: Error) => error.message))
    .toBe('unknown process id p');
  await client.start('p', ['/bin/true']);
});

test('by default requests of a connection wait for each other; with more at once they do not', async () => {
  for (const [concurrentRequests, wanted] of [
    [1, ['read', 'status']],
    [2, ['status', 'read']],
  ] as const) {
    await using executor = await startExecutor({ concurrentRequests });
    const client = await executor.open('websocket');
    await client.start('p', ['/bin/cat'], { pipeStdin: true });
    const answered: string[] = [];
    const calls = [
      client.call('process/read', { processId: 'p', waitMs: 200 }).then(() => answered.push('read')),
      client.call('environment/status', {}).then(() => answered.push('status')),
    ];
    await Promise.all(calls);
    expect(answered).toEqual(wanted);
  }
});

describe.runIf(process.platform === 'linux')('sandbox intent', () => {
  const readOnly = {
    permissions: {
      type: 'managed' as const,
      file_system: {
        type: 'restricted' as const,
        entries: [{ path: { type: 'special' as const, value: { kind: 'root' as const } }, access: 'read' as const }],
      },
      network: 'restricted' as const,
    },
    windowsSandboxLevel: 'disabled' as const,
  };
  const workspace = () => {
    const directory = mkdtempSync(join(tmpdir(), 'switchyard-sandboxed-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    return directory;
  };

  test('is enforced, and a denial is told from a failure', async () => {
    await using executor = await startExecutor();
    const client = await executor.open('memory');
    const file = join(workspace(), 'file');
    expect(await client.sh('ro', `echo x > ${file}`, { sandbox: readOnly })).toMatchObject({ sandboxType: 'linuxSeccomp' });
    const denied = await client.note('process/exited', ({ processId }) => processId === 'ro');
    expect(denied.sandboxDenied).toBe(true);
    expect(() => readFileSync(file)).toThrow();
    await client.sh('silent', 'exit 3', { sandbox: readOnly });
    expect((await client.note('process/exited', ({ processId }) => processId === 'silent')).sandboxDenied).toBe(false);
    await client.sh('plain', 'echo Permission denied >&2; exit 9');
    expect((await client.note('process/exited', ({ processId }) => processId === 'plain')).sandboxDenied).toBe(false);
  });

  test('disabled runs plainly; what cannot be enforced is refused', async () => {
    await using executor = await startExecutor();
    const client = await executor.open('memory');
    const disabled = { permissions: { type: 'disabled' as const }, windowsSandboxLevel: 'disabled' as const };
    expect(await client.sh('p', 'true', { sandbox: disabled })).toMatchObject({ sandboxType: 'none' });
    const start = { processId: 'q', argv: ['/bin/true'], cwd: 'file:///', env: {}, tty: false };
    const root = 'failed to prepare process sandbox: invalid sandbox workspace root: ';
    expect(await client.refusal('process/start', { ...start, sandbox: { ...readOnly, workspaceRoots: ['file:///C:/x'] } })).toEqual([
      -32_602,
      `${root}'file:///C:/x' is invalid on 'linux'`,
    ]);
    expect((await client.refusal('process/start', { ...start, enforceManagedNetwork: true }))[0]).toBe(-32_602);
    const nowhere = { ...start, cwd: 'file:///no/such', sandbox: readOnly };
    expect(await client.refusal('process/start', nowhere)).toEqual([-32_603, 'No such file or directory (os error 2)']);
    const mxc = { ...disabled, windowsSandboxLevel: 'mxc' as const };
    expect(await client.refusal('process/start', { ...start, sandbox: mxc })).toEqual([
      -32_602,
      'native MXC is unavailable on this executor',
    ]);
    // Where a policy comes from is told along and decides nothing.
    await client.sh('told', 'true', { sandbox: { ...disabled, policyContext: { cwd: '/x' }, sandboxOverride: 'noOverride' } });
  });
});

test.runIf(process.platform === 'linux')(
  'another first argument costs no start-up file, with and without a sandbox and a terminal',
  async () => {
    await using executor = await startExecutor();
    await using space = await tempWorkspace({ '.bashrc': 'echo start-up', env: 'echo start-up' });
    const client = await executor.open('memory');
    const env = { PATH: '/usr/bin:/bin', HOME: space.root, BASH_ENV: space.path('env') };
    for (const [id, more] of Object.entries({ a: {}, b: { sandbox: readOnly }, c: { tty: true }, d: { tty: true, sandbox: readOnly } })) {
      await client.sh(id, 'echo "$0" "$BASH_ENV"', { arg0: 'custom', env, ...more });
      await client.closedProcess(id);
      expect([id, client.output(id).toString().trim()]).toEqual([id, `custom ${space.path('env')}`]);
    }
  },
);
