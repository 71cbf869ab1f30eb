/** Links swapped under file operations that we carry out ourselves: a hundred thousand swaps, and nothing lands outside. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import type { PermissionProfile, SandboxRequest } from '../../src/base/permission-profile.ts';
import { webSocketSource } from '../../src/environment/providers.ts';
import { createRemoteEnvironment } from '../../src/environment/remote.ts';
import { createFiles } from '../../src/host/files.ts';
import { policyOfMode, profileOf } from '../../src/policy/permissions.ts';
import { startShipped } from '../environment/exec-servers.ts';
import { type Place, places } from './stage.ts';

const swaps = 100_000;
const swapper = `
const { symlinkSync, unlinkSync, mkdirSync, rmSync } = require('node:fs');
let done = 0;
const go = () => {
  for (let n = 0; n < 500; n++, done++) {
    try { symlinkSync('../outside', 'race'); unlinkSync('race'); mkdirSync('race'); rmSync('race', { recursive: true }); } catch { try { rmSync('race', { recursive: true, force: true }); } catch {} }
  }
  process.stdout.write(done + '\\n');
  setImmediate(go);
};
go();`;

let base: string;
let child: ChildProcess | undefined;
beforeAll(async () => {
  base = await realpath(await mkdtemp(join(homedir(), '.switchyard-race-')));
  await mkdir(join(base, 'work'));
  await mkdir(join(base, 'outside'));
  await writeFile(join(base, 'outside/file'), 'untouched');
});
afterAll(async () => {
  child?.kill('SIGKILL');
  await rm(base, { recursive: true, force: true });
});

async function filesOf(place: Place) {
  if (place === 'local') return createFiles();
  const server = await startShipped({ PATH: process.env.PATH ?? '', HOME: base });
  const source = webSocketSource({ url: server.url, connectTimeoutMs: 20_000 });
  const environment = createRemoteEnvironment({ id: 'far', source, log: silentLog });
  onTestFinished(async () => {
    await environment.close();
    await server[Symbol.asyncDispose]();
  });
  return environment.files;
}

/** Reads nothing outside either. */
const onlyTheWorkspace: PermissionProfile = {
  type: 'managed',
  network: 'restricted',
  file_system: { type: 'restricted', entries: [{ path: { type: 'special', value: { kind: 'project_roots' } }, access: 'write' }] },
};

const name = 'H-20, CVE-2025-class check-then-use: writes, reads, removals and copies through a swapped directory stay inside';

test.each(places)(
  `$place: ${name}`,
  async ({ place }) => {
    const work = join(base, 'work');
    const files = await filesOf(place);
    const sandbox = { profile: profileOf(policyOfMode('workspace-write')), policyCwd: work, workspaceRoots: [work] };
    const narrow: SandboxRequest = { ...sandbox, profile: onlyTheWorkspace };
    const swapping = spawn(process.execPath, ['-e', swapper], { cwd: work, stdio: ['ignore', 'pipe', 'inherit'] });
    child = swapping;
    onTestFinished(() => {
      swapping.kill('SIGKILL');
    });
    let done = 0;
    swapping.stdout.on('data', (bytes: Buffer) => {
      done = Number(bytes.toString().trim().split('\n').at(-1));
    });
    const at = join(work, 'race');
    let tries = 0;
    const seen = new Set<string>();
    const ignore = () => {};
    while (done < swaps) {
      tries += 1;
      await Promise.all([
        files.createDirectory(join(at, 'made'), { recursive: true, sandbox }).catch(ignore),
        files.writeFile(join(at, `new${tries}`), Buffer.from('evil'), { sandbox }).catch(ignore),
        files.writeFile(join(at, 'file'), Buffer.from('evil'), { sandbox }).catch(ignore),
        files.remove(join(at, 'file'), { recursive: true, force: true, sandbox }).catch(ignore),
        files.readFile(join(at, 'file'), { sandbox: narrow }).then((read) => seen.add(read.toString()), ignore),
        files.copy(join(base, 'outside/file'), join(at, 'copy'), { recursive: false, sandbox }).catch(ignore),
      ]);
    }
    expect(tries).toBeGreaterThan(100);
    expect([...seen]).not.toContain('untouched');
    expect(await readdir(join(base, 'outside'))).toEqual(['file']);
    expect(await readFile(join(base, 'outside/file'), 'utf8')).toBe('untouched');
  },
  240_000,
);
