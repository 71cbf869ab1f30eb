/** Many threads with MCP servers, opened and closed: no process is left, and each thread has servers of its own. */
import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { startServer, type TestClient } from '../support/server.ts';
import { statusUpdates, until } from './support/scenes.ts';

/** A server that starts in no time: it tells its process, and nothing else. */
const program = `
printf '%s\\n' "$$" >> "$PIDS"
while IFS= read -r line; do
  id="\${line##*\\"id\\":}"; id="\${id%%[!0-9]*}"
  case "$line" in
    *'"initialize"'*) printf '{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"sh","version":"1"}}}\\n' "$id" ;;
    *'"tools/list"'*) printf '{"jsonrpc":"2.0","id":%s,"result":{"tools":[{"name":"pid","inputSchema":{"type":"object"}}]}}\\n' "$id" ;;
    *'"tools/call"'*) printf '{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":"%s"}]}}\\n' "$id" "$$" ;;
  esac
done
`;

/** Processes that run the program, by what they were started with. */
async function running(mark: string): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.startsWith('/bin/sh') && line.includes(mark)).length;
}

const ready = (client: TestClient, threadId: string) =>
  until(() => statusUpdates(client, threadId).some(({ status }) => status === 'ready'), 60_000);

test.runIf(process.platform === 'linux')('200 threads opened and closed leave no process', { timeout: 300_000 }, async () => {
  await using server = await startServer({ files: { 'server.sh': program } });
  const client = await server.client();
  const script = server.work.path('server.sh');
  const pids = server.work.path('pids');
  const mcp_servers = { sh: { command: '/bin/sh', args: [script], env: { PIDS: pids } } };
  let left = 200;
  const work = async () => {
    while (left > 0) {
      left -= 1;
      const patient = left % 4 !== 0;
      const threadId = await client.thread({ config: { mcp_servers } });
      // Some are closed in the middle of the start.
      if (patient) await ready(client, threadId);
      await client.request('thread/delete', { threadId });
      const last = statusUpdates(client, threadId).at(-1)?.status;
      expect(patient ? ['ready'] : ['ready', 'cancelled', 'starting']).toContain(last);
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  await until(async () => (await running(script)) === 0, 30_000);
  const started = (await readFile(pids, 'utf8')).trim().split('\n');
  expect(started.length).toBeGreaterThan(120);
  expect(new Set(started).size).toBe(started.length);
});

test.runIf(process.platform === 'linux')(
  'each thread has a process of its own, whatever else they share',
  { timeout: 60_000 },
  async () => {
    await using server = await startServer({ files: { 'server.sh': program } });
    const client = await server.client();
    const mcp_servers = { sh: { command: '/bin/sh', args: [server.work.path('server.sh')], env: { PIDS: server.work.path('pids') } } };
    const threads = await Promise.all(Array.from({ length: 5 }, () => client.thread({ config: { mcp_servers } })));
    const said = await Promise.all(
      threads.map((threadId) => client.request('mcpServer/tool/call', { threadId, server: 'sh', tool: 'pid', arguments: {} })),
    );
    expect(new Set(said.map(({ content }) => JSON.stringify(content))).size).toBe(5);
    expect(await running(server.work.path('server.sh'))).toBe(5);
  },
);
