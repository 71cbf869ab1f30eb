/** Calls to the other side: ids on the wire, answers, withdrawal, deadlines. */
import { CancellationTokenSource, type MessageConnection, ResponseError } from 'vscode-jsonrpc/node';
import { abortReason, onAbort } from '../base/abort.ts';
import { Cancelled, DeadlineExceeded, type ErrorKind, RequestError } from '../base/errors.ts';
import type { Dialect } from './dialect.ts';
import { Frame, type JsonObject, type WireId } from './frame.ts';
import { parseWith } from './invalid-params.ts';
import type { AnyPeerOptions, PeerCallOptions } from './peer-types.ts';

/** Withdrawn calls whose late answers are still recognised. */
const rememberedWithdrawals = 1024;

export class OutboundCalls {
  readonly #connection: MessageConnection;
  readonly #options: AnyPeerOptions;
  readonly #forget: (internal: number) => void;
  readonly #internalIds = new Map<WireId, number>();
  readonly #wireIds = new Map<number, WireId>();
  readonly #withdrawn = new Set<WireId>();
  /** What the next request written by the library is: set right before it writes, synchronously. */
  #outgoing: { wireId: WireId; options: PeerCallOptions; internal: number } | undefined;
  #nextId = 1;
  #closed: string | undefined;

  /** `forget` ends a call inside the library without an answer from the other side. */
  constructor(connection: MessageConnection, options: AnyPeerOptions, forget: (internal: number) => void) {
    this.#connection = connection;
    this.#options = options;
    this.#forget = forget;
  }

  async call(method: string, params: unknown, options: PeerCallOptions): Promise<unknown> {
    if (this.#closed !== undefined) throw new Cancelled(this.#closed);
    if (options.signal?.aborted) throw abortReason(options.signal);
    const row = this.#options.sends.requests[method];
    if (!row) throw new Error(`${method} is not declared`);
    if (this.#options.validateOutbound)
      parseWith(row.params(), params === undefined ? undefined : JSON.parse(JSON.stringify(params)), method);
    const wireId = options.wireId ?? this.#freeId();
    if (this.#internalIds.has(wireId)) throw new Error(`request id ${String(wireId)} is in use`);
    let result: unknown;
    try {
      result = await this.#send(method, params, { wireId, options, internal: -1 });
    } catch (error) {
      throw this.#failure(error);
    }
    return parseWith(row.result(), result, `answer to ${method}`);
  }

  /** The library's id of the call that `id` answers; the call is then no longer open. */
  answered(id: WireId): number | undefined {
    const internal = this.#internalIds.get(id);
    if (internal !== undefined) this.#release(id, internal);
    return internal;
  }

  wasWithdrawn(id: WireId): boolean {
    return this.#withdrawn.has(id);
  }

  /** The message of a request that the library writes. */
  frame(internal: number, message: JsonObject): Frame {
    const outgoing = this.#outgoing;
    if (!outgoing) throw new Error('a request was written that nobody made');
    this.#outgoing = undefined;
    outgoing.internal = internal;
    this.#internalIds.set(outgoing.wireId, internal);
    this.#wireIds.set(internal, outgoing.wireId);
    const { method, params } = message;
    const { trace } = outgoing.options;
    return new Frame({
      method,
      id: outgoing.wireId,
      ...(params === undefined ? {} : { params }),
      ...(trace === undefined ? {} : { trace }),
    });
  }

  /** The wire id of a call that the library cancels. */
  cancelling(internal: unknown): WireId | undefined {
    return typeof internal === 'number' ? this.#wireIds.get(internal) : undefined;
  }

  close(reason: string): void {
    this.#closed = reason;
  }

  #freeId(): WireId {
    while (this.#internalIds.has(this.#nextId)) this.#nextId += 1;
    return this.#nextId++;
  }

  #release(wireId: WireId, internal: number): void {
    this.#internalIds.delete(wireId);
    this.#wireIds.delete(internal);
  }

  #send(method: string, params: unknown, outgoing: { wireId: WireId; options: PeerCallOptions; internal: number }): Promise<unknown> {
    const { signal, deadlineMs, announceCancel = this.#options.dialect.tellsCancelled } = outgoing.options;
    const source = (signal || deadlineMs !== undefined) && announceCancel ? new CancellationTokenSource() : undefined;
    this.#outgoing = outgoing;
    const args = params === undefined ? [] : [params];
    const answer: Promise<unknown> = source
      ? this.#connection.sendRequest(method, ...args, source.token)
      : this.#connection.sendRequest(method, ...args);
    if (!signal && deadlineMs === undefined) return answer;
    return new Promise((resolve, reject) => {
      const withdraw = (reason: Error) => {
        source?.cancel();
        this.#withdraw(outgoing);
        reject(reason);
      };
      const off = signal ? onAbort(signal, () => withdraw(abortReason(signal))) : () => {};
      const timer = deadlineMs === undefined ? undefined : setTimeout(() => withdraw(new DeadlineExceeded(method, deadlineMs)), deadlineMs);
      answer.then(resolve, reject).finally(() => {
        off();
        clearTimeout(timer);
        source?.dispose();
      });
    });
  }

  #withdraw(outgoing: { wireId: WireId; internal: number }): void {
    if (this.#internalIds.get(outgoing.wireId) !== outgoing.internal) return;
    this.#release(outgoing.wireId, outgoing.internal);
    this.#withdrawn.add(outgoing.wireId);
    const [oldest] = this.#withdrawn;
    if (oldest !== undefined && this.#withdrawn.size > rememberedWithdrawals) this.#withdrawn.delete(oldest);
    this.#forget(outgoing.internal);
  }

  /** What a caller reads instead of the library's error. */
  #failure(error: unknown): unknown {
    if (this.#closed !== undefined) return new Cancelled(this.#closed);
    if (!(error instanceof ResponseError)) return error;
    return new RequestError(kindOf(this.#options.dialect, error.code), error.message, { code: error.code, data: error.data });
  }
}

function kindOf(dialect: Dialect, code: number): ErrorKind {
  const kinds: readonly Exclude<ErrorKind, 'custom'>[] = [
    'invalidRequest',
    'unsupported',
    'invalidParams',
    'internal',
    'overloaded',
    'notFound',
  ];
  return kinds.find((kind) => dialect.errorNumbers[kind] === code) ?? 'custom';
}
