/** The reference's own terminal client against our server: it starts, runs a turn with an approved command, and quits. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { referenceBinary, withoutReference } from '../support/reference.ts';
import { hasTmux, startTerminal } from '../support/tmux.ts';

const terminalMissing = !(await hasTmux());
if (terminalMissing) console.warn('skipped: the terminal client needs tmux (sudo apt-get install -y tmux)');

describe.skipIf(withoutReference('the reference terminal client') || terminalMissing)('codex --remote', () => {
  let base: string;
  beforeAll(async () => {
    base = await realpath(await mkdtemp(join(homedir(), '.switchyard-foreign-')));
    for (const name of ['home', 'client', 'user', 'work']) await mkdir(join(base, name));
  });
  afterAll(() => rm(base, { recursive: true, force: true }));

  test('starts, shows the thread, runs a turn with an approved command, quits cleanly', async () => {
    const env = { PATH: process.env.PATH ?? '', TERM: 'xterm-256color', HOME: join(base, 'user') };
    const server = execa(
      process.execPath,
      [
        resolve('dist/switchyard.cjs'),
        'app-server',
        '--listen',
        'ws://127.0.0.1:0',
        '-c',
        'model_provider="rehearsal"',
        '-c',
        'model="rehearsal"',
      ],
      { cwd: join(base, 'work'), env: { ...env, CODEX_HOME: join(base, 'home') }, extendEnv: false, stdin: 'ignore', reject: false },
    );
    const url = await new Promise<string>((found, reject) => {
      let banner = '';
      server.stderr?.on('data', (bytes: Buffer) => {
        banner += bytes.toString();
        const match = /ws:\/\/127\.0\.0\.1:\d+/.exec(banner);
        if (match) found(match[0]);
      });
      void server.then(() => reject(new Error(`the server ended: ${banner}`)));
    });
    try {
      await using terminal = await startTerminal([referenceBinary ?? '', '--remote', url], {
        cwd: join(base, 'work'),
        env: { ...env, CODEX_HOME: join(base, 'client') },
      });
      await terminal.waitFor('Ask Codex to do anything');
      await terminal.submit('run escalated: touch made-by-the-client.txt', /Would you like to run the following command\?/);
      const question = await terminal.screen();
      expect(question).toContain('touch made-by-the-client.txt');
      await terminal.key('y');
      await terminal.waitFor(/Ran touch made-by-the-client\.txt/);
      await terminal.waitFor(/Worked for|Ask Codex to do anything/);
      expect(existsSync(join(base, 'work', 'made-by-the-client.txt'))).toBe(true);
      await terminal.submit('/quit', 'ended');
    } finally {
      server.kill('SIGTERM');
    }
    expect(await server).toMatchObject({ exitCode: 0 });
  }, 90_000);
});
