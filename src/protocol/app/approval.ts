/** Questions to the client: may this command run, this patch be applied, these permissions be granted? */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { experimental, int64, opt } from '../fields.ts';
import { RequestId } from './content.ts';
import { CommandAction } from './item.ts';
import {
  AdditionalPermissionProfile,
  ExecPolicyAmendment,
  GrantedPermissionProfile,
  NetworkApprovalContext,
  NetworkPolicyAmendment,
  PermissionGrantScope,
  RequestPermissionProfile,
} from './policy.ts';

/** The answer to a patch approval: how far it reaches, and whether the turn goes on. */
export const FileChangeApprovalDecision = schema('FileChangeApprovalDecision', () =>
  z.enum(['accept', 'acceptForSession', 'decline', 'cancel']),
);
export type FileChangeApprovalDecision = Out<typeof FileChangeApprovalDecision>;

/** The answer to a command approval: how far it reaches, and whether the turn goes on. */
export const CommandExecutionApprovalDecision = schema('CommandExecutionApprovalDecision', () =>
  z.union([
    z.enum(['accept', 'acceptForSession']),
    z.object({ acceptWithExecpolicyAmendment: z.object({ execpolicy_amendment: ExecPolicyAmendment() }) }),
    z.object({ applyNetworkPolicyAmendment: z.object({ network_policy_amendment: NetworkPolicyAmendment() }) }),
    z.enum(['decline', 'cancel']),
  ]),
);
export type CommandExecutionApprovalDecision = Out<typeof CommandExecutionApprovalDecision>;

export const ReviewDecision = schema('ReviewDecision', () =>
  z.union([
    z.literal('approved'),
    z.object({ approved_execpolicy_amendment: z.object({ proposed_execpolicy_amendment: ExecPolicyAmendment() }) }),
    z.enum(['approved_for_session', 'approved_mcp_policy_amendment']),
    z.object({ network_policy_amendment: z.object({ network_policy_amendment: NetworkPolicyAmendment() }) }),
    z.object({ denied: z.object({ rejection: z.string() }) }),
    z.enum(['timed_out', 'abort']),
  ]),
);
export type ReviewDecision = Out<typeof ReviewDecision>;

export const ParsedCommand = schema('ParsedCommand', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('read'), cmd: z.string(), name: z.string(), path: z.string() }),
    z.object({ type: z.literal('list_files'), cmd: z.string(), path: z.nullable(z.string()) }),
    z.object({ type: z.literal('search'), cmd: z.string(), query: z.nullable(z.string()), path: z.nullable(z.string()) }),
    z.object({ type: z.literal('unknown'), cmd: z.string() }),
  ]),
);
export type ParsedCommand = Out<typeof ParsedCommand>;

export const FileChange = schema('FileChange', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('add'), content: z.string() }),
    z.object({ type: z.literal('delete'), content: z.string() }),
    z.object({ type: z.literal('update'), unified_diff: z.string(), move_path: z.nullable(z.string()) }),
  ]),
);
export type FileChange = Out<typeof FileChange>;

export const CommandExecutionApprovalKind = schema('CommandExecutionApprovalKind', () => z.enum(['command', 'humanCommand', 'writeStdin']));
export type CommandExecutionApprovalKind = Out<typeof CommandExecutionApprovalKind>;

export const CommandExecutionRequestApprovalParams = schema('CommandExecutionRequestApprovalParams', () =>
  z.object({
    kind: CommandExecutionApprovalKind(),
    threadId: z.string(),
    turnId: z.string(),
    itemId: z.string(),
    startedAtMs: int64(),
    approvalId: z.nullish(z.string()),
    environmentId: z.nullable(z.string()),
    reason: z.nullish(z.string()),
    networkApprovalContext: z.nullish(NetworkApprovalContext()),
    command: z.nullish(z.string()),
    cwd: z.nullish(z.string()),
    commandActions: z.nullish(z.array(CommandAction())),
    additionalPermissions: experimental(z.nullish(AdditionalPermissionProfile())),
    proposedExecpolicyAmendment: z.nullish(ExecPolicyAmendment()),
    proposedNetworkPolicyAmendments: z.nullish(z.array(NetworkPolicyAmendment())),
    availableDecisions: experimental(z.nullish(z.array(CommandExecutionApprovalDecision()))),
  }),
);
export type CommandExecutionRequestApprovalParams = Out<typeof CommandExecutionRequestApprovalParams>;

export const CommandExecutionRequestApprovalResponse = schema('CommandExecutionRequestApprovalResponse', () =>
  z.object({ decision: CommandExecutionApprovalDecision() }),
);
export type CommandExecutionRequestApprovalResponse = Out<typeof CommandExecutionRequestApprovalResponse>;

export const FileChangeRequestApprovalParams = schema('FileChangeRequestApprovalParams', () =>
  z.object({
    threadId: z.string(),
    turnId: z.string(),
    itemId: z.string(),
    startedAtMs: int64(),
    reason: z.nullable(z.string()),
    grantRoot: z.nullable(z.string()),
  }),
);
export type FileChangeRequestApprovalParams = Out<typeof FileChangeRequestApprovalParams>;

export const FileChangeRequestApprovalResponse = schema('FileChangeRequestApprovalResponse', () =>
  z.object({ decision: FileChangeApprovalDecision() }),
);
export type FileChangeRequestApprovalResponse = Out<typeof FileChangeRequestApprovalResponse>;

export const PermissionsRequestApprovalParams = schema('PermissionsRequestApprovalParams', () =>
  z.object({
    threadId: z.string(),
    turnId: z.string(),
    itemId: z.string(),
    environmentId: z.nullable(z.string()),
    startedAtMs: int64(),
    cwd: z.string(),
    reason: z.nullable(z.string()),
    permissions: RequestPermissionProfile(),
  }),
);
export type PermissionsRequestApprovalParams = Out<typeof PermissionsRequestApprovalParams>;

export const PermissionsRequestApprovalResponse = schema('PermissionsRequestApprovalResponse', () =>
  z.object({
    permissions: GrantedPermissionProfile(),
    scope: z._default(PermissionGrantScope(), 'turn'),
    strictAutoReview: opt(z.boolean()),
  }),
);
export type PermissionsRequestApprovalResponse = Out<typeof PermissionsRequestApprovalResponse>;

export const ApplyPatchApprovalParams = schema('ApplyPatchApprovalParams', () =>
  z.object({
    conversationId: z.string(),
    callId: z.string(),
    fileChanges: z.record(z.string(), FileChange()),
    reason: z.nullable(z.string()),
    grantRoot: z.nullable(z.string()),
  }),
);
export type ApplyPatchApprovalParams = Out<typeof ApplyPatchApprovalParams>;

export const ApplyPatchApprovalResponse = schema('ApplyPatchApprovalResponse', () => z.object({ decision: ReviewDecision() }));
export type ApplyPatchApprovalResponse = Out<typeof ApplyPatchApprovalResponse>;

export const ExecCommandApprovalParams = schema('ExecCommandApprovalParams', () =>
  z.object({
    conversationId: z.string(),
    callId: z.string(),
    approvalId: z.nullable(z.string()),
    command: z.array(z.string()),
    cwd: z.string(),
    reason: z.nullable(z.string()),
    parsedCmd: z.array(ParsedCommand()),
  }),
);
export type ExecCommandApprovalParams = Out<typeof ExecCommandApprovalParams>;

export const ExecCommandApprovalResponse = schema('ExecCommandApprovalResponse', () => z.object({ decision: ReviewDecision() }));
export type ExecCommandApprovalResponse = Out<typeof ExecCommandApprovalResponse>;

export const ServerRequestResolvedNotification = schema('ServerRequestResolvedNotification', () =>
  z.object({ threadId: z.string(), requestId: RequestId() }),
);
export type ServerRequestResolvedNotification = Out<typeof ServerRequestResolvedNotification>;

export const approvalServerRequests = {
  'item/commandExecution/requestApproval': request({
    doc: 'May this command run?',
    params: CommandExecutionRequestApprovalParams,
    result: CommandExecutionRequestApprovalResponse,
  }),
  'item/fileChange/requestApproval': request({
    doc: 'May this patch be applied?',
    params: FileChangeRequestApprovalParams,
    result: FileChangeRequestApprovalResponse,
  }),
  'item/permissions/requestApproval': request({
    doc: 'May the turn have these further permissions?',
    params: PermissionsRequestApprovalParams,
    result: PermissionsRequestApprovalResponse,
  }),
  applyPatchApproval: request({
    doc: 'May this patch be applied? Old name.',
    params: ApplyPatchApprovalParams,
    result: ApplyPatchApprovalResponse,
  }),
  execCommandApproval: request({
    doc: 'May this command run? Old name.',
    params: ExecCommandApprovalParams,
    result: ExecCommandApprovalResponse,
  }),
} as const;

export const approvalNotifications = {
  'serverRequest/resolved': notification({
    doc: 'A question to the client is settled; close its dialog.',
    params: ServerRequestResolvedNotification,
  }),
} as const;
