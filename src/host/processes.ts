/** Running programs on this machine: what the `Processes` port promises, over pipes and pseudo terminals. */
import { throwIfAborted } from '../base/abort.ts';
import { invalidRequest } from '../base/errors.ts';
import { childVariables, overlayVariables, type Variables } from './env-policy.ts';
import { type LaunchSpec, launchPiped } from './launch.ts';
import type { OutputLogOptions } from './output-log.ts';
import { type Processes, type ProcessRequest, SpawnError } from './process-types.ts';
import { HostProcess } from './running-process.ts';
import { plainSpawn, platformBackend, prepareSandboxedSpawn, type SandboxBackendSource, type SandboxedSpawn } from './sandbox/index.ts';

export interface HostProcessesOptions {
  /** The variables that policies filter; the host's own when it runs a server. */
  readonly baseEnv: Variables;
  /** Default: the platform we run on. */
  readonly platform?: NodeJS.Platform;
  /** How much output of a process stays for late listeners, and in which pieces it comes. */
  readonly output?: OutputLogOptions;
  readonly sandboxBackend?: SandboxBackendSource;
}

/** The processes of this machine that one owner runs. Closing ends all of them with their trees. */
export interface HostProcesses extends Processes {
  start(request: ProcessRequest, signal: AbortSignal): Promise<HostProcess>;
  /** Those that have not closed yet. */
  readonly live: ReadonlyMap<string, HostProcess>;
  close(): Promise<void>;
}

export function createProcesses(options: HostProcessesOptions): HostProcesses {
  const platform = options.platform ?? process.platform;
  const variablesOf = childVariables(options.baseEnv, platform);
  const live = new Map<string, HostProcess>();
  const starting = new Set<string>();
  let closing: Promise<void> | undefined;

  const prepare = async (request: ProcessRequest, env: Variables): Promise<SandboxedSpawn> => {
    const { argv, arg0, cwd, sandbox } = request;
    if (!sandbox) return plainSpawn({ argv, ...(arg0 === undefined ? {} : { arg0 }) });
    const spec = { argv, cwd, env, sandbox, terminal: request.terminal !== undefined, ...(arg0 === undefined ? {} : { arg0 }) };
    return prepareSandboxedSpawn(spec, options.sandboxBackend ?? platformBackend);
  };

  const launch = async (request: ProcessRequest, signal: AbortSignal): Promise<HostProcess> => {
    const env = variablesOf(request.env);
    const prepared = await prepare(request, env);
    const spec: LaunchSpec = {
      file: prepared.file,
      args: prepared.args,
      arg0: prepared.arg0,
      cwd: request.cwd,
      env: overlayVariables(env, prepared.env, platform),
      extraFds: prepared.extraFds,
    };
    const running = new HostProcess({
      id: request.id,
      output: options.output ?? {},
      sandbox: prepared.kind,
      drainMs: request.drainMs,
      onEnded: prepared.cleanup,
      onClosed: () => live.delete(request.id),
    });
    try {
      throwIfAborted(signal);
      if (closing) throw new SpawnError('the environment is closed');
      running.attach(await launchPiped(spec, request.stdin, running));
    } catch (error) {
      await prepared.cleanup();
      throw error;
    }
    live.set(request.id, running);
    return running;
  };

  return {
    live,
    async start(request, signal) {
      throwIfAborted(signal);
      if (closing) throw new SpawnError('the environment is closed');
      if (live.has(request.id) || starting.has(request.id)) throw invalidRequest(`process ${request.id} already exists`);
      starting.add(request.id);
      try {
        return await launch(request, signal);
      } finally {
        starting.delete(request.id);
      }
    },
    close() {
      closing ??= Promise.all([...live.values()].map((running) => running.terminate())).then(() => {});
      return closing;
    },
  };
}
