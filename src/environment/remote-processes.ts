/** The processes of one session on an exec-server: starting them, routing their events, and bringing them over a reconnection. */
import { abortReason, onAbort, throwIfAborted, withDeadline } from '../base/abort.ts';
import { invalidRequest, isRequestError, messageOf } from '../base/errors.ts';
import { type Processes, type ProcessRequest, SandboxUnavailable, SpawnError } from '../host/process-types.ts';
import type { ExecRequests, In, NetworkPolicyRequestParams, NetworkPolicyRequestResult } from '../protocol/exec/index.ts';
import { wireUri } from './path-uris.ts';
import type { ReconnectingClient, SessionMember } from './reconnect.ts';
import { ConnectionLost, type ExecConnection, type ExecNotification } from './remote-connection.ts';
import { answerPolicy, decisionOf, wireNetwork } from './remote-network.ts';
import { type ProcessSession, RemoteProcess } from './remote-process.ts';
import { wireSandbox, wireVariables } from './remote-sandbox.ts';

type StartParams = In<ExecRequests['process/start']['params']>;

/** How long the end of a start that nobody wants any more is waited for. */
const abortedStartMs = 5000;

export class RemoteProcesses implements Processes, SessionMember {
  readonly #client: () => ReconnectingClient;
  /** By the server's id: those whose events are expected. */
  readonly #routes = new Map<string, RemoteProcess>();
  /** By the caller's id. */
  readonly #live = new Map<string, RemoteProcess>();
  /** Not answered yet: they cannot be caught up. */
  readonly #starting = new Set<RemoteProcess>();
  /** Starts that are on a connection. */
  readonly #sent = new Set<Promise<unknown>>();
  /** Server ids that may run although nobody here wants them. */
  readonly #abandoned = new Set<string>();
  readonly #session: ProcessSession;
  #count = 0;

  /** `client` is asked for at each use: it is made after this. */
  constructor(client: () => ReconnectingClient) {
    this.#client = client;
    this.#session = {
      call: (method, params, options) => client().call(method, params, options),
      callAgain: (method, params, options) => client().callAgain(method, params, options),
      recovering: () => client().state === 'recovering',
      onEnded: (process) => this.#forget(process),
      abandon: (wireId) => this.#abandon(wireId),
    };
  }

  /** Processes that have not closed. */
  get size(): number {
    return this.#live.size;
  }

  async start(request: ProcessRequest, signal: AbortSignal): Promise<RemoteProcess> {
    throwIfAborted(signal);
    const { id } = request;
    if (this.#live.has(id)) throw invalidRequest(`process ${id} already exists`);
    this.#count += 1;
    const process = new RemoteProcess({
      id,
      wireId: `${id}~${this.#count}`,
      input: request.terminal ? 'terminal' : request.stdin === 'pipe' ? 'pipe' : 'none',
      drainMs: request.drainMs,
      network: request.network && !('loopbackPorts' in request.network) ? request.network : undefined,
      session: this.#session,
    });
    this.#live.set(id, process);
    this.#routes.set(process.wireId, process);
    this.#starting.add(process);
    try {
      await this.#start(process, request, signal);
      return process;
    } catch (error) {
      this.#forget(process);
      throw startFailure(error, request);
    } finally {
      this.#starting.delete(process);
    }
  }

  /** Kills what still runs, within a deadline. */
  async endAll(): Promise<void> {
    await Promise.all([...this.#live.values()].map((process) => process.terminate()));
  }

  notified(notification: ExecNotification): void {
    const { method } = notification;
    if (method === 'process/output' || method === 'process/exited' || method === 'process/closed') {
      this.#routes.get(notification.params.processId)?.notified(notification);
    } else if (method === 'network/policyDecision') {
      const decision = decisionOf(notification.params);
      if (decision) this.#routes.get(notification.params.processId)?.network?.onDecision?.(decision);
    }
  }

  networkPolicy(params: NetworkPolicyRequestParams, signal: AbortSignal): Promise<NetworkPolicyRequestResult> | undefined {
    const process = this.#routes.get(params.processId);
    return process && answerPolicy(process.network, params, signal);
  }

  disconnected(): void {}

  async resumed(connection: ExecConnection): Promise<void> {
    await Promise.allSettled(this.#sent);
    for (const wireId of this.#abandoned) {
      await connection.call('process/terminate', { processId: wireId }).catch(rethrowLoss);
      this.#abandoned.delete(wireId);
    }
    const running = [...this.#routes.values()].filter((process) => !this.#starting.has(process));
    await Promise.all(running.map((process) => process.catchUp(connection.call)));
  }

  failed(reason: string): void {
    for (const process of [...this.#routes.values()]) process.lost(reason);
    this.#abandoned.clear();
  }

  async #start(process: RemoteProcess, request: ProcessRequest, signal: AbortSignal): Promise<void> {
    const client = this.#client();
    const connection = await client.ready(signal);
    throwIfAborted(signal);
    const params = paramsOf(request, process.wireId, connection.info?.capabilities ?? {});
    const started = client.callOn(connection, (call) => call('process/start', params));
    this.#sent.add(started);
    let killed: Promise<unknown> | undefined;
    const off = onAbort(signal, () => {
      killed = connection.call('process/terminate', { processId: process.wireId }).catch(() => {}); // a loss abandons it
    });
    try {
      await started;
    } catch (error) {
      if (error instanceof ConnectionLost) this.#abandon(process.wireId);
      throw signal.aborted ? abortReason(signal) : error;
    } finally {
      off();
      this.#sent.delete(started);
    }
    if (!killed) return;
    this.#starting.delete(process);
    // The kill may have overtaken the start on a server that handles several requests at once.
    await withDeadline(process.terminate(), abortedStartMs, 'ending an aborted start').catch(() => this.#abandon(process.wireId));
    throw abortReason(signal);
  }

  /** Kills it now or, when the connection goes meanwhile, after the next recovery. */
  #abandon(wireId: string): void {
    const client = this.#client();
    if (client.state === 'failed') return;
    this.#abandoned.add(wireId);
    if (client.state !== 'connected') return;
    client.call('process/terminate', { processId: wireId }).then(
      () => this.#abandoned.delete(wireId),
      (error: unknown) => {
        if (!(error instanceof ConnectionLost)) this.#abandoned.delete(wireId);
      },
    );
  }

  #forget(process: RemoteProcess): void {
    if (this.#routes.get(process.wireId) === process) this.#routes.delete(process.wireId);
    if (this.#live.get(process.id) === process) this.#live.delete(process.id);
  }
}

function rethrowLoss(error: unknown): void {
  if (error instanceof ConnectionLost) throw error;
}

function paramsOf(request: ProcessRequest, processId: string, capabilities: Readonly<Record<string, boolean>>): StartParams {
  return {
    processId,
    argv: [...request.argv],
    cwd: wireUri(request.cwd),
    ...wireVariables(request.env),
    tty: request.terminal !== undefined,
    pipeStdin: request.stdin === 'pipe' && !request.terminal,
    arg0: request.arg0 ?? null,
    ...wireSandbox(request.sandbox, request.network !== undefined),
    ...wireNetwork(request.network, capabilities),
  };
}

/** What the port promises for a server's refusal. */
function startFailure(error: unknown, request: ProcessRequest): unknown {
  if (!isRequestError(error)) return error;
  if (error.kind === 'internal') return new SpawnError(error.message, { cause: error });
  const refusesSandbox = (request.sandbox !== undefined || request.network !== undefined) && error.kind === 'invalidParams';
  return refusesSandbox ? new SandboxUnavailable(messageOf(error), { cause: error }) : error;
}
