/** The program's entry. It decides what was asked for and loads only that; `initialize` on stdio is answered before the rest is loaded. */
import { ownVersion } from '../app-server/handshake.ts';
import { messageOf } from '../base/errors.ts';
import { readMachine } from '../host/machine.ts';
import { readInstallationId } from '../store/installation-id.ts';
import { useCompileCache } from './compile-cache.ts';
import { announce, listenEarly } from './early-exec.ts';
import { type Handover, leaveOnSignals, startEarly } from './early-start.ts';
import {
  type AppServerFlags,
  appServerHelp,
  type Command,
  type ExecServerFlags,
  execServerHelp,
  isOpenToAll,
  parseCommand,
  programHelp,
} from './flags.ts';
import { resolveCodexHome } from './home.ts';
import { fail, misuseStatus } from './misuse.ts';

/** How long to wait for the client's first bytes before using the wait to load the server. */
const preloadAfterMs = 5;

function appServer(flags: AppServerFlags): void {
  if (flags.listen.kind === 'off') {
    fail('Error: no transport configured; use --listen or enable remote control', 1);
    return;
  }
  const codexHome = resolveCodexHome(process.env);
  const server = () => import('./serve.ts');
  const onError = (error: unknown) => {
    process.stderr.write(`Error: ${messageOf(error)}\n`);
    // Input that is still open would keep the program waiting.
    process.exit(1);
  };
  const base = { flags, codexHome, facts: readMachine(process.env), onWatching: leaveOnSignals() };
  const { stdin, stdout } = process;
  const start = (handover?: Handover) =>
    void server()
      .then(({ serve }) => serve(handover ? { ...base, handover } : base))
      .catch(onError);
  if (flags.listen.kind !== 'stdio' || flags.printStartupConfig) {
    start();
    return;
  }
  // Whether the configuration is good must be known before anything is answered.
  if (flags.strictConfig) {
    start({ stdin, stdout, rest: Buffer.alloc(0), initialized: undefined });
    return;
  }
  const preload = setTimeout(() => void server().catch(onError), preloadAfterMs);
  const originator = process.env.CODEX_INTERNAL_ORIGINATOR_OVERRIDE;
  const installationId = () => readInstallationId(codexHome);
  startEarly({ stdin, stdout, facts: base.facts, codexHome, originator, installationId }, (handover) => {
    clearTimeout(preload);
    start(handover);
  });
}

async function execServer(flags: ExecServerFlags): Promise<void> {
  const codexHome = resolveCodexHome(process.env);
  const { listen, wsAuth, strictConfig } = flags;
  // Whether tokens can be asked for, and whether the configuration is good, must be known before anybody may come.
  const early = listen.kind === 'stdio' || strictConfig || !isOpenToAll(wsAuth) ? undefined : await listenEarly(listen);
  if (early) announce(early.url);
  try {
    await (await import('./exec-server.ts')).execServer({ flags, codexHome, opened: early?.opened });
  } catch (error) {
    fail(`Error: ${messageOf(error)}`, 1);
    // A listener that is open already would keep the program waiting.
    if (early) process.exit();
  }
}

async function run(command: Command): Promise<void> {
  switch (command.kind) {
    case 'app-server':
      return appServer(command.flags);
    case 'exec-server':
      return execServer(command.flags);
    case 'generate':
      return (await import('./generate.ts')).generate(command);
    case 'sandbox':
      return (await import('./sandbox.ts')).sandbox(command.args);
    case 'mcp':
      return (await import('./mcp.ts')).mcp(command.args);
    case 'execpolicy':
      return (await import('./execpolicy.ts')).execPolicy(command.args);
    case 'doctor':
      return (await import('./doctor.ts')).doctor(command);
    case 'demo':
      return (await import('./demo.ts')).demo(command);
    case 'version':
      process.stdout.write(`switchyard ${ownVersion}\n`);
      return;
    case 'help':
      process.stdout.write({ program: programHelp, 'app-server': appServerHelp, 'exec-server': execServerHelp }[command.topic]);
      return;
    case 'usage':
      fail(command.message, misuseStatus);
  }
}

useCompileCache(process.env);
run(parseCommand(process.argv.slice(2))).catch((error: unknown) => fail(`Error: ${messageOf(error)}`, 1));
