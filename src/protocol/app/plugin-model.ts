/** What a plugin is. */
import * as z from 'zod/mini';
import { type Out, schema } from '../../rpc/contract.ts';
import { int64 } from '../fields.ts';

export const PluginShareDiscoverability = schema('PluginShareDiscoverability', () => z.enum(['LISTED', 'UNLISTED', 'PRIVATE']));
export type PluginShareDiscoverability = Out<typeof PluginShareDiscoverability>;

export const PluginSharePrincipalType = schema('PluginSharePrincipalType', () => z.enum(['user', 'group', 'workspace']));
export type PluginSharePrincipalType = Out<typeof PluginSharePrincipalType>;

export const PluginSharePrincipalRole = schema('PluginSharePrincipalRole', () => z.enum(['reader', 'editor', 'owner']));
export type PluginSharePrincipalRole = Out<typeof PluginSharePrincipalRole>;

export const PluginSharePrincipal = schema('PluginSharePrincipal', () =>
  z.object({ principalType: PluginSharePrincipalType(), principalId: z.string(), role: PluginSharePrincipalRole(), name: z.string() }),
);
export type PluginSharePrincipal = Out<typeof PluginSharePrincipal>;

export const PluginShareContext = schema('PluginShareContext', () =>
  z.object({
    remotePluginId: z.string(),
    remoteVersion: z.nullable(z.string()),
    discoverability: z.nullable(PluginShareDiscoverability()),
    shareUrl: z.nullable(z.string()),
    creatorAccountUserId: z.nullable(z.string()),
    creatorName: z.nullable(z.string()),
    sharePrincipals: z.nullable(z.array(PluginSharePrincipal())),
    canPublishToWorkspace: z.nullable(z.boolean()),
  }),
);
export type PluginShareContext = Out<typeof PluginShareContext>;

export const PluginSource = schema('PluginSource', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('local'), path: z.string() }),
    z.object({
      type: z.literal('git'),
      url: z.string(),
      path: z.nullable(z.string()),
      refName: z.nullable(z.string()),
      sha: z.nullable(z.string()),
    }),
    z.object({ type: z.literal('npm'), package: z.string(), version: z.nullable(z.string()), registry: z.nullable(z.string()) }),
    z.object({ type: z.literal('remote') }),
  ]),
);
export type PluginSource = Out<typeof PluginSource>;

export const PluginInstallPolicy = schema('PluginInstallPolicy', () => z.enum(['NOT_AVAILABLE', 'AVAILABLE', 'INSTALLED_BY_DEFAULT']));
export type PluginInstallPolicy = Out<typeof PluginInstallPolicy>;

export const PluginInstallPolicySource = schema('PluginInstallPolicySource', () => z.enum(['WORKSPACE_SETTING', 'IMPLICIT_CANONICAL_APP']));
export type PluginInstallPolicySource = Out<typeof PluginInstallPolicySource>;

export const PluginAuthPolicy = schema('PluginAuthPolicy', () => z.enum(['ON_INSTALL', 'ON_USE']));
export type PluginAuthPolicy = Out<typeof PluginAuthPolicy>;

export const PluginAvailability = schema('PluginAvailability', () => z.enum(['AVAILABLE', 'DISABLED_BY_ADMIN']));
export type PluginAvailability = Out<typeof PluginAvailability>;

export const PluginDisabledReason = schema('PluginDisabledReason', () =>
  z.enum(['disabled_by_admin', 'plan_not_eligible', 'required_app_unavailable', 'unknown']),
);
export type PluginDisabledReason = Out<typeof PluginDisabledReason>;

export const PluginInterface = schema('PluginInterface', () =>
  z.object({
    displayName: z.nullable(z.string()),
    shortDescription: z.nullable(z.string()),
    longDescription: z.nullable(z.string()),
    developerName: z.nullable(z.string()),
    category: z.nullable(z.string()),
    capabilities: z.array(z.string()),
    websiteUrl: z.nullable(z.string()),
    privacyPolicyUrl: z.nullable(z.string()),
    termsOfServiceUrl: z.nullable(z.string()),
    defaultPrompt: z.nullable(z.array(z.string())),
    brandColor: z.nullable(z.string()),
    composerIcon: z.nullable(z.string()),
    composerIconUrl: z.nullable(z.string()),
    logo: z.nullable(z.string()),
    logoDark: z.nullable(z.string()),
    logoUrl: z.nullable(z.string()),
    logoUrlDark: z.nullable(z.string()),
    screenshots: z.array(z.string()),
    screenshotUrls: z.array(z.string()),
  }),
);
export type PluginInterface = Out<typeof PluginInterface>;

export const PluginSummary = schema('PluginSummary', () =>
  z.object({
    id: z.string(),
    remotePluginId: z.nullable(z.string()),
    version: z.nullable(z.string()),
    localVersion: z.nullable(z.string()),
    name: z.string(),
    shareContext: z.nullable(PluginShareContext()),
    source: PluginSource(),
    installed: z.boolean(),
    installedAt: z.nullable(int64()),
    enabled: z.boolean(),
    installPolicy: PluginInstallPolicy(),
    installPolicySource: z.nullable(PluginInstallPolicySource()),
    mustShowInstallationInterstitial: z.nullable(z.boolean()),
    authPolicy: PluginAuthPolicy(),
    availability: PluginAvailability(),
    disabledReason: z.nullable(PluginDisabledReason()),
    eligiblePlanTypes: z.nullable(z.array(z.string())),
    interface: z.nullable(PluginInterface()),
    keywords: z.array(z.string()),
  }),
);
export type PluginSummary = Out<typeof PluginSummary>;
