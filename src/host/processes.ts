/** Running programs on this machine: what the `Processes` port promises, over pipes and pseudo terminals. */
import { closeSync } from 'node:fs';
import { throwIfAborted } from '../base/abort.ts';
import { invalidRequest } from '../base/errors.ts';
import { childVariables, overlayVariables, type Variables } from './env-policy.ts';
import { createGuardian, type Guardian } from './guardian.ts';
import { groupIsGone, killAll, killTree } from './kill-tree.ts';
import { type Launched, launchPiped } from './launch.ts';
import type { CommandNetwork } from './network-proxy/command-network.ts';
import type { OutputLogOptions } from './output-log.ts';
import { createPipeSupply, type PipeSupply } from './pipes.ts';
import { startedWith } from './process-table.ts';
import { type Processes, type ProcessRequest, SpawnError } from './process-types.ts';
import { HostProcess } from './running-process.ts';
import { plainSpawn, platformBackend, prepareSandboxedSpawn, type SandboxBackendSource, type SandboxedSpawn } from './sandbox/index.ts';
import { mountPointRegister } from './sandbox/own-paths.ts';
import type { SpawnSpec } from './spawn.ts';

export interface HostProcessesOptions {
  /** The variables that policies filter; the host's own when it runs a server. */
  readonly baseEnv: Variables;
  /** How much output of a process stays for late listeners, and in which pieces it comes. */
  readonly output?: OutputLogOptions;
  readonly sandboxBackend?: SandboxBackendSource;
  /**
   * A variable whose value, given in a request's overlay, marks what descends from that request. At the end (close or our
   * death) everything that carries such a mark goes, even if it left the tree of its process. Default `CODEX_THREAD_ID`.
   */
  readonly ownerVariable?: string;
}

/** The processes of this machine that one owner runs. Closing ends all of them with their trees, and so does our death. */
export interface HostProcesses extends Processes {
  start(request: ProcessRequest, signal: AbortSignal): Promise<HostProcess>;
  /** Those that have not closed yet. */
  readonly live: ReadonlyMap<string, HostProcess>;
  /** Makes ready what the first start would wait for. Never needed; never rejects. */
  prepare(): Promise<void>;
  close(): Promise<void>;
}

export function createProcesses(options: HostProcessesOptions): HostProcesses {
  return new LocalProcesses(options);
}

class LocalProcesses implements HostProcesses {
  readonly #options: HostProcessesOptions;
  readonly #variablesOf: (env: ProcessRequest['env']) => Record<string, string>;
  readonly #guardian: Guardian = createGuardian();
  readonly #pipes: PipeSupply = createPipeSupply({ onDirectory: (directory) => this.#guardian.watchHolders(directory) });
  readonly #live = new Map<string, HostProcess>();
  readonly #starting = new Map<string, Promise<unknown>>();
  /** Group ids whose leader has ended and closed its streams, while others of the group may still run. */
  readonly #orphans = new Set<number>();
  /** `NAME=value` entries that mark our descendants. */
  readonly #marks = new Set<string>();
  #closing: Promise<void> | undefined;

  constructor(options: HostProcessesOptions) {
    this.#options = options;
    this.#variablesOf = childVariables(options.baseEnv, process.platform);
  }

  get live(): ReadonlyMap<string, HostProcess> {
    return this.#live;
  }

  async start(request: ProcessRequest, signal: AbortSignal): Promise<HostProcess> {
    throwIfAborted(signal);
    const { id } = request;
    if (this.#live.has(id) || this.#starting.has(id)) throw invalidRequest(`process ${id} already exists`);
    const launching = this.#launch(request, signal);
    this.#starting.set(id, launching);
    try {
      return await launching;
    } finally {
      this.#starting.delete(id);
    }
  }

  async prepare(): Promise<void> {
    if (!this.#closing) await Promise.all([this.#guardian.prepare(), this.#pipes.prepare()]);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #launch(request: ProcessRequest, signal: AbortSignal): Promise<HostProcess> {
    const own = this.#variablesOf(request.env);
    const network = await this.#network(request, own);
    const env = network ? overlayVariables({ ...own }, network.variables, process.platform) : own;
    const prepared = await this.#prepare(request, env, network).catch((error: unknown) => {
      network?.close();
      throw error;
    });
    const running = new HostProcess({
      id: request.id,
      output: this.#options.output ?? {},
      sandbox: prepared.kind,
      drainMs: request.drainMs,
      onEnded: prepared.cleanup,
      onClosed: (groupGone) => {
        network?.close();
        this.#closed(running, groupGone);
      },
      onGroupGone: () => this.#forget(running),
    });
    try {
      throwIfAborted(signal);
      if (this.#closing) throw new SpawnError('the environment is closed');
      const { file, args, arg0, extraFds } = prepared;
      const variables = overlayVariables({ ...env }, prepared.env, process.platform);
      const listeners = network && prepared.handsOut ? { onListener: network.accept } : {};
      const spec = { file, args, arg0, cwd: request.cwd, env: variables, extraFds, ...listeners };
      const launched = await this.#spawn(request, spec, running);
      this.#guard(launched.pid, request);
      running.attach(launched);
    } catch (error) {
      network?.close();
      await prepared.cleanup();
      throw error;
    } finally {
      for (const fd of prepared.extraFds) closeSync(fd);
    }
    this.#live.set(request.id, running);
    this.#sweepOrphans();
    if (signal.aborted) await running.terminate();
    throwIfAborted(signal);
    return running;
  }

  /** Loaded only for a command that has one. */
  async #network(request: ProcessRequest, env: Variables): Promise<CommandNetwork | undefined> {
    if (!request.network) return undefined;
    const { commandNetwork } = await import('./network-proxy/command-network.ts');
    return commandNetwork(request, env, this.#options.baseEnv);
  }

  async #prepare(request: ProcessRequest, env: Variables, network: CommandNetwork | undefined): Promise<SandboxedSpawn> {
    const { argv, arg0, cwd } = request;
    const sandbox = network ? network.sandbox : request.sandbox;
    const named = { argv, ...(arg0 === undefined ? {} : { arg0 }) };
    if (!sandbox) return plainSpawn(named);
    // Before there are any: whatever happens to us from now on, they go.
    if (process.platform === 'linux') this.#guardian.watchMountPoints(mountPointRegister(), process.pid);
    const proxied = network?.proxied ? { proxied: network.proxied } : {};
    const spec = { ...named, cwd, env, sandbox, terminal: request.terminal !== undefined, ...proxied };
    return prepareSandboxedSpawn(spec, this.#options.sandboxBackend ?? platformBackend);
  }

  async #spawn(request: ProcessRequest, spec: SpawnSpec, running: HostProcess): Promise<Launched> {
    if (!request.terminal) return launchPiped(spec, { stdin: request.stdin, pipes: this.#pipes }, running);
    const { launchTerminal } = await import('./pty.ts');
    return launchTerminal(spec, request.terminal, running);
  }

  #guard(pid: number, request: ProcessRequest): void {
    this.#guardian.watch(pid);
    const name = this.#options.ownerVariable ?? 'CODEX_THREAD_ID';
    const value = request.env.overlay[name];
    if (!value) return;
    this.#marks.add(`${name}=${value}`);
    this.#guardian.watchVariable(name, value);
  }

  #closed(running: HostProcess, groupGone: boolean): void {
    this.#live.delete(running.id);
    const { pid } = running;
    if (groupGone || pid === undefined) {
      this.#forget(running);
      return;
    }
    this.#orphans.add(pid);
    this.#guardian.watchOrphans(pid);
  }

  #forget({ pid }: HostProcess): void {
    if (pid === undefined) return;
    this.#orphans.delete(pid);
    this.#guardian.forget(pid);
  }

  /** A group that ended by itself must not be remembered: its number will be given to somebody else. */
  #sweepOrphans(): void {
    for (const pid of this.#orphans) {
      if (!groupIsGone(pid)) continue;
      this.#orphans.delete(pid);
      this.#guardian.forget(pid);
    }
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#starting.values());
    await Promise.all([...this.#live.values()].map((running) => running.terminate()));
    this.#sweepOrphans();
    for (const root of this.#orphans) await killTree({ root, rootAlive: () => false }, 0);
    await killAll(await startedWith(this.#marks));
    // The guardian last: until then it stands in for us should we be killed.
    await this.#pipes.close();
    await this.#guardian.close();
  }
}
