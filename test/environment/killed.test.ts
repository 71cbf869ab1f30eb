/** When the program that owns an environment is killed without a chance to clean up, nothing it started stays. */
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { commandsWith, uniqueSleep } from './suite.ts';

const patience = { timeout: 5000, interval: 10 };
const childrenOf = (pid: number) => readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').map(Number);
/** Empty when the process is gone. */
const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
};

const source = resolve('src/environment/local.ts');
let directory: string;

/** A program that starts `scripts` in a local environment, half of them on terminals, says so, and waits to be killed. */
const owner = (scripts: readonly string[]) => `
  import { createLocalEnvironment } from ${JSON.stringify(source)};
  const environment = createLocalEnvironment({ baseEnv: { PATH: '/usr/bin:/bin' }, cwd: '/' });
  const policy = { inherit: 'core', ignoreDefaultExcludes: false, exclude: [], set: {}, includeOnly: [] };
  const signal = new AbortController().signal;
  const scripts = ${JSON.stringify(scripts)};
  for (const [index, script] of scripts.entries()) {
    for (const terminal of [undefined, { rows: 24, cols: 80 }]) {
      const running = await environment.processes.start({
        id: index + (terminal ? 'pty' : 'pipe'), argv: ['/bin/sh', '-c', script + '\\necho re""ady; wait; sleep 1000'], cwd: '/', stdin: 'pipe',
        env: { policy, overlay: { CODEX_THREAD_ID: 'thread-' + process.pid } }, ...(terminal ? { terminal } : {}),
      }, signal);
      await new Promise((resolve) => running.onOutput(({ bytes }) => bytes.includes('ready') && resolve()));
    }
  }
  console.log('started');
`;

async function start(scripts: readonly string[]): Promise<{ pid: number | undefined; kill(): void; ended: PromiseLike<unknown> }> {
  const entry = join(directory, `owner-${scripts.length}.ts`);
  await writeFile(entry, owner(scripts));
  const outfile = join(directory, `owner-${scripts.length}.mjs`);
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', packages: 'external', logLevel: 'error' });
  const child = execa('node', [outfile], { reject: false, stdin: 'ignore', buffer: false });
  await new Promise<void>((done, fail) => {
    child.stdout.once('data', () => done());
    child.once('exit', () => fail(new Error('the owner ended early')));
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  // Not the child itself: it is a promise of its end.
  return { pid: child.pid, kill: () => child.kill('SIGKILL'), ended: child };
}

describe.runIf(process.platform === 'linux')('after SIGKILL of the owner', () => {
  beforeAll(async () => {
    // Below the package, so that the bundle finds its external packages.
    directory = await mkdtemp(join(resolve('node_modules'), '.cache-killed-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  test('children, grandchildren, other sessions and detached daemons are gone', async () => {
    const length = uniqueSleep();
    const child = await start([
      `sleep ${length} &`,
      `trap '' TERM HUP; sleep ${length} & sleep ${length} &`,
      `setsid sleep ${length} &`,
      `(setsid sh -c 'sleep ${length} & sleep ${length}' &)`,
      `setsid sleep ${length} >/dev/null 2>&1 </dev/null &`,
      `(nohup setsid sleep ${length} >/dev/null 2>&1 </dev/null &)`,
    ]);
    expect(commandsWith(length).length).toBeGreaterThanOrEqual(16);
    child.kill();
    await child.ended;
    await vi.waitFor(() => expect(commandsWith(length)).toEqual([]), patience);
  });

  test('the guardian itself ends too, and takes the pipe directory with it', async () => {
    const length = uniqueSleep();
    const child = await start([`sleep ${length} &`]);
    const guardians = childrenOf(child.pid ?? 0).filter((pid) => commandOf(pid).includes('kill_round'));
    expect(guardians).toHaveLength(1);
    const [directory] = readlinkSync(`/proc/${commandsWith(length)[0]?.split(' ')[0]}/fd/1`).split(/\/\d+ \(deleted\)/);
    expect(existsSync(directory ?? '')).toBe(true);
    child.kill();
    await child.ended;
    await vi.waitFor(() => expect([guardians.map(commandOf), existsSync(directory ?? '')]).toEqual([[''], false]), patience);
    expect(commandsWith(length)).toEqual([]);
  });
});
