/** The catalogue of models and collaboration modes. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { Empty, int64, opt } from '../fields.ts';
import { CyberAccessProgram, InputModality, ModeKind, ReasoningEffort } from './model-settings.ts';

export const ModelUpgradeInfo = schema('ModelUpgradeInfo', () =>
  z.object({
    model: z.string(),
    upgradeCopy: z.nullable(z.string()),
    modelLink: z.nullable(z.string()),
    migrationMarkdown: z.nullable(z.string()),
    retirementAt: z.nullable(int64()),
  }),
);
export type ModelUpgradeInfo = Out<typeof ModelUpgradeInfo>;

export const ModelAvailabilityNux = schema('ModelAvailabilityNux', () => z.object({ message: z.string() }));
export type ModelAvailabilityNux = Out<typeof ModelAvailabilityNux>;

export const ReasoningEffortOption = schema('ReasoningEffortOption', () =>
  z.object({ reasoningEffort: ReasoningEffort(), description: z.string() }),
);
export type ReasoningEffortOption = Out<typeof ReasoningEffortOption>;

export const MultiAgentVersion = schema('MultiAgentVersion', () => z.enum(['disabled', 'v1', 'v2']));
export type MultiAgentVersion = Out<typeof MultiAgentVersion>;

export const ModelServiceTier = schema('ModelServiceTier', () => z.object({ id: z.string(), name: z.string(), description: z.string() }));
export type ModelServiceTier = Out<typeof ModelServiceTier>;

export const ModelAccessPrograms = schema('ModelAccessPrograms', () => z.object({ cyber: z.array(CyberAccessProgram()) }));
export type ModelAccessPrograms = Out<typeof ModelAccessPrograms>;

export const Model = schema('Model', () =>
  z.object({
    id: z.string(),
    model: z.string(),
    upgrade: z.nullable(z.string()),
    upgradeInfo: z.nullable(ModelUpgradeInfo()),
    availabilityNux: z.nullable(ModelAvailabilityNux()),
    displayName: z.string(),
    description: z.string(),
    modelSpecialty: z.nullable(z.string()),
    hidden: z.boolean(),
    supportedReasoningEfforts: z.array(ReasoningEffortOption()),
    defaultReasoningEffort: ReasoningEffort(),
    inputModalities: z.array(InputModality()),
    supportsPersonality: z.boolean(),
    multiAgentVersion: z.nullable(MultiAgentVersion()),
    additionalSpeedTiers: z.array(z.string()),
    serviceTiers: z.array(ModelServiceTier()),
    defaultServiceTier: z.nullable(z.string()),
    availableAccessPrograms: z.nullable(ModelAccessPrograms()),
    isDefault: z.boolean(),
  }),
);
export type Model = Out<typeof Model>;

export const ModelVerification = schema('ModelVerification', () => z.literal('trustedAccessForCyber'));
export type ModelVerification = Out<typeof ModelVerification>;

export const ModelRerouteReason = schema('ModelRerouteReason', () => z.literal('highRiskCyberActivity'));
export type ModelRerouteReason = Out<typeof ModelRerouteReason>;

export const CollaborationModeMask = schema('CollaborationModeMask', () =>
  z.object({
    name: z.string(),
    mode: z.nullable(ModeKind()),
    model: z.nullable(z.string()),
    reasoning_effort: z.nullable(ReasoningEffort()),
  }),
);
export type CollaborationModeMask = Out<typeof CollaborationModeMask>;

export const ModelListParams = schema('ModelListParams', () =>
  z.object({ modelProvider: opt(z.string()), cursor: opt(z.string()), limit: opt(z.uint32()), includeHidden: opt(z.boolean()) }),
);
export type ModelListParams = Out<typeof ModelListParams>;

export const ModelListResponse = schema('ModelListResponse', () =>
  z.object({ data: z.array(Model()), nextCursor: z.nullable(z.string()) }),
);
export type ModelListResponse = Out<typeof ModelListResponse>;

export const CollaborationModeListResponse = schema('CollaborationModeListResponse', () =>
  z.object({ data: z.array(CollaborationModeMask()) }),
);
export type CollaborationModeListResponse = Out<typeof CollaborationModeListResponse>;

export const ModelReroutedNotification = schema('ModelReroutedNotification', () =>
  z.object({ threadId: z.string(), turnId: z.string(), fromModel: z.string(), toModel: z.string(), reason: ModelRerouteReason() }),
);
export type ModelReroutedNotification = Out<typeof ModelReroutedNotification>;

export const ModelVerificationNotification = schema('ModelVerificationNotification', () =>
  z.object({ threadId: z.string(), turnId: z.string(), verifications: z.array(ModelVerification()) }),
);
export type ModelVerificationNotification = Out<typeof ModelVerificationNotification>;

export const ModelSafetyBufferingUpdatedNotification = schema('ModelSafetyBufferingUpdatedNotification', () =>
  z.object({
    threadId: z.string(),
    turnId: z.string(),
    model: z.string(),
    useCases: z.array(z.string()),
    reasons: z.array(z.string()),
    showBufferingUi: z.boolean(),
    fasterModel: z.nullable(z.string()),
  }),
);
export type ModelSafetyBufferingUpdatedNotification = Out<typeof ModelSafetyBufferingUpdatedNotification>;

export const modelRequests = {
  'model/list': request({ doc: 'Lists the models on offer.', params: ModelListParams, result: ModelListResponse }),
  'collaborationMode/list': request({
    doc: 'Lists the collaboration modes.',
    params: Empty,
    result: CollaborationModeListResponse,
    experimental: true,
  }),
} as const;

export const modelNotifications = {
  'model/rerouted': notification({ doc: 'The provider answered with another model.', params: ModelReroutedNotification }),
  'model/verification': notification({ doc: 'The provider asks for a verification of the user.', params: ModelVerificationNotification }),
  'model/safetyBuffering/updated': notification({
    doc: 'The provider holds back output for a check.',
    params: ModelSafetyBufferingUpdatedNotification,
  }),
} as const;
