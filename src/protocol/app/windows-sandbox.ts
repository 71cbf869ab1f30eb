/** Preparing the sandbox on Windows. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { absolutePath, NoParams, opt, uint } from '../fields.ts';
import { exclusive } from '../lanes.ts';

export const WindowsSandboxSetupMode = schema('WindowsSandboxSetupMode', () => z.enum(['elevated', 'unelevated']));
export type WindowsSandboxSetupMode = Out<typeof WindowsSandboxSetupMode>;

export const WindowsSandboxReadiness = schema('WindowsSandboxReadiness', () => z.enum(['ready', 'notConfigured', 'updateRequired']));
export type WindowsSandboxReadiness = Out<typeof WindowsSandboxReadiness>;

export const WindowsSandboxSetupStartParams = schema('WindowsSandboxSetupStartParams', () =>
  z.object({ mode: WindowsSandboxSetupMode(), cwd: opt(absolutePath()) }),
);
export type WindowsSandboxSetupStartParams = Out<typeof WindowsSandboxSetupStartParams>;

export const WindowsSandboxSetupStartResponse = schema('WindowsSandboxSetupStartResponse', () => z.object({ started: z.boolean() }));
export type WindowsSandboxSetupStartResponse = Out<typeof WindowsSandboxSetupStartResponse>;

export const WindowsSandboxReadinessResponse = schema('WindowsSandboxReadinessResponse', () =>
  z.object({ status: WindowsSandboxReadiness() }),
);
export type WindowsSandboxReadinessResponse = Out<typeof WindowsSandboxReadinessResponse>;

export const WindowsWorldWritableWarningNotification = schema('WindowsWorldWritableWarningNotification', () =>
  z.object({ samplePaths: z.array(z.string()), extraCount: uint(), failedScan: z.boolean() }),
);
export type WindowsWorldWritableWarningNotification = Out<typeof WindowsWorldWritableWarningNotification>;

export const WindowsSandboxSetupCompletedNotification = schema('WindowsSandboxSetupCompletedNotification', () =>
  z.object({ mode: WindowsSandboxSetupMode(), success: z.boolean(), error: z.nullable(z.string()) }),
);
export type WindowsSandboxSetupCompletedNotification = Out<typeof WindowsSandboxSetupCompletedNotification>;

export const windowsSandboxRequests = {
  'windowsSandbox/setupStart': request({
    doc: 'Prepares the Windows sandbox.',
    params: WindowsSandboxSetupStartParams,
    result: WindowsSandboxSetupStartResponse,
    lane: exclusive('windows-sandbox-setup'),
  }),
  'windowsSandbox/readiness': request({
    doc: 'Tells whether the Windows sandbox is ready.',
    params: NoParams,
    result: WindowsSandboxReadinessResponse,
    lane: exclusive('config'),
    noParams: true,
  }),
} as const;

export const windowsSandboxNotifications = {
  'windows/worldWritableWarning': notification({
    doc: 'Directories that everyone may write weaken the sandbox.',
    params: WindowsWorldWritableWarningNotification,
  }),
  'windowsSandbox/setupCompleted': notification({
    doc: 'Preparing the Windows sandbox ended.',
    params: WindowsSandboxSetupCompletedNotification,
  }),
} as const;
