/** Our exec-server under the reference's app-server and the other way round: a command, a patch and an interrupt, by URL and as a program. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runTurn } from '../../src/client/index.ts';
import { eventually, withMark } from '../support/proc.ts';
import { referenceBinary, withoutReference } from '../support/reference.ts';
import { hang, patch, run, say } from '../support/scripted-model.ts';
import { cli } from '../support/server.ts';
import { type Argv, farThread, type Orchestrator, startOrchestrator, text } from './orchestrator.ts';

const ours: Argv = [process.execPath, cli];
const theirs: Argv = [referenceBinary ?? ''];
const changed = '*** Begin Patch\n*** Update File: far.txt\n-before\n+after\n*** End Patch';

const pairs = [
  { driver: 'the reference', appServer: theirs, execServer: ours, reach: 'url' },
  { driver: 'the reference', appServer: theirs, execServer: ours, reach: 'program' },
  { driver: 'our app-server', appServer: ours, execServer: theirs, reach: 'url' },
  { driver: 'our app-server', appServer: ours, execServer: theirs, reach: 'program' },
] as const;

describe.skipIf(withoutReference('the reference and our exec-server under one another'))('one drives, the other executes', () => {
  test.each(pairs)('$driver drives by $reach', { timeout: 60_000 }, async ({ appServer, execServer, reach }) => {
    // A length of its own finds the command among all processes.
    const sleep = `sleep ${10_000 + process.pid}.${Date.now() % 1000}`;
    const model = [
      ...[run("tr '\\0' ' ' </proc/$PPID/cmdline; echo; pwd; exit 3"), patch(changed), say('done')],
      ...[run(sleep, { yield_time_ms: 30_000 }), run(sleep, { yield_time_ms: 250 }), hang('waiting'), run('echo again'), say('done')],
    ];
    await using far = await startOrchestrator({ appServer, execServer: [...execServer, 'exec-server'], reach, model });
    const { client, work } = far;
    await writeFile(join(work, 'far.txt'), 'before\n');
    const threadId = await farThread(client, work);
    const signal = AbortSignal.timeout(30_000);
    await commandAndPatch(far, { threadId, parent: `${execServer.join(' ')} exec-server --listen`, signal });
    await interruptWaiting(far, { threadId, sleep, signal });
    await interruptBackground(far, { threadId, sleep, signal });

    const { items } = await runTurn(client, { threadId, input: text('go') }, { signal });
    expect(items.find(({ type }) => type === 'commandExecution')).toMatchObject({ aggregatedOutput: 'again\n', exitCode: 0 });
  });
});

async function commandAndPatch(far: Orchestrator, turn: { threadId: string; parent: string; signal: AbortSignal }): Promise<void> {
  const { threadId, parent, signal } = turn;
  const done = await runTurn(far.client, { threadId, input: text('go') }, { signal });
  expect(done.turn.status).toBe('completed');
  const command = done.items.find(({ type }) => type === 'commandExecution');
  expect(command).toMatchObject({ exitCode: 3, aggregatedOutput: expect.stringContaining(`\n${far.work}\n`) });
  expect(command).toMatchObject({ aggregatedOutput: expect.stringContaining(parent) });
  expect(done.items.find(({ type }) => type === 'fileChange')).toMatchObject({ status: 'completed' });
  expect(await readFile(join(far.work, 'far.txt'), 'utf8')).toBe('after\n');
  expect(await far.asked()).toEqual(expect.arrayContaining(['initialize', 'process/start', 'fs/writeFile']));
}

interface Running {
  readonly threadId: string;
  readonly sleep: string;
  readonly signal: AbortSignal;
}

const running = (sleep: string) => () => withMark(sleep).filter(({ command }) => command.startsWith('sleep'));

/** While the model still waits for the command; whether that one lives on depends on how far its start had come. */
async function interruptWaiting({ client }: Orchestrator, { threadId, sleep, signal }: Running): Promise<void> {
  const ended = client.next('turn/completed', { signal });
  const { turn } = await client.request('turn/start', { threadId, input: text('go') });
  await eventually('the command', running(sleep), ({ length }) => length === 1);
  await client.request('turn/interrupt', { threadId, turnId: turn.id });
  expect((await ended).turn).toMatchObject({ id: turn.id, status: 'interrupted' });
  await client.request('thread/backgroundTerminals/clean', { threadId });
  await eventually('no command', running(sleep), ({ length }) => length === 0);
}

/** What went to the background runs on until the client cleans up. */
async function interruptBackground(far: Orchestrator, { threadId, sleep, signal }: Running): Promise<void> {
  const { client } = far;
  const ended = client.next('turn/completed', { signal });
  const answering = client.next('item/agentMessage/delta', { signal });
  const { turn } = await client.request('turn/start', { threadId, input: text('go') });
  await answering;
  await client.request('turn/interrupt', { threadId, turnId: turn.id });
  expect((await ended).turn).toMatchObject({ id: turn.id, status: 'interrupted' });
  expect(running(sleep)()).toHaveLength(1);
  await client.request('thread/backgroundTerminals/clean', { threadId });
  await eventually('no command', running(sleep), ({ length }) => length === 0);
  expect(await far.asked()).toContain('process/terminate');
}
