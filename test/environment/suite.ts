/** What every environment must do, local or remote: the same tests run against each. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { defaultShellEnvironmentPolicy } from '../../src/base/permission-profile.ts';
import type { Environment, OutputChunk, ProcessOutcome, ProcessRequest, RunningProcess } from '../../src/environment/environment.ts';
import { tempWorkspace, type Workspace } from '../support/workspace.ts';
import { describeTrees } from './file-suite.ts';

/** What the wire to an exec-server, or one server behind it, has no way to do. Everything else must work everywhere. */
export type Ability =
  /** Closing the standard input of a process without a terminal. */
  | 'closeStdin'
  | 'resize'
  /** Signals besides SIGINT and SIGKILL, and a grace before the kill. */
  | 'signals'
  /** 130 and its like for a process on a terminal that a signal ended. */
  | 'signalExitOnTerminal'
  /** Ending what left the process group. */
  | 'wholeTree'
  /** Ending what outlived its leader. */
  | 'leftBehind'
  /** Refusals in the system's words, and another first argument, on a terminal too. */
  | 'terminalStart'
  /** The variables of the server itself, with nothing added by it. */
  | 'plainVariables'
  /** No descriptor of the server in a command, and none kept after it. */
  | 'descriptorHygiene';

export interface EnvironmentCase {
  readonly lacks?: readonly Ability[];
  /** Commands of the test that counts what a thousand of them leave behind. Default 1000. */
  readonly manyCommands?: number;
  /** Opens one whose host variables are `baseEnv`; closing it is the suite's. */
  open(baseEnv: Readonly<Record<string, string>>): Promise<Environment>;
  /** Process id of the server that starts the commands: whose descriptors and children are counted. */
  serverPid(): number;
}

const never = new AbortController().signal;
const baseEnv = { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: '/home/of-host', API_TOKEN: 'secret', EDITOR: 'vi' };
const terminal = { rows: 24, cols: 80 };

let count = 0;
const request = (argv: readonly [string, ...string[]], more: Partial<ProcessRequest> = {}): ProcessRequest => ({
  id: `p${(count += 1)}`,
  argv,
  cwd: '/',
  env: { policy: defaultShellEnvironmentPolicy, overlay: {} },
  stdin: 'closed',
  ...more,
});
const shell = (script: string, more: Partial<ProcessRequest> = {}) => request(['/bin/sh', '-c', script], more);

interface Finished {
  readonly outcome: ProcessOutcome;
  readonly chunks: readonly OutputChunk[];
}

const text = (chunks: readonly OutputChunk[], stream?: OutputChunk['stream']): string =>
  Buffer.concat(chunks.filter((chunk) => stream === undefined || chunk.stream === stream).map(({ bytes }) => bytes)).toString();

async function run(environment: Environment, what: ProcessRequest): Promise<Finished> {
  await using running = await environment.processes.start(what, never);
  const chunks: OutputChunk[] = [];
  running.onOutput((chunk) => chunks.push(chunk));
  const outcome = await running.exited;
  await running.closed;
  return { outcome, chunks };
}

/** Resolves once the output so far contains `wanted`. */
function said(running: RunningProcess, wanted: string): Promise<string> {
  let all = '';
  return new Promise((resolve) => {
    running.onOutput(({ bytes }) => {
      all += bytes.toString();
      if (all.includes(wanted)) resolve(all);
    });
  });
}

const exited = (exitCode: number): ProcessOutcome => ({ kind: 'exited', exitCode, sandboxDenied: false });

/** Live processes whose command line contains `mark`. */
export function commandsWith(mark: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
        return command.includes(mark) ? [`${pid} ${command}`] : [];
      } catch {
        return []; // it ended while we looked
      }
    });
}

/** A sleep nobody else runs, to be looked for afterwards. */
export const uniqueSleep = (): string => `${1000 + Math.floor(Math.random() * 1e6)}.${process.pid}`;

export function describeEnvironment(name: string, kind: EnvironmentCase): void {
  const opened = async (): Promise<{ environment: Environment; workspace: Workspace }> => {
    const workspace = await tempWorkspace();
    const environment = await kind.open(baseEnv);
    onTestFinished(async () => {
      await environment.close();
      await workspace[Symbol.asyncDispose]();
    });
    return { environment, workspace };
  };
  const linux = process.platform === 'linux';
  const can = (ability: Ability): boolean => !kind.lacks?.includes(ability);

  describe(`${name}: what it is`, () => {
    test('it names its shell, its directory and its system', async () => {
      const { environment } = await opened();
      const info = await environment.info(never);
      expect(info.platform).toBe(process.platform === 'win32' ? 'windows' : 'unix');
      expect(info.shell.path).toMatch(/^\/.*\/(bash|zsh|sh|dash)$/);
      expect(await environment.info(never)).toEqual(info);
      expect(environment.state()).toEqual({ status: 'ready' });
    });
  });

  describe(`${name}: processes`, () => {
    test('output, streams and exit code arrive as they were given', async () => {
      const { environment } = await opened();
      const { outcome, chunks } = await run(environment, shell('echo out; echo err >&2; exit 7'));
      expect(outcome).toEqual(exited(7));
      expect(text(chunks, 'stdout')).toBe('out\n');
      expect(text(chunks, 'stderr')).toBe('err\n');
      expect(chunks.map(({ seq }) => seq)).toEqual(chunks.map((_, index) => index + 1));
    });

    test('a listener that comes late is told everything from the start', async () => {
      const { environment } = await opened();
      const running = await environment.processes.start(shell('echo one; echo two'), never);
      await running.closed;
      const late: OutputChunk[] = [];
      const stop = running.onOutput((chunk) => late.push(chunk));
      stop();
      expect(text(late)).toBe('one\ntwo\n');
      expect(late[0]?.seq).toBe(1);
    });

    test('closed standard input is end of file from the start', async () => {
      const { environment } = await opened();
      const { outcome, chunks } = await run(environment, request(['cat']));
      expect(outcome).toEqual(exited(0));
      expect(chunks).toEqual([]);
    });

    test('what is written to standard input comes back in order, also a megabyte', async () => {
      const { environment } = await opened();
      await using running = await environment.processes.start(request(['cat'], { stdin: 'pipe' }), never);
      const big = Buffer.alloc(1_000_000, 'abcdefg');
      const parts = [Buffer.from('first '), big, Buffer.from('last')];
      let all = Buffer.alloc(0);
      const complete = new Promise<void>((resolve) => {
        running.onOutput(({ bytes }) => {
          all = Buffer.concat([all, bytes]);
          if (all.length >= big.length + 10) resolve();
        });
      });
      await Promise.all(parts.map((part) => running.write(part)));
      await complete;
      expect(all.equals(Buffer.concat(parts))).toBe(true);
    });

    test.runIf(can('closeStdin'))('standard input ends with its close', async () => {
      const { environment } = await opened();
      const running = await environment.processes.start(request(['cat'], { stdin: 'pipe' }), never);
      const chunks: OutputChunk[] = [];
      running.onOutput((chunk) => chunks.push(chunk));
      const big = Buffer.alloc(1_000_000, 'abcdefg');
      await running.write(Buffer.from('first '));
      await running.write(big);
      await running.closeStdin();
      await running.closed;
      expect(await running.exited).toEqual(exited(0));
      expect(Buffer.concat(chunks.map(({ bytes }) => bytes)).equals(Buffer.concat([Buffer.from('first '), big]))).toBe(true);
    });

    test('a write to a process without standard input rejects, and so does a resize without a terminal', async () => {
      const { environment } = await opened();
      await using running = await environment.processes.start(request(['sleep', '60']), never);
      await expect(running.write(Buffer.from('x'))).rejects.toThrow();
      await expect(running.resize(terminal)).rejects.toThrow();
    });

    test.runIf(linux)('programs can open their standard streams by name', async () => {
      const { environment } = await opened();
      const { outcome, chunks } = await run(environment, shell('echo out >/dev/stdout; echo err >/dev/stderr'));
      expect(outcome).toEqual(exited(0));
      expect([text(chunks, 'stdout'), text(chunks, 'stderr')]).toEqual(['out\n', 'err\n']);
      const running = await environment.processes.start(shell('cat /dev/stdin', { stdin: 'pipe' }), never);
      const answer = said(running, 'named');
      await running.write(Buffer.from('named'));
      expect(await answer).toBe('named');
      await running.terminate();
    });

    test('a program or a directory that is missing rejects in the words of the system, and the id is free again', async () => {
      const { environment, workspace } = await opened();
      const missing = request(['no-such-program']);
      const refusal = { name: 'SpawnError', message: 'No such file or directory (os error 2)' };
      for (const size of can('terminalStart') ? [{}, { terminal }] : [{}]) {
        await expect(environment.processes.start({ ...missing, ...size }, never)).rejects.toMatchObject(refusal);
        await expect(environment.processes.start(shell('true', { cwd: '/no/such', ...size }), never)).rejects.toMatchObject(refusal);
        const plain = await workspace.write('plain', 'no program');
        await expect(environment.processes.start({ ...request([plain]), ...size }, never)).rejects.toMatchObject({
          message: 'Permission denied (os error 13)',
        });
      }
      expect((await run(environment, { ...missing, argv: ['true'] })).outcome).toEqual(exited(0));
    });

    test('an id is taken while its process lives', async () => {
      const { environment } = await opened();
      const first = request(['sleep', '60']);
      await using running = await environment.processes.start(first, never);
      await expect(environment.processes.start(first, never)).rejects.toThrow(/already exists/);
      await running.terminate();
      expect((await run(environment, { ...first, argv: ['true'] })).outcome).toEqual(exited(0));
    });

    test('an aborted start leaves nothing', async () => {
      const { environment } = await opened();
      const length = uniqueSleep();
      await expect(environment.processes.start(request(['sleep', length]), AbortSignal.abort())).rejects.toMatchObject({
        name: 'Cancelled',
      });
      const soon = new AbortController();
      const started = environment.processes.start(request(['sleep', length]), soon.signal);
      soon.abort();
      await expect(started).rejects.toMatchObject({ name: 'Cancelled' });
      expect(commandsWith(length)).toEqual([]);
    });

    test('the first argument can be given another name', async () => {
      const { environment } = await opened();
      const renamed = request(['/bin/sh', '-c', 'cat /proc/$$/cmdline | tr "\\0" " "'], { arg0: 'other-name' });
      expect(text((await run(environment, renamed)).chunks)).toMatch(/^other-name -c/);
      if (!can('terminalStart')) return;
      expect(text((await run(environment, { ...renamed, terminal })).chunks)).toMatch(/^other-name -c/);
    });

    test.runIf(can('plainVariables'))('variables: the core of the host, no secrets, and the overlay on top', async () => {
      const { environment } = await opened();
      const plain = await run(environment, request(['env']));
      expect(text(plain.chunks).trim().split('\n').sort()).toEqual([`HOME=${baseEnv.HOME}`, `PATH=${baseEnv.PATH}`]);
      const env: ProcessRequest['env'] = {
        policy: { inherit: 'all', ignoreDefaultExcludes: true, exclude: ['EDI*'], set: { A: '1', B: '2' }, includeOnly: [] },
        overlay: { B: '3', HOME: null },
      };
      const shaped = await run(environment, request(['env'], { env }));
      expect(text(shaped.chunks).trim().split('\n').sort()).toEqual(['A=1', 'API_TOKEN=secret', 'B=3', `PATH=${baseEnv.PATH}`]);
      const none: ProcessRequest['env'] = { policy: { ...env.policy, inherit: 'none', set: {} }, overlay: {} };
      expect(text((await run(environment, request(['/usr/bin/env'], { env: none }))).chunks)).toBe('');
      expect(text((await run(environment, request(['/usr/bin/env'], { env: none, terminal }))).chunks)).toBe('');
    });

    test.runIf(linux && can('descriptorHygiene'))('a command gets its three streams and no other descriptor of the server', async () => {
      const { environment } = await opened();
      await using held = await environment.processes.start(shell('sleep 60', { terminal }), never);
      const listed = await run(environment, shell('cd /proc/self/fd && for fd in *; do readlink $fd; done'));
      const links = text(listed.chunks).trim().split('\n');
      // A descriptor that cannot be closed for the child is the null device there.
      expect(links.filter((link) => !/^\/dev\/null$|^\/proc\/|^\/dev\/shm\/switchyard-pipes|^pipe:/.test(link))).toEqual([]);
      expect(text((await run(environment, shell('tty; ps -o stat= -p $$'))).chunks)).toMatch(/not a tty/);
      await held.terminate();
    });
  });

  describe(`${name}: terminals`, () => {
    test.runIf(can('resize'))('a terminal has its size, echoes what is typed, and can be resized', async () => {
      const { environment } = await opened();
      await using running = await environment.processes.start(
        shell('stty size; read line; stty size; echo "got $line"', { terminal }),
        never,
      );
      await said(running, '24 80\r\n');
      await running.resize({ rows: 40, cols: 120 });
      const answer = said(running, 'got hello\r\n');
      await running.write(Buffer.from('hello\n'));
      expect(await answer).toBe('24 80\r\nhello\r\n40 120\r\ngot hello\r\n');
      expect(await running.exited).toEqual(exited(0));
      await running.closed;
    });

    test('the terminal controls the session: U+0003 interrupts, U+0004 is end of file', async () => {
      const { environment } = await opened();
      // Not a shell: one that is just starting a command takes the interrupt for itself.
      const echo = await environment.processes.start(request(['cat'], { terminal }), never);
      const answered = said(echo, 'ready\r\nready\r\n');
      await echo.write(Buffer.from('ready\n'));
      await answered;
      await echo.write(Buffer.of(3));
      expect(await echo.exited).toEqual(exited(can('signalExitOnTerminal') ? 130 : 1));
      await echo.closed;
      const reader = await environment.processes.start(shell('echo ready; cat; echo done', { terminal }), never);
      await said(reader, 'ready');
      const done = said(reader, 'done');
      await reader.write(Buffer.of(4));
      await done;
      expect(await reader.exited).toEqual(exited(0));
      await reader.closed;
    });

    test('bytes that are not text pass unchanged', async () => {
      const { environment } = await opened();
      const { chunks } = await run(environment, shell("printf '\\377\\376\\200'", { terminal }));
      expect(Buffer.concat(chunks.map(({ bytes }) => bytes))).toEqual(Buffer.of(0xff, 0xfe, 0x80));
      expect(chunks[0]?.stream).toBe('pty');
    });
  });

  describe(`${name}: output`, () => {
    test('50 MB arrive byte for byte, in numbered chunks without a gap', async () => {
      const { environment } = await opened();
      await using running = await environment.processes.start(request(['head', '-c', '50000000', '/dev/zero']), never);
      let [size, seq, wrong] = [0, 0, 0];
      running.onOutput((chunk) => {
        if (chunk.seq !== (seq += 1)) wrong += 1;
        if (!chunk.bytes.equals(Buffer.alloc(chunk.bytes.length))) wrong += 1;
        size += chunk.bytes.length;
      });
      expect(await running.exited).toEqual(exited(0));
      await running.closed;
      expect({ size, wrong }).toEqual({ size: 50_000_000, wrong: 0 });
      let retained = 0;
      running.onOutput(({ bytes }) => {
        retained += bytes.length;
      });
      expect(retained).toBeGreaterThan(500_000);
      expect(retained).toBeLessThanOrEqual(1_048_576);
    });

    test.each([
      ['pipe', {}, '\n'],
      ['pty', { terminal }, '\r\n'],
    ] as const)('what is written right before the exit is never lost (%s, 50 runs)', async (_, more, newline) => {
      const { environment } = await opened();
      const whole = Array.from({ length: 8000 }, (_each, index) => `${index + 1}${newline}`).join('');
      const finished = [];
      for (let at = 0; at < 50; at += 1) {
        const { chunks, outcome } = await run(environment, request(['seq', '1', '8000'], more));
        finished.push([text(chunks) === whole, outcome]);
      }
      expect(finished).toEqual(finished.map(() => [true, exited(0)]));
    });

    test('output of a process left behind still arrives after the exit, and closed waits for it', async () => {
      const { environment, workspace } = await opened();
      const gate = workspace.path('gate');
      const running = await environment.processes.start(shell(`mkfifo ${gate}; (read line <${gate}; echo late) & echo early`), never);
      expect(await running.exited).toEqual(exited(0));
      let isClosed = false;
      void running.closed.then(() => {
        isClosed = true;
      });
      const late = said(running, 'late');
      expect(isClosed).toBe(false);
      await run(environment, shell(`echo go >${gate}`));
      expect(await late).toBe('early\nlate\n');
      await running.closed;
    });

    test('with a drain limit a process left behind cannot hold the end up', async () => {
      const { environment } = await opened();
      const length = uniqueSleep();
      const seconds = can('leftBehind') ? length : '1';
      const running = await environment.processes.start(shell(`sleep ${seconds} & echo done`, { drainMs: 30 }), never);
      await running.closed;
      expect(await running.exited).toEqual(exited(0));
      await running.terminate();
      expect(commandsWith(length)).toEqual([]);
    });
  });

  describe(`${name}: ending`, () => {
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGKILL'] as const;
    test.each(signals.filter((name) => can('signals') || name === 'SIGINT' || name === 'SIGKILL'))(
      '%s reaches the whole group',
      async (name) => {
        const { environment } = await opened();
        const length = uniqueSleep();
        const code = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129, SIGUSR1: 138, SIGKILL: 137 }[name];
        const running = await environment.processes.start(request(['bash', '-c', `sleep ${length} & echo ready; wait`]), never);
        await said(running, 'ready');
        await running.signal(name);
        // A shell starts background commands with SIGINT ignored; the end of the leader is what counts there.
        expect(await running.exited).toEqual(exited(code));
        if (name === 'SIGINT' && !can('leftBehind')) for (const left of commandsWith(length)) process.kill(Number.parseInt(left, 10));
        else if (name === 'SIGINT') await running.terminate();
        await running.closed;
        await running.signal(name);
        // Behind a server the last of the group may still be on its way out.
        await expect.poll(() => commandsWith(length)).toEqual([]);
      },
    );

    test.runIf(can('signals'))('a trap can clean up within the grace', async () => {
      const { environment } = await opened();
      const running = await environment.processes.start(
        shell('trap "echo cleaned; exit 9" TERM; echo ready; while :; do sleep 0.01; done'),
        never,
      );
      await said(running, 'ready');
      const cleaned = said(running, 'cleaned');
      await running.terminate(5000);
      await cleaned;
      expect(await running.exited).toEqual(exited(9));
    });

    test('a trap answers an interrupt with an exit code of its own', async () => {
      const { environment } = await opened();
      const running = await environment.processes.start(shell('trap "exit 42" INT; echo ready; while :; do sleep 0.01; done'), never);
      await said(running, 'ready');
      await running.signal('SIGINT');
      expect(await running.exited).toEqual(exited(42));
      await running.closed;
    });

    test.runIf(linux && can('wholeTree'))(
      'terminate ends children, grandchildren, those in other sessions, and those that ignore TERM',
      async () => {
        const { environment } = await opened();
        const length = uniqueSleep();
        const script = `trap '' TERM; sleep ${length} & setsid sleep ${length} & (setsid sh -c 'trap "" TERM; sleep ${length}; :' &) ; echo ready; sleep ${length}`;
        for (const more of [{}, { terminal }]) {
          const running = await environment.processes.start(shell(script, more), never);
          await said(running, 'ready');
          await running.terminate();
          expect([exited(137), ...('terminal' in more && !can('signalExitOnTerminal') ? [exited(1)] : [])]).toContainEqual(
            await running.exited,
          );
          expect(commandsWith(length)).toEqual([]);
        }
      },
    );

    test.runIf(can('leftBehind'))('terminate after the exit ends what was left behind, and is idle when nothing was', async () => {
      const { environment } = await opened();
      const length = uniqueSleep();
      const running = await environment.processes.start(shell(`sleep ${length} >/dev/null 2>&1 & exit 3`), never);
      await running.closed;
      expect(commandsWith(length)).toHaveLength(1);
      await running.terminate();
      await running.terminate();
      expect(commandsWith(length)).toEqual([]);
      expect(await running.exited).toEqual(exited(3));
    });

    test.runIf(linux)('closing the environment ends what runs', async () => {
      const { environment } = await opened();
      const length = uniqueSleep();
      for (const more of [{}, { terminal }]) await environment.processes.start(shell(`sleep ${length}; true`, more), never);
      await environment.close();
      expect(commandsWith(length)).toEqual([]);
      await expect(environment.processes.start(request(['true']), never)).rejects.toThrow();
    });

    test.runIf(linux && can('wholeTree'))('closing the environment ends everything it ever ran', async () => {
      const { environment } = await opened();
      const length = uniqueSleep();
      const env: ProcessRequest['env'] = { policy: defaultShellEnvironmentPolicy, overlay: { CODEX_THREAD_ID: `thread-${length}` } };
      await environment.processes.start(request(['sleep', length]), never);
      await run(environment, shell(`sleep ${length} >/dev/null 2>&1 &`));
      await run(environment, shell(`setsid sleep ${length} >/dev/null 2>&1 </dev/null &`, { env }));
      await environment.close();
      expect(commandsWith(length)).toEqual([]);
      await expect(environment.processes.start(request(['true']), never)).rejects.toThrow();
    });
  });

  describe(`${name}: many`, () => {
    test('a hundred at once', async () => {
      const { environment } = await opened();
      const results = await Promise.all(
        Array.from({ length: 100 }, async (_, index) => text((await run(environment, shell(`echo ${index}; exit 0`))).chunks)),
      );
      expect(results).toEqual(results.map((_, index) => `${index}\n`));
    });

    test.runIf(linux && can('descriptorHygiene'))(
      'a thousand commands leave no descriptor, no zombie and no process',
      async () => {
        const { environment } = await opened();
        const pid = kind.serverPid();
        const descriptors = () => readdirSync(`/proc/${pid}/fd`).length;
        const children = () => readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').sort();
        const batch = async (size: number) => {
          for (let at = 0; at < size; at += 4) {
            await Promise.all([
              run(environment, request(['true'])),
              run(environment, shell('echo x; exit 1', { stdin: 'pipe' })),
              run(environment, request(['true'], { terminal })),
              environment.processes.start(request(['no-such-program']), never).catch(() => undefined),
            ]);
          }
        };
        await batch(64);
        /** Pipes and helpers are made in the background, so what is there counts once it stays the same. */
        const settled = async () => {
          let last = '';
          await vi.waitFor(
            () => {
              const now = JSON.stringify({ descriptors: descriptors(), children: children() });
              const before = last;
              last = now;
              expect(now).toBe(before);
            },
            { timeout: 5000, interval: 100 },
          );
          return last;
        };
        const before = await settled();
        await batch(kind.manyCommands ?? 1000);
        expect(await settled()).toBe(before);
      },
      60_000,
    );
  });

  describe(`${name}: files`, () => {
    test('bytes go in and come out, in place', async () => {
      const { environment, workspace } = await opened();
      const path = workspace.path('a.bin');
      const bytes = Buffer.from([0, 255, 10, 13, 128]);
      await environment.files.writeFile(path, bytes);
      expect(await environment.files.readFile(path)).toEqual(bytes);
      await run(environment, request(['ln', path, workspace.path('hard')]));
      await environment.files.writeFile(path, Buffer.from('x'));
      expect(await workspace.read('hard')).toBe('x');
    });

    test('errors carry the codes of the system', async () => {
      const { environment, workspace } = await opened();
      const { files } = environment;
      const missing = workspace.path('no', 'such');
      await workspace.write('file', '1');
      await workspace.write('full/file', '1');
      const codeOf = (promise: Promise<unknown>) =>
        promise.then(
          () => 'fine',
          (error: unknown) => (error instanceof Error && 'code' in error && error.code ? error.code : String(error)),
        );
      expect({
        read: await codeOf(files.readFile(missing)),
        write: await codeOf(files.writeFile(missing, Buffer.of())),
        metadata: await codeOf(files.metadata(missing)),
        canonicalize: await codeOf(files.canonicalize(missing)),
        list: await codeOf(files.readDirectory(missing)),
        listFile: await codeOf(files.readDirectory(workspace.path('file'))),
        remove: await codeOf(files.remove(missing, { recursive: true, force: false })),
        removeForced: await codeOf(files.remove(missing, { recursive: true, force: true })),
        removeFull: await codeOf(files.remove(workspace.path('full'), { recursive: false, force: true })),
        make: await codeOf(files.createDirectory(missing, { recursive: false })),
        makeTwice: await codeOf(files.createDirectory(workspace.path('full'), { recursive: false })),
        copy: await codeOf(files.copy(missing, workspace.path('b'), { recursive: true })),
      }).toEqual({
        ...{ read: 'ENOENT', write: 'ENOENT', metadata: 'ENOENT', canonicalize: 'ENOENT', list: 'ENOENT', listFile: 'ENOTDIR' },
        ...{ remove: 'ENOENT', removeForced: 'fine', removeFull: 'ENOTEMPTY', make: 'ENOENT', makeTwice: 'EEXIST', copy: 'ENOENT' },
      });
      await expect(files.readFile(workspace.root)).rejects.toThrow(`path \`${workspace.root}\` is not a file`);
    });

    test('links: kinds follow them, listings leave dangling ones out, removal takes only the link', async () => {
      const { environment, workspace } = await opened();
      const { files } = environment;
      await workspace.write('dir/file', 'four');
      await run(environment, shell('ln -s dir to-dir; ln -s dir/file to-file; ln -s nowhere dangling', { cwd: workspace.root }));
      expect(await files.metadata(workspace.path('to-file'))).toMatchObject({
        ...{ isDirectory: false, isFile: true, isSymlink: true, sizeBytes: 4 },
      });
      const listed = await files.readDirectory(workspace.root);
      expect(listed.sort((a, b) => a.fileName.localeCompare(b.fileName))).toEqual([
        { fileName: 'dir', isDirectory: true, isFile: false },
        { fileName: 'to-dir', isDirectory: true, isFile: false },
        { fileName: 'to-file', isDirectory: false, isFile: true },
      ]);
      expect(await files.canonicalize(workspace.path('to-dir', 'file'))).toBe(workspace.path('dir', 'file'));
      await files.remove(workspace.path('to-dir'), { recursive: true, force: false });
      expect(await workspace.read('dir/file')).toBe('four');
    });

    test('copies: files, links as links, trees, and never into itself', async () => {
      const { environment, workspace } = await opened();
      const { files } = environment;
      await workspace.write('dir/sub/file', '1');
      await run(environment, request(['ln', '-s', 'sub/file', workspace.path('dir', 'link')]));
      await files.copy(workspace.path('dir'), workspace.path('copy'), { recursive: true });
      expect(await workspace.read('copy/sub/file')).toBe('1');
      expect((await files.metadata(workspace.path('copy', 'link'))).isSymlink).toBe(true);
      await expect(files.copy(workspace.path('dir'), workspace.path('x'), { recursive: false })).rejects.toThrow(
        'fs/copy requires recursive: true when sourcePath is a directory',
      );
      await expect(files.copy(workspace.path('dir'), workspace.path('dir', 'sub', 'x'), { recursive: true })).rejects.toThrow(
        'fs/copy cannot copy a directory to itself or one of its descendants',
      );
      await run(environment, request(['mkfifo', workspace.path('fifo')]));
      await expect(files.copy(workspace.path('fifo'), workspace.path('y'), { recursive: false })).rejects.toThrow(/only supports/);
      await expect(files.readFile(workspace.path('fifo'))).rejects.toThrow(/is not a file/);
    });
  });

  describeTrees(name, opened);
}
