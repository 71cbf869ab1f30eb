/** Processes of a session: start, read, write, signal, terminate, and their events. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema, structAs } from '../../rpc/contract.ts';
import { Empty, opt, orElse, uint, usize } from '../fields.ts';
import { NetworkProxyLaunch } from './network.ts';
import { pathUri } from './paths.ts';
import { ManagedNetwork, SandboxIntent } from './sandbox.ts';

/** Which variables of the executor a child inherits; the request's `env` is laid on top and always wins. */
export const EnvPolicy = schema('EnvPolicy', () =>
  structAs(
    'ExecEnvPolicy',
    z.object({
      inherit: z.enum(['core', 'all', 'none']),
      ignoreDefaultExcludes: z.boolean(),
      exclude: z.array(z.string()),
      set: z.record(z.string(), z.string()),
      includeOnly: z.array(z.string()),
    }),
  ),
);

const shellSnapshot = () =>
  structAs('ShellSnapshotRequest', z.object({ scopeId: z.string(), shell: z.object({ name: z.string(), path: z.string() }) }));
const metadata = () => structAs('ExecMetadata', z.object({ threadId: opt(z.uuid()), toolCallId: opt(z.string()) }));

export const ProcessStartParams = schema('ProcessStartParams', () =>
  structAs(
    'WireExecParams',
    z.object({
      processId: z.string(),
      argv: z.array(z.string()),
      cwd: pathUri(),
      env: z.record(z.string(), z.string()),
      envPolicy: opt(EnvPolicy()),
      tty: z.boolean(),
      pipeStdin: orElse(z.boolean(), false),
      arg0: opt(z.string()),
      sandbox: opt(SandboxIntent()),
      enforceManagedNetwork: orElse(z.boolean(), false),
      managedNetwork: opt(ManagedNetwork()),
      networkProxy: opt(NetworkProxyLaunch()),
      shellSnapshot: opt(shellSnapshot()),
      metadata: opt(metadata()),
    }),
  ),
);
export type ProcessStartParams = Out<typeof ProcessStartParams>;
export const ProcessStartResult = schema('ProcessStartResult', () =>
  z.object({ processId: z.string(), sandboxType: z.optional(z.string()) }),
);

const stream = () => z.enum(['stdout', 'stderr', 'pty']);
export const OutputChunk = schema('OutputChunk', () => z.object({ seq: uint(), stream: stream(), chunk: z.string() }));

export const ProcessReadParams = schema('ProcessReadParams', () =>
  structAs('ReadParams', z.object({ processId: z.string(), afterSeq: opt(uint()), maxBytes: opt(usize()), waitMs: opt(uint()) })),
);
export const ProcessReadResult = schema('ProcessReadResult', () =>
  z.object({
    chunks: z.array(OutputChunk()),
    nextSeq: uint(),
    exited: z.boolean(),
    exitCode: z.nullable(z.int()),
    closed: z.boolean(),
    failure: z.nullable(z.string()),
    sandboxDenied: z._default(z.boolean(), false),
  }),
);
export type ProcessReadResult = Out<typeof ProcessReadResult>;

export const ProcessWriteParams = schema('ProcessWriteParams', () =>
  structAs('WriteParams', z.object({ processId: z.string(), chunk: z.string(), writeId: z.string() })),
);
export const ProcessWriteResult = schema('ProcessWriteResult', () =>
  z.object({ status: z.enum(['accepted', 'unknownProcess', 'stdinClosed', 'starting']) }),
);
export const ProcessSignalParams = schema('ProcessSignalParams', () =>
  structAs('SignalParams', z.object({ processId: z.string(), signal: z.enum(['interrupt']) })),
);
export const ProcessTerminateParams = schema('ProcessTerminateParams', () =>
  structAs('TerminateParams', z.object({ processId: z.string() })),
);
export const ProcessTerminateResult = schema('ProcessTerminateResult', () => z.object({ running: z.boolean() }));

export const ProcessOutputNotification = schema('ProcessOutputNotification', () =>
  z.object({ processId: z.string(), seq: uint(), stream: stream(), chunk: z.string() }),
);
export const ExecProcessExitedNotification = schema('ExecProcessExitedNotification', () =>
  z.object({ processId: z.string(), seq: uint(), exitCode: z.int(), sandboxDenied: z.optional(z.boolean()) }),
);
export const ProcessClosedNotification = schema('ProcessClosedNotification', () => z.object({ processId: z.string(), seq: uint() }));

export const processRequests = {
  'process/start': request({
    doc: 'Starts a process under an id the client chose; its output arrives as events.',
    params: ProcessStartParams,
    result: ProcessStartResult,
  }),
  'process/read': request({
    doc: 'Retained output after a sequence number; may wait for the next.',
    params: ProcessReadParams,
    result: ProcessReadResult,
  }),
  'process/write': request({
    doc: 'Bytes for stdin, applied once per write id.',
    params: ProcessWriteParams,
    result: ProcessWriteResult,
  }),
  'process/signal': request({ doc: 'Interrupts the process group.', params: ProcessSignalParams, result: Empty }),
  'process/terminate': request({ doc: 'Kills the process group.', params: ProcessTerminateParams, result: ProcessTerminateResult }),
} as const;

export const processNotifications = {
  'process/output': notification({ doc: 'A chunk of output.', params: ProcessOutputNotification }),
  'process/exited': notification({ doc: 'The process ended; output may follow.', params: ExecProcessExitedNotification }),
  'process/closed': notification({ doc: 'The process ended and its output is complete.', params: ProcessClosedNotification }),
} as const;
