/** The server is killed without a chance to tidy up: its guardian ends the commands and takes away what the sandbox had to create. */
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { silentLog } from '../../../src/base/log.ts';
import { defaultShellEnvironmentPolicy } from '../../../src/base/permission-profile.ts';
import { webSocketSource } from '../../../src/environment/providers.ts';
import { createRemoteEnvironment } from '../../../src/environment/remote.ts';
import { serverProgram, startProgram } from '../../environment/exec-servers.ts';
import { workspaceWrite } from './starters.ts';

test('P-40, U-14: after SIGKILL of the server its commands end and no guard stays behind, in the workspace or in /tmp', async () => {
  const ws = await realpath(await mkdtemp(join(homedir(), '.switchyard-killed-')));
  const inTmp = await realpath(await mkdtemp('/tmp/switchyard-killed-'));
  await mkdir(join(inTmp, 'root'));
  await using program = await serverProgram();
  await using server = await startProgram(program, { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: homedir() });
  const environment = createRemoteEnvironment({
    id: 'far',
    source: webSocketSource({ url: server.url, connectTimeoutMs: 5000 }),
    log: silentLog,
    recoveryMs: 1,
  });
  try {
    const running = await environment.processes.start(
      {
        id: 'one',
        argv: ['/bin/sh', '-c', 'echo up; while :; do echo tick >> ticks; sleep 0.05; done'],
        cwd: ws,
        env: { policy: defaultShellEnvironmentPolicy, overlay: {} },
        stdin: 'closed',
        sandbox: { profile: workspaceWrite(), policyCwd: ws, workspaceRoots: [ws, join(inTmp, 'root')] },
      },
      new AbortController().signal,
    );
    await new Promise<void>((resolve) => {
      running.onOutput(() => resolve());
    });
    expect(readdirSync(ws)).toContain('.git');
    expect(readdirSync(join(inTmp, 'root'))).toContain('.codex');
    await server.kill();
    await expect.poll(() => readdirSync(ws).filter((name) => name.startsWith('.')), { timeout: 10_000 }).toEqual([]);
    await expect.poll(() => readdirSync(join(inTmp, 'root')), { timeout: 10_000 }).toEqual([]);
    await expect.poll(() => existsSync(`/dev/shm/switchyard-mounts-${process.getuid?.() ?? 0}/${server.pid}`)).toBe(false);
  } finally {
    await environment.close();
    await rm(ws, { recursive: true, force: true });
    await rm(inTmp, { recursive: true, force: true });
  }
});
