/** The only door to the system's spawn call: for the commands of others and, with `runTool`, for small programs of our own. */
import { type ChildProcess, type IOType, spawn } from 'node:child_process';
import { openSync, readdirSync, readFileSync } from 'node:fs';
import { Server } from 'node:net';
import { onAbort } from '../base/abort.ts';
import { osErrorText } from '../base/os-error.ts';
import type { Variables } from './env-policy.ts';
import { SpawnError } from './process-types.ts';

export type { ChildProcess } from 'node:child_process';

/**
 * Descriptors of this process that the system would hand to every child because they are not marked close-on-exec.
 * Descriptors belong to the whole process, hence one set for all.
 */
const inheritable = new Set<number>();
let nullDevice: number | undefined;
let foundInherited = false;

/** From now on, until `close`, no child gets `fd`. Closing the descriptor stays with the caller, after `close`. */
export function shieldFromChildren(fd: number): { close(): void } {
  inheritable.add(fd);
  return { close: () => inheritable.delete(fd) };
}

const closeOnExec = 0o2000000;

/** What our own parent left open for us is not for our children. Everything Node opens is marked close-on-exec. */
function findInherited(): void {
  foundInherited = true;
  if (process.platform !== 'linux') return;
  for (const name of readdirSync('/proc/self/fdinfo')) {
    const fd = Number(name);
    if (fd <= 2) continue;
    try {
      const flags = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${name}`, 'latin1'))?.[1];
      if (flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0) inheritable.add(fd);
    } catch {
      // closed meanwhile
    }
  }
}

type Stdio = IOType | number;
/** Descriptor 3 of a child that hands out listeners. */
type Channel = 'ipc';

/** `stdio` extended so that each inheritable descriptor reads as the null device in the child. */
function shielded(stdio: readonly (Stdio | Channel)[]): (Stdio | Channel)[] {
  if (!foundInherited) findInherited();
  const result = [...stdio];
  for (const fd of inheritable) {
    if (fd < stdio.length) continue;
    while (result.length < fd) result.push('ignore');
    nullDevice ??= openSync('/dev/null', 'r+');
    result[fd] = nullDevice;
  }
  return result;
}

/** A program, ready for the system. */
export interface SpawnSpec {
  readonly file: string;
  readonly args: readonly string[];
  readonly arg0: string | undefined;
  readonly cwd: string;
  readonly env: Variables;
  /** Descriptors the child sees as 3, 4, … in this order. Closing our copies stays with the caller. */
  readonly extraFds: readonly number[];
  /** The child gets a channel as descriptor 3, before the others, and hands listeners out over it, with a number each. */
  readonly onListener?: (listener: Server, index: number) => void;
}

export interface SpawnOptions {
  /** For 0, 1 and 2. */
  readonly stdio: readonly [Stdio, Stdio, Stdio];
  /** The child leads a session and a process group of its own. */
  readonly ownSession: boolean;
}

const channelOf = ({ onListener }: SpawnSpec): Channel[] => (onListener ? ['ipc'] : []);

/** A child that runs. */
export type StartedChild = ChildProcess & { readonly pid: number };

const isStarted = (child: ChildProcess): child is StartedChild => child.pid !== undefined;

/** Spawns at once. Resolves when the program runs; rejects with `SpawnError` when the system refused. */
export async function spawnChild(spec: SpawnSpec, options: SpawnOptions): Promise<StartedChild> {
  let child: ChildProcess;
  try {
    child = spawn(spec.file, spec.args, {
      cwd: spec.cwd,
      env: spec.env,
      stdio: shielded([...options.stdio, ...channelOf(spec), ...spec.extraFds]),
      detached: options.ownSession && process.platform !== 'win32',
      windowsHide: true,
      ...(spec.arg0 === undefined ? {} : { argv0: spec.arg0 }),
    });
  } catch (error) {
    throw new SpawnError(osErrorText(error), { cause: error });
  }
  if (isStarted(child)) {
    child.on('message', (index: unknown, listener: unknown) => {
      if (listener instanceof Server && typeof index === 'number') spec.onListener?.(listener, index);
    });
    // Later errors of the handle (a failed kill) are answered where they are caused.
    child.on('error', () => {});
    return child;
  }
  return new Promise((_, reject) => {
    child.once('error', (error) => reject(new SpawnError(osErrorText(error), { cause: error })));
  });
}

export interface ToolRequest {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Variables;
  readonly timeoutMs: number;
  /** More standard output than this ends the tool. Default 16 MiB. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

export interface ToolResult {
  /** -1 when the tool was ended from outside: by a signal, the deadline, the limit or the abort. */
  readonly code: number;
  readonly stdout: Buffer;
  /** The first 64 KiB. */
  readonly stderr: Buffer;
}

const maxToolErrorBytes = 65_536;

/** Runs a small program of our own to its end, with standard input closed. Rejects with `SpawnError` when it cannot start. */
export async function runTool(request: ToolRequest): Promise<ToolResult> {
  const { file, args, cwd, env } = request;
  const child = await spawnChild(
    { file, args, arg0: undefined, cwd, env, extraFds: [] },
    { stdio: ['ignore', 'pipe', 'pipe'], ownSession: true },
  );
  return new Promise((resolve) => {
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    let room = request.maxBytes ?? 16 * 1024 * 1024;
    let errorRoom = maxToolErrorBytes;
    const end = () => {
      child.kill('SIGKILL');
      child.stdout?.destroy();
      child.stderr?.destroy();
    };
    const timer = setTimeout(end, request.timeoutMs);
    const off = request.signal && onAbort(request.signal, end);
    child.stdout?.on('data', (bytes: Buffer) => {
      room -= bytes.length;
      if (room < 0) end();
      else output.push(bytes);
    });
    child.stderr?.on('data', (bytes: Buffer) => {
      if (errorRoom > 0) errors.push(bytes.subarray(0, errorRoom));
      errorRoom -= bytes.length;
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      off?.();
      resolve({ code: code ?? -1, stdout: Buffer.concat(output), stderr: Buffer.concat(errors) });
    });
  });
}
