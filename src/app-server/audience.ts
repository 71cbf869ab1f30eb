/**
 * Who listens to what: every initialised connection hears of all threads, subscribers hear what happens in one. Questions
 * go to all subscribers of a thread; they outlive the connections they were asked on, until somebody answers.
 */

import type { ThreadClient } from '../agent/ports.ts';
import { abortReason, onAbort } from '../base/abort.ts';
import { type Deferred, deferred } from '../base/deferred.ts';
import { DeadlineExceeded, isCancelled } from '../base/errors.ts';
import type { CallOptions, In, Notifier, Out, ServerNotifications, ServerRequests } from '../protocol/app/index.ts';
import type { Frame } from '../rpc/frame.ts';
import type { Connection } from './connection.ts';

type Question<M extends keyof ServerRequests & string = keyof ServerRequests & string> = {
  readonly id: number;
  readonly threadId: string;
  readonly method: M;
  readonly askedOn: Set<Connection>;
  /** Aborts when the question is over, which takes it back from every connection. */
  readonly over: AbortController;
  /** Puts the question to one more connection. */
  ask(connection: Connection): void;
};

interface Listeners {
  readonly connections: Set<Connection>;
  readonly questions: Set<Question>;
}

/** Answers to these are not announced to the other subscribers. */
const quiet: ReadonlySet<string> = new Set([
  'item/tool/call',
  'currentTime/read',
  'attestation/generate',
  'account/chatgptAuthTokens/refresh',
]);

export class Audience {
  readonly #connections = new Set<Connection>();
  readonly #threads = new Map<string, Listeners>();
  #nextQuestionId = 0;

  /** Initialised or not. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Takes a connection in until its scope closes. Its open questions stay open. */
  add(connection: Connection): void {
    this.#connections.add(connection);
    connection.scope.defer(() => this.#remove(connection));
  }

  connections(): Iterable<Connection> {
    return this.#connections;
  }

  /** From now on the connection hears what happens in the thread. */
  subscribe(threadId: string, connection: Connection): void {
    if (!connection.scope.closed) this.#listeners(threadId).connections.add(connection);
  }

  /** False when the connection was not subscribed. */
  unsubscribe(threadId: string, connection: Connection): boolean {
    const listeners = this.#threads.get(threadId);
    const removed = listeners?.connections.delete(connection) ?? false;
    if (listeners) this.#forgetIfEmpty(threadId, listeners);
    return removed;
  }

  isSubscribed(threadId: string, connection: Connection): boolean {
    return this.#threads.get(threadId)?.connections.has(connection) ?? false;
  }

  subscriberCount(threadId: string): number {
    return this.#threads.get(threadId)?.connections.size ?? 0;
  }

  /** Puts every open question of the thread to a connection, whether it has heard it or not, under its original id, oldest first. */
  askAgain(threadId: string, connection: Connection): void {
    for (const question of this.#threads.get(threadId)?.questions ?? []) question.ask(connection);
  }

  /** To every initialised connection that wants it. */
  readonly broadcast: Notifier<ServerNotifications> = (method, params) => send(this.#connections, method, params);

  /** The view of the audience that one thread gets. */
  forThread(threadId: string): ThreadClient {
    return {
      notify: (method, params) => this.#notify(threadId, method, params),
      broadcast: this.broadcast,
      request: (method, params, options) => this.#request(threadId, { method, params, options: options ?? {} }),
    };
  }

  #notify<M extends keyof ServerNotifications & string>(threadId: string, method: M, params: In<ServerNotifications[M]['params']>): void {
    const listeners = this.#threads.get(threadId);
    if (listeners) send(listeners.connections, method, params);
  }

  #request<M extends keyof ServerRequests & string>(
    threadId: string,
    call: { method: M; params: In<ServerRequests[M]['params']>; options: CallOptions },
  ): Promise<Out<ServerRequests[M]['result']>> {
    const { method, params, options } = call;
    if (options.signal?.aborted) return Promise.reject(abortReason(options.signal));
    const listeners = this.#listeners(threadId);
    const answer = deferred<Out<ServerRequests[M]['result']>>();
    const question: Question<M> = {
      id: this.#nextQuestionId++,
      threadId,
      method,
      askedOn: new Set(),
      over: new AbortController(),
      ask: (connection) => this.#ask(question, connection, params, answer),
    };
    listeners.questions.add(question);
    const release = this.#watch(question, options, answer.reject);
    for (const connection of listeners.connections) question.ask(connection);
    return answer.promise.finally(release);
  }

  #ask<M extends keyof ServerRequests & string>(
    question: Question<M>,
    connection: Connection,
    params: In<ServerRequests[M]['params']>,
    answer: Deferred<Out<ServerRequests[M]['result']>>,
  ): void {
    if (question.askedOn.has(connection)) {
      connection.repeat(question.method, params, question.id);
      return;
    }
    question.askedOn.add(connection);
    connection.ask(question.method, params, { wireId: question.id, signal: question.over.signal }).then(
      (result) => this.#answered(question, () => answer.resolve(result)),
      (error: unknown) => {
        // The connection is gone; the question waits for the next one that resumes the thread.
        if (isCancelled(error)) question.askedOn.delete(connection);
        else this.#answered(question, () => answer.reject(error));
      },
    );
  }

  /** The first answer counts. The other subscribers hear of it before the asker goes on. */
  #answered(question: Question, settle: () => void): void {
    if (question.over.signal.aborted) return;
    this.#close(question);
    this.#resolved(question);
    settle();
  }

  /** Ends the question when its asker gives up. Returns the function that stops watching. */
  #watch(question: Question, options: CallOptions, reject: (reason: Error) => void): () => void {
    const { signal, deadlineMs } = options;
    const giveUp = (reason: Error) => {
      if (question.over.signal.aborted) return;
      this.#close(question);
      this.#resolved(question);
      reject(reason);
    };
    const off = signal ? onAbort(signal, () => giveUp(abortReason(signal))) : () => {};
    const late = () => giveUp(new DeadlineExceeded(question.method, deadlineMs ?? 0));
    const timer = deadlineMs === undefined ? undefined : setTimeout(late, deadlineMs);
    return () => {
      off();
      clearTimeout(timer);
    };
  }

  #close(question: Question): void {
    question.over.abort();
    const listeners = this.#listeners(question.threadId);
    listeners.questions.delete(question);
    this.#forgetIfEmpty(question.threadId, listeners);
  }

  #resolved(question: Question): void {
    if (quiet.has(question.method)) return;
    this.#notify(question.threadId, 'serverRequest/resolved', { threadId: question.threadId, requestId: question.id });
  }

  #remove(connection: Connection): void {
    this.#connections.delete(connection);
    for (const [threadId, listeners] of this.#threads) {
      if (listeners.connections.delete(connection)) this.#forgetIfEmpty(threadId, listeners);
    }
  }

  #listeners(threadId: string): Listeners {
    let listeners = this.#threads.get(threadId);
    if (!listeners) this.#threads.set(threadId, (listeners = { connections: new Set(), questions: new Set() }));
    return listeners;
  }

  #forgetIfEmpty(threadId: string, listeners: Listeners): void {
    if (listeners.connections.size === 0 && listeners.questions.size === 0) this.#threads.delete(threadId);
  }
}

/** Encoded once, whoever wants it. */
function send<M extends keyof ServerNotifications & string>(
  connections: Iterable<Connection>,
  method: M,
  params: In<ServerNotifications[M]['params']>,
): void {
  let frame: Frame | undefined;
  for (const connection of connections) {
    if (!connection.wants(method)) continue;
    frame ??= connection.encode(method, params);
    connection.post(frame);
  }
}
