/** Remote environments under faults: cut, frozen and slow connections, and servers that are killed. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import { defaultShellEnvironmentPolicy } from '../../src/base/permission-profile.ts';
import type { Environment, EnvironmentState, ProcessRequest, RunningProcess } from '../../src/environment/environment.ts';
import { programSource, webSocketSource } from '../../src/environment/providers.ts';
import { createRemoteEnvironment } from '../../src/environment/remote.ts';
import { type CuttingProxy, cuttingProxy } from '../support/cutting-proxy.ts';
import { tempWorkspace } from '../support/workspace.ts';
import { type ListeningServer, listeningServer, serverProgram, startProgram } from './exec-servers.ts';
import { commandsWith, uniqueSleep } from './suite.ts';

const never = new AbortController().signal;
const baseEnv = { PATH: process.env.PATH ?? '/usr/bin:/bin' };

let count = 0;
const request = (argv: readonly [string, ...string[]], more: Partial<ProcessRequest> = {}): ProcessRequest => ({
  id: `p${(count += 1)}`,
  argv,
  cwd: '/',
  env: { policy: defaultShellEnvironmentPolicy, overlay: {} },
  stdin: 'closed',
  ...more,
});

interface Far {
  readonly environment: Environment;
  readonly states: EnvironmentState[];
  /** Resolves when the environment has this state (again). */
  until(status: EnvironmentState['status']): Promise<void>;
}

function far(port: number, more: { keepAliveMs?: number; recoveryMs?: number } = {}): Far {
  const { recoveryMs, ...source } = more;
  const environment = createRemoteEnvironment({
    id: 'far',
    source: webSocketSource({ url: `ws://127.0.0.1:${port}`, connectTimeoutMs: 5000, ...source }),
    log: silentLog,
    ...(recoveryMs === undefined ? {} : { recoveryMs }),
  });
  onTestFinished(() => environment.close());
  const states: EnvironmentState[] = [];
  environment.onStateChange((state) => states.push(state));
  const until = (status: EnvironmentState['status']) =>
    new Promise<void>((resolve) => {
      if (environment.state().status === status) return resolve();
      const stop = environment.onStateChange((state) => {
        if (state.status !== status) return;
        stop();
        resolve();
      });
    });
  return { environment, states, until };
}

async function behindProxy(): Promise<{ server: ListeningServer; proxy: CuttingProxy }> {
  const server = await listeningServer(baseEnv);
  const proxy = await cuttingProxy(server.port);
  onTestFinished(async () => {
    await proxy[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  return { server, proxy };
}

/** Everything a process printed, and a way to wait for it. */
function outputOf(running: RunningProcess) {
  let all = '';
  let check = () => {};
  running.onOutput(({ bytes }) => {
    all += bytes.toString();
    check();
  });
  const until = (done: (text: string) => boolean) =>
    new Promise<void>((resolve) => {
      check = () => done(all) && resolve();
      check();
    });
  return { text: () => all, until };
}

/** A generator of the same numbers in each run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
}

describe('a thousand cuts at random bytes', () => {
  const [lanes, cutsPerLane] = [4, 250];

  /** One connection that is cut all the time, and what is done over it. */
  async function lane(port: number, seed: number) {
    await using proxy = await cuttingProxy(port);
    const random = numbers(seed);
    const { environment, states } = far(proxy.port);
    const recoveries: number[] = [];
    let [lostAt, attempts] = [0, 0];
    await environment.info(never);
    environment.onStateChange((state) => {
      if (state.status !== 'ready') lostAt = performance.now();
      else {
        recoveries.push(performance.now() - lostAt);
        attempts = 0;
      }
    });
    await using workspace = await tempWorkspace();
    const stop = workspace.path('stop');
    const script = '$|=1; my $i=0; while (! -e $ARGV[0]) { print ++$i, "\\n"; select(undef,undef,undef,0.003) } print "end $i\\n"';
    await using echo = await environment.processes.start(request(['cat'], { stdin: 'pipe' }), never);
    await using counter = await environment.processes.start(request(['perl', '-e', script, stop]), never);
    const [echoed, counted] = [outputOf(echo), outputOf(counter)];
    let isOver = false;
    const done = () => isOver || proxy.cuts >= cutsPerLane;
    // One in twenty falls into the handshake; the others leave room for what was missed, which is more after each attempt in vain.
    proxy.cutAfter = () => {
      attempts += 1;
      if (done()) return undefined;
      return random(20) === 0 ? 1 + random(2000) : (6000 + random(12_000)) * attempts;
    };
    proxy.cut();

    const typing = async () => {
      let typed = '';
      for (let line = 1; !done(); line += 1) {
        const text = `line ${line} ${'x'.repeat(random(200))}\n`;
        typed += text;
        await echo.write(Buffer.from(text));
      }
      await echoed.until((text) => text.length >= typed.length);
      return echoed.text() === typed;
    };
    const listening = async () => {
      await workspace.write('stop', '');
      await counter.closed;
      const lines = counted.text().trimEnd().split('\n');
      const last = lines.pop();
      return last === `end ${lines.length}` && lines.every((line, index) => line === String(index + 1));
    };
    const nothingStarted = { ran: 0, wrong: 0, unknown: 0 };
    const starting = async () => {
      const outcomes = { ...nothingStarted };
      while (!done()) {
        const started = environment.processes.start(request(['sh', '-c', 'echo begun; exit 3']), never);
        // The connection was lost before the answer: nobody can say whether it ran, and that is what is said.
        const running = await started.catch(() => undefined);
        if (!running) outcomes.unknown += 1;
        else {
          const output = outputOf(running);
          const outcome = await running.exited;
          await running.closed;
          if (outcome.kind === 'exited' && outcome.exitCode === 3 && output.text() === 'begun\n') outcomes.ran += 1;
          else outcomes.wrong += 1;
        }
      }
      return outcomes;
    };
    const [typed, outcomes] = await Promise.all([typing(), seed % 4 === 0 ? starting() : nothingStarted]).finally(() => {
      isOver = true;
    });
    const heard = await listening();
    const failed = states.filter((state) => state.status === 'disconnected' && !state.recovering);
    await environment.close();
    return { cuts: proxy.cuts, typed, heard, wrong: outcomes.wrong, ran: outcomes.ran, failed, recoveries };
  }

  test('bytes come once and in order, lines are applied once, processes live on', async () => {
    await using server = await listeningServer(baseEnv);
    const results = await Promise.all(Array.from({ length: lanes }, (_, index) => lane(server.port, 4711 + index)));
    for (const { typed, heard, wrong, failed } of results)
      expect({ typed, heard, wrong, failed }).toEqual({ typed: true, heard: true, wrong: 0, failed: [] });
    const total = (of: (result: (typeof results)[number]) => number) => results.reduce((sum, result) => sum + of(result), 0);
    expect(total(({ cuts }) => cuts)).toBeGreaterThanOrEqual(lanes * cutsPerLane);
    expect(total(({ ran }) => ran)).toBeGreaterThan(0);
    const times = results.flatMap(({ recoveries }) => recoveries).sort((a, b) => a - b);
    expect(times[Math.floor(times.length * 0.99)]).toBeLessThan(500);
  }, 240_000);
});

describe('a connection that', () => {
  test('is frozen is noticed, and what ran goes on over a new one', async () => {
    const { proxy } = await behindProxy();
    const { environment, until } = far(proxy.port, { keepAliveMs: 100 });
    await using echo = await environment.processes.start(request(['cat'], { stdin: 'pipe' }), never);
    const output = outputOf(echo);
    await echo.write(Buffer.from('before '));
    proxy.freeze();
    const later = echo.write(Buffer.from('after'));
    await until('disconnected');
    expect(environment.state()).toMatchObject({ error: 'exec-server environment is recovering', recovering: true });
    await later;
    await output.until((text) => text.length >= 12);
    expect([output.text(), environment.state()]).toEqual(['before after', { status: 'ready' }]);
  });

  test('brings every byte on its own is a connection like any other', async () => {
    const { proxy } = await behindProxy();
    proxy.byteByByte = true;
    const { environment, states } = far(proxy.port);
    await using echo = await environment.processes.start(request(['cat'], { stdin: 'pipe' }), never);
    const output = outputOf(echo);
    for (let line = 1; line <= 10; line += 1) await echo.write(Buffer.from(`${line} ${'é'.repeat(line)}\n`));
    await output.until((text) => text.includes('\n10 ') && text.endsWith('\n'));
    expect(output.text()).toBe(Array.from({ length: 10 }, (_, index) => `${index + 1} ${'é'.repeat(index + 1)}\n`).join(''));
    expect((await environment.files.readFile('/etc/hosts')).length).toBeGreaterThan(0);
    expect(states.map(({ status }) => status)).toEqual(['ready']);
  });

  test('is slow costs one round trip for a command and one for all lines that wait', async () => {
    const { proxy } = await behindProxy();
    const { environment } = far(proxy.port);
    await environment.info(never);
    proxy.delayMs = 250;
    const roundTripMs = 2 * proxy.delayMs;
    const start = performance.now();
    const running = await environment.processes.start(request(['echo', 'x']), never);
    await running.closed;
    expect(performance.now() - start).toBeLessThan(2 * roundTripMs);
    await using echo = await environment.processes.start(request(['cat'], { stdin: 'pipe' }), never);
    const writing = performance.now();
    await Promise.all(Array.from({ length: 50 }, (_, line) => echo.write(Buffer.from(`${line}\n`))));
    expect(performance.now() - writing).toBeLessThan(4 * roundTripMs);
    const output = outputOf(echo);
    await output.until((text) => text.endsWith('49\n'));
    expect(output.text()).toBe(Array.from({ length: 50 }, (_, line) => `${line}\n`).join(''));
  });

  test('ends fails file calls and bodies at once; later calls wait and succeed', async () => {
    const { proxy } = await behindProxy();
    const { environment, until } = far(proxy.port);
    await environment.info(never);
    proxy.delayMs = 50;
    const reading = environment.files.readFile('/etc/hosts');
    proxy.cut();
    await expect(reading).rejects.toMatchObject({ code: 'EPIPE', message: expect.stringContaining('exec-server transport closed') });
    expect(await environment.files.metadata('/')).toMatchObject({ isDirectory: true });
    await until('ready');
  });
});

describe('a server that is', () => {
  test('killed and started again: what ran is lost and says so, then a fresh session works', async () => {
    await using program = await serverProgram();
    const first = await startProgram(program, baseEnv);
    const { environment, states, until } = far(first.port);
    const length = uniqueSleep();
    const running = await environment.processes.start(request(['sleep', length]), never);
    await first.kill();
    await until('disconnected');
    await using _second = await startProgram(program, baseEnv, first.port);
    expect(await running.exited).toEqual({
      kind: 'lost',
      reason: expect.stringMatching(/^exec-server transport disconnected.*unknown session id/),
    });
    await running.closed;
    await expect(running.write(Buffer.from('x'))).rejects.toThrow();
    const again = await environment.processes.start(request(['true']), never);
    expect(await again.exited).toMatchObject({ kind: 'exited', exitCode: 0 });
    expect(states.map(({ status }) => status)).toEqual(['ready', 'disconnected', 'disconnected', 'ready']);
    await environment.close();
    await expect.poll(() => commandsWith(length), { timeout: 5000 }).toEqual([]);
  });

  test('gone for longer than the recovery may take: everything fails with one message, and the next use tries anew', async () => {
    const server = await listeningServer(baseEnv);
    const { environment } = far(server.port, { recoveryMs: 300 });
    const running = await environment.processes.start(request(['sleep', '60']), never);
    await server.kill();
    const waiting = environment.files.metadata('/');
    const outcome = await running.exited;
    expect(outcome).toMatchObject({ kind: 'lost', reason: expect.stringContaining('failed to resume exec-server session') });
    await expect(waiting).rejects.toThrow(/exec-server transport/);
    await expect(environment.info(never)).rejects.toThrow(/^exec-server connection attempt failed: cannot connect/);
    await using _again = await listeningServer(baseEnv, server.port);
    expect(await environment.info(never)).toMatchObject({ os: 'linux' });
  });

  test('never there: the first attempt is the last', async () => {
    const gone = await listeningServer(baseEnv);
    await gone.kill();
    const { environment } = far(gone.port);
    await expect(environment.info(never)).rejects.toThrow(/^exec-server connection attempt failed/);
    await using _late = await listeningServer(baseEnv, gone.port);
    await expect(environment.info(never)).rejects.toThrow(/^exec-server connection attempt failed/);
    expect(environment.state()).toMatchObject({ status: 'disconnected' });
  });

  test('a program that ends: what ran is lost, and it is not started again', async () => {
    await using program = await serverProgram();
    const source = programSource({ id: 'far', argv: program.argv, env: {}, cwd: undefined }, { env: baseEnv, log: silentLog });
    const environment = createRemoteEnvironment({ id: 'far', source, log: silentLog });
    onTestFinished(() => environment.close());
    expect(environment.state()).toEqual({ status: 'pending' });
    const length = uniqueSleep();
    const running = await environment.processes.start(request(['sleep', length]), never);
    const parent = await environment.processes.start(request(['sh', '-c', `kill -9 $PPID; sleep ${length}`]), never).catch(() => undefined);
    expect(await running.exited).toMatchObject({ kind: 'lost' });
    if (parent) expect(await parent.exited).toMatchObject({ kind: 'lost' });
    await expect(environment.processes.start(request(['true']), never)).rejects.toThrow(/exec-server transport disconnected/);
    await expect.poll(() => commandsWith(length), { timeout: 5000 }).toEqual([]);
  });
});
