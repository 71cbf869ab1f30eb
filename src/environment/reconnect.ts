/** One logical client over changing connections: the session outlives each of them, and so does whoever works with it. */
import { abortable, abortReason, delay } from '../base/abort.ts';
import { type Deferred, deferred } from '../base/deferred.ts';
import { Cancelled, DeadlineExceeded, isRequestError, messageOf, RequestError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Scope } from '../base/scope.ts';
import type { ExecRequests, NetworkPolicyRequestParams, NetworkPolicyRequestResult } from '../protocol/exec/index.ts';
import type { PeerCaller } from '../rpc/peer.ts';
import { ConnectionLost, type ExecConnection, type ExecNotification, type ExecSource, openConnection } from './remote-connection.ts';

/** Something that lives in the session: it hears of events and takes part in recoveries. */
export interface SessionMember {
  notified(notification: ExecNotification): void;
  /** Answers a question about one of its processes. It must not reject. Undefined: it has no such process. */
  networkPolicy?(params: NetworkPolicyRequestParams, signal: AbortSignal): Promise<NetworkPolicyRequestResult> | undefined;
  /** The connection is gone. Called before anything else happens. */
  disconnected(reason: string): void;
  /** Brings itself up to date over the new connection, before anybody else may use it. `ConnectionLost` means: once more. */
  resumed(connection: ExecConnection): Promise<void>;
  /** There will be no connection again. */
  failed(reason: string): void;
}

export interface ReconnectOptions {
  readonly source: ExecSource;
  readonly clientName: string;
  readonly log: Log;
  readonly initializeTimeoutMs: number;
  /** How long a recovery may take; clearly less than the server keeps a session. Default 45 s. */
  readonly recoveryMs?: number;
  readonly members: readonly SessionMember[];
  readonly onStateChange: (state: ClientState['kind']) => void;
}

/** The session is lost for good; everything later fails with the same message. */
export class SessionFailed extends Error {
  override readonly name = 'SessionFailed';
}

type ClientState =
  | { readonly kind: 'connected'; readonly connection: ExecConnection }
  | { readonly kind: 'recovering'; readonly outcome: Deferred<ExecConnection> }
  | { readonly kind: 'failed'; readonly error: Error };

/** Code of "session is still attached to another connection": the server has not noticed the end of the old one yet. */
const stillAttached = -32010;
const retryMs = 100;
const defaultRecoveryMs = 45_000;
/** Calls without an answer; the last one is kept for cleaning up. */
const maxCalls = 1024;
const cleanup: ReadonlySet<string> = new Set(['process/terminate', 'fs/close']);

/** Whether another attempt may bring the session back. */
function isRetryable(error: unknown): boolean {
  if (isRequestError(error)) return error.code === stillAttached;
  return error instanceof ConnectionLost || error instanceof ConnectFailed;
}

class ConnectFailed extends Error {
  override readonly name = 'ConnectFailed';
}

export class ReconnectingClient {
  readonly #options: ReconnectOptions;
  readonly #source: ExecSource;
  readonly #scope: Scope;
  #state: ClientState;
  #calls = 0;

  /** Makes one attempt to connect, with a new session. The client closes with `scope`. */
  static async connect(options: ReconnectOptions, scope: Scope, signal: AbortSignal): Promise<ReconnectingClient> {
    const client = new ReconnectingClient(options, scope);
    try {
      const connection = await client.#open(undefined, signal);
      client.#install(connection);
      return client;
    } catch (error) {
      await client.#scope.close();
      throw error;
    }
  }

  private constructor(options: ReconnectOptions, scope: Scope) {
    this.#options = options;
    this.#scope = scope.child('exec client');
    this.#state = { kind: 'failed', error: new Cancelled('not connected') };
    const { source } = options;
    this.#source = {
      canReconnect: source.canReconnect,
      open: (signal) =>
        source.open(signal).catch((error: unknown) => {
          if (signal.aborted) throw abortReason(signal);
          throw new ConnectFailed(messageOf(error), { cause: error });
        }),
    };
    this.#scope.defer(() => this.#fail('the environment is closed'));
  }

  get state(): ClientState['kind'] {
    return this.#state.kind;
  }

  /** Why it failed, once it has. */
  get failure(): string | undefined {
    return this.#state.kind === 'failed' ? this.#state.error.message : undefined;
  }

  /** The connection of now; waits for a running recovery. Rejects with `SessionFailed` when there is none any more. */
  async ready(signal?: AbortSignal): Promise<ExecConnection> {
    const state = this.#state;
    if (state.kind === 'connected') return state.connection;
    if (state.kind === 'failed') throw new SessionFailed(state.error.message);
    return signal ? abortable(state.outcome.promise, signal) : state.outcome.promise;
  }

  /** Whether the server knows something newer than the protocol's first version; one that does not say does not. */
  async can(capability: string, signal?: AbortSignal): Promise<boolean> {
    const { info } = await this.ready(signal);
    return info?.capabilities[capability] === true;
  }

  /** Made once: over the connection of now, or the next one during a recovery. Rejects with `ConnectionLost` when the answer is lost. */
  readonly call: PeerCaller<ExecRequests> = async (method, params, options) => {
    const connection = await this.ready(options?.signal);
    return this.callOn(connection, (call) => call(method, params, options), cleanup.has(method));
  };

  /** Repeated after each recovery until it is answered: only for what may be done twice. */
  readonly callAgain: PeerCaller<ExecRequests> = async (method, params, options) => {
    for (;;) {
      try {
        return await this.call(method, params, options);
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
      }
    }
  };

  /** Counts a call among those that are open. */
  async callOn<T>(connection: ExecConnection, make: (call: PeerCaller<ExecRequests>) => Promise<T>, reserved = false): Promise<T> {
    if (this.#calls >= (reserved ? maxCalls + 1 : maxCalls)) {
      if (reserved) void connection.close();
      throw new RequestError('overloaded', `exec-server has reached its limit of ${maxCalls} pending requests`);
    }
    this.#calls += 1;
    try {
      return await make(connection.call);
    } finally {
      this.#calls -= 1;
    }
  }

  close(): Promise<void> {
    return this.#scope.close(new Cancelled('the environment is closed'));
  }

  #open(resumeSessionId: string | undefined, signal: AbortSignal): Promise<ExecConnection> {
    const { clientName, log, initializeTimeoutMs, members } = this.#options;
    const onNotification = (notification: ExecNotification) => {
      for (const member of members) member.notified(notification);
    };
    const onPolicyRequest = async (params: NetworkPolicyRequestParams, asking: AbortSignal): Promise<NetworkPolicyRequestResult> => {
      for (const member of members) {
        const answer = member.networkPolicy?.(params, asking);
        if (answer) return answer;
      }
      return { decision: { type: 'deny', reason: 'not_allowed' } };
    };
    const events = { onNotification, onPolicyRequest };
    const resume = resumeSessionId === undefined ? {} : { resumeSessionId };
    const options = { source: this.#source, scope: this.#scope, log, clientName, initializeTimeoutMs, ...events, ...resume };
    return openConnection(options, signal);
  }

  #install(connection: ExecConnection): void {
    this.#state = { kind: 'connected', connection };
    connection.onLost((reason) => this.#lost(connection, reason));
  }

  #lost(connection: ExecConnection, reason: string): void {
    if (this.#state.kind !== 'connected' || this.#state.connection !== connection) return;
    void connection.close();
    if (this.#scope.closed) {
      this.#fail(reason);
      return;
    }
    const outcome = deferred<ExecConnection>();
    // Nobody may be waiting when it fails.
    outcome.promise.catch(() => {});
    this.#state = { kind: 'recovering', outcome };
    for (const member of this.#options.members) member.disconnected(reason);
    const message = `exec-server transport disconnected${reason === '' ? '' : `: ${reason}`}`;
    if (!this.#source.canReconnect) {
      this.#fail(message);
      return;
    }
    this.#options.onStateChange('recovering');
    void this.#recover(connection.sessionId, outcome, message);
  }

  async #recover(sessionId: string, outcome: Deferred<ExecConnection>, message: string): Promise<void> {
    const budgetMs = this.#options.recoveryMs ?? defaultRecoveryMs;
    const budget = this.#scope.child('recovery');
    const timer = setTimeout(() => void budget.close(new DeadlineExceeded('the recovery', budgetMs)), budgetMs);
    let last = `recovery timed out after ${budgetMs} ms`;
    try {
      for (;;) {
        try {
          const connection = await this.#resume(sessionId, budget.signal);
          this.#install(connection);
          this.#options.onStateChange(this.#state.kind);
          outcome.resolve(connection);
          return;
        } catch (error) {
          if (!budget.signal.aborted) last = messageOf(error);
          if (budget.signal.aborted || !isRetryable(error)) break;
        }
        await delay(retryMs, budget.signal).catch(() => {}); // the next attempt sees the abort
      }
      this.#fail(`${message}; failed to resume exec-server session: ${last}`);
    } finally {
      clearTimeout(timer);
      await budget.close();
    }
  }

  /** A connection on which every member is up to date. */
  async #resume(sessionId: string, signal: AbortSignal): Promise<ExecConnection> {
    const connection = await this.#open(sessionId, signal);
    try {
      for (const member of this.#options.members) await abortable(member.resumed(connection), signal);
      if (connection.lost !== undefined) throw new ConnectionLost(connection.lost);
      return connection;
    } catch (error) {
      void connection.close();
      throw error;
    }
  }

  #fail(message: string): void {
    const before = this.#state;
    if (before.kind === 'failed') return;
    const error = new SessionFailed(message);
    this.#state = { kind: 'failed', error };
    for (const member of this.#options.members) member.failed(message);
    if (before.kind === 'recovering') before.outcome.reject(error);
    this.#options.onStateChange('failed');
    void this.#scope.close();
  }
}
