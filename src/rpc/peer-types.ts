/** The peer's public surface: what it is made from and what it offers. */
import type { RequestError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Scope } from '../base/scope.ts';
import type { CallOptions, Handlers, In, NotificationRows, Notifier, Out, RequestRow, RequestRows } from './contract.ts';
import type { DeltaRules } from './deltas.ts';
import type { Dialect } from './dialect.ts';
import type { Frame, WireId } from './frame.ts';
import type { InboundCall, Trace } from './inbound-call.ts';
import type { Lanes } from './lanes.ts';
import type { Transport } from './transports/transport.ts';

export interface Rows<R extends RequestRows, N extends NotificationRows> {
  readonly requests: R;
  readonly notifications: N;
}

/** A notification that arrived, its params validated. */
export type Received<N extends NotificationRows> = {
  readonly [M in keyof N & string]: { readonly method: M; readonly params: Out<N[M]['params']> };
}[keyof N & string];

export interface PeerCallOptions extends CallOptions {
  /** The id to use on the wire. It must not be in use on this connection. Default: counted from 1. */
  readonly wireId?: WireId;
  /** Whether withdrawing the call (abort or deadline) tells the other side. Default: as the dialect does. */
  readonly announceCancel?: boolean;
  readonly trace?: Trace;
}

export type PeerCaller<T extends RequestRows> = <M extends keyof T & string>(
  method: M,
  params: In<T[M]['params']>,
  options?: PeerCallOptions,
) => Promise<Out<T[M]['result']>>;

/**
 * Why a connection is over. `ended`: the other side left. `closed`: this side asked for it. `failed`: the transport broke.
 * `overflow`: the other side did not read. `violation`: it broke the protocol.
 */
export interface CloseReason {
  readonly kind: 'ended' | 'closed' | 'failed' | 'overflow' | 'violation';
  readonly message: string;
}

export interface PeerLimits {
  /** Messages that may wait for a client that does not read. */
  readonly waitingMessages: number;
  /** Characters of JSON that may wait for it. */
  readonly waitingChars: number;
  /** Requests of the other side that may be open at once. */
  readonly openRequests: number;
}

export const defaultLimits: PeerLimits = { waitingMessages: 32_768, waitingChars: 256 * 1024 * 1024, openRequests: 8192 };

export interface PeerOptions<RI extends RequestRows, NI extends NotificationRows, RO extends RequestRows, NO extends NotificationRows, C> {
  /** Taken over: the peer closes it. */
  readonly transport: Transport;
  readonly dialect: Dialect;
  readonly receives: Rows<RI, NI>;
  readonly sends: Rows<RO, NO>;
  readonly handlers: Handlers<RI, C>;
  /** Makes the second argument of a handler. */
  readonly context: (call: InboundCall) => C;
  /** Hears of every request as it arrives, also of one that is refused. What it returns is called when the request is over. */
  readonly onRequest?: (call: InboundCall) => (succeeded: boolean) => void;
  /** Called in arrival order. What it throws is logged. */
  readonly onNotification?: (notification: Received<NI>) => void;
  /** A last word before a handler runs, after params were found valid; an error refuses the request. `raw` is what came over the wire. */
  readonly gate?: (method: string, row: RequestRow, raw: unknown) => RequestError | undefined;
  /** Called once, before anything is released, when the connection begins to close: nothing more will be handled. */
  readonly onClosing?: (reason: CloseReason) => void;
  /** True: messages begin to wait because the other side does not keep up. False: none waits any more. */
  readonly onBacklog?: (waiting: boolean) => void;
  /** The peer closes with it. */
  readonly scope: Scope;
  readonly log: Log;
  /** Shared by all connections of a server, so that their requests wait for each other. Default: the peer's own. */
  readonly lanes?: Lanes;
  /** Requests handled at once; no limit when left out. */
  readonly concurrency?: number;
  readonly deltas?: DeltaRules;
  readonly limits?: Partial<PeerLimits>;
  /** Checks what is sent against the rows, for tests. */
  readonly validateOutbound?: boolean;
  readonly nowMs?: () => number;
}

export interface Peer<RO extends RequestRows, NO extends NotificationRows> {
  /** Rejects with `RequestError` (whose `code` is the number on the wire), `Cancelled` or `DeadlineExceeded`. */
  readonly request: PeerCaller<RO>;
  readonly notify: Notifier<NO>;
  /** A notification as it goes over the wire, for `post` on several peers of one dialect. */
  readonly encode: <M extends keyof NO & string>(method: M, params: In<NO[M]['params']>) => Frame;
  /** Sends an encoded notification. Never throws; after the close it is dropped. */
  post(frame: Frame): void;
  /** Requests of the other side that are not answered yet. */
  readonly openRequests: number;
  /** Resolves once, when the transport has been closed. */
  readonly closed: Promise<CloseReason>;
  /** Stops handlers, rejects open calls with `Cancelled`, sends what waits (for a second at most) and closes the transport. */
  close(reason?: CloseReason): Promise<void>;
}

/** The options seen by code that works on rows by name. */
export type AnyPeerOptions = PeerOptions<RequestRows, NotificationRows, RequestRows, NotificationRows, unknown>;
