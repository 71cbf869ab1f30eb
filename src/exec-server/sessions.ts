/** Sessions: processes and their output, which outlive the connection that started them. */
import { randomUUID } from 'node:crypto';
import { onAbort, throwIfAborted } from '../base/abort.ts';
import { invalidRequest, RequestError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { ProcessRequest } from '../host/process-types.ts';
import type { HostProcesses } from '../host/processes.ts';
import type { ExecNotifications, ExecServerRequests, Notifier } from '../protocol/exec/index.ts';
import type { PeerCaller } from '../rpc/peer.ts';
import type { NetworkClient } from './managed-network.ts';
import { SessionProcess } from './session-process.ts';

/** What "still attached" is called on the wire; the caller tries again. */
const stillAttached = -32_010;

/** A connection as its session sees it. */
export interface Attachment {
  readonly notify: Notifier<ExecNotifications>;
  readonly request: PeerCaller<ExecServerRequests>;
  /** How long the session is kept after this connection; 0: it ends with it. */
  readonly retentionMs: number;
  /** Asked when somebody else wants the session: resolves with false when nobody is at the other end any more. */
  alive(): Promise<boolean>;
  /** Ends the connection. */
  drop(): void;
}

export interface SessionsOptions {
  readonly processes: HostProcesses;
  /** How long a closed process stays readable. */
  readonly closedRetentionMs: number;
  readonly log: Log;
}

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #sessions = new Map<string, Session>();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  create(attachment: Attachment): Session {
    const session = new Session(randomUUID(), this.#options, () => this.#sessions.delete(session.id));
    this.#sessions.set(session.id, session);
    session.attach(attachment);
    return session;
  }

  resume(id: string, attachment: Attachment): Session {
    const session = this.#sessions.get(id);
    if (!session) throw invalidRequest(`unknown session id ${id}`);
    session.attach(attachment);
    return session;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.end()));
  }
}

export class Session {
  readonly id: string;
  readonly #options: SessionsOptions;
  readonly #onEnded: () => void;
  readonly #processes = new Map<string, SessionProcess>();
  #attached: Attachment | undefined;
  /** Questions that wait for somebody to be attached. */
  readonly #waiting = new Set<() => void>();
  #checking = false;
  #ended = false;
  /** The attached connection does not keep up. */
  #slow = false;
  #expiry: NodeJS.Timeout | undefined;
  readonly #notify: Notifier<ExecNotifications> = (method, params) => this.#attached?.notify(method, params);

  constructor(id: string, options: SessionsOptions, onEnded: () => void) {
    this.id = id;
    this.#options = options;
    this.#onEnded = onEnded;
  }

  /** From now on events go to `attachment`. Throws while another connection has the session. */
  attach(attachment: Attachment): void {
    if (this.#attached) {
      this.#check(this.#attached);
      throw new RequestError('custom', `session ${this.id} is already attached to another connection`, { code: stillAttached });
    }
    clearTimeout(this.#expiry);
    this.#attached = attachment;
    for (const wake of [...this.#waiting]) wake();
  }

  /** The connection is gone. Does nothing when another one has taken the session over. */
  detach(attachment: Attachment): void {
    if (this.#attached !== attachment) return;
    this.#attached = undefined;
    this.slow(attachment, false);
    const { retentionMs } = attachment;
    if (retentionMs === 0) void this.end();
    else this.#expiry = setTimeout(() => void this.end(), retentionMs).unref();
  }

  isAttached(attachment: Attachment): boolean {
    return this.#attached === attachment;
  }

  /** The connection does not keep up (or does again): programs have to wait for it. */
  slow(attachment: Attachment, waits: boolean): void {
    if (waits && this.#attached !== attachment) return;
    this.#slow = waits;
    for (const process of this.#processes.values()) process.pause(waits);
  }

  /** Starts a process; rejects with what the client shall read. Returns the kind of its sandbox. */
  async start(id: string, request: ProcessRequest): Promise<string> {
    if (this.#processes.has(id)) throw invalidRequest(`process ${id} already exists`);
    const process = new SessionProcess({
      id,
      request,
      notify: this.#notify,
      onClosed: () => this.#retire(process),
      log: this.#options.log,
    });
    this.#processes.set(id, process);
    process.pause(this.#slow);
    try {
      return await process.start(this.#options.processes);
    } catch (error) {
      this.#forget(process);
      throw error;
    }
  }

  /** Whoever is attached when a process has a question, or the next one who is. */
  networkClient(processId: string): NetworkClient {
    return {
      tell: (decision) => this.#notify('network/policyDecision', { processId, ...decision }),
      ask: async (request, signal) => {
        for (;;) {
          const attachment = this.#attached ?? (await this.#attachment(signal));
          try {
            return await attachment.request('network/policyRequest', { processId, request }, { signal });
          } catch (error) {
            // An answer that was lost with its connection is asked for again over the next one.
            if (signal.aborted || this.#ended || this.#attached === attachment) throw error;
          }
        }
      },
    };
  }

  async #attachment(signal: AbortSignal): Promise<Attachment> {
    for (;;) {
      throwIfAborted(signal);
      if (this.#attached) return this.#attached;
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake);
          off();
          resolve();
        };
        this.#waiting.add(wake);
        const off = onAbort(signal, () => setImmediate(wake));
      });
    }
  }

  find(id: string): SessionProcess | undefined {
    return this.#processes.get(id);
  }

  /** Kills every process. Later calls do nothing. */
  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#expiry);
    this.#onEnded();
    await Promise.allSettled([...this.#processes.values()].map((process) => process.end()));
  }

  #retire(process: SessionProcess): void {
    setTimeout(() => this.#forget(process), this.#options.closedRetentionMs).unref();
  }

  #forget(process: SessionProcess): void {
    if (this.#processes.get(process.id) === process) this.#processes.delete(process.id);
  }

  /** A connection whose machine vanished is only noticed when somebody asks. */
  #check(attachment: Attachment): void {
    if (this.#checking) return;
    this.#checking = true;
    void attachment.alive().then((alive) => {
      this.#checking = false;
      if (!alive) attachment.drop();
    });
  }
}
