/** One client: its handshake, its session, and what ends with it. */
import { type Deferred, deferred } from '../base/deferred.ts';
import { invalidRequest, type RequestError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Scope } from '../base/scope.ts';
import { type ExecNotifications, type ExecRequests, execProtocol, type Handlers, type Notifier } from '../protocol/exec/index.ts';
import { execDialect } from '../rpc/dialect.ts';
import { type CloseReason, createPeer, type InboundCall } from '../rpc/peer.ts';
import type { Transport } from '../rpc/transports/transport.ts';
import type { Attachment, Session, Sessions } from './sessions.ts';
import type { Span, Tracer } from './tracing.ts';

/** The second argument of every handler. */
export interface ExecContext {
  readonly connection: Connection;
  /** Aborts when the connection ends. */
  readonly signal: AbortSignal;
  /** Of the request; absent when nobody wants to know. */
  readonly span: Span | undefined;
  /** Runs `fn` right after the answer was handed to the writer. */
  afterReply(fn: () => void): void;
}

export interface ConnectionOptions {
  readonly transport: Transport;
  readonly scope: Scope;
  readonly sessions: Sessions;
  readonly handlers: Handlers<ExecRequests, ExecContext>;
  readonly concurrency: number;
  /** How long the session outlives this connection; 0: not at all. */
  readonly retentionMs: number;
  readonly log: Log;
  readonly validateOutbound: boolean;
  readonly tracer: Tracer | undefined;
}

type State = 'new' | 'opening' | 'answered' | 'ready';

/** What a method is called in the answer to a request that came too early. */
const families: readonly (readonly [prefix: string, family: string])[] = [
  ['process/', 'exec'],
  ['fs/', 'filesystem'],
  ['http/', 'http'],
  ['environment/info', 'environment info'],
  ['environment/status', 'environment status'],
  ['environmentConfig/', 'environment config'],
  ['capabilit', 'capability discovery'],
];

export class Connection {
  readonly scope: Scope;
  readonly notify: Notifier<ExecNotifications>;
  /** Resolves when it is over and its transport closed. */
  readonly closed: Promise<CloseReason>;
  readonly close: () => Promise<void>;
  readonly #options: ConnectionOptions;
  readonly #attachment: Attachment;
  readonly #spans = new WeakMap<InboundCall, Span>();
  #state: State = 'new';
  #session: Session | undefined;
  #backlog: Deferred<void> | undefined;

  constructor(options: ConnectionOptions) {
    const { transport, scope, log } = options;
    this.#options = options;
    this.scope = scope;
    const peer = createPeer({
      transport,
      dialect: execDialect,
      receives: { requests: execProtocol.clientRequests, notifications: execProtocol.clientNotifications },
      sends: { requests: execProtocol.serverRequests, notifications: execProtocol.serverNotifications },
      handlers: options.handlers,
      context: (call) => this.#contextOf(call),
      ...(options.tracer && { onRequest: this.#traceWith(options.tracer) }),
      onNotification: () => this.#initialized(),
      gate: (method) => this.#gate(method),
      onClosing: () => this.#ended(),
      onBacklog: (waiting) => this.#slow(waiting),
      scope,
      log,
      concurrency: options.concurrency,
      validateOutbound: options.validateOutbound,
    });
    this.notify = peer.notify;
    this.closed = peer.closed;
    this.close = () => peer.close();
    const violation = { kind: 'violation', message: 'initialized came before initialize' } as const;
    this.#violated = () => void peer.close(violation);
    this.#attachment = {
      notify: peer.notify,
      request: peer.request,
      retentionMs: options.retentionMs,
      alive: () => transport.alive?.() ?? Promise.resolve(true),
      drop: () => void peer.close({ kind: 'failed', message: 'nobody answers at the other end' }),
    };
  }

  readonly #violated: () => void;

  /** The session of this connection. Requests only get past the gate when there is one. */
  get session(): Session {
    if (!this.#session) throw invalidRequest('client must call initialize before using exec methods');
    if (!this.#session.isAttached(this.#attachment)) {
      void this.close();
      throw invalidRequest('session has been resumed by another connection');
    }
    return this.#session;
  }

  /** Opens or resumes a session. A failure leaves the connection as it was. */
  open(resumeSessionId: string | undefined): Session {
    const { sessions } = this.#options;
    this.#session = resumeSessionId === undefined ? sessions.create(this.#attachment) : sessions.resume(resumeSessionId, this.#attachment);
    this.#state = 'answered';
    return this.#session;
  }

  #gate(method: string): RequestError | undefined {
    if (method === 'initialize') {
      return this.#state === 'new' ? undefined : invalidRequest('initialize may only be sent once per connection');
    }
    if (this.#state === 'ready') return undefined;
    const missing = this.#state === 'new' ? 'call initialize' : 'send initialized';
    const family = families.find(([prefix]) => method.startsWith(prefix))?.[1] ?? 'exec';
    return invalidRequest(`client must ${missing} before using ${family} methods`);
  }

  #initialized(): void {
    if (this.#state === 'new') this.#violated();
    else this.#state = 'ready';
  }

  /** Resolves when the client takes what it is sent; also when the connection is over. */
  keepsUp(): Promise<void> {
    return this.#backlog?.promise ?? Promise.resolve();
  }

  #slow(waiting: boolean): void {
    if (waiting) this.#backlog ??= deferred();
    else this.#caughtUp();
    this.#session?.slow(this.#attachment, waiting);
  }

  #caughtUp(): void {
    this.#backlog?.resolve();
    this.#backlog = undefined;
  }

  #ended(): void {
    this.#caughtUp();
    this.#session?.detach(this.#attachment);
    void this.scope.close();
  }

  /** A span for every request, named after its method; what is no method keeps its name in the attribute alone. */
  #traceWith(tracer: Tracer): (call: InboundCall) => (succeeded: boolean) => void {
    return (call) => {
      const { method, trace } = call;
      const name = Object.hasOwn(execProtocol.clientRequests, method) ? method : 'unknown';
      const span = tracer.start(name, { kind: 'server', attributes: { method } }, trace);
      this.#spans.set(call, span);
      return (succeeded) => span.end({ result: succeeded ? 'success' : 'error' });
    };
  }

  #contextOf(call: InboundCall): ExecContext {
    return {
      connection: this,
      span: this.#spans.get(call),
      get signal() {
        return call.signal;
      },
      afterReply: (fn) => call.afterReply(fn),
    };
  }
}
