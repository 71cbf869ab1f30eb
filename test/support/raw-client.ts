/** The program spoken to by hand, line by line: for what a well-behaved client would never send. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { type Deferred, deferred } from '../../src/base/deferred.ts';
import { cli } from './server.ts';
import { tempWorkspace } from './workspace.ts';

export type Message = Readonly<Record<string, unknown>>;

export interface RawServer extends AsyncDisposable {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly home: string;
  /** Every message so far. */
  readonly received: readonly Message[];
  readonly stderr: () => string;
  /** Sends the text as it is. */
  write(text: string | Buffer): void;
  send(message: unknown): void;
  /** The first message, past or future, that `matches`. */
  message(matches: (message: Message) => boolean): Promise<Message>;
  /** The answer to a request with this id. */
  answer(id: unknown): Promise<Message>;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

export interface RawSetup {
  readonly args?: readonly string[];
  /** Absent: ours. */
  readonly program?: readonly [string, ...string[]];
  readonly config?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export async function startRaw(setup: RawSetup = {}): Promise<RawServer> {
  const base = await tempWorkspace({ 'home/config.toml': setup.config ?? '' });
  const home = base.path('home');
  const mark = process.env.SWITCHYARD_TEST_RUN;
  const [command, ...first] = setup.program ?? [process.execPath, cli];
  const child = spawn(command, [...first, 'app-server', ...(setup.args ?? [])], {
    cwd: base.root,
    env: { PATH: process.env.PATH ?? '', HOME: base.root, CODEX_HOME: home, ...(mark && { SWITCHYARD_TEST_RUN: mark }), ...setup.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once('exit', (code, signal) => resolve({ code, signal })),
  );
  const received: Message[] = [];
  const waiting = new Set<{ matches: (message: Message) => boolean; found: Deferred<Message> }>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message: Message = JSON.parse(line);
    received.push(message);
    for (const wait of waiting) {
      if (!wait.matches(message)) continue;
      waiting.delete(wait);
      wait.found.resolve(message);
    }
  });
  let stderr = '';
  child.stderr.on('data', (bytes: Buffer) => {
    stderr += bytes.toString();
  });
  // Writing to a program that has just ended is part of some tests.
  child.stdin.on('error', () => {});
  const message = (matches: (message: Message) => boolean): Promise<Message> => {
    const past = received.find(matches);
    if (past) return Promise.resolve(past);
    const found = deferred<Message>();
    waiting.add({ matches, found });
    return found.promise;
  };
  return {
    child,
    home,
    received,
    stderr: () => stderr,
    write: (text) => child.stdin.write(text),
    send: (value) => child.stdin.write(`${JSON.stringify(value)}\n`),
    message,
    answer: (id) => message((one) => one.method === undefined && one.id === id),
    exited,
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      if (child.exitCode === null && child.signalCode === null) await exited;
      await base[Symbol.asyncDispose]();
    },
  };
}

export const hello = (id: unknown = 0, capabilities: unknown = { experimentalApi: true }) => ({
  method: 'initialize',
  id,
  params: { clientInfo: { name: 'probe', title: 'Probe', version: '0.0.1' }, capabilities },
});
