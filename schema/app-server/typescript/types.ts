// Generated from the rows of the protocol. Do not edit.

export type Account = {
  type: 'apiKey';
} | {
  type: 'chatgpt';
  email: string | null;
  planType: PlanType;
  workspaceName: string | null;
} | {
  type: 'amazonBedrock';
  usesCodexManagedCredentials: boolean;
} | {
  type: 'gcp';
};

export type AccountLoginCompletedNotification = {
  loginId: string | null;
  success: boolean;
  error: string | null;
  onboardingEntrypoint: DesktopOnboardingEntrypoint | null;
};

export type AccountRateLimitsUpdatedNotification = {
  rateLimits: RateLimitSnapshot;
};

export type AccountRoutingOverride = 'NO_CONSTRAINT' | 'us' | 'us_cr';

export type AccountSecuritySetupAction = {
  label: string;
  url: string;
};

export type AccountSecuritySetupNotice = {
  accountId: string;
  userId: string;
  title: string;
  description: string;
  action: AccountSecuritySetupAction;
};

export type AccountSession = {
  sessionId: string;
  email: string | null;
  userId: string | null;
  displayName: string | null;
  imageUrl: string | null;
  lastUsedAt: number;
  isActive: boolean;
  selectedWorkspaceAccountId: string | null;
  workspaces: AccountSessionWorkspace[];
};

export type AccountSessionWorkspace = {
  accountId: string;
  name: string | null;
  imageUrl: string | null;
  kind: AccountSessionWorkspaceKind | null;
};

export type AccountSessionWorkspaceKind = 'personal' | 'workspace';

export type AccountSessionsListParams = {
  refreshWorkspaceMetadata?: boolean;
};

export type AccountSessionsResponse = {
  activeSessionId: string | null;
  sessions: AccountSession[];
};

export type AccountSessionsSwitchParams = {
  sessionId: string;
  accountId: string;
  allowBrowserLogin?: boolean;
};

export type AccountSessionsSwitchResponse = {
  activeSessionId: string | null;
  sessions: AccountSession[];
} | {
  loginId: string;
  authUrl: string;
};

export type AccountTokenUsageDailyBucket = {
  startDate: string;
  tokens: number;
};

export type AccountTokenUsageSummary = {
  lifetimeTokens: number | null;
  peakDailyTokens: number | null;
  longestRunningTurnSec: number | null;
  currentStreakDays: number | null;
  longestStreakDays: number | null;
};

export type AccountUpdatedNotification = {
  authMode: AuthMode | null;
  planType: PlanType | null;
};

export type ActivePermissionProfile = {
  id: string;
  extends: string | null;
};

export type AddCreditsNudgeCreditType = 'credits' | 'usage_limit';

export type AddCreditsNudgeEmailStatus = 'sent' | 'cooldown_active';

export type AdditionalContextEntry = {
  value: string;
  kind: AdditionalContextKind;
  name?: string | null;
};

export type AdditionalContextKind = 'untrusted' | 'application';

export type AdditionalFileSystemPermissions = {
  read: string[] | null;
  write: string[] | null;
  globScanMaxDepth?: number;
  entries?: FileSystemSandboxEntry[];
};

export type AdditionalFileSystemPermissionsParam = {
  read?: string[] | null;
  write?: string[] | null;
  globScanMaxDepth?: number | null;
  entries?: FileSystemSandboxEntryParam[] | null;
};

export type AdditionalNetworkPermissions = {
  enabled: boolean | null;
};

export type AdditionalNetworkPermissionsParam = {
  enabled?: boolean | null;
};

export type AdditionalPermissionProfile = {
  network: AdditionalNetworkPermissions | null;
  fileSystem: AdditionalFileSystemPermissions | null;
};

export type AgentMessageDelivery = 'async';

export type AgentMessageDeltaNotification = {
  threadId: string;
  turnId: string;
  itemId: string;
  delta: string;
};

export type AgentMessageDisplay = {
  action: string;
  blockType: string | null;
  cyberTrustedAccess: boolean | null;
  checkTrustedContacts: boolean | null;
};

export type AgentMessageModeration = {
  moderated: boolean;
  display: AgentMessageDisplay | null;
};

export type AllowDenyRequirement = 'allow' | 'deny';

export type AnalyticsConfig = {
  enabled: boolean | null;
  [key: string]: unknown;
};

export type AppBranding = {
  category: string | null;
  developer: string | null;
  website: string | null;
  privacyPolicy: string | null;
  termsOfService: string | null;
  isDiscoverableApp: boolean;
};

export type AppInfo = {
  id: string;
  name: string;
  description: string | null;
  logoUrl: string | null;
  logoUrlDark: string | null;
  iconAssets: Record<string, string> | null;
  iconDarkAssets: Record<string, string> | null;
  distributionChannel: string | null;
  branding: AppBranding | null;
  appMetadata: AppMetadata | null;
  labels: Record<string, string> | null;
  installUrl: string | null;
  isAccessible: boolean;
  isEnabled: boolean;
  pluginDisplayNames: string[];
};

export type AppLinksConfig = Record<string, {
  approvals_reviewer: ApprovalsReviewer | null;
  default_tools_approval_mode: AppToolApproval | null;
}>;

export type AppListUpdatedNotification = {
  data: AppInfo[];
};

export type AppMetadata = {
  review: AppReview | null;
  categories: string[] | null;
  subCategories: string[] | null;
  seoDescription: string | null;
  screenshots: AppScreenshot[] | null;
  developer: string | null;
  version: string | null;
  versionId: string | null;
  versionNotes: string | null;
  firstPartyRequiresInstall: boolean | null;
  showInComposerWhenUnlinked: boolean | null;
};

export type AppReview = {
  status: string;
};

export type AppScreenshot = {
  url: string | null;
  fileId: string | null;
  userPrompt: string;
};

export type AppSummary = {
  id: string;
  name: string;
  description: string | null;
  installUrl: string | null;
  category: string | null;
};

export type AppTemplateSummary = {
  templateId: string;
  name: string;
  description: string | null;
  category: string | null;
  canonicalConnectorId: string | null;
  logoUrl: string | null;
  logoUrlDark: string | null;
  materializedAppIds: string[];
  reason: AppTemplateUnavailableReason | null;
};

export type AppTemplateUnavailableReason = 'NOT_CONFIGURED_FOR_WORKSPACE' | 'NO_ACTIVE_WORKSPACE';

export type AppToolApproval = 'auto' | 'prompt' | 'writes' | 'approve';

export type AppToolSummary = {
  name: string;
  title: string | null;
  description: string;
  isEnabled: boolean;
  disabledReason: string | null;
  isReadOnly: boolean;
};

export type AppToolsConfig = Record<string, {
  enabled: boolean | null;
  approval_mode: AppToolApproval | null;
}>;

export type ApplicationNetworkRequirements = {
  enabled: boolean;
  domains: Record<string, NetworkDomainPermission>;
};

export type ApplicationRequirements = {
  network: ApplicationNetworkRequirements | null;
  storage: ApplicationStorageRequirements | null;
};

export type ApplicationStorageRequirements = {
  defaultProjectParent: string | null;
  projectlessWorkspaceRoot: string | null;
};

export type ApplyPatchApprovalParams = {
  conversationId: string;
  callId: string;
  fileChanges: Record<string, FileChange>;
  reason: string | null;
  grantRoot: string | null;
};

export type ApplyPatchApprovalResponse = {
  decision: ReviewDecision;
};

export type ApprovalsReviewer = 'user' | 'auto_review';

export type ApprovalsReviewerParam = 'user' | 'auto_review' | 'guardian_subagent';

export type AppsConfig = {
  _default: AppsDefaultConfig | null;
  [key: string]: unknown;
};

export type AppsDefaultConfig = {
  enabled: boolean;
  approvals_reviewer: ApprovalsReviewer | null;
  destructive_enabled: boolean;
  open_world_enabled: boolean;
  default_tools_approval_mode: AppToolApproval | null;
};

export type AppsInstalledParams = {
  threadId?: string | null;
  forceRefresh?: boolean;
};

export type AppsInstalledResponse = {
  apps: InstalledApp[];
};

export type AppsListParams = {
  cursor?: string | null;
  limit?: number | null;
  threadId?: string | null;
  forceRefetch?: boolean;
};

export type AppsListResponse = {
  data: AppInfo[];
  nextCursor: string | null;
};

export type AppsReadParams = {
  appIds: string[];
  threadId?: string | null;
  includeTools?: boolean;
};

export type AppsReadResponse = {
  apps: ConnectorMetadata[];
  missingAppIds: string[];
};

export type AskForApproval = 'untrusted' | 'on-request' | {
  granular: {
    sandbox_approval: boolean;
    rules: boolean;
    skill_approval: boolean;
    request_permissions: boolean;
    mcp_elicitations: boolean;
  };
} | 'never';

export type AskForApprovalParam = 'untrusted' | 'on-request' | {
  granular: {
    sandbox_approval: boolean;
    rules: boolean;
    skill_approval?: boolean;
    request_permissions?: boolean;
    mcp_elicitations: boolean;
  };
} | 'never';

export type AsyncUserInputQuestion = {
  title: string;
  options: string[] | null;
};

export type AttestationGenerateResponse = {
  token: string;
};

export type AuthMode = 'apikey' | 'chatgpt' | 'chatgptAuthTokens' | 'headers' | 'agentIdentity' | 'personalAccessToken' | 'bedrockApiKey' | 'bedrockAccessKeys';

export type AuthRecoveryNotification = {
  threadId: string;
  turnId: string;
  provider: string;
  message: string;
};

export type AutoCompactTokenLimitScope = 'total' | 'body_after_prefix';

export type AutoReviewDecisionSource = 'agent';

export type AutoReviewRequirements = {
  requiredOnModels: string[] | null;
  ignoreRules: string[] | null;
};

export type AwsCredentialType = 'accessKeys' | 'bedrockApiKey';

export type BedrockAwsProfile = {
  name: string;
  region: string | null;
};

export type BedrockCheckGovCloudRequirementsResponse = {
  isGovCloud: boolean;
  shouldWarn: boolean;
};

export type BedrockDiscoverResponse = {
  profiles: BedrockAwsProfile[];
  environmentCredentials: BedrockEnvironmentCredential[];
};

export type BedrockEnvironmentCredential = {
  type: AwsCredentialType;
  region: string | null;
};

export type BedrockProviderId = 'amazon-bedrock' | 'amazon-bedrock-runtime';

export type BedrockSetupParams = {
  type: 'profile';
  profile: string;
  region: string;
} | {
  type: 'environment';
  region: string;
};

export type BrowserUseAccessApprovalLifetime = 'turn' | 'thread';

export type BrowserUseConfig = {
  allow_history_access: boolean | null;
  default_origin_policy: BrowserUseOriginPolicyConfig | null;
  origins: Record<string, BrowserUseOriginPolicyConfig> | null;
};

export type BrowserUseExtensionRequirements = {
  requestHeaders: RequestHeader[] | null;
};

export type BrowserUseOriginPolicy = {
  access: AllowDenyRequirement | null;
  downloads: AllowDenyRequirement | null;
  uploads: AllowDenyRequirement | null;
  fullCdpAccess: AllowDenyRequirement | null;
  autoReview: AllowDenyRequirement | null;
  persistentApproval: boolean | null;
  accessApprovalLifetime: BrowserUseAccessApprovalLifetime | null;
};

export type BrowserUseOriginPolicyConfig = {
  access: AllowDenyRequirement | null;
  downloads: AllowDenyRequirement | null;
  uploads: AllowDenyRequirement | null;
  full_cdp_access: AllowDenyRequirement | null;
};

export type BrowserUseRequirements = {
  extension: BrowserUseExtensionRequirements | null;
  allowWebmcp: boolean | null;
  allowHistoryAccess: boolean | null;
  disableAutoReview: boolean | null;
  allowGlobalPersistentApproval: boolean | null;
  defaultOriginPolicy: BrowserUseOriginPolicy | null;
  origins: Record<string, BrowserUseOriginPolicy> | null;
};

export type ByteRange = {
  start: number;
  end: number;
};

export type CancelLoginAccountParams = {
  loginId: string;
};

export type CancelLoginAccountResponse = {
  status: CancelLoginAccountStatus;
};

export type CancelLoginAccountStatus = 'canceled' | 'notFound';

export type CapabilityRootLocation = {
  type: 'environment';
  environmentId: string;
  path: string;
};

export type ChatgptAuthTokensRefreshParams = {
  reason: ChatgptAuthTokensRefreshReason;
  previousAccountId?: string | null;
};

export type ChatgptAuthTokensRefreshReason = 'unauthorized';

export type ChatgptAuthTokensRefreshResponse = {
  accessToken: string;
  chatgptAccountId: string;
  chatgptPlanType?: string | null;
};

export type CliAuthCredentialsStoreMode = 'file' | 'keyring' | 'auto' | 'ephemeral';

export type ClientInfo = {
  name: string;
  title?: string | null;
  version: string;
};

export type CodexErrorInfo = 'contextWindowExceeded' | 'sessionBudgetExceeded' | 'usageLimitExceeded' | 'rateLimitExceeded' | 'flexUnavailable' | 'serverOverloaded' | 'modelNotFound' | 'policyCapacityUnavailable' | 'inferenceHookDenied' | 'cyberPolicy' | 'misalignmentPolicyViolation' | 'tooManyDenials' | {
  httpConnectionFailed: {
    httpStatusCode: number | null;
  };
} | {
  responseStreamConnectionFailed: {
    httpStatusCode: number | null;
  };
} | 'internalServerError' | 'unauthorized' | 'badRequest' | 'threadRollbackFailed' | 'sandboxError' | {
  responseStreamDisconnected: {
    httpStatusCode: number | null;
  };
} | {
  responseTooManyFailedAttempts: {
    httpStatusCode: number | null;
  };
} | {
  activeTurnNotSteerable: {
    turnKind: NonSteerableTurnKind;
  };
} | 'other';

export type CodexResponseHandoffMode = 'thinking' | 'commentary' | 'bemTags';

export type CollabAgentState = {
  status: CollabAgentStatus;
  message: string | null;
};

export type CollabAgentStatus = 'pendingInit' | 'running' | 'interrupted' | 'completed' | 'errored' | 'shutdown' | 'notFound';

export type CollabAgentTool = 'spawnAgent' | 'sendInput' | 'resumeAgent' | 'wait' | 'closeAgent' | 'sendMessage' | 'followupTask' | 'interruptAgent' | 'listAgents';

export type CollabAgentToolCallStatus = 'inProgress' | 'completed' | 'failed' | 'interrupted';

export type CollaborationMode = {
  mode: ModeKind;
  settings: Settings;
};

export type CollaborationModeListResponse = {
  data: CollaborationModeMask[];
};

export type CollaborationModeMask = {
  name: string;
  mode: ModeKind | null;
  model: string | null;
  reasoning_effort: ReasoningEffort | null;
};

export type CollaborationModeParam = {
  mode: ModeKindParam;
  settings: SettingsParam;
};

export type CommandAction = {
  type: 'read';
  command: string;
  name: string;
  path: string;
} | {
  type: 'listFiles';
  command: string;
  path: string | null;
} | {
  type: 'search';
  command: string;
  query: string | null;
  path: string | null;
} | {
  type: 'unknown';
  command: string;
};

export type CommandExecOutputDeltaNotification = {
  processId: string;
  stream: CommandExecOutputStream;
  deltaBase64: string;
  capReached: boolean;
};

export type CommandExecOutputStream = 'stdout' | 'stderr';

export type CommandExecParams = {
  command: string[];
  processId?: string | null;
  tty?: boolean;
  streamStdin?: boolean;
  streamStdoutStderr?: boolean;
  outputBytesCap?: number | null;
  disableOutputCap?: boolean;
  disableTimeout?: boolean;
  timeoutMs?: number | null;
  cwd?: string | null;
  env?: Record<string, string | null> | null;
  size?: CommandExecTerminalSize | null;
  sandboxPolicy?: SandboxPolicyParam | null;
  /** Experimental. */
  permissionProfile?: string | null;
};

export type CommandExecResizeParams = {
  processId: string;
  size: CommandExecTerminalSize;
};

export type CommandExecResponse = {
  exitCode: number;
  stdout: string;
  stderr: string;
};

export type CommandExecTerminalSize = {
  rows: number;
  cols: number;
};

export type CommandExecTerminateParams = {
  processId: string;
};

export type CommandExecWriteParams = {
  processId: string;
  deltaBase64?: string | null;
  closeStdin?: boolean;
};

export type CommandExecutionApprovalDecision = 'accept' | 'acceptForSession' | {
  acceptWithExecpolicyAmendment: {
    execpolicy_amendment: ExecPolicyAmendment;
  };
} | {
  applyNetworkPolicyAmendment: {
    network_policy_amendment: NetworkPolicyAmendment;
  };
} | 'decline' | 'cancel';

export type CommandExecutionApprovalKind = 'command' | 'humanCommand' | 'writeStdin';

export type CommandExecutionOutputDeltaNotification = {
  threadId: string;
  turnId: string;
  itemId: string;
  delta: string;
};

export type CommandExecutionRequestApprovalParams = {
  kind: CommandExecutionApprovalKind;
  threadId: string;
  turnId: string;
  itemId: string;
  startedAtMs: number;
  approvalId?: string | null;
  environmentId: string | null;
  reason?: string | null;
  networkApprovalContext?: NetworkApprovalContext | null;
  command?: string | null;
  cwd?: string | null;
  commandActions?: CommandAction[] | null;
  /** Experimental. */
  additionalPermissions?: AdditionalPermissionProfile | null;
  proposedExecpolicyAmendment?: ExecPolicyAmendment | null;
  proposedNetworkPolicyAmendments?: NetworkPolicyAmendment[] | null;
  /** Experimental. */
  availableDecisions?: CommandExecutionApprovalDecision[] | null;
};

export type CommandExecutionRequestApprovalResponse = {
  decision: CommandExecutionApprovalDecision;
};

export type CommandExecutionSource = 'agent' | 'userShell' | 'unifiedExecStartup' | 'unifiedExecInteraction';

export type CommandExecutionStatus = 'inProgress' | 'completed' | 'failed' | 'declined';

export type CommandMigration = {
  name: string;
};

export type ComputerUseConfig = {
  default_app_access: AllowDenyRequirement | null;
  macos: ComputerUseMacosConfig | null;
  windows: ComputerUseWindowsConfig | null;
};

export type ComputerUseMacosConfig = {
  bundle_ids: Record<string, AllowDenyRequirement> | null;
};

export type ComputerUseMacosRequirements = {
  bundleIds: Record<string, AllowDenyRequirement> | null;
};

export type ComputerUseRequirements = {
  allowLockedComputerUse: boolean | null;
  allowPersistentApproval: boolean | null;
  defaultAppAccess: AllowDenyRequirement | null;
  macos: ComputerUseMacosRequirements | null;
  windows: ComputerUseWindowsRequirements | null;
};

export type ComputerUseWindowsConfig = {
  aumids: Record<string, AllowDenyRequirement> | null;
  exes: ComputerUseWindowsExeConfig[] | null;
};

export type ComputerUseWindowsExeConfig = {
  publisher_name: string;
  product_name: string;
  binary_name: string | null;
  access: AllowDenyRequirement;
};

export type ComputerUseWindowsExeRequirement = {
  publisherName: string;
  productName: string;
  binaryName: string | null;
  access: AllowDenyRequirement;
};

export type ComputerUseWindowsRequirements = {
  aumids: Record<string, AllowDenyRequirement> | null;
  exes: ComputerUseWindowsExeRequirement[] | null;
};

export type Config = {
  model: string | null;
  review_model: string | null;
  model_context_window: number | null;
  model_auto_compact_token_limit: number | null;
  model_auto_compact_token_limit_scope: AutoCompactTokenLimitScope | null;
  model_provider: string | null;
  approval_policy: AskForApproval | null;
  approvals_reviewer: ApprovalsReviewer | null;
  sandbox_mode: SandboxMode | null;
  sandbox_workspace_write: SandboxWorkspaceWrite | null;
  forced_chatgpt_workspace_id: ForcedChatgptWorkspaceIds | null;
  forced_login_method: ForcedLoginMethod | null;
  web_search: WebSearchMode | null;
  client_search_provider: WebSearchProvider | null;
  tools: ToolsV2 | null;
  instructions: string | null;
  developer_instructions: string | null;
  compact_prompt: string | null;
  model_reasoning_effort: ReasoningEffort | null;
  model_reasoning_summary: ReasoningSummary | null;
  model_verbosity: Verbosity | null;
  service_tier: string | null;
  analytics: AnalyticsConfig | null;
  /** Experimental. */
  apps: AppsConfig | null;
  browser_use: BrowserUseConfig | null;
  computer_use: ComputerUseConfig | null;
  desktop: Record<string, unknown> | null;
  [key: string]: unknown;
};

export type ConfigBatchWriteParams = {
  edits: ConfigEdit[];
  filePath?: string | null;
  expectedVersion?: string | null;
  reloadUserConfig?: boolean;
};

export type ConfigEdit = {
  keyPath: string;
  value: unknown;
  mergeStrategy: MergeStrategy;
};

export type ConfigLayer = {
  name: ConfigLayerSource;
  version: string;
  config: unknown;
  disabledReason?: string;
};

export type ConfigLayerMetadata = {
  name: ConfigLayerSource;
  version: string;
};

export type ConfigLayerSource = {
  type: 'packagedDefaults';
  file: string;
} | {
  type: 'mdm';
  domain: string;
  key: string;
} | {
  type: 'system';
  file: string;
} | {
  type: 'enterpriseManaged';
  id: string;
  name: string;
} | {
  type: 'user';
  file: string;
  profile: string | null;
} | {
  type: 'project';
  dotCodexFolder: string;
} | {
  type: 'sessionFlags';
} | {
  type: 'legacyManagedConfigTomlFromFile';
  file: string;
} | {
  type: 'legacyManagedConfigTomlFromMdm';
};

export type ConfigReadParams = {
  includeLayers?: boolean;
  cwd?: string | null;
};

export type ConfigReadResponse = {
  config: Config;
  origins: Record<string, ConfigLayerMetadata>;
  layers?: ConfigLayer[];
};

export type ConfigRequirements = {
  modelProvider: string | null;
  modelProviders: Record<string, unknown> | null;
  allowedLoginMethods: ForcedLoginMethod[] | null;
  cliAuthCredentialsStore: CliAuthCredentialsStoreMode | null;
  chatgptBaseUrl: string | null;
  additionalDeveloperInstructions: string | null;
  allowedApprovalPolicies: AskForApproval[] | null;
  /** Experimental. */
  allowedApprovalsReviewers: ApprovalsReviewer[] | null;
  allowedSandboxModes: SandboxMode[] | null;
  allowedWindowsSandboxImplementations: WindowsSandboxImplementation[] | null;
  allowedPermissionProfiles: Record<string, boolean> | null;
  defaultPermissions: string | null;
  allowedWebSearchModes: WebSearchMode[] | null;
  allowManagedHooksOnly: boolean | null;
  allowBrowserAndComputerUse: boolean | null;
  allowAppshots: boolean | null;
  allowRemoteControl: boolean | null;
  computerUse: ComputerUseRequirements | null;
  browserUse: BrowserUseRequirements | null;
  inAppBrowser: InAppBrowserRequirements | null;
  featureRequirements: Record<string, boolean> | null;
  /** Experimental. */
  hooks: ManagedHooksRequirements | null;
  enforceResidency: ResidencyRequirement | null;
  /** Experimental. */
  network: NetworkRequirements | null;
  /** Experimental. */
  application: ApplicationRequirements | null;
  autoReview: AutoReviewRequirements | null;
  models: ModelsRequirements | null;
  sqliteHome: string | null;
  logDir: string | null;
  modelCatalogJson: string | null;
  checkForUpdateOnStartup: boolean | null;
  allowLoginShell: boolean | null;
  feedback: FeedbackRequirements | null;
  otel: OtelRequirements | null;
};

export type ConfigRequirementsReadResponse = {
  supportsIndependentSpeedModes: boolean | null;
  requirements: ConfigRequirements | null;
};

export type ConfigValueWriteParams = {
  keyPath: string;
  value: unknown;
  mergeStrategy: MergeStrategy;
  filePath?: string | null;
  expectedVersion?: string | null;
};

export type ConfigWarningNotification = {
  summary: string;
  details: string | null;
  path?: string | null;
  range?: TextRange | null;
};

export type ConfigWriteResponse = {
  status: WriteStatus;
  version: string;
  filePath: string;
  overriddenMetadata: OverriddenMetadata | null;
};

export type ConfiguredHookHandler = {
  type: 'command';
  command: string;
  commandWindows: string | null;
  timeoutSec: number | null;
  async: boolean;
  statusMessage: string | null;
  additionalContextLimit: number | null;
} | {
  type: 'mcp_tool';
  server: string;
  tool: string;
  input: Record<string, unknown>;
  timeoutSec: number | null;
  statusMessage: string | null;
} | {
  type: 'prompt';
} | {
  type: 'agent';
};

export type ConfiguredHookMatcherGroup = {
  matcher: string | null;
  hooks: ConfiguredHookHandler[];
};

export type ConnectorMetadata = {
  id: string;
  name: string;
  description: string | null;
  iconUrl: string | null;
  iconUrlDark: string | null;
  distributionChannel: string | null;
  installUrl: string | null;
  pluginDisplayNames: string[];
  toolSummaries: AppToolSummary[] | null;
};

export type ConsumeAccountRateLimitResetCreditOutcome = 'reset' | 'nothingToReset' | 'noCredit' | 'alreadyRedeemed';

export type ConsumeAccountRateLimitResetCreditParams = {
  idempotencyKey: string;
  creditId?: string | null;
};

export type ConsumeAccountRateLimitResetCreditResponse = {
  outcome: ConsumeAccountRateLimitResetCreditOutcome;
};

export type ContextCompactedNotification = {
  threadId: string;
  turnId: string;
};

export type ConversationGitInfo = {
  sha: string | null;
  branch: string | null;
  origin_url: string | null;
};

export type ConversationSummary = {
  conversationId: string;
  path: string;
  preview: string;
  timestamp: string | null;
  updatedAt: string | null;
  modelProvider: string;
  cwd: string;
  cliVersion: string;
  source: LegacySessionSource;
  gitInfo: ConversationGitInfo | null;
};

export type ConversationTextRole = 'user' | 'developer' | 'assistant';

export type CreditsSnapshot = {
  hasCredits: boolean;
  unlimited: boolean;
  balance: string | null;
};

export type CurrentTimeReadParams = {
  threadId: string;
};

export type CurrentTimeReadResponse = {
  currentTimeAt: number;
};

export type CyberAccessProgram = 'standard' | 'daybreakBlue' | 'daybreakRed';

export type DeprecationNoticeNotification = {
  summary: string;
  details: string | null;
};

export type DesktopOnboardingEntrypoint = 'life_sciences';

export type DynamicToolCallOutputContentItem = {
  type: 'inputText';
  text: string;
} | {
  type: 'inputImage';
  imageUrl: string;
} | {
  type: 'inputAudio';
  audioUrl: string;
};

export type DynamicToolCallParams = {
  threadId: string;
  turnId: string;
  callId: string;
  namespace: string | null;
  tool: string;
  arguments: unknown;
};

export type DynamicToolCallResponse = {
  contentItems: DynamicToolCallOutputContentItem[];
  success: boolean;
};

export type DynamicToolCallStatus = 'inProgress' | 'completed' | 'failed';

export type DynamicToolNamespaceTool = {
  name: string;
  description: string;
  inputSchema: unknown;
  deferLoading?: boolean | null;
  type: 'function';
};

export type DynamicToolSpec = {
  name: string;
  description: string;
  inputSchema: unknown;
  deferLoading?: boolean | null;
  type: 'function';
} | {
  name: string;
  description: string;
  tools: DynamicToolNamespaceTool[];
  type: 'namespace';
};

export type Empty = Record<string, never>;

export type EnvironmentAddParams = {
  environmentId: string;
  execServerUrl: string;
  authBearerToken?: string | null;
  websocketRequestId?: string | null;
  connectTimeoutMs?: number | null;
  skills?: EnvironmentSkillsParams | null;
};

export type EnvironmentConnectionNotification = {
  threadId: string;
  environmentId: string;
};

export type EnvironmentInfoParams = {
  environmentId: string;
};

export type EnvironmentInfoResponse = {
  shell: EnvironmentShellInfo;
  cwd: string | null;
};

export type EnvironmentShellInfo = {
  name: string;
  path: string;
};

export type EnvironmentSkillsParams = {
  required?: string[] | null;
};

export type EnvironmentStatusKind = 'ready' | 'pending' | 'disconnected' | 'unknown';

export type EnvironmentStatusParams = {
  environmentId: string;
};

export type EnvironmentStatusResponse = {
  status: EnvironmentStatusKind;
  error?: string | null;
};

export type ErrorNotification = {
  error: TurnError;
  willRetry: boolean;
  threadId: string;
  turnId: string;
};

export type ExecCommandApprovalParams = {
  conversationId: string;
  callId: string;
  approvalId: string | null;
  command: string[];
  cwd: string;
  reason: string | null;
  parsedCmd: ParsedCommand[];
};

export type ExecCommandApprovalResponse = {
  decision: ReviewDecision;
};

export type ExecPolicyAmendment = string[];

export type ExperimentalFeature = {
  name: string;
  stage: ExperimentalFeatureStage;
  displayName: string | null;
  description: string | null;
  announcement: string | null;
  enabled: boolean;
  defaultEnabled: boolean;
};

export type ExperimentalFeatureEnablementSetParams = {
  enablement: Record<string, boolean>;
};

export type ExperimentalFeatureEnablementSetResponse = {
  enablement: Record<string, boolean>;
};

export type ExperimentalFeatureListParams = {
  cursor?: string | null;
  limit?: number | null;
  threadId?: string | null;
};

export type ExperimentalFeatureListResponse = {
  data: ExperimentalFeature[];
  nextCursor: string | null;
};

export type ExperimentalFeatureStage = 'beta' | 'underDevelopment' | 'stable' | 'deprecated' | 'removed';

export type ExternalAgentConfigDetectParams = {
  includeHome?: boolean;
  cwds?: string[] | null;
  maxSessionAgeDays?: number | null;
  maxSessions?: number | null;
  source?: string | null;
  migrationSource?: string | null;
};

export type ExternalAgentConfigDetectResponse = {
  items: ExternalAgentConfigMigrationItem[];
  connectors: ExternalAgentDetectedConnectorCandidate[];
};

export type ExternalAgentConfigImportCompletedNotification = {
  importId: string;
  itemTypeResults: ExternalAgentConfigImportTypeResult[];
};

export type ExternalAgentConfigImportHistoriesReadResponse = {
  data: ExternalAgentConfigImportHistory[];
  connectors: ExternalAgentImportedConnectorCandidate[];
};

export type ExternalAgentConfigImportHistory = {
  importId: string;
  providerId: string | null;
  completedAtMs: number;
  successes: ExternalAgentConfigImportItemTypeSuccess[];
  failures: ExternalAgentConfigImportItemTypeFailure[];
};

export type ExternalAgentConfigImportHistoryRecordParams = {
  providerId: string;
  itemTypeResults: ExternalAgentConfigImportHistoryRecordTypeResultParams[];
};

export type ExternalAgentConfigImportHistoryRecordResponse = {
  importId: string;
};

export type ExternalAgentConfigImportHistoryRecordSuccessParams = {
  itemType: ExternalAgentConfigMigrationItemType;
  cwd?: string | null;
  source?: string | null;
  target?: string | null;
  title?: string | null;
};

export type ExternalAgentConfigImportHistoryRecordTypeResultParams = {
  itemType: ExternalAgentConfigMigrationItemType;
  successes: ExternalAgentConfigImportHistoryRecordSuccessParams[];
  failures: ExternalAgentConfigImportItemTypeFailureParam[];
};

export type ExternalAgentConfigImportItemTypeFailure = {
  itemType: ExternalAgentConfigMigrationItemType;
  errorType: string | null;
  subErrorType: string | null;
  failureStage: string;
  message: string;
  cwd: string | null;
  source: string | null;
};

export type ExternalAgentConfigImportItemTypeFailureParam = {
  itemType: ExternalAgentConfigMigrationItemType;
  errorType?: string | null;
  subErrorType?: string | null;
  failureStage: string;
  message: string;
  cwd?: string | null;
  source?: string | null;
};

export type ExternalAgentConfigImportItemTypeSuccess = {
  itemType: ExternalAgentConfigMigrationItemType;
  cwd: string | null;
  source: string | null;
  target: string | null;
  title: string | null;
};

export type ExternalAgentConfigImportParams = {
  migrationItems: ExternalAgentConfigMigrationItemParam[];
  source?: string | null;
  providerId?: string | null;
  migrationSource?: string | null;
};

export type ExternalAgentConfigImportProgressNotification = {
  importId: string;
  itemTypeResults: ExternalAgentConfigImportTypeResult[];
};

export type ExternalAgentConfigImportResponse = {
  importId: string;
};

export type ExternalAgentConfigImportTypeResult = {
  itemType: ExternalAgentConfigMigrationItemType;
  successes: ExternalAgentConfigImportItemTypeSuccess[];
  failures: ExternalAgentConfigImportItemTypeFailure[];
};

export type ExternalAgentConfigMigrationItem = {
  itemType: ExternalAgentConfigMigrationItemType;
  description: string;
  cwd: string | null;
  details: MigrationDetails | null;
};

export type ExternalAgentConfigMigrationItemParam = {
  itemType: ExternalAgentConfigMigrationItemType;
  description: string;
  cwd?: string | null;
  details?: MigrationDetailsParam | null;
};

export type ExternalAgentConfigMigrationItemType = 'AGENTS_MD' | 'CONFIG' | 'SKILLS' | 'PLUGINS' | 'MCP_SERVER_CONFIG' | 'SUBAGENTS' | 'HOOKS' | 'COMMANDS' | 'MEMORY' | 'SESSIONS';

export type ExternalAgentDetectedConnectorCandidate = {
  name: string;
  sessionCount: number;
  source: ExternalAgentDetectedConnectorSource;
};

export type ExternalAgentDetectedConnectorSource = 'remoteMcpServersConfig' | 'sessionToolUse';

export type ExternalAgentImportedConnectorCandidate = {
  name: string;
  sessionCount: number;
  source: ExternalAgentImportedConnectorSource;
};

export type ExternalAgentImportedConnectorSource = 'remoteMcpServersConfig';

export type FeedbackRequirements = {
  enabled: boolean | null;
};

export type FeedbackSaveParams = {
  savePath: string;
  classification: string;
  reason?: string | null;
  threadId?: string | null;
  includeLogs?: boolean;
  extraLogFiles?: string[] | null;
  tags?: Record<string, string> | null;
};

export type FeedbackSaveResponse = {
  savedPath: string;
  threadId: string;
  promptHash: string | null;
};

export type FeedbackUploadParams = {
  classification: string;
  reason?: string | null;
  threadId?: string | null;
  includeLogs?: boolean;
  extraLogFiles?: string[] | null;
  tags?: Record<string, string> | null;
};

export type FeedbackUploadResponse = {
  threadId: string;
  promptHash: string | null;
};

export type FileChange = {
  type: 'add';
  content: string;
} | {
  type: 'delete';
  content: string;
} | {
  type: 'update';
  unified_diff: string;
  move_path: string | null;
};

export type FileChangeApprovalDecision = 'accept' | 'acceptForSession' | 'decline' | 'cancel';

export type FileChangeOutputDeltaNotification = {
  threadId: string;
  turnId: string;
  itemId: string;
  delta: string;
};

export type FileChangePatchUpdatedNotification = {
  threadId: string;
  turnId: string;
  itemId: string;
  changes: FileUpdateChange[];
};

export type FileChangeRequestApprovalParams = {
  threadId: string;
  turnId: string;
  itemId: string;
  startedAtMs: number;
  reason: string | null;
  grantRoot: string | null;
};

export type FileChangeRequestApprovalResponse = {
  decision: FileChangeApprovalDecision;
};

export type FileSystemAccessMode = 'read' | 'write' | 'deny';

export type FileSystemPath = {
  type: 'path';
  path: string;
} | {
  type: 'glob_pattern';
  pattern: string;
} | {
  type: 'special';
  value: FileSystemSpecialPath;
};

export type FileSystemPathParam = {
  type: 'path';
  path: string;
} | {
  type: 'glob_pattern';
  pattern: string;
} | {
  type: 'special';
  value: FileSystemSpecialPathParam;
};

export type FileSystemSandboxEntry = {
  path: FileSystemPath;
  access: FileSystemAccessMode;
};

export type FileSystemSandboxEntryParam = {
  path: FileSystemPathParam;
  access: FileSystemAccessMode;
};

export type FileSystemSpecialPath = {
  kind: 'root';
} | {
  kind: 'minimal';
} | {
  kind: 'project_roots';
  subpath: string | null;
} | {
  kind: 'tmpdir';
} | {
  kind: 'slash_tmp';
} | {
  kind: 'unknown';
  path: string;
  subpath: string | null;
};

export type FileSystemSpecialPathParam = {
  kind: 'root';
} | {
  kind: 'minimal';
} | {
  kind: 'project_roots';
  subpath?: string | null;
} | {
  kind: 'tmpdir';
} | {
  kind: 'slash_tmp';
} | {
  kind: 'unknown';
  path: string;
  subpath?: string | null;
};

export type FileUpdateChange = {
  path: string;
  kind: PatchChangeKind;
  diff: string;
};

export type ForcedChatgptWorkspaceIds = string | string[];

export type ForcedLoginMethod = 'chatgpt' | 'api';

export type FsChangedNotification = {
  watchId: string;
  changedPaths: string[];
};

export type FsCopyParams = {
  sourcePath: string;
  destinationPath: string;
  recursive?: boolean;
};

export type FsCreateDirectoryParams = {
  path: string;
  recursive?: boolean | null;
};

export type FsGetMetadataParams = {
  path: string;
};

export type FsGetMetadataResponse = {
  isDirectory: boolean;
  isFile: boolean;
  isSymlink: boolean;
  createdAtMs: number;
  modifiedAtMs: number;
};

export type FsReadDirectoryEntry = {
  fileName: string;
  isDirectory: boolean;
  isFile: boolean;
};

export type FsReadDirectoryParams = {
  path: string;
};

export type FsReadDirectoryResponse = {
  entries: FsReadDirectoryEntry[];
};

export type FsReadFileParams = {
  path: string;
};

export type FsReadFileResponse = {
  dataBase64: string;
};

export type FsRemoveParams = {
  path: string;
  recursive?: boolean | null;
  force?: boolean | null;
};

export type FsUnwatchParams = {
  watchId: string;
};

export type FsWatchParams = {
  watchId: string;
  path: string;
};

export type FsWatchResponse = {
  path: string;
};

export type FsWriteFileParams = {
  path: string;
  dataBase64: string;
};

export type FunctionCallOutputBody = string | FunctionCallOutputContentItem[];

export type FunctionCallOutputBodyParam = string | FunctionCallOutputContentItemParam[];

export type FunctionCallOutputContentItem = {
  type: 'input_text';
  text: string;
} | {
  type: 'input_image';
  detail?: ImageDetail;
  image_url?: string;
  file_id?: string;
} | {
  type: 'input_audio';
  audio_url?: string;
  file_id?: string;
} | {
  type: 'encrypted_content';
  encrypted_content: string;
};

export type FunctionCallOutputContentItemParam = {
  type: 'input_text';
  text: string;
} | {
  type: 'input_image';
  detail?: ImageDetail | null;
  image_url?: string;
  file_id?: string | null;
} | {
  type: 'input_audio';
  audio_url?: string;
  file_id?: string | null;
} | {
  type: 'encrypted_content';
  encrypted_content: string;
};

export type FuzzyFileSearchMatchType = 'file' | 'directory';

export type FuzzyFileSearchParams = {
  query: string;
  roots: string[];
  cancellationToken?: string | null;
};

export type FuzzyFileSearchResponse = {
  files: FuzzyFileSearchResult[];
};

export type FuzzyFileSearchResult = {
  root: string;
  path: string;
  match_type: FuzzyFileSearchMatchType;
  file_name: string;
  score: number;
  indices: number[] | null;
};

export type FuzzyFileSearchSessionCompletedNotification = {
  sessionId: string;
};

export type FuzzyFileSearchSessionStartParams = {
  sessionId: string;
  roots: string[];
};

export type FuzzyFileSearchSessionStopParams = {
  sessionId: string;
};

export type FuzzyFileSearchSessionUpdateParams = {
  sessionId: string;
  query: string;
};

export type FuzzyFileSearchSessionUpdatedNotification = {
  sessionId: string;
  query: string;
  files: FuzzyFileSearchResult[];
};

export type GatewayAuth = {
  mode: 'none';
} | {
  mode: 'environmentVariable';
  envKey: string;
} | {
  mode: 'externallyConfigured';
  envKey: string | null;
};

export type GatewayOAuthChangedNotification = {
  loginId: string | null;
  authUrl: string | null;
  providerId: string;
  status: GatewayOAuthStatus;
  error: string | null;
};

export type GatewayOAuthLoginParams = {
  modelProvider?: string | null;
  deviceAuth?: boolean;
} | null;

export type GatewayOAuthLoginResponse = {
  prompt: GatewayOAuthPrompt | null;
};

export type GatewayOAuthPrompt = {
  loginId: string;
  verificationUrl: string;
  userCode: string;
};

export type GatewayOAuthReadParams = {
  modelProvider?: string | null;
} | null;

export type GatewayOAuthReadResponse = {
  providerId: string;
  providerName: string;
  required: boolean;
  supportsDeviceAuth?: boolean;
  status: GatewayOAuthStatus | null;
  error: string | null;
};

export type GatewayOAuthStatus = 'notReady' | 'started' | 'succeeded' | 'failed';

export type GcpProviderId = 'gcp';

export type GcpSetupParams = {
  projectId: string;
  location?: string | null;
  credentialFile?: string | null;
};

export type GetAccountParams = {
  refreshToken?: boolean;
};

export type GetAccountRateLimitsParams = {
  supportsLunaReserve?: boolean;
  excludeResetCreditDetails?: boolean;
} | null;

export type GetAccountRateLimitsResponse = {
  ordinaryUsageAllowed: boolean | null;
  rateLimits: RateLimitSnapshot;
  rateLimitsByLimitId: Record<string, RateLimitSnapshot> | null;
  rateLimitResetCredits: RateLimitResetCreditsSummary | null;
  accountId: string | null;
  rateLimitUpsell: unknown;
};

export type GetAccountResponse = {
  account: Account | null;
  userId: string | null;
  requiresOpenaiAuth: boolean;
  /** Experimental. */
  workspaceRouting: WorkspaceRouting | null;
};

export type GetAccountSecuritySetupResponse = {
  notice: AccountSecuritySetupNotice | null;
};

export type GetAccountTokenUsageParams = {
  threadId?: string | null;
} | null;

export type GetAccountTokenUsageResponse = {
  summary: AccountTokenUsageSummary;
  dailyUsageBuckets: AccountTokenUsageDailyBucket[] | null;
  threadUsage?: ThreadUsage | null;
};

export type GetAuthStatusParams = {
  includeToken?: boolean | null;
  refreshToken?: boolean | null;
};

export type GetAuthStatusResponse = {
  authMethod: AuthMode | null;
  authToken: string | null;
  requiresOpenaiAuth: boolean | null;
};

export type GetConversationSummaryParams = {
  rolloutPath: string;
} | {
  conversationId: string;
};

export type GetConversationSummaryResponse = {
  summary: ConversationSummary;
};

export type GetWorkspaceMessagesResponse = {
  featureEnabled: boolean;
  messages: WorkspaceMessage[];
};

export type GitDiffToRemoteParams = {
  cwd: string;
};

export type GitDiffToRemoteResponse = {
  sha: string;
  diff: string;
};

export type GitInfo = {
  sha: string | null;
  branch: string | null;
  originUrl: string | null;
};

export type GrantedPermissionProfile = {
  network?: AdditionalNetworkPermissionsParam | null;
  fileSystem?: AdditionalFileSystemPermissionsParam | null;
};

export type GuardianApprovalReview = {
  status: GuardianApprovalReviewStatus;
  riskLevel: GuardianRiskLevel | null;
  userAuthorization: GuardianUserAuthorization | null;
  rationale: string | null;
};

export type GuardianApprovalReviewAction = {
  type: 'command';
  source: GuardianCommandSource;
  command: string;
  cwd: string;
} | {
  type: 'execve';
  source: GuardianCommandSource;
  program: string;
  argv: string[];
  cwd: string;
} | {
  type: 'writeStdin';
  approvalId: string;
  processId: string;
  stdin: string;
  cwd: string;
} | {
  type: 'applyPatch';
  cwd: string;
  files: string[];
} | {
  type: 'networkAccess';
  target: string;
  host: string;
  protocol: NetworkApprovalProtocol;
  port: number;
} | {
  type: 'mcpToolCall';
  server: string;
  toolName: string;
  connectorId: string | null;
  connectorName: string | null;
  toolTitle: string | null;
} | {
  type: 'requestPermissions';
  reason: string | null;
  permissions: RequestPermissionProfile;
};

export type GuardianApprovalReviewStatus = 'inProgress' | 'approved' | 'denied' | 'timedOut' | 'aborted';

export type GuardianAssessmentOutcome = 'allow' | 'deny';

export type GuardianCommandSource = 'shell' | 'unifiedExec';

export type GuardianRiskLevel = 'low' | 'medium' | 'high' | 'critical';

export type GuardianUserAuthorization = 'unknown' | 'low' | 'medium' | 'high';

export type GuardianWarningNotification = {
  threadId: string;
  message: string;
};

export type HookCompletedNotification = {
  threadId: string;
  turnId: string | null;
  run: HookRunSummary;
};

export type HookErrorInfo = {
  path: string;
  message: string;
};

export type HookEventName = 'preModelRequest' | 'postModelRequest' | 'preToolUse' | 'permissionRequest' | 'postToolUse' | 'preCompact' | 'postCompact' | 'sessionStart' | 'sessionEnd' | 'userPromptSubmit' | 'subagentStart' | 'subagentStop' | 'stop' | 'interrupt';

export type HookExecutionMode = 'sync' | 'async';

export type HookHandlerType = 'command' | 'mcpTool' | 'prompt' | 'agent';

export type HookMetadata = {
  key: string;
  eventName: HookEventName;
  matcher: string | null;
  timeoutSec: number;
  statusMessage: string | null;
  additionalContextLimit: number | null;
  sourcePath: string;
  source: HookSource;
  pluginId: string | null;
  environmentId: string | null;
  displayOrder: number;
  enabled: boolean;
  isManaged: boolean;
  currentHash: string;
  trustStatus: HookTrustStatus;
  handlerType: 'command';
  command: string;
  async: boolean;
} | {
  key: string;
  eventName: HookEventName;
  matcher: string | null;
  timeoutSec: number;
  statusMessage: string | null;
  additionalContextLimit: number | null;
  sourcePath: string;
  source: HookSource;
  pluginId: string | null;
  environmentId: string | null;
  displayOrder: number;
  enabled: boolean;
  isManaged: boolean;
  currentHash: string;
  trustStatus: HookTrustStatus;
  handlerType: 'mcpTool';
  server: string;
  tool: string;
} | {
  key: string;
  eventName: HookEventName;
  matcher: string | null;
  timeoutSec: number;
  statusMessage: string | null;
  additionalContextLimit: number | null;
  sourcePath: string;
  source: HookSource;
  pluginId: string | null;
  environmentId: string | null;
  displayOrder: number;
  enabled: boolean;
  isManaged: boolean;
  currentHash: string;
  trustStatus: HookTrustStatus;
  handlerType: 'prompt';
} | {
  key: string;
  eventName: HookEventName;
  matcher: string | null;
  timeoutSec: number;
  statusMessage: string | null;
  additionalContextLimit: number | null;
  sourcePath: string;
  source: HookSource;
  pluginId: string | null;
  environmentId: string | null;
  displayOrder: number;
  enabled: boolean;
  isManaged: boolean;
  currentHash: string;
  trustStatus: HookTrustStatus;
  handlerType: 'agent';
};

export type HookMigration = {
  name: string;
};

export type HookOutputEntry = {
  kind: HookOutputEntryKind;
  text: string;
};

export type HookOutputEntryKind = 'warning' | 'stop' | 'feedback' | 'context' | 'error';

export type HookPromptFragment = {
  text: string;
  hookRunId: string;
};

export type HookRunStatus = 'running' | 'completed' | 'failed' | 'blocked' | 'stopped';

export type HookRunSummary = {
  id: string;
  eventName: HookEventName;
  handlerType: HookHandlerType;
  executionMode: HookExecutionMode;
  scope: HookScope;
  sourcePath: string;
  source: HookSource;
  displayOrder: number;
  status: HookRunStatus;
  statusMessage: string | null;
  startedAt: number;
  completedAt: number | null;
  durationMs: number | null;
  entries: HookOutputEntry[];
};

export type HookScope = 'thread' | 'turn';

export type HookSource = 'system' | 'user' | 'project' | 'mdm' | 'sessionFlags' | 'plugin' | 'cloudRequirements' | 'cloudManagedConfig' | 'legacyManagedConfigFile' | 'legacyManagedConfigMdm' | 'unknown';

export type HookStartedNotification = {
  threadId: string;
  turnId: string | null;
  run: HookRunSummary;
};

export type HookTrustStatus = 'managed' | 'untrusted' | 'trusted' | 'modified';

export type HooksListEntry = {
  cwd: string;
  hooks: HookMetadata[];
  warnings: string[];
  errors: HookErrorInfo[];
};

export type HooksListParams = {
  cwds?: string[];
  threadId?: string | null;
};

export type HooksListResponse = {
  data: HooksListEntry[];
};

export type ImageDetail = 'auto' | 'low' | 'high' | 'original';

export type ImageGenerationFailure = {
  type: 'usageLimitExceeded';
  limitId: string;
  resetsAt: number | null;
};

export type ImageGenerationInputImage = {
  path: string;
  sha256: string;
};

export type InAppBrowserRequirements = {
  allowExternalBrowserSettingsImport: boolean | null;
};

export type InitializeCapabilities = {
  requiredHumanApproval?: boolean;
  explicitGatewayOauth?: boolean;
  experimentalApi?: boolean;
  requestAttestation?: boolean;
  mcpServerOpenaiFormElicitation?: boolean;
  optOutNotificationMethods?: string[] | null;
  extensions?: Record<string, unknown> | null;
};

export type InitializeParams = {
  clientInfo: ClientInfo;
  capabilities?: InitializeCapabilities | null;
};

export type InitializeResponse = {
  userAgent: string;
  codexHome: string;
  platformFamily: string;
  platformOs: string;
};

export type InputModality = 'text' | 'image' | 'audio';

export type InstalledApp = {
  id: string;
  runtimeName: string | null;
  enabled: boolean;
  callable: boolean;
};

export type ItemCompletedNotification = {
  item: ThreadItem;
  threadId: string;
  turnId: string;
  contentTokenCount?: number | null;
  completedAtMs: number;
};

export type ItemGuardianApprovalReviewCompletedNotification = {
  threadId: string;
  turnId: string;
  startedAtMs: number;
  completedAtMs: number;
  reviewId: string;
  targetItemId: string | null;
  decisionSource: AutoReviewDecisionSource;
  review: GuardianApprovalReview;
  action: GuardianApprovalReviewAction;
};

export type ItemGuardianApprovalReviewStartedNotification = {
  threadId: string;
  turnId: string;
  startedAtMs: number;
  reviewId: string;
  targetItemId: string | null;
  review: GuardianApprovalReview;
  action: GuardianApprovalReviewAction;
};

export type ItemStartedNotification = {
  item: ThreadItem;
  threadId: string;
  turnId: string;
  startedAtMs: number;
};

export type LegacySessionSource = 'cli' | 'vscode' | 'exec' | 'mcp' | 'unknown' | {
  custom: string;
} | {
  internal: unknown;
  [key: string]: unknown;
} | {
  subagent: unknown;
  [key: string]: unknown;
};

export type ListMcpServerStatusParams = {
  cursor?: string | null;
  limit?: number | null;
  detail?: McpServerStatusDetail | null;
  threadId?: string | null;
  serverName?: string | null;
};

export type ListMcpServerStatusResponse = {
  data: McpServerStatus[];
  nextCursor: string | null;
};

export type LoginAccountParams = {
  type: 'apiKey';
  apiKey: string;
} | {
  type: 'chatgpt';
  codexStreamlinedLogin?: boolean;
  useHostedLoginSuccessPage?: boolean;
  appBrand?: LoginAppBrand | null;
} | {
  type: 'chatgptDeviceCode';
} | {
  type: 'chatgptAuthTokens';
  accessToken: string;
  chatgptAccountId: string;
  chatgptPlanType?: string | null;
} | {
  type: 'amazonBedrock';
  apiKey: string;
  region: string;
} | {
  type: 'amazonBedrockAccessKeys';
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | null;
  region: string;
};

export type LoginAccountResponse = {
  type: 'apiKey';
} | {
  type: 'chatgpt';
  loginId: string;
  authUrl: string;
} | {
  type: 'chatgptDeviceCode';
  loginId: string;
  verificationUrl: string;
  userCode: string;
} | {
  type: 'chatgptAuthTokens';
} | {
  type: 'amazonBedrock';
};

export type LoginAppBrand = 'codex' | 'chatgpt';

export type ManagedHooksRequirements = {
  PreModelRequest: ConfiguredHookMatcherGroup[];
  PostModelRequest: ConfiguredHookMatcherGroup[];
  managedDir: string | null;
  windowsManagedDir: string | null;
  PreToolUse: ConfiguredHookMatcherGroup[];
  PermissionRequest: ConfiguredHookMatcherGroup[];
  PostToolUse: ConfiguredHookMatcherGroup[];
  PreCompact: ConfiguredHookMatcherGroup[];
  PostCompact: ConfiguredHookMatcherGroup[];
  SessionStart: ConfiguredHookMatcherGroup[];
  SessionEnd: ConfiguredHookMatcherGroup[];
  UserPromptSubmit: ConfiguredHookMatcherGroup[];
  SubagentStart: ConfiguredHookMatcherGroup[];
  SubagentStop: ConfiguredHookMatcherGroup[];
  Stop: ConfiguredHookMatcherGroup[];
  Interrupt: ConfiguredHookMatcherGroup[];
};

export type MarketplaceAddParams = {
  source: string;
  refName?: string | null;
  sparsePaths?: string[] | null;
};

export type MarketplaceAddResponse = {
  marketplaceName: string;
  installedRoot: string;
  alreadyAdded: boolean;
};

export type MarketplaceInterface = {
  displayName: string | null;
};

export type MarketplaceLoadErrorInfo = {
  marketplacePath: string;
  message: string;
};

export type MarketplaceRemoveParams = {
  marketplaceName: string;
};

export type MarketplaceRemoveResponse = {
  marketplaceName: string;
  installedRoot: string | null;
};

export type MarketplaceUpgradeErrorInfo = {
  marketplaceName: string;
  message: string;
};

export type MarketplaceUpgradeParams = {
  marketplaceName?: string | null;
};

export type MarketplaceUpgradeResponse = {
  selectedMarketplaces: string[];
  upgradedRoots: string[];
  errors: MarketplaceUpgradeErrorInfo[];
};

export type McpAppDisplayMode = 'inline' | 'fullscreen';

export type McpAppUi = {
  resourceUri: string;
  preferredModelDisplayMode: McpAppDisplayMode;
};

export type McpAuthStatus = 'unknown' | 'unsupported' | 'notLoggedIn' | 'bearerToken' | 'oAuth';

export type McpElicitationArrayType = 'array';

export type McpElicitationBooleanSchema = {
  type: McpElicitationBooleanType;
  title?: string | null;
  description?: string | null;
  default?: boolean | null;
};

export type McpElicitationBooleanType = 'boolean';

export type McpElicitationConstOption = {
  const: string;
  title: string;
};

export type McpElicitationEnumSchema = McpElicitationSingleSelectEnumSchema | McpElicitationMultiSelectEnumSchema | McpElicitationLegacyTitledEnumSchema;

export type McpElicitationLegacyTitledEnumSchema = {
  type: McpElicitationStringType;
  title?: string | null;
  description?: string | null;
  enum: string[];
  enumNames?: string[] | null;
  default?: string | null;
};

export type McpElicitationMultiSelectEnumSchema = McpElicitationUntitledMultiSelectEnumSchema | McpElicitationTitledMultiSelectEnumSchema;

export type McpElicitationNumberSchema = {
  type: McpElicitationNumberType;
  title?: string | null;
  description?: string | null;
  minimum?: number | null;
  maximum?: number | null;
  default?: number | null;
};

export type McpElicitationNumberType = 'number' | 'integer';

export type McpElicitationObjectType = 'object';

export type McpElicitationPrimitiveSchema = McpElicitationEnumSchema | McpElicitationStringSchema | McpElicitationNumberSchema | McpElicitationBooleanSchema;

export type McpElicitationSchema = {
  $schema?: string | null;
  type: McpElicitationObjectType;
  properties: Record<string, McpElicitationPrimitiveSchema>;
  required?: string[] | null;
};

export type McpElicitationSingleSelectEnumSchema = McpElicitationUntitledSingleSelectEnumSchema | McpElicitationTitledSingleSelectEnumSchema;

export type McpElicitationStringFormat = 'email' | 'uri' | 'date' | 'date-time';

export type McpElicitationStringSchema = {
  type: McpElicitationStringType;
  title?: string | null;
  description?: string | null;
  minLength?: number | null;
  maxLength?: number | null;
  format?: McpElicitationStringFormat | null;
  default?: string | null;
};

export type McpElicitationStringType = 'string';

export type McpElicitationTitledEnumItems = {
  anyOf: McpElicitationConstOption[];
};

export type McpElicitationTitledMultiSelectEnumSchema = {
  type: McpElicitationArrayType;
  title?: string | null;
  description?: string | null;
  minItems?: number | null;
  maxItems?: number | null;
  items: McpElicitationTitledEnumItems;
  default?: string[] | null;
};

export type McpElicitationTitledSingleSelectEnumSchema = {
  type: McpElicitationStringType;
  title?: string | null;
  description?: string | null;
  oneOf: McpElicitationConstOption[];
  default?: string | null;
};

export type McpElicitationUntitledEnumItems = {
  type: McpElicitationStringType;
  enum: string[];
};

export type McpElicitationUntitledMultiSelectEnumSchema = {
  type: McpElicitationArrayType;
  title?: string | null;
  description?: string | null;
  minItems?: number | null;
  maxItems?: number | null;
  items: McpElicitationUntitledEnumItems;
  default?: string[] | null;
};

export type McpElicitationUntitledSingleSelectEnumSchema = {
  type: McpElicitationStringType;
  title?: string | null;
  description?: string | null;
  enum: string[];
  default?: string | null;
};

export type McpResourceReadParams = {
  _meta?: Record<string, unknown> | null;
  threadId?: string | null;
  originCallId?: string | null;
  server: string;
  uri: string;
  connectorId?: string | null;
  target?: McpResourceReadTarget | null;
};

export type McpResourceReadResponse = {
  contents: ResourceContent[];
  originCallId: string | null;
};

export type McpResourceReadTarget = {
  connectorId: string;
  linkId: string | null;
};

export type McpServerConnectionStatus = 'notStarted' | 'starting' | 'connected' | 'authenticationRequired' | 'failed' | 'cancelled' | 'disabled';

export type McpServerElicitationAction = 'accept' | 'decline' | 'cancel';

export type McpServerElicitationRequestParams = {
  threadId: string;
  turnId: string | null;
  serverName: string;
  mode: 'openai/userVerification';
  _meta: unknown;
  title: string;
  description: string;
  challenge: string;
} | {
  threadId: string;
  turnId: string | null;
  serverName: string;
  mode: 'form';
  _meta: unknown;
  message: string;
  requestedSchema: McpElicitationSchema;
} | {
  threadId: string;
  turnId: string | null;
  serverName: string;
  mode: 'openai/form';
  _meta: unknown;
  message: string;
  requestedSchema: unknown;
} | {
  threadId: string;
  turnId: string | null;
  serverName: string;
  mode: 'openaiForm';
  _meta: unknown;
  message: string;
  requestedSchema: unknown;
} | {
  threadId: string;
  turnId: string | null;
  serverName: string;
  mode: 'url';
  _meta: unknown;
  message: string;
  url: string;
  elicitationId: string;
};

export type McpServerElicitationRequestResponse = {
  action: McpServerElicitationAction;
  content?: unknown | null;
  _meta?: unknown | null;
};

export type McpServerEventNotification = {
  method: string;
  params: unknown;
};

export type McpServerEventStreamNotification = {
  subscriptionId: string;
  notification: McpServerEventNotification;
};

export type McpServerEventStreamStartParams = {
  threadId: string;
  server: string;
  subscriptionId: string;
  name: string;
  arguments: unknown;
  _meta?: unknown | null;
};

export type McpServerEventStreamStopParams = {
  subscriptionId: string;
};

export type McpServerInfo = {
  name: string;
  title: string | null;
  version: string;
  description: string | null;
  icons: unknown[] | null;
  websiteUrl: string | null;
};

export type McpServerMigration = {
  name: string;
};

export type McpServerOauthCallbackParams = {
  loginId: string;
  callbackUrl: string;
};

export type McpServerOauthCancelParams = {
  loginId: string;
};

export type McpServerOauthCancelResponse = {
  status: 'canceled' | 'notFound';
};

export type McpServerOauthClientRegistration = 'auto' | 'cimd' | 'dcr';

export type McpServerOauthLoginCompletedNotification = {
  name: string;
  threadId: string | null;
  loginId?: string | null;
  success: boolean;
  error?: string | null;
};

export type McpServerOauthLoginParams = {
  name: string;
  threadId?: string | null;
  clientRegistration?: McpServerOauthClientRegistration | null;
  scopes?: string[] | null;
  timeoutSecs?: number | null;
};

export type McpServerOauthLoginResponse = {
  authorizationUrl: string;
  loginId?: string | null;
};

export type McpServerOauthLogoutParams = {
  name: string;
  threadId?: string | null;
};

export type McpServerOauthLogoutResponse = {
  removed: boolean;
};

export type McpServerStartupFailureReason = 'reauthenticationRequired';

export type McpServerStartupState = 'starting' | 'ready' | 'failed' | 'cancelled';

export type McpServerStatus = {
  name: string;
  runtimeStatus: McpServerConnectionStatus | null;
  pluginId: string | null;
  httpOrigin: string | null;
  serverInfo: McpServerInfo | null;
  serverCapabilities: unknown;
  toolListMeta: unknown;
  tools: Record<string, Tool>;
  toolsError: string | null;
  resources: Resource[];
  resourceTemplates: ResourceTemplate[];
  authStatus: McpAuthStatus;
};

export type McpServerStatusDetail = 'full' | 'toolsAndAuthOnly';

export type McpServerStatusUpdatedNotification = {
  threadId: string | null;
  name: string;
  status: McpServerStartupState;
  error: string | null;
  failureReason: McpServerStartupFailureReason | null;
};

export type McpServerToolCallParams = {
  threadId: string;
  server: string;
  tool: string;
  arguments?: unknown | null;
  _meta?: unknown | null;
};

export type McpServerToolCallResponse = {
  content: unknown[];
  structuredContent?: unknown;
  isError?: boolean | null;
  _meta?: unknown;
};

export type McpToolCallAppContext = {
  connectorId: string;
  linkId: string | null;
  resourceUri: string | null;
  appName: string | null;
  actionName: string | null;
};

export type McpToolCallError = {
  message: string;
};

export type McpToolCallProgressNotification = {
  threadId: string;
  turnId: string;
  itemId: string;
  message: string;
};

export type McpToolCallResult = {
  content: unknown[];
  structuredContent: unknown;
  _meta: unknown;
};

export type McpToolCallStatus = 'inProgress' | 'completed' | 'failed';

export type MemoryCitation = {
  entries: MemoryCitationEntry[];
  threadIds: string[];
};

export type MemoryCitationEntry = {
  path: string;
  lineStart: number;
  lineEnd: number;
  note: string;
};

export type MemoryStatusParams = {
  minConsolidatedThreads?: number | null;
};

export type MemoryStatusResponse = {
  v2ConsolidatedThreads: number;
  v2Ready: boolean;
};

export type MergeStrategy = 'replace' | 'upsert';

export type MessagePhase = 'commentary' | 'partial_answer' | 'final_answer';

export type MigrationDetails = {
  plugins: PluginsMigration[];
  skills: SkillMigration[];
  sessions: SessionMigration[];
  mcpServers: McpServerMigration[];
  hooks: HookMigration[];
  subagents: SubagentMigration[];
  commands: CommandMigration[];
  memory: string[];
};

export type MigrationDetailsParam = {
  plugins?: PluginsMigration[];
  skills?: SkillMigration[];
  sessions?: SessionMigrationParam[];
  mcpServers?: McpServerMigration[];
  hooks?: HookMigration[];
  subagents?: SubagentMigration[];
  commands?: CommandMigration[];
  memory?: string[];
};

export type MisalignmentErrorDetails = {
  errorType: string | null;
  detailedExplanation: string | null;
  steer: MisalignmentSteer | null;
  reviewTarget?: string | null;
};

export type MisalignmentSteer = {
  message: string;
};

export type MockExperimentalMethodParams = {
  value?: string | null;
};

export type MockExperimentalMethodResponse = {
  echoed: string | null;
};

export type ModeKind = 'plan' | 'default';

export type ModeKindParam = 'plan' | 'code' | 'custom' | 'default' | 'execute' | 'pair_programming';

export type Model = {
  id: string;
  model: string;
  upgrade: string | null;
  upgradeInfo: ModelUpgradeInfo | null;
  availabilityNux: ModelAvailabilityNux | null;
  displayName: string;
  description: string;
  modelSpecialty: string | null;
  hidden: boolean;
  supportedReasoningEfforts: ReasoningEffortOption[];
  defaultReasoningEffort: ReasoningEffort;
  inputModalities: InputModality[];
  supportsPersonality: boolean;
  multiAgentVersion: MultiAgentVersion | null;
  additionalSpeedTiers: string[];
  serviceTiers: ModelServiceTier[];
  defaultServiceTier: string | null;
  availableAccessPrograms: ModelAccessPrograms | null;
  isDefault: boolean;
};

export type ModelAccessPrograms = {
  cyber: CyberAccessProgram[];
};

export type ModelAvailabilityNux = {
  message: string;
};

export type ModelListParams = {
  modelProvider?: string | null;
  cursor?: string | null;
  limit?: number | null;
  includeHidden?: boolean | null;
};

export type ModelListResponse = {
  data: Model[];
  nextCursor: string | null;
};

export type ModelProviderCapabilitiesReadResponse = {
  imageGeneration: boolean;
  webSearch: boolean;
};

export type ModelProviderConfigWriteParams = {
  settings: ProviderSettingsPatch;
};

export type ModelProviderConfigWriteResponse = {
  provider: ModelProviderSummary;
};

export type ModelProviderListResponse = {
  data: ModelProviderSummary[];
  defaultProviderId: string;
  canChangeDefault: boolean;
};

export type ModelProviderSummary = {
  id: string;
  name: string;
  canEdit: boolean;
  baseUrl: string | null;
  settings: ProviderSettings;
};

export type ModelRerouteReason = 'highRiskCyberActivity';

export type ModelReroutedNotification = {
  threadId: string;
  turnId: string;
  fromModel: string;
  toModel: string;
  reason: ModelRerouteReason;
};

export type ModelSafetyBufferingUpdatedNotification = {
  threadId: string;
  turnId: string;
  model: string;
  useCases: string[];
  reasons: string[];
  showBufferingUi: boolean;
  fasterModel: string | null;
};

export type ModelServiceTier = {
  id: string;
  name: string;
  description: string;
};

export type ModelUpgradeInfo = {
  model: string;
  upgradeCopy: string | null;
  modelLink: string | null;
  migrationMarkdown: string | null;
  retirementAt: number | null;
};

export type ModelVerification = 'trustedAccessForCyber';

export type ModelVerificationNotification = {
  threadId: string;
  turnId: string;
  verifications: ModelVerification[];
};

export type ModelsRequirements = {
  newThread: NewThreadModelDefaults | null;
};

export type MultiAgentMode = 'none' | {
  custom: string;
} | 'explicitRequestOnly' | 'proactive';

export type MultiAgentVersion = 'disabled' | 'v1' | 'v2';

export type NetworkAccess = 'restricted' | 'enabled';

export type NetworkApprovalContext = {
  host: string;
  protocol: NetworkApprovalProtocol;
};

export type NetworkApprovalProtocol = 'http' | 'https' | 'socks5Tcp' | 'socks5Udp';

export type NetworkDomainPermission = 'allow' | 'deny';

export type NetworkPolicyAmendment = {
  host: string;
  action: NetworkPolicyRuleAction;
};

export type NetworkPolicyRuleAction = 'allow' | 'deny';

export type NetworkRequirements = {
  enabled: boolean | null;
  httpPort: number | null;
  socksPort: number | null;
  allowUpstreamProxy: boolean | null;
  dangerouslyAllowNonLoopbackProxy: boolean | null;
  dangerouslyAllowAllUnixSockets: boolean | null;
  domains: Record<string, NetworkDomainPermission> | null;
  reviewDomains: string[] | null;
  managedAllowedDomainsOnly: boolean | null;
  allowedDomains: string[] | null;
  deniedDomains: string[] | null;
  unixSockets: Record<string, NetworkUnixSocketPermission> | null;
  allowUnixSockets: string[] | null;
  allowLocalBinding: boolean | null;
};

export type NetworkUnixSocketPermission = 'allow' | 'deny';

export type NewThreadModelDefaults = {
  model: string | null;
  modelReasoningEffort: ReasoningEffort | null;
  serviceTier: string | null;
};

export type NoParams = Record<string, never> | null;

export type NonSteerableTurnKind = 'review' | 'compact';

export type OtelExporter = 'none' | 'statsig' | {
  'otlp-http': {
    endpoint: string;
    headers: Record<string, string>;
    protocol: OtelHttpProtocol;
    tls: OtelTlsConfig | null;
  };
} | {
  'otlp-grpc': {
    endpoint: string;
    headers: Record<string, string>;
    tls: OtelTlsConfig | null;
  };
};

export type OtelHttpProtocol = 'binary' | 'json';

export type OtelRequirements = {
  tool_result: OtelToolResultLogConfig | null;
  log_sse_deltas: boolean | null;
  log_user_prompt: boolean | null;
  log_agent_responses: boolean | null;
  log_guardian_assessments: boolean | null;
  environment: string | null;
  exporter: OtelExporter | null;
  trace_exporter: OtelExporter | null;
  metrics_exporter: OtelExporter | null;
  span_attributes: Record<string, string> | null;
  tracestate: Record<string, Record<string, string>> | null;
};

export type OtelTlsConfig = {
  'ca-certificate': string | null;
  'client-certificate': string | null;
  'client-private-key': string | null;
};

export type OtelToolResultLogConfig = {
  max_bytes: number;
};

export type OverriddenMetadata = {
  message: string;
  overridingLayer: ConfigLayerMetadata;
  effectiveValue: unknown;
};

export type ParsedCommand = {
  type: 'read';
  cmd: string;
  name: string;
  path: string;
} | {
  type: 'list_files';
  cmd: string;
  path: string | null;
} | {
  type: 'search';
  cmd: string;
  query: string | null;
  path: string | null;
} | {
  type: 'unknown';
  cmd: string;
};

export type PatchApplyStatus = 'inProgress' | 'completed' | 'failed' | 'declined';

export type PatchChangeKind = {
  type: 'add';
} | {
  type: 'delete';
} | {
  type: 'update';
  move_path: string | null;
};

export type PermissionGrantScope = 'turn' | 'session';

export type PermissionProfileListParams = {
  cursor?: string | null;
  limit?: number | null;
  cwd?: string | null;
};

export type PermissionProfileListResponse = {
  data: PermissionProfileSummary[];
  nextCursor: string | null;
};

export type PermissionProfileSummary = {
  id: string;
  description: string | null;
  allowed: boolean;
};

export type PermissionsRequestApprovalParams = {
  threadId: string;
  turnId: string;
  itemId: string;
  environmentId: string | null;
  startedAtMs: number;
  cwd: string;
  reason: string | null;
  permissions: RequestPermissionProfile;
};

export type PermissionsRequestApprovalResponse = {
  permissions: GrantedPermissionProfile;
  scope?: PermissionGrantScope;
  strictAutoReview?: boolean | null;
};

export type Personality = 'none' | 'friendly' | 'pragmatic';

export type PlanDeltaNotification = {
  threadId: string;
  turnId: string;
  itemId: string;
  delta: string;
};

export type PlanType = 'free' | 'go' | 'plus' | 'pro' | 'prolite' | 'promax' | 'team' | 'self_serve_business_prolite' | 'self_serve_business_usage_based' | 'business' | 'ent26' | 'enterprise_cbp_automation' | 'enterprise_cbp_usage_based' | 'enterprise' | 'edu' | 'edu_plus' | 'edu_pro' | 'sci' | 'sci_plus' | 'unknown';

export type PluginAuthPolicy = 'ON_INSTALL' | 'ON_USE';

export type PluginAvailability = 'AVAILABLE' | 'DISABLED_BY_ADMIN';

export type PluginDetail = {
  marketplaceName: string;
  marketplacePath: string | null;
  summary: PluginSummary;
  shareUrl: string | null;
  description: string | null;
  skills: SkillSummary[];
  onboardingSkill: SkillSummary | null;
  hooks: PluginHookSummary[];
  apps: AppSummary[];
  appTemplates: AppTemplateSummary[];
  mcpServers: string[];
  scheduledTasks: ScheduledTaskSummary[] | null;
};

export type PluginDisabledReason = 'disabled_by_admin' | 'plan_not_eligible' | 'required_app_unavailable' | 'unknown';

export type PluginHookSummary = {
  key: string;
  eventName: HookEventName;
};

export type PluginInstallParams = {
  marketplacePath?: string | null;
  remoteMarketplaceName?: string | null;
  installAttemptId?: string | null;
  pluginName: string;
};

export type PluginInstallPolicy = 'NOT_AVAILABLE' | 'AVAILABLE' | 'INSTALLED_BY_DEFAULT';

export type PluginInstallPolicySource = 'WORKSPACE_SETTING' | 'IMPLICIT_CANONICAL_APP';

export type PluginInstallResponse = {
  authPolicy: PluginAuthPolicy;
  appsNeedingAuth: AppSummary[];
};

export type PluginInstalledParams = {
  cwds?: string[] | null;
  installSuggestionPluginNames?: string[] | null;
};

export type PluginInstalledResponse = {
  marketplaces: PluginMarketplaceEntry[];
  marketplaceLoadErrors: MarketplaceLoadErrorInfo[];
};

export type PluginInterface = {
  displayName: string | null;
  shortDescription: string | null;
  longDescription: string | null;
  developerName: string | null;
  category: string | null;
  capabilities: string[];
  websiteUrl: string | null;
  privacyPolicyUrl: string | null;
  termsOfServiceUrl: string | null;
  defaultPrompt: string[] | null;
  brandColor: string | null;
  composerIcon: string | null;
  composerIconUrl: string | null;
  logo: string | null;
  logoDark: string | null;
  logoUrl: string | null;
  logoUrlDark: string | null;
  screenshots: string[];
  screenshotUrls: string[];
};

export type PluginListMarketplaceKind = 'local' | 'vertical' | 'workspace-directory' | 'shared-with-me' | 'created-by-me-remote';

export type PluginListParams = {
  cwds?: string[] | null;
  marketplaceKinds?: PluginListMarketplaceKind[] | null;
  forceRefetch?: boolean;
};

export type PluginListResponse = {
  marketplaces: PluginMarketplaceEntry[];
  marketplaceLoadErrors: MarketplaceLoadErrorInfo[];
  featuredPluginIds: string[];
};

export type PluginMarketplaceEntry = {
  name: string;
  path: string | null;
  interface: MarketplaceInterface | null;
  plugins: PluginSummary[];
};

export type PluginReadParams = {
  marketplacePath?: string | null;
  remoteMarketplaceName?: string | null;
  pluginName: string;
};

export type PluginReadResponse = {
  plugin: PluginDetail;
};

export type PluginReconcileChangedPlugin = {
  id: string;
  hasMcps: boolean;
  hasApps: boolean;
  hasHooks: boolean;
  hasSkills: boolean;
};

export type PluginReconcileParams = {
  reason?: string | null;
};

export type PluginReconcileResponse = {
  changedPlugins: PluginReconcileChangedPlugin[];
  failedRemotePluginIds: string[];
  failedMaterializationRemotePluginIds: string[];
};

export type PluginSearchParams = {
  searchTerm: string;
  scope?: PluginSearchScope | null;
  cwds?: string[] | null;
  cursor?: string | null;
  limit?: number | null;
};

export type PluginSearchResponse = {
  data: PluginSearchResult[];
  nextCursor: string | null;
};

export type PluginSearchResult = {
  plugin: PluginSummary;
  marketplaceName: string;
  marketplacePath: string | null;
};

export type PluginSearchScope = 'global' | 'workspace' | 'personal';

export type PluginShareCheckoutParams = {
  remotePluginId: string;
};

export type PluginShareCheckoutResponse = {
  remotePluginId: string;
  pluginId: string;
  pluginName: string;
  pluginPath: string;
  marketplaceName: string;
  marketplacePath: string;
  remoteVersion: string | null;
};

export type PluginShareContext = {
  remotePluginId: string;
  remoteVersion: string | null;
  discoverability: PluginShareDiscoverability | null;
  shareUrl: string | null;
  creatorAccountUserId: string | null;
  creatorName: string | null;
  sharePrincipals: PluginSharePrincipal[] | null;
  canPublishToWorkspace: boolean | null;
};

export type PluginShareDeleteParams = {
  remotePluginId: string;
};

export type PluginShareDiscoverability = 'LISTED' | 'UNLISTED' | 'PRIVATE';

export type PluginShareListItem = {
  plugin: PluginSummary;
  localPluginPath: string | null;
};

export type PluginShareListResponse = {
  data: PluginShareListItem[];
};

export type PluginSharePrincipal = {
  principalType: PluginSharePrincipalType;
  principalId: string;
  role: PluginSharePrincipalRole;
  name: string;
};

export type PluginSharePrincipalRole = 'reader' | 'editor' | 'owner';

export type PluginSharePrincipalType = 'user' | 'group' | 'workspace';

export type PluginShareSaveParams = {
  pluginPath: string;
  remotePluginId?: string | null;
  discoverability?: PluginShareDiscoverability | null;
  shareTargets?: PluginShareTarget[] | null;
};

export type PluginShareSaveResponse = {
  remotePluginId: string;
  shareUrl: string;
  canPublishToWorkspace: boolean | null;
};

export type PluginShareTarget = {
  principalType: PluginSharePrincipalType;
  principalId: string;
  role: PluginShareTargetRole;
};

export type PluginShareTargetRole = 'reader' | 'editor';

export type PluginShareUpdateDiscoverability = 'UNLISTED' | 'PRIVATE' | 'LISTED';

export type PluginShareUpdateTargetsParams = {
  remotePluginId: string;
  discoverability: PluginShareUpdateDiscoverability;
  shareTargets: PluginShareTarget[];
};

export type PluginShareUpdateTargetsResponse = {
  principals: PluginSharePrincipal[];
  discoverability: PluginShareDiscoverability;
};

export type PluginSkillReadParams = {
  remoteMarketplaceName: string;
  remotePluginId: string;
  skillName: string;
};

export type PluginSkillReadResponse = {
  contents: string | null;
};

export type PluginSource = {
  type: 'local';
  path: string;
} | {
  type: 'git';
  url: string;
  path: string | null;
  refName: string | null;
  sha: string | null;
} | {
  type: 'npm';
  package: string;
  version: string | null;
  registry: string | null;
} | {
  type: 'remote';
};

export type PluginSummary = {
  id: string;
  remotePluginId: string | null;
  version: string | null;
  localVersion: string | null;
  name: string;
  shareContext: PluginShareContext | null;
  source: PluginSource;
  installed: boolean;
  installedAt: number | null;
  enabled: boolean;
  installPolicy: PluginInstallPolicy;
  installPolicySource: PluginInstallPolicySource | null;
  mustShowInstallationInterstitial: boolean | null;
  authPolicy: PluginAuthPolicy;
  availability: PluginAvailability;
  disabledReason: PluginDisabledReason | null;
  eligiblePlanTypes: string[] | null;
  interface: PluginInterface | null;
  keywords: string[];
};

export type PluginUninstallParams = {
  pluginId: string;
};

export type PluginsMigration = {
  marketplaceName: string;
  pluginNames: string[];
};

export type ProcessExitedNotification = {
  processHandle: string;
  exitCode: number;
  outputDrainTimedOut?: boolean | null;
  stdout: string;
  stdoutCapReached: boolean;
  stderr: string;
  stderrCapReached: boolean;
};

export type ProcessKillParams = {
  processHandle: string;
};

export type ProcessOutputDeltaNotification = {
  processHandle: string;
  stream: ProcessOutputStream;
  deltaBase64: string;
  capReached: boolean;
};

export type ProcessOutputStream = 'stdout' | 'stderr';

export type ProcessResizePtyParams = {
  processHandle: string;
  size: ProcessTerminalSize;
};

export type ProcessSpawnParams = {
  command: string[];
  processHandle: string;
  cwd: string;
  tty?: boolean;
  streamStdin?: boolean;
  streamStdoutStderr?: boolean;
  outputBytesCap?: number | null;
  timeoutMs?: number | null;
  env?: Record<string, string | null> | null;
  size?: ProcessTerminalSize | null;
};

export type ProcessTerminalSize = {
  rows: number;
  cols: number;
};

export type ProcessWriteStdinParams = {
  processHandle: string;
  deltaBase64?: string | null;
  closeStdin?: boolean;
};

export type Project = {
  id: string;
  name: string;
  roots: ProjectRoot[];
  metadata: Record<string, string>;
  position: number;
  createdAt: number;
  updatedAt: number;
  recencyAt: number | null;
};

export type ProjectChangeType = 'created' | 'updated' | 'deleted';

export type ProjectChangedNotification = {
  projectId: string;
  changeType: ProjectChangeType;
};

export type ProjectCreateParams = {
  name: string;
  roots: ProjectRoot[];
  metadata?: Record<string, string> | null;
  idempotencyKey: string;
};

export type ProjectCreateResponse = {
  project: Project;
};

export type ProjectDeleteParams = {
  projectId: string;
};

export type ProjectImportParams = {
  name: string;
  roots: ProjectRoot[];
  metadata?: Record<string, string> | null;
  threads?: string[] | null;
  idempotencyKey: string;
};

export type ProjectImportResponse = {
  project: Project;
};

export type ProjectListParams = {
  cursor?: string | null;
  limit?: number | null;
  sortKey?: ProjectSortKey | null;
  sortDirection?: SortDirection | null;
};

export type ProjectListResponse = {
  data: Project[];
  nextCursor: string | null;
};

export type ProjectMoveParams = {
  projectId: string;
  beforeProjectId?: string | null;
};

export type ProjectReadParams = {
  projectId: string;
};

export type ProjectReadResponse = {
  project: Project;
};

export type ProjectRoot = {
  path: string;
};

export type ProjectSortKey = 'position' | 'recencyAt';

export type ProjectUpdateParams = {
  projectId: string;
  name?: string | null;
  roots?: ProjectRoot[] | null;
  metadata?: Record<string, string> | null;
};

export type ProjectUpdateResponse = {
  project: Project;
};

export type ProviderSettings = {
  type: 'openai';
} | {
  type: 'customGateway';
  auth: GatewayAuth;
} | {
  type: 'bedrock';
  profile: string | null;
  region: string | null;
} | {
  type: 'gcp';
  projectId: string | null;
  location: string | null;
  credentialFile: string | null;
};

export type ProviderSettingsPatch = {
  providerId?: string | null;
  name?: string | null;
  baseUrl?: string | null;
  envKey?: string | null;
  type: 'customGateway';
} | {
  providerId: BedrockProviderId;
  profile?: string | null;
  region?: string | null;
  type: 'bedrock';
} | {
  providerId: GcpProviderId;
  projectId?: string | null;
  location?: string | null;
  credentialFile?: string | null;
  type: 'gcp';
};

export type QueuedSubmission = {
  id: string;
  input: UserInput[];
  clientUserMessageId: string;
  responsesapiClientMetadata: Record<string, string> | null;
};

export type RateLimitReachedType = 'rate_limit_reached' | 'workspace_owner_credits_depleted' | 'workspace_member_credits_depleted' | 'workspace_owner_usage_limit_reached' | 'workspace_member_usage_limit_reached';

export type RateLimitResetCredit = {
  id: string;
  resetType: RateLimitResetType;
  status: RateLimitResetCreditStatus;
  grantedAt: number;
  expiresAt: number | null;
  title: string | null;
  description: string | null;
};

export type RateLimitResetCreditStatus = 'available' | 'redeeming' | 'redeemed' | 'unknown';

export type RateLimitResetCreditsSummary = {
  availableCount: number;
  credits: RateLimitResetCredit[] | null;
};

export type RateLimitResetType = 'codexRateLimits' | 'unknown';

export type RateLimitSnapshot = {
  limitId: string | null;
  limitName: string | null;
  normalModelSlug: string | null;
  primary: RateLimitWindow | null;
  secondary: RateLimitWindow | null;
  credits: CreditsSnapshot | null;
  individualLimit: SpendControlLimitSnapshot | null;
  spendControlReached: boolean | null;
  planType: PlanType | null;
  rateLimitReachedType: RateLimitReachedType | null;
};

export type RateLimitWindow = {
  usedPercent: number;
  windowDurationMins: number | null;
  resetsAt: number | null;
};

export type RawResponseCompletedNotification = {
  threadId: string;
  turnId: string;
  responseId: string;
  usage: TokenUsageBreakdown | null;
  usageMetadata: ResponseUsageMetadata | null;
};

export type RawResponseItemCompletedNotification = {
  threadId: string;
  turnId: string;
  item: ResponseItem;
};

export type RealtimeConversationVersion = 'v1' | 'v2' | 'v3';

export type RealtimeOutputModality = 'text' | 'audio';

export type RealtimeVoice = 'alloy' | 'arbor' | 'ash' | 'aube' | 'ballad' | 'breeze' | 'bubbie' | 'cedar' | 'coral' | 'cove' | 'echo' | 'ember' | 'haetsal' | 'hanul' | 'himari' | 'juniper' | 'leher' | 'maple' | 'marin' | 'miko' | 'neer' | 'porto' | 'rindo' | 'rio' | 'rivage' | 'sage' | 'selva' | 'shimmer' | 'sol' | 'sonna' | 'spruce' | 'tinta' | 'vale' | 'verse' | 'viola';

export type RealtimeVoicesList = {
  v1: RealtimeVoice[];
  v2: RealtimeVoice[];
  v3?: RealtimeVoice[];
  defaultV1: RealtimeVoice;
  defaultV2: RealtimeVoice;
};

export type ReasoningEffort = string;

export type ReasoningEffortOption = {
  reasoningEffort: ReasoningEffort;
  description: string;
};

export type ReasoningSummary = 'auto' | 'concise' | 'detailed' | 'none';

export type ReasoningSummaryPartAddedNotification = {
  threadId: string;
  turnId: string;
  itemId: string;
  summaryIndex: number;
};

export type ReasoningSummaryTextDeltaNotification = {
  threadId: string;
  turnId: string;
  itemId: string;
  delta: string;
  summaryIndex: number;
};

export type ReasoningTextDeltaNotification = {
  threadId: string;
  turnId: string;
  itemId: string;
  delta: string;
  contentIndex: number;
};

export type RemoteControlClient = {
  clientId: string;
  displayName: string | null;
  deviceType: string | null;
  platform: string | null;
  osVersion: string | null;
  deviceModel: string | null;
  appVersion: string | null;
  lastSeenAt: number | null;
};

export type RemoteControlClientsListOrder = 'asc' | 'desc';

export type RemoteControlClientsListParams = {
  environmentId: string;
  cursor?: string | null;
  limit?: number | null;
  order?: RemoteControlClientsListOrder | null;
};

export type RemoteControlClientsListResponse = {
  data: RemoteControlClient[];
  nextCursor: string | null;
};

export type RemoteControlClientsRevokeParams = {
  environmentId: string;
  clientId: string;
};

export type RemoteControlConnectionStatus = 'disabled' | 'connecting' | 'connected' | 'errored';

export type RemoteControlDisableParams = {
  ephemeral?: boolean;
} | null;

export type RemoteControlDisableResponse = {
  status: RemoteControlConnectionStatus;
  serverName: string;
  installationId: string;
  environmentId: string | null;
};

export type RemoteControlEnableParams = {
  ephemeral?: boolean;
} | null;

export type RemoteControlEnableResponse = {
  status: RemoteControlConnectionStatus;
  serverName: string;
  installationId: string;
  environmentId: string | null;
};

export type RemoteControlPairingStartParams = {
  manualCode?: boolean;
};

export type RemoteControlPairingStartResponse = {
  pairingCode: string;
  manualPairingCode: string | null;
  environmentId: string;
  expiresAt: number;
};

export type RemoteControlPairingStatusParams = {
  pairingCode?: string | null;
  manualPairingCode?: string | null;
};

export type RemoteControlPairingStatusResponse = {
  claimed: boolean;
};

export type RemoteControlStatusChangedNotification = {
  status: RemoteControlConnectionStatus;
  serverName: string;
  installationId: string;
  environmentId: string | null;
};

export type RemoteControlStatusReadResponse = {
  status: RemoteControlConnectionStatus;
  serverName: string;
  installationId: string;
  environmentId: string | null;
};

export type RequestHeader = {
  name: string;
  value: string;
};

export type RequestId = string | number;

export type RequestPermissionProfile = {
  network: AdditionalNetworkPermissions | null;
  fileSystem: AdditionalFileSystemPermissions | null;
};

export type ResidencyRequirement = 'us';

export type Resource = {
  annotations?: unknown;
  description?: string | null;
  mimeType?: string | null;
  name: string;
  size?: number | null;
  title?: string | null;
  uri: string;
  icons?: unknown[] | null;
  _meta?: unknown;
};

export type ResourceContent = {
  uri: string;
  mimeType?: string | null;
  text: string;
  _meta?: unknown;
} | {
  uri: string;
  mimeType?: string | null;
  blob: string;
  _meta?: unknown;
};

export type ResourceTemplate = {
  annotations?: unknown;
  uriTemplate: string;
  name: string;
  title?: string | null;
  description?: string | null;
  mimeType?: string | null;
};

export type ResponseItem = {
  type: string;
  [key: string]: unknown;
};

export type ResponseUsageMetadata = {
  amount: string | null;
  metadata: unknown;
};

export type ReviewDecision = 'approved' | {
  approved_execpolicy_amendment: {
    proposed_execpolicy_amendment: ExecPolicyAmendment;
  };
} | 'approved_for_session' | 'approved_mcp_policy_amendment' | {
  network_policy_amendment: {
    network_policy_amendment: NetworkPolicyAmendment;
  };
} | {
  denied: {
    rejection: string;
  };
} | 'timed_out' | 'abort';

export type ReviewDelivery = 'inline';

export type ReviewStartParams = {
  threadId: string;
  target: ReviewTarget;
  delivery?: ReviewDelivery | null;
};

export type ReviewStartResponse = {
  turn: Turn;
  reviewThreadId: string;
};

export type ReviewTarget = {
  type: 'uncommittedChanges';
} | {
  type: 'baseBranch';
  branch: string;
} | {
  type: 'commit';
  sha: string;
  title?: string | null;
} | {
  type: 'custom';
  instructions: string;
};

export type SandboxMode = 'read-only' | 'workspace-write' | 'danger-full-access';

export type SandboxPolicy = {
  type: 'dangerFullAccess';
} | {
  type: 'readOnly';
  networkAccess: boolean;
} | {
  type: 'externalSandbox';
  networkAccess: NetworkAccess;
} | {
  type: 'workspaceWrite';
  writableRoots: string[];
  networkAccess: boolean;
  excludeTmpdirEnvVar: boolean;
  excludeSlashTmp: boolean;
};

export type SandboxPolicyParam = {
  type: 'dangerFullAccess';
} | {
  type: 'readOnly';
  networkAccess?: boolean;
} | {
  type: 'externalSandbox';
  networkAccess?: NetworkAccess;
} | {
  type: 'workspaceWrite';
  writableRoots?: string[];
  networkAccess?: boolean;
  excludeTmpdirEnvVar?: boolean;
  excludeSlashTmp?: boolean;
};

export type SandboxWorkspaceWrite = {
  writable_roots: string[];
  network_access: boolean;
  exclude_tmpdir_env_var: boolean;
  exclude_slash_tmp: boolean;
};

export type ScheduledTaskSchedule = {
  type: 'hourly';
  intervalHours: number;
  days: ScheduledTaskWeekday[] | null;
} | {
  type: 'daily';
  time: string;
} | {
  type: 'weekdays';
  time: string;
} | {
  type: 'weekly';
  days: ScheduledTaskWeekday[];
  time: string;
};

export type ScheduledTaskSummary = {
  key: string;
  name: string;
  prompt: string;
  schedule: ScheduledTaskSchedule;
};

export type ScheduledTaskWeekday = 'MO' | 'TU' | 'WE' | 'TH' | 'FR' | 'SA' | 'SU';

export type SelectedCapabilityRoot = {
  id: string;
  location: CapabilityRootLocation;
};

export type SendAddCreditsNudgeEmailParams = {
  creditType: AddCreditsNudgeCreditType;
};

export type SendAddCreditsNudgeEmailResponse = {
  status: AddCreditsNudgeEmailStatus;
};

export type ServerDiagnosticsGauge = {
  name: string;
  value: number;
};

export type ServerDiagnosticsProcess = {
  id: number;
  residentMemoryBytes: number | null;
  physicalFootprintBytes: number | null;
};

export type ServerDiagnosticsResponse = {
  process: ServerDiagnosticsProcess;
  gauges: ServerDiagnosticsGauge[];
};

export type ServerRequestResolvedNotification = {
  threadId: string;
  requestId: RequestId;
};

export type SessionMigration = {
  path: string;
  cwd: string;
  title: string | null;
};

export type SessionMigrationParam = {
  path: string;
  cwd: string;
  title?: string | null;
};

export type SessionSource = 'cli' | 'vscode' | 'exec' | 'appServer' | {
  custom: string;
} | {
  subAgent: SubAgentSource;
} | 'unknown';

export type Settings = {
  model: string;
  reasoning_effort: ReasoningEffort | null;
  developer_instructions: string | null;
};

export type SettingsParam = {
  model: string;
  reasoning_effort?: ReasoningEffort | null;
  developer_instructions?: string | null;
};

export type SkillDependencies = {
  tools: SkillToolDependency[];
};

export type SkillErrorInfo = {
  path: string;
  message: string;
};

export type SkillInterface = {
  displayName?: string | null;
  shortDescription?: string | null;
  iconSmall?: string | null;
  iconLarge?: string | null;
  iconSmallUrl: string | null;
  iconLargeUrl: string | null;
  brandColor?: string | null;
  defaultPrompt?: string | null;
};

export type SkillMetadata = {
  name: string;
  description: string;
  shortDescription?: string | null;
  interface?: SkillInterface | null;
  dependencies?: SkillDependencies | null;
  path: string;
  scope: SkillScope;
  enabled: boolean;
  pluginId: string | null;
};

export type SkillMigration = {
  name: string;
};

export type SkillScope = 'user' | 'repo' | 'system' | 'admin';

export type SkillSummary = {
  name: string;
  description: string;
  shortDescription: string | null;
  interface: SkillInterface | null;
  path: string | null;
  enabled: boolean;
};

export type SkillToolDependency = {
  type: string;
  value: string;
  description?: string | null;
  transport?: string | null;
  command?: string | null;
  url?: string | null;
};

export type SkillsConfigWriteParams = {
  path?: string | null;
  name?: string | null;
  enabled: boolean;
};

export type SkillsConfigWriteResponse = {
  effectiveEnabled: boolean;
};

export type SkillsExtraRootsSetParams = {
  extraRoots: string[];
};

export type SkillsListEntry = {
  cwd: string;
  skills: SkillMetadata[];
  errors: SkillErrorInfo[];
};

export type SkillsListParams = {
  cwds?: string[];
  forceReload?: boolean;
};

export type SkillsListResponse = {
  data: SkillsListEntry[];
};

export type SortDirection = 'asc' | 'desc';

export type SpendControlLimitSnapshot = {
  limit: string;
  used: string;
  remainingPercent: number;
  resetsAt: number;
};

export type StrictReviewRequiredNotification = {
  threadId: string;
  turnId: string;
  startedAtMs: number;
};

export type SubAgentActivityKind = 'started' | 'interacted' | 'interrupted' | 'completed';

export type SubAgentSource = 'review' | 'compact' | {
  thread_spawn: {
    parent_thread_id: string;
    depth: number;
    agent_path: string | null;
    agent_nickname: string | null;
    agent_role: string | null;
  };
} | 'memory_consolidation' | {
  other: string;
};

export type SubagentMigration = {
  name: string;
};

export type TerminalInteractionNotification = {
  threadId: string;
  turnId: string;
  itemId: string;
  processId: string;
  stdin: string;
};

export type TextElement = {
  byteRange: ByteRange;
  placeholder: string | null;
};

export type TextElementParam = {
  byteRange: ByteRange;
  placeholder?: string | null;
};

export type TextPosition = {
  line: number;
  column: number;
};

export type TextRange = {
  start: TextPosition;
  end: TextPosition;
};

export type Thread = {
  id: string;
  /** Experimental. */
  environments: ThreadEnvironment[] | null;
  /** Experimental. */
  extra: Record<string, never> | null;
  sessionId: string;
  forkedFromId: string | null;
  /** Experimental. */
  attachedToThreadId: string | null;
  parentThreadId: string | null;
  preview: string;
  ephemeral: boolean;
  section: ThreadSection | null;
  sectionEnteredAt: number | null;
  projectId: string | null;
  historyMode: ThreadHistoryMode;
  modelProvider: string;
  model: string | null;
  reasoningEffort: ReasoningEffort | null;
  createdAt: number;
  updatedAt: number;
  recencyAt: number | null;
  status: ThreadStatus;
  path: string | null;
  cwd: string;
  cliVersion: string;
  originator: string | null;
  source: SessionSource;
  /** Experimental. */
  canAcceptDirectInput: boolean | null;
  threadSource: string | null;
  agentNickname: string | null;
  agentRole: string | null;
  gitInfo: GitInfo | null;
  name: string | null;
  /** Experimental. */
  daybreakEnabled: boolean | null;
  turns: Turn[];
};

export type ThreadActiveFlag = 'waitingOnApproval' | 'waitingOnUserInput';

export type ThreadApproveGuardianDeniedActionParams = {
  threadId: string;
  event: unknown;
};

export type ThreadArchiveParams = {
  threadId: string;
};

export type ThreadArchivedNotification = {
  threadId: string;
};

export type ThreadAttachment = {
  id: string;
  attachmentType: string;
  identityKey: string;
  payload: unknown;
  createdAt: number;
};

export type ThreadAttachmentAddOutcome = 'created' | 'existing';

export type ThreadAttachmentAddParams = {
  threadId: string;
  attachmentType: string;
  identityKey: string;
  payload: unknown;
};

export type ThreadAttachmentAddResponse = {
  outcome: ThreadAttachmentAddOutcome;
  attachment: ThreadAttachment;
};

export type ThreadAttachmentListParams = {
  threadId: string;
  cursor?: string | null;
  limit?: number | null;
};

export type ThreadAttachmentListResponse = {
  data: ThreadAttachment[];
  nextCursor: string | null;
};

export type ThreadAttachmentOperation = 'created' | 'deleted';

export type ThreadAttachmentOwner = {
  threadId: string;
  archived: boolean;
};

export type ThreadAttachmentOwnerListParams = {
  attachmentType: string;
  identityKey: string;
  archived?: boolean | null;
  cursor?: string | null;
  limit?: number | null;
};

export type ThreadAttachmentOwnerListResponse = {
  data: ThreadAttachmentOwner[];
  nextCursor: string | null;
};

export type ThreadAttachmentRemoveParams = {
  threadId: string;
  attachmentType: string;
  identityKey: string;
};

export type ThreadAttachmentUpdatedNotification = {
  threadId: string;
  attachmentType: string;
  identityKey: string;
  attachmentId: string;
  operation: ThreadAttachmentOperation;
};

export type ThreadBackgroundTerminal = {
  itemId: string;
  processId: string;
  command: string;
  cwd: string;
  osPid: number | null;
  cpuPercent: number | null;
  rssKb: number | null;
};

export type ThreadBackgroundTerminalsCleanParams = {
  threadId: string;
};

export type ThreadBackgroundTerminalsListParams = {
  threadId: string;
  cursor?: string | null;
  limit?: number | null;
};

export type ThreadBackgroundTerminalsListResponse = {
  data: ThreadBackgroundTerminal[];
  nextCursor: string | null;
};

export type ThreadBackgroundTerminalsTerminateParams = {
  threadId: string;
  processId: string;
};

export type ThreadBackgroundTerminalsTerminateResponse = {
  terminated: boolean;
};

export type ThreadClosedNotification = {
  threadId: string;
};

export type ThreadCompactStartParams = {
  threadId: string;
};

export type ThreadDecrementElicitationParams = {
  threadId: string;
};

export type ThreadDecrementElicitationResponse = {
  count: number;
  paused: boolean;
};

export type ThreadDeleteParams = {
  threadId: string;
};

export type ThreadDeletedNotification = {
  threadId: string;
};

export type ThreadEnvironment = {
  environmentId: string;
  cwd: string;
  runtimeWorkspaceRoots: string[];
};

export type ThreadForkParams = {
  threadId: string;
  /** Experimental. */
  experimentalPredictionMode?: boolean;
  /** Experimental. */
  experimentalDisablePredictionMcp?: boolean;
  lastTurnId?: string | null;
  /** Experimental. */
  beforeTurnId?: string | null;
  /** Experimental. */
  path?: string | null;
  model?: string | null;
  modelProvider?: string | null;
  serviceTier?: string | null;
  cwd?: string | null;
  /** Experimental. */
  runtimeWorkspaceRoots?: string[] | null;
  approvalPolicy?: AskForApprovalParam | null;
  approvalsReviewer?: ApprovalsReviewerParam | null;
  sandbox?: SandboxMode | null;
  /** Experimental. */
  permissions?: string | null;
  config?: Record<string, unknown> | null;
  baseInstructions?: string | null;
  developerInstructions?: string | null;
  ephemeral?: boolean;
  /** Experimental. */
  attachToSource?: boolean;
  threadSource?: string | null;
  excludeTurns?: boolean;
  /** Experimental. */
  deferGoalContinuation?: boolean;
};

export type ThreadForkResponse = {
  thread: Thread;
  model: string;
  modelProvider: string;
  serviceTier: string | null;
  disabledPluginIds: string[];
  cwd: string;
  /** Experimental. */
  runtimeWorkspaceRoots: string[];
  instructionSources: string[];
  approvalPolicy: AskForApproval;
  approvalsReviewer: ApprovalsReviewer;
  sandbox: SandboxPolicy;
  /** Experimental. */
  activePermissionProfile: ActivePermissionProfile | null;
  reasoningEffort: ReasoningEffort | null;
  /** Experimental. */
  multiAgentMode: MultiAgentMode;
};

export type ThreadGoal = {
  threadId: string;
  objective: string;
  status: ThreadGoalStatus;
  tokenBudget: number | null;
  tokensUsed: number;
  timeUsedSeconds: number;
  createdAt: number;
  updatedAt: number;
};

export type ThreadGoalClearParams = {
  threadId: string;
  origin?: ThreadGoalMutationOrigin | null;
};

export type ThreadGoalClearResponse = {
  cleared: boolean;
};

export type ThreadGoalClearedNotification = {
  threadId: string;
};

export type ThreadGoalGetParams = {
  threadId: string;
};

export type ThreadGoalGetResponse = {
  goal: ThreadGoal | null;
};

export type ThreadGoalMutationOrigin = 'user' | 'automatic';

export type ThreadGoalSetParams = {
  threadId: string;
  origin?: ThreadGoalMutationOrigin | null;
  objective?: string | null;
  status?: ThreadGoalStatus | null;
  tokenBudget?: number | null;
};

export type ThreadGoalSetResponse = {
  goal: ThreadGoal;
};

export type ThreadGoalStatus = 'active' | 'paused' | 'blocked' | 'usageLimited' | 'budgetLimited' | 'complete';

export type ThreadGoalUpdatedNotification = {
  threadId: string;
  turnId: string | null;
  goal: ThreadGoal;
};

export type ThreadGrant = {
  type: 'command';
  id: string;
  scope: 'session';
  environmentId: string;
  command: string;
  cwd: string;
  confined: boolean;
  additionalPermissions: AdditionalPermissionProfile | null;
} | {
  type: 'patch';
  id: string;
  scope: 'session';
  environmentId: string;
  path: string;
} | {
  type: 'mcpTool';
  id: string;
  scope: 'session';
  server: string;
  tool: string;
} | {
  type: 'commandPrefix';
  id: string;
  scope: 'session' | 'forever';
  prefix: string[];
  confined: boolean;
} | {
  type: 'network';
  id: string;
  scope: 'session' | 'forever';
  environmentId: string | null;
  protocol: NetworkApprovalProtocol;
  host: string;
  port: number | null;
  action: NetworkPolicyRuleAction;
} | {
  type: 'permissions';
  id: string;
  scope: 'turn' | 'session';
  environmentId: string;
  permissions: AdditionalPermissionProfile;
};

export type ThreadGrantsListParams = {
  threadId: string;
  cursor?: string | null;
  limit?: number | null;
};

export type ThreadGrantsListResponse = {
  data: ThreadGrant[];
  nextCursor: string | null;
};

export type ThreadGrantsRevokeParams = {
  threadId: string;
  grantId: string;
};

export type ThreadGrantsRevokeResponse = {
  revoked: boolean;
};

export type ThreadGuardianAssessment = {
  outcome: GuardianAssessmentOutcome;
  riskLevel: GuardianRiskLevel;
  userAuthorization: GuardianUserAuthorization;
  rationale: string;
};

export type ThreadGuardianReviewParams = {
  threadId: string;
};

export type ThreadGuardianReviewResponse = {
  callId: string;
  assessment: ThreadGuardianAssessment | null;
};

export type ThreadHistoryMode = 'legacy' | 'paginated';

export type ThreadIncrementElicitationParams = {
  threadId: string;
};

export type ThreadIncrementElicitationResponse = {
  count: number;
  paused: boolean;
};

export type ThreadInjectItemsParams = {
  threadId: string;
  items: unknown[];
};

export type ThreadItem = {
  startedAtMs: number | null;
  completedAtMs: number | null;
  type: 'userMessage';
  id: string;
  clientId: string | null;
  content: UserInput[];
} | {
  startedAtMs: number | null;
  completedAtMs: number | null;
  type: 'hookPrompt';
  id: string;
  fragments: HookPromptFragment[];
} | {
  startedAtMs: number | null;
  completedAtMs: number | null;
  type: 'agentMessage';
  moderation: AgentMessageModeration | null;
  id: string;
  text: string;
  phase: MessagePhase | null;
  memoryCitation: MemoryCitation | null;
  delivery: AgentMessageDelivery | null;
  questions: AsyncUserInputQuestion[] | null;
} | {
  startedAtMs: number | null;
  completedAtMs: number | null;
  type: 'functionCallOutput';
  id: string;
  name: string;
  namespace: string | null;
  output: FunctionCallOutputBody;
} | {
  startedAtMs: number | null;
  completedAtMs: number | null;
  type: 'plan';
  id: string;
  text: string;
} | {
  startedAtMs: number | null;
  completedAtMs: number | null;
  type: 'reasoning';
  id: string;
  summary: string[];
  content: string[];
} | {
  startedAtMs: number | null;
  completedAtMs: number | null;
  type: 'commandExecution';
  id: string;
  pluginId: string | null;
  scriptPath: string | null;
  command: string;
  cwd: string;
  processId: string | null;
  source: CommandExecutionSource;
  status: CommandExecutionStatus;
  commandActions: CommandAction[];
  aggregatedOutput: string | null;
  exitCode: number | null;
  durationMs: number | null;
} | {
  startedAtMs: number | null;
  completedAtMs: number | null;
  type: 'fileChange';
  id: string;
  changes: FileUpdateChange[];
  status: PatchApplyStatus;
} | {
  startedAtMs: number | null;
  completedAtMs: number | null;
  type: 'mcpToolCall';
  id: string;
  server: string;
  tool: string;
  status: McpToolCallStatus;
  arguments: unknown;
  appContext: McpToolCallAppContext | null;
  mcpAppResourceUri?: string | null;
  mcpAppUi: McpAppUi | null;
  pluginId: string | null;
  readOnlyHint: boolean | null;
  result: McpToolCallResult | null;
  error: McpToolCallError | null;
  durationMs: number | null;
} | {
  startedAtMs: number | null;
  completedAtMs: number | null;
  type: 'dynamicToolCall';
  id: string;
  namespace: string | null;
  tool: string;
  arguments: unknown;
  status: DynamicToolCallStatus;
  contentItems: DynamicToolCallOutputContentItem[] | null;
  success: boolean | null;
  durationMs: number | null;
} | {
  startedAtMs: number | null;
  completedAtMs: number | null;
  type: 'collabAgentToolCall';
  id: string;
  tool: CollabAgentTool;
  status: CollabAgentToolCallStatus;
  senderThreadId: string;
  receiverThreadIds: string[];
  prompt: string | null;
  model: string | null;
  reasoningEffort: ReasoningEffort | null;
  agentsStates: Record<string, CollabAgentState>;
} | {
  startedAtMs: number | null;
  completedAtMs: number | null;
  type: 'subAgentActivity';
  model: string | null;
  reasoningEffort: ReasoningEffort | null;
  id: string;
  kind: SubAgentActivityKind;
  agentThreadId: string;
  agentPath: string;
} | {
  startedAtMs: number | null;
  completedAtMs: number | null;
  id: string;
  query: string;
  action: WebSearchAction | null;
  results: unknown[] | null;
  type: 'webSearch';
} | {
  startedAtMs: number | null;
  completedAtMs: number | null;
  type: 'imageView';
  id: string;
  path: string;
} | {
  startedAtMs: number | null;
  completedAtMs: number | null;
  id: string;
  durationMs: number;
  type: 'sleep';
} | {
  startedAtMs: number | null;
  completedAtMs: number | null;
  type: 'imageGeneration';
  id: string;
  status: string;
  revisedPrompt: string | null;
  transparentBackground?: boolean | null;
  failure: ImageGenerationFailure | null;
  savedPath?: string | null;
  inputImages?: ImageGenerationInputImage[];
  generationId: string | null;
  fileId?: string;
  result?: string;
} | {
  startedAtMs: number | null;
  completedAtMs: number | null;
  type: 'enteredReviewMode';
  id: string;
  review: string;
} | {
  startedAtMs: number | null;
  completedAtMs: number | null;
  type: 'exitedReviewMode';
  id: string;
  review: string;
} | {
  startedAtMs: number | null;
  completedAtMs: number | null;
  type: 'contextCompaction';
  id: string;
};

export type ThreadItemEntry = {
  turnId: string;
  item: ThreadItem;
  /** Experimental. */
  outputDeferred?: boolean;
  startedAtMs: number | null;
  completedAtMs: number | null;
};

export type ThreadItemOutputDeferral = {
  commandExecution?: boolean;
  mcpToolCall?: boolean;
};

export type ThreadItemsListAnchor = {
  type: 'item';
  itemId: string;
};

export type ThreadItemsListCursor = string | ThreadItemsListAnchor;

export type ThreadItemsListParams = {
  threadId: string;
  turnId?: string | null;
  cursor?: ThreadItemsListCursor | null;
  limit?: number | null;
  sortDirection?: SortDirection | null;
  deferOutput?: ThreadItemOutputDeferral | null;
};

export type ThreadItemsListResponse = {
  data: ThreadItemEntry[];
  nextCursor: string | null;
  backwardsCursor: string | null;
};

export type ThreadItemsReadParams = {
  threadId: string;
  turnId: string;
  itemIds: string[];
};

export type ThreadItemsReadResponse = {
  data: ThreadItemEntry[];
};

export type ThreadListCwdFilter = string | string[];

export type ThreadListParams = {
  /** Experimental. */
  includeAttachedThreads?: boolean;
  currentAccountOnly?: boolean;
  cursor?: string | null;
  limit?: number | null;
  excludedThreadIds?: string[] | null;
  sortKey?: ThreadSortKey | null;
  sortDirection?: SortDirection | null;
  modelProviders?: string[] | null;
  sourceKinds?: ThreadSourceKind[] | null;
  originators?: string[] | null;
  archived?: boolean | null;
  sectionId?: string | null;
  /** Experimental. */
  projectId?: string | null;
  cwd?: ThreadListCwdFilter | null;
  useStateDbOnly?: boolean;
  searchTerm?: string | null;
  /** Experimental. */
  parentThreadId?: string | null;
  /** Experimental. */
  ancestorThreadId?: string | null;
  /** Experimental. */
  attachedToThreadId?: string | null;
};

export type ThreadListResponse = {
  data: Thread[];
  /** Experimental. */
  readStates: Record<string, ThreadReadState> | null;
  nextCursor: string | null;
  backwardsCursor: string | null;
};

export type ThreadLoadedListParams = {
  cursor?: string | null;
  limit?: number | null;
};

export type ThreadLoadedListResponse = {
  data: string[];
  nextCursor: string | null;
};

export type ThreadMemoryMode = 'enabled' | 'disabled';

export type ThreadMemoryModeSetParams = {
  threadId: string;
  mode: ThreadMemoryMode;
};

export type ThreadMemoryReadParams = {
  threadId: string;
};

export type ThreadMemoryReadResponse = {
  summary: string | null;
};

export type ThreadMetadataGitInfoUpdateParams = {
  sha?: string | null;
  branch?: string | null;
  originUrl?: string | null;
};

export type ThreadMetadataUpdateParams = {
  threadId: string;
  /** Experimental. */
  projectId?: string | null;
  gitInfo?: ThreadMetadataGitInfoUpdateParams | null;
  /** Experimental. */
  daybreakEnabled?: boolean | null;
};

export type ThreadMetadataUpdateResponse = {
  thread: Thread;
};

export type ThreadNameUpdatedNotification = {
  threadId: string;
  threadName?: string | null;
};

export type ThreadPredictionRequestParams = {
  threadId: string;
  sourceTurnId: string;
};

export type ThreadPredictionResult = {
  type: 'completed';
  text: string | null;
} | {
  type: 'failed';
};

export type ThreadPredictionUpdatedNotification = {
  threadId: string;
  sourceTurnId: string;
  result: ThreadPredictionResult;
};

export type ThreadPrepareApprovedPlanParams = {
  threadId: string;
  markdown: string;
  attachmentPath?: string | null;
};

export type ThreadPrepareApprovedPlanResponse = {
  prompt: string;
};

export type ThreadProjectUpdatedNotification = {
  threadId: string;
  projectId: string | null;
};

export type ThreadQueueAddParams = {
  threadId: string;
  input: UserInputParam[];
  clientUserMessageId: string;
  responsesapiClientMetadata?: Record<string, string> | null;
};

export type ThreadQueueAddResponse = {
  queuedSubmission: QueuedSubmission;
};

export type ThreadQueueChangedNotification = {
  threadId: string;
};

export type ThreadQueueDeleteParams = {
  threadId: string;
  queuedSubmissionId: string;
};

export type ThreadQueueDeleteResponse = {
  deleted: boolean;
};

export type ThreadQueueListParams = {
  threadId: string;
  cursor?: string | null;
  limit?: number | null;
};

export type ThreadQueueListResponse = {
  data: QueuedSubmission[];
  nextCursor: string | null;
};

export type ThreadQueueReorderParams = {
  threadId: string;
  queuedSubmissionIds: string[];
};

export type ThreadQueueStartParams = {
  threadId: string;
  queuedSubmissionId?: string | null;
};

export type ThreadQueueStartResponse = {
  turn: Turn;
};

export type ThreadQueueUpdateParams = {
  threadId: string;
  queuedSubmissionId: string;
  input: UserInputParam[];
  responsesapiClientMetadata?: Record<string, string> | null;
};

export type ThreadQueueUpdateResponse = {
  queuedSubmission: QueuedSubmission;
};

export type ThreadReadParams = {
  threadId: string;
  includeTurns?: boolean;
};

export type ThreadReadResponse = {
  thread: Thread;
  /** Experimental. */
  readState: ThreadReadState | null;
};

export type ThreadReadState = {
  firstUnread: ThreadUnreadPosition | null;
  revision: string;
};

export type ThreadReadStateChangedNotification = {
  threadId: string;
  readState: ThreadReadState;
};

export type ThreadReadStateOperation = {
  type: 'read';
} | {
  type: 'unread';
};

export type ThreadReadStateUpdateParams = {
  threadId: string;
  operation: ThreadReadStateOperation;
  expectedRevision: string;
};

export type ThreadReadStateUpdateResponse = {
  readState: ThreadReadState;
};

export type ThreadRealtimeAppendAudioParams = {
  threadId: string;
  audio: ThreadRealtimeAudioChunkParam;
};

export type ThreadRealtimeAppendSpeechParams = {
  threadId: string;
  text: string;
};

export type ThreadRealtimeAppendTextParams = {
  threadId: string;
  text: string;
  role?: ConversationTextRole;
};

export type ThreadRealtimeAudioChunk = {
  data: string;
  sampleRate: number;
  numChannels: number;
  samplesPerChannel: number | null;
  itemId: string | null;
};

export type ThreadRealtimeAudioChunkParam = {
  data: string;
  sampleRate: number;
  numChannels: number;
  samplesPerChannel?: number | null;
  itemId?: string | null;
};

export type ThreadRealtimeBemItemPresentation = {
  type: 'wholeItem';
} | {
  type: 'inlineMarkdown';
} | {
  type: 'inlineVisualization';
  index: number;
};

export type ThreadRealtimeClosedNotification = {
  threadId: string;
  reason: string | null;
};

export type ThreadRealtimeErrorNotification = {
  threadId: string;
  message: string;
};

export type ThreadRealtimeInitialItem = {
  role: ConversationTextRole;
  text: string;
};

export type ThreadRealtimeItem = {
  id: string;
  realtimeSessionId: string;
  type: 'realtimeSessionStarted';
} | {
  id: string;
  realtimeSessionId: string;
  type: 'transcriptSegment';
  role: ThreadRealtimeTranscriptRole;
  text: string;
} | {
  id: string;
  realtimeSessionId: string;
  type: 'bemItemPromoted';
  turnId: string;
  itemId: string;
  presentation: ThreadRealtimeBemItemPresentation;
} | {
  id: string;
  realtimeSessionId: string;
  type: 'realtimeSessionClosed';
  outcome: ThreadRealtimeSessionOutcome;
};

export type ThreadRealtimeItemAddedNotification = {
  threadId: string;
  item: unknown;
};

export type ThreadRealtimeItemCompletedNotification = {
  threadId: string;
  item: ThreadRealtimeItem;
};

export type ThreadRealtimeItemStartedNotification = {
  threadId: string;
  item: ThreadRealtimeItem;
};

export type ThreadRealtimeItemTranscriptDeltaNotification = {
  threadId: string;
  itemId: string;
  delta: string;
};

export type ThreadRealtimeListVoicesResponse = {
  voices: RealtimeVoicesList;
};

export type ThreadRealtimeOutputAudioDeltaNotification = {
  threadId: string;
  audio: ThreadRealtimeAudioChunk;
};

export type ThreadRealtimeSdpNotification = {
  threadId: string;
  sdp: string;
};

export type ThreadRealtimeSessionOutcome = 'ended' | 'failed';

export type ThreadRealtimeStartParams = {
  threadId: string;
  clientManagedHandoffs?: boolean | null;
  delegationAckFiller?: boolean | null;
  flushTranscriptTailOnSessionEnd?: boolean | null;
  codexResponsesAsItems?: boolean | null;
  codexResponseItemPrefix?: string | null;
  codexResponseHandoffMode?: CodexResponseHandoffMode | null;
  backendReasoningStatus?: boolean;
  codexResponseHandoffChannelPrefixes?: Record<string, string[]> | null;
  model?: string | null;
  outputModality: RealtimeOutputModality;
  includeStartupContext?: boolean | null;
  initialItems?: ThreadRealtimeInitialItem[] | null;
  realtimeStartInstructions?: string | null;
  realtimeEndInstructions?: string | null;
  prompt?: string | null;
  realtimeSessionId?: string | null;
  voiceSessionId?: string | null;
  transport?: ThreadRealtimeStartTransport | null;
  version?: RealtimeConversationVersion | null;
  voice?: RealtimeVoice | null;
};

export type ThreadRealtimeStartTransport = {
  type: 'websocket';
} | {
  type: 'webrtc';
  sdp: string;
} | {
  type: 'existingCall';
  callId: string;
};

export type ThreadRealtimeStartedNotification = {
  threadId: string;
  realtimeSessionId: string | null;
  version: RealtimeConversationVersion;
};

export type ThreadRealtimeStopParams = {
  threadId: string;
};

export type ThreadRealtimeTranscriptDeltaNotification = {
  threadId: string;
  role: string;
  delta: string;
};

export type ThreadRealtimeTranscriptDoneNotification = {
  threadId: string;
  role: string;
  text: string;
};

export type ThreadRealtimeTranscriptRole = 'user' | 'assistant';

export type ThreadResumeInitialTurnsPageParams = {
  limit?: number | null;
  sortDirection?: SortDirection | null;
  itemsView?: TurnItemsView | null;
};

export type ThreadResumeParams = {
  threadId: string;
  /** Experimental. */
  history?: ResponseItem[] | null;
  /** Experimental. */
  path?: string | null;
  model?: string | null;
  modelProvider?: string | null;
  serviceTier?: string | null;
  cwd?: string | null;
  /** Experimental. */
  runtimeWorkspaceRoots?: string[] | null;
  approvalPolicy?: AskForApprovalParam | null;
  approvalsReviewer?: ApprovalsReviewerParam | null;
  sandbox?: SandboxMode | null;
  /** Experimental. */
  permissions?: string | null;
  config?: Record<string, unknown> | null;
  baseInstructions?: string | null;
  developerInstructions?: string | null;
  personality?: Personality | null;
  excludeTurns?: boolean;
  /** Experimental. */
  initialTurnsPage?: ThreadResumeInitialTurnsPageParams | null;
};

export type ThreadResumeResponse = {
  thread: Thread;
  model: string;
  modelProvider: string;
  serviceTier: string | null;
  disabledPluginIds: string[];
  cwd: string;
  /** Experimental. */
  runtimeWorkspaceRoots: string[];
  instructionSources: string[];
  approvalPolicy: AskForApproval;
  approvalsReviewer: ApprovalsReviewer;
  sandbox: SandboxPolicy;
  /** Experimental. */
  activePermissionProfile: ActivePermissionProfile | null;
  reasoningEffort: ReasoningEffort | null;
  collaborationMode: CollaborationMode | null;
  /** Experimental. */
  multiAgentMode: MultiAgentMode;
  /** Experimental. */
  initialTurnsPage: TurnsPage | null;
  turnsBackwardsCursor: string | null;
  itemsBackwardsCursor: string | null;
};

export type ThreadRevertParams = {
  threadId: string;
  beforeTurnId: string;
};

export type ThreadRevertResponse = {
  thread: Thread;
  turnsBackwardsCursor: string | null;
  itemsBackwardsCursor: string | null;
};

export type ThreadRevertedNotification = {
  threadId: string;
};

export type ThreadSampleCancelParams = {
  requestId: RequestId;
};

export type ThreadSampleParams = {
  threadId: string;
  expectedTurnId: string;
  allowInProgressTurn?: boolean;
  prompt: string;
  effort?: ReasoningEffort | null;
  threadSource?: string | null;
  turnTrigger?: string | null;
  responsesapiClientMetadata?: Record<string, string> | null;
  disableMcp?: boolean;
  interruptOnCancel?: boolean | null;
};

export type ThreadSampleResponse = {
  sourceTurnId: string;
  responseId: string;
  text: string | null;
  inputTokens: number | null;
  cachedInputTokens: number | null;
  outputTokens: number | null;
};

export type ThreadSearchOccurrence = {
  turnId: string;
  itemId: string;
  snippet: string;
  snippetMatchRange: ThreadSearchTextRange;
  turnCursor: string;
};

export type ThreadSearchOccurrencesParams = {
  threadId: string;
  searchTerm: string;
  cursor?: string | null;
  limit?: number | null;
};

export type ThreadSearchOccurrencesResponse = {
  data: ThreadSearchOccurrence[];
  nextCursor: string | null;
};

export type ThreadSearchParams = {
  includeAttachedThreads?: boolean;
  currentAccountOnly?: boolean;
  cursor?: string | null;
  limit?: number | null;
  sortKey?: ThreadSearchSortKey | null;
  sortDirection?: SortDirection | null;
  sourceKinds?: ThreadSourceKind[] | null;
  archived?: boolean | null;
  searchTerm: string;
};

export type ThreadSearchResponse = {
  data: ThreadSearchResult[];
  nextCursor: string | null;
  backwardsCursor: string | null;
};

export type ThreadSearchResult = {
  thread: Thread;
  snippet: string;
};

export type ThreadSearchSortKey = 'created_at' | 'updated_at' | 'recency_at';

export type ThreadSearchTextRange = {
  start: number;
  end: number;
};

export type ThreadSection = {
  id: string;
  name: string;
  appearance: ThreadSectionAppearance | null;
};

export type ThreadSectionAppearance = {
  icon: string | null;
  color: string | null;
};

export type ThreadSectionAppearanceParam = {
  icon?: string | null;
  color?: string | null;
};

export type ThreadSectionChangedNotification = {
  threadId: string;
  sectionId: string | null;
};

export type ThreadSectionCreateParams = {
  name: string;
  appearance?: ThreadSectionAppearanceParam | null;
};

export type ThreadSectionCreateResponse = {
  section: ThreadSection;
};

export type ThreadSectionDeleteParams = {
  sectionId: string;
};

export type ThreadSectionListParams = {
  cursor?: string | null;
  limit?: number | null;
};

export type ThreadSectionListResponse = {
  data: ThreadSection[];
  nextCursor: string | null;
};

export type ThreadSectionMoveParams = {
  threadId: string;
  sectionId: string | null;
  beforeThreadId?: string | null;
};

export type ThreadSectionUpdateParams = {
  sectionId: string;
  name: string;
  appearance?: ThreadSectionAppearanceParam | null;
};

export type ThreadSectionUpdateResponse = {
  section: ThreadSection;
};

export type ThreadSetNameParams = {
  threadId: string;
  name: string;
};

export type ThreadSettings = {
  disabledPluginIds: string[];
  cwd: string;
  /** Experimental. */
  environments: ThreadEnvironment[] | null;
  approvalPolicy: AskForApproval;
  approvalsReviewer: ApprovalsReviewer;
  sandboxPolicy: SandboxPolicy;
  activePermissionProfile: ActivePermissionProfile | null;
  model: string;
  modelProvider: string;
  serviceTier: string | null;
  effort: ReasoningEffort | null;
  summary: ReasoningSummary | null;
  collaborationMode: CollaborationMode;
  /** Experimental. */
  multiAgentMode: MultiAgentMode;
  personality: Personality | null;
};

export type ThreadSettingsUpdateParams = {
  threadId: string;
  disabledPluginIds?: string[] | null;
  cwd?: string | null;
  environments?: TurnEnvironmentParams[] | null;
  approvalPolicy?: AskForApprovalParam | null;
  approvalsReviewer?: ApprovalsReviewerParam | null;
  sandboxPolicy?: SandboxPolicyParam | null;
  permissions?: string | null;
  model?: string | null;
  serviceTier?: string | null;
  effort?: ReasoningEffort | null;
  summary?: ReasoningSummary | null;
  collaborationMode?: CollaborationModeParam | null;
  multiAgentMode?: MultiAgentMode | null;
  personality?: Personality | null;
};

export type ThreadSettingsUpdatedNotification = {
  threadId: string;
  threadSettings: ThreadSettings;
};

export type ThreadShellCommandParams = {
  threadId: string;
  command: string;
  timeoutMs?: number | null;
};

export type ThreadSortKey = 'created_at' | 'updated_at' | 'recency_at' | 'section_position';

export type ThreadSourceKind = 'cli' | 'vscode' | 'exec' | 'appServer' | 'subAgent' | 'subAgentReview' | 'subAgentCompact' | 'subAgentThreadSpawn' | 'subAgentOther' | 'unknown';

export type ThreadStartParams = {
  model?: string | null;
  modelProvider?: string | null;
  serviceTier?: string | null;
  cwd?: string | null;
  /** Experimental. */
  runtimeWorkspaceRoots?: string[] | null;
  approvalPolicy?: AskForApprovalParam | null;
  approvalsReviewer?: ApprovalsReviewerParam | null;
  sandbox?: SandboxMode | null;
  /** Experimental. */
  permissions?: string | null;
  config?: Record<string, unknown> | null;
  baseInstructions?: string | null;
  developerInstructions?: string | null;
  /** Experimental. */
  allowProviderModelFallback?: boolean;
  serviceName?: string | null;
  personality?: Personality | null;
  /** Experimental. */
  multiAgentMode?: MultiAgentMode | null;
  ephemeral?: boolean | null;
  /** Experimental. */
  historyMode?: ThreadHistoryMode | null;
  sessionStartSource?: ThreadStartSource | null;
  threadSource?: string | null;
  /** Experimental. */
  projectId?: string | null;
  /** Experimental. */
  daybreakEnabled?: boolean | null;
  /** Experimental. */
  environments?: TurnEnvironmentParams[] | null;
  /** Experimental. */
  dynamicTools?: DynamicToolSpec[] | null;
  /** Experimental. */
  selectedCapabilityRoots?: SelectedCapabilityRoot[] | null;
  /** Experimental. */
  mockExperimentalField?: string | null;
  /** Experimental. */
  experimentalRawEvents?: boolean;
};

export type ThreadStartResponse = {
  thread: Thread;
  model: string;
  modelProvider: string;
  serviceTier: string | null;
  disabledPluginIds: string[];
  cwd: string;
  /** Experimental. */
  runtimeWorkspaceRoots: string[];
  instructionSources: string[];
  approvalPolicy: AskForApproval;
  approvalsReviewer: ApprovalsReviewer;
  sandbox: SandboxPolicy;
  /** Experimental. */
  activePermissionProfile: ActivePermissionProfile | null;
  reasoningEffort: ReasoningEffort | null;
  /** Experimental. */
  multiAgentMode: MultiAgentMode;
};

export type ThreadStartSource = 'startup' | 'clear';

export type ThreadStartedNotification = {
  thread: Thread;
};

export type ThreadStatus = {
  type: 'notLoaded';
} | {
  type: 'idle';
} | {
  type: 'systemError';
} | {
  type: 'active';
  activeFlags: ThreadActiveFlag[];
};

export type ThreadStatusChangedNotification = {
  threadId: string;
  status: ThreadStatus;
};

export type ThreadTimelineEntry = {
  type: 'item';
  position: number;
  turnId: string;
  item: ThreadItem;
} | {
  type: 'realtime';
  position: number;
  item: ThreadRealtimeItem;
} | {
  type: 'turnStarted';
  position: number;
  turnId: string;
  startedAt: number | null;
} | {
  type: 'turnCompleted';
  position: number;
  turnId: string;
  status: TurnStatus;
  error: TurnError | null;
  startedAt: number | null;
  completedAt: number | null;
  durationMs: number | null;
};

export type ThreadTimelineListParams = {
  threadId: string;
  cursor?: string | null;
  limit?: number | null;
};

export type ThreadTimelineListResponse = {
  data: ThreadTimelineEntry[];
  nextCursor: string | null;
  activeRealtimeSessionAtPageStart: string | null;
};

export type ThreadTokenUsage = {
  total: TokenUsageBreakdown;
  last: TokenUsageBreakdown;
  modelContextWindow: number | null;
};

export type ThreadTokenUsageUpdatedNotification = {
  threadId: string;
  turnId: string;
  tokenUsage: ThreadTokenUsage;
};

export type ThreadTurnsListParams = {
  threadId: string;
  cursor?: string | null;
  limit?: number | null;
  sortDirection?: SortDirection | null;
  itemsView?: TurnItemsView | null;
};

export type ThreadTurnsListResponse = {
  data: Turn[];
  nextCursor: string | null;
  backwardsCursor: string | null;
};

export type ThreadUnarchiveParams = {
  threadId: string;
};

export type ThreadUnarchiveResponse = {
  thread: Thread;
};

export type ThreadUnarchivedNotification = {
  threadId: string;
};

export type ThreadUnreadPosition = {
  type: 'threadStart';
} | {
  type: 'turn';
  turnId: string;
};

export type ThreadUnsubscribeParams = {
  threadId: string;
};

export type ThreadUnsubscribeResponse = {
  status: ThreadUnsubscribeStatus;
};

export type ThreadUnsubscribeStatus = 'notLoaded' | 'notSubscribed' | 'unsubscribed';

export type ThreadUsage = {
  threadId: string;
  estimatedUsageCreditsMicros: number;
  estimatedUsageUsdMicros: number | null;
  nativeUsageUsdMicros?: number | null;
  groups: ThreadUsageBreakdownGroup[];
};

export type ThreadUsageBreakdownGroup = {
  model: string | null;
  reasoningEffort: string | null;
  speed: string | null;
  estimatedUsageCreditsMicros: number;
  netNewInputTokens: number | null;
  cachedInputTokens: number | null;
  inputTokens: number | null;
  outputTokens: number | null;
  totalTokens: number | null;
};

export type TokenUsageBreakdown = {
  totalTokens: number;
  inputTokens: number;
  cachedInputTokens: number;
  cacheWriteInputTokens: number;
  outputTokens: number;
  reasoningOutputTokens: number;
};

export type Tool = {
  name: string;
  title?: string | null;
  description?: string | null;
  inputSchema: unknown;
  outputSchema?: unknown;
  annotations?: unknown;
  icons?: unknown[] | null;
  _meta?: unknown;
};

export type ToolExposureSurface = 'code_mode' | 'deferred' | 'direct';

export type ToolRequestUserInputAnswer = {
  answers: string[];
};

export type ToolRequestUserInputOption = {
  label: string;
  description: string;
};

export type ToolRequestUserInputParams = {
  threadId: string;
  turnId: string;
  itemId: string;
  questions: ToolRequestUserInputQuestion[];
  isBlocking: boolean;
  autoResolutionMs: number | null;
};

export type ToolRequestUserInputQuestion = {
  id: string;
  header: string;
  question: string;
  isOther: boolean;
  isSecret: boolean;
  options: ToolRequestUserInputOption[] | null;
};

export type ToolRequestUserInputResponse = {
  answers: Record<string, ToolRequestUserInputAnswer>;
};

export type ToolsV2 = {
  web_search: WebSearchToolConfig | null;
};

export type Turn = {
  id: string;
  rootTurnId: string | null;
  items: ThreadItem[];
  itemsView: TurnItemsView;
  status: TurnStatus;
  error: TurnError | null;
  startedAt: number | null;
  completedAt: number | null;
  durationMs: number | null;
};

export type TurnCompletedNotification = {
  threadId: string;
  turn: Turn;
};

export type TurnDiffUpdatedNotification = {
  threadId: string;
  turnId: string;
  diff: string;
};

export type TurnEnvironmentParams = {
  environmentId: string;
  cwd: string;
  runtimeWorkspaceRoots?: string[] | null;
};

export type TurnError = {
  message: string;
  codexErrorInfo: CodexErrorInfo | null;
  additionalDetails: string | null;
  misalignment: MisalignmentErrorDetails | null;
};

export type TurnInterruptParams = {
  threadId: string;
  turnId: string;
};

export type TurnItemsView = 'notLoaded' | 'summary' | 'full';

export type TurnModerationMetadataNotification = {
  threadId: string;
  turnId: string;
  metadata: unknown;
};

export type TurnPlanStep = {
  step: string;
  status: TurnPlanStepStatus;
};

export type TurnPlanStepStatus = 'pending' | 'inProgress' | 'completed';

export type TurnPlanUpdatedNotification = {
  threadId: string;
  turnId: string;
  explanation: string | null;
  plan: TurnPlanStep[];
};

export type TurnSettingsUpdateParams = {
  threadId: string;
  turnId: string;
  approvalsReviewer?: ApprovalsReviewerParam | null;
  environments?: TurnEnvironmentParams[] | null;
  model?: string | null;
  effort?: ReasoningEffort | null;
  summary?: ReasoningSummary | null;
  serviceTier?: string | null;
};

export type TurnSettingsUpdateResponse = {
  status: TurnSettingsUpdateStatus;
};

export type TurnSettingsUpdateStatus = 'applied' | 'targetUnavailable';

export type TurnStartParams = {
  threadId: string;
  disabledPluginIds?: string[] | null;
  clientUserMessageId?: string | null;
  input: UserInputParam[];
  turnTrigger?: string | null;
  parentTurnId?: string | null;
  rootTurnId?: string | null;
  toolOutput?: TurnToolOutput | null;
  /** Experimental. */
  responsesapiClientMetadata?: Record<string, string> | null;
  /** Experimental. */
  responsesapiClientMetadataPatch?: Record<string, string> | null;
  /** Experimental. */
  additionalContext?: Record<string, AdditionalContextEntry> | null;
  /** Experimental. */
  environments?: TurnEnvironmentParams[] | null;
  cwd?: string | null;
  /** Experimental. */
  runtimeWorkspaceRoots?: string[] | null;
  approvalPolicy?: AskForApprovalParam | null;
  approvalsReviewer?: ApprovalsReviewerParam | null;
  sandboxPolicy?: SandboxPolicyParam | null;
  /** Experimental. */
  permissions?: string | null;
  model?: string | null;
  serviceTier?: string | null;
  serviceTierForTurn?: string | null;
  effort?: ReasoningEffort | null;
  summary?: ReasoningSummary | null;
  personality?: Personality | null;
  outputSchema?: unknown | null;
  /** Experimental. */
  collaborationMode?: CollaborationModeParam | null;
  /** Experimental. */
  multiAgentMode?: MultiAgentMode | null;
  /** Experimental. */
  cyberAccessProgram?: CyberAccessProgram | null;
};

export type TurnStartResponse = {
  turn: Turn;
};

export type TurnStartedNotification = {
  threadId: string;
  turn: Turn;
};

export type TurnStatus = 'completed' | 'interrupted' | 'failed' | 'inProgress';

export type TurnSteerParams = {
  threadId: string;
  clientUserMessageId?: string | null;
  input: UserInputParam[];
  /** Experimental. */
  responsesapiClientMetadata?: Record<string, string> | null;
  /** Experimental. */
  responsesapiClientMetadataPatch?: Record<string, string> | null;
  /** Experimental. */
  additionalContext?: Record<string, AdditionalContextEntry> | null;
  expectedTurnId: string;
};

export type TurnSteerResponse = {
  turnId: string;
};

export type TurnToolOutput = {
  name: string;
  namespace?: string | null;
  output: FunctionCallOutputBodyParam;
  retain?: boolean;
};

export type TurnsPage = {
  data: Turn[];
  nextCursor: string | null;
  backwardsCursor: string | null;
};

export type UserInput = {
  type: 'text';
  text: string;
  text_elements: TextElement[];
} | {
  type: 'image';
  detail: ImageDetail | null;
  url?: string;
  fileId?: string;
} | {
  type: 'localImage';
  detail: ImageDetail | null;
  path: string;
} | {
  type: 'audio';
  url?: string;
  fileId?: string;
} | {
  type: 'localAudio';
  path: string;
} | {
  type: 'skill';
  name: string;
  path: string;
} | {
  type: 'mention';
  name: string;
  path: string;
};

export type UserInputParam = {
  type: 'text';
  text: string;
  text_elements?: TextElementParam[];
} | {
  type: 'image';
  detail?: ImageDetail | null;
  url?: string;
  fileId?: string | null;
} | {
  type: 'localImage';
  detail?: ImageDetail | null;
  path: string;
} | {
  type: 'audio';
  url?: string;
  fileId?: string | null;
} | {
  type: 'localAudio';
  path: string;
} | {
  type: 'skill';
  name: string;
  path: string;
} | {
  type: 'mention';
  name: string;
  path: string;
};

export type UserVerificationCancelParams = {
  requestId: RequestId;
};

export type UserVerificationEnrollResponse = {
  credentialId: string;
  algorithm: string | null;
  publicKey: string | null;
};

export type UserVerificationProof = {
  credentialId: string;
  signature: string;
};

export type UserVerificationStatusResponse = {
  credentialId: string | null;
  unavailableReason: UserVerificationUnavailableReason | null;
  unavailableMessage: string | null;
};

export type UserVerificationUnavailableReason = 'credentialMissing' | 'biometricsUnavailable' | 'providerUnavailable';

export type UserVerificationVerifyParams = {
  challenge: string;
  title: string;
  description: string;
};

export type UserVerificationVerifyResponse = {
  proof: UserVerificationProof;
};

export type Verbosity = 'low' | 'medium' | 'high';

export type WarningNotification = {
  threadId: string | null;
  message: string;
};

export type WebSearchAction = {
  type: 'search';
  query: string | null;
  queries: string[] | null;
} | {
  type: 'openPage';
  url: string | null;
} | {
  type: 'findInPage';
  url: string | null;
  pattern: string | null;
} | {
  type: 'other';
};

export type WebSearchContextSize = 'low' | 'medium' | 'high';

export type WebSearchLocation = {
  country: string | null;
  region: string | null;
  city: string | null;
  timezone: string | null;
};

export type WebSearchMode = 'disabled' | 'cached' | 'indexed' | 'live';

export type WebSearchProvider = 'standalone' | 'search_mcp';

export type WebSearchToolConfig = {
  context_size: WebSearchContextSize | null;
  allowed_domains: string[] | null;
  location: WebSearchLocation | null;
};

export type WindowsSandboxImplementation = 'elevated' | 'unelevated' | 'mxc';

export type WindowsSandboxReadiness = 'ready' | 'notConfigured' | 'updateRequired';

export type WindowsSandboxReadinessResponse = {
  status: WindowsSandboxReadiness;
};

export type WindowsSandboxSetupCompletedNotification = {
  mode: WindowsSandboxSetupMode;
  success: boolean;
  error: string | null;
};

export type WindowsSandboxSetupMode = 'elevated' | 'unelevated';

export type WindowsSandboxSetupStartParams = {
  mode: WindowsSandboxSetupMode;
  cwd?: string | null;
};

export type WindowsSandboxSetupStartResponse = {
  started: boolean;
};

export type WindowsWorldWritableWarningNotification = {
  samplePaths: string[];
  extraCount: number;
  failedScan: boolean;
};

export type WorkspaceMessage = {
  messageId: string;
  messageType: WorkspaceMessageType;
  messageBody: string;
  createdAt: number | null;
  archivedAt: number | null;
};

export type WorkspaceMessageType = 'headline' | 'announcement' | 'unknown';

export type WorkspaceRouting = {
  chatgptAccountId: string;
  backendOrigin: string;
  accountRoutingOverride: AccountRoutingOverride;
};

export type WriteStatus = 'ok' | 'okOverridden';
