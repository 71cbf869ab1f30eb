/** Programs are started in one place, so that no start can forget the sandbox, the guardian or the descriptors. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** Who may touch the system's own ways to start a program, and why. */
const allowed: Readonly<Record<string, string>> = {
  'src/host/spawn.ts': 'the one door',
  'src/host/pty-fork.ts': 'node-pty forks by itself where a terminal pair cannot be made by hand',
  'src/rpc/transports/child-process.ts': 'a client that starts a server: the server then does all the rest',
};
const starters =
  /(?:from|import|import\(|require\()\s*['"](?:(?:node:)?child_process|node:cluster|execa|node-pty(?:\/[^'"]*)?)['"]|['"]node-pty\//;

const sources = (directory: string): string[] =>
  readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return sources(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });

test('only the listed files start programs, and each of them does', () => {
  const found = sources('src').filter((path) => starters.test(readFileSync(path, 'utf8')));
  // pty.ts takes only the pair of descriptors from node-pty and starts its child through the door.
  expect(found.filter((path) => path !== 'src/host/pty.ts').sort()).toEqual(Object.keys(allowed).sort());
});

test('commands of others pass the sandbox: the door is used by the process layer and by our own small tools only', () => {
  const users = sources('src').filter((path) => /from '\.{1,2}\/(?:host\/)?spawn\.ts'/.test(readFileSync(path, 'utf8')));
  const direct = users.filter((path) => /\bspawnChild\b/.test(readFileSync(path, 'utf8')));
  expect(direct.sort()).toEqual([
    'src/host/guardian.ts', // the shell that outlives us
    'src/host/launch.ts', // pipes, called by processes.ts
    'src/host/pipes.ts', // makes a pipe
    'src/host/pty.ts', // terminals, called by processes.ts
  ]);
  const launchers = sources('src').filter((path) => /\blaunch(?:Piped|Terminal)\b/.test(readFileSync(path, 'utf8')));
  expect(launchers.sort()).toEqual(['src/host/launch.ts', 'src/host/processes.ts', 'src/host/pty.ts']);
  expect(readFileSync('src/host/processes.ts', 'utf8')).toContain('prepareSandboxedSpawn(');
});
