/**
 * The program between windows and the server: it owns the server, outlives a window that reloads, and ends itself and the
 * server soon after the last window is gone, however that window ended. It uses nothing but Node.
 *
 * Windows hold a lease: a connection to `lease.sock`. They are told `ready` with the socket that the server listens on, each
 * piece of its standard error, and how it ended; one JSON value a line.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { join } from 'node:path';

interface Order {
  readonly dir: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly keepMs: number;
}

/** The time the server has to end its turns and leave. */
const endMs = 3000;
const stderrTailChars = 8 * 1024;

function readOrder(text: string | undefined): Order {
  // Written by the same version of this extension: server-process.ts.
  return JSON.parse(text ?? '') as Order;
}

class Keeper {
  readonly #order: Order;
  /** Its own name: an old keeper that leaves late must not take away the socket of the next one's server. */
  readonly #socket: string;
  readonly #leases = new Set<Socket>();
  readonly #listener = createServer((socket) => this.#lease(socket));
  #server: ChildProcess | undefined;
  #ready = false;
  /** How the server ended, until somebody was told. */
  #verdict = '';
  #tail = '';
  #unused: NodeJS.Timeout | undefined;
  #ending = false;

  constructor(order: Order) {
    this.#order = order;
    this.#socket = join(order.dir, `server-${process.pid}.sock`);
  }

  start(): void {
    const path = join(this.#order.dir, 'lease.sock');
    this.#listener.on('error', () => process.exit(1)); // Another keeper was faster.
    this.#listener.listen(path, () => {
      chmodSync(path, 0o600);
      this.#startServer();
      this.#countDown();
    });
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => this.#end());
  }

  #lease(socket: Socket): void {
    this.#leases.add(socket);
    clearTimeout(this.#unused);
    const gone = () => {
      this.#leases.delete(socket);
      this.#countDown();
    };
    socket
      .on('error', () => {})
      .on('close', gone)
      .resume();
    if (this.#ready && this.#verdict === '') this.#tell([socket], { type: 'ready', socket: this.#socket });
    if (this.#tail !== '') this.#tell([socket], { type: 'stderr', text: this.#tail });
    if (this.#verdict !== '') this.#leave();
  }

  #countDown(): void {
    clearTimeout(this.#unused);
    if (this.#leases.size === 0) this.#unused = setTimeout(() => this.#end(), this.#order.keepMs);
  }

  #startServer(): void {
    const { command, args, cwd } = this.#order;
    const child = spawn(command, [...args, '--listen', `unix://${this.#socket}`], {
      cwd,
      // Its input stays open as long as this program lives: the bundled server leaves when it ends.
      stdio: ['pipe', 'ignore', 'pipe'],
      detached: true,
    });
    child.stdin.on('error', () => {});
    this.#server = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#tail = (this.#tail + text).slice(-stderrTailChars);
      this.#tell(this.#leases, { type: 'stderr', text });
      if (!this.#ready) this.#tryServer();
    });
    child.once('error', (error) => this.#ended(`it cannot be started: ${error.message}`));
    child.once('close', (code, signal) => this.#ended(signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`));
  }

  /** The server says on standard error that it listens; a connection is the proof. */
  #tryServer(): void {
    const probe = createConnection(this.#socket);
    probe.once('error', () => {});
    probe.once('connect', () => {
      probe.destroy();
      if (this.#ready) return;
      this.#ready = true;
      this.#tell(this.#leases, { type: 'ready', socket: this.#socket });
    });
  }

  #ended(reason: string): void {
    this.#server = undefined;
    // One that could not be started is closed as well, and the first reason is the cause.
    this.#verdict ||= reason;
    // One that fails at once ends before the window that wanted it is here: it is waited for, to be told why.
    if (this.#ending || this.#leases.size > 0) this.#leave();
  }

  #tell(sockets: Iterable<Socket>, message: object): void {
    const line = `${JSON.stringify(message)}\n`;
    for (const socket of sockets) if (socket.writable) socket.write(line);
  }

  #end(): void {
    if (this.#ending) return;
    this.#ending = true;
    // Whoever comes from now on starts a new keeper.
    this.#listener.close();
    const { pid } = this.#server ?? {};
    if (pid === undefined) {
      this.#leave();
      return;
    }
    signalGroup(pid, 'SIGTERM');
    setTimeout(() => {
      signalGroup(pid, 'SIGKILL');
      this.#leave();
    }, endMs);
  }

  #leave(): void {
    this.#listener.close();
    if (!this.#ending) this.#tell(this.#leases, { type: 'ended', reason: this.#verdict });
    for (const socket of this.#leases) socket.end();
    rmSync(this.#socket, { force: true });
    setImmediate(() => process.exit(0));
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has left already.
  }
}

new Keeper(readOrder(process.argv[2])).start();
