/** Capability roots over the wire: what a client selects is kept with the thread, whatever becomes of the environment. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { say } from '../support/scripted-model.ts';
import { startServer } from '../support/server.ts';

const selected = (path: string) => [{ id: 'kit@1', location: { type: 'environment' as const, environmentId: 'local', path } }];

/** Of the file at `path`, which is written behind the answers. */
async function storedSelection(path: string | null): Promise<unknown> {
  const [first = ''] = (await readFile(path ?? '', 'utf8')).split('\n');
  return JSON.parse(first).payload.selected_capability_roots;
}

test('a selection is stored as id, environment and URI, survives a restart, and every kind of fork inherits it', async () => {
  await using server = await startServer({ via: 'stdio', model: [say('one'), say('two')] });
  const kit = selected(server.work.path('kit here'));
  const kept = selected(`file://${server.work.root}/kit%20here`);
  const client = await server.client();
  const started = await client.request('thread/start', { cwd: server.work.root, selectedCapabilityRoots: kit });
  const threadId = started.thread.id;
  const { turn } = await client.turn(threadId, 'first');
  await client.turn(threadId, 'second');
  await expect.poll(() => storedSelection(started.thread.path).catch(() => undefined)).toEqual(kept);

  const ended = new Promise((resolve) => server.child?.once('exit', resolve));
  server.child?.stdin.end();
  await ended;
  await using later = await server.another();
  const reader = await later.client();
  await reader.request('thread/resume', { threadId });
  for (const cut of [{}, { lastTurnId: turn.id }]) {
    const { thread } = await reader.request('thread/fork', { threadId, ...cut });
    expect(thread.forkedFromId).toBe(threadId);
    await expect.poll(() => storedSelection(thread.path).catch(() => undefined)).toEqual(kept);
  }
});

test('a relative path is refused, and an environment nobody knows is not: it may still come', async () => {
  await using server = await startServer({ model: [say('ok')] });
  const client = await server.client();
  await expect(client.request('thread/start', { selectedCapabilityRoots: selected('kit') })).rejects.toThrow(/must have an absolute path/);
  const roots = [{ id: 'kit', location: { type: 'environment' as const, environmentId: 'nobody', path: '/kit' } }];
  const threadId = await client.thread({ selectedCapabilityRoots: roots });
  expect((await client.turn(threadId, 'go')).turn.status).toBe('completed');
});
