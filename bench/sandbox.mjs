// What the sandbox costs: `true` under workspace-write, started by our process layer and over the wire, against plain bubblewrap
// with the very same arguments. Rounds alternate, so that noise hits all alike. Usage: node bench/sandbox.mjs [rounds]
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { root } from './shared.mjs';

const rounds = Number(process.argv[2] ?? 300);
const warmUp = 20;
const base = await realpath(await mkdtemp(join(homedir(), '.switchyard-bench-')));
const outfile = join(root, 'node_modules', `.sandbox-bench-${process.pid}.mjs`);

async function inner() {
  const entry = join(base, 'entry.ts');
  await writeFile(
    entry,
    `export { createProcesses } from ${JSON.stringify(join(root, 'src/host/processes.ts'))};
     export { linuxSandbox } from ${JSON.stringify(join(root, 'src/host/sandbox/linux.ts'))};
     export { createAppServer } from ${JSON.stringify(join(root, 'src/index.ts'))};
     export { declineEverything } from ${JSON.stringify(join(root, 'src/client/index.ts'))};
     export { policyOfMode, profileOf } from ${JSON.stringify(join(root, 'src/policy/permissions.ts'))};`,
  );
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', packages: 'external', target: 'node20' });
  return import(pathToFileURL(outfile).href);
}

const { createProcesses, linuxSandbox, createAppServer, declineEverything, policyOfMode, profileOf } = await inner();
const work = await realpath(await mkdtemp(join(base, 'work-')));
const env = { PATH: process.env.PATH, HOME: homedir() };
const sandbox = { profile: profileOf(policyOfMode('workspace-write')), policyCwd: work, workspaceRoots: [work] };
const processes = createProcesses({ baseEnv: env });
const server = createAppServer({ codexHome: base, cwd: work, env: { ...env, CODEX_HOME: base } });
const client = await server.connect({ clientInfo: { name: 'bench', title: null, version: '0' }, questions: declineEverything });

/** Plain bubblewrap, with pipes like ours. */
async function plain() {
  const prepared = await linuxSandbox()({ argv: ['/bin/true'], cwd: work, env, sandbox, terminal: false });
  const start = performance.now();
  const fds = prepared.extraFds.map((fd) => openSync(`/proc/self/fd/${fd}`, 'r+'));
  const child = spawn(prepared.file, prepared.args, { cwd: work, env, stdio: ['ignore', 'pipe', 'pipe', ...fds], detached: true });
  for (const fd of fds) closeSync(fd);
  child.stdout.resume();
  child.stderr.resume();
  const code = await new Promise((resolve) => child.once('close', resolve));
  const took = performance.now() - start;
  for (const fd of prepared.extraFds) closeSync(fd);
  await prepared.cleanup();
  if (code !== 0) throw new Error(`bubblewrap ended with ${code}`);
  return took;
}

let count = 0;
async function ours() {
  const start = performance.now();
  const request = {
    id: `bench-${++count}`,
    argv: ['/bin/true'],
    cwd: work,
    env: { policy: { inherit: 'all', ignoreDefaultExcludes: true, exclude: [], set: {}, includeOnly: [] }, overlay: {} },
    stdin: 'closed',
    sandbox,
  };
  const running = await processes.start(request, new AbortController().signal);
  const outcome = await running.exited;
  await running.closed;
  const took = performance.now() - start;
  if (outcome.exitCode !== 0) throw new Error(JSON.stringify(outcome));
  return took;
}

async function wire() {
  const start = performance.now();
  const { exitCode } = await client.request('command/exec', {
    command: ['/bin/true'],
    cwd: work,
    sandboxPolicy: { type: 'workspaceWrite', writableRoots: [], networkAccess: false },
  });
  const took = performance.now() - start;
  if (exitCode !== 0) throw new Error(`the command ended with ${exitCode}`);
  return took;
}

function shuffled(list) {
  return list
    .map((each) => [Math.random(), each])
    .toSorted(([a], [b]) => a - b)
    .map(([, each]) => each);
}

const rows = { 'plain bubblewrap, the same arguments': plain, 'through the process layer': ours, 'command/exec over memory': wire };
const times = Object.fromEntries(Object.keys(rows).map((name) => [name, []]));
try {
  for (let round = -warmUp; round < rounds; round += 1) {
    // In any order: the kernel takes the namespaces of one command down while the next one starts.
    for (const [name, run] of shuffled(Object.entries(rows))) {
      const took = await run();
      if (round >= 0) times[name].push(took);
    }
  }
} finally {
  await client.close();
  await server.close();
  await processes.close();
  await rm(base, { recursive: true, force: true });
  await rm(outfile, { force: true });
}
const quantile = (list, at) => list.toSorted((a, b) => a - b)[Math.floor(list.length * at)];
const [reference] = Object.values(times);
for (const [name, list] of Object.entries(times)) {
  const ratio = (at) => (quantile(list, at) / quantile(reference, at)).toFixed(2);
  console.log(
    `${name.padEnd(38)} median ${quantile(list, 0.5).toFixed(2)} ms (${ratio(0.5)}x)  p10 ${quantile(list, 0.1).toFixed(2)} ms (${ratio(0.1)}x)`,
  );
}
process.exit(0);
