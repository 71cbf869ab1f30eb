/** Who is signed in, and signing in and out. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { Empty, experimental, int64, NoParams, opt } from '../fields.ts';
import { exclusive, shared } from '../lanes.ts';
import { PlanType } from './account-usage.ts';

export const AccountRoutingOverride = schema('AccountRoutingOverride', () => z.enum(['NO_CONSTRAINT', 'us', 'us_cr']));
export type AccountRoutingOverride = Out<typeof AccountRoutingOverride>;

export const WorkspaceRouting = schema('WorkspaceRouting', () =>
  z.object({ chatgptAccountId: z.string(), backendOrigin: z.string(), accountRoutingOverride: AccountRoutingOverride() }),
);
export type WorkspaceRouting = Out<typeof WorkspaceRouting>;

export const AccountSecuritySetupAction = schema('AccountSecuritySetupAction', () => z.object({ label: z.string(), url: z.string() }));
export type AccountSecuritySetupAction = Out<typeof AccountSecuritySetupAction>;

export const AccountSecuritySetupNotice = schema('AccountSecuritySetupNotice', () =>
  z.object({ accountId: z.string(), userId: z.string(), title: z.string(), description: z.string(), action: AccountSecuritySetupAction() }),
);
export type AccountSecuritySetupNotice = Out<typeof AccountSecuritySetupNotice>;

export const AccountSessionWorkspaceKind = schema('AccountSessionWorkspaceKind', () => z.enum(['personal', 'workspace']));
export type AccountSessionWorkspaceKind = Out<typeof AccountSessionWorkspaceKind>;

export const AccountSessionWorkspace = schema('AccountSessionWorkspace', () =>
  z.object({
    accountId: z.string(),
    name: z.nullable(z.string()),
    imageUrl: z.nullable(z.string()),
    kind: z.nullable(AccountSessionWorkspaceKind()),
  }),
);
export type AccountSessionWorkspace = Out<typeof AccountSessionWorkspace>;

export const AccountSession = schema('AccountSession', () =>
  z.object({
    sessionId: z.string(),
    email: z.nullable(z.string()),
    userId: z.nullable(z.string()),
    displayName: z.nullable(z.string()),
    imageUrl: z.nullable(z.string()),
    lastUsedAt: int64(),
    isActive: z.boolean(),
    selectedWorkspaceAccountId: z.nullable(z.string()),
    workspaces: z.array(AccountSessionWorkspace()),
  }),
);
export type AccountSession = Out<typeof AccountSession>;

export const LoginAppBrand = schema('LoginAppBrand', () => z.enum(['codex', 'chatgpt']));
export type LoginAppBrand = Out<typeof LoginAppBrand>;

export const DesktopOnboardingEntrypoint = schema('DesktopOnboardingEntrypoint', () => z.literal('life_sciences'));
export type DesktopOnboardingEntrypoint = Out<typeof DesktopOnboardingEntrypoint>;

export const AuthMode = schema('AuthMode', () =>
  z.enum([
    'apikey',
    'chatgpt',
    'chatgptAuthTokens',
    'headers',
    'agentIdentity',
    'personalAccessToken',
    'bedrockApiKey',
    'bedrockAccessKeys',
  ]),
);
export type AuthMode = Out<typeof AuthMode>;

export const ChatgptAuthTokensRefreshReason = schema('ChatgptAuthTokensRefreshReason', () => z.literal('unauthorized'));
export type ChatgptAuthTokensRefreshReason = Out<typeof ChatgptAuthTokensRefreshReason>;

export const Account = schema('Account', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('apiKey') }),
    z.object({ type: z.literal('chatgpt'), email: z.nullable(z.string()), planType: PlanType(), workspaceName: z.nullable(z.string()) }),
    z.object({ type: z.literal('amazonBedrock'), usesCodexManagedCredentials: z.boolean() }),
    z.object({ type: z.literal('gcp') }),
  ]),
);
export type Account = Out<typeof Account>;

export const CancelLoginAccountStatus = schema('CancelLoginAccountStatus', () => z.enum(['canceled', 'notFound']));
export type CancelLoginAccountStatus = Out<typeof CancelLoginAccountStatus>;

export const LoginAccountParams = schema('LoginAccountParams', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('apiKey'), apiKey: z.string() }),
    z.object({
      type: z.literal('chatgpt'),
      codexStreamlinedLogin: z._default(z.boolean(), false),
      useHostedLoginSuccessPage: z._default(z.boolean(), false),
      appBrand: opt(LoginAppBrand()),
    }),
    z.object({ type: z.literal('chatgptDeviceCode') }),
    z.object({
      type: z.literal('chatgptAuthTokens'),
      accessToken: z.string(),
      chatgptAccountId: z.string(),
      chatgptPlanType: opt(z.string()),
    }),
    z.object({ type: z.literal('amazonBedrock'), apiKey: z.string(), region: z.string() }),
    z.object({
      type: z.literal('amazonBedrockAccessKeys'),
      accessKeyId: z.string(),
      secretAccessKey: z.string(),
      sessionToken: opt(z.string()),
      region: z.string(),
    }),
  ]),
);
export type LoginAccountParams = Out<typeof LoginAccountParams>;

export const LoginAccountResponse = schema('LoginAccountResponse', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('apiKey') }),
    z.object({ type: z.literal('chatgpt'), loginId: z.string(), authUrl: z.string() }),
    z.object({ type: z.literal('chatgptDeviceCode'), loginId: z.string(), verificationUrl: z.string(), userCode: z.string() }),
    z.object({ type: z.literal('chatgptAuthTokens') }),
    z.object({ type: z.literal('amazonBedrock') }),
  ]),
);
export type LoginAccountResponse = Out<typeof LoginAccountResponse>;

export const CancelLoginAccountParams = schema('CancelLoginAccountParams', () => z.object({ loginId: z.string() }));
export type CancelLoginAccountParams = Out<typeof CancelLoginAccountParams>;

export const CancelLoginAccountResponse = schema('CancelLoginAccountResponse', () => z.object({ status: CancelLoginAccountStatus() }));
export type CancelLoginAccountResponse = Out<typeof CancelLoginAccountResponse>;

export const AccountSessionsListParams = schema('AccountSessionsListParams', () =>
  z.object({ refreshWorkspaceMetadata: z._default(z.boolean(), false) }),
);
export type AccountSessionsListParams = Out<typeof AccountSessionsListParams>;

export const AccountSessionsResponse = schema('AccountSessionsResponse', () =>
  z.object({ activeSessionId: z.nullable(z.string()), sessions: z.array(AccountSession()) }),
);
export type AccountSessionsResponse = Out<typeof AccountSessionsResponse>;

export const AccountSessionsSwitchParams = schema('AccountSessionsSwitchParams', () =>
  z.object({ sessionId: z.string(), accountId: z.string(), allowBrowserLogin: z._default(z.boolean(), false) }),
);
export type AccountSessionsSwitchParams = Out<typeof AccountSessionsSwitchParams>;

export const AccountSessionsSwitchResponse = schema('AccountSessionsSwitchResponse', () =>
  z.union([
    z.object({ activeSessionId: z.nullable(z.string()), sessions: z.array(AccountSession()) }),
    z.object({ loginId: z.string(), authUrl: z.string() }),
  ]),
);
export type AccountSessionsSwitchResponse = Out<typeof AccountSessionsSwitchResponse>;

export const GetAccountSecuritySetupResponse = schema('GetAccountSecuritySetupResponse', () =>
  z.object({ notice: z.nullable(AccountSecuritySetupNotice()) }),
);
export type GetAccountSecuritySetupResponse = Out<typeof GetAccountSecuritySetupResponse>;

export const GetAccountParams = schema('GetAccountParams', () => z.object({ refreshToken: z._default(z.boolean(), false) }));
export type GetAccountParams = Out<typeof GetAccountParams>;

export const GetAccountResponse = schema('GetAccountResponse', () =>
  z.object({
    account: z.nullable(Account()),
    userId: z.nullable(z.string()),
    requiresOpenaiAuth: z.boolean(),
    workspaceRouting: experimental(z.nullable(WorkspaceRouting())),
  }),
);
export type GetAccountResponse = Out<typeof GetAccountResponse>;

export const GetAuthStatusParams = schema('GetAuthStatusParams', () =>
  z.object({ includeToken: opt(z.boolean()), refreshToken: opt(z.boolean()) }),
);
export type GetAuthStatusParams = Out<typeof GetAuthStatusParams>;

export const GetAuthStatusResponse = schema('GetAuthStatusResponse', () =>
  z.object({ authMethod: z.nullable(AuthMode()), authToken: z.nullable(z.string()), requiresOpenaiAuth: z.nullable(z.boolean()) }),
);
export type GetAuthStatusResponse = Out<typeof GetAuthStatusResponse>;

export const ChatgptAuthTokensRefreshParams = schema('ChatgptAuthTokensRefreshParams', () =>
  z.object({ reason: ChatgptAuthTokensRefreshReason(), previousAccountId: z.nullish(z.string()) }),
);
export type ChatgptAuthTokensRefreshParams = Out<typeof ChatgptAuthTokensRefreshParams>;

export const ChatgptAuthTokensRefreshResponse = schema('ChatgptAuthTokensRefreshResponse', () =>
  z.object({ accessToken: z.string(), chatgptAccountId: z.string(), chatgptPlanType: opt(z.string()) }),
);
export type ChatgptAuthTokensRefreshResponse = Out<typeof ChatgptAuthTokensRefreshResponse>;

export const AttestationGenerateResponse = schema('AttestationGenerateResponse', () => z.object({ token: z.string() }));
export type AttestationGenerateResponse = Out<typeof AttestationGenerateResponse>;

export const AccountUpdatedNotification = schema('AccountUpdatedNotification', () =>
  z.object({ authMode: z.nullable(AuthMode()), planType: z.nullable(PlanType()) }),
);
export type AccountUpdatedNotification = Out<typeof AccountUpdatedNotification>;

export const AccountLoginCompletedNotification = schema('AccountLoginCompletedNotification', () =>
  z.object({
    loginId: z.nullable(z.string()),
    success: z.boolean(),
    error: z.nullable(z.string()),
    onboardingEntrypoint: z.nullable(DesktopOnboardingEntrypoint()),
  }),
);
export type AccountLoginCompletedNotification = Out<typeof AccountLoginCompletedNotification>;

export const accountRequests = {
  'account/login/start': request({
    doc: 'Signs in with a key, a browser or a device code.',
    params: LoginAccountParams,
    result: LoginAccountResponse,
    lane: exclusive('account-auth'),
  }),
  'account/login/cancel': request({
    doc: 'Withdraws a sign-in in progress.',
    params: CancelLoginAccountParams,
    result: CancelLoginAccountResponse,
    lane: exclusive('account-auth'),
  }),
  'accountSession/list': request({
    doc: 'Lists the accounts signed in on this machine.',
    params: AccountSessionsListParams,
    result: AccountSessionsResponse,
    lane: shared('account-auth'),
    experimental: true,
  }),
  'accountSession/switch': request({
    doc: 'Changes to another signed-in account.',
    params: AccountSessionsSwitchParams,
    result: AccountSessionsSwitchResponse,
    lane: exclusive('account-auth'),
    experimental: true,
  }),
  'account/logout': request({
    doc: 'Signs out and forgets the credentials.',
    params: NoParams,
    result: Empty,
    lane: exclusive('account-auth'),
    noParams: true,
  }),
  'account/securitySetup/read': request({
    doc: 'Reads open security steps of the account.',
    params: NoParams,
    result: GetAccountSecuritySetupResponse,
    noParams: true,
  }),
  'account/read': request({
    doc: 'Reads who is signed in.',
    params: GetAccountParams,
    result: GetAccountResponse,
    lane: exclusive('account-auth'),
  }),
  getAuthStatus: request({
    doc: 'How requests are authenticated; old name.',
    params: GetAuthStatusParams,
    result: GetAuthStatusResponse,
    lane: exclusive('account-auth'),
  }),
} as const;

export const accountServerRequests = {
  'account/chatgptAuthTokens/refresh': request({
    doc: 'Asks the client, which owns the tokens, for fresh ones.',
    params: ChatgptAuthTokensRefreshParams,
    result: ChatgptAuthTokensRefreshResponse,
  }),
  'attestation/generate': request({ doc: 'Asks the client for an attestation.', params: Empty, result: AttestationGenerateResponse }),
} as const;

export const accountNotifications = {
  'account/updated': notification({ doc: 'The way requests are authenticated changed.', params: AccountUpdatedNotification }),
  'account/login/completed': notification({ doc: 'A sign-in ended.', params: AccountLoginCompletedNotification }),
} as const;
