/** P-52b: a workspace that is more than a project is told when its thread starts, and so is what is odd about a profile. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ClientRequests, In } from '../../src/protocol/app/index.ts';
import { startServer } from '../support/server.ts';

const profiles = '[permissions.odd]\n[permissions.odd.filesystem]\n":unheard_of" = "read"\n":workspace_roots" = "write"\n';

test('the disk, the home directory and what holds it are warned of; a project and what writes nothing are not', async () => {
  await using server = await startServer({ env: { HOME: '/nonexistent/home/me' }, tables: profiles });
  const client = await server.client();
  const project = join(server.work.root, 'project');
  await mkdir(project);
  const write = { sandbox: 'workspace-write' } as const;
  const starts: In<ClientRequests['thread/start']['params']>[] = [
    { cwd: project, ...write },
    { cwd: '/', sandbox: 'read-only' },
    { cwd: '/', sandbox: 'danger-full-access' },
    { cwd: '/', ...write },
    { cwd: project, runtimeWorkspaceRoots: [project, '/nonexistent/home'], ...write },
    { cwd: project, permissions: 'odd' },
  ];
  const ids: string[] = [];
  for (const params of starts) ids.push((await client.request('thread/start', params)).thread.id);
  const told = () =>
    ids.map((id) => client.seen.flatMap(({ method, params }) => (method === 'warning' && params.threadId === id ? [params.message] : [])));
  await expect
    .poll(told)
    .toEqual([
      [],
      [],
      [],
      [expect.stringMatching(/^The workspace is `\/`: commands may write the whole disk/)],
      [expect.stringMatching(/^The workspace `\/nonexistent\/home` holds your home directory/)],
      [expect.stringContaining(':unheard_of')],
    ]);
});
