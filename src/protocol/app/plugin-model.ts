/** plugin-model */
import * as z from 'zod';
import { type Out, schema } from '../../rpc/contract.ts';
import { absolutePath, int64 } from '../fields.ts';

export const PluginSharePrincipalType = schema('PluginSharePrincipalType', () => z.enum(['user', 'group', 'workspace']));
export type PluginSharePrincipalType = Out<typeof PluginSharePrincipalType>;

export const PluginShareDiscoverability = schema('PluginShareDiscoverability', () => z.enum(['LISTED', 'UNLISTED', 'PRIVATE']));
export type PluginShareDiscoverability = Out<typeof PluginShareDiscoverability>;

export const PluginAuthPolicy = schema('PluginAuthPolicy', () => z.enum(['ON_INSTALL', 'ON_USE']));
export type PluginAuthPolicy = Out<typeof PluginAuthPolicy>;

export const PluginSharePrincipalRole = schema('PluginSharePrincipalRole', () => z.enum(['reader', 'editor', 'owner']));
export type PluginSharePrincipalRole = Out<typeof PluginSharePrincipalRole>;

export const PluginSharePrincipal = schema('PluginSharePrincipal', () =>
  z.object({ principalType: PluginSharePrincipalType(), principalId: z.string(), role: PluginSharePrincipalRole(), name: z.string() }),
);
export type PluginSharePrincipal = Out<typeof PluginSharePrincipal>;

export const PluginShareContext = schema('PluginShareContext', () =>
  z.object({
    remotePluginId: z.string(),
    remoteVersion: z.string().nullable(),
    discoverability: PluginShareDiscoverability().nullable(),
    shareUrl: z.string().nullable(),
    creatorAccountUserId: z.string().nullable(),
    creatorName: z.string().nullable(),
    sharePrincipals: z.array(PluginSharePrincipal()).nullable(),
    canPublishToWorkspace: z.boolean().nullable(),
  }),
);
export type PluginShareContext = Out<typeof PluginShareContext>;

export const PluginSource = schema('PluginSource', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('local'), path: absolutePath() }),
    z.object({
      type: z.literal('git'),
      url: z.string(),
      path: z.string().nullable(),
      refName: z.string().nullable(),
      sha: z.string().nullable(),
    }),
    z.object({ type: z.literal('npm'), package: z.string(), version: z.string().nullable(), registry: z.string().nullable() }),
    z.object({ type: z.literal('remote') }),
  ]),
);
export type PluginSource = Out<typeof PluginSource>;

export const PluginInstallPolicy = schema('PluginInstallPolicy', () => z.enum(['NOT_AVAILABLE', 'AVAILABLE', 'INSTALLED_BY_DEFAULT']));
export type PluginInstallPolicy = Out<typeof PluginInstallPolicy>;

export const PluginInstallPolicySource = schema('PluginInstallPolicySource', () => z.enum(['WORKSPACE_SETTING', 'IMPLICIT_CANONICAL_APP']));
export type PluginInstallPolicySource = Out<typeof PluginInstallPolicySource>;

export const PluginAvailability = schema('PluginAvailability', () => z.enum(['AVAILABLE', 'DISABLED_BY_ADMIN']));
export type PluginAvailability = Out<typeof PluginAvailability>;

export const PluginDisabledReason = schema('PluginDisabledReason', () =>
  z.enum(['disabled_by_admin', 'plan_not_eligible', 'required_app_unavailable', 'unknown']),
);
export type PluginDisabledReason = Out<typeof PluginDisabledReason>;

export const PluginInterface = schema('PluginInterface', () =>
  z.object({
    displayName: z.string().nullable(),
    shortDescription: z.string().nullable(),
    longDescription: z.string().nullable(),
    developerName: z.string().nullable(),
    category: z.string().nullable(),
    capabilities: z.array(z.string()),
    websiteUrl: z.string().nullable(),
    privacyPolicyUrl: z.string().nullable(),
    termsOfServiceUrl: z.string().nullable(),
    defaultPrompt: z.array(z.string()).nullable(),
    brandColor: z.string().nullable(),
    composerIcon: absolutePath().nullable(),
    composerIconUrl: z.string().nullable(),
    logo: absolutePath().nullable(),
    logoDark: absolutePath().nullable(),
    logoUrl: z.string().nullable(),
    logoUrlDark: z.string().nullable(),
    screenshots: z.array(absolutePath()),
    screenshotUrls: z.array(z.string()),
  }),
);
export type PluginInterface = Out<typeof PluginInterface>;

export const PluginSummary = schema('PluginSummary', () =>
  z.object({
    id: z.string(),
    remotePluginId: z.string().nullable(),
    version: z.string().nullable(),
    localVersion: z.string().nullable(),
    name: z.string(),
    shareContext: PluginShareContext().nullable(),
    source: PluginSource(),
    installed: z.boolean(),
    installedAt: int64().nullable(),
    enabled: z.boolean(),
    installPolicy: PluginInstallPolicy(),
    installPolicySource: PluginInstallPolicySource().nullable(),
    mustShowInstallationInterstitial: z.boolean().nullable(),
    authPolicy: PluginAuthPolicy(),
    availability: PluginAvailability(),
    disabledReason: PluginDisabledReason().nullable(),
    eligiblePlanTypes: z.array(z.string()).nullable(),
    interface: PluginInterface().nullable(),
    keywords: z.array(z.string()),
  }),
);
export type PluginSummary = Out<typeof PluginSummary>;
