/** One-off commands outside any thread. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { Empty, experimental, int64, opt, pathString, uint16, usize } from '../fields.ts';
import { perCommand } from '../lanes.ts';
import { SandboxPolicy } from './policy.ts';

export const CommandExecTerminalSize = schema('CommandExecTerminalSize', () => z.object({ rows: uint16(), cols: uint16() }));
export type CommandExecTerminalSize = Out<typeof CommandExecTerminalSize>;

export const CommandExecOutputStream = schema('CommandExecOutputStream', () => z.enum(['stdout', 'stderr']));
export type CommandExecOutputStream = Out<typeof CommandExecOutputStream>;

export const CommandExecParams = schema('CommandExecParams', () =>
  z.object({
    command: z.array(z.string()),
    processId: opt(z.string()),
    tty: z._default(z.boolean(), false),
    streamStdin: z._default(z.boolean(), false),
    streamStdoutStderr: z._default(z.boolean(), false),
    outputBytesCap: opt(usize()),
    disableOutputCap: z._default(z.boolean(), false),
    disableTimeout: z._default(z.boolean(), false),
    timeoutMs: opt(int64()),
    cwd: opt(pathString()),
    env: opt(z.record(z.string(), z.nullable(z.string()))),
    size: opt(CommandExecTerminalSize()),
    sandboxPolicy: opt(SandboxPolicy()),
    permissionProfile: experimental(opt(z.string())),
  }),
);
export type CommandExecParams = Out<typeof CommandExecParams>;

export const CommandExecResponse = schema('CommandExecResponse', () =>
  z.object({ exitCode: z.int32(), stdout: z.string(), stderr: z.string() }),
);
export type CommandExecResponse = Out<typeof CommandExecResponse>;

export const CommandExecWriteParams = schema('CommandExecWriteParams', () =>
  z.object({ processId: z.string(), deltaBase64: opt(z.string()), closeStdin: z._default(z.boolean(), false) }),
);
export type CommandExecWriteParams = Out<typeof CommandExecWriteParams>;

export const CommandExecTerminateParams = schema('CommandExecTerminateParams', () => z.object({ processId: z.string() }));
export type CommandExecTerminateParams = Out<typeof CommandExecTerminateParams>;

export const CommandExecResizeParams = schema('CommandExecResizeParams', () =>
  z.object({ processId: z.string(), size: CommandExecTerminalSize() }),
);
export type CommandExecResizeParams = Out<typeof CommandExecResizeParams>;

export const CommandExecOutputDeltaNotification = schema('CommandExecOutputDeltaNotification', () =>
  z.object({ processId: z.string(), stream: CommandExecOutputStream(), deltaBase64: z.string(), capReached: z.boolean() }),
);
export type CommandExecOutputDeltaNotification = Out<typeof CommandExecOutputDeltaNotification>;

export const commandRequests = {
  'command/exec': request({
    doc: 'Runs one command outside any thread; answers when it has ended.',
    params: CommandExecParams,
    result: CommandExecResponse,
  }),
  'command/exec/write': request({
    doc: 'Writes to the stdin of a command, or closes it.',
    params: CommandExecWriteParams,
    result: Empty,
    lane: perCommand,
  }),
  'command/exec/terminate': request({ doc: 'Ends a command.', params: CommandExecTerminateParams, result: Empty, lane: perCommand }),
  'command/exec/resize': request({
    doc: 'Changes the terminal size of a command.',
    params: CommandExecResizeParams,
    result: Empty,
    lane: perCommand,
  }),
} as const;

export const commandNotifications = {
  'command/exec/outputDelta': notification({ doc: 'Output of a command.', params: CommandExecOutputDeltaNotification }),
} as const;
