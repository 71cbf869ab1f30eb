/** One process a tool call started: collects its output for the client and for the model, and completes its item when it ends. */
import { abortReason, onAbort } from '../../base/abort.ts';
import { HeadTail } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import type { ProcessOutcome, RunningProcess } from '../../environment/environment.ts';
import { OutputDeltas } from './output-deltas.ts';
import { type CollectedOutput, omittedLine } from './output-text.ts';
import type { CallItems, CommandItem, NetworkDenial, TerminalSession } from './tool.ts';

/** Kept of the output, half from its start and half from its end. */
const OUTPUT_BYTES = 1_048_576;

export interface SessionStart {
  readonly sessionId: number;
  readonly turnId: string;
  readonly script: string;
  /** The item as it goes on the wire when the process runs. */
  readonly item: CommandItem;
  readonly process: RunningProcess;
  readonly tty: boolean;
  readonly items: CallItems;
  readonly clock: Clock;
}

export interface SessionEnd {
  /** -1 when nobody can say, or when it was terminated on request. */
  readonly exitCode: number;
  readonly sandboxDenied: boolean;
  /** It wanted to reach a host that it may not reach. */
  readonly denial?: NetworkDenial;
}

/** A command that was refused a host reads the refusal, and may say so, before it is ended. */
const FAREWELL_MS = 100;

export class ExecSession implements TerminalSession {
  readonly sessionId: number;
  readonly itemId: string;
  readonly turnId: string;
  readonly command: string;
  readonly cwd: string;
  readonly tty: boolean;
  lastUsedMs: number;
  readonly #start: SessionStart;
  readonly #startedMs: number;
  readonly #whole = new HeadTail(OUTPUT_BYTES);
  /** What the model has not seen. */
  readonly #unseen = new HeadTail(OUTPUT_BYTES);
  #unseenBytes = 0;
  readonly #deltas: OutputDeltas;
  readonly #process: RunningProcess;
  #end: SessionEnd | undefined;
  #terminated = false;
  #denial: NetworkDenial | undefined;
  #farewell: NodeJS.Timeout | undefined;
  #silent = false;
  /** Somebody else decides what becomes of the item, until `release`. */
  #held = true;
  #completed = false;
  #waiters = new Set<() => void>();
  /** Runs right before the item completes. */
  #beforeCompletion: (() => void) | undefined;
  #turnstile: Promise<unknown> = Promise.resolve();
  /** Settles when the process and its output have ended; never rejects. */
  readonly ended: Promise<void>;

  constructor(start: SessionStart) {
    this.#start = start;
    this.sessionId = start.sessionId;
    this.itemId = start.item.id;
    this.turnId = start.turnId;
    this.command = start.script;
    this.cwd = start.item.cwd;
    this.tty = start.tty;
    this.#process = start.process;
    this.#startedMs = start.clock.monotonicMs();
    this.lastUsedMs = this.#startedMs;
    this.#deltas = new OutputDeltas((text) => start.items.commandOutput(this.itemId, text));
    const off = start.process.onOutput(({ bytes }) => this.#collect(bytes));
    this.ended = this.#watch(off);
  }

  get osPid(): number | undefined {
    return this.#process.pid;
  }

  get exited(): boolean {
    return this.#end !== undefined;
  }

  /** How it ended, once it has. */
  get end(): SessionEnd | undefined {
    return this.#end;
  }

  /** Nobody waits for it: its call is over. */
  get isBackground(): boolean {
    return !this.#held;
  }

  /** Ends the process for what it tried. The first reason counts. */
  deny(denial: NetworkDenial): void {
    if (this.#end || this.#denial) return;
    this.#denial = denial;
    this.#farewell = setTimeout(() => {
      // What a shell says about being killed is not what the command printed.
      this.#silent = true;
      void this.#process.terminate();
    }, FAREWELL_MS);
  }

  /** From now on the item completes by itself; at once when the process has ended. */
  release(): void {
    this.#held = false;
    if (this.#end) this.#complete(this.#end);
  }

  /** Waits until the process has ended, but at most `ms`. Rejects with the signal's reason when it aborts; the process goes on. */
  wait(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#end) return Promise.resolve();
    return new Promise<void>((resolve, reject) => {
      const finish = () => {
        clearTimeout(timer);
        this.#waiters.delete(finish);
        off();
        resolve();
      };
      const timer = setTimeout(finish, ms);
      let off = () => {};
      this.#waiters.add(finish);
      off = onAbort(signal, () => {
        clearTimeout(timer);
        this.#waiters.delete(finish);
        reject(abortReason(signal));
      });
    });
  }

  /** What came since the last look; each piece is handed out once. */
  takeOutput(): CollectedOutput {
    const omittedBytes = this.#unseen.omittedBytes;
    const text = this.#unseen.toBuffer(omittedMarker).toString('utf8');
    const output = { text, totalBytes: this.#unseenBytes, omittedBytes };
    this.#unseen.clear();
    this.#unseenBytes = 0;
    return output;
  }

  /** Runs `action` when all earlier interactions with this session are done. */
  interact<T>(action: () => Promise<T>): Promise<T> {
    this.lastUsedMs = this.#start.clock.monotonicMs();
    const run = this.#turnstile.then(action);
    this.#turnstile = run.catch(() => {});
    return run;
  }

  write(text: string, signal: AbortSignal): Promise<void> {
    return this.#process.write(Buffer.from(text), signal);
  }

  interrupt(): Promise<void> {
    return this.#process.signal('SIGINT');
  }

  /** Tells the client what was typed: when `done` is called, or right before the item completes if that comes first. */
  announceInput(text: string): { done(): void; cancel(): void } {
    let open = true;
    const cancel = () => {
      open = false;
      this.#beforeCompletion = undefined;
    };
    const done = () => {
      if (open && !this.#completed) this.#start.items.terminalInteraction(this.itemId, String(this.sessionId), text);
      cancel();
    };
    this.#beforeCompletion = done;
    return { done, cancel };
  }

  async terminate(): Promise<void> {
    if (!this.#end) this.#terminated = true;
    await this.#process.terminate();
    await this.ended;
  }

  #collect(bytes: Buffer): void {
    if (this.#end || this.#silent) return;
    this.#whole.push(bytes);
    this.#unseen.push(bytes);
    this.#unseenBytes += bytes.length;
    this.#deltas.push(bytes);
  }

  async #watch(off: () => void): Promise<void> {
    const outcome = await this.#process.exited;
    await this.#process.closed;
    off();
    clearTimeout(this.#farewell);
    this.#end = this.#endOf(outcome);
    if (!this.#held) this.#complete(this.#end);
    for (const wake of [...this.#waiters]) wake();
  }

  #endOf(outcome: ProcessOutcome): SessionEnd {
    if (outcome.kind === 'lost') {
      // Neither the model nor the client may take what was printed for all there is.
      this.#collect(Buffer.from(`\n[process lost: ${outcome.reason}]\n`));
      return { exitCode: -1, sandboxDenied: false };
    }
    if (this.#denial) return { exitCode: -1, sandboxDenied: false, denial: this.#denial };
    return { exitCode: this.#terminated ? -1 : outcome.exitCode, sandboxDenied: outcome.sandboxDenied };
  }

  #complete(end: SessionEnd): void {
    if (this.#completed) return;
    this.#deltas.end();
    this.#beforeCompletion?.();
    this.#completed = true;
    const { item, items, clock } = this.#start;
    const printed = this.#whole.toBuffer(omittedMarker).toString('utf8');
    const output = end.denial ? [printed, end.denial.message].filter((part) => part !== '').join('\n') : printed;
    items.complete({
      ...item,
      status: end.exitCode === 0 ? 'completed' : 'failed',
      aggregatedOutput: output === '' ? null : output,
      exitCode: end.exitCode,
      durationMs: Math.round(clock.monotonicMs() - this.#startedMs),
    });
    this.#whole.clear();
  }
}

const omittedMarker = (bytes: number): string => `\n${omittedLine(bytes)}\n`;
