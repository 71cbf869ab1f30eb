/** Finding, installing and reading plugins. */
import * as z from 'zod/mini';
import { type Out, request, schema } from '../../rpc/contract.ts';
import { absolutePath, Empty, opt } from '../fields.ts';
import { exclusive } from '../lanes.ts';
import { AppSummary, AppTemplateSummary } from './app.ts';
import { HookEventName } from './hook.ts';
import { PluginAuthPolicy, PluginSummary } from './plugin-model.ts';
import { SkillSummary } from './skill.ts';

export const PluginHookSummary = schema('PluginHookSummary', () => z.object({ key: z.string(), eventName: HookEventName() }));
export type PluginHookSummary = Out<typeof PluginHookSummary>;

export const ScheduledTaskWeekday = schema('ScheduledTaskWeekday', () => z.enum(['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU']));
export type ScheduledTaskWeekday = Out<typeof ScheduledTaskWeekday>;

export const ScheduledTaskSchedule = schema('ScheduledTaskSchedule', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('hourly'), intervalHours: z.uint32(), days: z.nullable(z.array(ScheduledTaskWeekday())) }),
    z.object({ type: z.literal('daily'), time: z.string() }),
    z.object({ type: z.literal('weekdays'), time: z.string() }),
    z.object({ type: z.literal('weekly'), days: z.array(ScheduledTaskWeekday()), time: z.string() }),
  ]),
);
export type ScheduledTaskSchedule = Out<typeof ScheduledTaskSchedule>;

export const ScheduledTaskSummary = schema('ScheduledTaskSummary', () =>
  z.object({ key: z.string(), name: z.string(), prompt: z.string(), schedule: ScheduledTaskSchedule() }),
);
export type ScheduledTaskSummary = Out<typeof ScheduledTaskSummary>;

export const PluginDetail = schema('PluginDetail', () =>
  z.object({
    marketplaceName: z.string(),
    marketplacePath: z.nullable(z.string()),
    summary: PluginSummary(),
    shareUrl: z.nullable(z.string()),
    description: z.nullable(z.string()),
    skills: z.array(SkillSummary()),
    onboardingSkill: z.nullable(SkillSummary()),
    hooks: z.array(PluginHookSummary()),
    apps: z.array(AppSummary()),
    appTemplates: z.array(AppTemplateSummary()),
    mcpServers: z.array(z.string()),
    scheduledTasks: z.nullable(z.array(ScheduledTaskSummary())),
  }),
);
export type PluginDetail = Out<typeof PluginDetail>;

export const MarketplaceInterface = schema('MarketplaceInterface', () => z.object({ displayName: z.nullable(z.string()) }));
export type MarketplaceInterface = Out<typeof MarketplaceInterface>;

export const PluginMarketplaceEntry = schema('PluginMarketplaceEntry', () =>
  z.object({
    name: z.string(),
    path: z.nullable(z.string()),
    interface: z.nullable(MarketplaceInterface()),
    plugins: z.array(PluginSummary()),
  }),
);
export type PluginMarketplaceEntry = Out<typeof PluginMarketplaceEntry>;

export const PluginSearchScope = schema('PluginSearchScope', () => z.enum(['global', 'workspace', 'personal']));
export type PluginSearchScope = Out<typeof PluginSearchScope>;

export const PluginListMarketplaceKind = schema('PluginListMarketplaceKind', () =>
  z.enum(['local', 'vertical', 'workspace-directory', 'shared-with-me', 'created-by-me-remote']),
);
export type PluginListMarketplaceKind = Out<typeof PluginListMarketplaceKind>;

export const PluginReconcileChangedPlugin = schema('PluginReconcileChangedPlugin', () =>
  z.object({ id: z.string(), hasMcps: z.boolean(), hasApps: z.boolean(), hasHooks: z.boolean(), hasSkills: z.boolean() }),
);
export type PluginReconcileChangedPlugin = Out<typeof PluginReconcileChangedPlugin>;

export const MarketplaceLoadErrorInfo = schema('MarketplaceLoadErrorInfo', () =>
  z.object({ marketplacePath: z.string(), message: z.string() }),
);
export type MarketplaceLoadErrorInfo = Out<typeof MarketplaceLoadErrorInfo>;

export const PluginSearchResult = schema('PluginSearchResult', () =>
  z.object({ plugin: PluginSummary(), marketplaceName: z.string(), marketplacePath: z.nullable(z.string()) }),
);
export type PluginSearchResult = Out<typeof PluginSearchResult>;

export const PluginListParams = schema('PluginListParams', () =>
  z.object({
    cwds: opt(z.array(absolutePath())),
    marketplaceKinds: opt(z.array(PluginListMarketplaceKind())),
    forceRefetch: z._default(z.boolean(), false),
  }),
);
export type PluginListParams = Out<typeof PluginListParams>;

export const PluginListResponse = schema('PluginListResponse', () =>
  z.object({
    marketplaces: z.array(PluginMarketplaceEntry()),
    marketplaceLoadErrors: z.array(MarketplaceLoadErrorInfo()),
    featuredPluginIds: z.array(z.string()),
  }),
);
export type PluginListResponse = Out<typeof PluginListResponse>;

export const PluginSearchParams = schema('PluginSearchParams', () =>
  z.object({
    searchTerm: z.string(),
    scope: opt(PluginSearchScope()),
    cwds: opt(z.array(absolutePath())),
    cursor: opt(z.string()),
    limit: opt(z.uint32()),
  }),
);
export type PluginSearchParams = Out<typeof PluginSearchParams>;

export const PluginSearchResponse = schema('PluginSearchResponse', () =>
  z.object({ data: z.array(PluginSearchResult()), nextCursor: z.nullable(z.string()) }),
);
export type PluginSearchResponse = Out<typeof PluginSearchResponse>;

export const PluginInstalledParams = schema('PluginInstalledParams', () =>
  z.object({ cwds: opt(z.array(absolutePath())), installSuggestionPluginNames: opt(z.array(z.string())) }),
);
export type PluginInstalledParams = Out<typeof PluginInstalledParams>;

export const PluginInstalledResponse = schema('PluginInstalledResponse', () =>
  z.object({ marketplaces: z.array(PluginMarketplaceEntry()), marketplaceLoadErrors: z.array(MarketplaceLoadErrorInfo()) }),
);
export type PluginInstalledResponse = Out<typeof PluginInstalledResponse>;

export const PluginReconcileParams = schema('PluginReconcileParams', () => z.object({ reason: opt(z.string()) }));
export type PluginReconcileParams = Out<typeof PluginReconcileParams>;

export const PluginReconcileResponse = schema('PluginReconcileResponse', () =>
  z.object({
    changedPlugins: z.array(PluginReconcileChangedPlugin()),
    failedRemotePluginIds: z.array(z.string()),
    failedMaterializationRemotePluginIds: z.array(z.string()),
  }),
);
export type PluginReconcileResponse = Out<typeof PluginReconcileResponse>;

export const PluginReadParams = schema('PluginReadParams', () =>
  z.object({ marketplacePath: opt(absolutePath()), remoteMarketplaceName: opt(z.string()), pluginName: z.string() }),
);
export type PluginReadParams = Out<typeof PluginReadParams>;

export const PluginReadResponse = schema('PluginReadResponse', () => z.object({ plugin: PluginDetail() }));
export type PluginReadResponse = Out<typeof PluginReadResponse>;

export const PluginSkillReadParams = schema('PluginSkillReadParams', () =>
  z.object({ remoteMarketplaceName: z.string(), remotePluginId: z.string(), skillName: z.string() }),
);
export type PluginSkillReadParams = Out<typeof PluginSkillReadParams>;

export const PluginSkillReadResponse = schema('PluginSkillReadResponse', () => z.object({ contents: z.nullable(z.string()) }));
export type PluginSkillReadResponse = Out<typeof PluginSkillReadResponse>;

export const PluginInstallParams = schema('PluginInstallParams', () =>
  z.object({
    marketplacePath: opt(absolutePath()),
    remoteMarketplaceName: opt(z.string()),
    installAttemptId: opt(z.string()),
    pluginName: z.string(),
  }),
);
export type PluginInstallParams = Out<typeof PluginInstallParams>;

export const PluginInstallResponse = schema('PluginInstallResponse', () =>
  z.object({ authPolicy: PluginAuthPolicy(), appsNeedingAuth: z.array(AppSummary()) }),
);
export type PluginInstallResponse = Out<typeof PluginInstallResponse>;

export const PluginUninstallParams = schema('PluginUninstallParams', () => z.object({ pluginId: z.string() }));
export type PluginUninstallParams = Out<typeof PluginUninstallParams>;

export const pluginRequests = {
  'plugin/list': request({ doc: 'Lists marketplaces and their plugins.', params: PluginListParams, result: PluginListResponse }),
  'plugin/search': request({ doc: 'Finds plugins by text.', params: PluginSearchParams, result: PluginSearchResponse, experimental: true }),
  'plugin/installed': request({
    doc: 'Lists the plugins that are installed.',
    params: PluginInstalledParams,
    result: PluginInstalledResponse,
  }),
  'plugin/reconcile': request({
    doc: 'Brings installed plugins in line with what is configured.',
    params: PluginReconcileParams,
    result: PluginReconcileResponse,
    lane: exclusive('config'),
  }),
  'plugin/read': request({ doc: 'Reads one plugin in detail.', params: PluginReadParams, result: PluginReadResponse }),
  'plugin/skill/read': request({
    doc: 'Reads one skill of a plugin.',
    params: PluginSkillReadParams,
    result: PluginSkillReadResponse,
    lane: exclusive('config'),
  }),
  'plugin/install': request({
    doc: 'Installs a plugin.',
    params: PluginInstallParams,
    result: PluginInstallResponse,
    lane: exclusive('config'),
  }),
  'plugin/uninstall': request({
    doc: 'Removes an installed plugin.',
    params: PluginUninstallParams,
    result: Empty,
    lane: exclusive('config'),
  }),
} as const;
