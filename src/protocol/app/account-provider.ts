/** Accounts of other model gateways and clouds. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { Empty, NoParams, opt, optionalParams } from '../fields.ts';
import { exclusive } from '../lanes.ts';

export const AwsCredentialType = schema('AwsCredentialType', () => z.enum(['accessKeys', 'bedrockApiKey']));
export type AwsCredentialType = Out<typeof AwsCredentialType>;

export const BedrockEnvironmentCredential = schema('BedrockEnvironmentCredential', () =>
  z.object({ type: AwsCredentialType(), region: z.nullable(z.string()) }),
);
export type BedrockEnvironmentCredential = Out<typeof BedrockEnvironmentCredential>;

export const GatewayOAuthStatus = schema('GatewayOAuthStatus', () => z.enum(['notReady', 'started', 'succeeded', 'failed']));
export type GatewayOAuthStatus = Out<typeof GatewayOAuthStatus>;

export const BedrockAwsProfile = schema('BedrockAwsProfile', () => z.object({ name: z.string(), region: z.nullable(z.string()) }));
export type BedrockAwsProfile = Out<typeof BedrockAwsProfile>;

export const GatewayOAuthPrompt = schema('GatewayOAuthPrompt', () =>
  z.object({ loginId: z.string(), verificationUrl: z.string(), userCode: z.string() }),
);
export type GatewayOAuthPrompt = Out<typeof GatewayOAuthPrompt>;

export const GatewayOAuthReadParams = schema('GatewayOAuthReadParams', () => optionalParams(z.object({ modelProvider: opt(z.string()) })));
export type GatewayOAuthReadParams = Out<typeof GatewayOAuthReadParams>;

export const GatewayOAuthReadResponse = schema('GatewayOAuthReadResponse', () =>
  z.object({
    providerId: z.string(),
    providerName: z.string(),
    required: z.boolean(),
    supportsDeviceAuth: z.optional(z.boolean()),
    status: z.nullable(GatewayOAuthStatus()),
    error: z.nullable(z.string()),
  }),
);
export type GatewayOAuthReadResponse = Out<typeof GatewayOAuthReadResponse>;

export const GatewayOAuthLoginParams = schema('GatewayOAuthLoginParams', () =>
  optionalParams(z.object({ modelProvider: opt(z.string()), deviceAuth: z._default(z.boolean(), false) })),
);
export type GatewayOAuthLoginParams = Out<typeof GatewayOAuthLoginParams>;

export const GatewayOAuthLoginResponse = schema('GatewayOAuthLoginResponse', () => z.object({ prompt: z.nullable(GatewayOAuthPrompt()) }));
export type GatewayOAuthLoginResponse = Out<typeof GatewayOAuthLoginResponse>;

export const BedrockDiscoverResponse = schema('BedrockDiscoverResponse', () =>
  z.object({ profiles: z.array(BedrockAwsProfile()), environmentCredentials: z.array(BedrockEnvironmentCredential()) }),
);
export type BedrockDiscoverResponse = Out<typeof BedrockDiscoverResponse>;

export const BedrockSetupParams = schema('BedrockSetupParams', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('profile'), profile: z.string(), region: z.string() }),
    z.object({ type: z.literal('environment'), region: z.string() }),
  ]),
);
export type BedrockSetupParams = Out<typeof BedrockSetupParams>;

export const GcpSetupParams = schema('GcpSetupParams', () =>
  z.object({ projectId: z.string(), location: opt(z.string()), credentialFile: opt(z.string()) }),
);
export type GcpSetupParams = Out<typeof GcpSetupParams>;

export const BedrockCheckGovCloudRequirementsResponse = schema('BedrockCheckGovCloudRequirementsResponse', () =>
  z.object({ isGovCloud: z.boolean(), shouldWarn: z.boolean() }),
);
export type BedrockCheckGovCloudRequirementsResponse = Out<typeof BedrockCheckGovCloudRequirementsResponse>;

export const GatewayOAuthChangedNotification = schema('GatewayOAuthChangedNotification', () =>
  z.object({
    loginId: z.nullable(z.string()),
    authUrl: z.nullable(z.string()),
    providerId: z.string(),
    status: GatewayOAuthStatus(),
    error: z.nullable(z.string()),
  }),
);
export type GatewayOAuthChangedNotification = Out<typeof GatewayOAuthChangedNotification>;

export const accountProviderRequests = {
  'account/gatewayOAuth/read': request({
    doc: 'Reads the sign-in state of a model gateway.',
    params: GatewayOAuthReadParams,
    result: GatewayOAuthReadResponse,
    noParams: true,
  }),
  'account/gatewayOAuth/login': request({
    doc: 'Signs in to a model gateway.',
    params: GatewayOAuthLoginParams,
    result: GatewayOAuthLoginResponse,
    lane: exclusive('account-auth'),
    noParams: true,
  }),
  'account/gatewayOAuth/cancel': request({ doc: 'Withdraws a gateway sign-in.', params: NoParams, result: Empty, noParams: true }),
  'account/bedrock/discover': request({
    doc: 'Finds credentials for Amazon Bedrock.',
    params: Empty,
    result: BedrockDiscoverResponse,
    experimental: true,
  }),
  'account/bedrock/setup': request({
    doc: 'Selects credentials for Amazon Bedrock.',
    params: BedrockSetupParams,
    result: Empty,
    lane: exclusive('account-auth'),
    experimental: true,
  }),
  'account/gcp/setup': request({
    doc: 'Selects credentials for Google Cloud.',
    params: GcpSetupParams,
    result: Empty,
    lane: exclusive('account-auth'),
    experimental: true,
  }),
  'account/bedrock/checkGovCloudRequirements': request({
    doc: 'Checks what government regions of Bedrock ask for.',
    params: Empty,
    result: BedrockCheckGovCloudRequirementsResponse,
    experimental: true,
  }),
} as const;

export const accountProviderNotifications = {
  'account/gatewayOAuth/changed': notification({
    doc: 'The sign-in state of a model gateway changed.',
    params: GatewayOAuthChangedNotification,
  }),
} as const;
