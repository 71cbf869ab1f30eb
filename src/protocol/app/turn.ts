/** The turn, its errors, and the methods that start, steer and end one. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { absolutePath, Empty, experimental, int64, json, opt, pathString, uint16 } from '../fields.ts';
import { inThread } from '../lanes.ts';
import { FunctionCallOutputBody, UserInput } from './content.ts';
import { ThreadItem } from './item.ts';
import { CollaborationMode, CyberAccessProgram, MultiAgentMode, Personality, ReasoningEffort, ReasoningSummary } from './model-settings.ts';
import { ApprovalsReviewer, AskForApproval, SandboxPolicy } from './policy.ts';

export const AdditionalContextKind = schema('AdditionalContextKind', () => z.enum(['untrusted', 'application']));
export type AdditionalContextKind = Out<typeof AdditionalContextKind>;

export const AdditionalContextEntry = schema('AdditionalContextEntry', () =>
  z.object({ value: z.string(), kind: AdditionalContextKind(), name: opt(z.string()) }),
);
export type AdditionalContextEntry = Out<typeof AdditionalContextEntry>;

/** Selects an environment for a turn; `cwd` is absolute in that environment's notation. */
export const TurnEnvironmentParams = schema('TurnEnvironmentParams', () =>
  z.object({ environmentId: z.string(), cwd: z.string(), runtimeWorkspaceRoots: opt(z.array(z.string())) }),
);
export type TurnEnvironmentParams = Out<typeof TurnEnvironmentParams>;

/** `notLoaded`: empty on purpose; `summary`: user messages and the final answer; `full`: everything. */
export const TurnItemsView = schema('TurnItemsView', () => z.enum(['notLoaded', 'summary', 'full']));
export type TurnItemsView = Out<typeof TurnItemsView>;

/** Tokens of one response or of a whole thread. */
export const TokenUsageBreakdown = schema('TokenUsageBreakdown', () =>
  z.object({
    totalTokens: int64(),
    inputTokens: int64(),
    cachedInputTokens: int64(),
    cacheWriteInputTokens: int64(),
    outputTokens: int64(),
    reasoningOutputTokens: int64(),
  }),
);
export type TokenUsageBreakdown = Out<typeof TokenUsageBreakdown>;

export const TurnPlanStepStatus = schema('TurnPlanStepStatus', () => z.enum(['pending', 'inProgress', 'completed']));
export type TurnPlanStepStatus = Out<typeof TurnPlanStepStatus>;

export const TurnPlanStep = schema('TurnPlanStep', () => z.object({ step: z.string(), status: TurnPlanStepStatus() }));
export type TurnPlanStep = Out<typeof TurnPlanStep>;

/** `inProgress` until the turn ends in one of the other three ways. */
export const TurnStatus = schema('TurnStatus', () => z.enum(['completed', 'interrupted', 'failed', 'inProgress']));
export type TurnStatus = Out<typeof TurnStatus>;

export const NonSteerableTurnKind = schema('NonSteerableTurnKind', () => z.enum(['review', 'compact']));
export type NonSteerableTurnKind = Out<typeof NonSteerableTurnKind>;

/** The kind of a turn's error. Clients must expect kinds that they do not know. */
export const CodexErrorInfo = schema('CodexErrorInfo', () =>
  z.union([
    z.enum([
      'contextWindowExceeded',
      'sessionBudgetExceeded',
      'usageLimitExceeded',
      'rateLimitExceeded',
      'flexUnavailable',
      'serverOverloaded',
      'modelNotFound',
      'policyCapacityUnavailable',
      'inferenceHookDenied',
      'cyberPolicy',
      'misalignmentPolicyViolation',
      'tooManyDenials',
    ]),
    z.object({ httpConnectionFailed: z.object({ httpStatusCode: z.nullable(uint16()) }) }),
    z.object({ responseStreamConnectionFailed: z.object({ httpStatusCode: z.nullable(uint16()) }) }),
    z.enum(['internalServerError', 'unauthorized', 'badRequest', 'threadRollbackFailed', 'sandboxError']),
    z.object({ responseStreamDisconnected: z.object({ httpStatusCode: z.nullable(uint16()) }) }),
    z.object({ responseTooManyFailedAttempts: z.object({ httpStatusCode: z.nullable(uint16()) }) }),
    z.object({ activeTurnNotSteerable: z.object({ turnKind: NonSteerableTurnKind() }) }),
    z.literal('other'),
  ]),
);
export type CodexErrorInfo = Out<typeof CodexErrorInfo>;

export const MisalignmentSteer = schema('MisalignmentSteer', () => z.object({ message: z.string() }));
export type MisalignmentSteer = Out<typeof MisalignmentSteer>;

export const MisalignmentErrorDetails = schema('MisalignmentErrorDetails', () =>
  z.object({
    errorType: z.nullable(z.string()),
    detailedExplanation: z.nullable(z.string()),
    steer: z.nullable(MisalignmentSteer()),
    reviewTarget: z.nullish(z.string()),
  }),
);
export type MisalignmentErrorDetails = Out<typeof MisalignmentErrorDetails>;

/** Why a turn failed or a request to the model is being repeated. */
export const TurnError = schema('TurnError', () =>
  z.object({
    message: z.string(),
    codexErrorInfo: z.nullable(CodexErrorInfo()),
    additionalDetails: z.nullable(z.string()),
    misalignment: z.nullable(MisalignmentErrorDetails()),
  }),
);
export type TurnError = Out<typeof TurnError>;

/** One round of work on user input. `itemsView` says what `items` holds; times are Unix seconds. */
export const Turn = schema('Turn', () =>
  z.object({
    id: z.string(),
    rootTurnId: z.nullable(z.string()),
    items: z.array(ThreadItem()),
    itemsView: TurnItemsView(),
    status: TurnStatus(),
    error: z.nullable(TurnError()),
    startedAt: z.nullable(int64()),
    completedAt: z.nullable(int64()),
    durationMs: z.nullable(int64()),
  }),
);
export type Turn = Out<typeof Turn>;

export const TurnsPage = schema('TurnsPage', () =>
  z.object({ data: z.array(Turn()), nextCursor: z.nullable(z.string()), backwardsCursor: z.nullable(z.string()) }),
);
export type TurnsPage = Out<typeof TurnsPage>;

export const TurnToolOutput = schema('TurnToolOutput', () =>
  z.object({ name: z.string(), namespace: opt(z.string()), output: FunctionCallOutputBody(), retain: z._default(z.boolean(), false) }),
);
export type TurnToolOutput = Out<typeof TurnToolOutput>;

export const TurnSettingsUpdateStatus = schema('TurnSettingsUpdateStatus', () => z.enum(['applied', 'targetUnavailable']));
export type TurnSettingsUpdateStatus = Out<typeof TurnSettingsUpdateStatus>;

export const TurnStartParams = schema('TurnStartParams', () =>
  z.object({
    threadId: z.string(),
    disabledPluginIds: opt(z.array(z.string())),
    clientUserMessageId: opt(z.string()),
    input: z.array(UserInput()),
    turnTrigger: opt(z.string()),
    parentTurnId: opt(z.string()),
    rootTurnId: opt(z.string()),
    toolOutput: opt(TurnToolOutput()),
    responsesapiClientMetadata: experimental(opt(z.record(z.string(), z.string()))),
    responsesapiClientMetadataPatch: experimental(opt(z.record(z.string(), z.string()))),
    additionalContext: experimental(opt(z.record(z.string(), AdditionalContextEntry()))),
    environments: experimental(opt(z.array(TurnEnvironmentParams()))),
    cwd: opt(pathString()),
    runtimeWorkspaceRoots: experimental(opt(z.array(absolutePath()))),
    approvalPolicy: opt(AskForApproval()),
    approvalsReviewer: opt(ApprovalsReviewer()),
    sandboxPolicy: opt(SandboxPolicy()),
    permissions: experimental(opt(z.string())),
    model: opt(z.string()),
    serviceTier: z.nullish(z.string()),
    serviceTierForTurn: opt(z.string()),
    effort: opt(ReasoningEffort()),
    summary: opt(ReasoningSummary()),
    personality: opt(Personality()),
    outputSchema: opt(z.unknown()),
    collaborationMode: experimental(opt(CollaborationMode())),
    multiAgentMode: experimental(opt(MultiAgentMode())),
    cyberAccessProgram: experimental(opt(CyberAccessProgram())),
  }),
);
export type TurnStartParams = Out<typeof TurnStartParams>;

export const TurnStartResponse = schema('TurnStartResponse', () => z.object({ turn: Turn() }));
export type TurnStartResponse = Out<typeof TurnStartResponse>;

export const TurnSettingsUpdateParams = schema('TurnSettingsUpdateParams', () =>
  z.object({
    threadId: z.string(),
    turnId: z.string(),
    approvalsReviewer: opt(ApprovalsReviewer()),
    environments: opt(z.array(TurnEnvironmentParams())),
    model: opt(z.string()),
    effort: opt(ReasoningEffort()),
    summary: opt(ReasoningSummary()),
    serviceTier: z.nullish(z.string()),
  }),
);
export type TurnSettingsUpdateParams = Out<typeof TurnSettingsUpdateParams>;

export const TurnSettingsUpdateResponse = schema('TurnSettingsUpdateResponse', () => z.object({ status: TurnSettingsUpdateStatus() }));
export type TurnSettingsUpdateResponse = Out<typeof TurnSettingsUpdateResponse>;

export const TurnSteerParams = schema('TurnSteerParams', () =>
  z.object({
    threadId: z.string(),
    clientUserMessageId: opt(z.string()),
    input: z.array(UserInput()),
    responsesapiClientMetadata: experimental(opt(z.record(z.string(), z.string()))),
    responsesapiClientMetadataPatch: experimental(opt(z.record(z.string(), z.string()))),
    additionalContext: experimental(opt(z.record(z.string(), AdditionalContextEntry()))),
    expectedTurnId: z.string(),
  }),
);
export type TurnSteerParams = Out<typeof TurnSteerParams>;

export const TurnSteerResponse = schema('TurnSteerResponse', () => z.object({ turnId: z.string() }));
export type TurnSteerResponse = Out<typeof TurnSteerResponse>;

export const TurnInterruptParams = schema('TurnInterruptParams', () => z.object({ threadId: z.string(), turnId: z.string() }));
export type TurnInterruptParams = Out<typeof TurnInterruptParams>;

export const TurnStartedNotification = schema('TurnStartedNotification', () => z.object({ threadId: z.string(), turn: Turn() }));
export type TurnStartedNotification = Out<typeof TurnStartedNotification>;

export const TurnCompletedNotification = schema('TurnCompletedNotification', () => z.object({ threadId: z.string(), turn: Turn() }));
export type TurnCompletedNotification = Out<typeof TurnCompletedNotification>;

export const TurnDiffUpdatedNotification = schema('TurnDiffUpdatedNotification', () =>
  z.object({ threadId: z.string(), turnId: z.string(), diff: z.string() }),
);
export type TurnDiffUpdatedNotification = Out<typeof TurnDiffUpdatedNotification>;

export const TurnPlanUpdatedNotification = schema('TurnPlanUpdatedNotification', () =>
  z.object({ threadId: z.string(), turnId: z.string(), explanation: z.nullable(z.string()), plan: z.array(TurnPlanStep()) }),
);
export type TurnPlanUpdatedNotification = Out<typeof TurnPlanUpdatedNotification>;

export const TurnModerationMetadataNotification = schema('TurnModerationMetadataNotification', () =>
  z.object({ threadId: z.string(), turnId: z.string(), metadata: json() }),
);
export type TurnModerationMetadataNotification = Out<typeof TurnModerationMetadataNotification>;

export const turnRequests = {
  'turn/start': request({
    doc: 'Adds user input and begins a turn, or steers the running one.',
    params: TurnStartParams,
    result: TurnStartResponse,
    lane: inThread,
  }),
  'turn/settings/update': request({
    doc: 'Changes settings of the running turn.',
    params: TurnSettingsUpdateParams,
    result: TurnSettingsUpdateResponse,
    lane: inThread,
    experimental: true,
  }),
  'turn/steer': request({
    doc: 'Adds user input to the running turn.',
    params: TurnSteerParams,
    result: TurnSteerResponse,
    lane: inThread,
  }),
  'turn/interrupt': request({
    doc: 'Ends the running turn; answers when it has ended.',
    params: TurnInterruptParams,
    result: Empty,
    // It waits for the end of the turn; another one meanwhile waits for the same.
    lane: { ...inThread, shared: true },
  }),
} as const;

export const turnNotifications = {
  'turn/started': notification({ doc: 'A turn began.', params: TurnStartedNotification }),
  'turn/completed': notification({ doc: 'A turn ended; the last notification of that turn.', params: TurnCompletedNotification }),
  'turn/diff/updated': notification({ doc: "The combined diff of a turn's file changes.", params: TurnDiffUpdatedNotification }),
  'turn/plan/updated': notification({ doc: "The model's plan and its progress.", params: TurnPlanUpdatedNotification }),
  'turn/moderationMetadata': notification({ doc: 'Moderation facts about a turn.', params: TurnModerationMetadataNotification }),
} as const;
