/** Commands as clients and models see them, run by real shells. */
import { beforeEach, describe, expect, test } from 'vitest';
import { execCommandTool } from '../../../src/agent/tools/exec-command.ts';
import { writeStdinTool } from '../../../src/agent/tools/write-stdin.ts';
import { type Bench, openBench, type Recorded, textOf } from './harness.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});

const run = (args: Record<string, unknown>, callId?: string) =>
  bench.run(execCommandTool, args, { call: bench.call(callId) }).then((outcome) => ({ outcome, text: textOf(outcome) }));
const type = (args: Record<string, unknown>) => bench.run(writeStdinTool, args).then(textOf);
const sessionOf = (text: string): number => Number(/session ID (\d+)/.exec(text)?.[1]);
const isCompletion = (event: Recorded) => event.type === 'completed';
const summary = (event: Recorded) => {
  if (event.type !== 'started' && event.type !== 'completed') return event.type;
  if (event.item.type !== 'commandExecution') return event.item.type;
  const { status, exitCode, aggregatedOutput, source } = event.item;
  return { [event.type]: status, exitCode, aggregatedOutput, source };
};

describe('a short command', () => {
  test('reports both streams in order of arrival and says how it ended', async () => {
    const { outcome, text } = await run({ cmd: 'echo out; echo err >&2; exit 3' });
    expect(outcome.kind).toBe('failed');
    expect(text).toMatch(
      /^Chunk ID: [0-9a-f]{6}\nWall time: \d+\.\d{4} seconds\nProcess exited with code 3\nOriginal token count: 2\nOutput:\nout\nerr\n$/,
    );
    expect(bench.events.map(summary)).toEqual([
      { started: 'inProgress', exitCode: null, aggregatedOutput: null, source: 'unifiedExecStartup' },
      { completed: 'failed', exitCode: 3, aggregatedOutput: 'out\nerr\n', source: 'unifiedExecStartup' },
    ]);
    expect(bench.terminals.list()).toEqual([]);
  });

  test('has no output rather than an empty one, and end of file on stdin', async () => {
    const { text } = await run({ cmd: 'cat' });
    expect(text).toContain('Process exited with code 0\nOriginal token count: 0\nOutput:\n');
    expect(bench.events.map(summary).at(-1)).toMatchObject({ completed: 'completed', aggregatedOutput: null });
  });

  test('shows the whole command line, quoted as a shell would need it', async () => {
    const prepared = await execCommandTool.prepare({ cmd: 'touch a.txt && echo made' }, bench.call());
    expect(prepared).toMatchObject({
      kind: 'command',
      item: { command: "/bin/bash -lc 'touch a.txt && echo made'", processId: null, source: 'agent', status: 'inProgress' },
      segments: [
        ['touch', 'a.txt'],
        ['echo', 'made'],
      ],
      escalation: undefined,
    });
  });

  test('runs in the directory it asks for; one that is missing fails the call and leaves nothing', async () => {
    await bench.workspace.write('sub/file', '');
    expect((await run({ cmd: 'pwd', workdir: 'sub' })).text).toContain(`\n${bench.workspace.path('sub')}\n`);
    expect((await run({ cmd: 'pwd', workdir: '' })).text).toContain(`\n${bench.workspace.root}\n`);
    const missing = await run({ cmd: 'pwd', workdir: 'nowhere' }, 'call_2');
    expect(missing.text).toMatch(/^exec_command failed: /);
    expect(bench.events.map(summary).at(-1)).toMatchObject({ completed: 'failed', exitCode: -1 });
    expect(bench.terminals.list()).toEqual([]);
  });

  test('gets plain-output variables, the ids of its call and none of ours', async () => {
    const { text } = await run({ cmd: 'env | sort', login: false });
    for (const line of ['NO_COLOR=1', 'TERM=dumb', 'LC_ALL=C.UTF-8', 'GIT_PAGER=cat', 'CODEX_CI=1', 'CODEX_THREAD_ID=thread'])
      expect(text).toContain(`\n${line}\n`);
    expect(text).toContain('\nCODEX_TOOL_CALL_ID=call_1\n');
    expect(text).not.toContain('CODEX_SANDBOX_NETWORK_DISABLED');
    expect(text).not.toContain('CODEX_PERMISSION_PROFILE');
  });

  test('uses a terminal of 24 rows and 80 columns when asked to', async () => {
    const { text } = await run({ cmd: 'stty size', tty: true });
    expect(text).toContain('Output:\n24 80\r\n');
  });

  test('a shell that is not there falls back to the own one', async () => {
    const { text } = await run({ cmd: 'echo $0', shell: '/bin/no-such-shell' });
    expect(text).toContain('/bash\n');
  });

  test('output on streams that a left-behind process holds is not waited for', async () => {
    const { text } = await run({ cmd: '(sleep 3 &) ; echo done', yield_time_ms: 20_000 });
    expect(text).toContain('Process exited with code 0');
    expect(text).toContain('Output:\ndone\n');
    expect(Number(/Wall time: (\d+\.\d+)/.exec(text)?.[1])).toBeLessThan(2.5);
  });
});

describe('long output', () => {
  test('keeps head and tail of more than 1 MiB for the client and far less for the model', async () => {
    const { text } = await run({ cmd: 'seq 1 400000' });
    expect(text).toContain(
      'Original token count: 672224\nOutput:\nWarning: truncated output (original token count: 672224)\n... 1640319 bytes omitted ...\n\n1\n2\n',
    );
    expect(text).toMatch(/…\d+ chars truncated…/);
    expect(text.length).toBeLessThan(11_000);
    const item = bench.events.find(isCompletion);
    const output = item?.type === 'completed' && item.item.type === 'commandExecution' ? item.item.aggregatedOutput : undefined;
    expect(output).toContain('\n... 1640319 bytes omitted ...\n');
    expect(Buffer.byteLength(output ?? '')).toBe(1_048_576 + '\n... 1640319 bytes omitted ...\n'.length);
    expect(output?.endsWith('399999\n400000\n')).toBe(true);
  });

  test('the model may ask for less', async () => {
    const { text } = await run({ cmd: 'seq 1 20000', max_output_tokens: 100 });
    expect(text).toContain('Warning: truncated output (original token count: 27224)\nTotal output lines: 20000\n\n1\n');
    expect(text).toContain('…27124 tokens truncated…');
  });

  test('deltas are whole characters of bounded size, and complete for a command that lives on', async () => {
    const script = `sleep 0.4; for i in $(seq 1 3000); do printf 'äöü€😀'; done; echo; sleep 0.2`;
    await run({ cmd: script, yield_time_ms: 20_000 });
    const deltas = bench.events.flatMap((event) => (event.type === 'delta' ? [event.text] : []));
    expect(deltas.join('')).toBe(`${'äöü€😀'.repeat(3000)}\n`);
    for (const delta of deltas) expect(Buffer.byteLength(delta)).toBeLessThanOrEqual(8192);
    expect(bench.events.at(-1)?.type).toBe('completed');
  });
});

describe('a command that outlives its yield time', () => {
  test('keeps its item open, is typed into, and completes when it ends', async () => {
    const started = await run({ cmd: 'echo ready; read line; echo got $line', tty: true, yield_time_ms: 250 });
    expect(started.outcome.kind).toBe('ok');
    const id = sessionOf(started.text);
    expect(bench.terminals.list()).toMatchObject([{ sessionId: id, itemId: 'call_1', command: 'echo ready; read line; echo got $line' }]);
    expect(await type({ session_id: id, chars: 'word\n', yield_time_ms: 20_000 })).toMatch(
      /exited with code 0\n.*\nOutput:\nword\r\ngot word\r\n$/s,
    );
    expect(bench.events.filter((event) => event.type !== 'delta').map(summary)).toEqual([
      expect.objectContaining({ started: 'inProgress' }),
      'typed',
      { completed: 'completed', exitCode: 0, aggregatedOutput: 'ready\r\nword\r\ngot word\r\n', source: 'unifiedExecStartup' },
    ]);
    expect(await type({ session_id: id })).toBe(`write_stdin failed: Unknown process id ${id}`);
  });

  test('shows each piece of output to the model once', async () => {
    const { text } = await run({ cmd: 'echo one; read _; echo two; read _', tty: true, yield_time_ms: 250 });
    expect(text).toContain('Output:\none\r\n');
    const second = await type({ session_id: sessionOf(text), chars: '\n' });
    expect(second).not.toContain('one');
    expect(second).toContain('two');
  });

  test('takes no text without a terminal, but an interrupt', async () => {
    const { text } = await run({ cmd: `trap 'echo caught; exit 7' INT; echo r; while :; do sleep 0.05; done`, yield_time_ms: 250 });
    const id = sessionOf(text);
    expect(await type({ session_id: id, chars: 'x' })).toBe(
      'write_stdin failed: stdin is closed for this session; rerun exec_command with tty=true to keep stdin open',
    );
    expect(await type({ session_id: id, chars: '\u0003', yield_time_ms: 20_000 })).toMatch(/exited with code 7\n.*caught/s);
    const kinds = bench.events.filter((event) => event.type !== 'delta').map((event) => event.type);
    expect(kinds).toEqual(['started', 'typed', 'completed']);
  });

  test('ends as failed with code -1 when it is terminated', async () => {
    await run({ cmd: 'echo begin; sleep 60', yield_time_ms: 250 });
    await bench.terminals.clean();
    expect(bench.events.map(summary).at(-1)).toMatchObject({ completed: 'failed', exitCode: -1, aggregatedOutput: 'begin\n' });
    expect(bench.terminals.list()).toEqual([]);
  });

  test('an exit nobody saw is told at the next look', async () => {
    const { text } = await run({ cmd: 'sleep 0.4; echo late; exit 4', yield_time_ms: 250 });
    await bench.event(isCompletion);
    expect(bench.terminals.list()).toEqual([]);
    expect(await type({ session_id: sessionOf(text) })).toMatch(/exited with code 4\n.*Output:\nlate\n$/s);
  });

  test('survives the interruption of its turn', async () => {
    const call = bench.call();
    const running = bench.run(execCommandTool, { cmd: 'echo begin; read _', tty: true }, { call });
    await bench.event((event) => event.type === 'delta');
    await call.scope.close();
    await expect(running).rejects.toThrow();
    const [session] = bench.terminals.list();
    expect(session).toMatchObject({ itemId: 'call_1', exited: false });
    await bench.threadScope.close();
    expect(bench.events.map(summary).at(-1)).toMatchObject({ completed: 'failed', exitCode: -1 });
  });

  test('interactions with one session wait for each other', async () => {
    const { text } = await run({ cmd: 'cat', tty: true, yield_time_ms: 250 });
    const id = sessionOf(text);
    const [first, second] = await Promise.all([
      type({ session_id: id, chars: 'a\n', yield_time_ms: 300 }),
      type({ session_id: id, chars: 'b\n', yield_time_ms: 300 }),
    ]);
    expect(first).toContain('a\r\na\r\n');
    expect(first).not.toContain('b\r\n');
    expect(second).toContain('b\r\nb\r\n');
  });
});

describe('the sandbox', () => {
  const sandbox = { profile: { type: 'external', network: 'restricted' }, policyCwd: '/', workspaceRoots: [] } as const;

  test('a denial that may be retried leaves the item open until it is settled', async () => {
    const outcome = await deniedRun();
    expect(outcome.kind).toBe('sandboxDenied');
    expect(bench.events.map((event) => event.type)).toEqual(['started']);
    if (outcome.kind === 'sandboxDenied') expect(textOf(outcome.settle())).toContain('Permission denied');
    expect(bench.events.map((event) => event.type)).toEqual(['started', 'completed']);
  });

  async function deniedRun() {
    const call = bench.call();
    const [selected] = call.environments;
    if (!selected) throw new Error('the bench has an environment');
    const { processes } = selected.environment;
    // The denial is the host's judgement; here it is taken as given.
    const environment = {
      ...selected.environment,
      processes: {
        start: async (...args: Parameters<typeof processes.start>) => {
          const running = await processes.start(...args);
          const exited = running.exited.then((end) => (end.kind === 'exited' ? { ...end, sandboxDenied: true } : end));
          return new Proxy(running, { get: (target, name) => (name === 'exited' ? exited : bound(target, name)) });
        },
      },
    };
    const denied = { ...call, environments: [{ ...selected, environment }] };
    return bench.run(execCommandTool, { cmd: 'echo Permission denied; exit 1' }, { call: denied, attempt: { mayRetry: true } });
  }

  const bound = (target: object, name: string | symbol): unknown => {
    const value: unknown = Reflect.get(target, name, target);
    return typeof value === 'function' ? value.bind(target) : value;
  };

  test('says in the variables that there is no network', async () => {
    const managed = { ...sandbox, profile: { type: 'managed', file_system: { type: 'unrestricted' }, network: 'restricted' } } as const;
    const call = bench.call();
    const prepared = await execCommandTool.prepare({ cmd: 'true' }, call);
    if (prepared.kind !== 'command') throw new Error('a command');
    const { commandEnvironment } = await import('../../../src/agent/tools/exec-environment.ts');
    const info = await bench.environment.info(call.signal);
    expect(commandEnvironment(call, managed, info).overlay).toMatchObject({ CODEX_SANDBOX_NETWORK_DISABLED: '1' });
    expect(commandEnvironment(call, undefined, info).overlay).toMatchObject({ CODEX_SANDBOX_NETWORK_DISABLED: null });
  });
});

describe('bad arguments are answered in a sentence', () => {
  test.each([
    [{}, 'failed to parse function arguments: missing field `cmd`'],
    [{ cmd: 5 }, 'failed to parse function arguments: `cmd` has to be a string'],
    [[], 'failed to parse function arguments: the arguments have to be an object'],
    [{ cmd: 'ls', yield_time_ms: -5 }, 'failed to parse function arguments: `yield_time_ms` has to be a number from 0'],
    [
      { cmd: 'ls', sandbox_permissions: 'all' },
      'failed to parse function arguments: `sandbox_permissions` has to be one of `use_default`, `require_escalated`, `with_additional_permissions`',
    ],
    [{ cmd: 'ls', environment_id: 'mars' }, 'unknown turn environment id `mars`'],
  ])('%j', async (args, answer) => {
    expect(textOf(await bench.run(execCommandTool, args))).toBe(answer);
    expect(bench.events).toEqual([]);
  });

  test('a justification needs the permission it is for; a login shell has to be allowed', async () => {
    expect((await run({ cmd: 'ls', justification: 'x' })).text).toContain('`justification` requires an explicit `sandbox_permissions`');
    bench.settings = { ...bench.settings, allowLoginShell: false };
    expect((await run({ cmd: 'ls', login: true })).text).toContain('login shells are switched off');
    expect((await run({ cmd: 'echo $0 $-' })).text).toContain('exited with code 0');
  });

  test.each([
    ['rm a', false],
    ['rm -rf a', true],
    ['for f in *; do rm -f "$f"; done', true],
    ['echo $HOME', false],
  ])('whether a command removes by force is known before it is decided about: %s', async (cmd, dangerous) => {
    expect(await execCommandTool.prepare({ cmd }, bench.call())).toMatchObject({ kind: 'command', dangerous });
  });

  test('an escalation is handed on with its question', async () => {
    const args = { cmd: 'touch x', sandbox_permissions: 'require_escalated', justification: 'Make a file?', prefix_rule: ['touch'] };
    expect(await execCommandTool.prepare(args, bench.call())).toMatchObject({
      escalation: { justification: 'Make a file?', prefixRule: ['touch'] },
    });
  });
});
