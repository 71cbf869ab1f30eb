/** Processes of the session. */
import { readBase64 } from '../../base/base64.ts';
import { internalError, invalidParams, invalidRequest } from '../../base/errors.ts';
import type { ShellEnvironmentPolicy } from '../../base/permission-profile.ts';
import type { ProcessRequest } from '../../host/process-types.ts';
import type { ExecRequests, Handlers, ProcessStartParams, Slice } from '../../protocol/exec/index.ts';
import type { ExecContext } from '../connection.ts';
import { isUnroutable, managedNetwork, type NetworkClient, unroutableArgv } from '../managed-network.ts';
import { nativeCwd } from '../native-paths.ts';
import { processSandbox } from '../sandbox-intent.ts';

const terminal = { rows: 24, cols: 80 };
/** Without a policy nothing is inherited: the request's variables are all the child gets. */
const inheritNothing: ShellEnvironmentPolicy = { inherit: 'none', ignoreDefaultExcludes: true, exclude: [], set: {}, includeOnly: [] };

let started = 0;

/** The system ends every text at the first one. */
function refuseNulBytes({ argv, arg0, env, envPolicy }: ProcessStartParams): void {
  const hasNul = (word: string) => word.includes('\0');
  if (argv.some(hasNul) || hasNul(arg0 ?? '')) throw internalError('nul byte found in provided data');
  const variables = [...Object.entries(env), ...Object.entries(envPolicy?.set ?? {})];
  if (variables.flat().some(hasNul)) throw internalError('data provided contains a nul byte');
}

/** What to run. The id is ours: two sessions may use the same name for different processes. */
function processRequest(params: ProcessStartParams, client: NetworkClient): ProcessRequest {
  const unroutable = isUnroutable(params);
  const [program, ...args] = unroutable ? unroutableArgv : params.argv;
  if (program === undefined) throw invalidParams('argv must not be empty');
  if (program === '') throw internalError(`missing program for ${params.tty ? 'PTY' : 'pipe'} spawn`);
  refuseNulBytes(params);
  const network = unroutable ? undefined : managedNetwork(params, client);
  const cwd = nativeCwd(params.cwd);
  started += 1;
  return {
    id: `exec ${started}`,
    argv: [program, ...args],
    ...(params.arg0 === undefined ? {} : { arg0: params.arg0 }),
    cwd,
    env: { policy: params.envPolicy ?? inheritNothing, overlay: params.env },
    stdin: params.pipeStdin ? 'pipe' : 'closed',
    ...(params.tty ? { terminal } : {}),
    ...(params.sandbox ? { sandbox: processSandbox(params.sandbox, cwd) } : {}),
    ...(network ? { network } : {}),
  };
}

export function processHandlers(): Handlers<Slice<ExecRequests, 'process'>, ExecContext> {
  return {
    'process/start': async (params, { connection }) => {
      const { session } = connection;
      const request = processRequest(params, session.networkClient(params.processId));
      const sandboxType = await session.start(params.processId, request);
      return { processId: params.processId, sandboxType };
    },
    'process/read': async ({ processId, afterSeq = 0, maxBytes, waitMs = 0 }, { connection, signal }) => {
      const process = connection.session.find(processId);
      if (!process) throw invalidRequest(`unknown process id ${processId}`);
      return process.read({ afterSeq, maxBytes, waitMs }, signal);
    },
    'process/write': async ({ processId, chunk, writeId }, { connection, signal }) => {
      if (writeId === '') throw invalidParams('writeId must not be empty');
      const bytes = readBase64(chunk);
      if (typeof bytes === 'string') throw invalidParams(bytes);
      const process = connection.session.find(processId);
      return { status: process ? await process.write(bytes, writeId, signal) : 'unknownProcess' };
    },
    'process/signal': async ({ processId }, { connection }) => {
      await connection.session.find(processId)?.interrupt();
      return {};
    },
    'process/terminate': ({ processId }, { connection }) => ({
      running: connection.session.find(processId)?.terminate() ?? false,
    }),
  };
}
