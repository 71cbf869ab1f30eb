/** The server of this window: started beside the workspace, connected to again when it was lost, given up when it keeps failing. */
import {
  type AppClient,
  connect,
  keepConnected,
  type Log,
  type QuestionHandlers,
  type ServerNotification,
  spawnAppServer,
} from 'switchyard/client';
import { takeLease } from './lease.ts';
import type { ServerState } from './messages.ts';
import type { Program } from './settings.ts';

export interface ServerProcessOptions {
  readonly program: Program;
  readonly version: string;
  readonly questions: QuestionHandlers;
  readonly log: Log;
  readonly onNotification: (notification: ServerNotification) => void;
  readonly onState: (state: ServerState) => void;
  /** After every handshake, before `client` is there for others. */
  readonly onConnected: (client: AppClient) => Promise<void>;
}

/** A server that ends more often than this within a minute is not started again. */
const restartsPerMinute = 5;
const stderrLines = 20;

export class ServerProcess {
  readonly #options: ServerProcessOptions;
  readonly #stop = new AbortController();
  readonly #losses: number[] = [];
  #client: AppClient | undefined;
  #stderr = '';
  #over: Promise<void> = Promise.resolve();

  constructor(options: ServerProcessOptions) {
    this.#options = options;
  }

  /** Undefined while there is no connection. */
  get client(): AppClient | undefined {
    return this.#client;
  }

  /** The last lines the server wrote to standard error. */
  get stderrTail(): string {
    return this.#stderr.trimEnd().split('\n').slice(-stderrLines).join('\n');
  }

  start(): void {
    this.#state('starting', 'Starting the server …');
    this.#over = this.#run();
  }

  /** Lets the server go. Another window may still use it. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#over;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    try {
      await keepConnected({
        connect: (attempt) => this.#connect(attempt),
        onConnected: (client) => this.#connected(client),
        onLost: ({ reason, nextInMs }) => this.#lost(reason, nextInMs),
        signal,
        pauseMs: { first: 200, longest: 5000 },
        maxAttempts: restartsPerMinute,
      });
    } catch (error) {
      this.#failed(error instanceof Error ? error.message : String(error));
    }
  }

  async #connect(signal: AbortSignal): Promise<AppClient> {
    const { program, version, questions, log, onNotification } = this.#options;
    const options = {
      clientInfo: { name: 'switchyard_vscode', title: 'Switchyard for VS Code', version },
      capabilities: { experimentalApi: true },
      questions,
      onNotification,
      log,
      signal,
    };
    const onStderr = (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-16_384);
      log.debug('server', { stderr: text.trimEnd() });
    };
    // Without unix sockets the server is a plain child, and does not outlive a reload of the window.
    if (process.platform === 'win32') return spawnAppServer({ ...program, onStderr: (chunk) => onStderr(chunk.toString('utf8')) }, options);
    const lease = await takeLease({ program, signal, onStderr });
    try {
      const client = await connect({ url: `unix:${lease.socket}` }, options);
      void client.closed.then(() => lease.release());
      return client;
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  async #connected(client: AppClient): Promise<void> {
    await this.#options.onConnected(client);
    this.#client = client;
    void client.closed.then(() => {
      if (this.#client === client) this.#client = undefined;
    });
    this.#state('ready', '');
  }

  #lost(reason: string, nextInMs: number): void {
    this.#client = undefined;
    const now = Date.now();
    this.#losses.push(now);
    if (this.#losses.filter((at) => now - at < 60_000).length > restartsPerMinute) {
      this.#stop.abort();
      this.#failed(`${reason} (it ended ${this.#losses.length} times)`);
      return;
    }
    this.#options.log.warn('the server is lost', { reason, nextInMs: Math.round(nextInMs) });
    this.#state('lost', `The connection to the server is lost: ${reason}. Trying again …`);
  }

  #failed(reason: string): void {
    const said = this.stderrTail;
    this.#options.log.error('the server does not run', { reason });
    this.#state('failed', `The server does not run: ${reason}.${said === '' ? '' : `\n\nIt said:\n${said}`}`);
  }

  #state(phase: ServerState['phase'], detail: string): void {
    this.#options.onState({ phase, detail });
  }
}
