/** What an administrator requires of the configuration. */
import * as z from 'zod/mini';
import { type Out, request, schema } from '../../rpc/contract.ts';
import { experimental, NoParams, uint, uint16 } from '../fields.ts';
import { exclusive } from '../lanes.ts';
import { AllowDenyRequirement, BrowserUseOriginPolicy, ForcedLoginMethod, WebSearchMode } from './config.ts';
import { ReasoningEffort } from './model-settings.ts';
import { ApprovalsReviewer, AskForApproval, SandboxMode } from './policy.ts';

export const CliAuthCredentialsStoreMode = schema('CliAuthCredentialsStoreMode', () => z.enum(['file', 'keyring', 'auto', 'ephemeral']));
export type CliAuthCredentialsStoreMode = Out<typeof CliAuthCredentialsStoreMode>;

export const WindowsSandboxImplementation = schema('WindowsSandboxImplementation', () => z.enum(['elevated', 'unelevated', 'mxc']));
export type WindowsSandboxImplementation = Out<typeof WindowsSandboxImplementation>;

export const ComputerUseMacosRequirements = schema('ComputerUseMacosRequirements', () =>
  z.object({ bundleIds: z.nullable(z.record(z.string(), AllowDenyRequirement())) }),
);
export type ComputerUseMacosRequirements = Out<typeof ComputerUseMacosRequirements>;

export const ComputerUseWindowsExeRequirement = schema('ComputerUseWindowsExeRequirement', () =>
  z.object({ publisherName: z.string(), productName: z.string(), binaryName: z.nullable(z.string()), access: AllowDenyRequirement() }),
);
export type ComputerUseWindowsExeRequirement = Out<typeof ComputerUseWindowsExeRequirement>;

export const ComputerUseWindowsRequirements = schema('ComputerUseWindowsRequirements', () =>
  z.object({
    aumids: z.nullable(z.record(z.string(), AllowDenyRequirement())),
    exes: z.nullable(z.array(ComputerUseWindowsExeRequirement())),
  }),
);
export type ComputerUseWindowsRequirements = Out<typeof ComputerUseWindowsRequirements>;

export const ComputerUseRequirements = schema('ComputerUseRequirements', () =>
  z.object({
    allowLockedComputerUse: z.nullable(z.boolean()),
    allowPersistentApproval: z.nullable(z.boolean()),
    defaultAppAccess: z.nullable(AllowDenyRequirement()),
    macos: z.nullable(ComputerUseMacosRequirements()),
    windows: z.nullable(ComputerUseWindowsRequirements()),
  }),
);
export type ComputerUseRequirements = Out<typeof ComputerUseRequirements>;

export const RequestHeader = schema('RequestHeader', () => z.object({ name: z.string(), value: z.string() }));
export type RequestHeader = Out<typeof RequestHeader>;

export const BrowserUseExtensionRequirements = schema('BrowserUseExtensionRequirements', () =>
  z.object({ requestHeaders: z.nullable(z.array(RequestHeader())) }),
);
export type BrowserUseExtensionRequirements = Out<typeof BrowserUseExtensionRequirements>;

export const BrowserUseRequirements = schema('BrowserUseRequirements', () =>
  z.object({
    extension: z.nullable(BrowserUseExtensionRequirements()),
    allowWebmcp: z.nullable(z.boolean()),
    allowHistoryAccess: z.nullable(z.boolean()),
    disableAutoReview: z.nullable(z.boolean()),
    allowGlobalPersistentApproval: z.nullable(z.boolean()),
    defaultOriginPolicy: z.nullable(BrowserUseOriginPolicy()),
    origins: z.nullable(z.record(z.string(), BrowserUseOriginPolicy())),
  }),
);
export type BrowserUseRequirements = Out<typeof BrowserUseRequirements>;

export const InAppBrowserRequirements = schema('InAppBrowserRequirements', () =>
  z.object({ allowExternalBrowserSettingsImport: z.nullable(z.boolean()) }),
);
export type InAppBrowserRequirements = Out<typeof InAppBrowserRequirements>;

export const ConfiguredHookHandler = schema('ConfiguredHookHandler', () =>
  z.discriminatedUnion('type', [
    z.object({
      type: z.literal('command'),
      command: z.string(),
      commandWindows: z.nullable(z.string()),
      timeoutSec: z.nullable(uint()),
      async: z.boolean(),
      statusMessage: z.nullable(z.string()),
      additionalContextLimit: z.nullable(uint()),
    }),
    z.object({
      type: z.literal('mcp_tool'),
      server: z.string(),
      tool: z.string(),
      input: z.record(z.string(), z.unknown()),
      timeoutSec: z.nullable(uint()),
      statusMessage: z.nullable(z.string()),
    }),
    z.object({ type: z.literal('prompt') }),
    z.object({ type: z.literal('agent') }),
  ]),
);
export type ConfiguredHookHandler = Out<typeof ConfiguredHookHandler>;

export const ConfiguredHookMatcherGroup = schema('ConfiguredHookMatcherGroup', () =>
  z.object({ matcher: z.nullable(z.string()), hooks: z.array(ConfiguredHookHandler()) }),
);
export type ConfiguredHookMatcherGroup = Out<typeof ConfiguredHookMatcherGroup>;

export const ManagedHooksRequirements = schema('ManagedHooksRequirements', () =>
  z.object({
    PreModelRequest: z.array(ConfiguredHookMatcherGroup()),
    PostModelRequest: z.array(ConfiguredHookMatcherGroup()),
    managedDir: z.nullable(z.string()),
    windowsManagedDir: z.nullable(z.string()),
    PreToolUse: z.array(ConfiguredHookMatcherGroup()),
    PermissionRequest: z.array(ConfiguredHookMatcherGroup()),
    PostToolUse: z.array(ConfiguredHookMatcherGroup()),
    PreCompact: z.array(ConfiguredHookMatcherGroup()),
    PostCompact: z.array(ConfiguredHookMatcherGroup()),
    SessionStart: z.array(ConfiguredHookMatcherGroup()),
    SessionEnd: z.array(ConfiguredHookMatcherGroup()),
    UserPromptSubmit: z.array(ConfiguredHookMatcherGroup()),
    SubagentStart: z.array(ConfiguredHookMatcherGroup()),
    SubagentStop: z.array(ConfiguredHookMatcherGroup()),
    Stop: z.array(ConfiguredHookMatcherGroup()),
    Interrupt: z.array(ConfiguredHookMatcherGroup()),
  }),
);
export type ManagedHooksRequirements = Out<typeof ManagedHooksRequirements>;

export const ResidencyRequirement = schema('ResidencyRequirement', () => z.literal('us'));
export type ResidencyRequirement = Out<typeof ResidencyRequirement>;

export const NetworkDomainPermission = schema('NetworkDomainPermission', () => z.enum(['allow', 'deny']));
export type NetworkDomainPermission = Out<typeof NetworkDomainPermission>;

export const NetworkUnixSocketPermission = schema('NetworkUnixSocketPermission', () => z.enum(['allow', 'deny']));
export type NetworkUnixSocketPermission = Out<typeof NetworkUnixSocketPermission>;

export const NetworkRequirements = schema('NetworkRequirements', () =>
  z.object({
    enabled: z.nullable(z.boolean()),
    httpPort: z.nullable(uint16()),
    socksPort: z.nullable(uint16()),
    allowUpstreamProxy: z.nullable(z.boolean()),
    dangerouslyAllowNonLoopbackProxy: z.nullable(z.boolean()),
    dangerouslyAllowAllUnixSockets: z.nullable(z.boolean()),
    domains: z.nullable(z.record(z.string(), NetworkDomainPermission())),
    reviewDomains: z.nullable(z.array(z.string())),
    managedAllowedDomainsOnly: z.nullable(z.boolean()),
    allowedDomains: z.nullable(z.array(z.string())),
    deniedDomains: z.nullable(z.array(z.string())),
    unixSockets: z.nullable(z.record(z.string(), NetworkUnixSocketPermission())),
    allowUnixSockets: z.nullable(z.array(z.string())),
    allowLocalBinding: z.nullable(z.boolean()),
  }),
);
export type NetworkRequirements = Out<typeof NetworkRequirements>;

export const ApplicationNetworkRequirements = schema('ApplicationNetworkRequirements', () =>
  z.object({ enabled: z.boolean(), domains: z.record(z.string(), NetworkDomainPermission()) }),
);
export type ApplicationNetworkRequirements = Out<typeof ApplicationNetworkRequirements>;

export const ApplicationStorageRequirements = schema('ApplicationStorageRequirements', () =>
  z.object({ defaultProjectParent: z.nullable(z.string()), projectlessWorkspaceRoot: z.nullable(z.string()) }),
);
export type ApplicationStorageRequirements = Out<typeof ApplicationStorageRequirements>;

export const ApplicationRequirements = schema('ApplicationRequirements', () =>
  z.object({ network: z.nullable(ApplicationNetworkRequirements()), storage: z.nullable(ApplicationStorageRequirements()) }),
);
export type ApplicationRequirements = Out<typeof ApplicationRequirements>;

export const AutoReviewRequirements = schema('AutoReviewRequirements', () =>
  z.object({ requiredOnModels: z.nullable(z.array(z.string())), ignoreRules: z.nullable(z.array(z.string())) }),
);
export type AutoReviewRequirements = Out<typeof AutoReviewRequirements>;

export const NewThreadModelDefaults = schema('NewThreadModelDefaults', () =>
  z.object({ model: z.nullable(z.string()), modelReasoningEffort: z.nullable(ReasoningEffort()), serviceTier: z.nullable(z.string()) }),
);
export type NewThreadModelDefaults = Out<typeof NewThreadModelDefaults>;

export const ModelsRequirements = schema('ModelsRequirements', () => z.object({ newThread: z.nullable(NewThreadModelDefaults()) }));
export type ModelsRequirements = Out<typeof ModelsRequirements>;

export const FeedbackRequirements = schema('FeedbackRequirements', () => z.object({ enabled: z.nullable(z.boolean()) }));
export type FeedbackRequirements = Out<typeof FeedbackRequirements>;

export const OtelToolResultLogConfig = schema('OtelToolResultLogConfig', () => z.object({ max_bytes: uint() }));
export type OtelToolResultLogConfig = Out<typeof OtelToolResultLogConfig>;

export const OtelHttpProtocol = schema('OtelHttpProtocol', () => z.enum(['binary', 'json']));
export type OtelHttpProtocol = Out<typeof OtelHttpProtocol>;

export const OtelTlsConfig = schema('OtelTlsConfig', () =>
  z.object({
    'ca-certificate': z.nullable(z.string()),
    'client-certificate': z.nullable(z.string()),
    'client-private-key': z.nullable(z.string()),
  }),
);
export type OtelTlsConfig = Out<typeof OtelTlsConfig>;

export const OtelExporter = schema('OtelExporter', () =>
  z.union([
    z.enum(['none', 'statsig']),
    z.object({
      'otlp-http': z.object({
        endpoint: z.string(),
        headers: z.record(z.string(), z.string()),
        protocol: OtelHttpProtocol(),
        tls: z.nullable(OtelTlsConfig()),
      }),
    }),
    z.object({
      'otlp-grpc': z.object({ endpoint: z.string(), headers: z.record(z.string(), z.string()), tls: z.nullable(OtelTlsConfig()) }),
    }),
  ]),
);
export type OtelExporter = Out<typeof OtelExporter>;

export const OtelRequirements = schema('OtelRequirements', () =>
  z.object({
    tool_result: z.nullable(OtelToolResultLogConfig()),
    log_sse_deltas: z.nullable(z.boolean()),
    log_user_prompt: z.nullable(z.boolean()),
    log_agent_responses: z.nullable(z.boolean()),
    log_guardian_assessments: z.nullable(z.boolean()),
    environment: z.nullable(z.string()),
    exporter: z.nullable(OtelExporter()),
    trace_exporter: z.nullable(OtelExporter()),
    metrics_exporter: z.nullable(OtelExporter()),
    span_attributes: z.nullable(z.record(z.string(), z.string())),
    tracestate: z.nullable(z.record(z.string(), z.record(z.string(), z.string()))),
  }),
);
export type OtelRequirements = Out<typeof OtelRequirements>;

export const ConfigRequirements = schema('ConfigRequirements', () =>
  z.object({
    modelProvider: z.nullable(z.string()),
    modelProviders: z.nullable(z.record(z.string(), z.unknown())),
    allowedLoginMethods: z.nullable(z.array(ForcedLoginMethod())),
    cliAuthCredentialsStore: z.nullable(CliAuthCredentialsStoreMode()),
    chatgptBaseUrl: z.nullable(z.string()),
    additionalDeveloperInstructions: z.nullable(z.string()),
    allowedApprovalPolicies: z.nullable(z.array(AskForApproval())),
    allowedApprovalsReviewers: experimental(z.nullable(z.array(ApprovalsReviewer()))),
    allowedSandboxModes: z.nullable(z.array(SandboxMode())),
    allowedWindowsSandboxImplementations: z.nullable(z.array(WindowsSandboxImplementation())),
    allowedPermissionProfiles: z.nullable(z.record(z.string(), z.boolean())),
    defaultPermissions: z.nullable(z.string()),
    allowedWebSearchModes: z.nullable(z.array(WebSearchMode())),
    allowManagedHooksOnly: z.nullable(z.boolean()),
    allowBrowserAndComputerUse: z.nullable(z.boolean()),
    allowAppshots: z.nullable(z.boolean()),
    allowRemoteControl: z.nullable(z.boolean()),
    computerUse: z.nullable(ComputerUseRequirements()),
    browserUse: z.nullable(BrowserUseRequirements()),
    inAppBrowser: z.nullable(InAppBrowserRequirements()),
    featureRequirements: z.nullable(z.record(z.string(), z.boolean())),
    hooks: experimental(z.nullable(ManagedHooksRequirements())),
    enforceResidency: z.nullable(ResidencyRequirement()),
    network: experimental(z.nullable(NetworkRequirements())),
    application: experimental(z.nullable(ApplicationRequirements())),
    autoReview: z.nullable(AutoReviewRequirements()),
    models: z.nullable(ModelsRequirements()),
    sqliteHome: z.nullable(z.string()),
    logDir: z.nullable(z.string()),
    modelCatalogJson: z.nullable(z.string()),
    checkForUpdateOnStartup: z.nullable(z.boolean()),
    allowLoginShell: z.nullable(z.boolean()),
    feedback: z.nullable(FeedbackRequirements()),
    otel: z.nullable(OtelRequirements()),
  }),
);
export type ConfigRequirements = Out<typeof ConfigRequirements>;

export const ConfigRequirementsReadResponse = schema('ConfigRequirementsReadResponse', () =>
  z.object({ supportsIndependentSpeedModes: z.nullable(z.boolean()), requirements: z.nullable(ConfigRequirements()) }),
);
export type ConfigRequirementsReadResponse = Out<typeof ConfigRequirementsReadResponse>;

export const configRequirementsRequests = {
  'configRequirements/read': request({
    doc: 'Reads what an administrator requires of the configuration.',
    params: NoParams,
    result: ConfigRequirementsReadResponse,
    lane: exclusive('config'),
    noParams: true,
  }),
} as const;
