/** account-usage */
import * as z from 'zod';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { int64, json, NoParams, opt } from '../fields.ts';
import { exclusive } from '../lanes.ts';

export const AddCreditsNudgeCreditType = schema('AddCreditsNudgeCreditType', () => z.enum(['credits', 'usage_limit']));
export type AddCreditsNudgeCreditType = Out<typeof AddCreditsNudgeCreditType>;

export const SendAddCreditsNudgeEmailParams = schema('SendAddCreditsNudgeEmailParams', () =>
  z.object({ creditType: AddCreditsNudgeCreditType() }),
);
export type SendAddCreditsNudgeEmailParams = Out<typeof SendAddCreditsNudgeEmailParams>;

export const GetAccountTokenUsageParams = schema('GetAccountTokenUsageParams', () => z.object({ threadId: opt(z.string()) }));
export type GetAccountTokenUsageParams = Out<typeof GetAccountTokenUsageParams>;

export const ConsumeAccountRateLimitResetCreditParams = schema('ConsumeAccountRateLimitResetCreditParams', () =>
  z.object({ idempotencyKey: z.string(), creditId: opt(z.string()) }),
);
export type ConsumeAccountRateLimitResetCreditParams = Out<typeof ConsumeAccountRateLimitResetCreditParams>;

export const GetAccountRateLimitsParams = schema('GetAccountRateLimitsParams', () =>
  z.object({ supportsLunaReserve: z.boolean().default(false), excludeResetCreditDetails: z.boolean().default(false) }),
);
export type GetAccountRateLimitsParams = Out<typeof GetAccountRateLimitsParams>;

export const RateLimitWindow = schema('RateLimitWindow', () =>
  z.object({ usedPercent: z.int32(), windowDurationMins: int64().nullable(), resetsAt: int64().nullable() }),
);
export type RateLimitWindow = Out<typeof RateLimitWindow>;

export const CreditsSnapshot = schema('CreditsSnapshot', () =>
  z.object({ hasCredits: z.boolean(), unlimited: z.boolean(), balance: z.string().nullable() }),
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
    limitId: z.string().nullable(),
    limitName: z.string().nullable(),
    normalModelSlug: z.string().nullable(),
    primary: RateLimitWindow().nullable(),
    secondary: RateLimitWindow().nullable(),
    credits: CreditsSnapshot().nullable(),
    individualLimit: SpendControlLimitSnapshot().nullable(),
    spendControlReached: z.boolean().nullable(),
    planType: PlanType().nullable(),
    rateLimitReachedType: RateLimitReachedType().nullable(),
  }),
);
export type RateLimitSnapshot = Out<typeof RateLimitSnapshot>;

export const AccountRateLimitsUpdatedNotification = schema('AccountRateLimitsUpdatedNotification', () =>
  z.object({ rateLimits: RateLimitSnapshot() }),
);
export type AccountRateLimitsUpdatedNotification = Out<typeof AccountRateLimitsUpdatedNotification>;

export const AddCreditsNudgeEmailStatus = schema('AddCreditsNudgeEmailStatus', () => z.enum(['sent', 'cooldown_active']));
export type AddCreditsNudgeEmailStatus = Out<typeof AddCreditsNudgeEmailStatus>;

export const SendAddCreditsNudgeEmailResponse = schema('SendAddCreditsNudgeEmailResponse', () =>
  z.object({ status: AddCreditsNudgeEmailStatus() }),
);
export type SendAddCreditsNudgeEmailResponse = Out<typeof SendAddCreditsNudgeEmailResponse>;

export const WorkspaceMessageType = schema('WorkspaceMessageType', () => z.enum(['headline', 'announcement', 'unknown']));
export type WorkspaceMessageType = Out<typeof WorkspaceMessageType>;

export const WorkspaceMessage = schema('WorkspaceMessage', () =>
  z.object({
    messageId: z.string(),
    messageType: WorkspaceMessageType(),
    messageBody: z.string(),
    createdAt: int64().nullable(),
    archivedAt: int64().nullable(),
  }),
);
export type WorkspaceMessage = Out<typeof WorkspaceMessage>;

export const GetWorkspaceMessagesResponse = schema('GetWorkspaceMessagesResponse', () =>
  z.object({ featureEnabled: z.boolean(), messages: z.array(WorkspaceMessage()) }),
);
export type GetWorkspaceMessagesResponse = Out<typeof GetWorkspaceMessagesResponse>;

export const AccountTokenUsageSummary = schema('AccountTokenUsageSummary', () =>
  z.object({
    lifetimeTokens: int64().nullable(),
    peakDailyTokens: int64().nullable(),
    longestRunningTurnSec: int64().nullable(),
    currentStreakDays: int64().nullable(),
    longestStreakDays: int64().nullable(),
  }),
);
export type AccountTokenUsageSummary = Out<typeof AccountTokenUsageSummary>;

export const AccountTokenUsageDailyBucket = schema('AccountTokenUsageDailyBucket', () =>
  z.object({ startDate: z.string(), tokens: int64() }),
);
export type AccountTokenUsageDailyBucket = Out<typeof AccountTokenUsageDailyBucket>;

export const ThreadUsageBreakdownGroup = schema('ThreadUsageBreakdownGroup', () =>
  z.object({
    model: z.string().nullable(),
    reasoningEffort: z.string().nullable(),
    speed: z.string().nullable(),
    estimatedUsageCreditsMicros: int64(),
    netNewInputTokens: int64().nullable(),
    cachedInputTokens: int64().nullable(),
    inputTokens: int64().nullable(),
    outputTokens: int64().nullable(),
    totalTokens: int64().nullable(),
  }),
);
export type ThreadUsageBreakdownGroup = Out<typeof ThreadUsageBreakdownGroup>;

export const ThreadUsage = schema('ThreadUsage', () =>
  z.object({
    threadId: z.string(),
    estimatedUsageCreditsMicros: int64(),
    estimatedUsageUsdMicros: int64().nullable(),
    nativeUsageUsdMicros: int64().nullish(),
    groups: z.array(ThreadUsageBreakdownGroup()),
  }),
);
export type ThreadUsage = Out<typeof ThreadUsage>;

export const GetAccountTokenUsageResponse = schema('GetAccountTokenUsageResponse', () =>
  z.object({
    summary: AccountTokenUsageSummary(),
    dailyUsageBuckets: z.array(AccountTokenUsageDailyBucket()).nullable(),
    threadUsage: ThreadUsage().nullish(),
  }),
);
export type GetAccountTokenUsageResponse = Out<typeof GetAccountTokenUsageResponse>;

export const ConsumeAccountRateLimitResetCreditOutcome = schema('ConsumeAccountRateLimitResetCreditOutcome', () =>
  z.enum(['reset', 'nothingToReset', 'noCredit', 'alreadyRedeemed']),
);
export type ConsumeAccountRateLimitResetCreditOutcome = Out<typeof ConsumeAccountRateLimitResetCreditOutcome>;

export const ConsumeAccountRateLimitResetCreditResponse = schema('ConsumeAccountRateLimitResetCreditResponse', () =>
  z.object({ outcome: ConsumeAccountRateLimitResetCreditOutcome() }),
);
export type ConsumeAccountRateLimitResetCreditResponse = Out<typeof ConsumeAccountRateLimitResetCreditResponse>;

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
    expiresAt: int64().nullable(),
    title: z.string().nullable(),
    description: z.string().nullable(),
  }),
);
export type RateLimitResetCredit = Out<typeof RateLimitResetCredit>;

export const RateLimitResetCreditsSummary = schema('RateLimitResetCreditsSummary', () =>
  z.object({ availableCount: int64(), credits: z.array(RateLimitResetCredit()).nullable() }),
);
export type RateLimitResetCreditsSummary = Out<typeof RateLimitResetCreditsSummary>;

export const GetAccountRateLimitsResponse = schema('GetAccountRateLimitsResponse', () =>
  z.object({
    ordinaryUsageAllowed: z.boolean().nullable(),
    rateLimits: RateLimitSnapshot(),
    rateLimitsByLimitId: z.record(z.string(), RateLimitSnapshot()).nullable(),
    rateLimitResetCredits: RateLimitResetCreditsSummary().nullable(),
    accountId: z.string().nullable(),
    rateLimitUpsell: json(),
  }),
);
export type GetAccountRateLimitsResponse = Out<typeof GetAccountRateLimitsResponse>;

export const accountUsageRequests = {
  'account/rateLimits/read': request({
    doc: "Reads the account's rate limits.",
    params: GetAccountRateLimitsParams,
    result: GetAccountRateLimitsResponse,
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
