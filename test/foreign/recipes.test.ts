/** The recipes of docs/environments.md, word for word, with stand-ins for the programs that reach another machine. */
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runTurn } from '../../src/client/index.ts';
import { patch, run, say, startScriptedModel } from '../support/scripted-model.ts';
import { cli } from '../support/server.ts';
import { farThread, openAppServer, scratch, text } from './orchestrator.ts';

/** `program = …`, `args = …` of each row of the page's table. */
async function recipes(): Promise<{ name: string; declaration: string }[]> {
  const page = await readFile('docs/environments.md', 'utf8');
  const rows = page.matchAll(/^\| ([a-z ]+) \| `(program = "[^"]+")`, `(args = \[.*\])` \|$/gm);
  return Array.from(rows, ([, name = '', program = '', args = '']) => ({ name, declaration: `${program}\n${args}` }));
}

/** What each of them must be called with before it runs the rest as a command, the way the real program reads its line. */
const standIns: Readonly<Record<string, string>> = {
  // Joins its words and leaves them to a shell, as sshd does.
  ssh: '[ "$1 $2 $3 $4" = "-T -o BatchMode=yes host" ] || exit 64; shift 4; exec /bin/sh -c "$*"',
  docker: '[ "$1 $2 $3" = "exec -i container" ] || exit 64; shift 3; exec "$@"',
  kubectl: '[ "$1 $2 $3 $4 $5 $6" = "exec -i pod/name -c container --" ] || exit 64; shift 6; exec "$@"',
  devcontainer: '[ "$1 $2 $3" = "exec --workspace-folder ." ] || exit 64; shift 3; exec "$@"',
};

const table = await recipes();

test('the page has a row for each of them', () => {
  expect(table.map(({ name }) => name)).toEqual(['ssh', 'docker', 'kubectl', 'dev container']);
});

describe.each(table)('$name', ({ declaration }) => {
  test('its line starts an exec-server that runs a command and a patch', async () => {
    await using directory = await scratch('home', 'user', 'work', 'bin');
    const { root } = directory;
    for (const [name, script] of Object.entries(standIns)) {
      const path = join(root, 'bin', name);
      await writeFile(path, `#!/bin/sh\necho "$0" >> ${join(root, 'used')}\nFAR=yes; export FAR\n${script}\n`);
      await chmod(path, 0o755);
    }
    // The far side has the program on its PATH.
    await mkdir(join(root, 'far-home'));
    await writeFile(
      join(root, 'bin', 'switchyard'),
      `#!/bin/sh\nCODEX_HOME=${join(root, 'far-home')} exec ${process.execPath} ${cli} "$@"\n`,
    );
    await chmod(join(root, 'bin', 'switchyard'), 0o755);
    await symlink(process.execPath, join(root, 'bin', 'node'));
    const added = '*** Begin Patch\n*** Add File: far.txt\n+from afar\n*** End Patch';
    const look = run("tr '\\0' '\\n' </proc/$PPID/environ | grep ^FAR=; exit 3");
    await using model = await startScriptedModel(look, patch(added), say('done'));
    const withPath = `${declaration}\nenv = { PATH = ${JSON.stringify(`${join(root, 'bin')}:${process.env.PATH}`)} }`;
    const client = await openAppServer([process.execPath, cli], { root, modelUrl: model.url, declaration: withPath });
    const signal = AbortSignal.timeout(40_000);
    try {
      const work = join(root, 'work');
      const threadId = await farThread(client, work);
      const { turn, items } = await runTurn(client, { threadId, input: text('go') }, { signal });
      expect(turn.status).toBe('completed');
      expect(items.find(({ type }) => type === 'commandExecution')).toMatchObject({ aggregatedOutput: 'FAR=yes\n', exitCode: 3 });
      expect(await readFile(join(work, 'far.txt'), 'utf8')).toBe('from afar\n');
      const program = /program = "([^"]+)"/.exec(declaration)?.[1] ?? '';
      expect(await readFile(join(root, 'used'), 'utf8')).toBe(`${join(root, 'bin', program)}\n`);
    } finally {
      await client.close();
      await client.exited;
    }
  }, 60_000);
});
