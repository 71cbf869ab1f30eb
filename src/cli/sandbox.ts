/** `switchyard sandbox`: one command under the policy, through the same door as the agent's, with its streams relayed. */
import { realpathSync } from 'node:fs';
import { constants, homedir } from 'node:os';
import { resolve } from 'node:path';
import { createConfiguration } from '../config/configuration.ts';
import { createProcesses } from '../host/processes.ts';
import type { HostProcess } from '../host/running-process.ts';
import { keepFromCommands } from '../host/sandbox/own-paths.ts';
import { choosePermissions } from '../policy/permissions.ts';
import { wideWorkspaceWarning } from '../policy/wide-workspace.ts';
import { resolveCodexHome } from './home.ts';
import { fail, misuse, misuseStatus } from './misuse.ts';
import { parseSandbox, type SandboxFlags, sandboxHelp } from './sandbox-flags.ts';

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** `args`: all words but the command's name. Rejects when the command could not be confined or started; nothing has run then. */
export async function sandbox(args: readonly string[]): Promise<void> {
  const flags = parseSandbox(args, process.platform);
  if (flags === 'help') process.stdout.write(sandboxHelp);
  else if ('wrong' in flags) fail(misuse(flags.wrong), misuseStatus);
  else await run(flags);
}

/** Sets the exit code of this process. */
async function run(flags: SandboxFlags): Promise<void> {
  const { env } = process;
  const cwd = realpathSync(resolve(flags.directory ?? '.'));
  const home = resolveCodexHome(env);
  keepFromCommands(home);
  const configuration = createConfiguration({ home, cwd, overrides: flags.overrides, env });
  const { settings } = await configuration.load({ cwd });
  const asked = { permissions: flags.permissions, sandbox: flags.fullAuto ? ('workspace-write' as const) : undefined };
  const userHome = env.HOME ?? homedir();
  const { profile, warnings = [] } = choosePermissions(asked, settings.sandbox, userHome);
  const wide = wideWorkspaceWarning(profile, [cwd], userHome);
  for (const warning of wide === undefined ? warnings : [...warnings, wide]) process.stderr.write(`warning: ${warning}\n`);
  const baseEnv = Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
  const processes = createProcesses({ baseEnv });
  try {
    const running = await processes.start(
      {
        id: 'command',
        argv: flags.argv,
        cwd,
        env: { policy: settings.shellEnvironment, overlay: {} },
        stdin: 'pipe',
        sandbox: { profile, policyCwd: cwd, workspaceRoots: [cwd] },
      },
      new AbortController().signal,
    );
    process.exitCode = await relay(running);
  } finally {
    await processes.close();
  }
  // Input that nobody reads any more would keep the program waiting.
  process.exit();
}

/** Passes the streams and signals on until the command has ended. */
async function relay(running: HostProcess): Promise<number> {
  let ours: NodeJS.Signals | undefined;
  for (const name of forwarded) {
    process.on(name, () => {
      ours = name;
      void running.signal(name);
    });
  }
  const stop = relayOutput(running);
  relayInput(running);
  const outcome = await running.exited;
  await running.closed;
  stop();
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise<void>((done) => stream.write('', () => done()))));
  // The wrapper around the command may turn the signal we passed on into a code of its own.
  if (ours !== undefined && running.endSignal) return 128 + (constants.signals[ours] ?? 0);
  return outcome.kind === 'exited' ? outcome.exitCode : 1;
}

/** A reader that is slow makes the command wait; one that is gone ends it. */
function relayOutput(running: HostProcess): () => void {
  const full = new Set<NodeJS.WriteStream>();
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => void running.terminate());
  return running.onOutput(({ stream, bytes }) => {
    const target = stream === 'stderr' ? process.stderr : process.stdout;
    if (target.write(bytes) || full.has(target)) return;
    full.add(target);
    running.pauseOutput();
    target.once('drain', () => {
      full.delete(target);
      if (full.size === 0) running.resumeOutput();
    });
  });
}

function relayInput(running: HostProcess): void {
  const { stdin } = process;
  const close = () => void running.closeStdin();
  stdin.on('data', (bytes: Buffer) => {
    stdin.pause();
    running.write(bytes).then(
      () => stdin.resume(),
      () => stdin.destroy(), // the command reads no more
    );
  });
  stdin.on('end', close).on('error', close);
}
