/** A command the user runs by hand in a thread: unconfined, shown as an item, told to the model, answered by nobody. */
import { randomUUID } from 'node:crypto';
import { invalidRequest, messageOf } from '../base/errors.ts';
import { uuidv7 } from '../base/ids.ts';
import { quoteWords } from '../policy/shell-quote.ts';
import { message } from './history.ts';
import { captureEnvironments } from './step-environments.ts';
import type { ThreadCore } from './thread-core.ts';
import { commandActions } from './tools/command-actions.ts';
import { shellArgv } from './tools/exec-environment.ts';
import { ExecSession } from './tools/exec-session.ts';
import type { CallItems, CommandItem } from './tools/tool.ts';
import { truncateOutput } from './truncation.ts';
import type { Turn } from './turn.ts';

const defaultTimeoutMs = 3_600_000;
/** What the model is shown of the output. */
const shownTokens = 10_000;

export interface ShellCommand {
  readonly command: string;
  /** Default one hour. */
  readonly timeoutMs: number | undefined;
}

/** Runs the command on behalf of `turn`. Rejects only when `signal` aborts; the command is ended then. */
export async function runUserShell(core: ThreadCore, turn: Turn, request: ShellCommand & { readonly signal: AbortSignal }): Promise<void> {
  const { signal } = request;
  const [selected] = captureEnvironments(core.host.environments, turn.settings.environments).selected;
  if (!selected) throw invalidRequest('this thread has no environment to run a command in');
  const { environment, selection } = selected;
  const info = await environment.info(signal);
  const argv = shellArgv(info.shell.path, request.command, { login: turn.settings.allowLoginShell });
  const item: CommandItem = {
    type: 'commandExecution',
    id: uuidv7(),
    pluginId: null,
    scriptPath: null,
    command: quoteWords(argv),
    cwd: selection.cwd,
    processId: null,
    source: 'userShell',
    status: 'inProgress',
    commandActions: commandActions(argv, selection.cwd),
    aggregatedOutput: null,
    exitCode: null,
    durationMs: null,
  };
  turn.items.start(item);
  let session: ExecSession;
  try {
    const process = await environment.processes.start(
      { id: randomUUID(), argv, cwd: selection.cwd, env: { policy: turn.settings.shellEnvironment, overlay: {} }, stdin: 'closed' },
      signal,
    );
    session = new ExecSession({
      sessionId: 0,
      turnId: turn.id,
      script: request.command,
      item,
      process,
      tty: false,
      items: withWholeOutput(turn.items),
      clock: core.host.clock,
    });
  } catch (error) {
    turn.items.complete({ ...item, status: 'failed', aggregatedOutput: messageOf(error), exitCode: -1, durationMs: 0 });
    if (signal.aborted) throw error;
    return;
  }
  session.release();
  try {
    await session.wait(request.timeoutMs ?? defaultTimeoutMs, signal);
  } finally {
    if (!session.exited) await session.terminate();
  }
  tellModel(core, request.command, session);
}

/** A command that is over before its first delta still shows its output as one, in front of its end. */
function withWholeOutput(items: CallItems): CallItems {
  let told = false;
  return {
    start: (item) => items.start(item),
    commandOutput: (itemId, delta) => {
      told = true;
      items.commandOutput(itemId, delta);
    },
    terminalInteraction: (itemId, processId, stdin) => items.terminalInteraction(itemId, processId, stdin),
    complete: (item) => {
      if (!told && item.type === 'commandExecution' && item.aggregatedOutput)
        items.commandOutput(item.id, item.aggregatedOutput.slice(0, 8192));
      items.complete(item);
    },
  };
}

function tellModel(core: ThreadCore, command: string, session: ExecSession): void {
  const output = truncateOutput(session.takeOutput().text, { unit: 'tokens', limit: shownTokens });
  const text = `<user_shell_command>\n<command>\n${command}\n</command>\n<result>\nExit code: ${session.end?.exitCode ?? -1}\nOutput:\n${output}\n</result>\n</user_shell_command>`;
  core.conversation.recordUser(message('user', [text]));
}

/** Throws what the client should read about a command that is none. */
export function checkShellCommand(command: string): void {
  if (command.trim() === '') throw invalidRequest('command must not be empty');
}
