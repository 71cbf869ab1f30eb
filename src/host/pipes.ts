/**
 * Real pipes between us and our children. Node connects children by socket pairs, and a program that opens /dev/stdout,
 * /dev/stderr or /dev/stdin cannot open a socket; so on Linux we use FIFOs that lose their name before the child starts.
 */
import { closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool } from './spawn.ts';

export interface Pipe {
  /** Our end: non-blocking. The taker closes it. */
  readonly ours: number;
  /** The child's end: blocking. The taker closes it once the child has its copy. */
  readonly theirs: number;
  /** How /proc shows a descriptor of this pipe. */
  readonly link: string;
}

export type PipeDirection = 'fromChild' | 'toChild';

export interface PipeSupply {
  /** The directory unused names are kept in, once there is one. */
  readonly directory: string | undefined;
  /**
   * One fresh pipe per direction, in that order; undefined when this system has none to give, and something else must do.
   * Rejects with the system's error when descriptors run out; none of them is left open then.
   */
  take(directions: readonly PipeDirection[]): Promise<Pipe[] | undefined>;
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
const noPipes: PipeSupply = { directory: undefined, take: async () => undefined, close: async () => {} };

export const createPipeSupply = (platform: NodeJS.Platform = process.platform): PipeSupply =>
  platform === 'linux' ? new FifoSupply() : noPipes;

class FifoSupply implements PipeSupply {
  #directory: string | undefined;
  #names: string[] = [];
  #made = 0;
  #filling: Promise<boolean> | undefined;
  #failures = 0;
  #closed = false;

  get directory(): string | undefined {
    return this.#directory;
  }

  async take(directions: readonly PipeDirection[]): Promise<Pipe[] | undefined> {
    while (this.#names.length < directions.length) {
      if (this.#failures >= maxFailures || this.#closed || !(await this.#fill())) return undefined;
    }
    const pipes: Pipe[] = [];
    try {
      for (const direction of directions) pipes.push(openNamed(this.#names.pop() ?? '', direction));
    } catch (error) {
      for (const pipe of pipes) closePipe(pipe);
      throw error;
    }
    if (this.#names.length < lowWater && !this.#closed && this.#failures < maxFailures) void this.#fill();
    return pipes;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#filling;
    this.#names = [];
    if (this.#directory !== undefined) await rm(this.#directory, { recursive: true, force: true });
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
    try {
      this.#directory ??= await mkdtemp(join(home, 'switchyard-pipes-'));
    } catch {
      return false; // no such place, or it is read-only
    }
    const directory = this.#directory;
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

function openNamed(path: string, direction: PipeDirection): Pipe {
  try {
    return { ...(direction === 'fromChild' ? openFromChild(path) : openToChild(path)), link: `${path} (deleted)` };
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

function openFromChild(path: string): { ours: number; theirs: number } {
  const [ours, theirs] = openBoth(
    () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK),
    () => openSync(path, constants.O_WRONLY),
  );
  return { ours, theirs };
}

function openToChild(path: string): { ours: number; theirs: number } {
  // A writer can only be opened without blocking while there is a reader, and the child's reader must be a blocking one.
  const placeholder = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const [ours, theirs] = openBoth(
      () => openSync(path, constants.O_WRONLY | constants.O_NONBLOCK),
      () => openSync(path, constants.O_RDONLY),
    );
    return { ours, theirs };
  } finally {
    closeSync(placeholder);
  }
}
