/** A server started as a child process and spoken to over its stdio. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { withDeadline } from '../../base/abort.ts';
import { deferred } from '../../base/deferred.ts';
import { NdjsonReader } from './ndjson.ts';
import { lineFraming, StreamWriter } from './stream-writer.ts';
import type { Transport } from './transport.ts';

export interface ChildOptions {
  readonly command: string;
  readonly args?: readonly string[];
  readonly cwd?: string;
  /** The whole environment of the child. Default: this process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Bytes kept from the end of its standard error. Default 16 KiB. */
  readonly stderrTailBytes?: number;
  /** Called with everything it writes to standard error. */
  readonly onStderr?: (chunk: Buffer) => void;
  readonly maxMessageBytes?: number;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface ChildTransport {
  /** `close(graceMs)` ends its input and waits that long for it to exit; then its whole process group is killed. */
  readonly transport: Transport;
  readonly pid: number;
  /** Resolves when it has exited and its output has ended. */
  readonly exited: Promise<ChildExit>;
  /** The end of what it wrote to standard error. */
  stderrTail(): string;
}

/** Time in which a server leaves on its own after the end of its input. */
const defaultGraceMs = 2000;
/** After the kill only the system is left to act. */
const killDeadlineMs = 5000;

/** Rejects when the command cannot be started. */
export async function spawnTransport(options: ChildOptions): Promise<ChildTransport> {
  const child = spawn(options.command, [...(options.args ?? [])], {
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
    // A group of its own: it can be killed with everything it started, and a Ctrl-C meant for us does not reach it.
    detached: process.platform !== 'win32',
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: { ...options.env } }),
  });
  const exit = deferred<ChildExit>();
  child.once('close', (code, signal) => exit.resolve({ code, signal }));
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const { stdin, stdout, stderr, pid } = child;
  if (!stdin || !stdout || !stderr || pid === undefined) throw new Error(`${options.command} started without its pipes`);
  const tail = keepTail(stderr, options);
  const streams = { stdin, stdout, pid };
  return { transport: overStdio(child, streams, options, exit.promise), pid, exited: exit.promise, stderrTail: tail };
}

function overStdio(
  child: ChildProcess,
  streams: { stdin: Writable; stdout: Readable; pid: number },
  options: ChildOptions,
  exited: Promise<ChildExit>,
): Transport {
  const { stdin, stdout, pid } = streams;
  const reader = new NdjsonReader(stdout, options.maxMessageBytes === undefined ? {} : { maxMessageBytes: options.maxMessageBytes });
  const writer = new StreamWriter(stdin, lineFraming);
  // What is written after the exit would only fail.
  child.once('exit', () => writer.end());
  const close = async (graceMs = defaultGraceMs) => {
    writer.end();
    // Nobody reads any more; a server that is still writing must not block on a full pipe.
    stdout.resume();
    await withDeadline(exited, graceMs, 'the exit of the server').catch(() => killGroup(child, pid));
    await withDeadline(exited, killDeadlineMs, 'the end of a killed server').catch(() => {
      // Something inherited its output and lives on outside the group: let go of the pipes.
      child.stdout?.destroy();
      child.stderr?.destroy();
    });
  };
  return { label: `child ${pid}`, kind: 'stdio', reader, writer, close };
}

function killGroup(child: ChildProcess, pid: number): void {
  if (process.platform === 'win32') {
    spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true }).on('error', () => child.kill('SIGKILL'));
    return;
  }
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}

function keepTail(stderr: Readable, options: ChildOptions): () => string {
  const limit = options.stderrTailBytes ?? 16 * 1024;
  let parts: Buffer[] = [];
  let bytes = 0;
  stderr.on('data', (chunk: Buffer) => {
    options.onStderr?.(chunk);
    parts.push(chunk);
    bytes += chunk.length;
    if (bytes <= 2 * limit) return;
    const kept = Buffer.concat(parts).subarray(-limit);
    parts = [Buffer.from(kept)];
    bytes = kept.length;
  });
  return () => Buffer.concat(parts).subarray(-limit).toString('utf8');
}
