/** One process of a session: its start, its events, its retained output, and what was written to it. */
import { onAbort } from '../base/abort.ts';
import { monotonicMs } from '../base/clock.ts';
import { internalError, invalidRequest, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { ProcessRequest } from '../host/process-types.ts';
import type { HostProcesses } from '../host/processes.ts';
import type { HostProcess } from '../host/running-process.ts';
import type { SandboxKind } from '../host/sandbox/index.ts';
import type { ExecNotifications, Notifier, ProcessReadResult } from '../protocol/exec/index.ts';
import { bytesPayload } from '../rpc/bytes-payload.ts';
import { startFailure } from './os-failures.ts';
import { WriteIds } from './write-ids.ts';

/** Bytes that may wait for a program that does not read its input. */
const stdinBacklogBytes = 16 * 1024 * 1024;
/** How long a write waits for room before it fails. */
const stdinPatienceMs = 10_000;

const sandboxTypes: Readonly<Record<SandboxKind, string>> = {
  none: 'none',
  linux: 'linuxSeccomp',
  macos: 'macosSeatbelt',
  windows: 'windowsRestrictedToken',
};

export interface SessionProcessOptions {
  /** The client's id. */
  readonly id: string;
  readonly request: ProcessRequest;
  /** Whoever is attached to the session now. */
  readonly notify: Notifier<ExecNotifications>;
  /** Called once, when the process is closed. */
  readonly onClosed: () => void;
  readonly log: Log;
}

export interface ReadRequest {
  readonly afterSeq: number;
  readonly maxBytes: number | undefined;
  readonly waitMs: number;
}

export class SessionProcess {
  readonly id: string;
  readonly #options: SessionProcessOptions;
  readonly #starting = new AbortController();
  readonly #writeIds = new WriteIds();
  readonly #changed = new Set<() => void>();
  #host: HostProcess | undefined;
  #exit: { readonly seq: number; readonly code: number; readonly sandboxDenied: boolean } | undefined;
  #closed = false;
  #stdinBytes = 0;
  #paused = false;

  constructor(options: SessionProcessOptions) {
    this.id = options.id;
    this.#options = options;
  }

  /** The kind of sandbox it runs in. Rejects with what the client shall read; nothing runs then. */
  async start(processes: HostProcesses): Promise<string> {
    let host: HostProcess;
    try {
      host = await processes.start(this.#options.request, this.#starting.signal);
    } catch (error) {
      if (this.#starting.signal.aborted) throw invalidRequest(`process ${this.id} start was cancelled`);
      throw startFailure(error);
    }
    this.#host = host;
    if (this.#paused) host.pauseOutput();
    // In this very turn: a quick program fills more than the retained window before the next one. The answer to the start
    // still goes out first, because events of the system only come once this turn's promises have run.
    this.#follow(host);
    return sandboxTypes[host.sandbox];
  }

  #follow(host: HostProcess): void {
    const processId = this.id;
    const { notify } = this.#options;
    const stop = host.onOutput(({ seq, stream, bytes }) => {
      notify('process/output', bytesPayload({ before: { processId, seq, stream }, name: 'chunk', bytes, after: {} }));
      this.#wake();
    });
    void host.exited.then((outcome) => {
      const died = host.endSignal !== null && host.endSignal !== undefined;
      const given = outcome.kind === 'exited' ? outcome.exitCode : -1;
      // A terminal tells of a death by signal without its number.
      const code = died && this.#options.request.terminal ? 1 : given;
      this.#exit = { seq: host.log.reserve(), code, sandboxDenied: outcome.kind === 'exited' && outcome.sandboxDenied };
      notify('process/exited', { processId, seq: this.#exit.seq, exitCode: code, sandboxDenied: this.#exit.sandboxDenied });
      this.#wake();
    });
    void host.closed.then(() => {
      stop();
      const seq = host.log.reserve();
      this.#closed = true;
      notify('process/closed', { processId, seq });
      this.#wake();
      this.#options.onClosed();
    });
  }

  /** Retained output after `afterSeq`; waits up to `waitMs` for something new. Gives what there is when `signal` aborts. */
  async read(request: ReadRequest, signal: AbortSignal): Promise<ProcessReadResult> {
    const host = this.#host;
    if (!host) throw invalidRequest(`process id ${this.id} is starting`);
    const deadline = monotonicMs() + request.waitMs;
    for (;;) {
      const chunks = host.log.read(request.afterSeq, request.maxBytes);
      const news = chunks.length > 0 || this.#closed || (this.#exit !== undefined && this.#exit.seq > request.afterSeq);
      const left = deadline - monotonicMs();
      if (!news && left > 0 && !signal.aborted) {
        await this.#change(left, signal);
        continue;
      }
      const last = chunks.at(-1)?.seq;
      return {
        chunks: chunks.map(({ seq, stream, bytes }) => ({ seq, stream, chunk: bytes.toString('base64') })),
        nextSeq: request.maxBytes === undefined || last === undefined ? host.log.nextSeq : last + 1,
        exited: this.#exit !== undefined,
        exitCode: this.#exit?.code ?? null,
        closed: this.#closed,
        failure: null,
        sandboxDenied: this.#exit?.sandboxDenied ?? false,
      };
    }
  }

  /** Bytes for stdin, at most once per `writeId`. */
  async write(bytes: Buffer, writeId: string, signal: AbortSignal): Promise<'accepted' | 'stdinClosed' | 'starting'> {
    const host = this.#host;
    if (!host) return 'starting';
    const { request } = this.#options;
    if (!request.terminal && request.stdin === 'closed') return 'stdinClosed';
    const deadline = monotonicMs() + stdinPatienceMs;
    while (this.#stdinBytes > stdinBacklogBytes && !this.#writeIds.has(writeId)) {
      const left = deadline - monotonicMs();
      if (left <= 0 || signal.aborted) throw internalError('failed to write to process stdin');
      await this.#change(left, signal);
    }
    // From here to the hand-over nothing may wait: an id is known exactly when its bytes are on their way.
    if (!this.#writeIds.add(writeId)) return 'accepted';
    this.#stdinBytes += bytes.length;
    const settled = () => {
      this.#stdinBytes -= bytes.length;
      this.#wake();
    };
    host.write(bytes).then(settled, (error: unknown) => {
      this.#options.log.debug('a process did not take its input', { problem: messageOf(error) });
      settled();
    });
    return 'accepted';
  }

  async interrupt(): Promise<void> {
    try {
      await this.#host?.signal('SIGINT');
    } catch (error) {
      throw internalError(`failed to signal process: ${messageOf(error)}`);
    }
  }

  /** Kills it, or gives its start up. True when there was something to end. Does not wait for the end. */
  terminate(): boolean {
    if (this.#exit) return false;
    this.#starting.abort();
    void this.end();
    return true;
  }

  /** Kills whatever is left of it and waits until it is gone. */
  async end(): Promise<void> {
    this.#starting.abort();
    await this.#host?.terminate(0);
  }

  /** Stops or goes on taking output, so that a client that does not read slows the program down instead of filling memory. */
  pause(paused: boolean): void {
    if (this.#paused === paused) return;
    this.#paused = paused;
    if (paused) this.#host?.pauseOutput();
    else this.#host?.resumeOutput();
  }

  #wake(): void {
    for (const wake of [...this.#changed]) wake();
  }

  /** Resolves at the next event of the process, after `ms`, or when `signal` aborts. */
  #change(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#changed.delete(done);
        off();
        resolve();
      };
      // Longer waits would overflow the timer and end at once.
      const timer = setTimeout(done, Math.min(ms, 2 ** 31 - 1));
      this.#changed.add(done);
      const off = onAbort(signal, () => setImmediate(done));
    });
  }
}
