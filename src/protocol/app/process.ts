/** Processes that a client starts outside any thread, without sandbox. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { absolutePath, Empty, int64, opt, uint16, usize } from '../fields.ts';
import { perProcess } from '../lanes.ts';

export const ProcessTerminalSize = schema('ProcessTerminalSize', () => z.object({ rows: uint16(), cols: uint16() }));
export type ProcessTerminalSize = Out<typeof ProcessTerminalSize>;

export const ProcessOutputStream = schema('ProcessOutputStream', () => z.enum(['stdout', 'stderr']));
export type ProcessOutputStream = Out<typeof ProcessOutputStream>;

/** A process to start. For `outputBytesCap` and `timeoutMs` null means no limit, absence the default. */
export const ProcessSpawnParams = schema('ProcessSpawnParams', () =>
  z.object({
    command: z.array(z.string()),
    processHandle: z.string(),
    cwd: absolutePath(),
    tty: z._default(z.boolean(), false),
    streamStdin: z._default(z.boolean(), false),
    streamStdoutStderr: z._default(z.boolean(), false),
    outputBytesCap: z.nullish(usize()),
    timeoutMs: z.nullish(int64()),
    env: opt(z.record(z.string(), z.nullable(z.string()))),
    size: opt(ProcessTerminalSize()),
  }),
);
export type ProcessSpawnParams = Out<typeof ProcessSpawnParams>;

export const ProcessWriteStdinParams = schema('ProcessWriteStdinParams', () =>
  z.object({ processHandle: z.string(), deltaBase64: opt(z.string()), closeStdin: z._default(z.boolean(), false) }),
);
export type ProcessWriteStdinParams = Out<typeof ProcessWriteStdinParams>;

export const ProcessKillParams = schema('ProcessKillParams', () => z.object({ processHandle: z.string() }));
export type ProcessKillParams = Out<typeof ProcessKillParams>;

export const ProcessResizePtyParams = schema('ProcessResizePtyParams', () =>
  z.object({ processHandle: z.string(), size: ProcessTerminalSize() }),
);
export type ProcessResizePtyParams = Out<typeof ProcessResizePtyParams>;

export const ProcessOutputDeltaNotification = schema('ProcessOutputDeltaNotification', () =>
  z.object({ processHandle: z.string(), stream: ProcessOutputStream(), deltaBase64: z.string(), capReached: z.boolean() }),
);
export type ProcessOutputDeltaNotification = Out<typeof ProcessOutputDeltaNotification>;

export const ProcessExitedNotification = schema('ProcessExitedNotification', () =>
  z.object({
    processHandle: z.string(),
    exitCode: z.int32(),
    outputDrainTimedOut: z.nullish(z.boolean()),
    stdout: z.string(),
    stdoutCapReached: z.boolean(),
    stderr: z.string(),
    stderrCapReached: z.boolean(),
  }),
);
export type ProcessExitedNotification = Out<typeof ProcessExitedNotification>;

export const processRequests = {
  'process/spawn': request({
    doc: 'Starts a process without sandbox; output and exit come as notifications.',
    params: ProcessSpawnParams,
    result: Empty,
    lane: perProcess,
    experimental: true,
  }),
  'process/writeStdin': request({
    doc: 'Writes to the stdin of a process, or closes it.',
    params: ProcessWriteStdinParams,
    result: Empty,
    lane: perProcess,
    experimental: true,
  }),
  'process/kill': request({ doc: 'Ends a process.', params: ProcessKillParams, result: Empty, lane: perProcess, experimental: true }),
  'process/resizePty': request({
    doc: 'Changes the terminal size of a process.',
    params: ProcessResizePtyParams,
    result: Empty,
    lane: perProcess,
    experimental: true,
  }),
} as const;

export const processNotifications = {
  'process/outputDelta': notification({ doc: 'Output of a process.', params: ProcessOutputDeltaNotification }),
  'process/exited': notification({ doc: 'A process ended.', params: ProcessExitedNotification }),
} as const;
