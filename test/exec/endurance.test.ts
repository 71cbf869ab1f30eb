/** A gigabyte for a client that stands still, two clients that want one session, and ids that are used over and over. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { cli } from '../support/server.ts';
import { tempWorkspace } from '../support/workspace.ts';
import { type ExecClient, type Executor, startExecutor } from './support.ts';

const gigabyte = 1024 ** 3;
const talk = `seq 1 200000000 | head -c ${gigabyte}`;

/** Bytes, from /proc. */
function memoryOf(pid: number | undefined, field: 'VmRSS' | 'VmHWM'): number {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`${field}:\\s+(\\d+) kB`));
  return Number(line?.[1]) * 1024;
}

test.runIf(process.platform === 'linux')(
  'a client that stands still while a gigabyte is printed: bounded memory, then every byte',
  async () => {
    await using space = await tempWorkspace();
    const env = { PATH: '/usr/bin:/bin', HOME: space.root, CODEX_HOME: space.root };
    const options = { env, extendEnv: false, stderr: 'ignore', reject: false, buffer: false } as const;
    const server = execa(process.execPath, [cli, 'exec-server', '--listen', 'stdio'], options);
    onTestFinished(() => void server.kill('SIGKILL'));
    const start = { processId: 'p', argv: ['/bin/sh', '-c', talk], cwd: 'file:///', env: { PATH: env.PATH }, tty: false };
    const requests = [
      { id: 1, method: 'initialize', params: { clientName: 'p' } },
      { method: 'initialized' },
      { id: 2, method: 'process/start', params: start },
    ];
    server.stdin.write(requests.map((request) => `${JSON.stringify(request)}\n`).join(''));
    // The pipe to us is full and the program has far more to say: what the server holds stops growing.
    await new Promise((readable) => server.stdout.once('readable', readable));
    let last = 0;
    const grew = () => {
      const before = last;
      last = memoryOf(server.pid, 'VmRSS');
      return last - before;
    };
    await expect.poll(grew, { interval: 500, timeout: 20_000 }).toBeLessThan(1024 * 1024);
    const stalled = memoryOf(server.pid, 'VmHWM');

    const hash = createHash('sha256');
    let [bytes, seq] = [0, 0];
    for await (const line of createInterface({ input: server.stdout })) {
      const event = /"seq":(\d+)(?:,"stream":"stdout","chunk":"([^"]*)")?/.exec(line);
      if (!event) continue;
      seq += 1;
      if (Number(event[1]) !== seq) throw new Error(`event ${event[1]} came after ${seq - 1}`);
      const chunk = Buffer.from(event[2] ?? '', 'base64');
      bytes += chunk.length;
      hash.update(chunk);
      if (line.includes('"process/closed"')) break;
    }
    const { stdout } = await execa('/bin/sh', ['-c', `${talk} | sha256sum`]);
    expect([bytes, `${hash.digest('hex')}  -`]).toEqual([gigabyte, stdout]);
    expect(Math.max(stalled, memoryOf(server.pid, 'VmHWM'))).toBeLessThan(384 * 1024 * 1024);
    server.stdin.end();
    expect((await server).exitCode).toBe(0);
  },
  300_000,
);

/** Asks until the session is free. */
async function take(executor: Executor, sessionId: string): Promise<{ client: ExecClient; refused: number }> {
  for (let refused = 0; ; refused += 1) {
    const client = await executor.connect('websocket');
    try {
      await client.handshake(sessionId);
      return { client, refused };
    } catch (error) {
      if (!(error instanceof Error && error.message === `session ${sessionId} is already attached to another connection`)) throw error;
      await client.close();
    }
  }
}

test('two clients that fight over a session: one has it at a time undisturbed, and every line is there once', async () => {
  await using executor = await startExecutor();
  const first = await executor.open('websocket');
  const { sessionId } = first;
  await first.sh('p', 'while read line; do echo "$line"; done', { pipeStdin: true });
  await first.close();
  const rounds = 20;
  let [attached, refusals] = [0, 0];
  const fighter = async (name: string) => {
    for (let round = 0; round < rounds; round += 1) {
      const { client, refused } = await take(executor, sessionId);
      refusals += refused;
      attached += 1;
      expect(attached).toBe(1);
      for (const _ of [1, 2]) {
        expect(await client.write('p', `${name}${round}\n`, `${name}${round}`)).toEqual({ status: 'accepted' });
      }
      expect(await client.call('environment/status', {})).toEqual({ status: 'ready' });
      attached -= 1;
      await client.close();
    }
  };
  await Promise.all([fighter('a'), fighter('b')]);
  const { client } = await take(executor, sessionId);
  const read = async () => {
    const { chunks } = await client.call('process/read', { processId: 'p' });
    return Buffer.concat(chunks.map(({ chunk }) => Buffer.from(chunk, 'base64'))).toString();
  };
  const expected = ['a', 'b'].flatMap((name) => Array.from({ length: rounds }, (_, round) => `${name}${round}`));
  await expect.poll(async () => (await read()).trim().split('\n').sort()).toEqual(expected.sort());
  expect(refusals).toBeGreaterThan(0);
});

test('an id that is used again is a new process with events of its own', async () => {
  await using executor = await startExecutor({ closedRetentionMs: 1 });
  const client = await executor.open('websocket');
  for (let round = 0; round < 50; round += 1) {
    client.notes.length = 0;
    const started = () =>
      client.sh('p', `cat; echo ${round}`, { pipeStdin: false }).then(
        () => 'started',
        (error: Error) => error.message,
      );
    const answers = new Set<string>();
    await expect
      .poll(
        async () => {
          const answer = await started();
          answers.add(answer);
          return answer;
        },
        { interval: 1 },
      )
      .toBe('started');
    await client.closedProcess('p');
    expect([client.output('p').toString(), client.seqs('p')]).toEqual([`${round}\n`, [1, 2, 3]]);
    expect(await client.call('process/terminate', { processId: 'p' })).toEqual({ running: false });
    for (const answer of answers) expect(['started', 'process p already exists']).toContain(answer);
  }
});
