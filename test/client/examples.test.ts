import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';

const rehearse = ['-c', 'model_provider=rehearsal', '-c', 'model=rehearsal'];
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'swy-examples-'));
  await mkdir(join(dir, 'ws'));
});
afterAll(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));

const run = (example: string, args: readonly string[], input = '') =>
  execa('node', [resolve('docs/examples', example), ...args], { cwd: join(dir, 'ws'), env: { CODEX_HOME: dir }, input, timeout: 20_000 });

test('the plain script asks before it runs a command, and shows what came of it', async () => {
  const { stdout } = await run(
    'ask.mjs',
    [
      'run: echo $((6 * 7)) > made.txt; cat made.txt',
      ...rehearse,
      '-c',
      'approval_policy="untrusted"',
      '-c',
      'sandbox_mode="danger-full-access"',
    ],
    'y\n',
  );
  expect(stdout).toContain('Allow? [y/N]');
  expect(stdout).toContain('42');
  expect(stdout).toContain('[completed]');
});

test('the example without a library speaks with Content-Length headers', async () => {
  const { stdout } = await run('content-length.mjs', ['say: grüß dich', 'node', resolve('dist/switchyard.cjs'), 'app-server', ...rehearse]);
  expect(stdout).toContain('grüß dich');
  expect(stdout).toContain('[completed]');
});
