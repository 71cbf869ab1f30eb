/** An environment behind an exec-server: one session at a time, made when it is needed and kept over lost connections. */
import { abortable } from '../base/abort.ts';
import { Cancelled, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { Scope } from '../base/scope.ts';
import type { EnvironmentInfoResult } from '../protocol/exec/index.ts';
import type { Environment, EnvironmentInfo, EnvironmentState } from './environment.ts';
import { nativePath } from './path-uris.ts';
import { ReconnectingClient } from './reconnect.ts';
import type { ExecSource } from './remote-connection.ts';
import { createRemoteFiles } from './remote-files.ts';
import { RemoteHttp } from './remote-http.ts';
import { RemoteProcesses } from './remote-processes.ts';

export interface RemoteEnvironmentOptions {
  readonly id: string;
  readonly source: ExecSource;
  readonly log: Log;
  /** Default 10 s. */
  readonly initializeTimeoutMs?: number;
  /** How long a lost connection may take to come back. Default 45 s. */
  readonly recoveryMs?: number;
  /** Connect at once instead of at the first use. */
  readonly eager?: boolean;
}

/** What servers log about us. */
const clientName = 'switchyard-environment';
const infoTimeoutMs = 30_000;
const recoveringError = 'exec-server environment is recovering';

/** One session and everything that lives in it. */
interface Session {
  readonly client: ReconnectingClient;
  readonly processes: RemoteProcesses;
  readonly http: RemoteHttp;
  info: Promise<EnvironmentInfo> | undefined;
}

/** Starts nothing yet, unless it is `eager`; does not wait for its connection. */
export function createRemoteEnvironment(options: RemoteEnvironmentOptions): Environment {
  return new RemoteEnvironment(options);
}

class RemoteEnvironment implements Environment {
  readonly id: string;
  readonly processes: Environment['processes'];
  readonly files: Environment['files'];
  readonly http: Environment['http'];
  readonly #options: RemoteEnvironmentOptions;
  readonly #scope: Scope;
  readonly #listeners = new Set<(state: EnvironmentState) => void>();
  #state: EnvironmentState = { status: 'pending' };
  #session: Promise<Session> | undefined;
  #current: Session | undefined;
  #wasConnected = false;

  constructor(options: RemoteEnvironmentOptions) {
    this.id = options.id;
    this.#options = options;
    this.#scope = new Scope(`environment ${options.id}`);
    this.processes = {
      start: async (request, signal) => (await this.#connected(signal)).processes.start(request, signal),
    };
    this.files = createRemoteFiles(async (signal) => (await this.#connected(signal)).client);
    this.http = {
      request: async (request, signal) => (await this.#connected(signal)).http.request(request, signal),
    };
    if (options.eager) this.#connected().catch(() => {}); // the state tells it, and so does every later use
  }

  async info(signal: AbortSignal): Promise<EnvironmentInfo> {
    const session = await this.#connected(signal);
    // Also when the answer is known: whoever asks wants to go on there.
    await session.client.ready(signal);
    session.info ??= this.#askInfo(session).catch((error: unknown) => {
      session.info = undefined; // the next caller asks again
      throw error;
    });
    return abortable(session.info, signal);
  }

  async discover(roots: Parameters<Environment['discover']>[0], signal: AbortSignal): ReturnType<Environment['discover']> {
    const [{ discoverOverWire }, session] = await Promise.all([import('./discovery.ts'), this.#connected(signal)]);
    return discoverOverWire(roots, { call: session.client.call, files: this.files, signal });
  }

  state(): EnvironmentState {
    return this.#state;
  }

  onStateChange(listener: (state: EnvironmentState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    await this.#current?.processes.endAll();
    await this.#scope.close(new Cancelled('the environment is closed'));
  }

  /** The session of now. The first attempt is made once; after a session was lost for good each use may make a new one. */
  async #connected(signal?: AbortSignal): Promise<Session> {
    if (this.#current && this.#current.client.state !== 'failed') return this.#current;
    if (this.#current && !this.#options.source.canReconnect) {
      throw new Error(this.#current.client.failure ?? 'exec-server environment is not ready');
    }
    this.#session ??= this.#connect();
    return signal ? abortable(this.#session, signal) : this.#session;
  }

  async #connect(): Promise<Session> {
    try {
      const session = await this.#open();
      this.#current = session;
      this.#wasConnected = true;
      this.#session = undefined;
      this.#changed(session);
      return session;
    } catch (error) {
      const failure = new Error(`exec-server connection attempt failed: ${messageOf(error)}`, { cause: error });
      if (this.#wasConnected) this.#session = undefined;
      this.#tell({ status: 'disconnected', error: failure.message, ...(!this.#wasConnected && { final: true }) });
      throw failure;
    }
  }

  async #open(): Promise<Session> {
    const { source, log, initializeTimeoutMs = 10_000, recoveryMs } = this.#options;
    if (this.#scope.closed) throw new Cancelled('the environment is closed');
    let made: ReconnectingClient | undefined;
    const client = (): ReconnectingClient => {
      if (!made) throw new Error('exec-server environment is not ready');
      return made;
    };
    const processes = new RemoteProcesses(client);
    const http = new RemoteHttp(async () => client());
    const clientOptions = {
      ...{ source, log, clientName, initializeTimeoutMs, members: [http, processes] },
      onStateChange: () => session && this.#changed(session),
      ...(recoveryMs === undefined ? {} : { recoveryMs }),
    };
    let session: Session | undefined;
    made = await ReconnectingClient.connect(clientOptions, this.#scope, this.#scope.signal);
    session = { client: made, processes, http, info: undefined };
    return session;
  }

  async #askInfo({ client }: Session): Promise<EnvironmentInfo> {
    const connection = await client.ready();
    return readInfo(connection.info ?? (await client.call('environment/info', undefined, { deadlineMs: infoTimeoutMs })));
  }

  #changed(session: Session): void {
    if (session !== this.#current) return;
    const { state, failure } = session.client;
    if (state === 'connected') this.#tell({ status: 'ready' });
    else if (state === 'recovering') this.#tell({ status: 'disconnected', error: recoveringError, recovering: true });
    else {
      const error = failure ?? 'exec-server transport disconnected';
      this.#tell({ status: 'disconnected', error, ...(!this.#options.source.canReconnect && { final: true }) });
    }
  }

  #tell(state: EnvironmentState): void {
    this.#state = state;
    if (this.#scope.closed) return;
    for (const listener of this.#listeners) listener(state);
  }
}

/** What the server says of itself in the words of this program. */
function readInfo({ shell, cwd, platformOs }: EnvironmentInfoResult): EnvironmentInfo {
  const isWindows = platformOs === undefined ? ['powershell', 'cmd'].includes(shell.name) : platformOs === 'windows';
  return {
    shell: { name: shell.name, path: shell.path },
    cwd: cwd == null ? undefined : nativePath(cwd),
    platform: isWindows ? 'windows' : 'unix',
    os: platformOs ?? (isWindows ? 'windows' : 'linux'),
  };
}
