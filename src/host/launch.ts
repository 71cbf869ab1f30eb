/** Starting one program with pipes: the system call, its errors, and the events of the child as plain callbacks. */
import { type ChildProcess, type IOType, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { osErrorText } from './os-error.ts';
import { type OutputChunk, SpawnError, type TerminalSize } from './process-types.ts';

/** How a child ended, as the system tells it. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Where the events of a child go. Called in order: any outputs, one end, any outputs; then one `outputEnded`. */
export interface ChildEvents {
  output(stream: OutputChunk['stream'], bytes: Buffer): void;
  ended(end: ChildEnd): void;
  /** Nobody holds the output streams any more. May come before `ended`. */
  outputEnded(): void;
}

/** What a started child offers besides its events. */
export interface Launched {
  readonly pid: number;
  /** Undefined: the child has no standard input. */
  readonly input: ChildInput | undefined;
  /** Undefined: no terminal. */
  readonly resize: ((size: TerminalSize) => void) | undefined;
  /** Lets go of the output streams; `outputEnded` follows. */
  releaseOutput(): void;
}

export interface ChildInput {
  /** Resolves when the system took the bytes. Rejects when the child cannot read any more. */
  write(bytes: Buffer, signal?: AbortSignal): Promise<void>;
  end(): Promise<void>;
}

/** A program, ready for the system. */
export interface LaunchSpec {
  readonly file: string;
  readonly args: readonly string[];
  readonly arg0: string | undefined;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Descriptors the child sees as 3, 4, …; closed here whatever happens. */
  readonly extraFds: readonly number[];
}

/** 128+n for death by signal n; the code as given otherwise. */
export function exitCodeOf({ code, signal }: ChildEnd): number {
  if (signal !== null) return 128 + (constants.signals[signal] ?? 0);
  return code ?? -1;
}

/** Spawns at once. Resolves when the program runs; rejects with `SpawnError` when the system refused. */
export async function spawnChild(spec: LaunchSpec, stdio: readonly (IOType | number)[]): Promise<ChildProcess> {
  let child: ChildProcess;
  try {
    child = spawn(spec.file, spec.args, {
      cwd: spec.cwd,
      env: spec.env,
      stdio: [...stdio, ...spec.extraFds],
      detached: process.platform !== 'win32',
      windowsHide: true,
      ...(spec.arg0 === undefined ? {} : { argv0: spec.arg0 }),
    });
  } catch (error) {
    throw new SpawnError(osErrorText(error), { cause: error });
  } finally {
    for (const fd of spec.extraFds) closeSync(fd);
  }
  if (child.pid !== undefined) {
    // Later errors of the handle (a failed kill) are answered where they are caused.
    child.on('error', () => {});
    return child;
  }
  return new Promise((_, reject) => {
    child.once('error', (error) => reject(new SpawnError(osErrorText(error), { cause: error })));
  });
}

/** Reports both streams of `sources` to `events`, and once that all have ended. Returns the function that lets go of them. */
export function pumpOutput(sources: readonly (readonly [OutputChunk['stream'], Readable])[], events: ChildEvents): () => void {
  let open = sources.length;
  for (const [stream, readable] of sources) {
    readable.on('data', (bytes: Buffer) => events.output(stream, bytes));
    // A reset means the same as an end: nothing more will come.
    readable.on('error', () => {});
    readable.once('close', () => {
      open -= 1;
      if (open === 0) events.outputEnded();
    });
  }
  return () => {
    for (const [, readable] of sources) readable.destroy();
  };
}

/** A `ChildInput` over a writable stream. */
export function inputOf(stream: Writable): ChildInput {
  stream.on('error', () => {}); // each write reports its own failure
  const settle = (run: (done: (error?: Error | null) => void) => void): Promise<void> =>
    new Promise((resolve, reject) => run((error) => (error ? reject(error) : resolve())));
  return {
    write: (bytes) => settle((done) => stream.write(bytes, done)),
    end: () => (stream.writableEnded || stream.destroyed ? Promise.resolve() : settle((done) => stream.end(() => done()))),
  };
}

/** Starts a program on pipes. */
export async function launchPiped(spec: LaunchSpec, stdin: 'closed' | 'pipe', events: ChildEvents): Promise<Launched> {
  const child = await spawnChild(spec, [stdin === 'pipe' ? 'pipe' : 'ignore', 'pipe', 'pipe']);
  const { pid, stdout, stderr } = child;
  if (pid === undefined || !stdout || !stderr) throw new SpawnError('the system gave no process');
  child.once('exit', (code, signal) => events.ended({ code, signal }));
  const releaseOutput = pumpOutput(
    [
      ['stdout', stdout],
      ['stderr', stderr],
    ],
    events,
  );
  return { pid, input: child.stdin ? inputOf(child.stdin) : undefined, resize: undefined, releaseOutput };
}
