/** The automatic reviewer of actions, side questions and approved plans (a vendor surface). */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { Empty, int64, json, opt, uint16 } from '../fields.ts';
import { inThread } from '../lanes.ts';
import { RequestId } from './content.ts';
import { ReasoningEffort } from './model-settings.ts';
import { NetworkApprovalProtocol, RequestPermissionProfile } from './policy.ts';

export const GuardianCommandSource = schema('GuardianCommandSource', () => z.enum(['shell', 'unifiedExec']));
export type GuardianCommandSource = Out<typeof GuardianCommandSource>;

export const GuardianApprovalReviewAction = schema('GuardianApprovalReviewAction', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('command'), source: GuardianCommandSource(), command: z.string(), cwd: z.string() }),
    z.object({
      type: z.literal('execve'),
      source: GuardianCommandSource(),
      program: z.string(),
      argv: z.array(z.string()),
      cwd: z.string(),
    }),
    z.object({ type: z.literal('writeStdin'), approvalId: z.string(), processId: z.string(), stdin: z.string(), cwd: z.string() }),
    z.object({ type: z.literal('applyPatch'), cwd: z.string(), files: z.array(z.string()) }),
    z.object({
      type: z.literal('networkAccess'),
      target: z.string(),
      host: z.string(),
      protocol: NetworkApprovalProtocol(),
      port: uint16(),
    }),
    z.object({
      type: z.literal('mcpToolCall'),
      server: z.string(),
      toolName: z.string(),
      connectorId: z.nullable(z.string()),
      connectorName: z.nullable(z.string()),
      toolTitle: z.nullable(z.string()),
    }),
    z.object({ type: z.literal('requestPermissions'), reason: z.nullable(z.string()), permissions: RequestPermissionProfile() }),
  ]),
);
export type GuardianApprovalReviewAction = Out<typeof GuardianApprovalReviewAction>;

export const GuardianApprovalReviewStatus = schema('GuardianApprovalReviewStatus', () =>
  z.enum(['inProgress', 'approved', 'denied', 'timedOut', 'aborted']),
);
export type GuardianApprovalReviewStatus = Out<typeof GuardianApprovalReviewStatus>;

export const GuardianRiskLevel = schema('GuardianRiskLevel', () => z.enum(['low', 'medium', 'high', 'critical']));
export type GuardianRiskLevel = Out<typeof GuardianRiskLevel>;

export const GuardianUserAuthorization = schema('GuardianUserAuthorization', () => z.enum(['unknown', 'low', 'medium', 'high']));
export type GuardianUserAuthorization = Out<typeof GuardianUserAuthorization>;

export const GuardianApprovalReview = schema('GuardianApprovalReview', () =>
  z.object({
    status: GuardianApprovalReviewStatus(),
    riskLevel: z.nullable(GuardianRiskLevel()),
    userAuthorization: z.nullable(GuardianUserAuthorization()),
    rationale: z.nullable(z.string()),
  }),
);
export type GuardianApprovalReview = Out<typeof GuardianApprovalReview>;

export const GuardianAssessmentOutcome = schema('GuardianAssessmentOutcome', () => z.enum(['allow', 'deny']));
export type GuardianAssessmentOutcome = Out<typeof GuardianAssessmentOutcome>;

export const ThreadGuardianAssessment = schema('ThreadGuardianAssessment', () =>
  z.object({
    outcome: GuardianAssessmentOutcome(),
    riskLevel: GuardianRiskLevel(),
    userAuthorization: GuardianUserAuthorization(),
    rationale: z.string(),
  }),
);
export type ThreadGuardianAssessment = Out<typeof ThreadGuardianAssessment>;

export const AutoReviewDecisionSource = schema('AutoReviewDecisionSource', () => z.literal('agent'));
export type AutoReviewDecisionSource = Out<typeof AutoReviewDecisionSource>;

export const ThreadSampleParams = schema('ThreadSampleParams', () =>
  z.object({
    threadId: z.string(),
    expectedTurnId: z.string(),
    allowInProgressTurn: z._default(z.boolean(), false),
    prompt: z.string(),
    effort: opt(ReasoningEffort()),
    threadSource: opt(z.string()),
    turnTrigger: opt(z.string()),
    responsesapiClientMetadata: opt(z.record(z.string(), z.string())),
    disableMcp: z._default(z.boolean(), false),
    interruptOnCancel: opt(z.boolean()),
  }),
);
export type ThreadSampleParams = Out<typeof ThreadSampleParams>;

export const ThreadSampleResponse = schema('ThreadSampleResponse', () =>
  z.object({
    sourceTurnId: z.string(),
    responseId: z.string(),
    text: z.nullable(z.string()),
    inputTokens: z.nullable(int64()),
    cachedInputTokens: z.nullable(int64()),
    outputTokens: z.nullable(int64()),
  }),
);
export type ThreadSampleResponse = Out<typeof ThreadSampleResponse>;

export const ThreadSampleCancelParams = schema('ThreadSampleCancelParams', () => z.object({ requestId: RequestId() }));
export type ThreadSampleCancelParams = Out<typeof ThreadSampleCancelParams>;

export const ThreadApproveGuardianDeniedActionParams = schema('ThreadApproveGuardianDeniedActionParams', () =>
  z.object({ threadId: z.string(), event: json() }),
);
export type ThreadApproveGuardianDeniedActionParams = Out<typeof ThreadApproveGuardianDeniedActionParams>;

export const ThreadGuardianReviewParams = schema('ThreadGuardianReviewParams', () => z.object({ threadId: z.string() }));
export type ThreadGuardianReviewParams = Out<typeof ThreadGuardianReviewParams>;

export const ThreadGuardianReviewResponse = schema('ThreadGuardianReviewResponse', () =>
  z.object({ callId: z.string(), assessment: z.nullable(ThreadGuardianAssessment()) }),
);
export type ThreadGuardianReviewResponse = Out<typeof ThreadGuardianReviewResponse>;

export const ThreadPrepareApprovedPlanParams = schema('ThreadPrepareApprovedPlanParams', () =>
  z.object({ threadId: z.string(), markdown: z.string(), attachmentPath: opt(z.string()) }),
);
export type ThreadPrepareApprovedPlanParams = Out<typeof ThreadPrepareApprovedPlanParams>;

export const ThreadPrepareApprovedPlanResponse = schema('ThreadPrepareApprovedPlanResponse', () => z.object({ prompt: z.string() }));
export type ThreadPrepareApprovedPlanResponse = Out<typeof ThreadPrepareApprovedPlanResponse>;

export const ItemGuardianApprovalReviewStartedNotification = schema('ItemGuardianApprovalReviewStartedNotification', () =>
  z.object({
    threadId: z.string(),
    turnId: z.string(),
    startedAtMs: int64(),
    reviewId: z.string(),
    targetItemId: z.nullable(z.string()),
    review: GuardianApprovalReview(),
    action: GuardianApprovalReviewAction(),
  }),
);
export type ItemGuardianApprovalReviewStartedNotification = Out<typeof ItemGuardianApprovalReviewStartedNotification>;

export const ItemGuardianApprovalReviewCompletedNotification = schema('ItemGuardianApprovalReviewCompletedNotification', () =>
  z.object({
    threadId: z.string(),
    turnId: z.string(),
    startedAtMs: int64(),
    completedAtMs: int64(),
    reviewId: z.string(),
    targetItemId: z.nullable(z.string()),
    decisionSource: AutoReviewDecisionSource(),
    review: GuardianApprovalReview(),
    action: GuardianApprovalReviewAction(),
  }),
);
export type ItemGuardianApprovalReviewCompletedNotification = Out<typeof ItemGuardianApprovalReviewCompletedNotification>;

export const StrictReviewRequiredNotification = schema('StrictReviewRequiredNotification', () =>
  z.object({ threadId: z.string(), turnId: z.string(), startedAtMs: int64() }),
);
export type StrictReviewRequiredNotification = Out<typeof StrictReviewRequiredNotification>;

export const GuardianWarningNotification = schema('GuardianWarningNotification', () =>
  z.object({ threadId: z.string(), message: z.string() }),
);
export type GuardianWarningNotification = Out<typeof GuardianWarningNotification>;

export const guardianRequests = {
  'thread/sample': request({
    doc: 'Asks the model one side question about a thread without recording it.',
    params: ThreadSampleParams,
    result: ThreadSampleResponse,
    experimental: true,
  }),
  'thread/sample/cancel': request({ doc: 'Stops a side question.', params: ThreadSampleCancelParams, result: Empty, experimental: true }),
  'thread/approveGuardianDeniedAction': request({
    doc: 'Lets an action pass that the automatic reviewer refused.',
    params: ThreadApproveGuardianDeniedActionParams,
    result: Empty,
    lane: inThread,
  }),
  'thread/guardianReview': request({
    doc: "Asks the automatic reviewer to judge a thread's action.",
    params: ThreadGuardianReviewParams,
    result: ThreadGuardianReviewResponse,
    experimental: true,
  }),
  'thread/prepareApprovedPlan': request({
    doc: 'Stores an approved plan for the turn that carries it out.',
    params: ThreadPrepareApprovedPlanParams,
    result: ThreadPrepareApprovedPlanResponse,
    lane: inThread,
    experimental: true,
  }),
} as const;

export const guardianNotifications = {
  'item/autoApprovalReview/started': notification({
    doc: 'The automatic reviewer began to judge an action.',
    params: ItemGuardianApprovalReviewStartedNotification,
  }),
  'item/autoApprovalReview/completed': notification({
    doc: 'The automatic reviewer judged an action.',
    params: ItemGuardianApprovalReviewCompletedNotification,
  }),
  'autoApprovalReview/strictReviewRequired': notification({
    doc: 'The automatic reviewer now judges every action.',
    params: StrictReviewRequiredNotification,
  }),
  guardianWarning: notification({ doc: 'A warning of the automatic reviewer.', params: GuardianWarningNotification }),
} as const;
