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
const programs = [
  ...['child_process', 'node:child_process', 'cluster', 'node:cluster', 'execa', 'cross-spawn', 'open', 'tree-kill'],
  ...['node-pty', '@lydell/node-pty', '@modelcontextprotocol/sdk/client/stdio.js'],
];
const starters = new RegExp(
  `(?:from|import|import\\(|require\\()\\s*['"\`](?:${programs.join('|')})['"\`]|['"\`]node-pty/|process\\.(?:binding|getBuiltinModule)\\b`,
);

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

/** Everybody who asks the process layer for a program, and what it is. Whoever is new here says how it is confined. */
const askers: Readonly<Record<string, string>> = {
  'src/agent/hooks/hook-process.ts': 'hooks that the user trusts, outside the sandbox as the user wrote them',
  'src/agent/tools/exec-command.ts': 'commands of the model: confined, or with consent not',
  'src/agent/user-shell.ts': 'what the user types by hand',
  'src/app-server/auth-command.ts': 'the credential helper of the user',
  'src/app-server/client-processes.ts': 'command/exec as its caller confines it, process/spawn unconfined',
  'src/app-server/file-search.ts': 'our own ripgrep',
  'src/cli/sandbox.ts': 'switchyard sandbox',
  'src/environment/command-output.ts': 'our own git',
  'src/environment/remote.ts': 'hands the request on to an exec-server',
  'src/exec-server/session-process.ts': 'what a client of the exec-server asks for, confined as it says',
  'src/mcp/headers-helper.ts': 'a program of the user that prints headers',
  'src/mcp/stdio-transport.ts': 'MCP servers of the configuration',
};

test('git, hooks, MCP servers, helpers and commands all ask the process layer, which prepares each start at the choke point', () => {
  const found = sources('src').filter((path) => /\bprocesses\.start\(/.test(readFileSync(path, 'utf8')));
  expect(found.sort()).toEqual(Object.keys(askers).sort());
  const plain = sources('src').filter((path) => /\bplainSpawn\(/.test(readFileSync(path, 'utf8')));
  expect(plain.sort()).toEqual(['src/host/processes.ts', 'src/host/sandbox/index.ts']);
  expect(readFileSync('src/host/processes.ts', 'utf8')).toContain('if (!sandbox) return plainSpawn(named);');
});

test('nothing else starts a program of its own: small tools and servers of other environments are listed', () => {
  const tools = sources('src').filter(
    (path) =>
      /from '\.{1,2}\/(?:\.\.\/)?(?:host\/)?spawn\.ts'/.test(readFileSync(path, 'utf8')) && /\brunTool\(/.test(readFileSync(path, 'utf8')),
  );
  expect(tools.sort()).toEqual([
    'src/host/kill-tree.ts', // taskkill on Windows
    'src/host/pipes.ts', // mkfifo
    'src/host/process-table.ts', // ps where there is no /proc
    'src/host/sandbox/bubblewrap.ts', // what bubblewrap can do
    'src/host/sandbox/landlock.ts', // what Landlock can do
  ]);
  const servers = sources('src').filter((path) => /\bspawnTransport\(/.test(readFileSync(path, 'utf8')));
  expect(servers.sort()).toEqual([
    'src/client/spawn.ts', // a client library starts our server
    'src/environment/providers.ts', // an exec-server declared as a program
    'src/rpc/transports/child-process.ts',
  ]);
});

test('file operations with a sandbox are carried out by the confined files and nothing else', () => {
  const users = sources('src').filter((path) => /\bconfinedFiles\(|\bnew ConfinedFiles\(/.test(readFileSync(path, 'utf8')));
  expect(users.sort()).toEqual(['src/exec-server/exec-server.ts', 'src/host/files.ts']);
});
