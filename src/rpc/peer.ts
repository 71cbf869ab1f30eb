/** Typed calls both ways over one vscode-jsonrpc connection: rows, validation, lanes, dispatch, close. */
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  createMessageConnection,
  type DataCallback,
  type Disposable,
  type Message,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { deferred } from '../base/deferred.ts';
import { messageOf, RequestError } from '../base/errors.ts';
import type { In, NotificationRows, RequestRows } from './contract.ts';
import { type Dialect, errorMessage } from './dialect.ts';
import { Dispatcher } from './dispatcher.ts';
import { Frame, isJsonObject, isWireId, type JsonObject, type WireId } from './frame.ts';
import { OpenCall } from './inbound-call.ts';
import { Intake } from './intake.ts';
import { type MessageShape, shapeOf } from './message-shape.ts';
import { OutboundCalls } from './outbound-calls.ts';
import { assertSendable } from './outbound-check.ts';
import { Outbox } from './outbox.ts';
import { type AnyPeerOptions, type CloseReason, defaultLimits, type Peer, type PeerOptions } from './peer-types.ts';
import { type MalformedMessage, MessageTooLong } from './transports/transport.ts';

export type { InboundCall } from './inbound-call.ts';
export type { CloseReason, Peer, PeerCaller, PeerCallOptions, PeerOptions, Received } from './peer-types.ts';

/** Starts reading at once. The peer closes with `options.scope` and when the other side leaves. */
export function createPeer<RI extends RequestRows, NI extends NotificationRows, RO extends RequestRows, NO extends NotificationRows, C>(
  options: PeerOptions<RI, NI, RO, NO, C>,
): Peer<RO, NO> {
  // The class works on rows by name; this is the one place where the types of single methods are tied to it.
  const core = new Core(options as unknown as AnyPeerOptions);
  return core as unknown as Peer<RO, NO>;
}

/** One notification to several peers of the same dialect, encoded once. */
export function notifyMany<NO extends NotificationRows, M extends keyof NO & string>(
  peers: Iterable<Pick<Peer<RequestRows, NO>, 'encode' | 'post'>>,
  method: M,
  params: In<NO[M]['params']>,
): void {
  let frame: Frame | undefined;
  for (const peer of peers) {
    frame ??= peer.encode(method, params);
    peer.post(frame);
  }
}

/** How long messages that were read before the end of input may take to reach their handlers. */
const dispatchAfterEndMs = 250;
/** How long the other side may keep sending after it stopped taking. */
const inputAfterOutputMs = 1000;
/** Stands in the queue for input that was no message; its params are the answer. */
const malformedInput = '\u0000malformed';
const written = Promise.resolve();

class Core {
  readonly #options: AnyPeerOptions;
  readonly #dialect: Dialect;
  readonly #connection: MessageConnection;
  readonly #toLibrary = new LibraryReader();
  readonly #outbox: Outbox;
  readonly #intake: Intake;
  readonly #dispatcher: Dispatcher;
  readonly #calls: OutboundCalls;
  readonly #open = new Map<number, OpenCall>();
  /** Wire id (its type included) of an open request -> its id inside the library. */
  readonly #internalIds = new Map<WireId, number>();
  readonly #closed = deferred<CloseReason>();
  readonly #takeBack: () => void;
  #nextInternalId = 1;
  #inputEnded = false;
  #drainTimer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: AnyPeerOptions) {
    this.#options = options;
    this.#dialect = options.dialect;
    const limits = { ...defaultLimits, ...options.limits };
    const { reader, writer } = options.transport;
    this.#outbox = new Outbox({
      writer,
      deltas: options.deltas ?? {},
      maxMessages: limits.waitingMessages,
      maxChars: limits.waitingChars,
      onOverflow: (waiting) => void this.close({ kind: 'overflow', message: `the other side does not read: ${waiting} messages wait` }),
      onProgress: () => this.#intake.flow(),
      ...(options.onBacklog && { onBacklog: options.onBacklog }),
    });
    this.#intake = new Intake({
      inbox: options.dialect.inbox,
      answersQueue: options.concurrency === undefined,
      backlog: () => this.#outbox.waiting,
      pause: () => reader.pause(),
      resume: () => reader.resume(),
    });
    this.#dispatcher = new Dispatcher(options);
    this.#connection = createMessageConnection(this.#toLibrary, new LibraryWriter((message) => this.#send(message)), libraryLog(options), {
      messageStrategy: { handleMessage: (message, next) => this.#dispatching(message, next) },
      ...(options.concurrency === undefined ? {} : { maxParallelism: options.concurrency }),
    });
    this.#calls = new OutboundCalls(this.#connection, options, (id) =>
      this.#toDispatch({ id, error: { code: this.#dialect.cancelledNumber, message: 'withdrawn' } }),
    );
    this.#connection.onRequest((_method, params, token) => this.#dispatcher.handle(params, token));
    this.#connection.onNotification((method, params) => this.#notified(method, params));
    this.#connection.listen();
    this.#takeBack = options.scope.defer(() => this.close());
    reader.decode = this.#dialect.decode;
    reader.onMalformed = (error) => this.#malformed(error);
    reader.onClose(() => this.#ended());
    reader.onError((error) => options.log.debug('reading failed', { label: options.transport.label, error }));
    writer.onError(([error]) => options.log.debug('writing failed', { label: options.transport.label, error }));
    writer.onClose(() => this.#outputEnded());
    reader.listen((message) => this.#receive(message));
  }

  get closed(): Promise<CloseReason> {
    return this.#closed.promise;
  }

  get openRequests(): number {
    return this.#open.size;
  }

  readonly request = (method: string, params: unknown, options: object = {}): Promise<unknown> => this.#calls.call(method, params, options);

  readonly notify = (method: string, params: unknown): void => {
    if (!this.#closing) this.#outbox.post(this.encode(method, params));
  };

  readonly encode = (method: string, params: unknown): Frame => {
    if (this.#options.validateOutbound) assertSendable(this.#options.sends.notifications, method, params);
    return new Frame(this.#dialect.notification(method, params, this.#options.nowMs?.() ?? Date.now()));
  };

  post(frame: Frame): void {
    if (!this.#closing) this.#outbox.post(frame);
  }

  close(reason: CloseReason = { kind: 'closed', message: 'connection closed' }): Promise<void> {
    return (this.#closing ??= this.#close(reason));
  }

  async #close(reason: CloseReason): Promise<void> {
    this.#takeBack();
    clearTimeout(this.#drainTimer);
    this.#options.onClosing?.(reason);
    if (reason.kind === 'overflow' || reason.kind === 'violation') {
      this.#options.log.warn('closing a connection', { label: this.#options.transport.label, reason: reason.message });
    }
    for (const call of this.#open.values()) call.cancel(reason.message);
    this.#calls.close(reason.message);
    this.#connection.dispose();
    const flush = reason.kind === 'closed' || reason.kind === 'ended';
    if (flush) await this.#outbox.flushed(1000);
    this.#outbox.close();
    await (flush ? this.#options.transport.close() : this.#options.transport.close(0));
    this.#closed.resolve(reason);
  }

  // Input

  #receive(message: unknown): void {
    if (this.#closing) return;
    const shape = shapeOf(message);
    if (shape.kind === 'request') this.#receiveRequest(shape);
    else if (shape.kind === 'notification') this.#receiveNotification(shape.method, shape.params);
    else if (shape.kind === 'result') this.#receiveAnswer(shape.id, { result: shape.result });
    else if (shape.kind === 'error') this.#receiveAnswer(shape.id, { error: shape.error });
    else this.#refuseInput(shape.reason);
  }

  #receiveRequest(request: Extract<MessageShape, { kind: 'request' }>): void {
    const { method, id, params } = request;
    const limit = this.#options.limits?.openRequests ?? defaultLimits.openRequests;
    if (!this.#intake.hasRoom || this.#open.size >= limit) {
      this.#outbox.post(new Frame(errorMessage(this.#dialect, id, new RequestError('overloaded', 'Server overloaded; retry later.'))));
      this.#intake.refused();
      return;
    }
    const internal = this.#nextInternalId++;
    const call = new OpenCall(method, id, request.trace);
    call.onEnd = this.#options.onRequest?.(call);
    this.#open.set(internal, call);
    this.#internalIds.set(id, internal);
    this.#toDispatch({ id: internal, method, params });
  }

  #receiveNotification(method: string, params: unknown): void {
    if (method === '$/cancelRequest') {
      const target = isJsonObject(params) && isWireId(params.id) ? this.#internalIds.get(params.id) : undefined;
      if (target !== undefined) this.#toDispatch({ method, params: { id: target } });
      return;
    }
    // What breaks the protocol does so in its turn: the requests before it are answered.
    if (method === malformedInput) return;
    if (this.#dialect.strict || Object.hasOwn(this.#options.receives.notifications, method)) this.#toDispatch({ method, params });
    else this.#options.log.debug('ignoring an unknown notification', { method });
  }

  #receiveAnswer(id: WireId, outcome: { result: unknown } | { error: JsonObject }): void {
    const internal = this.#calls.answered(id);
    if (internal === undefined) {
      if (this.#dialect.strict && !this.#calls.wasWithdrawn(id)) this.#violation(`answer to an unknown request ${String(id)}`);
      else this.#options.log.debug('ignoring an answer to an unknown request', { id: String(id) });
      return;
    }
    this.#toDispatch({ id: internal, ...outcome });
  }

  #toDispatch(message: JsonObject): void {
    this.#intake.entered(message);
    this.#toLibrary.push(message);
  }

  #dispatching(message: Message, next: (message: Message) => unknown): Promise<void> {
    this.#intake.left(message);
    if ('method' in message && 'id' in message && typeof message.id === 'number') this.#dispatcher.current = this.#open.get(message.id);
    // The library's dispatch is an async function, whatever its type says.
    const handled = next(message) as Promise<void>;
    if (this.#inputEnded) setImmediate(() => this.#settle());
    return handled;
  }

  #notified(method: string, params: unknown): void {
    if (method === malformedInput && isJsonObject(params)) {
      this.#outbox.post(new Frame(params));
      return;
    }
    const problem = this.#dispatcher.notified(method, params);
    if (problem === undefined) return;
    if (this.#dialect.badNotificationCloses) this.#violation(`notification ${method}: ${problem}`);
    else this.#options.log.warn('ignoring a notification', { method, problem });
  }

  #malformed(error: MalformedMessage): void {
    if (this.#closing) return;
    if (error instanceof MessageTooLong && this.#dialect.strict) this.#violation(error.message);
    else if (error.id === undefined) this.#refuseInput(error.message);
    else this.#outbox.post(new Frame(errorMessage(this.#dialect, error.id, new RequestError('invalidRequest', error.message))));
  }

  #refuseInput(reason: string): void {
    const { label, kind } = this.#options.transport;
    this.#options.log.warn('dropping input that is no message', { label, problem: reason });
    // It is answered in its turn: the requests before it first.
    const answer = this.#dialect.malformed(reason, { kind, label });
    if (answer) this.#toDispatch({ method: malformedInput, params: answer });
  }

  #violation(message: string): void {
    void this.close({ kind: 'violation', message });
  }

  #ended(): void {
    this.#inputEnded = true;
    clearTimeout(this.#drainTimer);
    if (this.#closing) return;
    this.#drainTimer = setTimeout(() => void this.#closeEnded(), Math.max(this.#dialect.drainMs, dispatchAfterEndMs));
    this.#settle();
  }

  /** After the end of input: closes once what was read is dispatched and, where the dialect waits for it, answered. */
  #settle(): void {
    if (!this.#inputEnded || !this.#intake.empty) return;
    if (this.#open.size === 0 || this.#dialect.drainMs === 0) void this.#closeEnded();
  }

  /** Nothing can be sent any more; what was already received is still handled. */
  #outputEnded(): void {
    if (this.#inputEnded || this.#closing) return;
    clearTimeout(this.#drainTimer);
    this.#drainTimer = setTimeout(() => void this.#closeEnded(), inputAfterOutputMs);
  }

  #closeEnded(): Promise<void> {
    return this.close({ kind: 'ended', message: 'the other side ended the connection' });
  }

  // Output

  #send(message: JsonObject): void {
    const { id, method } = message;
    if (typeof id !== 'number') {
      const target = isJsonObject(message.params) ? this.#calls.cancelling(message.params.id) : undefined;
      if (target !== undefined) this.#outbox.post(new Frame({ method, params: { id: target } }));
    } else if (method !== undefined) this.#outbox.post(this.#calls.frame(id, message));
    else this.#reply(id, message);
  }

  #reply(internal: number, message: JsonObject): void {
    const call = this.#open.get(internal);
    if (!call) return;
    this.#open.delete(internal);
    if (this.#internalIds.get(call.id) === internal) this.#internalIds.delete(call.id);
    if (!this.#closing) this.#outbox.post(this.#replyFrame(call, message));
    call.replied(message.error === undefined, (error) => this.#options.log.error('a callback after the reply failed', { error }));
    this.#settle();
  }

  #replyFrame(call: OpenCall, message: JsonObject): Frame {
    const { error, result } = message;
    const frame = new Frame(error === undefined ? { id: call.id, result } : { error, id: call.id });
    if (this.#options.transport.kind === 'memory') return frame;
    try {
      frame.prepare();
      return frame;
    } catch (problem) {
      this.#options.log.error('a result cannot be written', { method: call.method, error: problem });
      return new Frame(
        errorMessage(this.#dialect, call.id, new RequestError('internal', `result cannot be encoded: ${messageOf(problem)}`)),
      );
    }
  }
}

/** What the library reads from: messages whose ids are ours. */
class LibraryReader extends AbstractMessageReader {
  #callback: DataCallback | undefined;
  listen(callback: DataCallback): Disposable {
    this.#callback = callback;
    return { dispose: () => (this.#callback = undefined) };
  }
  push(message: JsonObject): void {
    // Shape and ids were checked before; the library wants its own header member.
    this.#callback?.({ jsonrpc: '2.0', ...message } as Message);
  }
}

class LibraryWriter extends AbstractMessageWriter {
  readonly #send: (message: JsonObject) => void;
  constructor(send: (message: JsonObject) => void) {
    super();
    this.#send = send;
  }
  write(message: Message): Promise<void> {
    // A message of the library is a plain object of JSON members.
    this.#send(message as unknown as JsonObject);
    return written;
  }
  end(): void {}
}

function libraryLog(options: AnyPeerOptions) {
  const { log } = options;
  return {
    error: (message: string) => log.warn(message),
    warn: (message: string) => log.warn(message),
    info: (message: string) => log.debug(message),
    log: (message: string) => log.debug(message),
  };
}
