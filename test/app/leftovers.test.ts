/** After kills of either side, and after a thousand commands, nothing is left: no process, zombie, terminal or descriptor. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { declineEverything, runTurn, type SpawnedClient, spawnAppServer } from '../../src/client/index.ts';
import { childrenOf, descriptorsOf, eventually, withMark } from '../support/proc.ts';

const cli = resolve('dist/switchyard.cjs');
const serverArgs = [cli, 'app-server', '-c', 'model_provider="rehearsal"', '-c', 'model="rehearsal"'];
const everything = { approvalPolicy: 'never', sandbox: 'danger-full-access' } as const;

describe.skipIf(process.platform !== 'linux')('what is left', () => {
  let base: string;
  let env: Record<string, string>;
  beforeAll(async () => {
    base = await realpath(await mkdtemp(join(homedir(), '.switchyard-leftovers-')));
    await mkdir(join(base, 'home'));
    env = { PATH: process.env.PATH ?? '', HOME: base, CODEX_HOME: join(base, 'home') };
  });
  afterAll(() => rm(base, { recursive: true, force: true }));

  const start = (): Promise<SpawnedClient> =>
    spawnAppServer(
      { command: process.execPath, args: serverArgs, cwd: base, env },
      { clientInfo: { name: 'leftovers', version: '1' }, capabilities: { experimentalApi: true }, questions: declineEverything },
    );
  const startThread = async (client: SpawnedClient): Promise<string> =>
    (await client.request('thread/start', { cwd: base, ...everything })).thread.id;
  const say = (client: SpawnedClient, threadId: string, text: string) =>
    runTurn(client, { threadId, input: [{ type: 'text', text, text_elements: [] }] });

  test('a thousand commands, on pipes and on terminals', async () => {
    await using client = await start();
    const threadId = await startThread(client);
    // The first turn opens what stays open: the connection to the model, the guardian.
    await say(client, threadId, 'run `true`');
    const before = { descriptors: descriptorsOf(client.pid).length, children: childrenOf(client.pid).length };
    for (let round = 0; round < 50; round++) {
      const piped = Array.from({ length: 19 }, (_, index) => `\`echo ${round}-${index}\``);
      const { turn, items } = await say(client, threadId, `run in parallel ${piped.join(' and ')}`);
      expect(turn.status).toBe('completed');
      expect(items.filter((item) => item.type === 'commandExecution' && item.status === 'completed')).toHaveLength(19);
      await say(client, threadId, 'start `echo done; exit 0` in a terminal');
    }
    await client.request('thread/backgroundTerminals/clean', { threadId });
    await eventually(
      'children',
      () => childrenOf(client.pid),
      (children) => children.length <= before.children,
    );
    expect(childrenOf(client.pid).filter(({ state }) => state === 'Z')).toEqual([]);
    expect(descriptorsOf(client.pid).filter((target) => target.startsWith('/dev/pts') || target.includes('ptmx'))).toEqual([]);
    // Connections to the model may come and go by one or two; a leak of one per command would be a thousand.
    expect(descriptorsOf(client.pid).length).toBeLessThanOrEqual(before.descriptors + 4);
  }, 120_000);

  /** Commands of every kind, each a tree: on pipes, on a terminal, in the background, and one that leaves its session. */
  async function leaveRunning(client: SpawnedClient, mark: string): Promise<void> {
    const threadId = await startThread(client);
    await say(client, threadId, `start \`sleep ${mark}1 & sleep ${mark}2\``);
    await say(client, threadId, `start \`sleep ${mark}3 & sleep ${mark}4\` in a terminal`);
    await say(client, threadId, `start \`setsid sleep ${mark}5 & wait\``);
    await client.request('process/spawn', { command: ['sleep', `${mark}6`], processHandle: 'p', cwd: base });
    await eventually(
      'running',
      () => withMark(`sleep ${mark}`),
      (found) => new Set(found.map(({ command }) => command.match(/sleep \d+$/)?.[0])).size >= 6,
    );
  }

  test('the server is killed: nothing it started lives on', async () => {
    const client = await start();
    await leaveRunning(client, '71001');
    process.kill(client.pid, 'SIGKILL');
    await eventually(
      'survivors',
      () => withMark('sleep 71001'),
      (left) => left.length === 0,
      3000,
    );
    await client.close();
  });

  test('the end of input in the middle of it all: gone within two seconds', async () => {
    const client = await start();
    await leaveRunning(client, '72001');
    const began = performance.now();
    await client.close();
    expect(performance.now() - began).toBeLessThan(2000);
    expect(withMark('sleep 72001')).toEqual([]);
    expect(existsSync(`/proc/${client.pid}`)).toBe(false);
  });

  test('the client is killed: the server notices, ends everything and goes', async () => {
    const script = join(base, 'client.mjs');
    await writeFile(
      script,
      `import { spawn } from 'node:child_process';
const server = spawn(${JSON.stringify(process.execPath)}, ${JSON.stringify(serverArgs)}, { stdio: ['pipe', 'pipe', 'ignore'] });
const send = (m) => server.stdin.write(JSON.stringify(m) + '\\n');
send({ id: 0, method: 'initialize', params: { clientInfo: { name: 'k', version: '1' }, capabilities: { experimentalApi: true } } });
send({ id: 1, method: 'process/spawn', params: { command: ['sleep', '730011'], processHandle: 'p', cwd: '/' } });
process.stdout.write(String(server.pid));
setInterval(() => {}, 1000);`,
    );
    const client = execa(process.execPath, [script], { env, extendEnv: false, reject: false });
    const serverPid = Number(await new Promise<string>((found) => client.stdout?.once('data', (bytes: Buffer) => found(bytes.toString()))));
    await eventually(
      'running',
      () => withMark('sleep 730011'),
      (found) => found.length > 0,
    );
    client.kill('SIGKILL');
    await client;
    await eventually(
      'survivors',
      () => withMark('sleep 730011'),
      (left) => left.length === 0,
      3000,
    );
    await eventually(
      'server',
      () => existsSync(`/proc/${serverPid}`),
      (alive) => !alive,
      3000,
    );
  });
});
