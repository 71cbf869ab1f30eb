/** The client's end of an app-server connection: the handshake, typed calls, notifications, answers to the server's questions. */
import { abortReason, onAbort } from '../base/abort.ts';
import { Cancelled, DeadlineExceeded } from '../base/errors.ts';
import { type Log, silentLog } from '../base/log.ts';
import { Scope } from '../base/scope.ts';
import {
  appProtocol,
  type ClientNotifications,
  type ClientRequests,
  type In,
  type Out,
  type ServerNotifications,
  type ServerRequests,
} from '../protocol/app/index.ts';
import type { Handlers } from '../rpc/contract.ts';
import { appClientDialect } from '../rpc/dialect.ts';
import { type CloseReason, createPeer, type InboundCall, type PeerCaller, type Received } from '../rpc/peer.ts';
import type { Transport } from '../rpc/transports/transport.ts';

export type ServerNotification = Received<ServerNotifications>;
export type NotificationParams<M extends keyof ServerNotifications> = Out<ServerNotifications[M]['params']>;
/** What answers the server's questions: one function per question, so that none is forgotten. */
export type QuestionHandlers = Handlers<ServerRequests, QuestionContext>;

export interface QuestionContext {
  /** The id that `serverRequest/resolved` names when somebody else answered first. */
  readonly requestId: string | number;
  /** Aborts when the server withdraws the question, when it is resolved elsewhere, or when the connection closes. */
  readonly signal: AbortSignal;
}

export interface AppClientOptions {
  /** Taken over: closed with the client, also when the handshake fails. */
  readonly transport: Transport;
  readonly clientInfo: { readonly name: string; readonly title?: string; readonly version: string };
  readonly capabilities?: In<ClientRequests['initialize']['params']>['capabilities'];
  readonly questions: QuestionHandlers;
  /** Told of everything from the first notification on. */
  readonly onNotification?: (notification: ServerNotification) => void;
  readonly log?: Log;
  readonly signal?: AbortSignal;
  /** For the handshake. Default 30,000. */
  readonly deadlineMs?: number;
}

export interface AppClient extends AsyncDisposable {
  /** What the server said about itself. */
  readonly server: Out<ClientRequests['initialize']['result']>;
  /** Rejects with `RequestError` (its `code` is the number on the wire), `Cancelled` or `DeadlineExceeded`. */
  readonly request: PeerCaller<ClientRequests>;
  /** Calls `listener` with every notification of `method`. Returns the function that takes it off. */
  on<M extends keyof ServerNotifications & string>(method: M, listener: (params: NotificationParams<M>) => void): () => void;
  /** Calls `listener` with every notification. Returns the function that takes it off. */
  onAny(listener: (notification: ServerNotification) => void): () => void;
  /** The next notification of `method` that `matches`. Rejects on abort, deadline or close. */
  next<M extends keyof ServerNotifications & string>(method: M, options?: NextOptions<M>): Promise<NotificationParams<M>>;
  readonly closed: Promise<CloseReason>;
  close(): Promise<void>;
}

export interface NextOptions<M extends keyof ServerNotifications> {
  readonly matches?: (params: NotificationParams<M>) => boolean;
  readonly signal?: AbortSignal;
  readonly deadlineMs?: number;
}

/** Performs the handshake. On failure everything is closed again. */
export async function openAppClient(options: AppClientOptions): Promise<AppClient> {
  const client = new Client(options);
  try {
    await client.initialize(options);
    return client;
  } catch (error) {
    await client.close();
    throw error;
  }
}

type Listener = (notification: ServerNotification) => void;

class Client implements AppClient {
  readonly #scope = new Scope('client');
  readonly #peer: ReturnType<typeof this.createPeer>;
  readonly #listeners = new Set<Listener>();
  /** Questions that are open here, by the id on the wire. */
  readonly #questions = new Map<string | number, AbortController>();
  #server: AppClient['server'] | undefined;

  constructor(options: AppClientOptions) {
    if (options.onNotification) this.#listeners.add(options.onNotification);
    this.#peer = this.createPeer(options);
    void this.#peer.closed.then(() => this.#scope.close());
  }

  get server(): AppClient['server'] {
    if (!this.#server) throw new Error('the handshake is not over');
    return this.#server;
  }

  get request(): PeerCaller<ClientRequests> {
    return this.#peer.request;
  }

  get closed(): Promise<CloseReason> {
    return this.#peer.closed;
  }

  async initialize(options: AppClientOptions): Promise<void> {
    const { clientInfo, capabilities, signal, deadlineMs = 30_000 } = options;
    const params = { clientInfo: { title: null, ...clientInfo }, ...(capabilities === undefined ? {} : { capabilities }) };
    this.#server = await this.#peer.request('initialize', params, { deadlineMs, ...(signal ? { signal } : {}) });
    this.#peer.notify('initialized', undefined);
  }

  on<M extends keyof ServerNotifications & string>(method: M, listener: (params: NotificationParams<M>) => void): () => void {
    return this.onAny((notification) => {
      // The union is keyed by method; the compiler cannot follow that through a type parameter.
      if (notification.method === method) listener(notification.params as NotificationParams<M>);
    });
  }

  onAny(listener: Listener): () => void {
    const own: Listener = (notification) => listener(notification);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  next<M extends keyof ServerNotifications & string>(method: M, options: NextOptions<M> = {}): Promise<NotificationParams<M>> {
    const { matches, signal, deadlineMs } = options;
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        off();
        offAbort();
        offClose();
        clearTimeout(timer);
        finish();
      };
      const off = this.on(method, (params) => {
        if (!matches || matches(params)) settle(() => resolve(params));
      });
      const timer =
        deadlineMs === undefined ? undefined : setTimeout(() => settle(() => reject(new DeadlineExceeded(method, deadlineMs))), deadlineMs);
      let offAbort = () => {};
      let offClose = () => {};
      if (signal) offAbort = onAbort(signal, () => queueMicrotask(() => settle(() => reject(abortReason(signal)))));
      offClose = onAbort(this.#scope.signal, () => queueMicrotask(() => settle(() => reject(new Cancelled('connection closed')))));
    });
  }

  close(): Promise<void> {
    return this.#peer.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private createPeer(options: AppClientOptions) {
    return createPeer<ServerRequests, ServerNotifications, ClientRequests, ClientNotifications, QuestionContext>({
      transport: options.transport,
      dialect: appClientDialect,
      receives: { requests: appProtocol.serverRequests, notifications: appProtocol.serverNotifications },
      sends: { requests: appProtocol.clientRequests, notifications: appProtocol.clientNotifications },
      handlers: options.questions,
      context: (call) => this.#question(call),
      onNotification: (notification) => this.#notified(notification, options.log ?? silentLog),
      scope: this.#scope,
      log: options.log ?? silentLog,
    });
  }

  #notified(notification: ServerNotification, log: Log): void {
    if (notification.method === 'serverRequest/resolved') this.#resolved(notification.params.requestId);
    for (const listener of [...this.#listeners]) {
      try {
        listener(notification);
      } catch (error) {
        log.error('a listener failed', { method: notification.method, error });
      }
    }
  }

  #question(call: InboundCall): QuestionContext {
    const requestId = typeof call.id === 'bigint' ? Number(call.id) : call.id;
    const controller = new AbortController();
    this.#questions.set(requestId, controller);
    onAbort(call.signal, () => controller.abort(call.signal.reason));
    call.afterReply(() => this.#forget(requestId, controller));
    return { requestId, signal: controller.signal };
  }

  #resolved(requestId: string | number): void {
    const controller = this.#questions.get(requestId);
    if (!controller) return;
    controller.abort(new Cancelled('answered elsewhere'));
    this.#forget(requestId, controller);
  }

  #forget(requestId: string | number, controller: AbortController): void {
    if (this.#questions.get(requestId) === controller) this.#questions.delete(requestId);
  }
}
