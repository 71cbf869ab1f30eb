/** `process/*`: processes a client starts beside any thread; never sandboxed, owned by the connection. */
import type { ThreadConfigs } from '../../agent/ports.ts';
import { invalidParams, invalidRequest } from '../../base/errors.ts';
import type { Environment } from '../../environment/environment.ts';
import type { ClientRequests, Handlers, ProcessSpawnParams, Slice } from '../../protocol/app/index.ts';
import { bytesPayload } from '../../rpc/bytes-payload.ts';
import { type ClientProcess, type ClientProcessRequest, processTables } from '../client-processes.ts';
import type { RequestContext } from '../connection.ts';
import { osError } from '../os-errors.ts';
import { checkSize, defaultOutputBytesCap, defaultTerminal, defaultTimeoutMs, resizeTerminal, stdinBytes, writeStdin } from './command.ts';

export interface ProcessDeps {
  readonly configs: ThreadConfigs;
  readonly localEnvironment: () => Environment;
}

function check(params: ProcessSpawnParams): readonly [string, ...string[]] {
  const [program, ...args] = params.command;
  if (program === undefined) throw invalidRequest('command must not be empty');
  if (params.processHandle === '') throw invalidRequest('processHandle must not be empty');
  if (params.size && !params.tty) throw invalidParams('process/spawn size requires tty: true');
  if (params.size) checkSize('process/spawn', params.size);
  if (typeof params.timeoutMs === 'number' && params.timeoutMs < 0)
    throw invalidParams(`process/spawn timeoutMs must be non-negative, got ${params.timeoutMs}`);
  return [program, ...args];
}

/** Left out means the default, null means no limit. */
const limit = (value: number | null | undefined, fallback: number): number | undefined =>
  value === null ? undefined : (value ?? fallback);

export const processHandlers = (deps: ProcessDeps): Handlers<Slice<ClientRequests, 'process'>, RequestContext> => {
  const processesOf = processTables({
    prefix: 'process',
    duplicate: (name) => `duplicate active process handle: ${JSON.stringify(name)}`,
    missing: (name) => `no active process for process handle ${JSON.stringify(name)}`,
  });

  const toRequest = async (
    argv: readonly [string, ...string[]],
    params: ProcessSpawnParams,
    context: RequestContext,
  ): Promise<ClientProcessRequest> => {
    const { processHandle } = params;
    const { shellEnvironment } = await deps.configs.programs();
    return {
      argv,
      cwd: params.cwd,
      env: { policy: shellEnvironment, overlay: params.env ?? {} },
      terminal: params.tty ? (params.size ?? defaultTerminal) : undefined,
      stdin: params.streamStdin,
      outputBytesCap: limit(params.outputBytesCap, defaultOutputBytesCap),
      timeoutMs: limit(params.timeoutMs, defaultTimeoutMs),
      ...((params.tty || params.streamStdoutStderr) && {
        onChunk: (stream, bytes, capReached) => {
          const parts = { before: { processHandle, stream }, name: 'deltaBase64', bytes, after: { capReached } } as const;
          context.client.notify('process/outputDelta', bytesPayload(parts));
        },
      }),
    };
  };

  const report = async (processHandle: string, process: ClientProcess, context: RequestContext): Promise<void> => {
    const end = await processesOf(context.connection).finish(processHandle, process);
    context.client.notify('process/exited', { processHandle, exitCode: end.exitCode, outputDrainTimedOut: false, ...streamsOf(end) });
  };

  return {
    'process/spawn': async (params, context) => {
      const argv = check(params);
      const prepare = () => toRequest(argv, params, context);
      const table = processesOf(context.connection);
      const process = await table.start(params.processHandle, prepare, deps.localEnvironment(), context.signal).catch((error: unknown) => {
        throw osError(error, 'failed to spawn process: ');
      });
      context.afterReply(() => {
        report(params.processHandle, process, context).catch((error: unknown) =>
          context.log.error('a process could not be followed', { error }),
        );
      });
      return {};
    },
    'process/writeStdin': async (params, context) => {
      const bytes = stdinBytes('process/writeStdin', params);
      const process = await processesOf(context.connection).get(params.processHandle);
      if (!process.stdinEnabled) throw invalidRequest('stdin streaming is not enabled for this process');
      await writeStdin(process, bytes, params.closeStdin);
      return {};
    },
    'process/resizePty': async (params, context) => {
      await resizeTerminal('process/resizePty', await processesOf(context.connection).get(params.processHandle), params.size);
      return {};
    },
    'process/kill': async (params, context) => {
      const process = await processesOf(context.connection).get(params.processHandle);
      context.afterReply(() => void process.kill());
      return {};
    },
  };
};

const streamsOf = (end: { stdout: string; stdoutCapReached: boolean; stderr: string; stderrCapReached: boolean }) => ({
  stdout: end.stdout,
  stdoutCapReached: end.stdoutCapReached,
  stderr: end.stderr,
  stderrCapReached: end.stderrCapReached,
});
