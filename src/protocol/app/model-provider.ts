/** Model providers and their settings. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { Empty, opt } from '../fields.ts';
import { exclusive, shared } from '../lanes.ts';

export const CustomGatewaySettingsParams = schema('CustomGatewaySettingsParams', () =>
  z.object({ providerId: opt(z.string()), name: opt(z.string()), baseUrl: opt(z.string()), envKey: opt(z.string()) }),
);
export type CustomGatewaySettingsParams = Out<typeof CustomGatewaySettingsParams>;

export const BedrockProviderId = schema('BedrockProviderId', () => z.enum(['amazon-bedrock', 'amazon-bedrock-runtime']));
export type BedrockProviderId = Out<typeof BedrockProviderId>;

export const BedrockSettingsParams = schema('BedrockSettingsParams', () =>
  z.object({ providerId: BedrockProviderId(), profile: opt(z.string()), region: opt(z.string()) }),
);
export type BedrockSettingsParams = Out<typeof BedrockSettingsParams>;

export const GcpProviderId = schema('GcpProviderId', () => z.literal('gcp'));
export type GcpProviderId = Out<typeof GcpProviderId>;

export const GcpSettingsParams = schema('GcpSettingsParams', () =>
  z.object({ providerId: GcpProviderId(), projectId: opt(z.string()), location: opt(z.string()), credentialFile: opt(z.string()) }),
);
export type GcpSettingsParams = Out<typeof GcpSettingsParams>;

export const ProviderSettingsPatch = schema('ProviderSettingsPatch', () =>
  z.discriminatedUnion('type', [
    z.object({ ...CustomGatewaySettingsParams().shape, type: z.literal('customGateway') }),
    z.object({ ...BedrockSettingsParams().shape, type: z.literal('bedrock') }),
    z.object({ ...GcpSettingsParams().shape, type: z.literal('gcp') }),
  ]),
);
export type ProviderSettingsPatch = Out<typeof ProviderSettingsPatch>;

export const GatewayAuth = schema('GatewayAuth', () =>
  z.discriminatedUnion('mode', [
    z.object({ mode: z.literal('none') }),
    z.object({ mode: z.literal('environmentVariable'), envKey: z.string() }),
    z.object({ mode: z.literal('externallyConfigured'), envKey: z.nullable(z.string()) }),
  ]),
);
export type GatewayAuth = Out<typeof GatewayAuth>;

export const ProviderSettings = schema('ProviderSettings', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('openai') }),
    z.object({ type: z.literal('customGateway'), auth: GatewayAuth() }),
    z.object({ type: z.literal('bedrock'), profile: z.nullable(z.string()), region: z.nullable(z.string()) }),
    z.object({
      type: z.literal('gcp'),
      projectId: z.nullable(z.string()),
      location: z.nullable(z.string()),
      credentialFile: z.nullable(z.string()),
    }),
  ]),
);
export type ProviderSettings = Out<typeof ProviderSettings>;

export const ModelProviderSummary = schema('ModelProviderSummary', () =>
  z.object({ id: z.string(), name: z.string(), canEdit: z.boolean(), baseUrl: z.nullable(z.string()), settings: ProviderSettings() }),
);
export type ModelProviderSummary = Out<typeof ModelProviderSummary>;

export const ModelProviderListResponse = schema('ModelProviderListResponse', () =>
  z.object({ data: z.array(ModelProviderSummary()), defaultProviderId: z.string(), canChangeDefault: z.boolean() }),
);
export type ModelProviderListResponse = Out<typeof ModelProviderListResponse>;

export const ModelProviderConfigWriteParams = schema('ModelProviderConfigWriteParams', () =>
  z.object({ settings: ProviderSettingsPatch() }),
);
export type ModelProviderConfigWriteParams = Out<typeof ModelProviderConfigWriteParams>;

export const ModelProviderConfigWriteResponse = schema('ModelProviderConfigWriteResponse', () =>
  z.object({ provider: ModelProviderSummary() }),
);
export type ModelProviderConfigWriteResponse = Out<typeof ModelProviderConfigWriteResponse>;

export const ModelProviderCapabilitiesReadResponse = schema('ModelProviderCapabilitiesReadResponse', () =>
  z.object({ imageGeneration: z.boolean(), webSearch: z.boolean() }),
);
export type ModelProviderCapabilitiesReadResponse = Out<typeof ModelProviderCapabilitiesReadResponse>;

export const AuthRecoveryNotification = schema('AuthRecoveryNotification', () =>
  z.object({ threadId: z.string(), turnId: z.string(), provider: z.string(), message: z.string() }),
);
export type AuthRecoveryNotification = Out<typeof AuthRecoveryNotification>;

export const modelProviderRequests = {
  'modelProvider/list': request({
    doc: 'Lists the configured model providers.',
    params: Empty,
    result: ModelProviderListResponse,
    lane: shared('config'),
  }),
  'modelProvider/config/write': request({
    doc: 'Stores the settings of a model provider.',
    params: ModelProviderConfigWriteParams,
    result: ModelProviderConfigWriteResponse,
    lane: exclusive('config'),
  }),
  'modelProvider/capabilities/read': request({
    doc: 'Tells what the current model provider supports.',
    params: Empty,
    result: ModelProviderCapabilitiesReadResponse,
  }),
} as const;

export const modelProviderNotifications = {
  'modelProvider/authRecoveryStarted': notification({
    doc: 'Sign-in of the model provider is being renewed.',
    params: AuthRecoveryNotification,
  }),
  'modelProvider/authRecoveryCompleted': notification({
    doc: 'Sign-in of the model provider was renewed.',
    params: AuthRecoveryNotification,
  }),
} as const;
