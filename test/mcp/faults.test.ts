/** MCP servers that are stuck, flood, babble, ask without end or die: they cost their own thread a bounded time and nobody else any. */
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { listeningServer } from '../environment/exec-servers.ts';
import { say } from '../support/scripted-model.ts';
import { startServer, type TestClient } from '../support/server.ts';
import { tempWorkspace } from '../support/workspace.ts';
import { alive, fixture, lastOutput, mcpItems, noted, offered, started, statusUpdates, toolCall, until } from './support/scenes.ts';

/** Far less than any server here may take to start, and far more than work takes on a busy machine. */
const promptMs = 10_000;
const patient = 'startup_timeout_sec = 600';

async function timed<T>(work: Promise<T>): Promise<{ ms: number; value: T }> {
  const from = performance.now();
  const value = await work;
  return { ms: performance.now() - from, value };
}

/** The end of a server's start as the client heard it. */
async function outcome(client: TestClient, threadId: string) {
  const last = () => statusUpdates(client, threadId).at(-1);
  await until(() => last() !== undefined && last()?.status !== 'starting', 30_000);
  return last();
}

const pidsOf = (notes: readonly Record<string, unknown>[]): number[] => [
  ...new Set(notes.flatMap(({ pid }) => (typeof pid === 'number' ? [pid] : []))),
];

describe.each([
  ...['stuck', 'stuck-list', 'floods', 'floods-junk', 'floods-stderr', 'floods-requests', 'floods-answers', 'endless'],
  ...['babbles', 'announces', 'asks', 'dies', 'exits', 'cursor-loop', 'long-line'],
])('a server that %s', (fault) => {
  test('delays neither its thread, nor a turn, nor another thread; and ends with them', { timeout: 60_000 }, async () => {
    await using notes = await tempWorkspace();
    const seen = notes.path('seen');
    {
      await using server = await startServer({
        model: [say('one'), say('two'), say('three')],
        tables: fixture('bad', { env: { FAULT: fault, SEEN: seen }, lines: patient }),
      });
      const client = await server.client({ questions: { 'mcpServer/elicitation/request': () => ({ action: 'decline' }) } });
      const start = await timed(client.thread());
      expect(start.ms).toBeLessThan(promptMs);
      const turn = await timed(client.turn(start.value, 'go'));
      expect(turn.value.turn.status).toBe('completed');
      expect(turn.ms).toBeLessThan(promptMs);
      const other = await timed(client.thread({ config: { mcp_servers: { bad: { enabled: false } } } }));
      const otherTurn = await timed(client.turn(other.value, 'go'));
      expect(other.ms + otherTurn.ms).toBeLessThan(promptMs);
    }
    for (const pid of pidsOf(await noted(seen))) await until(() => !alive(pid));
  });
});

describe('a start that fails', () => {
  const failing = async (fault: string, lines: string) => {
    const server = await startServer({ tables: fixture('bad', { env: { FAULT: fault }, lines }) });
    const client = await server.client();
    const told = await outcome(client, await client.thread());
    await server[Symbol.asyncDispose]();
    return told;
  };

  test.each(['stuck', 'stuck-list', 'floods-stuck'])('%s: after its time', async (fault) => {
    const error =
      'MCP client for `bad` timed out after 0 seconds. Add or adjust `startup_timeout_sec` in your config.toml:\n[mcp_servers.bad]\nstartup_timeout_sec = XX';
    expect(await failing(fault, 'startup_timeout_sec = 0.4')).toMatchObject({ status: 'failed', error });
  });

  test.each(['endless', 'long-line', 'exits'])('%s: when the connection closes', async (fault) => {
    const error =
      'MCP client for `bad` failed to start: MCP startup failed: handshaking with MCP server failed: connection closed: initialize response';
    expect(await failing(fault, patient)).toMatchObject({ status: 'failed', error });
  });
});

test.each(['babbles', 'cursor-loop', 'announces', 'floods', 'floods-answers', 'asks'])(
  '%s: its tools work all the same',
  { timeout: 60_000 },
  async (fault) => {
    const model = [toolCall('bad', 'text_only'), say('done')];
    await using server = await startServer({ model, tables: fixture('bad', { env: { FAULT: fault }, lines: patient }) });
    const client = await server.client({ questions: { 'mcpServer/elicitation/request': () => ({ action: 'decline' }) } });
    const threadId = await client.thread();
    expect(await outcome(client, threadId)).toMatchObject({ status: 'ready' });
    const { items } = await client.turn(threadId, 'go');
    expect(mcpItems(items)).toMatchObject([{ status: 'completed' }]);
  },
);

test('death in the middle of a call is an error for the model, ends no turn, and stays until a reload', async () => {
  const model = [
    toolCall('fix', 'die'),
    toolCall('fix', 'echo', { message: 'again' }),
    say('so it is'),
    say('nobody'),
    toolCall('fix', 'echo', { message: 'back' }),
    say('ok'),
  ];
  await using server = await startServer({ model, tables: fixture() });
  const client = await server.client();
  const threadId = await client.thread();
  await started(client, threadId);
  const { items, turn } = await client.turn(threadId, 'go');
  expect(turn.status).toBe('completed');
  const text = (tool: string) => `tool call error: tool call failed for \`fix/${tool}\`\n\nCaused by:\n    Transport closed`;
  expect(mcpItems(items)).toMatchObject(['die', 'echo'].map((tool) => ({ status: 'failed', error: { message: text(tool) } })));
  expect(lastOutput(server.model.requests[1])).toBe(text('die'));
  const status = async () => (await client.request('mcpServerStatus/list', { threadId })).data[0]?.runtimeStatus;
  expect(await status()).toBe('failed');
  await client.turn(threadId, 'who is there?');
  expect(offered(server.model.requests[3], 'mcp__fix')).toEqual([]);
  await client.request('config/mcpServer/reload', undefined);
  expect(await status()).toBe('connected');
  expect(mcpItems((await client.turn(threadId, 'and now')).items)).toMatchObject([{ status: 'completed' }]);
});

test('a server that reads nothing any more costs a call its time, and the next thread nothing', { timeout: 60_000 }, async () => {
  await using server = await startServer({ tables: fixture('fix', { lines: 'tool_timeout_sec = 1' }) });
  const client = await server.client();
  const threadId = await client.thread();
  await started(client, threadId);
  const call = (tool: string, args: object) =>
    client.request('mcpServer/tool/call', { threadId, server: 'fix', tool, arguments: { ...args } });
  const late = { message: 'tool call failed for `fix/hang`: timed out awaiting tools/call after 1s' };
  await expect(call('hang', {})).rejects.toMatchObject(late);
  // Far more than a pipe holds.
  await expect(call('echo', { message: 'x'.repeat(8 * 1024 * 1024) })).rejects.toThrow(/timed out awaiting tools\/call after 1s/);
  const closing = await timed(client.request('thread/unsubscribe', { threadId }).then(() => client.thread()));
  expect(closing.ms).toBeLessThan(promptMs);
});

test('a server deaf to SIGTERM is killed', { timeout: 60_000 }, async () => {
  await using notes = await tempWorkspace();
  const seen = notes.path('seen');
  const server = await startServer({ tables: fixture('deaf', { env: { FAULT: 'deaf', SEEN: seen } }) });
  const client = await server.client();
  await started(client, await client.thread());
  const [pid = 0] = pidsOf(await noted(seen));
  expect(alive(pid)).toBe(true);
  await server[Symbol.asyncDispose]();
  expect(alive(pid)).toBe(false);
  expect(await noted(seen)).toContainEqual({ pid, ignored: 'SIGTERM' });
});

/** Kilobytes of memory of a process. */
const residentKb = async (pid: number): Promise<number> =>
  Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);

test.runIf(process.platform === 'linux').each(['floods', 'floods-junk', 'floods-stderr', 'floods-requests', 'floods-answers'])(
  '%s: memory stays bounded, and other threads stay quick',
  { timeout: 120_000 },
  async (fault) => {
    await using notes = await tempWorkspace();
    const seen = notes.path('seen');
    const tables = fixture('bad', { env: { FAULT: fault, SEEN: seen }, lines: `enabled = false\n${patient}` });
    await using server = await startServer({ via: 'stdio', tables, model: [say('one'), say('two'), say('three')] });
    const client = await server.client();
    const calm = await client.thread();
    await client.turn(calm, 'warm');
    const pid = server.child?.pid ?? 0;
    const before = await residentKb(pid);
    await client.thread({ config: { mcp_servers: { bad: { enabled: true } } } });
    const flooded = (notes: readonly Record<string, unknown>[]) => Math.max(0, ...notes.map(({ flooded }) => Number(flooded ?? 0)));
    // A server that is cut off does not get that far.
    const enough = async () => {
      const all = await noted(seen);
      return flooded(all) >= 40 || (all.length > 0 && !pidsOf(all).some(alive));
    };
    await until(enough, 60_000);
    const turn = await timed(client.turn(calm, 'still there?'));
    expect(turn.value.turn.status).toBe('completed');
    expect(turn.ms).toBeLessThan(promptMs);
    expect((await residentKb(pid)) - before).toBeLessThan(200_000);
  },
);

describe('in another environment', () => {
  test.each(['endless', 'floods', 'floods-requests', 'long-line', 'exits', 'stuck'])(
    '%s: bounded just the same',
    { timeout: 60_000 },
    async (fault) => {
      await using far = await listeningServer({ PATH: process.env.PATH ?? '', HOME: '/nonexistent' });
      const lines = `environment_id = "far"\ncwd = "/"\n${fault === 'stuck' ? 'startup_timeout_sec = 0.5' : patient}`;
      await using server = await startServer({ model: [say('one')], tables: fixture('bad', { env: { FAULT: fault }, lines }) });
      const client = await server.client();
      await client.request('environment/add', { environmentId: 'far', execServerUrl: far.url });
      const start = await timed(client.thread());
      const turn = await timed(client.turn(start.value, 'go'));
      expect(start.ms + turn.ms).toBeLessThan(promptMs);
      // One that asks without end is cut off, whenever that is.
      const status = async () => (await client.request('mcpServerStatus/list', { threadId: start.value })).data[0]?.runtimeStatus;
      await expect.poll(status, { timeout: 20_000 }).toBe(fault === 'floods' ? 'connected' : 'failed');
    },
  );
});
