/** config-requirements */
import * as z from 'zod';
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
  z.object({ bundleIds: z.record(z.string(), AllowDenyRequirement()).nullable() }),
);
export type ComputerUseMacosRequirements = Out<typeof ComputerUseMacosRequirements>;

export const ComputerUseWindowsExeRequirement = schema('ComputerUseWindowsExeRequirement', () =>
  z.object({ publisherName: z.string(), productName: z.string(), binaryName: z.string().nullable(), access: AllowDenyRequirement() }),
);
export type ComputerUseWindowsExeRequirement = Out<typeof ComputerUseWindowsExeRequirement>;

export const ComputerUseWindowsRequirements = schema('ComputerUseWindowsRequirements', () =>
  z.object({
    aumids: z.record(z.string(), AllowDenyRequirement()).nullable(),
    exes: z.array(ComputerUseWindowsExeRequirement()).nullable(),
  }),
);
export type ComputerUseWindowsRequirements = Out<typeof ComputerUseWindowsRequirements>;

export const ComputerUseRequirements = schema('ComputerUseRequirements', () =>
  z.object({
    allowLockedComputerUse: z.boolean().nullable(),
    allowPersistentApproval: z.boolean().nullable(),
    defaultAppAccess: AllowDenyRequirement().nullable(),
    macos: ComputerUseMacosRequirements().nullable(),
    windows: ComputerUseWindowsRequirements().nullable(),
  }),
);
export type ComputerUseRequirements = Out<typeof ComputerUseRequirements>;

export const RequestHeader = schema('RequestHeader', () => z.object({ name: z.string(), value: z.string() }));
export type RequestHeader = Out<typeof RequestHeader>;

export const BrowserUseExtensionRequirements = schema('BrowserUseExtensionRequirements', () =>
  z.object({ requestHeaders: z.array(RequestHeader()).nullable() }),
);
export type BrowserUseExtensionRequirements = Out<typeof BrowserUseExtensionRequirements>;

export const BrowserUseRequirements = schema('BrowserUseRequirements', () =>
  z.object({
    extension: BrowserUseExtensionRequirements().nullable(),
    allowWebmcp: z.boolean().nullable(),
    allowHistoryAccess: z.boolean().nullable(),
    disableAutoReview: z.boolean().nullable(),
    allowGlobalPersistentApproval: z.boolean().nullable(),
    defaultOriginPolicy: BrowserUseOriginPolicy().nullable(),
    origins: z.record(z.string(), BrowserUseOriginPolicy()).nullable(),
  }),
);
export type BrowserUseRequirements = Out<typeof BrowserUseRequirements>;

export const InAppBrowserRequirements = schema('InAppBrowserRequirements', () =>
  z.object({ allowExternalBrowserSettingsImport: z.boolean().nullable() }),
);
export type InAppBrowserRequirements = Out<typeof InAppBrowserRequirements>;

export const ConfiguredHookHandler = schema('ConfiguredHookHandler', () =>
  z.discriminatedUnion('type', [
    z.object({
      type: z.literal('command'),
      command: z.string(),
      commandWindows: z.string().nullable(),
      timeoutSec: uint().nullable(),
      async: z.boolean(),
      statusMessage: z.string().nullable(),
      additionalContextLimit: uint().nullable(),
    }),
    z.object({
      type: z.literal('mcp_tool'),
      server: z.string(),
      tool: z.string(),
      input: z.record(z.string(), z.unknown()),
      timeoutSec: uint().nullable(),
      statusMessage: z.string().nullable(),
    }),
    z.object({ type: z.literal('prompt') }),
    z.object({ type: z.literal('agent') }),
  ]),
);
export type ConfiguredHookHandler = Out<typeof ConfiguredHookHandler>;

export const ConfiguredHookMatcherGroup = schema('ConfiguredHookMatcherGroup', () =>
  z.object({ matcher: z.string().nullable(), hooks: z.array(ConfiguredHookHandler()) }),
);
export type ConfiguredHookMatcherGroup = Out<typeof ConfiguredHookMatcherGroup>;

export const ManagedHooksRequirements = schema('ManagedHooksRequirements', () =>
  z.object({
    PreModelRequest: z.array(ConfiguredHookMatcherGroup()),
    PostModelRequest: z.array(ConfiguredHookMatcherGroup()),
    managedDir: z.string().nullable(),
    windowsManagedDir: z.string().nullable(),
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
    enabled: z.boolean().nullable(),
    httpPort: uint16().nullable(),
    socksPort: uint16().nullable(),
    allowUpstreamProxy: z.boolean().nullable(),
    dangerouslyAllowNonLoopbackProxy: z.boolean().nullable(),
    dangerouslyAllowAllUnixSockets: z.boolean().nullable(),
    domains: z.record(z.string(), NetworkDomainPermission()).nullable(),
    reviewDomains: z.array(z.string()).nullable(),
    managedAllowedDomainsOnly: z.boolean().nullable(),
    allowedDomains: z.array(z.string()).nullable(),
    deniedDomains: z.array(z.string()).nullable(),
    unixSockets: z.record(z.string(), NetworkUnixSocketPermission()).nullable(),
    allowUnixSockets: z.array(z.string()).nullable(),
    allowLocalBinding: z.boolean().nullable(),
  }),
);
export type NetworkRequirements = Out<typeof NetworkRequirements>;

export const ApplicationNetworkRequirements = schema('ApplicationNetworkRequirements', () =>
  z.object({ enabled: z.boolean(), domains: z.record(z.string(), NetworkDomainPermission()) }),
);
export type ApplicationNetworkRequirements = Out<typeof ApplicationNetworkRequirements>;

export const ApplicationStorageRequirements = schema('ApplicationStorageRequirements', () =>
  z.object({ defaultProjectParent: z.string().nullable(), projectlessWorkspaceRoot: z.string().nullable() }),
);
export type ApplicationStorageRequirements = Out<typeof ApplicationStorageRequirements>;

export const ApplicationRequirements = schema('ApplicationRequirements', () =>
  z.object({ network: ApplicationNetworkRequirements().nullable(), storage: ApplicationStorageRequirements().nullable() }),
);
export type ApplicationRequirements = Out<typeof ApplicationRequirements>;

export const AutoReviewRequirements = schema('AutoReviewRequirements', () =>
  z.object({ requiredOnModels: z.array(z.string()).nullable(), ignoreRules: z.array(z.string()).nullable() }),
);
export type AutoReviewRequirements = Out<typeof AutoReviewRequirements>;

export const NewThreadModelDefaults = schema('NewThreadModelDefaults', () =>
  z.object({ model: z.string().nullable(), modelReasoningEffort: ReasoningEffort().nullable(), serviceTier: z.string().nullable() }),
);
export type NewThreadModelDefaults = Out<typeof NewThreadModelDefaults>;

export const ModelsRequirements = schema('ModelsRequirements', () => z.object({ newThread: NewThreadModelDefaults().nullable() }));
export type ModelsRequirements = Out<typeof ModelsRequirements>;

export const FeedbackRequirements = schema('FeedbackRequirements', () => z.object({ enabled: z.boolean().nullable() }));
export type FeedbackRequirements = Out<typeof FeedbackRequirements>;

export const OtelToolResultLogConfig = schema('OtelToolResultLogConfig', () => z.object({ max_bytes: uint() }));
export type OtelToolResultLogConfig = Out<typeof OtelToolResultLogConfig>;

export const OtelHttpProtocol = schema('OtelHttpProtocol', () => z.enum(['binary', 'json']));
export type OtelHttpProtocol = Out<typeof OtelHttpProtocol>;

export const OtelTlsConfig = schema('OtelTlsConfig', () =>
  z.object({
    'ca-certificate': z.string().nullable(),
    'client-certificate': z.string().nullable(),
    'client-private-key': z.string().nullable(),
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
        tls: OtelTlsConfig().nullable(),
      }),
    }),
    z.object({
      'otlp-grpc': z.object({ endpoint: z.string(), headers: z.record(z.string(), z.string()), tls: OtelTlsConfig().nullable() }),
    }),
  ]),
);
export type OtelExporter = Out<typeof OtelExporter>;

export const OtelRequirements = schema('OtelRequirements', () =>
  z.object({
    tool_result: OtelToolResultLogConfig().nullable(),
    log_sse_deltas: z.boolean().nullable(),
    log_user_prompt: z.boolean().nullable(),
    log_agent_responses: z.boolean().nullable(),
    log_guardian_assessments: z.boolean().nullable(),
    environment: z.string().nullable(),
    exporter: OtelExporter().nullable(),
    trace_exporter: OtelExporter().nullable(),
    metrics_exporter: OtelExporter().nullable(),
    span_attributes: z.record(z.string(), z.string()).nullable(),
    tracestate: z.record(z.string(), z.record(z.string(), z.string())).nullable(),
  }),
);
export type OtelRequirements = Out<typeof OtelRequirements>;

export const ConfigRequirements = schema('ConfigRequirements', () =>
  z.object({
    modelProvider: z.string().nullable(),
    modelProviders: z.record(z.string(), z.unknown()).nullable(),
    allowedLoginMethods: z.array(ForcedLoginMethod()).nullable(),
    cliAuthCredentialsStore: CliAuthCredentialsStoreMode().nullable(),
    chatgptBaseUrl: z.string().nullable(),
    additionalDeveloperInstructions: z.string().nullable(),
    allowedApprovalPolicies: z.array(AskForApproval()).nullable(),
    allowedApprovalsReviewers: experimental(z.array(ApprovalsReviewer()).nullable()),
    allowedSandboxModes: z.array(SandboxMode()).nullable(),
    allowedWindowsSandboxImplementations: z.array(WindowsSandboxImplementation()).nullable(),
    allowedPermissionProfiles: z.record(z.string(), z.boolean()).nullable(),
    defaultPermissions: z.string().nullable(),
    allowedWebSearchModes: z.array(WebSearchMode()).nullable(),
    allowManagedHooksOnly: z.boolean().nullable(),
    allowBrowserAndComputerUse: z.boolean().nullable(),
    allowAppshots: z.boolean().nullable(),
    allowRemoteControl: z.boolean().nullable(),
    computerUse: ComputerUseRequirements().nullable(),
    browserUse: BrowserUseRequirements().nullable(),
    inAppBrowser: InAppBrowserRequirements().nullable(),
    featureRequirements: z.record(z.string(), z.boolean()).nullable(),
    hooks: experimental(ManagedHooksRequirements().nullable()),
    enforceResidency: ResidencyRequirement().nullable(),
    network: experimental(NetworkRequirements().nullable()),
    application: experimental(ApplicationRequirements().nullable()),
    autoReview: AutoReviewRequirements().nullable(),
    models: ModelsRequirements().nullable(),
    sqliteHome: z.string().nullable(),
    logDir: z.string().nullable(),
    modelCatalogJson: z.string().nullable(),
    checkForUpdateOnStartup: z.boolean().nullable(),
    allowLoginShell: z.boolean().nullable(),
    feedback: FeedbackRequirements().nullable(),
    otel: OtelRequirements().nullable(),
  }),
);
export type ConfigRequirements = Out<typeof ConfigRequirements>;

export const ConfigRequirementsReadResponse = schema('ConfigRequirementsReadResponse', () =>
  z.object({ supportsIndependentSpeedModes: z.boolean().nullable(), requirements: ConfigRequirements().nullable() }),
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
