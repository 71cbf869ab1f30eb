/** Running a small program of our own inside an environment to its end, with what it wrote. */
import { onAbort } from '../base/abort.ts';
import { Cancelled, DeadlineExceeded, isCancelled } from '../base/errors.ts';
import type { Environment, ProcessEnvironment } from './environment.ts';

export interface CommandRequest {
  readonly argv: readonly [string, ...string[]];
  /** Absolute, native to the environment. */
  readonly cwd: string;
  readonly env: ProcessEnvironment;
  /** Longer than this and the command is ended with a `DeadlineExceeded`. */
  readonly timeoutMs: number;
  /** More standard output than this ends the command. */
  readonly maxBytes: number;
}

export interface CommandOutput {
  readonly exitCode: number;
  readonly stdout: Buffer;
  /** `stdout` is only the beginning. */
  readonly truncated: boolean;
}

let started = 0;

/** Rejects with `SpawnError`, with `DeadlineExceeded`, with the signal's reason, or when the environment lost the command. */
export async function commandOutput(environment: Environment, request: CommandRequest, signal: AbortSignal): Promise<CommandOutput> {
  const { argv, cwd, env } = request;
  started += 1;
  const id = `own-command-${started}`;
  await using running = await environment.processes.start({ id, argv, cwd, env, stdin: 'closed', drainMs: 50 }, signal);
  let ending: Error | undefined;
  const end = (reason: Error | undefined) => {
    ending ??= reason;
    void running.terminate(0);
  };
  const timer = setTimeout(() => end(new DeadlineExceeded(argv[0], request.timeoutMs)), request.timeoutMs);
  const abort = () => end(signal.reason instanceof Error && isCancelled(signal.reason) ? signal.reason : new Cancelled());
  const off = onAbort(signal, abort);
  const parts: Buffer[] = [];
  let room = request.maxBytes;
  const stop = running.onOutput(({ stream, bytes }) => {
    if (stream !== 'stdout') return;
    if (room > 0) parts.push(bytes.subarray(0, room));
    room -= bytes.length;
    if (room < 0) end(undefined);
  });
  try {
    await running.closed;
    const outcome = await running.exited;
    if (ending) throw ending;
    if (outcome.kind === 'lost') throw new Error(outcome.reason);
    return { exitCode: outcome.exitCode, stdout: Buffer.concat(parts), truncated: room < 0 };
  } finally {
    stop();
    clearTimeout(timer);
    off();
  }
}
