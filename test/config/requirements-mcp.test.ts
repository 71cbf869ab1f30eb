/** `[mcp_servers]` of an administrator's requirements: what it does not list is switched off, whoever declares it. */
import { expect, test } from 'vitest';
import { fixture, statusUpdates } from '../mcp/support/scenes.ts';
import { say } from '../support/scripted-model.ts';
import { startServer } from '../support/server.ts';

const node = JSON.stringify(process.execPath);

test('only listed servers are used', async () => {
  const requirements = `[mcp_servers.exact.identity]
command = ${node}
[mcp_servers.prefix.identity]
command = { prefix = "/" }
[mcp_servers.regex.identity]
command = { regex = ".*node.*" }
[mcp_servers.part.identity]
command = { regex = "node" }
[mcp_servers.broken.identity]
command = { regex = "(" }
[mcp_servers.other.identity]
command = "/bin/other"
[mcp_servers.address.identity]
url = "http://127.0.0.1:1/mcp"
`;
  const names = ['exact', 'prefix', 'regex', 'part', 'broken', 'other', 'address', 'unlisted'];
  const plugin = { mcpServers: { prefix: { command: process.execPath }, mine: { command: process.execPath } } };
  await using server = await startServer({
    requirements,
    tables: names.map((name) => fixture(name)).join(''),
    files: { 'kit/.codex-plugin/plugin.json': '{"name":"kit"}', 'kit/.mcp.json': JSON.stringify(plugin) },
    model: [say('done')],
  });
  const client = await server.client();
  const location = { type: 'environment' as const, environmentId: 'local', path: server.work.path('kit') };
  const threadId = await client.thread({ selectedCapabilityRoots: [{ id: 'kit@1', location }] });
  await client.turn(threadId, 'go');
  const { data } = await client.request('mcpServerStatus/list', { threadId, detail: 'toolsAndAuthOnly' });
  expect(Object.fromEntries(data.map(({ name, runtimeStatus }) => [name, runtimeStatus]))).toEqual({
    ...{ exact: 'connected', prefix: 'connected', regex: 'connected' },
    ...{ part: 'disabled', broken: 'disabled', other: 'disabled', address: 'disabled', unlisted: 'disabled' },
  });
  expect([...new Set(statusUpdates(client, threadId).map(({ name }) => name))].sort()).toEqual(['exact', 'prefix', 'regex']);
});

test('a list that is not understood lets no thread start', async () => {
  await using server = await startServer({ requirements: '[mcp_servers.a]\nidentity = { program = "x" }\n' });
  const client = await server.client();
  await expect(client.thread()).rejects.toThrow(/requirements\.toml|mcp_servers/);
});
