/** One process that runs: its output log, how it ends, and how it is ended. */

import { abortable } from '../base/abort.ts';
import { deferred } from '../base/deferred.ts';
import { groupIsGone, killAll, killTree, type ProcessTree, signalGroup } from './kill-tree.ts';
import { type ChildEnd, type ChildEvents, exitCodeOf, type Launched } from './launch.ts';
import { OutputLog, type OutputLogOptions } from './output-log.ts';
import { holdersOf } from './process-table.ts';
import type { OutputChunk, ProcessOutcome, RunningProcess, SignalName, TerminalSize } from './process-types.ts';
import { looksDenied } from './sandbox/denied.ts';
import type { SandboxKind } from './sandbox/index.ts';

/** A failed sandboxed process gets this long for its last words before they are judged. */
const judgementGraceMs = 20;
/** Streams that are still held this long after the whole tree was killed are held by somebody who left the tree. */
const holderGraceMs = 20;
/** Streams that are still held this long after that are let go. */
const releaseAfterKillMs = 1000;
const defaultGraceMs = 50;

export interface HostProcessOptions {
  readonly id: string;
  readonly output: OutputLogOptions;
  readonly sandbox: SandboxKind;
  readonly drainMs: number | undefined;
  /** Called once, when the process has ended; awaited before `closed` settles. */
  readonly onEnded: () => void | Promise<void>;
  /** Called once, when the process is closed; false when others of its group still run. */
  readonly onClosed: (groupGone: boolean) => void;
  /** Called at most once, when what was left of the group at the close has been ended too. */
  readonly onGroupGone: () => void;
}

export class HostProcess implements RunningProcess, ChildEvents {
  readonly id: string;
  readonly log: OutputLog;
  readonly sandbox: SandboxKind;
  readonly #options: HostProcessOptions;
  readonly #exited = deferred<ProcessOutcome>();
  readonly #closed = deferred();
  readonly #outputEnded = deferred();
  #launched: Launched | undefined;
  #end: ChildEnd | undefined;
  #isClosed = false;
  #treeGone = false;
  #terminating: Promise<void> | undefined;

  constructor(options: HostProcessOptions) {
    this.id = options.id;
    this.log = new OutputLog(options.output);
    this.sandbox = options.sandbox;
    this.#options = options;
  }

  /** Called by the starter, once, as soon as the system has the process. */
  attach(launched: Launched): void {
    this.#launched = launched;
  }

  get pid(): number | undefined {
    return this.#launched?.pid;
  }

  get exited(): Promise<ProcessOutcome> {
    return this.#exited.promise;
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** The signal it died of, or null; undefined while it runs. */
  get endSignal(): NodeJS.Signals | null | undefined {
    return this.#end?.signal;
  }

  onOutput(listener: (chunk: OutputChunk) => void): () => void {
    return this.log.subscribe(listener);
  }

  /** Stops taking output until `resumeOutput`: the program has to wait when its pipe is full. */
  pauseOutput(): void {
    this.#launched?.flow(true);
  }

  resumeOutput(): void {
    this.#launched?.flow(false);
  }

  async write(bytes: Buffer, signal?: AbortSignal): Promise<void> {
    const input = this.#launched?.input;
    if (!input) throw new Error('stdin is closed for this process');
    if (signal) await abortable(input.write(bytes), signal);
    else await input.write(bytes);
  }

  async closeStdin(): Promise<void> {
    await this.#launched?.input?.end();
  }

  async resize(size: TerminalSize): Promise<void> {
    const resize = this.#launched?.resize;
    if (!resize) throw new Error('process is not attached to a PTY');
    if (!this.#end) resize(size);
  }

  async signal(name: SignalName): Promise<void> {
    if (this.#end || !this.#launched) return;
    signalGroup(this.#tree(this.#launched), name);
  }

  terminate(graceMs = defaultGraceMs): Promise<void> {
    this.#terminating ??= this.#terminate(graceMs);
    return this.#terminating;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.terminate();
  }

  // ChildEvents

  output(stream: OutputChunk['stream'], bytes: Buffer): void {
    this.log.append(stream, bytes);
  }

  ended(end: ChildEnd): void {
    this.#end = end;
    void this.#settle(end);
  }

  outputEnded(): void {
    this.#outputEnded.resolve();
  }

  async #settle(end: ChildEnd): Promise<void> {
    const exitCode = exitCodeOf(end);
    const sandboxed = this.sandbox !== 'none';
    if (sandboxed && exitCode !== 0) await this.#outputEndedWithin(judgementGraceMs);
    const sandboxDenied = sandboxed && looksDenied({ exitCode, chunks: this.log.retained(), sandbox: this.sandbox });
    const cleaned = Promise.resolve(this.#options.onEnded()).catch(() => {}); // what a clean-up leaves is found by the next start
    this.#exited.resolve({ kind: 'exited', exitCode, sandboxDenied });
    if (this.#options.drainMs === undefined) await this.#outputEnded.promise;
    else if (!(await this.#outputEndedWithin(this.#options.drainMs))) {
      this.#launched?.release();
      await this.#outputEnded.promise;
    }
    await cleaned;
    this.#isClosed = true;
    // Nearly always nothing is left, and ending such a process costs nothing then.
    this.#treeGone = this.#launched === undefined || groupIsGone(this.#launched.pid);
    this.#launched?.release();
    this.#options.onClosed(this.#treeGone);
    this.#closed.resolve();
  }

  /** True when the streams ended in time. */
  async #outputEndedWithin(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, ms, false);
    });
    const inTime = await Promise.race([this.#outputEnded.promise.then(() => true), late]);
    clearTimeout(timer);
    return inTime;
  }

  #tree(launched: Launched): ProcessTree {
    return { root: launched.pid, rootAlive: () => this.#end === undefined };
  }

  async #terminate(graceMs: number): Promise<void> {
    const launched = this.#launched;
    if (!launched || (this.#isClosed && this.#treeGone)) return;
    await killTree(this.#tree(launched), graceMs);
    await this.#exited.promise;
    if (!(await this.#outputEndedWithin(holderGraceMs))) {
      await killAll(await holdersOf(launched.outputLinks));
      if (!(await this.#outputEndedWithin(releaseAfterKillMs))) launched.release();
    }
    await this.#closed.promise;
    if (!this.#treeGone) {
      this.#treeGone = true;
      this.#options.onGroupGone();
    }
  }
}
