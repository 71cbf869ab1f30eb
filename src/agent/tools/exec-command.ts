/** The `exec_command` tool: runs a script in a shell of the selected environment and reports until it ends or the yield time is over. */
import { randomUUID } from 'node:crypto';
import { isCancelled, messageOf } from '../../base/errors.ts';
import { type EnvironmentInfo, SandboxUnavailable } from '../../environment/environment.ts';
import { plainSegments, shellCall } from '../../policy/command-parse.ts';
import { isDangerousCommand, isDangerousScript, needsGrammar } from '../../policy/command-rules.ts';
import { type ExtraPermissions, isNothing, readExtra } from '../../policy/extra-permissions.ts';
import { loadShellGrammar } from '../../policy/shell-grammar.ts';
import { quoteWords } from '../../policy/shell-quote.ts';
import { commandActions } from './command-actions.ts';
import { declareExecCommand, type ExecArguments, extraFeature, parseExecArguments } from './exec-arguments.ts';
import { commandEnvironment, shellArgv } from './exec-environment.ts';
import { ExecSession } from './exec-session.ts';
import { resolveFrom } from './native-path.ts';
import { budgetFor, commandText, wrappedText } from './output-text.ts';
import {
  type Attempt,
  type CommandItem,
  defineTool,
  hookedCommand,
  type Prepared,
  type SelectedEnvironment,
  type ToolCall,
  type ToolOutcome,
} from './tool.ts';

const FIRST_YIELD_MS = { default: 10_000, least: 250, most: 30_000 } as const;
/** After the exit, streams that a process left behind still holds are let go this soon. */
const DRAIN_MS = 50;
const TERMINAL_SIZE = { rows: 24, cols: 80 } as const;

export const execCommandTool = defineTool<ExecArguments>({
  name: 'exec_command',
  kind: 'function',
  parallel: true,
  declaration: declareExecCommand,
  hooked: (args, call, input) => {
    const selected = chooseEnvironment(args, call);
    if (typeof selected === 'string') return undefined;
    const cwd = args.workdir ? resolveFrom(selected.selection.cwd, args.workdir) : selected.selection.cwd;
    return hookedCommand({ name: 'Bash', cwd }, args.cmd, (cmd) => ({ ...(typeof input === 'object' ? input : {}), cmd }));
  },
  parse: parseExecArguments,
  prepare: async (args, call) => {
    const problem = refusal(args, call);
    if (problem !== undefined) return failed(problem);
    const selected = chooseEnvironment(args, call);
    if (typeof selected === 'string') return failed(selected);
    const info = await selected.environment.info(call.signal);
    const cwd = args.workdir ? resolveFrom(selected.selection.cwd, args.workdir) : selected.selection.cwd;
    const login = args.login ?? call.settings.allowLoginShell;
    const argv = shellArgv(await chooseShell(args, selected, info), args.cmd, { login });
    const extra = extraPermissions(args, call, cwd);
    if (typeof extra === 'string') return failed(extra);
    const patch = await interceptPatch(argv, { selected, cwd }, call);
    if (patch) return patch;
    return new CommandCall(args, argv, { selected, info, cwd }, call).effect(await removesByForce(argv, call), extra);
  },
});

const failed = (output: string): Prepared => ({ kind: 'done', outcome: { kind: 'failed', output } });

function refusal(args: ExecArguments, call: ToolCall): string | undefined {
  if (args.login === true && !call.settings.allowLoginShell)
    return 'login shells are switched off in the configuration; leave out `login` or set it to false';
  if (args.justification !== undefined && args.sandboxPermissions === undefined)
    return '`justification` requires an explicit `sandbox_permissions`; use `sandbox_permissions: "require_escalated"` to run outside the sandbox, or omit `justification`.';
  return undefined;
}

/** What the command asks for beyond its profile; a text says why it may not ask, or what is wrong with it. */
function extraPermissions(args: ExecArguments, call: ToolCall, cwd: string): ExtraPermissions | string | undefined {
  const { sandboxPermissions: how, additionalPermissions: asked } = args;
  if (how !== 'with_additional_permissions' && asked === undefined) return undefined;
  if (how === 'require_escalated') return '`additional_permissions` needs `sandbox_permissions: "with_additional_permissions"`';
  if (!call.features.has(extraFeature))
    return `additional permissions are disabled; enable \`features.${extraFeature}\` before using \`with_additional_permissions\``;
  if (asked === undefined)
    return 'missing `additional_permissions`; provide at least one of `network` or `file_system` when using `with_additional_permissions`';
  const extra = readExtra(asked, (path) => resolveFrom(cwd, path));
  if (typeof extra === 'string' || !isNothing(extra)) return extra;
  return '`additional_permissions` must include at least one requested permission in `network` or `file_system`';
}

function chooseEnvironment(args: ExecArguments, call: ToolCall): SelectedEnvironment | string {
  const [primary] = call.environments;
  if (!primary) return 'exec_command is unavailable: this thread has no environment';
  if (args.environmentId === undefined) return primary;
  return (
    call.environments.find((one) => one.selection.environmentId === args.environmentId) ??
    `unknown turn environment id \`${args.environmentId}\``
  );
}

/** The shell the call names, when it exists; else the environment's own. */
async function chooseShell(args: ExecArguments, selected: SelectedEnvironment, info: EnvironmentInfo): Promise<string> {
  const { shell } = args;
  if (!shell) return info.shell.path;
  if (!/[\\/]/.test(shell)) return shell === info.shell.name ? info.shell.path : shell;
  try {
    const found = await selected.environment.files.metadata(shell);
    return found.isFile ? shell : info.shell.path;
  } catch {
    // The model guessed a path that is not there; the script matters more than the shell.
    return info.shell.path;
  }
}

interface Place {
  readonly selected: SelectedEnvironment;
  readonly cwd: string;
}

/** H-14: a script that only applies a patch is a patch. */
async function interceptPatch(argv: readonly string[], place: Place, call: ToolCall): Promise<Prepared | undefined> {
  const script = argv.at(-1) ?? '';
  if (!/apply_?patch|\*\*\* Begin Patch/.test(script)) return undefined;
  const startedMs = call.clock.monotonicMs();
  const { interceptedPatch } = await import('./apply-patch/intercept.ts');
  return interceptedPatch(argv, { ...place, wrap: (text) => wrappedText(call.clock.monotonicMs() - startedMs, text) }, call);
}

async function removesByForce(argv: readonly string[], call: ToolCall): Promise<boolean> {
  const shell = shellCall(argv);
  if (!shell) return isDangerousCommand(argv, undefined);
  if (!needsGrammar(shell.script)) return isDangerousScript(shell.script, undefined);
  const grammar = await loadShellGrammar().catch((error: unknown) => {
    call.log.warn('the shell grammar cannot be loaded', { error });
    return undefined;
  });
  return isDangerousScript(shell.script, grammar);
}

class CommandCall {
  readonly #args: ExecArguments;
  readonly #argv: readonly [string, ...string[]];
  readonly #place: Place & { readonly info: EnvironmentInfo };
  readonly #call: ToolCall;
  readonly #item: CommandItem;

  constructor(args: ExecArguments, argv: readonly [string, ...string[]], place: Place & { info: EnvironmentInfo }, call: ToolCall) {
    this.#args = args;
    this.#argv = argv;
    this.#place = place;
    this.#call = call;
    this.#item = {
      type: 'commandExecution',
      id: call.callId,
      pluginId: null,
      scriptPath: null,
      command: quoteWords(argv),
      cwd: place.cwd,
      processId: null,
      source: 'agent',
      status: 'inProgress',
      commandActions: commandActions(argv, place.cwd),
      aggregatedOutput: null,
      exitCode: null,
      durationMs: null,
    };
  }

  effect(dangerous: boolean, extra: ExtraPermissions | undefined): Prepared {
    const args = this.#args;
    const shell = shellCall(this.#argv);
    return {
      kind: 'command',
      item: this.#item,
      argv: this.#argv,
      script: args.cmd,
      segments: shell && plainSegments(shell.script),
      dangerous,
      cwd: this.#place.cwd,
      environmentId: this.#place.selected.selection.environmentId,
      actions: this.#item.commandActions,
      tty: args.tty,
      escalation:
        args.sandboxPermissions === 'require_escalated' ? { justification: args.justification, prefixRule: args.prefixRule } : undefined,
      extra: extra && { justification: args.justification, permissions: extra },
      run: (attempt) => this.#run(attempt),
    };
  }

  async #run(attempt: Attempt): Promise<ToolOutcome> {
    const call = this.#call;
    const startedMs = call.clock.monotonicMs();
    const sessionId = call.terminals.reserve();
    const item: CommandItem = { ...this.#item, processId: String(sessionId), source: 'unifiedExecStartup' };
    let session: ExecSession;
    try {
      session = await this.#start(sessionId, item, attempt);
    } catch (error) {
      call.terminals.remove(sessionId);
      return this.#notStarted(error, item, attempt);
    }
    call.terminals.add(session);
    if (!attempt.itemStarted) call.items.start(item);
    try {
      await session.wait(clamp(this.#args.yieldTimeMs, FIRST_YIELD_MS), call.signal);
    } catch (error) {
      // Interrupted: the process stays behind as a background terminal.
      session.release();
      throw error;
    }
    return this.#report(session, attempt, startedMs);
  }

  async #start(sessionId: number, item: CommandItem, attempt: Attempt): Promise<ExecSession> {
    const { selected, info, cwd } = this.#place;
    const { tty } = this.#args;
    const call = this.#call;
    const process = await selected.environment.processes.start(
      {
        id: randomUUID(),
        argv: this.#argv,
        cwd,
        env: commandEnvironment(call, attempt.sandbox, info),
        stdin: tty ? 'pipe' : 'closed',
        drainMs: DRAIN_MS,
        ...(tty ? { terminal: TERMINAL_SIZE } : {}),
        ...(attempt.sandbox ? { sandbox: attempt.sandbox } : {}),
        ...(attempt.network ? { network: attempt.network.network } : {}),
      },
      call.signal,
    );
    const session = new ExecSession({
      sessionId,
      turnId: call.turnId,
      script: this.#args.cmd,
      item,
      process,
      tty,
      items: call.items,
      clock: call.clock,
    });
    attempt.network?.onDenied((denial) => {
      if (session.isBackground) denial.stopTurn?.();
      session.deny(denial);
    });
    return session;
  }

  /** Nothing ran. The sandbox's absence is for run-tool to judge; everything else is told to the client and the model. */
  #notStarted(error: unknown, item: CommandItem, attempt: Attempt): ToolOutcome {
    const { items, signal } = this.#call;
    if (error instanceof SandboxUnavailable || signal.aborted || isCancelled(error)) throw error;
    const reason = `Failed to create unified exec process: ${messageOf(error)}`;
    const unborn: CommandItem = { ...item, processId: null };
    if (!attempt.itemStarted) items.start(unborn);
    items.complete({ ...unborn, status: 'failed', aggregatedOutput: reason, exitCode: -1, durationMs: 0 });
    return { kind: 'failed', output: `exec_command failed: ${reason}` };
  }

  #report(session: ExecSession, attempt: Attempt, startedMs: number): ToolOutcome {
    const call = this.#call;
    const { end } = session;
    const wallMs = call.clock.monotonicMs() - startedMs;
    const budget = budgetFor(this.#args.maxOutputTokens, call.truncation);
    if (!end) {
      session.release();
      const state = { kind: 'running', sessionId: session.sessionId } as const;
      return { kind: 'ok', output: commandText({ wallMs, state, output: session.takeOutput(), budget }) };
    }
    call.terminals.remove(session.sessionId);
    if (end.denial) {
      session.release();
      const { message, stopTurn } = end.denial;
      const output = `exec_command failed: ProcessFailed { message: ${JSON.stringify(message)} }`;
      return { kind: stopTurn ? 'interrupted' : 'declined', output };
    }
    const state = { kind: 'exited', exitCode: end.exitCode } as const;
    const output = session.takeOutput();
    const outcome: ToolOutcome = {
      kind: end.exitCode === 0 ? 'ok' : 'failed',
      output: commandText({ wallMs, state, output, budget }),
      response: output.text,
    };
    const settle = () => {
      session.release();
      return outcome;
    };
    return end.sandboxDenied && attempt.mayRetry ? { kind: 'sandboxDenied', settle } : settle();
  }
}

const clamp = (ms: number | undefined, range: { default: number; least: number; most: number }): number =>
  Math.min(Math.max(ms ?? range.default, range.least), range.most);
