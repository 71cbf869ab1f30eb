/** app */
import * as z from 'zod';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { opt } from '../fields.ts';

export const AppsInstalledParams = schema('AppsInstalledParams', () =>
  z.object({ threadId: opt(z.string()), forceRefresh: z.boolean().default(false) }),
);
export type AppsInstalledParams = Out<typeof AppsInstalledParams>;

export const AppsListParams = schema('AppsListParams', () =>
  z.object({ cursor: opt(z.string()), limit: opt(z.uint32()), threadId: opt(z.string()), forceRefetch: z.boolean().default(false) }),
);
export type AppsListParams = Out<typeof AppsListParams>;

export const AppsReadParams = schema('AppsReadParams', () =>
  z.object({ appIds: z.array(z.string()), threadId: opt(z.string()), includeTools: z.boolean().default(false) }),
);
export type AppsReadParams = Out<typeof AppsReadParams>;

export const AppBranding = schema('AppBranding', () =>
  z.object({
    category: z.string().nullable(),
    developer: z.string().nullable(),
    website: z.string().nullable(),
    privacyPolicy: z.string().nullable(),
    termsOfService: z.string().nullable(),
    isDiscoverableApp: z.boolean(),
  }),
);
export type AppBranding = Out<typeof AppBranding>;

export const AppReview = schema('AppReview', () => z.object({ status: z.string() }));
export type AppReview = Out<typeof AppReview>;

export const AppScreenshot = schema('AppScreenshot', () =>
  z.object({ url: z.string().nullable(), fileId: z.string().nullable(), userPrompt: z.string() }),
);
export type AppScreenshot = Out<typeof AppScreenshot>;

export const AppMetadata = schema('AppMetadata', () =>
  z.object({
    review: AppReview().nullable(),
    categories: z.array(z.string()).nullable(),
    subCategories: z.array(z.string()).nullable(),
    seoDescription: z.string().nullable(),
    screenshots: z.array(AppScreenshot()).nullable(),
    developer: z.string().nullable(),
    version: z.string().nullable(),
    versionId: z.string().nullable(),
    versionNotes: z.string().nullable(),
    firstPartyRequiresInstall: z.boolean().nullable(),
    showInComposerWhenUnlinked: z.boolean().nullable(),
  }),
);
export type AppMetadata = Out<typeof AppMetadata>;

export const AppInfo = schema('AppInfo', () =>
  z.object({
    id: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    logoUrl: z.string().nullable(),
    logoUrlDark: z.string().nullable(),
    iconAssets: z.record(z.string(), z.string()).nullable(),
    iconDarkAssets: z.record(z.string(), z.string()).nullable(),
    distributionChannel: z.string().nullable(),
    branding: AppBranding().nullable(),
    appMetadata: AppMetadata().nullable(),
    labels: z.record(z.string(), z.string()).nullable(),
    installUrl: z.string().nullable(),
    isAccessible: z.boolean(),
    isEnabled: z.boolean(),
    pluginDisplayNames: z.array(z.string()),
  }),
);
export type AppInfo = Out<typeof AppInfo>;

export const AppListUpdatedNotification = schema('AppListUpdatedNotification', () => z.object({ data: z.array(AppInfo()) }));
export type AppListUpdatedNotification = Out<typeof AppListUpdatedNotification>;

export const AppSummary = schema('AppSummary', () =>
  z.object({
    id: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    installUrl: z.string().nullable(),
    category: z.string().nullable(),
  }),
);
export type AppSummary = Out<typeof AppSummary>;

export const InstalledApp = schema('InstalledApp', () =>
  z.object({ id: z.string(), runtimeName: z.string().nullable(), enabled: z.boolean(), callable: z.boolean() }),
);
export type InstalledApp = Out<typeof InstalledApp>;

export const AppsInstalledResponse = schema('AppsInstalledResponse', () => z.object({ apps: z.array(InstalledApp()) }));
export type AppsInstalledResponse = Out<typeof AppsInstalledResponse>;

export const AppsListResponse = schema('AppsListResponse', () => z.object({ data: z.array(AppInfo()), nextCursor: z.string().nullable() }));
export type AppsListResponse = Out<typeof AppsListResponse>;

export const AppToolSummary = schema('AppToolSummary', () =>
  z.object({
    name: z.string(),
    title: z.string().nullable(),
    description: z.string(),
    isEnabled: z.boolean(),
    disabledReason: z.string().nullable(),
    isReadOnly: z.boolean(),
  }),
);
export type AppToolSummary = Out<typeof AppToolSummary>;

export const ConnectorMetadata = schema('ConnectorMetadata', () =>
  z.object({
    id: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    iconUrl: z.string().nullable(),
    iconUrlDark: z.string().nullable(),
    distributionChannel: z.string().nullable(),
    installUrl: z.string().nullable(),
    pluginDisplayNames: z.array(z.string()),
    toolSummaries: z.array(AppToolSummary()).nullable(),
  }),
);
export type ConnectorMetadata = Out<typeof ConnectorMetadata>;

export const AppsReadResponse = schema('AppsReadResponse', () =>
  z.object({ apps: z.array(ConnectorMetadata()), missingAppIds: z.array(z.string()) }),
);
export type AppsReadResponse = Out<typeof AppsReadResponse>;

export const AppTemplateUnavailableReason = schema('AppTemplateUnavailableReason', () =>
  z.enum(['NOT_CONFIGURED_FOR_WORKSPACE', 'NO_ACTIVE_WORKSPACE']),
);
export type AppTemplateUnavailableReason = Out<typeof AppTemplateUnavailableReason>;

export const AppTemplateSummary = schema('AppTemplateSummary', () =>
  z.object({
    templateId: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    category: z.string().nullable(),
    canonicalConnectorId: z.string().nullable(),
    logoUrl: z.string().nullable(),
    logoUrlDark: z.string().nullable(),
    materializedAppIds: z.array(z.string()),
    reason: AppTemplateUnavailableReason().nullable(),
  }),
);
export type AppTemplateSummary = Out<typeof AppTemplateSummary>;

export const appRequests = {
  'app/read': request({ doc: 'Reads apps in detail.', params: AppsReadParams, result: AppsReadResponse }),
  'app/list': request({ doc: 'Lists the apps a user can connect.', params: AppsListParams, result: AppsListResponse }),
  'app/installed': request({ doc: 'Lists the apps that are connected.', params: AppsInstalledParams, result: AppsInstalledResponse }),
} as const;

export const appNotifications = {
  'app/list/updated': notification({ doc: 'The list of apps changed.', params: AppListUpdatedNotification }),
} as const;
