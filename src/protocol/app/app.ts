/** Apps that a user connects (a vendor surface). */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { opt } from '../fields.ts';

export const AppBranding = schema('AppBranding', () =>
  z.object({
    category: z.nullable(z.string()),
    developer: z.nullable(z.string()),
    website: z.nullable(z.string()),
    privacyPolicy: z.nullable(z.string()),
    termsOfService: z.nullable(z.string()),
    isDiscoverableApp: z.boolean(),
  }),
);
export type AppBranding = Out<typeof AppBranding>;

export const AppReview = schema('AppReview', () => z.object({ status: z.string() }));
export type AppReview = Out<typeof AppReview>;

export const AppScreenshot = schema('AppScreenshot', () =>
  z.object({ url: z.nullable(z.string()), fileId: z.nullable(z.string()), userPrompt: z.string() }),
);
export type AppScreenshot = Out<typeof AppScreenshot>;

export const AppMetadata = schema('AppMetadata', () =>
  z.object({
    review: z.nullable(AppReview()),
    categories: z.nullable(z.array(z.string())),
    subCategories: z.nullable(z.array(z.string())),
    seoDescription: z.nullable(z.string()),
    screenshots: z.nullable(z.array(AppScreenshot())),
    developer: z.nullable(z.string()),
    version: z.nullable(z.string()),
    versionId: z.nullable(z.string()),
    versionNotes: z.nullable(z.string()),
    firstPartyRequiresInstall: z.nullable(z.boolean()),
    showInComposerWhenUnlinked: z.nullable(z.boolean()),
  }),
);
export type AppMetadata = Out<typeof AppMetadata>;

export const AppInfo = schema('AppInfo', () =>
  z.object({
    id: z.string(),
    name: z.string(),
    description: z.nullable(z.string()),
    logoUrl: z.nullable(z.string()),
    logoUrlDark: z.nullable(z.string()),
    iconAssets: z.nullable(z.record(z.string(), z.string())),
    iconDarkAssets: z.nullable(z.record(z.string(), z.string())),
    distributionChannel: z.nullable(z.string()),
    branding: z.nullable(AppBranding()),
    appMetadata: z.nullable(AppMetadata()),
    labels: z.nullable(z.record(z.string(), z.string())),
    installUrl: z.nullable(z.string()),
    isAccessible: z.boolean(),
    isEnabled: z.boolean(),
    pluginDisplayNames: z.array(z.string()),
  }),
);
export type AppInfo = Out<typeof AppInfo>;

export const AppToolSummary = schema('AppToolSummary', () =>
  z.object({
    name: z.string(),
    title: z.nullable(z.string()),
    description: z.string(),
    isEnabled: z.boolean(),
    disabledReason: z.nullable(z.string()),
    isReadOnly: z.boolean(),
  }),
);
export type AppToolSummary = Out<typeof AppToolSummary>;

export const ConnectorMetadata = schema('ConnectorMetadata', () =>
  z.object({
    id: z.string(),
    name: z.string(),
    description: z.nullable(z.string()),
    iconUrl: z.nullable(z.string()),
    iconUrlDark: z.nullable(z.string()),
    distributionChannel: z.nullable(z.string()),
    installUrl: z.nullable(z.string()),
    pluginDisplayNames: z.array(z.string()),
    toolSummaries: z.nullable(z.array(AppToolSummary())),
  }),
);
export type ConnectorMetadata = Out<typeof ConnectorMetadata>;

export const AppTemplateUnavailableReason = schema('AppTemplateUnavailableReason', () =>
  z.enum(['NOT_CONFIGURED_FOR_WORKSPACE', 'NO_ACTIVE_WORKSPACE']),
);
export type AppTemplateUnavailableReason = Out<typeof AppTemplateUnavailableReason>;

export const AppTemplateSummary = schema('AppTemplateSummary', () =>
  z.object({
    templateId: z.string(),
    name: z.string(),
    description: z.nullable(z.string()),
    category: z.nullable(z.string()),
    canonicalConnectorId: z.nullable(z.string()),
    logoUrl: z.nullable(z.string()),
    logoUrlDark: z.nullable(z.string()),
    materializedAppIds: z.array(z.string()),
    reason: z.nullable(AppTemplateUnavailableReason()),
  }),
);
export type AppTemplateSummary = Out<typeof AppTemplateSummary>;

export const AppSummary = schema('AppSummary', () =>
  z.object({
    id: z.string(),
    name: z.string(),
    description: z.nullable(z.string()),
    installUrl: z.nullable(z.string()),
    category: z.nullable(z.string()),
  }),
);
export type AppSummary = Out<typeof AppSummary>;

export const InstalledApp = schema('InstalledApp', () =>
  z.object({ id: z.string(), runtimeName: z.nullable(z.string()), enabled: z.boolean(), callable: z.boolean() }),
);
export type InstalledApp = Out<typeof InstalledApp>;

export const AppsReadParams = schema('AppsReadParams', () =>
  z.object({ appIds: z.array(z.string()), threadId: opt(z.string()), includeTools: z._default(z.boolean(), false) }),
);
export type AppsReadParams = Out<typeof AppsReadParams>;

export const AppsReadResponse = schema('AppsReadResponse', () =>
  z.object({ apps: z.array(ConnectorMetadata()), missingAppIds: z.array(z.string()) }),
);
export type AppsReadResponse = Out<typeof AppsReadResponse>;

export const AppsListParams = schema('AppsListParams', () =>
  z.object({ cursor: opt(z.string()), limit: opt(z.uint32()), threadId: opt(z.string()), forceRefetch: z._default(z.boolean(), false) }),
);
export type AppsListParams = Out<typeof AppsListParams>;

export const AppsListResponse = schema('AppsListResponse', () =>
  z.object({ data: z.array(AppInfo()), nextCursor: z.nullable(z.string()) }),
);
export type AppsListResponse = Out<typeof AppsListResponse>;

export const AppsInstalledParams = schema('AppsInstalledParams', () =>
  z.object({ threadId: opt(z.string()), forceRefresh: z._default(z.boolean(), false) }),
);
export type AppsInstalledParams = Out<typeof AppsInstalledParams>;

export const AppsInstalledResponse = schema('AppsInstalledResponse', () => z.object({ apps: z.array(InstalledApp()) }));
export type AppsInstalledResponse = Out<typeof AppsInstalledResponse>;

export const AppListUpdatedNotification = schema('AppListUpdatedNotification', () => z.object({ data: z.array(AppInfo()) }));
export type AppListUpdatedNotification = Out<typeof AppListUpdatedNotification>;

export const appRequests = {
  'app/read': request({ doc: 'Reads apps in detail.', params: AppsReadParams, result: AppsReadResponse }),
  'app/list': request({ doc: 'Lists the apps a user can connect.', params: AppsListParams, result: AppsListResponse }),
  'app/installed': request({ doc: 'Lists the apps that are connected.', params: AppsInstalledParams, result: AppsInstalledResponse }),
} as const;

export const appNotifications = {
  'app/list/updated': notification({ doc: 'The list of apps changed.', params: AppListUpdatedNotification }),
} as const;
