/** One client: its handshake, what it can do and wants to hear, its peer, and everything that dies with it. */
import { invalidRequest, type RequestError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Scope } from '../base/scope.ts';
import {
  appProtocol,
  type ClientRequests,
  type Handlers,
  type Notifier,
  type ServerNotifications,
  type ServerRequests,
} from '../protocol/app/index.ts';
import { experimentalUse } from '../protocol/experimental.ts';
import type { RequestRow } from '../rpc/contract.ts';
import { appDialect } from '../rpc/dialect.ts';
import { Frame } from '../rpc/frame.ts';
import type { InboundCall } from '../rpc/inbound-call.ts';
import type { Lanes } from '../rpc/lanes.ts';
import { type CloseReason, createPeer, type Peer, type PeerCaller } from '../rpc/peer.ts';
import type { Transport } from '../rpc/transports/transport.ts';
import { appDeltas } from './delta-rules.ts';
import { type ClientCapabilities, type ClientIdentity, type Initialized, noCapabilities } from './handshake.ts';

export interface ConnectionOptions {
  readonly id: number;
  /** Taken over: it is closed with the connection. */
  readonly transport: Transport;
  readonly scope: Scope;
  readonly handlers: Handlers<ClientRequests, RequestContext>;
  readonly lanes: Lanes;
  readonly log: Log;
  readonly nowMs: () => number;
  /** Set when `initialize` was answered before the connection was made. */
  readonly initialized?: Initialized | undefined;
  readonly validateOutbound?: boolean;
}

/** In the stable schema, and yet the reference sends them to nobody without `experimentalApi`. */
const withheld: ReadonlySet<string> = new Set(['thread/settings/updated', 'thread/readState/changed']);

type ServerPeer = Peer<ServerRequests, ServerNotifications>;

/** What a handler gets beside its params. */
export interface RequestContext {
  /** Aborts when the client cancels the request or the connection closes. */
  readonly signal: AbortSignal;
  readonly connection: Connection;
  /** The client that asked, and only it. */
  readonly client: { readonly notify: Notifier<ServerNotifications> };
  /** Runs `fn` right after the answer is on its way. Not run when the request fails. */
  readonly afterReply: (fn: () => void) => void;
  readonly log: Log;
}

export class Connection {
  readonly id: number;
  readonly scope: Scope;
  readonly #peer: ServerPeer;
  #initialized: Initialized | undefined;
  #unwanted: ReadonlySet<string> = new Set();

  constructor(options: ConnectionOptions) {
    const { handlers, lanes, log, scope, transport, validateOutbound = false, nowMs } = options;
    this.id = options.id;
    this.scope = scope;
    if (options.initialized) this.initialize(options.initialized);
    this.#peer = createPeer({
      transport,
      dialect: appDialect,
      receives: { requests: appProtocol.clientRequests, notifications: appProtocol.clientNotifications },
      sends: { requests: appProtocol.serverRequests, notifications: appProtocol.serverNotifications },
      handlers,
      context: (call: InboundCall): RequestContext => ({
        signal: call.signal,
        connection: this,
        client: this,
        afterReply: (fn) => call.afterReply(fn),
        log,
      }),
      gate: (method, row, raw) => this.#refuse(method, row, raw),
      scope,
      log,
      lanes,
      deltas: appDeltas,
      nowMs,
      validateOutbound,
    });
    void this.#peer.closed.then(() => scope.close());
  }

  get isInitialized(): boolean {
    return this.#initialized !== undefined;
  }

  /** The client heard the state of remote control together with the answer to `initialize`. */
  get statusTold(): boolean {
    return this.#initialized?.statusTold ?? false;
  }

  get client(): ClientIdentity | undefined {
    return this.#initialized?.client;
  }

  get capabilities(): ClientCapabilities {
    return this.#initialized?.capabilities ?? noCapabilities;
  }

  /** Requests of the client that are not answered yet. */
  get openRequests(): number {
    return this.#peer.openRequests;
  }

  /** Resolves when the connection is over and its transport closed. */
  get closed(): Promise<CloseReason> {
    return this.#peer.closed;
  }

  /** Throws `invalidRequest` the second time. */
  initialize(initialized: Initialized): void {
    if (this.#initialized) throw invalidRequest('Already initialized');
    this.#initialized = initialized;
    this.#unwanted = new Set(initialized.capabilities.optOutNotificationMethods);
  }

  /** Whether notifications of this method reach the client. */
  wants(method: keyof ServerNotifications & string): boolean {
    if (!this.#initialized || this.#unwanted.has(method)) return false;
    if (this.#initialized.capabilities.experimentalApi) return true;
    return !withheld.has(method) && !appProtocol.serverNotifications[method].experimental;
  }

  readonly notify: Notifier<ServerNotifications> = (method, params) => {
    if (this.wants(method)) this.#peer.notify(method, params);
  };

  /** A notification in the form of the wire, for `post` on every connection that wants it. */
  readonly encode: ServerPeer['encode'] = (method, params) => this.#peer.encode(method, params);

  /** Sends what `encode` of this or another connection made, without asking whether it is wanted. */
  post(frame: Frame): void {
    this.#peer.post(frame);
  }

  /** Asks this client alone. Withdrawing the question tells the client nothing. */
  readonly ask: PeerCaller<ServerRequests> = (method, params, options) => this.#peer.request(method, params, options);

  /** Sends a question once more that waits for its answer here; the first answer counts. */
  repeat(method: keyof ServerRequests & string, params: unknown, id: number): void {
    this.#peer.post(new Frame({ method, id, params }));
  }

  close(reason?: CloseReason): Promise<void> {
    return this.#peer.close(reason);
  }

  #refuse(method: string, row: RequestRow, raw: unknown): RequestError | undefined {
    if (!this.#initialized) return method === 'initialize' ? undefined : invalidRequest('Not initialized');
    if (this.capabilities.experimentalApi) return undefined;
    const name = experimentalUse(method, row, raw);
    return name === undefined ? undefined : invalidRequest(`${name} requires experimentalApi capability`);
  }
}
