/** Processes that one connection started for itself (`command/exec`, `process/spawn`): names, limits, output, end. */

import { Utf8Stream } from '../base/bytes.ts';
import { invalidRequest } from '../base/errors.ts';
import type { ManagedNetwork } from '../base/managed-network.ts';
import type { SandboxRequest } from '../base/permission-profile.ts';
import type { Scope } from '../base/scope.ts';
import type {
  Environment,
  OutputChunk,
  ProcessEnvironment,
  ProcessOutcome,
  ProcessRequest,
  RunningProcess,
  TerminalSize,
} from '../environment/environment.ts';

export type ClientStream = 'stdout' | 'stderr';

export interface ClientProcessRequest {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: ProcessEnvironment;
  readonly terminal: TerminalSize | undefined;
  readonly stdin: boolean;
  /** Called with each chunk as it comes; absent: output is collected. */
  readonly onChunk?: (stream: ClientStream, bytes: Buffer, capReached: boolean) => void;
  /** Bytes kept or passed on per stream; undefined: no limit. */
  readonly outputBytesCap: number | undefined;
  /** Undefined: no limit. */
  readonly timeoutMs: number | undefined;
  readonly sandbox?: SandboxRequest;
  readonly network?: ManagedNetwork;
}

export interface ClientProcessEnd {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stdoutCapReached: boolean;
  readonly stderr: string;
  readonly stderrCapReached: boolean;
}

/** The exit code of a command that ran out of time. */
const timedOutCode = 124;
/** What the reference reports for a terminal process that was killed. */
const killedTerminalCode = 1;

/** One output stream under its cap. */
class CappedStream {
  readonly #cap: number;
  readonly #parts: Buffer[] = [];
  #taken = 0;
  capReached = false;

  constructor(cap: number | undefined) {
    this.#cap = cap ?? Number.POSITIVE_INFINITY;
  }

  /** What of `bytes` is still within the cap; undefined when nothing is. */
  take(bytes: Buffer): Buffer | undefined {
    if (this.capReached) return undefined;
    const part = bytes.subarray(0, this.#cap - this.#taken);
    this.#taken += part.length;
    if (this.#taken >= this.#cap) this.capReached = true;
    return part;
  }

  keep(bytes: Buffer): void {
    this.#parts.push(bytes);
  }

  text(): string {
    const decoder = new Utf8Stream();
    return this.#parts.map((part) => decoder.write(part)).join('') + decoder.end();
  }
}

/** A started process of a client. */
export class ClientProcess {
  readonly #process: RunningProcess;
  readonly #request: ClientProcessRequest;
  readonly #scope: Scope;
  readonly #streams: Record<ClientStream, CappedStream>;
  #end: 'timedOut' | 'killed' | undefined;

  /** `scope` owns the process and is closed when it has ended. */
  constructor(process: RunningProcess, request: ClientProcessRequest, scope: Scope) {
    this.#process = process;
    this.#request = request;
    this.#scope = scope;
    this.#streams = { stdout: new CappedStream(request.outputBytesCap), stderr: new CappedStream(request.outputBytesCap) };
  }

  get stdinEnabled(): boolean {
    return this.#request.stdin || this.isTerminal;
  }

  get isTerminal(): boolean {
    return this.#request.terminal !== undefined;
  }

  write(bytes: Buffer): Promise<void> {
    return this.#process.write(bytes);
  }

  closeStdin(): Promise<void> {
    return this.#process.closeStdin();
  }

  resize(size: TerminalSize): Promise<void> {
    return this.#process.resize(size);
  }

  /** Ends the whole tree at once. */
  async kill(): Promise<void> {
    this.#end ??= 'killed';
    await this.#process.signal('SIGKILL');
  }

  /** Resolves when the process ended and its output is complete; every chunk was handed over by then. */
  async finished(): Promise<ClientProcessEnd> {
    const stop = this.#process.onOutput((chunk) => this.#onOutput(chunk));
    const { timeoutMs } = this.#request;
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => void this.#timeOut(), Math.min(timeoutMs, 0x7fffffff));
    try {
      const outcome = await this.#process.exited;
      await this.#process.closed;
      return this.#result(outcome);
    } finally {
      clearTimeout(timer);
      stop();
      await this.#scope.close();
    }
  }

  async #timeOut(): Promise<void> {
    this.#end ??= 'timedOut';
    await this.#process.signal('SIGKILL');
  }

  #onOutput(chunk: OutputChunk): void {
    const name = chunk.stream === 'stderr' ? 'stderr' : 'stdout';
    const stream = this.#streams[name];
    const part = stream.take(chunk.bytes);
    if (!part) return;
    if (this.#request.onChunk) this.#request.onChunk(name, part, stream.capReached);
    else stream.keep(part);
  }

  #result(outcome: ProcessOutcome): ClientProcessEnd {
    const { stdout, stderr } = this.#streams;
    return {
      exitCode: this.#exitCode(outcome),
      stdout: stdout.text(),
      stdoutCapReached: stdout.capReached,
      stderr: stderr.text(),
      stderrCapReached: stderr.capReached,
    };
  }

  #exitCode(outcome: ProcessOutcome): number {
    if (this.#end === 'timedOut') return timedOutCode;
    if (this.#end === 'killed' && this.isTerminal) return killedTerminalCode;
    return outcome.kind === 'exited' ? outcome.exitCode : -1;
  }
}

/** The processes of one connection under the names the client gave them. Closing the connection's scope ends them all. */
export class ClientProcesses {
  readonly #scope: Scope;
  readonly #prefix: string;
  readonly #duplicate: (name: string) => string;
  readonly #missing: (name: string) => string;
  /** From the moment a start was asked for until its process was followed to its end. */
  readonly #byName = new Map<string, Promise<ClientProcess>>();
  #started = 0;

  constructor(options: { scope: Scope; prefix: string; duplicate: (name: string) => string; missing: (name: string) => string }) {
    this.#scope = options.scope;
    this.#prefix = options.prefix;
    this.#duplicate = options.duplicate;
    this.#missing = options.missing;
  }

  /** Waits for a process that is being started. Rejects with `invalidRequest` when no such process runs. */
  async get(name: string): Promise<ClientProcess> {
    const process = await this.#byName.get(name)?.catch(() => undefined);
    if (!process) throw invalidRequest(this.#missing(name));
    return process;
  }

  /**
   * Starts a process; undefined `name`: it can only be waited for. The name is taken from this call on, and free again when
   * `finish` has settled. Rejects as `prepare` does, with `SpawnError` and the like of the environment, and with
   * `invalidRequest` when the name is taken.
   */
  async start(
    name: string | undefined,
    prepare: () => Promise<ClientProcessRequest>,
    environment: Environment,
    signal: AbortSignal,
  ): Promise<ClientProcess> {
    if (name !== undefined && this.#byName.has(name)) throw invalidRequest(this.#duplicate(name));
    const started = this.#start(prepare, environment, signal);
    if (name === undefined) return started;
    this.#byName.set(name, started);
    try {
      return await started;
    } catch (error) {
      this.#byName.delete(name);
      throw error;
    }
  }

  async #start(prepare: () => Promise<ClientProcessRequest>, environment: Environment, signal: AbortSignal): Promise<ClientProcess> {
    const request = await prepare();
    this.#started += 1;
    const scope = this.#scope.child(`${this.#prefix}-${this.#started}`);
    try {
      const running = scope.own(await environment.processes.start(toProcessRequest(scope.name, request), signal));
      return new ClientProcess(running, request, scope);
    } catch (error) {
      await scope.close();
      throw error;
    }
  }

  /** Waits for the end of a process that `start` returned and gives its name free. */
  async finish(name: string | undefined, process: ClientProcess): Promise<ClientProcessEnd> {
    try {
      return await process.finished();
    } finally {
      if (name !== undefined) this.#byName.delete(name);
    }
  }
}

/** The table of each connection, made when it is first wanted. */
export function processTables(words: {
  readonly prefix: string;
  readonly duplicate: (name: string) => string;
  readonly missing: (name: string) => string;
}): (connection: { readonly scope: Scope }) => ClientProcesses {
  const tables = new WeakMap<object, ClientProcesses>();
  return (connection) => {
    const table = tables.get(connection) ?? new ClientProcesses({ scope: connection.scope, ...words });
    tables.set(connection, table);
    return table;
  };
}

function toProcessRequest(id: string, request: ClientProcessRequest): ProcessRequest {
  const { argv, cwd, env, terminal, sandbox, network, stdin } = request;
  return {
    id,
    argv,
    cwd,
    env,
    stdin: stdin ? 'pipe' : 'closed',
    ...(terminal && { terminal }),
    ...(sandbox && { sandbox }),
    ...(network && { network }),
  };
}
