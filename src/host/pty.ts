/** Programs on a pseudo terminal, without losing what they write right before they end. */
import { closeSync, constants, existsSync, openSync, readSync, writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { delay } from '../base/abort.ts';
import { errnoOf } from '../base/errors.ts';
import { osErrorText } from '../base/os-error.ts';
import type { ChildEvents, ChildInput, Launched } from './launch.ts';
import { SpawnError, type TerminalSize } from './process-types.ts';
import { checkSpawnable } from './programs.ts';
import { renamed } from './renamed.ts';
import { type SpawnSpec, shieldFromChildren, spawnChild } from './spawn.ts';

/** The part of node-pty's native module that makes a pair of descriptors; its own streams would compete with ours. */
interface NativePty {
  open(cols: number, rows: number): { master: number; slave: number; pty: string };
  resize(fd: number, cols: number, rows: number, xPixels: number, yPixels: number): void;
}

/** Not part of the package's typed surface, so the compiler must not look for its types. */
const nativeLoader: string = 'node-pty/lib/utils.js';
let native: Promise<NativePty | undefined> | undefined;

const isNativePty = (value: unknown): value is NativePty =>
  typeof value === 'object' && value !== null && 'open' in value && typeof value.open === 'function' && 'resize' in value;

async function loadNative(): Promise<NativePty | undefined> {
  const loaded: unknown = await import(nativeLoader);
  const utils: unknown = typeof loaded === 'object' && loaded !== null && 'default' in loaded ? loaded.default : loaded;
  if (typeof utils !== 'object' || utils === null || !('loadNativeModule' in utils)) return undefined;
  if (typeof utils.loadNativeModule !== 'function') return undefined;
  const found: unknown = utils.loadNativeModule('pty');
  const module = typeof found === 'object' && found !== null && 'module' in found ? found.module : undefined;
  return isNativePty(module) ? module : undefined;
}

const setsid = ['/usr/bin/setsid', '/bin/setsid'].find((path) => process.platform === 'linux' && existsSync(path));

/** Starts a program on a new terminal, as the leader of a session that the terminal controls. */
export async function launchTerminal(spec: SpawnSpec, size: TerminalSize, events: ChildEvents): Promise<Launched> {
  await checkSpawnable(spec.file, { searchPath: spec.env.PATH, cwd: spec.cwd });
  native ??= process.platform === 'linux' && setsid !== undefined ? loadNative() : Promise.resolve(undefined);
  const pair = await native;
  if (pair && setsid !== undefined) return launchOnPair({ native: pair, setsid, spec, size }, events);
  const { launchForked } = await import('./pty-fork.ts');
  return launchForked(spec, size, events);
}

interface PairStart {
  readonly native: NativePty;
  readonly setsid: string;
  readonly spec: SpawnSpec;
  readonly size: TerminalSize;
}

/** A terminal pair of ours; `setsid -c` makes it the controlling terminal of the child. */
async function launchOnPair({ native, setsid, spec, size }: PairStart, events: ChildEvents): Promise<Launched> {
  const terminal = openPair(native, size);
  try {
    // Not `ownSession`: setsid makes the session, and it forks if it leads a group already.
    const child = await spawnChild(
      { ...spec, ...underSetsid(setsid, spec), arg0: undefined },
      { stdio: [terminal.slave, terminal.slave, terminal.slave], ownSession: false },
    );
    const master = new MasterEnd(terminal, events);
    child.once('exit', (code, signal) => {
      // While we hold the slave nothing is thrown away; once all is read, the end of the last holder ends the stream.
      master.drain();
      closeSync(terminal.slave);
      events.ended({ code, signal });
    });
    return {
      pid: child.pid,
      input: master,
      resize: ({ rows, cols }) => native.resize(terminal.master, cols, rows, 0, 0),
      outputLinks: new Set([terminal.name]),
      flow: (paused) => master.flow(paused),
      release: () => master.release(),
    };
  } catch (error) {
    closeSync(terminal.slave);
    terminal.shield.close();
    closeSync(terminal.master);
    throw error;
  }
}

/** `setsid` cannot give another argv[0]; bash can. */
function underSetsid(setsid: string, spec: SpawnSpec): { file: string; args: readonly string[] } {
  return { file: setsid, args: ['-c', ...renamed([spec.file, ...spec.args], spec.arg0)] };
}

interface Pair {
  readonly master: number;
  /** Closed in children by the system. */
  readonly slave: number;
  /** The path of the slave. */
  readonly name: string;
  /** Keeps the master from children for as long as it is open. */
  readonly shield: { close(): void };
}

function openPair(native: NativePty, size: TerminalSize): Pair {
  try {
    const opened = native.open(size.cols, size.rows);
    try {
      const slave = openSync(opened.pty, constants.O_RDWR | constants.O_NOCTTY);
      return { master: opened.master, slave, name: opened.pty, shield: shieldFromChildren(opened.master) };
    } catch (error) {
      closeSync(opened.master);
      throw error;
    } finally {
      // This one would be inherited by every child.
      closeSync(opened.slave);
    }
  } catch (error) {
    throw new SpawnError(osErrorText(error), { cause: error });
  }
}

/** Our end of a terminal. Owns the descriptor. */
class MasterEnd implements ChildInput {
  readonly #fd: number;
  readonly #events: ChildEvents;
  readonly #stream: ReadStream;
  #open = true;
  #writing: Promise<void> = Promise.resolve();

  constructor({ master, shield }: Pair, events: ChildEvents) {
    this.#fd = master;
    this.#events = events;
    this.#stream = new ReadStream(master);
    this.#stream.on('data', (bytes: Buffer) => events.output('pty', bytes));
    // EIO is how a terminal says that nobody is on the other side any more.
    this.#stream.on('error', () => {});
    this.#stream.once('close', () => {
      this.#open = false;
      shield.close();
      events.outputEnded();
    });
  }

  /** Reads what has been written up to now. */
  drain(): void {
    // What a paused stream has already taken comes first; reading tells the listener.
    while (this.#stream.read() !== null);
    const buffer = Buffer.allocUnsafe(65_536);
    while (this.#open && !this.#stream.destroyed) {
      let count: number;
      try {
        count = readSync(this.#fd, buffer);
      } catch {
        return; // EAGAIN: nothing is left; EIO: nor will there be
      }
      if (count === 0) return;
      this.#events.output('pty', Buffer.from(buffer.subarray(0, count)));
    }
  }

  /** In the order of the calls. Waits while the program does not read. */
  write(bytes: Buffer): Promise<void> {
    const written = this.#writing.then(() => this.#writeAll(bytes));
    this.#writing = written.catch(() => {});
    return written;
  }

  /** End of file, as typed on a terminal. */
  end(): Promise<void> {
    return this.write(Buffer.of(4));
  }

  flow(paused: boolean): void {
    if (paused) this.#stream.pause();
    else this.#stream.resume();
  }

  release(): void {
    this.#stream.destroy();
  }

  async #writeAll(bytes: Buffer): Promise<void> {
    let pause = 1;
    for (let at = 0; at < bytes.length; ) {
      if (!this.#open || this.#stream.destroyed) throw new Error('the terminal is closed');
      try {
        at += writeSync(this.#fd, bytes, at);
        pause = 1;
      } catch (error) {
        if (errnoOf(error) !== 'EAGAIN') throw error;
        await delay(pause);
        pause = Math.min(pause * 2, 50);
      }
    }
  }
}
