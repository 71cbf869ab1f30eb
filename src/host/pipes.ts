/**
 * Real pipes between us and our children. Node connects children by socket pairs, and a program that opens /dev/stdout,
 * /dev/stderr or /dev/stdin cannot open a socket; so on Linux we use FIFOs that lose their name before the child starts.
 */
import { closeSync, constants, openSync, promises, readlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { runTool, type StartedChild, spawnChild } from './spawn.ts';

export interface Pipe {
  /** Our end: non-blocking. The taker closes it. */
  readonly ours: number;
  /** The child's end: blocking. The taker closes it once the child has its copy. */
  readonly theirs: number;
  /** How /proc shows a descriptor of this pipe. */
  readonly link: string;
}

export interface PipeSupply {
  /** The directory unused names are kept in, once there is one. */
  readonly directory: string | undefined;
  /**
   * `count` fresh pipes from a child to us; undefined when this system has none to give, and something else must do.
   * Rejects with the system's error when descriptors run out; none of them is left open then.
   */
  takeOutputs(count: number): Promise<Pipe[] | undefined>;
  /** Makes the first pipes before they are needed. Never rejects. */
  prepare(): Promise<void>;
  /** One fresh pipe from us to a child, with the same promises. */
  takeInput(): Promise<Pipe | undefined>;
  close(): Promise<void>;
}

/**
 * In memory, and not visible inside our sandboxes, which bring a /dev of their own: a confined process must not be able to
 * open a pipe of another one while it still has a name.
 */
const home = '/dev/shm';
const toolEnv = { PATH: '/usr/local/bin:/usr/bin:/bin' };
const batchSize = 64;
/** Below this many names left, the next batch is made in the background. */
const lowWater = 16;
/** After so many batches in a row that could not be made, no more are tried. */
const maxFailures = 3;

/** No pipes of our own: elsewhere the socket pairs do no harm. */
const noPipes: PipeSupply = {
  directory: undefined,
  prepare: async () => {},
  takeOutputs: async () => undefined,
  takeInput: async () => undefined,
  close: async () => {},
};

export interface PipeSupplyOptions {
  /** Default: the platform we run on. */
  readonly platform?: NodeJS.Platform;
  /** Called as soon as there is a directory, so that somebody can take it away when we do not get to it. */
  readonly onDirectory?: (directory: string) => void;
}

export const createPipeSupply = (options: PipeSupplyOptions = {}): PipeSupply =>
  (options.platform ?? process.platform) === 'linux' ? new FifoSupply(options.onDirectory) : noPipes;

class FifoSupply implements PipeSupply {
  #directory: string | undefined;
  #names: string[] = [];
  #made = 0;
  #filling: Promise<boolean> | undefined;
  #failures = 0;
  #closed = false;
  readonly #onDirectory: ((directory: string) => void) | undefined;

  constructor(onDirectory: ((directory: string) => void) | undefined) {
    this.#onDirectory = onDirectory;
  }

  get directory(): string | undefined {
    return this.#directory;
  }

  async prepare(): Promise<void> {
    if (this.#names.length === 0 && !this.#closed) await this.#fill();
  }

  async takeOutputs(count: number): Promise<Pipe[] | undefined> {
    while (this.#names.length < count) {
      if (this.#failures >= maxFailures || this.#closed || !(await this.#fill())) return undefined;
    }
    const pipes: Pipe[] = [];
    try {
      while (pipes.length < count) pipes.push(openNamed(this.#names.pop() ?? ''));
    } catch (error) {
      for (const pipe of pipes) closePipe(pipe);
      throw error;
    }
    if (this.#names.length < lowWater && !this.#closed && this.#failures < maxFailures) void this.#fill();
    return pipes;
  }

  takeInput(): Promise<Pipe | undefined> {
    return openNameless();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#filling;
    this.#names = [];
    if (this.#directory !== undefined) await promises.rm(this.#directory, { recursive: true, force: true });
  }

  #fill(): Promise<boolean> {
    this.#filling ??= this.#make().then((made) => {
      this.#filling = undefined;
      this.#failures = made ? 0 : this.#failures + 1;
      return made;
    });
    return this.#filling;
  }

  async #make(): Promise<boolean> {
    const directory = this.#directory ?? (await promises.mkdtemp(join(home, 'switchyard-pipes-')).catch(() => undefined));
    if (directory === undefined) return false; // no such place, or it is read-only
    if (this.#directory === undefined) this.#onDirectory?.(directory);
    this.#directory = directory;
    const names = Array.from({ length: batchSize }, () => join(directory, String(this.#made++)));
    if (!(await mkfifo(names))) return false;
    this.#names.unshift(...names);
    return true;
  }
}

/** Closes both ends that the taker has not closed yet. */
export function closePipe(pipe: Pipe): void {
  closeSync(pipe.ours);
  closeSync(pipe.theirs);
}

function openNamed(path: string): Pipe {
  try {
    const [ours, theirs] = openBoth(
      () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK),
      () => openSync(path, constants.O_WRONLY),
    );
    return { ours, theirs, link: `${path} (deleted)` };
  } finally {
    unlinkSync(path);
  }
}

async function mkfifo(names: readonly string[]): Promise<boolean> {
  const request = { file: 'mkfifo', args: ['-m', '600', ...names], cwd: '/', env: toolEnv, timeoutMs: 10_000 };
  return runTool(request).then(
    ({ code }) => code === 0,
    () => false,
  );
}

/** An empty text for a shell to read, which is a pipe in most shells, kept until somebody has opened it. */
const keepPipe = 'exec 3<<END\nEND\necho; read line';
const keepPipeMs = 10_000;

/**
 * A pipe that never had a name. A FIFO will not do for input: a program that opens /dev/stdin after our end was closed would
 * wait for another writer for ever. Undefined when the shell of this system does not use a pipe.
 */
async function openNameless(): Promise<Pipe | undefined> {
  const keeper = await spawnChild(
    { file: '/bin/sh', args: ['-c', keepPipe], arg0: undefined, cwd: '/', env: toolEnv, extraFds: [] },
    { stdio: ['pipe', 'pipe', 'ignore'], ownSession: true },
  ).catch(() => undefined);
  if (!keeper) return undefined;
  const timer = setTimeout(() => keeper.kill('SIGKILL'), keepPipeMs);
  keeper.once('exit', () => clearTimeout(timer));
  keeper.stdin?.on('error', () => {}); // it ended by itself
  try {
    return (await isReady(keeper)) ? openKept(`/proc/${keeper.pid}/fd/3`) : undefined;
  } finally {
    keeper.stdin?.end();
  }
}

/** False when the shell ends before it says that it is ready. */
const isReady = (keeper: StartedChild): Promise<boolean> =>
  new Promise((resolve) => {
    keeper.stdout?.once('data', () => resolve(true));
    keeper.once('close', () => resolve(false));
  });

function openKept(path: string): Pipe | undefined {
  const link = readlinkSync(path);
  if (!link.startsWith('pipe:')) return undefined;
  const [theirs, ours] = openBoth(
    () => openSync(path, constants.O_RDONLY),
    () => openSync(path, constants.O_WRONLY | constants.O_NONBLOCK),
  );
  return { ours, theirs, link };
}

/** Opens two ends in turn; the first is closed again when the second cannot be opened. */
function openBoth(open: () => number, openOther: () => number): [number, number] {
  const first = open();
  try {
    return [first, openOther()];
  } catch (error) {
    closeSync(first);
    throw error;
  }
}
