/** This window's hold on a keeper: finds the one that runs, or starts one, and hears from it. */
import { spawn } from 'node:child_process';
import { lstat, mkdir, rm } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { Program } from './settings.ts';

export interface Lease {
  /** Where the server listens. */
  readonly socket: string;
  /** Lets go; the keeper ends the server when nobody holds it. */
  release(): void;
}

export interface LeaseOptions {
  readonly program: Program;
  readonly signal: AbortSignal;
  readonly onStderr: (text: string) => void;
}

/** The time in which the server must be there. */
const startMs = 20_000;

/** Rejects with the cause when the server does not come up. */
export async function takeLease(options: LeaseOptions): Promise<Lease> {
  const { program } = options;
  await privateDirectory(dirname(program.dir));
  await privateDirectory(program.dir);
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(startMs)]);
  const path = join(program.dir, 'lease.sock');
  let socket = await reach(path);
  if (!socket) {
    // What a killed keeper left behind would be in the way.
    await rm(path, { force: true });
    startKeeper(program);
    while (!socket) {
      await delay(25, undefined, { signal });
      socket = await reach(path);
    }
  }
  return await hear(socket, signal, options.onStderr);
}

/** Whether a server for this program is there already. */
export async function keeperRuns(dir: string): Promise<boolean> {
  const socket = process.platform === 'win32' ? undefined : await reach(join(dir, 'lease.sock'));
  socket?.destroy();
  return socket !== undefined;
}

/** A directory that only this user can enter: others could offer a server of their own in it. */
async function privateDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const { uid, mode } = await lstat(path);
  if (uid !== process.getuid?.() || (mode & 0o077) !== 0) throw new Error(`${path} belongs to somebody else, or others may enter it`);
}

function reach(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
}

function startKeeper(program: Program): void {
  const { dir, command, args, cwd, keepMs, keeper, env } = program;
  const order = JSON.stringify({ dir, command, args, cwd, keepMs });
  const child = spawn(process.execPath, [keeper, order], {
    cwd,
    detached: true,
    stdio: 'ignore',
    env: { ...env, ELECTRON_RUN_AS_NODE: '1' },
  });
  child.on('error', () => {});
  child.unref();
}

function hear(socket: Socket, signal: AbortSignal, onStderr: LeaseOptions['onStderr']): Promise<Lease> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => {
      socket.destroy();
      reject(new Error(reason));
    };
    const late = () =>
      fail(signal.reason instanceof Error && signal.reason.name === 'TimeoutError' ? 'it did not come up in time' : 'stopped');
    signal.addEventListener('abort', late, { once: true });
    socket.on('error', () => {}).on('close', () => fail('the keeper of the server is gone'));
    createInterface({ input: socket }).on('line', (line) => {
      // Written by keeper.ts of the same version.
      const message = JSON.parse(line) as { type: string; text?: string; socket?: string; reason?: string };
      if (message.type === 'stderr') onStderr(message.text ?? '');
      else if (message.type === 'ended') fail(message.reason ?? 'it ended');
      else if (message.type === 'ready' && message.socket !== undefined) {
        signal.removeEventListener('abort', late);
        resolve({ socket: message.socket, release: () => socket.destroy() });
      }
    });
  });
}
