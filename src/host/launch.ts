/** Starting one program with pipes, and the events of a child as plain callbacks. */
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { osErrorText } from '../base/os-error.ts';
import { closePipe, type PipeSupply } from './pipes.ts';
import { type OutputChunk, SpawnError, type TerminalSize } from './process-types.ts';
import { type SpawnSpec, type StartedChild, spawnChild } from './spawn.ts';

/** How a child ended, as the system tells it. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Where the events of a child go. Outputs may come before and after the end; `outputEnded` is the last of them. */
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
  /** How /proc shows the descriptors that whoever holds the output has; empty when it does not. */
  readonly outputLinks: ReadonlySet<string>;
  /** Stops taking output, so that the program has to wait once its pipe is full, or goes on taking it. */
  flow(paused: boolean): void;
  /** Lets go of the streams; `outputEnded` follows. */
  release(): void;
}

export interface ChildInput {
  /** Resolves when the system took the bytes. Rejects when the child cannot read any more. */
  write(bytes: Buffer): Promise<void>;
  end(): Promise<void>;
}

/** 128+n for death by signal n; the code as given otherwise. */
export function exitCodeOf({ code, signal }: ChildEnd): number {
  if (signal !== null) return 128 + (constants.signals[signal] ?? 0);
  return code ?? -1;
}

/** Reports the streams to `events`, and once that all have ended. */
export function pumpOutput(sources: readonly (readonly [OutputChunk['stream'], Readable])[], events: ChildEvents): void {
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
}

/** A `ChildInput` over a writable stream. */
export function inputOf(stream: Writable): ChildInput {
  stream.on('error', () => {}); // each write reports its own failure
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        stream.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    end: () =>
      new Promise((resolve) => {
        if (stream.destroyed || stream.writableEnded) resolve();
        else stream.end(() => resolve());
      }),
  };
}

/** Our side of the streams of a child. */
interface Streams {
  readonly child: StartedChild;
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly links: ReadonlySet<string>;
}

/** Starts a program on pipes. */
export async function launchPiped(
  spec: SpawnSpec,
  how: { stdin: 'closed' | 'pipe'; pipes: PipeSupply },
  events: ChildEvents,
): Promise<Launched> {
  const { child, stdin, stdout, stderr, links } = await startOnPipes(spec, how);
  child.once('exit', (code, signal) => events.ended({ code, signal }));
  const outputs = [
    ['stdout', stdout],
    ['stderr', stderr],
  ] as const;
  pumpOutput(outputs, events);
  return {
    pid: child.pid,
    input: stdin ? inputOf(stdin) : undefined,
    resize: undefined,
    outputLinks: links,
    flow: (paused) => {
      for (const stream of [stdout, stderr]) {
        if (paused) stream.pause();
        else stream.resume();
      }
    },
    release: () => {
      stdout.destroy();
      stderr.destroy();
      stdin?.destroy();
    },
  };
}

async function startOnPipes(spec: SpawnSpec, how: { stdin: 'closed' | 'pipe'; pipes: PipeSupply }): Promise<Streams> {
  const input = how.stdin === 'pipe' ? await inWords(how.pipes.takeInput()) : undefined;
  const outputs = await inWords(how.pipes.takeOutputs(2)).catch((error: unknown) => {
    if (input) closePipe(input);
    throw error;
  });
  const [out, err] = outputs ?? [];
  if (!out || !err || (how.stdin === 'pipe' && !input)) {
    for (const pipe of [out, err, input]) if (pipe) closePipe(pipe);
    return startOnSockets(spec, how.stdin);
  }
  const pipes = input ? [out, err, input] : [out, err];
  let child: StartedChild;
  try {
    const started = spawnChild(spec, { stdio: [input?.theirs ?? 'ignore', out.theirs, err.theirs], ownSession: true });
    for (const { theirs } of pipes) closeSync(theirs);
    child = await started;
  } catch (error) {
    for (const { ours } of pipes) closeSync(ours);
    throw error;
  }
  return {
    child,
    stdin: input ? new Socket({ fd: input.ours, readable: false, writable: true }) : null,
    stdout: new Socket({ fd: out.ours, readable: true, writable: false }),
    stderr: new Socket({ fd: err.ours, readable: true, writable: false }),
    links: new Set([out.link, err.link]),
  };
}

/** A refusal of the system, in its words. */
const inWords = <T>(promise: Promise<T>): Promise<T> =>
  promise.catch((error: unknown) => {
    throw new SpawnError(osErrorText(error), { cause: error });
  });

/** With the streams Node makes by itself. */
async function startOnSockets(spec: SpawnSpec, stdin: 'closed' | 'pipe'): Promise<Streams> {
  const child = await spawnChild(spec, { stdio: [stdin === 'pipe' ? 'pipe' : 'ignore', 'pipe', 'pipe'], ownSession: true });
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new SpawnError('the system gave the process no streams');
  return { child, stdin: child.stdin, stdout, stderr, links: new Set() };
}
