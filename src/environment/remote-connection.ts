/** One connection to an exec-server, from its transport to its loss: the handshake and typed calls. It is never reused. */
import { DeadlineExceeded, isCancelled, isRequestError, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Scope } from '../base/scope.ts';
import {
  type EnvironmentInfoResult,
  type ExecNotifications,
  type ExecRequests,
  execProtocol,
  type NetworkPolicyRequestParams,
  type NetworkPolicyRequestResult,
} from '../protocol/exec/index.ts';
import { execClientDialect } from '../rpc/dialect.ts';
import { createPeer, type InboundCall, type PeerCaller, type Received } from '../rpc/peer.ts';
import type { Transport } from '../rpc/transports/transport.ts';

/** Where connections to one exec-server come from. */
export interface ExecSource {
  /** Opens a transport; rejects when that fails and with the signal's reason when it aborts. */
  open(signal: AbortSignal): Promise<Transport>;
  /** False for a program we start: when its streams end, so has everything it ran. */
  readonly canReconnect: boolean;
}

/** The connection ended before an answer came; whether the request was handled is not known. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

export type ExecNotification = Received<ExecNotifications>;

export interface ConnectionOptions {
  readonly source: ExecSource;
  /** The connection closes with it. */
  readonly scope: Scope;
  readonly log: Log;
  readonly clientName: string;
  readonly initializeTimeoutMs: number;
  readonly resumeSessionId?: string;
  /** Called in order, also before the handshake is finished. */
  readonly onNotification: (notification: ExecNotification) => void;
  /** May a process reach a host? It must not reject. */
  readonly onPolicyRequest: (params: NetworkPolicyRequestParams, signal: AbortSignal) => Promise<NetworkPolicyRequestResult>;
}

export interface ExecConnection {
  readonly sessionId: string;
  /** Absent: the server is too old to say it with the handshake. */
  readonly info: EnvironmentInfoResult | undefined;
  /** Rejects with `ConnectionLost` when the connection ends first, else with the server's `RequestError`. */
  readonly call: PeerCaller<ExecRequests>;
  /** Why it was lost, once it has been. */
  readonly lost: string | undefined;
  /** Runs `listener` once, as soon as the loss is known; at once when it is already. */
  onLost(listener: (reason: string) => void): void;
  close(): Promise<void>;
}

/** What a server answers whose own connection to the executor is gone. */
const transportClosed = { code: -32000, message: 'JSON-RPC transport closed' };

/** A loss that is told once. */
class Loss {
  reason: string | undefined;
  readonly #listeners: ((reason: string) => void)[] = [];

  happened(reason: string): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    for (const listener of this.#listeners.splice(0)) listener(reason);
  }

  onLost(listener: (reason: string) => void): void {
    if (this.reason === undefined) this.#listeners.push(listener);
    else listener(this.reason);
  }
}

/** Connects and shakes hands. Aborting `signal` gives up; an opened connection then closes. */
export async function openConnection(options: ConnectionOptions, signal: AbortSignal): Promise<ExecConnection> {
  const transport = await options.source.open(signal);
  const { peer, loss, call } = attach(transport, options);
  try {
    const deadlineMs = options.initializeTimeoutMs;
    const params = { clientName: options.clientName, resumeSessionId: options.resumeSessionId ?? null };
    const { sessionId, environmentInfo } = await call('initialize', params, { signal, deadlineMs });
    if (options.resumeSessionId !== undefined && sessionId !== options.resumeSessionId) {
      throw new Error('exec-server protocol error: the server resumed another session than it was asked to');
    }
    peer.notify('initialized', {});
    return {
      sessionId,
      info: environmentInfo,
      call,
      get lost() {
        return loss.reason;
      },
      onLost: (listener) => loss.onLost(listener),
      close: () => peer.close(),
    };
  } catch (error) {
    void peer.close();
    if (!(error instanceof DeadlineExceeded)) throw error;
    throw new ConnectionLost(`timed out waiting for exec-server initialize handshake after ${options.initializeTimeoutMs} ms`);
  }
}

function attach(transport: Transport, options: ConnectionOptions) {
  const loss = new Loss();
  const peer = createPeer({
    transport,
    dialect: execClientDialect,
    receives: { requests: execProtocol.serverRequests, notifications: execProtocol.serverNotifications },
    sends: { requests: execProtocol.clientRequests, notifications: execProtocol.clientNotifications },
    handlers: { 'network/policyRequest': (params, { signal }: InboundCall) => options.onPolicyRequest(params, signal) },
    context: (call): InboundCall => call,
    onNotification: options.onNotification,
    scope: options.scope,
    log: options.log,
  });
  void peer.closed.then(({ message }) => loss.happened(message));
  // An event that cannot be read is an event lost: only a fresh connection can bring it back.
  transport.reader.onMalformed = (error) => void peer.close({ kind: 'violation', message: `malformed message: ${messageOf(error)}` });
  const call: PeerCaller<ExecRequests> = async (method, params, callOptions) => {
    try {
      return await peer.request(method, params, callOptions);
    } catch (error) {
      const isLoss = (isCancelled(error) && !callOptions?.signal?.aborted) || isTransportClosed(error);
      if (!isLoss) throw error;
      const reason = messageOf(error);
      loss.happened(reason);
      throw new ConnectionLost(reason, { cause: error });
    }
  };
  return { peer, loss, call };
}

const isTransportClosed = (error: unknown): boolean =>
  isRequestError(error) && error.code === transportClosed.code && error.message === transportClosed.message;
