/** A process on an exec-server as the `RunningProcess` port: its events in order, its input, and how it is ended. */
import { withDeadline } from '../base/abort.ts';
import { decodeBase64 } from '../base/base64.ts';
import { deferred } from '../base/deferred.ts';
import { messageOf } from '../base/errors.ts';
import type { ManagedNetwork } from '../base/managed-network.ts';
import { OutputLog } from '../host/output-log.ts';
import type { OutputChunk, ProcessOutcome, RunningProcess, SignalName, TerminalSize } from '../host/process-types.ts';
import type { ExecRequests } from '../protocol/exec/index.ts';
import type { PeerCaller } from '../rpc/peer.ts';
import { EventsLost, liveLimits, type ProcessEvent, ProcessEvents, recoveryLimits } from './process-events.ts';
import { ConnectionLost, type ExecNotification } from './remote-connection.ts';
import { RemoteStdin } from './remote-stdin.ts';

/** Events that come out of order do so by milliseconds; a gap that lasts longer is asked about. */
const gapPatienceMs = 250;
/** How long the end of a process may take after it was killed. */
const terminateMs = 5000;
/** How long its streams may stay open after its end; then somebody outside its group holds them. */
const holderGraceMs = 1000;

export interface ProcessSession {
  /** Made once. */
  readonly call: PeerCaller<ExecRequests>;
  /** Repeated over reconnections until answered. */
  readonly callAgain: PeerCaller<ExecRequests>;
  readonly recovering: () => boolean;
  /** The process has no more events to come here. */
  readonly onEnded: (process: RemoteProcess) => void;
  /** It may still run and nobody here waits for it any more: it is to be killed when that is possible. */
  readonly abandon: (wireId: string) => void;
}

export interface RemoteProcessOptions {
  /** As the caller chose it. */
  readonly id: string;
  /** As the server knows it; never used twice in a session. */
  readonly wireId: string;
  readonly input: 'none' | 'pipe' | 'terminal';
  readonly drainMs: number | undefined;
  /** Set when its traffic goes through a proxy that was started for it. */
  readonly network: ManagedNetwork | undefined;
  readonly session: ProcessSession;
}

type ProcessNotification = Extract<ExecNotification, { method: 'process/output' | 'process/exited' | 'process/closed' }>;

export class RemoteProcess implements RunningProcess {
  readonly id: string;
  readonly wireId: string;
  readonly pid = undefined;
  readonly #options: RemoteProcessOptions;
  readonly #session: ProcessSession;
  readonly #log = new OutputLog();
  readonly #events = new ProcessEvents((event) => this.#published(event));
  readonly #stdin: RemoteStdin;
  readonly #exited = deferred<ProcessOutcome>();
  readonly #closed = deferred();
  #outcome: ProcessOutcome | undefined;
  /** The exit was seen; its outcome may still have to be asked for. */
  #hasExited = false;
  #isClosed = false;
  /** Closed here before it was closed there. */
  #letGo = false;
  #gapTimer: NodeJS.Timeout | undefined;
  #drainTimer: NodeJS.Timeout | undefined;
  #terminating: Promise<void> | undefined;

  constructor(options: RemoteProcessOptions) {
    this.id = options.id;
    this.wireId = options.wireId;
    this.#options = options;
    this.#session = options.session;
    this.#stdin = new RemoteStdin((bytes, writeId) => this.#send(bytes, writeId));
  }

  get network(): ManagedNetwork | undefined {
    return this.#options.network;
  }

  get exited(): Promise<ProcessOutcome> {
    return this.#exited.promise;
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  get ended(): boolean {
    return this.#isClosed;
  }

  onOutput(listener: (chunk: OutputChunk) => void): () => void {
    return this.#log.subscribe(listener);
  }

  write(bytes: Buffer, signal?: AbortSignal): Promise<void> {
    if (this.#options.input === 'none') return Promise.reject(new Error('stdin is closed for this process'));
    return this.#stdin.write(bytes, signal);
  }

  /** End of file for a terminal. The protocol has no way to close a pipe. */
  async closeStdin(): Promise<void> {
    if (this.#options.input === 'pipe' && !this.#isClosed) {
      throw new Error('an exec-server cannot close the standard input of a process without a terminal');
    }
    if (this.#options.input === 'terminal' && !this.#isClosed) await this.#stdin.write(Buffer.of(4));
  }

  resize(_size: TerminalSize): Promise<void> {
    return Promise.reject(new Error('an exec-server cannot resize a terminal'));
  }

  /** Only SIGINT and SIGKILL can be sent over the protocol; everything else rejects. */
  async signal(name: SignalName): Promise<void> {
    if (this.#hasExited || this.#isClosed) return;
    if (name === 'SIGINT') await this.#session.call('process/signal', { processId: this.wireId, signal: 'interrupt' });
    else if (name === 'SIGKILL') await this.#session.call('process/terminate', { processId: this.wireId });
    else throw new Error(`${name} cannot be sent to a process of an exec-server`);
  }

  /** KILL for its group at once: the protocol knows no grace. Resolves after a few seconds even if nothing answers. */
  terminate(): Promise<void> {
    if (this.#isClosed) {
      // Let go while the server still holds its streams: what holds them is not ours to keep running.
      if (this.#letGo) this.#session.abandon(this.wireId);
      this.#letGo = false;
      return Promise.resolve();
    }
    this.#terminating ??= this.#terminate();
    return this.#terminating;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.terminate();
  }

  /** An event of this process from the wire. */
  notified(notification: ProcessNotification): void {
    if (this.#isClosed) return;
    try {
      this.#events.accept(eventOf(notification), this.#session.recovering() ? recoveryLimits : liveLimits);
    } catch (error) {
      this.#eventsLost(error);
    }
    this.#watchGap();
  }

  /** Fetches what was missed. Rejects with `ConnectionLost` when the connection goes; any other trouble ends this process alone. */
  async catchUp(call: PeerCaller<ExecRequests>): Promise<void> {
    if (this.#isClosed) return;
    try {
      this.#events.catchUp(await call('process/read', { processId: this.wireId, afterSeq: this.#events.lastPublished, waitMs: 0 }));
    } catch (error) {
      if (error instanceof ConnectionLost) throw error;
      this.#eventsLost(error);
    }
    this.#watchGap();
  }

  /** Nobody can say what becomes of it. */
  lost(reason: string): void {
    if (this.#isClosed) return;
    this.#settle({ kind: 'lost', reason });
    this.#finish(reason);
  }

  #published(event: ProcessEvent): void {
    if (event.kind === 'output') this.#log.append(event.stream, event.bytes);
    else if (event.kind === 'exited') this.#hasEnded(event);
    else if (this.#outcome) this.#finish('the process has ended');
  }

  #hasEnded({ exitCode, sandboxDenied }: Extract<ProcessEvent, { kind: 'exited' }>): void {
    this.#hasExited = true;
    if (sandboxDenied === undefined) void this.#askDenied(exitCode);
    else this.#settle({ kind: 'exited', exitCode, sandboxDenied });
  }

  /** An older server says with a read what newer ones say with the exit. */
  async #askDenied(exitCode: number): Promise<void> {
    const read = { processId: this.wireId, afterSeq: this.#events.lastPublished, waitMs: 0 };
    const sandboxDenied = await this.#session.callAgain('process/read', read).then(
      (answer) => answer.sandboxDenied,
      () => false, // the exit itself is known
    );
    this.#settle({ kind: 'exited', exitCode, sandboxDenied });
  }

  #settle(outcome: ProcessOutcome): void {
    if (this.#outcome) return;
    this.#outcome = outcome;
    this.#hasExited = true;
    this.#exited.resolve(outcome);
    if (this.#events.closed) this.#finish('the process has ended');
    else if (this.#options.drainMs !== undefined && !this.#isClosed) {
      this.#drainTimer = setTimeout(() => {
        this.#letGo = true;
        this.#finish('the process has ended');
      }, this.#options.drainMs);
    }
  }

  #finish(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#gapTimer);
    clearTimeout(this.#drainTimer);
    this.#events.stop();
    this.#stdin.close(reason);
    this.#session.onEnded(this);
    this.#closed.resolve();
  }

  /** Asks for what is missing when it does not come by itself. */
  #watchGap(): void {
    if (!this.#events.hasGap || this.#session.recovering()) {
      clearTimeout(this.#gapTimer);
      this.#gapTimer = undefined;
      return;
    }
    this.#gapTimer ??= setTimeout(() => {
      this.#gapTimer = undefined;
      if (this.#events.hasGap) this.catchUp(this.#session.callAgain).catch(() => {}); // a failed session has told the process already
    }, gapPatienceMs);
  }

  /** Only this process is affected; it is not left running behind our back. */
  #eventsLost(error: unknown): void {
    if (this.#isClosed) return;
    this.#session.abandon(this.wireId);
    const what = error instanceof EventsLost ? error.message : `exec-server: ${messageOf(error)}`;
    this.lost(`failed to recover process ${this.id}: ${what}`);
  }

  async #send(bytes: Buffer, writeId: string): Promise<void> {
    const { status } = await this.#session.callAgain('process/write', { processId: this.wireId, chunk: bytes.toString('base64'), writeId });
    if (status === 'accepted') return;
    throw new Error(status === 'stdinClosed' ? 'stdin is closed for this process' : `the process takes no input: ${status}`);
  }

  async #terminate(): Promise<void> {
    try {
      await withDeadline(this.#kill(), terminateMs, 'ending a remote process');
    } catch (error) {
      if (this.#isClosed) return;
      this.#session.abandon(this.wireId);
      this.lost(`the process could not be ended: ${messageOf(error)}`);
    }
  }

  async #kill(): Promise<void> {
    await this.#session.callAgain('process/terminate', { processId: this.wireId });
    await this.#exited.promise;
    await withDeadline(this.#closed.promise, holderGraceMs, 'the end of its output').catch(() => this.#finish('the process has ended'));
  }
}

function eventOf({ method, params }: ProcessNotification): ProcessEvent {
  if (method === 'process/closed') return { kind: 'closed', seq: params.seq };
  if (method === 'process/exited')
    return { kind: 'exited', seq: params.seq, exitCode: params.exitCode, sandboxDenied: params.sandboxDenied };
  const bytes = decodeBase64(params.chunk);
  if (!bytes) throw new EventsLost(`process event ${params.seq} holds no base64`);
  return { kind: 'output', seq: params.seq, stream: params.stream, bytes };
}
