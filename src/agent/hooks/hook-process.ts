/** Runs the command of one hook: its input on stdin, its output collected up to a limit, ended when it takes too long. */
import { randomUUID } from 'node:crypto';
import { abortable, withDeadline } from '../../base/abort.ts';
import { errnoOf, messageOf } from '../../base/errors.ts';
import type { Environment, ProcessOutcome, RunningProcess } from '../../environment/environment.ts';
import { shellArgv } from '../tools/exec-environment.ts';
import type { HookEnd } from './hook-result.ts';

/** Bytes of each stream that are kept; a hook that writes more is read no further. */
const keptBytes = 1024 * 1024;
/** How long streams may stay open after the exit, held by something the hook left behind. */
const drainMs = 500;
/** What a timer can count to. */
const longestMs = 2 ** 31 - 1;

export interface HookCommand {
  readonly command: string;
  readonly timeoutMs: number;
  /** Absolute. */
  readonly cwd: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** Globs of variables it does not get, besides those that are named like a credential. */
  readonly hiddenVariables: readonly string[];
}

/** Hooks see what the server itself was started with, but no credential. */
const hookVariables = (hidden: readonly string[]) =>
  ({ policy: { inherit: 'all', ignoreDefaultExcludes: false, exclude: hidden, set: {}, includeOnly: [] }, overlay: {} }) as const;

/**
 * Runs a hook the user trusts, outside the sandbox: it belongs to the user's configuration and not to the model. Rejects only
 * when `signal` aborts; the whole tree of the hook is ended then.
 */
export async function runHookCommand(environment: Environment, hook: HookCommand, signal: AbortSignal): Promise<HookEnd> {
  let process: RunningProcess;
  try {
    const { shell } = await environment.info(signal);
    const argv = shellArgv(shell.path, hook.command, { login: false });
    const env = hookVariables(hook.hiddenVariables);
    const request = { id: `hook-${randomUUID()}`, argv, cwd: hook.cwd, env, stdin: 'pipe', drainMs } as const;
    process = await environment.processes.start(request, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    return { kind: 'broken', why: startProblem(error) };
  }
  const stdout = new Capture();
  const stderr = new Capture();
  const off = process.onOutput(({ stream, bytes }) => (stream === 'stderr' ? stderr : stdout).add(bytes));
  try {
    const outcome = await abortable(withDeadline(finish(process, hook.input), Math.min(hook.timeoutMs, longestMs), 'a hook'), signal);
    if (outcome.kind === 'lost') return { kind: 'broken', why: outcome.reason };
    return { kind: 'exited', code: outcome.exitCode, stdout: stdout.text, stderr: stderr.text };
  } catch (error) {
    await process.terminate();
    if (signal.aborted) throw error;
    return { kind: 'broken', why: `hook timed out after ${Math.ceil(hook.timeoutMs / 1000)}s` };
  } finally {
    off();
  }
}

async function finish(process: RunningProcess, input: HookCommand['input']): Promise<ProcessOutcome> {
  process
    .write(Buffer.from(JSON.stringify(input)))
    .then(() => process.closeStdin())
    .catch(() => {
      // A hook that does not read its input is fine.
    });
  const outcome = await process.exited;
  await process.closed;
  return outcome;
}

const startProblem = (error: unknown): string =>
  errnoOf(error) === 'ENOENT' || /no such file or directory/i.test(messageOf(error))
    ? 'No such file or directory (os error 2)'
    : messageOf(error);

class Capture {
  readonly #parts: Buffer[] = [];
  #size = 0;

  add(bytes: Buffer): void {
    const part = bytes.subarray(0, keptBytes - this.#size);
    if (part.length === 0) return;
    this.#parts.push(part);
    this.#size += part.length;
  }

  get text(): string {
    return Buffer.concat(this.#parts).toString('utf8');
  }
}
