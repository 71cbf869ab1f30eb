/** `command/exec`: one command outside any thread, under the sandbox its caller names or the configuration has. */
import { resolve } from 'node:path';
import type { ProgramConfig, ThreadConfigs } from '../../agent/ports.ts';
import { readBase64 } from '../../base/base64.ts';
import { invalidParams, invalidRequest, messageOf } from '../../base/errors.ts';
import type { Environment, TerminalSize } from '../../environment/environment.ts';
import { isManaged, withNetworkRules } from '../../policy/network-plan.ts';
import { type Permissions, permissionsOfPolicy } from '../../policy/permissions.ts';
import type { ClientRequests, CommandExecParams, Handlers, Slice } from '../../protocol/app/index.ts';
import { bytesPayload } from '../../rpc/bytes-payload.ts';
import { type ClientProcess, type ClientProcessRequest, processTables } from '../client-processes.ts';
import type { RequestContext } from '../connection.ts';
import { osError } from '../os-errors.ts';

export interface CommandDeps {
  readonly configs: ThreadConfigs;
  readonly localEnvironment: () => Environment;
  /** The server's working directory; absolute. */
  readonly cwd: string;
}

type Confinement = Pick<ClientProcessRequest, 'sandbox' | 'network'>;

export const defaultTimeoutMs = 10_000;
export const defaultOutputBytesCap = 1024 * 1024;

/** Refuses combinations of options that contradict each other, in the reference's order. */
function check(params: CommandExecParams): readonly [string, ...string[]] {
  const [program, ...args] = params.command;
  if (program === undefined) throw invalidRequest('command must not be empty');
  const { timeoutMs, size } = params;
  if (size && !params.tty) throw invalidParams('command/exec size requires tty: true');
  if (params.disableOutputCap && params.outputBytesCap !== undefined)
    throw invalidParams('command/exec cannot set both outputBytesCap and disableOutputCap');
  if (params.disableTimeout && timeoutMs !== undefined) throw invalidParams('command/exec cannot set both timeoutMs and disableTimeout');
  if (timeoutMs !== undefined && timeoutMs < 0) throw invalidParams(`command/exec timeoutMs must be non-negative, got ${timeoutMs}`);
  if (params.sandboxPolicy && params.permissionProfile !== undefined)
    throw invalidRequest('`permissionProfile` cannot be combined with `sandboxPolicy`');
  if (size) checkSize('command/exec', size);
  if (params.processId === undefined && (params.tty || params.streamStdin || params.streamStdoutStderr))
    throw invalidRequest('command/exec tty or streaming requires a client-supplied processId');
  return [program, ...args];
}

export const defaultTerminal = { rows: 24, cols: 80 } as const;

const quoted = (name: string) => JSON.stringify(name);

export const commandHandlers = (deps: CommandDeps): Handlers<Slice<ClientRequests, 'command'>, RequestContext> => {
  const processesOf = processTables({
    prefix: 'command-exec',
    duplicate: (name) => `duplicate active command/exec process id: ${quoted(name)}`,
    missing: (name) => `no active command/exec for process id ${quoted(name)}`,
  });

  /** How the command is confined; nothing: no sandbox was asked for. Its managed network asks nobody. */
  const confinement = async (params: CommandExecParams, cwd: string, config: ProgramConfig): Promise<Confinement> => {
    const chosen: Permissions = params.sandboxPolicy
      ? permissionsOfPolicy(params.sandboxPolicy)
      : params.permissionProfile === undefined
        ? config.permissions
        : await namedPermissions(deps.configs, params.permissionProfile, cwd);
    const { profile, network = config.permissions.network } = chosen;
    if (profile.type !== 'managed') return {};
    const sandbox = { profile, policyCwd: cwd, workspaceRoots: [cwd] };
    if (!isManaged(network, profile)) return { sandbox };
    const proxy = withNetworkRules(network, await config.networkRules());
    return { sandbox, network: { proxy, enforce: true } };
  };

  const toRequest = async (
    argv: readonly [string, ...string[]],
    params: CommandExecParams,
    context: RequestContext,
  ): Promise<ClientProcessRequest> => {
    const cwd = resolve(deps.cwd, params.cwd ?? '.');
    const { processId } = params;
    const streams = processId !== undefined && (params.tty || params.streamStdoutStderr);
    const config = await deps.configs.programs();
    return {
      argv,
      cwd,
      env: { policy: config.shellEnvironment, overlay: params.env ?? {} },
      terminal: params.tty ? (params.size ?? defaultTerminal) : undefined,
      stdin: params.streamStdin,
      outputBytesCap: params.disableOutputCap ? undefined : (params.outputBytesCap ?? defaultOutputBytesCap),
      timeoutMs: params.disableTimeout ? undefined : (params.timeoutMs ?? defaultTimeoutMs),
      ...(await confinement(params, cwd, config)),
      ...(streams && {
        onChunk: (stream, bytes, capReached) => {
          const parts = { before: { processId, stream }, name: 'deltaBase64', bytes, after: { capReached } } as const;
          context.client.notify('command/exec/outputDelta', bytesPayload(parts));
        },
      }),
    };
  };

  return {
    'command/exec': async (params, context) => {
      const argv = check(params);
      const prepare = () => toRequest(argv, params, context);
      const table = processesOf(context.connection);
      const process = await table.start(params.processId, prepare, deps.localEnvironment(), context.signal).catch((error: unknown) => {
        throw osError(error, 'failed to spawn command: ');
      });
      const { exitCode, stdout, stderr } = await table.finish(params.processId, process);
      return { exitCode, stdout, stderr };
    },
    'command/exec/write': async (params, context) => {
      const bytes = stdinBytes('command/exec/write', params);
      const process = await processesOf(context.connection).get(params.processId);
      if (!process.stdinEnabled) throw invalidRequest('stdin streaming is not enabled for this command/exec');
      await writeStdin(process, bytes, params.closeStdin);
      return {};
    },
    'command/exec/resize': async (params, context) => {
      await resizeTerminal('command/exec', await processesOf(context.connection).get(params.processId), params.size);
      return {};
    },
    'command/exec/terminate': async (params, context) => {
      const process = await processesOf(context.connection).get(params.processId);
      // The answer comes before the result of the command, whose end this is.
      context.afterReply(() => void process.kill());
      return {};
    },
  };
};

/** What is to be written; `method` is named in errors. */
export function stdinBytes(method: string, params: { deltaBase64?: string | undefined; closeStdin: boolean }): Buffer {
  if (params.deltaBase64 === undefined && !params.closeStdin) throw invalidParams(`${method} requires deltaBase64 or closeStdin`);
  const bytes = readBase64(params.deltaBase64 ?? '');
  if (typeof bytes === 'string') throw invalidParams(`invalid deltaBase64: ${bytes}`);
  return bytes;
}

/** `family`: the methods' common name, for errors. */
export function checkSize(family: string, { rows, cols }: TerminalSize): void {
  if (rows === 0 || cols === 0) throw invalidParams(`${family} size rows and cols must be greater than 0`);
}

export async function resizeTerminal(family: string, process: ClientProcess, size: TerminalSize): Promise<void> {
  checkSize(family, size);
  if (!process.isTerminal) throw invalidRequest('failed to resize PTY: process is not attached to a PTY');
  await process.resize(size);
}

/** Writes and closes as asked; a process that no longer reads is an error of the request. */
export async function writeStdin(
  process: { write(bytes: Buffer): Promise<void>; closeStdin(): Promise<void> },
  bytes: Buffer,
  close: boolean,
): Promise<void> {
  try {
    if (bytes.length > 0) await process.write(bytes);
    if (close) await process.closeStdin();
  } catch {
    // The program has closed its input or ended; there is no more precise word for it on the wire.
    throw invalidRequest('stdin is already closed');
  }
}

async function namedPermissions(configs: ThreadConfigs, id: string, cwd: string) {
  try {
    return await configs.permissions(id, cwd);
  } catch (error) {
    throw invalidRequest(`invalid permission profile: ${messageOf(error).replace('failed to load configuration: ', '')}`);
  }
}
