/** From a request to its handler: the row, its params, the gate, its turn in the lane, and the error that comes back. */
import { type CancellationToken, ResponseError } from 'vscode-jsonrpc/node';
import { isCancelled, isRequestError, RequestError } from '../base/errors.ts';
import type { RequestRow } from './contract.ts';
import { type Dialect, errorNumber } from './dialect.ts';
import type { OpenCall } from './inbound-call.ts';
import { checkNotification, checkParams } from './invalid-params.ts';
import { Lanes } from './lanes.ts';
import { assertSendable } from './outbound-check.ts';
import type { AnyPeerOptions } from './peer-types.ts';

/** Tells connections apart that share their lanes. */
let nextConnectionKey = 1;

export class Dispatcher {
  readonly #options: AnyPeerOptions;
  readonly #dialect: Dialect;
  readonly #lanes: Lanes;
  readonly #connectionKey = nextConnectionKey++;
  #known: readonly string[] | undefined;
  /** The request that the library is about to hand over; read synchronously by `handle`. */
  current: OpenCall | undefined;

  constructor(options: AnyPeerOptions) {
    this.#options = options;
    this.#dialect = options.dialect;
    this.#lanes = options.lanes ?? new Lanes();
  }

  /** The result, or the error as the library sends it. Never rejects. */
  handle(raw: unknown, token: CancellationToken): Promise<unknown> | ResponseError<unknown> {
    const call = this.current;
    this.current = undefined;
    if (!call) return this.#wire(new RequestError('internal', 'request without a call'));
    try {
      return this.#admit(call, raw, token);
    } catch (error) {
      return this.#failed(call, error);
    }
  }

  /** Everything before the handler. */
  #admit(call: OpenCall, raw: unknown, token: CancellationToken): Promise<unknown> | ResponseError<unknown> {
    const { method } = call;
    const row = this.#row(method);
    if (!row) {
      this.#known ??= Object.entries(this.#options.receives.requests).flatMap(([name, { own }]) => (own ? [] : [name]));
      return this.#wire(this.#dialect.unknownMethod(method, this.#known));
    }
    const checked = checkParams(row, raw, this.#dialect);
    if ('reason' in checked) return this.#wire(this.#dialect.invalidParams(checked.reason));
    const refused = this.#options.gate?.(method, row, raw);
    if (refused) return this.#wire(refused);
    token.onCancellationRequested(() => call.cancel('cancelled by the client'));
    if (token.isCancellationRequested) return this.#cancelled();
    return this.#inLane(call, row, checked.params);
  }

  /** Hands a notification on. Returns what is wrong with it. */
  notified(method: string, raw: unknown): string | undefined {
    const row = this.#options.receives.notifications[method];
    if (!row) return 'unknown';
    const checked = checkNotification(row, raw);
    if ('reason' in checked) return checked.reason;
    try {
      this.#options.onNotification?.({ method, params: checked.params });
    } catch (error) {
      this.#options.log.error('a notification handler failed', { method, error });
    }
    return undefined;
  }

  #row(method: string): RequestRow | undefined {
    const rows = this.#options.receives.requests;
    return Object.hasOwn(rows, method) ? rows[method] : undefined;
  }

  #inLane(call: OpenCall, row: RequestRow, params: unknown): Promise<unknown> {
    const lane = row.lane;
    const name = lane === 'concurrent' ? undefined : lane.key(params);
    if (lane === 'concurrent' || name === undefined) return this.#run(call, params);
    const key = lane.perConnection ? `${this.#connectionKey}\0${name}` : name;
    return new Promise((resolve) => {
      let waiting = true;
      const giveUp = this.#lanes.enter(key, lane.shared ?? false, (leave) => {
        waiting = false;
        call.leave = leave;
        resolve(this.#run(call, params));
      });
      if (!waiting) return;
      call.signal.addEventListener('abort', () => {
        if (!waiting) return;
        giveUp();
        resolve(this.#cancelled());
      });
    });
  }

  async #run(call: OpenCall, params: unknown): Promise<unknown> {
    if (call.cancelled) return this.#cancelled();
    const { handlers, context, receives, validateOutbound } = this.#options;
    try {
      const handler = handlers[call.method];
      if (!handler) throw new Error(`no handler for ${call.method}`);
      const result = await handler(params, context(call));
      if (validateOutbound) assertSendable(receives.requests, call.method, result);
      return result;
    } catch (error) {
      return this.#failed(call, error);
    }
  }

  #failed(call: OpenCall, error: unknown): ResponseError<unknown> {
    if (isRequestError(error)) return this.#wire(error);
    if (isCancelled(error) || call.cancelled) return this.#cancelled();
    this.#options.log.error('a request failed unexpectedly', { method: call.method, error });
    return this.#wire(new RequestError('internal', 'The server failed to handle this request; its log has the details.'));
  }

  #cancelled(): ResponseError<unknown> {
    return new ResponseError(this.#dialect.cancelledNumber, 'request cancelled');
  }

  #wire(error: RequestError): ResponseError<unknown> {
    return new ResponseError(errorNumber(this.#dialect, error), error.message, error.data);
  }
}
