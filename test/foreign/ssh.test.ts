/** An environment behind a real ssh: a server of its own on a loopback port, with keys that live as long as the test. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { runTurn } from '../../src/client/index.ts';
import { eventually, withMark } from '../support/proc.ts';
import { patch, run, say, startScriptedModel } from '../support/scripted-model.ts';
import { cli } from '../support/server.ts';
import { farThread, openAppServer, scratch, text } from './orchestrator.ts';

const sshd = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd'].find((path) => existsSync(path));
if (sshd === undefined) console.warn('skipped: an environment behind ssh needs sshd (sudo apt-get install -y openssh-server)');

interface SshServer extends AsyncDisposable {
  readonly port: number;
  /** Arguments of `ssh` that reach it without asking anything. */
  readonly clientArgs: readonly string[];
}

/** Below `root`, whose directory `ssh` it makes. */
async function startSshd(program: string, root: string): Promise<SshServer> {
  const at = (name: string) => join(root, 'ssh', name);
  await mkdir(join(root, 'ssh'), { mode: 0o700 });
  for (const name of ['host', 'user']) await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', at(name)]);
  const port = await freePort();
  await writeFile(at('authorized'), await readFile(at('user.pub')), { mode: 0o600 });
  await writeFile(at('known'), `[127.0.0.1]:${port} ${await readFile(at('host.pub'), 'utf8')}`);
  const settings = [
    ...[`ListenAddress 127.0.0.1:${port}`, `HostKey ${at('host')}`, `AuthorizedKeysFile ${at('authorized')}`, 'PidFile none'],
    ...['StrictModes no', 'UsePAM no', 'PasswordAuthentication no', 'KbdInteractiveAuthentication no', 'PermitRootLogin prohibit-password'],
  ];
  await writeFile(at('config'), `${settings.join('\n')}\n`);
  // A system service makes this directory at its start; without it sshd refuses to run as root.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const server = execa(program, ['-D', '-e', '-f', at('config')], { stdin: 'ignore', stdout: 'ignore', reject: false, buffer: false });
  const written: string[] = [];
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: server.stderr }).on('line', (line) => {
      written.push(line);
      if (line.includes('Server listening on')) resolve();
    });
    void server.then(() => reject(new Error(`sshd ended: ${written.join('\n')}`)));
  });
  const options = ['BatchMode=yes', 'IdentitiesOnly=yes', 'StrictHostKeyChecking=yes', `UserKnownHostsFile=${at('known')}`];
  return {
    port,
    clientArgs: [
      ...['-T', '-F', 'none', ...options.flatMap((option) => ['-o', option])],
      ...['-i', at('user'), '-p', String(port), `${userInfo().username}@127.0.0.1`],
    ],
    async [Symbol.asyncDispose]() {
      server.kill('SIGTERM');
      await server;
    },
  };
}

/** sshd takes no port 0. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

describe.skipIf(sshd === undefined)('ssh', () => {
  test('a turn with a command and a patch at the other end, and nothing is left there', async () => {
    await using directory = await scratch('home', 'user', 'work', 'far-home');
    const { root } = directory;
    await using ssh = await startSshd(sshd ?? '', root);
    const added = '*** Begin Patch\n*** Add File: far.txt\n+from afar\n*** End Patch';
    await using model = await startScriptedModel(
      run("tr '\\0' '\\n' </proc/$PPID/environ | grep ^SSH_CONNECTION=; exit 3"),
      patch(added),
      say('done'),
    );
    const there = `exec env CODEX_HOME=${join(root, 'far-home')} ${process.execPath} ${cli} exec-server --listen stdio`;
    const declaration = `program = "ssh"\nargs = ${JSON.stringify([...ssh.clientArgs, there])}`;
    const client = await openAppServer([process.execPath, cli], { root, modelUrl: model.url, declaration });
    const servers = () => withMark(`${cli} exec-server --listen stdio`).filter(({ command }) => command.startsWith(process.execPath));
    const others = new Set(servers().map(({ pid }) => pid));
    const signal = AbortSignal.timeout(20_000);
    try {
      const work = join(root, 'work');
      const threadId = await farThread(client, work);
      const { turn, items } = await runTurn(client, { threadId, input: text('go') }, { signal });
      expect(turn.status).toBe('completed');
      expect(items.find(({ type }) => type === 'commandExecution')).toMatchObject({
        aggregatedOutput: expect.stringMatching(new RegExp(`^SSH_CONNECTION=127\\.0\\.0\\.1 \\d+ 127\\.0\\.0\\.1 ${ssh.port}\n$`)),
        exitCode: 3,
      });
      expect(await readFile(join(work, 'far.txt'), 'utf8')).toBe('from afar\n');
      expect(await client.request('environment/status', { environmentId: 'far' })).toEqual({ status: 'ready' });
    } finally {
      await client.close();
      await client.exited;
    }
    await eventually(
      'the exec-server at the other end',
      () => servers().filter(({ pid }) => !others.has(pid)),
      ({ length }) => length === 0,
    );
  }, 60_000);
});
