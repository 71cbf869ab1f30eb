/** The program's entry. It decides what was asked for and loads only that; `initialize` on stdio is answered before the rest is loaded. */
import { ownVersion } from '../app-server/handshake.ts';
import { messageOf } from '../base/errors.ts';
import { readMachine } from '../host/machine.ts';
import { useCompileCache } from './compile-cache.ts';
import { startEarly } from './early-start.ts';
import { type AppServerFlags, appServerHelp, type Command, parseCommand, programHelp } from './flags.ts';
import { resolveCodexHome } from './home.ts';

/** How long to wait for the client's first bytes before using the wait to load the server. */
const preloadAfterMs = 5;

function fail(message: string, status: number): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = status;
}

function appServer(flags: AppServerFlags): void {
  if (flags.listen.kind === 'off') {
    fail('Error: no transport configured; use --listen or enable remote control', 1);
    return;
  }
  const codexHome = resolveCodexHome(process.env);
  const server = () => import('./serve.ts');
  const onError = (error: unknown) => fail(`Error: ${messageOf(error)}`, 1);
  const base = { flags, codexHome, facts: readMachine(process.env) };
  if (flags.listen.kind !== 'stdio' || flags.printStartupConfig) {
    void server()
      .then(({ serve }) => serve(base))
      .catch(onError);
    return;
  }
  const preload = setTimeout(() => void server().catch(onError), preloadAfterMs);
  const early = {
    stdin: process.stdin,
    stdout: process.stdout,
    facts: () => base.facts,
    codexHome,
    originator: process.env.CODEX_INTERNAL_ORIGINATOR_OVERRIDE,
  };
  startEarly(early, (handover) => {
    clearTimeout(preload);
    void server()
      .then(({ serve }) => serve({ ...base, handover }))
      .catch(onError);
  });
}

async function run(command: Command): Promise<void> {
  switch (command.kind) {
    case 'app-server':
      return appServer(command.flags);
    case 'generate':
      return (await import('./generate.ts')).generate(command);
    case 'doctor':
      return (await import('./doctor.ts')).doctor(command);
    case 'demo':
      return (await import('./demo.ts')).demo(command);
    case 'version':
      process.stdout.write(`switchyard ${ownVersion}\n`);
      return;
    case 'help':
      process.stdout.write(command.topic === 'app-server' ? appServerHelp : programHelp);
      return;
    case 'usage':
      fail(command.message, 2);
  }
}

useCompileCache(process.env);
run(parseCommand(process.argv.slice(2))).catch((error: unknown) => fail(`Error: ${messageOf(error)}`, 1));
