/** One request from the other side, from its arrival to its answer. */
import { Cancelled } from '../base/errors.ts';
import type { WireId } from './frame.ts';

/** W3C trace context of a message. */
export interface Trace {
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/** What a handler's context is made from. */
export interface InboundCall {
  readonly method: string;
  /** As the other side chose it; not unique. */
  readonly id: WireId;
  readonly trace: Trace | undefined;
  /** Aborts when the other side cancels the request or the connection closes. */
  readonly signal: AbortSignal;
  /** Runs `fn` right after the answer was handed to the writer, in order of registration. Not run when the request fails. */
  afterReply(fn: () => void): void;
}

export class OpenCall implements InboundCall {
  readonly method: string;
  readonly id: WireId;
  readonly trace: Trace | undefined;
  #controller: AbortController | undefined;
  #cancelled: Error | undefined;
  #afterReply: (() => void)[] | undefined;
  /** Gives the lane free; set once the handler runs. */
  leave: (() => void) | undefined;
  /** Called when the request is over: answered, refused or given up. */
  onEnd: ((succeeded: boolean) => void) | undefined;

  constructor(method: string, id: WireId, trace: Trace | undefined) {
    this.method = method;
    this.id = id;
    this.trace = trace;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#cancelled) this.#controller.abort(this.#cancelled);
    }
    return this.#controller.signal;
  }

  get cancelled(): boolean {
    return this.#cancelled !== undefined;
  }

  cancel(reason: string): void {
    if (this.#cancelled) return;
    this.#cancelled = new Cancelled(reason);
    this.#controller?.abort(this.#cancelled);
  }

  afterReply(fn: () => void): void {
    (this.#afterReply ??= []).push(fn);
  }

  /** The answer is out: runs what waited for it, then gives the lane free. */
  replied(succeeded: boolean, onError: (error: unknown) => void): void {
    const callbacks = succeeded ? (this.#afterReply ?? []) : [];
    this.#afterReply = undefined;
    for (const callback of callbacks) {
      try {
        callback();
      } catch (error) {
        onError(error);
      }
    }
    this.leave?.();
    this.onEnd?.(succeeded);
  }
}
