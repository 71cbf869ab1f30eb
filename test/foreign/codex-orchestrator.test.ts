/** Our exec-server under the reference's app-server and the other way round: a command, a patch and an interrupt, by URL and as a program. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runTurn } from '../../src/client/index.ts';
import { eventually, withMark } from '../support/proc.ts';
import { referenceBinary, withoutReference } from '../support/reference.ts';
import { patch, run, say } from '../support/scripted-model.ts';
import { cli } from '../support/server.ts';
import { type Argv, startOrchestrator } from './orchestrator.ts';

const ours: Argv = [process.execPath, cli];
const theirs: Argv = [referenceBinary ?? ''];
const changed = '*** Begin Patch\n*** Update File: far.txt\n-before\n+after\n*** End Patch';
const text = (words: string) => [{ type: 'text' as const, text: words, text_elements: [] }];

describe.skipIf(withoutReference('the reference and our exec-server under one another'))('one drives, the other executes', () => {
  test.each([
    { driver: 'the reference', appServer: theirs, execServer: ours, reach: 'url' },
    { driver: 'the reference', appServer: theirs, execServer: ours, reach: 'program' },
    { driver: 'our app-server', appServer: ours, execServer: theirs, reach: 'url' },
    { driver: 'our app-server', appServer: ours, execServer: theirs, reach: 'program' },
  ] as const)(
    '$driver drives by $reach',
    async ({ appServer, execServer, reach }) => {
      // A number of its own finds the command among all processes.
      const seconds = `${600 + process.pid}.${Date.now() % 1000}`;
      const steps = [
        run("tr '\\0' ' ' </proc/$PPID/cmdline; echo; pwd; exit 3"),
        patch(changed),
        say('done'),
        run(`echo started; sleep ${seconds}`, { yield_time_ms: 30_000 }),
        run('echo again'),
        say('done'),
      ];
      await using far = await startOrchestrator({ appServer, execServer: [...execServer, 'exec-server'], reach, model: steps });
      const { client, work } = far;
      await writeFile(join(work, 'far.txt'), 'before\n');
      const { thread } = await client.request('thread/start', {
        ...{ cwd: work, approvalPolicy: 'never', sandbox: 'danger-full-access' },
        environments: [{ environmentId: 'far', cwd: work }],
      });
      const threadId = thread.id;

      const first = await runTurn(client, { threadId, input: text('go') });
      expect(first.turn.status).toBe('completed');
      const command = first.items.find(({ type }) => type === 'commandExecution');
      expect(command).toMatchObject({ exitCode: 3, aggregatedOutput: expect.stringContaining(`\n${work}\n`) });
      expect(command).toMatchObject({ aggregatedOutput: expect.stringContaining(`${execServer.join(' ')} exec-server --listen`) });
      expect(first.items.find(({ type }) => type === 'fileChange')).toMatchObject({ status: 'completed' });
      expect(await readFile(join(work, 'far.txt'), 'utf8')).toBe('after\n');
      expect(await far.asked()).toEqual(expect.arrayContaining(['initialize', 'process/start', 'fs/writeFile']));

      const begun = client.next('item/commandExecution/outputDelta', { matches: ({ delta }) => delta.includes('started') });
      const ended = client.next('turn/completed');
      const { turn } = await client.request('turn/start', { threadId, input: text('go') });
      await begun;
      await client.request('turn/interrupt', { threadId, turnId: turn.id });
      expect((await ended).turn).toMatchObject({ id: turn.id, status: 'interrupted' });
      console.log(reach, withMark(`sleep ${seconds}`), (await far.asked()).slice(-10), existsSync(work));

      const last = await runTurn(client, { threadId, input: text('go') });
      expect(last.items.find(({ type }) => type === 'commandExecution')).toMatchObject({ aggregatedOutput: 'again\n', exitCode: 0 });
      await client.request('thread/backgroundTerminals/clean', { threadId });
      await eventually('the command', () => withMark(`sleep ${seconds}`), (left) => left.length === 0);
    },
    60_000,
  );
});
