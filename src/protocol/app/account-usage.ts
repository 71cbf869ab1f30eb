/** Rate limits, credits and token usage of the account. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { int64, json, NoParams, opt, optionalParams } from '../fields.ts';
import { exclusive } from '../lanes.ts';

export const RateLimitWindow = schema('RateLimitWindow', () =>
  z.object({ usedPercent: z.int32(), windowDurationMins: z.nullable(int64()), resetsAt: z.nullable(int64()) }),
);
export type RateLimitWindow = Out<typeof RateLimitWindow>;

export const CreditsSnapshot = schema('CreditsSnapshot', () =>
  z.object({ hasCredits: z.boolean(), unlimited: z.boolean(), balance: z.nullable(z.string()) }),
);
export type CreditsSnapshot = Out<typeof CreditsSnapshot>;

export const SpendControlLimitSnapshot = schema('SpendControlLimitSnapshot', () =>
  z.object({ limit: z.string(), used: z.string(), remainingPercent: z.int32(), resetsAt: int64() }),
);
export type SpendControlLimitSnapshot = Out<typeof SpendControlLimitSnapshot>;

export const PlanType = schema('PlanType', () =>
  z.enum([
    'free',
    'go',
    'plus',
    'pro',
    'prolite',
    'promax',
    'team',
    'self_serve_business_prolite',
    'self_serve_business_usage_based',
    'business',
    'ent26',
    'enterprise_cbp_automation',
    'enterprise_cbp_usage_based',
    'enterprise',
    'edu',
    'edu_plus',
    'edu_pro',
    'sci',
    'sci_plus',
    'unknown',
  ]),
);
export type PlanType = Out<typeof PlanType>;

export const RateLimitReachedType = schema('RateLimitReachedType', () =>
  z.enum([
    'rate_limit_reached',
    'workspace_owner_credits_depleted',
    'workspace_member_credits_depleted',
    'workspace_owner_usage_limit_reached',
    'workspace_member_usage_limit_reached',
  ]),
);
export type RateLimitReachedType = Out<typeof RateLimitReachedType>;

export const RateLimitSnapshot = schema('RateLimitSnapshot', () =>
  z.object({
    limitId: z.nullable(z.string()),
    limitName: z.nullable(z.string()),
    normalModelSlug: z.nullable(z.string()),
    primary: z.nullable(RateLimitWindow()),
    secondary: z.nullable(RateLimitWindow()),
    credits: z.nullable(CreditsSnapshot()),
    individualLimit: z.nullable(SpendControlLimitSnapshot()),
    spendControlReached: z.nullable(z.boolean()),
    planType: z.nullable(PlanType()),
    rateLimitReachedType: z.nullable(RateLimitReachedType()),
  }),
);
export type RateLimitSnapshot = Out<typeof RateLimitSnapshot>;

export const WorkspaceMessageType = schema('WorkspaceMessageType', () => z.enum(['headline', 'announcement', 'unknown']));
export type WorkspaceMessageType = Out<typeof WorkspaceMessageType>;

export const WorkspaceMessage = schema('WorkspaceMessage', () =>
  z.object({
    messageId: z.string(),
    messageType: WorkspaceMessageType(),
    messageBody: z.string(),
    createdAt: z.nullable(int64()),
    archivedAt: z.nullable(int64()),
  }),
);
export type WorkspaceMessage = Out<typeof WorkspaceMessage>;

export const ThreadUsageBreakdownGroup = schema('ThreadUsageBreakdownGroup', () =>
  z.object({
    model: z.nullable(z.string()),
    reasoningEffort: z.nullable(z.string()),
    speed: z.nullable(z.string()),
    estimatedUsageCreditsMicros: int64(),
    netNewInputTokens: z.nullable(int64()),
    cachedInputTokens: z.nullable(int64()),
    inputTokens: z.nullable(int64()),
    outputTokens: z.nullable(int64()),
    totalTokens: z.nullable(int64()),
  }),
);
export type ThreadUsageBreakdownGroup = Out<typeof ThreadUsageBreakdownGroup>;

export const ThreadUsage = schema('ThreadUsage', () =>
  z.object({
    threadId: z.string(),
    estimatedUsageCreditsMicros: int64(),
    estimatedUsageUsdMicros: z.nullable(int64()),
    nativeUsageUsdMicros: z.nullish(int64()),
    groups: z.array(ThreadUsageBreakdownGroup()),
  }),
);
export type ThreadUsage = Out<typeof ThreadUsage>;

export const RateLimitResetType = schema('RateLimitResetType', () => z.enum(['codexRateLimits', 'unknown']));
export type RateLimitResetType = Out<typeof RateLimitResetType>;

export const RateLimitResetCreditStatus = schema('RateLimitResetCreditStatus', () =>
  z.enum(['available', 'redeeming', 'redeemed', 'unknown']),
);
export type RateLimitResetCreditStatus = Out<typeof RateLimitResetCreditStatus>;

export const RateLimitResetCredit = schema('RateLimitResetCredit', () =>
  z.object({
    id: z.string(),
    resetType: RateLimitResetType(),
    status: RateLimitResetCreditStatus(),
    grantedAt: int64(),
    expiresAt: z.nullable(int64()),
    title: z.nullable(z.string()),
    description: z.nullable(z.string()),
  }),
);
export type RateLimitResetCredit = Out<typeof RateLimitResetCredit>;

export const RateLimitResetCreditsSummary = schema('RateLimitResetCreditsSummary', () =>
  z.object({ availableCount: int64(), credits: z.nullable(z.array(RateLimitResetCredit())) }),
);
export type RateLimitResetCreditsSummary = Out<typeof RateLimitResetCreditsSummary>;

export const AddCreditsNudgeCreditType = schema('AddCreditsNudgeCreditType', () => z.enum(['credits', 'usage_limit']));
export type AddCreditsNudgeCreditType = Out<typeof AddCreditsNudgeCreditType>;

export const AddCreditsNudgeEmailStatus = schema('AddCreditsNudgeEmailStatus', () => z.enum(['sent', 'cooldown_active']));
export type AddCreditsNudgeEmailStatus = Out<typeof AddCreditsNudgeEmailStatus>;

export const AccountTokenUsageDailyBucket = schema('AccountTokenUsageDailyBucket', () =>
  z.object({ startDate: z.string(), tokens: int64() }),
);
export type AccountTokenUsageDailyBucket = Out<typeof AccountTokenUsageDailyBucket>;

export const AccountTokenUsageSummary = schema('AccountTokenUsageSummary', () =>
  z.object({
    lifetimeTokens: z.nullable(int64()),
    peakDailyTokens: z.nullable(int64()),
    longestRunningTurnSec: z.nullable(int64()),
    currentStreakDays: z.nullable(int64()),
    longestStreakDays: z.nullable(int64()),
  }),
);
export type AccountTokenUsageSummary = Out<typeof AccountTokenUsageSummary>;

export const ConsumeAccountRateLimitResetCreditOutcome = schema('ConsumeAccountRateLimitResetCreditOutcome', () =>
  z.enum(['reset', 'nothingToReset', 'noCredit', 'alreadyRedeemed']),
);
export type ConsumeAccountRateLimitResetCreditOutcome = Out<typeof ConsumeAccountRateLimitResetCreditOutcome>;

export const GetAccountRateLimitsParams = schema('GetAccountRateLimitsParams', () =>
  optionalParams(
    z.object({ supportsLunaReserve: z._default(z.boolean(), false), excludeResetCreditDetails: z._default(z.boolean(), false) }),
  ),
);
export type GetAccountRateLimitsParams = Out<typeof GetAccountRateLimitsParams>;

export const GetAccountRateLimitsResponse = schema('GetAccountRateLimitsResponse', () =>
  z.object({
    ordinaryUsageAllowed: z.nullable(z.boolean()),
    rateLimits: RateLimitSnapshot(),
    rateLimitsByLimitId: z.nullable(z.record(z.string(), RateLimitSnapshot())),
    rateLimitResetCredits: z.nullable(RateLimitResetCreditsSummary()),
    accountId: z.nullable(z.string()),
    rateLimitUpsell: json(),
  }),
);
export type GetAccountRateLimitsResponse = Out<typeof GetAccountRateLimitsResponse>;

export const ConsumeAccountRateLimitResetCreditParams = schema('ConsumeAccountRateLimitResetCreditParams', () =>
  z.object({ idempotencyKey: z.string(), creditId: opt(z.string()) }),
);
export type ConsumeAccountRateLimitResetCreditParams = Out<typeof ConsumeAccountRateLimitResetCreditParams>;

export const ConsumeAccountRateLimitResetCreditResponse = schema('ConsumeAccountRateLimitResetCreditResponse', () =>
  z.object({ outcome: ConsumeAccountRateLimitResetCreditOutcome() }),
);
export type ConsumeAccountRateLimitResetCreditResponse = Out<typeof ConsumeAccountRateLimitResetCreditResponse>;

export const GetAccountTokenUsageParams = schema('GetAccountTokenUsageParams', () =>
  optionalParams(z.object({ threadId: opt(z.string()) })),
);
export type GetAccountTokenUsageParams = Out<typeof GetAccountTokenUsageParams>;

export const GetAccountTokenUsageResponse = schema('GetAccountTokenUsageResponse', () =>
  z.object({
    summary: AccountTokenUsageSummary(),
    dailyUsageBuckets: z.nullable(z.array(AccountTokenUsageDailyBucket())),
    threadUsage: z.nullish(ThreadUsage()),
  }),
);
export type GetAccountTokenUsageResponse = Out<typeof GetAccountTokenUsageResponse>;

export const GetWorkspaceMessagesResponse = schema('GetWorkspaceMessagesResponse', () =>
  z.object({ featureEnabled: z.boolean(), messages: z.array(WorkspaceMessage()) }),
);
export type GetWorkspaceMessagesResponse = Out<typeof GetWorkspaceMessagesResponse>;

export const SendAddCreditsNudgeEmailParams = schema('SendAddCreditsNudgeEmailParams', () =>
  z.object({ creditType: AddCreditsNudgeCreditType() }),
);
export type SendAddCreditsNudgeEmailParams = Out<typeof SendAddCreditsNudgeEmailParams>;

export const SendAddCreditsNudgeEmailResponse = schema('SendAddCreditsNudgeEmailResponse', () =>
  z.object({ status: AddCreditsNudgeEmailStatus() }),
);
export type SendAddCreditsNudgeEmailResponse = Out<typeof SendAddCreditsNudgeEmailResponse>;

export const AccountRateLimitsUpdatedNotification = schema('AccountRateLimitsUpdatedNotification', () =>
  z.object({ rateLimits: RateLimitSnapshot() }),
);
export type AccountRateLimitsUpdatedNotification = Out<typeof AccountRateLimitsUpdatedNotification>;

export const accountUsageRequests = {
  'account/rateLimits/read': request({
    doc: "Reads the account's rate limits.",
    params: GetAccountRateLimitsParams,
    result: GetAccountRateLimitsResponse,
    noParams: true,
  }),
  'account/rateLimitResetCredit/consume': request({
    doc: 'Spends a credit that resets a rate limit.',
    params: ConsumeAccountRateLimitResetCreditParams,
    result: ConsumeAccountRateLimitResetCreditResponse,
    lane: exclusive('account-auth'),
  }),
  'account/usage/read': request({
    doc: "Reads the account's token usage.",
    params: GetAccountTokenUsageParams,
    result: GetAccountTokenUsageResponse,
    noParams: true,
  }),
  'account/workspaceMessages/read': request({
    doc: "Reads messages of the account's workspace.",
    params: NoParams,
    result: GetWorkspaceMessagesResponse,
    noParams: true,
  }),
  'account/sendAddCreditsNudgeEmail': request({
    doc: 'Asks the workspace owner for credits.',
    params: SendAddCreditsNudgeEmailParams,
    result: SendAddCreditsNudgeEmailResponse,
    lane: exclusive('account-auth'),
  }),
} as const;

export const accountUsageNotifications = {
  'account/rateLimits/updated': notification({ doc: "The account's rate limits changed.", params: AccountRateLimitsUpdatedNotification }),
} as const;
