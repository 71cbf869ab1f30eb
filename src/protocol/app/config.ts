/** The configuration: reading, writing, feature flags and permission profiles. */
import * as z from 'zod/mini';
import { type Out, request, schema } from '../../rpc/contract.ts';
import { experimental, int64, json, opt } from '../fields.ts';
import { exclusive, shared } from '../lanes.ts';
import { ReasoningEffort, ReasoningSummary, Verbosity } from './model-settings.ts';
import { ApprovalsReviewer, AskForApproval, SandboxMode } from './policy.ts';

export const MergeStrategy = schema('MergeStrategy', () => z.enum(['replace', 'upsert']));
export type MergeStrategy = Out<typeof MergeStrategy>;

export const ConfigEdit = schema('ConfigEdit', () => z.object({ keyPath: z.string(), value: json(), mergeStrategy: MergeStrategy() }));
export type ConfigEdit = Out<typeof ConfigEdit>;

export const AllowDenyRequirement = schema('AllowDenyRequirement', () => z.enum(['allow', 'deny']));
export type AllowDenyRequirement = Out<typeof AllowDenyRequirement>;

export const BrowserUseAccessApprovalLifetime = schema('BrowserUseAccessApprovalLifetime', () => z.enum(['turn', 'thread']));
export type BrowserUseAccessApprovalLifetime = Out<typeof BrowserUseAccessApprovalLifetime>;

export const BrowserUseOriginPolicy = schema('BrowserUseOriginPolicy', () =>
  z.object({
    access: z.nullable(AllowDenyRequirement()),
    downloads: z.nullable(AllowDenyRequirement()),
    uploads: z.nullable(AllowDenyRequirement()),
    fullCdpAccess: z.nullable(AllowDenyRequirement()),
    autoReview: z.nullable(AllowDenyRequirement()),
    persistentApproval: z.nullable(z.boolean()),
    accessApprovalLifetime: z.nullable(BrowserUseAccessApprovalLifetime()),
  }),
);
export type BrowserUseOriginPolicy = Out<typeof BrowserUseOriginPolicy>;

/** Where a layer of configuration comes from. */
export const ConfigLayerSource = schema('ConfigLayerSource', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('packagedDefaults'), file: z.string() }),
    z.object({ type: z.literal('mdm'), domain: z.string(), key: z.string() }),
    z.object({ type: z.literal('system'), file: z.string() }),
    z.object({ type: z.literal('enterpriseManaged'), id: z.string(), name: z.string() }),
    z.object({ type: z.literal('user'), file: z.string(), profile: z.nullable(z.string()) }),
    z.object({ type: z.literal('project'), dotCodexFolder: z.string() }),
    z.object({ type: z.literal('sessionFlags') }),
    z.object({ type: z.literal('legacyManagedConfigTomlFromFile'), file: z.string() }),
    z.object({ type: z.literal('legacyManagedConfigTomlFromMdm') }),
  ]),
);
export type ConfigLayerSource = Out<typeof ConfigLayerSource>;

export const ConfigLayerMetadata = schema('ConfigLayerMetadata', () => z.object({ name: ConfigLayerSource(), version: z.string() }));
export type ConfigLayerMetadata = Out<typeof ConfigLayerMetadata>;

export const OverriddenMetadata = schema('OverriddenMetadata', () =>
  z.object({ message: z.string(), overridingLayer: ConfigLayerMetadata(), effectiveValue: json() }),
);
export type OverriddenMetadata = Out<typeof OverriddenMetadata>;

/** One source of configuration, before it is merged with the others. */
export const ConfigLayer = schema('ConfigLayer', () =>
  z.object({ name: ConfigLayerSource(), version: z.string(), config: json(), disabledReason: z.optional(z.string()) }),
);
export type ConfigLayer = Out<typeof ConfigLayer>;

export const AutoCompactTokenLimitScope = schema('AutoCompactTokenLimitScope', () => z.enum(['total', 'body_after_prefix']));
export type AutoCompactTokenLimitScope = Out<typeof AutoCompactTokenLimitScope>;

export const SandboxWorkspaceWrite = schema('SandboxWorkspaceWrite', () =>
  z.object({
    writable_roots: z.array(z.string()),
    network_access: z.boolean(),
    exclude_tmpdir_env_var: z.boolean(),
    exclude_slash_tmp: z.boolean(),
  }),
);
export type SandboxWorkspaceWrite = Out<typeof SandboxWorkspaceWrite>;

export const ForcedChatgptWorkspaceIds = schema('ForcedChatgptWorkspaceIds', () => z.union([z.string(), z.array(z.string())]));
export type ForcedChatgptWorkspaceIds = Out<typeof ForcedChatgptWorkspaceIds>;

export const ForcedLoginMethod = schema('ForcedLoginMethod', () => z.enum(['chatgpt', 'api']));
export type ForcedLoginMethod = Out<typeof ForcedLoginMethod>;

export const WebSearchMode = schema('WebSearchMode', () => z.enum(['disabled', 'cached', 'indexed', 'live']));
export type WebSearchMode = Out<typeof WebSearchMode>;

export const WebSearchProvider = schema('WebSearchProvider', () => z.enum(['standalone', 'search_mcp']));
export type WebSearchProvider = Out<typeof WebSearchProvider>;

export const WebSearchContextSize = schema('WebSearchContextSize', () => z.enum(['low', 'medium', 'high']));
export type WebSearchContextSize = Out<typeof WebSearchContextSize>;

export const WebSearchLocation = schema('WebSearchLocation', () =>
  z.object({
    country: z.nullable(z.string()),
    region: z.nullable(z.string()),
    city: z.nullable(z.string()),
    timezone: z.nullable(z.string()),
  }),
);
export type WebSearchLocation = Out<typeof WebSearchLocation>;

export const WebSearchToolConfig = schema('WebSearchToolConfig', () =>
  z.object({
    context_size: z.nullable(WebSearchContextSize()),
    allowed_domains: z.nullable(z.array(z.string())),
    location: z.nullable(WebSearchLocation()),
  }),
);
export type WebSearchToolConfig = Out<typeof WebSearchToolConfig>;

export const ToolsV2 = schema('ToolsV2', () => z.object({ web_search: z.nullable(WebSearchToolConfig()) }));
export type ToolsV2 = Out<typeof ToolsV2>;

export const AnalyticsConfig = schema('AnalyticsConfig', () => z.looseObject({ enabled: z.nullable(z.boolean()) }));
export type AnalyticsConfig = Out<typeof AnalyticsConfig>;

export const AppToolApproval = schema('AppToolApproval', () => z.enum(['auto', 'prompt', 'writes', 'approve']));
export type AppToolApproval = Out<typeof AppToolApproval>;

export const AppsDefaultConfig = schema('AppsDefaultConfig', () =>
  z.object({
    enabled: z.boolean(),
    approvals_reviewer: z.nullable(ApprovalsReviewer()),
    destructive_enabled: z.boolean(),
    open_world_enabled: z.boolean(),
    default_tools_approval_mode: z.nullable(AppToolApproval()),
  }),
);
export type AppsDefaultConfig = Out<typeof AppsDefaultConfig>;

export const ToolExposureSurface = schema('ToolExposureSurface', () => z.enum(['code_mode', 'deferred', 'direct']));
export type ToolExposureSurface = Out<typeof ToolExposureSurface>;

export const AppToolsConfig = schema('AppToolsConfig', () =>
  z.record(z.string(), z.object({ enabled: z.nullable(z.boolean()), approval_mode: z.nullable(AppToolApproval()) })),
);
export type AppToolsConfig = Out<typeof AppToolsConfig>;

export const AppLinksConfig = schema('AppLinksConfig', () =>
  z.record(
    z.string(),
    z.object({ approvals_reviewer: z.nullable(ApprovalsReviewer()), default_tools_approval_mode: z.nullable(AppToolApproval()) }),
  ),
);
export type AppLinksConfig = Out<typeof AppLinksConfig>;

export const AppsConfig = schema('AppsConfig', () =>
  z.catchall(
    z.object({ _default: z.nullable(AppsDefaultConfig()) }),
    z.object({
      enabled: z.boolean(),
      omit_tools_from: z.nullable(z.array(ToolExposureSurface())),
      approvals_reviewer: z.nullable(ApprovalsReviewer()),
      destructive_enabled: z.nullable(z.boolean()),
      open_world_enabled: z.nullable(z.boolean()),
      default_tools_approval_mode: z.nullable(AppToolApproval()),
      default_tools_enabled: z.nullable(z.boolean()),
      tools: z.nullable(AppToolsConfig()),
      links: z.nullable(AppLinksConfig()),
    }),
  ),
);
export type AppsConfig = Out<typeof AppsConfig>;

export const BrowserUseOriginPolicyConfig = schema('BrowserUseOriginPolicyConfig', () =>
  z.object({
    access: z.nullable(AllowDenyRequirement()),
    downloads: z.nullable(AllowDenyRequirement()),
    uploads: z.nullable(AllowDenyRequirement()),
    full_cdp_access: z.nullable(AllowDenyRequirement()),
  }),
);
export type BrowserUseOriginPolicyConfig = Out<typeof BrowserUseOriginPolicyConfig>;

export const BrowserUseConfig = schema('BrowserUseConfig', () =>
  z.object({
    allow_history_access: z.nullable(z.boolean()),
    default_origin_policy: z.nullable(BrowserUseOriginPolicyConfig()),
    origins: z.nullable(z.record(z.string(), BrowserUseOriginPolicyConfig())),
  }),
);
export type BrowserUseConfig = Out<typeof BrowserUseConfig>;

export const ComputerUseMacosConfig = schema('ComputerUseMacosConfig', () =>
  z.object({ bundle_ids: z.nullable(z.record(z.string(), AllowDenyRequirement())) }),
);
export type ComputerUseMacosConfig = Out<typeof ComputerUseMacosConfig>;

export const ComputerUseWindowsExeConfig = schema('ComputerUseWindowsExeConfig', () =>
  z.object({ publisher_name: z.string(), product_name: z.string(), binary_name: z.nullable(z.string()), access: AllowDenyRequirement() }),
);
export type ComputerUseWindowsExeConfig = Out<typeof ComputerUseWindowsExeConfig>;

export const ComputerUseWindowsConfig = schema('ComputerUseWindowsConfig', () =>
  z.object({ aumids: z.nullable(z.record(z.string(), AllowDenyRequirement())), exes: z.nullable(z.array(ComputerUseWindowsExeConfig())) }),
);
export type ComputerUseWindowsConfig = Out<typeof ComputerUseWindowsConfig>;

export const ComputerUseConfig = schema('ComputerUseConfig', () =>
  z.object({
    default_app_access: z.nullable(AllowDenyRequirement()),
    macos: z.nullable(ComputerUseMacosConfig()),
    windows: z.nullable(ComputerUseWindowsConfig()),
  }),
);
export type ComputerUseConfig = Out<typeof ComputerUseConfig>;

/** The effective configuration. Keys that this server does not know are kept. */
export const Config = schema('Config', () =>
  z.looseObject({
    model: z.nullable(z.string()),
    review_model: z.nullable(z.string()),
    model_context_window: z.nullable(int64()),
    model_auto_compact_token_limit: z.nullable(int64()),
    model_auto_compact_token_limit_scope: z.nullable(AutoCompactTokenLimitScope()),
    model_provider: z.nullable(z.string()),
    approval_policy: z.nullable(AskForApproval()),
    approvals_reviewer: z.nullable(ApprovalsReviewer()),
    sandbox_mode: z.nullable(SandboxMode()),
    sandbox_workspace_write: z.nullable(SandboxWorkspaceWrite()),
    forced_chatgpt_workspace_id: z.nullable(ForcedChatgptWorkspaceIds()),
    forced_login_method: z.nullable(ForcedLoginMethod()),
    web_search: z.nullable(WebSearchMode()),
    client_search_provider: z.nullable(WebSearchProvider()),
    tools: z.nullable(ToolsV2()),
    instructions: z.nullable(z.string()),
    developer_instructions: z.nullable(z.string()),
    compact_prompt: z.nullable(z.string()),
    model_reasoning_effort: z.nullable(ReasoningEffort()),
    model_reasoning_summary: z.nullable(ReasoningSummary()),
    model_verbosity: z.nullable(Verbosity()),
    service_tier: z.nullable(z.string()),
    analytics: z.nullable(AnalyticsConfig()),
    apps: experimental(z.nullable(AppsConfig())),
    browser_use: z.nullable(BrowserUseConfig()),
    computer_use: z.nullable(ComputerUseConfig()),
    desktop: z.nullable(z.record(z.string(), z.unknown())),
  }),
);
export type Config = Out<typeof Config>;

/** A permission profile that can be chosen by its id. */
export const PermissionProfileSummary = schema('PermissionProfileSummary', () =>
  z.object({ id: z.string(), description: z.nullable(z.string()), allowed: z.boolean() }),
);
export type PermissionProfileSummary = Out<typeof PermissionProfileSummary>;

export const ExperimentalFeatureStage = schema('ExperimentalFeatureStage', () =>
  z.enum(['beta', 'underDevelopment', 'stable', 'deprecated', 'removed']),
);
export type ExperimentalFeatureStage = Out<typeof ExperimentalFeatureStage>;

export const ExperimentalFeature = schema('ExperimentalFeature', () =>
  z.object({
    name: z.string(),
    stage: ExperimentalFeatureStage(),
    displayName: z.nullable(z.string()),
    description: z.nullable(z.string()),
    announcement: z.nullable(z.string()),
    enabled: z.boolean(),
    defaultEnabled: z.boolean(),
  }),
);
export type ExperimentalFeature = Out<typeof ExperimentalFeature>;

export const WriteStatus = schema('WriteStatus', () => z.enum(['ok', 'okOverridden']));
export type WriteStatus = Out<typeof WriteStatus>;

export const ExperimentalFeatureListParams = schema('ExperimentalFeatureListParams', () =>
  z.object({ cursor: opt(z.string()), limit: opt(z.uint32()), threadId: opt(z.string()) }),
);
export type ExperimentalFeatureListParams = Out<typeof ExperimentalFeatureListParams>;

export const ExperimentalFeatureListResponse = schema('ExperimentalFeatureListResponse', () =>
  z.object({ data: z.array(ExperimentalFeature()), nextCursor: z.nullable(z.string()) }),
);
export type ExperimentalFeatureListResponse = Out<typeof ExperimentalFeatureListResponse>;

export const PermissionProfileListParams = schema('PermissionProfileListParams', () =>
  z.object({ cursor: opt(z.string()), limit: opt(z.uint32()), cwd: opt(z.string()) }),
);
export type PermissionProfileListParams = Out<typeof PermissionProfileListParams>;

export const PermissionProfileListResponse = schema('PermissionProfileListResponse', () =>
  z.object({ data: z.array(PermissionProfileSummary()), nextCursor: z.nullable(z.string()) }),
);
export type PermissionProfileListResponse = Out<typeof PermissionProfileListResponse>;

export const ExperimentalFeatureEnablementSetParams = schema('ExperimentalFeatureEnablementSetParams', () =>
  z.object({ enablement: z.record(z.string(), z.boolean()) }),
);
export type ExperimentalFeatureEnablementSetParams = Out<typeof ExperimentalFeatureEnablementSetParams>;

export const ExperimentalFeatureEnablementSetResponse = schema('ExperimentalFeatureEnablementSetResponse', () =>
  z.object({ enablement: z.record(z.string(), z.boolean()) }),
);
export type ExperimentalFeatureEnablementSetResponse = Out<typeof ExperimentalFeatureEnablementSetResponse>;

export const ConfigReadParams = schema('ConfigReadParams', () =>
  z.object({ includeLayers: z._default(z.boolean(), false), cwd: opt(z.string()) }),
);
export type ConfigReadParams = Out<typeof ConfigReadParams>;

export const ConfigReadResponse = schema('ConfigReadResponse', () =>
  z.object({ config: Config(), origins: z.record(z.string(), ConfigLayerMetadata()), layers: z.optional(z.array(ConfigLayer())) }),
);
export type ConfigReadResponse = Out<typeof ConfigReadResponse>;

export const ConfigValueWriteParams = schema('ConfigValueWriteParams', () =>
  z.object({
    keyPath: z.string(),
    value: json(),
    mergeStrategy: MergeStrategy(),
    filePath: opt(z.string()),
    expectedVersion: opt(z.string()),
  }),
);
export type ConfigValueWriteParams = Out<typeof ConfigValueWriteParams>;

export const ConfigWriteResponse = schema('ConfigWriteResponse', () =>
  z.object({ status: WriteStatus(), version: z.string(), filePath: z.string(), overriddenMetadata: z.nullable(OverriddenMetadata()) }),
);
export type ConfigWriteResponse = Out<typeof ConfigWriteResponse>;

export const ConfigBatchWriteParams = schema('ConfigBatchWriteParams', () =>
  z.object({
    edits: z.array(ConfigEdit()),
    filePath: opt(z.string()),
    expectedVersion: opt(z.string()),
    reloadUserConfig: z._default(z.boolean(), false),
  }),
);
export type ConfigBatchWriteParams = Out<typeof ConfigBatchWriteParams>;

export const configRequests = {
  'experimentalFeature/list': request({
    doc: 'Lists feature flags and their state.',
    params: ExperimentalFeatureListParams,
    result: ExperimentalFeatureListResponse,
    lane: exclusive('config'),
  }),
  'permissionProfile/list': request({
    doc: 'Lists the permission profiles on offer.',
    params: PermissionProfileListParams,
    result: PermissionProfileListResponse,
    lane: shared('config'),
  }),
  'experimentalFeature/enablement/set': request({
    doc: 'Switches feature flags for this server process.',
    params: ExperimentalFeatureEnablementSetParams,
    result: ExperimentalFeatureEnablementSetResponse,
    lane: exclusive('config'),
  }),
  'config/read': request({
    doc: 'Reads the effective configuration and where it comes from.',
    params: ConfigReadParams,
    result: ConfigReadResponse,
    lane: shared('config'),
  }),
  'config/value/write': request({
    doc: "Writes one value of the user's configuration.",
    params: ConfigValueWriteParams,
    result: ConfigWriteResponse,
    lane: exclusive('config'),
  }),
  'config/batchWrite': request({
    doc: "Writes several values of the user's configuration at once.",
    params: ConfigBatchWriteParams,
    result: ConfigWriteResponse,
    lane: exclusive('config'),
  }),
} as const;
