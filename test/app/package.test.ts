/** The built package as somebody else's program meets it: its names resolve, its types hold, its server runs in-process. */
import { symlink } from 'node:fs/promises';
import { resolve } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { tempWorkspace } from '../support/workspace.ts';

const consumer = `
import { createAppServer } from 'switchyard';
import { declineEverything, runTurn } from 'switchyard/client';

const [codexHome = '', cwd = ''] = process.argv.slice(2);
const server = createAppServer({ codexHome, cwd, env: {}, overrides: ['model_provider="rehearsal"'] });
const client = await server.connect({ clientInfo: { name: 'consumer', version: '1' }, questions: declineEverything });
const { thread } = await client.request('thread/start', { cwd });
client.on('turn/completed', ({ turn }) => console.log(turn.status satisfies 'completed' | 'interrupted' | 'failed' | 'inProgress'));
const { items } = await runTurn(client, { threadId: thread.id, input: [{ type: 'text', text: 'say: hello from a package', text_elements: [] }] });
for (const item of items) if (item.type === 'agentMessage') console.log(item.text);
// @ts-expect-error There is no such method.
client.request('thread/nonsense', {}).catch((error: Error) => console.log(error.message.slice(0, 23)));
// @ts-expect-error A thread has no such member.
void thread.nonsense;
await client.close();
await server.close();
`;

test('compiles against its types, all of them checked, and runs', async () => {
  await using work = await tempWorkspace({ 'consumer.mts': consumer, 'node_modules/@types/.keep': '' });
  await symlink(resolve('.'), work.path('node_modules', 'switchyard'));
  await symlink(resolve('node_modules/@types/node'), work.path('node_modules', '@types', 'node'));
  const options = [
    '--ignoreConfig',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2022',
    '--lib',
    'es2023,esnext.disposable',
    '--types',
    'node',
  ];
  const tsc = resolve('node_modules/typescript/bin/tsc');
  const compiled = await execa(process.execPath, [tsc, ...options, work.path('consumer.mts')], { cwd: work.root, reject: false });
  expect(compiled.stdout).toBe('');
  const { stdout, stderr } = await execa(process.execPath, [work.path('consumer.mjs'), work.path('home'), work.root]);
  expect(stderr).toBe('');
  expect(stdout.split('\n')).toEqual(['completed', 'hello from a package', 'thread/nonsense is not ']);
});
