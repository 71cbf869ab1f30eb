/** What the process layer adds to the suite of all environments: the sandbox seam, arguments of the host, its own upkeep. */
import { closeSync, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { execa } from 'execa';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { defaultShellEnvironmentPolicy, type SandboxRequest } from '../../src/base/permission-profile.ts';
import { type OutputChunk, type ProcessRequest, SandboxUnavailable } from '../../src/host/process-types.ts';
import { createProcesses, type HostProcessesOptions } from '../../src/host/processes.ts';
import { looksDenied } from '../../src/host/sandbox/denied.ts';
import { plainSpawn, type SandboxedSpawn, type SandboxSpawnSpec } from '../../src/host/sandbox/index.ts';
import { tempWorkspace } from '../support/workspace.ts';

const never = new AbortController().signal;
const linux = process.platform === 'linux';

function host(options: Partial<HostProcessesOptions> = {}) {
  const processes = createProcesses({ baseEnv: { PATH: process.env.PATH ?? '' }, ...options });
  onTestFinished(() => processes.close());
  return processes;
}

const shell = (script: string, more: Partial<ProcessRequest> = {}): ProcessRequest => ({
  id: 'p',
  argv: ['/bin/sh', '-c', script],
  cwd: '/',
  env: { policy: defaultShellEnvironmentPolicy, overlay: {} },
  stdin: 'closed',
  ...more,
});

const readOnly: SandboxRequest = {
  profile: {
    type: 'managed',
    file_system: { type: 'restricted', entries: [{ path: { type: 'special', value: { kind: 'root' } }, access: 'read' }] },
    network: 'restricted',
  },
  policyCwd: '/',
  workspaceRoots: ['/'],
};

/** A backend that confines nothing and says what it saw. */
function transparent(change: (spec: SandboxSpawnSpec) => Partial<SandboxedSpawn> = () => ({})) {
  const seen: { specs: SandboxSpawnSpec[]; cleanups: number } = { specs: [], cleanups: 0 };
  const backend = async (spec: SandboxSpawnSpec): Promise<SandboxedSpawn> => {
    seen.specs.push(spec);
    const cleanup = async () => {
      await Promise.resolve();
      seen.cleanups += 1;
    };
    return { ...plainSpawn(spec), kind: 'linux', cleanup, ...change(spec) };
  };
  return { seen, sandboxBackend: async () => backend };
}

async function finish(processes: ReturnType<typeof host>, request: ProcessRequest) {
  const running = await processes.start(request, never);
  const chunks: OutputChunk[] = [];
  running.onOutput((chunk) => chunks.push(chunk));
  await running.closed;
  return { outcome: await running.exited, text: Buffer.concat(chunks.map(({ bytes }) => bytes)).toString(), running };
}

describe('the sandbox seam', () => {
  test('where no sandbox can be had, a managed profile is refused and nothing runs', async () => {
    await using workspace = await tempWorkspace();
    const processes = host({ sandboxBackend: async () => undefined });
    const request = shell('touch ran', { cwd: workspace.root, sandbox: readOnly });
    await expect(processes.start(request, never)).rejects.toBeInstanceOf(SandboxUnavailable);
    await expect(processes.start({ ...request, terminal: { rows: 24, cols: 80 } }, never)).rejects.toBeInstanceOf(SandboxUnavailable);
    expect(readdirSync(workspace.root)).toEqual([]);
    expect((await finish(processes, shell('exit 0'))).outcome).toMatchObject({ exitCode: 0 });
  });

  test('disabled, external and wholly open profiles run as they are; a child without network is told so', async () => {
    const processes = host({ sandboxBackend: async () => undefined });
    const open = { type: 'unrestricted' } as const;
    const profiles = [
      [{ type: 'disabled' }, ''],
      [{ type: 'external', network: 'enabled' }, ''],
      [{ type: 'external', network: 'restricted' }, '1'],
      [{ type: 'managed', file_system: open, network: 'enabled' }, ''],
    ] as const;
    for (const [profile, told] of profiles) {
      const request = shell('printf %s "$CODEX_SANDBOX_NETWORK_DISABLED"', { sandbox: { ...readOnly, profile } });
      expect(await finish(processes, request)).toMatchObject({ text: told, outcome: { exitCode: 0, sandboxDenied: false } });
    }
    await expect(
      processes.start(
        shell('true', { sandbox: { ...readOnly, profile: { type: 'managed', file_system: open, network: 'restricted' } } }),
        never,
      ),
    ).rejects.toBeInstanceOf(SandboxUnavailable);
  });

  test('the backend sees the whole spawn and changes program, descriptors and variables', async () => {
    const { seen, sandboxBackend } = transparent((spec) => ({
      args: ['-c', 'cat <&3; printf " %s %s" "$ADDED" "$LD_PRELOAD"', ...spec.argv.slice(3)],
      extraFds: [openSync('/etc/hostname', 'r')],
      env: { ADDED: 'yes', LD_PRELOAD: null },
    }));
    const processes = host({ sandboxBackend });
    const env: ProcessRequest['env'] = { policy: defaultShellEnvironmentPolicy, overlay: { LD_PRELOAD: '/none.so', A: 'b' } };
    const { text, running } = await finish(processes, shell('unused', { sandbox: readOnly, env, arg0: 'named' }));
    expect(text).toBe(`${readFileSync('/etc/hostname', 'utf8')} yes `);
    expect(running.sandbox).toBe('linux');
    expect(seen.specs).toEqual([
      {
        ...{ argv: ['/bin/sh', '-c', 'unused'], arg0: 'named', cwd: '/', sandbox: readOnly, terminal: false },
        env: { PATH: process.env.PATH, LD_PRELOAD: '/none.so', A: 'b' },
      },
    ]);
    expect(seen.cleanups).toBe(1);
  });

  test('what the backend opened and left is cleaned up, also when the program cannot start', async () => {
    const opened: number[] = [];
    const { seen, sandboxBackend } = transparent(() => {
      const fd = openSync('/dev/null', 'r');
      opened.push(fd);
      return { file: '/no/such/program', extraFds: [fd] };
    });
    const processes = host({ sandboxBackend });
    for (const more of [{}, { stdin: 'pipe' as const }, { terminal: { rows: 24, cols: 80 } }]) {
      await expect(processes.start(shell('true', { sandbox: readOnly, ...more }), never)).rejects.toThrow(
        'No such file or directory (os error 2)',
      );
    }
    expect(seen.cleanups).toBe(3);
    for (const fd of opened) expect(() => fstatSync(fd)).toThrow(expect.objectContaining({ code: 'EBADF' }));
  });

  test.each([
    ['echo "Permission denied" >&2; exit 1', true],
    ['echo "x: Read-only file system"; exit 2', true],
    ['printf "operation not "; sleep 0.02; printf "PERMITTED"; exit 9', true],
    ['exit 3', false],
    ['echo "permission denied"; exit 0', false],
    ['exit 126', false],
    ['kill -SYS $$', true],
    ['kill -KILL $$', false],
  ])('%s: denied %s', async (script, sandboxDenied) => {
    const { sandboxBackend } = transparent();
    const { outcome } = await finish(host({ sandboxBackend }), shell(script, { sandbox: readOnly }));
    expect(outcome).toMatchObject({ kind: 'exited', sandboxDenied });
    expect((await finish(host(), shell(script))).outcome).toMatchObject({ sandboxDenied: false });
  });

  test('a telltale may be split over two chunks of one stream or of both', () => {
    const chunk = (seq: number, stream: OutputChunk['stream'], text: string): OutputChunk => ({ seq, stream, bytes: Buffer.from(text) });
    const judged = (...chunks: OutputChunk[]) => looksDenied({ exitCode: 1, chunks, sandbox: 'linux' });
    expect(judged(chunk(1, 'stderr', 'Permission '), chunk(2, 'stdout', '…'), chunk(3, 'stderr', 'denied'))).toBe(true);
    expect(judged(chunk(1, 'stderr', 'sec'), chunk(2, 'stdout', 'comp'))).toBe(true);
    expect(judged(chunk(1, 'stdout', 'denied permission'))).toBe(false);
    expect(looksDenied({ exitCode: 1, chunks: [chunk(1, 'pty', 'landlock')], sandbox: 'none' })).toBe(false);
  });
});

describe.runIf(linux)('descriptors', () => {
  test('what our own parent left open does not reach our children', async () => {
    // A process of its own, because descriptors are inherited at its start.
    const program = `
      import { spawnChild } from ${JSON.stringify(`${process.cwd()}/src/host/spawn.ts`)};
      const child = await spawnChild(
        { file: '/bin/sh', args: ['-c', 'for fd in 7 200; do readlink /proc/$$/fd/$fd || echo closed; done'], cwd: '/', env: {}, extraFds: [], arg0: undefined },
        { stdio: ['ignore', 'inherit', 'inherit'], ownSession: true },
      );
      await new Promise((resolve) => child.once('exit', resolve));`;
    await using workspace = await tempWorkspace({ 'entry.ts': program, secret: 's' });
    await execa('node_modules/.bin/esbuild', [
      workspace.path('entry.ts'),
      ...['--bundle', '--platform=node', '--format=esm', '--log-level=error', `--outfile=${workspace.path('entry.mjs')}`],
    ]);
    const script = `exec 7<"$1/secret" 200>>"$1/secret"; node "$1/entry.mjs"; readlink /proc/self/fd/200`;
    const { stdout } = await execa('bash', ['-c', script, 'bash', workspace.root]);
    // Node closes the low ones by itself.
    expect(stdout.split('\n')).toEqual(['closed', '/dev/null', workspace.path('secret')]);
  });

  test('when descriptors run out, starts fail in words and everything recovers', async () => {
    const processes = host();
    await finish(processes, shell('true'));
    const before = readdirSync('/proc/self/fd').length;
    const hog: number[] = [];
    // A limit of our own would need a process of its own; the real one is close enough to reach.
    const limit = Number(/Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);
    if (limit > 70_000) return;
    try {
      for (;;) hog.push(openSync('/dev/null', 'r'));
    } catch (error) {
      expect(error).toMatchObject({ code: 'EMFILE' });
    }
    try {
      await expect(processes.start(shell('true'), never)).rejects.toMatchObject({ name: 'SpawnError' });
    } finally {
      for (const fd of hog) closeSync(fd);
    }
    expect((await finish(processes, shell('exit 4'))).outcome).toMatchObject({ exitCode: 4 });
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });
});

describe.runIf(linux)('the guardian', () => {
  const guardians = (): number[] =>
    readFileSync(`/proc/self/task/${process.pid}/children`, 'latin1')
      .trim()
      .split(' ')
      .map(Number)
      .filter((pid) => pid > 0 && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('kill_round'));

  test('there is one per owner, only once something runs, and it ends with the owner', async () => {
    const [first, second] = [host(), host()];
    expect(guardians()).toEqual([]);
    await finish(first, shell('true'));
    await finish(first, shell('true'));
    expect(guardians()).toHaveLength(1);
    await finish(second, shell('true'));
    expect(guardians()).toHaveLength(2);
    await first.close();
    await second.close();
    expect(guardians()).toEqual([]);
  });

  test('one that was killed is replaced, and knows what runs', async () => {
    const processes = host();
    const running = await processes.start(shell('sleep 60'), never);
    const [killed] = guardians();
    if (killed !== undefined) process.kill(killed, 'SIGKILL');
    await vi.waitFor(() => expect(guardians().filter((pid) => pid !== killed)).toHaveLength(1));
    await running.terminate();
  });
});

test('output settings: pieces and window', async () => {
  const processes = host({ output: { maxChunkBytes: 8192, maxBytes: 100_000, keep: 'newest' } });
  const { running } = await finish(processes, shell('head -c 300000 /dev/zero'));
  const kept = [...running.log.retained()];
  expect(Math.max(...kept.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(8192);
  expect(running.log.retainedBytes).toBeLessThanOrEqual(100_000);
  expect(kept[0]?.seq).toBeGreaterThan(1);
});

test('the signal a process died of is told apart from an exit code of the same number', async () => {
  const processes = host();
  const [killed, left] = [await finish(processes, shell('kill -KILL $$')), await finish(processes, shell('exit 137'))];
  expect([killed.outcome, killed.running.endSignal]).toEqual([{ kind: 'exited', exitCode: 137, sandboxDenied: false }, 'SIGKILL']);
  expect([left.outcome, left.running.endSignal]).toEqual([{ kind: 'exited', exitCode: 137, sandboxDenied: false }, null]);
});
