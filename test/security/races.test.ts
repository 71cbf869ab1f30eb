/** Links swapped under file operations that we carry out ourselves: a hundred thousand swaps, and nothing lands outside. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFiles } from '../../src/host/files.ts';
import { policyOfMode, profileOf } from '../../src/policy/permissions.ts';

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

test('H-20, CVE-2025-class check-then-use: writes, reads, removals and copies through a swapped directory stay inside', async () => {
  const work = join(base, 'work');
  const files = createFiles();
  const sandbox = { profile: profileOf(policyOfMode('workspace-write')), policyCwd: work, workspaceRoots: [work] };
  const swapping = spawn(process.execPath, ['-e', swapper], { cwd: work, stdio: ['ignore', 'pipe', 'inherit'] });
  child = swapping;
  let done = 0;
  swapping.stdout.on('data', (bytes: Buffer) => {
    done = Number(bytes.toString().trim().split('\n').at(-1));
  });
  const at = join(work, 'race');
  let tries = 0;
  const ignore = () => {};
  while (done < swaps) {
    tries += 1;
    await Promise.all([
      files.createDirectory(join(at, 'made'), { recursive: true, sandbox }).catch(ignore),
      files.writeFile(join(at, `new${tries}`), Buffer.from('evil'), { sandbox }).catch(ignore),
      files.writeFile(join(at, 'file'), Buffer.from('evil'), { sandbox }).catch(ignore),
      files.remove(join(at, 'file'), { recursive: true, force: true, sandbox }).catch(ignore),
      files.copy(join(base, 'outside/file'), join(at, 'copy'), { recursive: false, sandbox }).catch(ignore),
    ]);
  }
  expect(tries).toBeGreaterThan(100);
  expect(await readdir(join(base, 'outside'))).toEqual(['file']);
  expect(await readFile(join(base, 'outside/file'), 'utf8')).toBe('untouched');
}, 60_000);
