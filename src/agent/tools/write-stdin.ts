/** The `write_stdin` tool: types into a running command, or looks at what it has printed since. */
import { messageOf } from '../../base/errors.ts';
import { readArguments } from './arguments.ts';
import { ExecSession } from './exec-session.ts';
import { budgetFor, commandText } from './output-text.ts';
import { defineTool, type ToolCall, type ToolOutcome } from './tool.ts';

interface StdinArguments {
  readonly sessionId: number;
  /** Empty: only look. */
  readonly chars: string;
  readonly yieldTimeMs: number | undefined;
  readonly maxOutputTokens: number | undefined;
}

const WRITE_YIELD_MS = { default: 250, least: 250, most: 30_000 } as const;
const LEAST_POLL_MS = 5000;
/** The one input a command without a terminal can be given. */
const INTERRUPT = '\u0003';

export const writeStdinTool = defineTool<StdinArguments>({
  name: 'write_stdin',
  kind: 'function',
  parallel: true,
  // The command it talks to was judged when it was started.
  hooked: () => undefined,
  declaration(offer) {
    if (offer.environments.length === 0) return undefined;
    const properties = {
      session_id: { type: 'number', description: 'The session id exec_command gave.' },
      chars: { type: 'string', description: 'What to type; \\u0003 interrupts. Empty: only wait for more output.' },
      yield_time_ms: {
        type: 'number',
        description: 'How long to wait for the command before reporting. Default 250; at least 5000 when nothing is typed.',
      },
      max_output_tokens: {
        type: 'number',
        description: 'How much output to return; the middle of a longer one is left out. Default 10000.',
      },
    };
    return {
      type: 'function',
      name: 'write_stdin',
      description: 'Types into a running command started with tty, or waits for it, and returns its new output.',
      strict: false,
      parameters: { type: 'object', properties, required: ['session_id'], additionalProperties: false },
    };
  },
  parse: (input) =>
    readArguments(input, (read) => ({
      sessionId: read.count('session_id'),
      chars: read.optionalString('chars') ?? '',
      yieldTimeMs: read.optionalCount('yield_time_ms'),
      maxOutputTokens: read.optionalCount('max_output_tokens'),
    })),
  prepare(args, call) {
    const session = call.terminals.find(args.sessionId);
    if (!(session instanceof ExecSession)) return { kind: 'done', outcome: failure(`Unknown process id ${args.sessionId}`) };
    return { kind: 'free', run: () => session.interact(() => interaction(session, args, call)) };
  },
});

const failure = (reason: string): ToolOutcome => ({ kind: 'failed', output: `write_stdin failed: ${reason}` });

async function interaction(session: ExecSession, args: StdinArguments, call: ToolCall): Promise<ToolOutcome> {
  // An interaction before this one may have seen the end.
  if (call.terminals.find(session.sessionId) !== session) return failure(`Unknown process id ${session.sessionId}`);
  const startedMs = call.clock.monotonicMs();
  const typed = args.chars === '' || session.exited ? undefined : session.announceInput(args.chars);
  try {
    if (typed) await deliver(session, args.chars, call.signal);
    await session.wait(yieldTime(args, call), call.signal);
  } catch (error) {
    if (error instanceof InputRefused) {
      typed?.cancel();
      return failure(error.message);
    }
    throw error;
  } finally {
    typed?.done();
  }
  const { end } = session;
  if (end) call.terminals.remove(session.sessionId);
  if (end?.denial) return failure(`Unified exec process failed: ${end.denial.message}`);
  const output = commandText({
    wallMs: call.clock.monotonicMs() - startedMs,
    state: end ? { kind: 'exited', exitCode: end.exitCode } : { kind: 'running', sessionId: session.sessionId },
    output: session.takeOutput(),
    budget: budgetFor(args.maxOutputTokens, call.truncation),
  });
  return { kind: 'ok', output };
}

class InputRefused extends Error {
  override readonly name = 'InputRefused';
}

async function deliver(session: ExecSession, chars: string, signal: AbortSignal): Promise<void> {
  if (session.tty) {
    try {
      await session.write(chars, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      // The terminal may close while the text is on its way: the report of the end says so better than an error.
      if (!(await endsSoon(session, signal))) throw new InputRefused(messageOf(error), { cause: error });
    }
  } else if (chars === INTERRUPT) await session.interrupt();
  else throw new InputRefused('stdin is closed for this session; rerun exec_command with tty=true to keep stdin open');
}

async function endsSoon(session: ExecSession, signal: AbortSignal): Promise<boolean> {
  await session.wait(WRITE_YIELD_MS.least, signal);
  return session.exited;
}

function yieldTime(args: StdinArguments, call: ToolCall): number {
  if (args.chars !== '') return Math.min(Math.max(args.yieldTimeMs ?? WRITE_YIELD_MS.default, WRITE_YIELD_MS.least), WRITE_YIELD_MS.most);
  const most = Math.max(call.settings.backgroundTerminalMaxTimeoutMs, LEAST_POLL_MS);
  return Math.min(Math.max(args.yieldTimeMs ?? LEAST_POLL_MS, LEAST_POLL_MS), most);
}
