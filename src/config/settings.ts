/** What the parts of the program read of a configuration: plain data, defaults filled in, each part its own. */
import { isAbsolute, resolve } from 'node:path';
import { ownCredentialVariables } from '../base/own-credentials.ts';
import { defaultShellEnvironmentPolicy, type ShellEnvironmentPolicy } from '../base/permission-profile.ts';
import type { ApprovalsReviewer, AskForApproval, Personality, SandboxMode } from '../protocol/app/index.ts';
import { enabledFeatures, featureTable } from './features.ts';
import { type ProviderSettings, providersOf } from './providers.ts';
import type { ConfigToml, McpServerToml, PluginServerToml } from './schema.ts';

export interface ModelSettings {
  /** Undefined: the catalogue's default. */
  readonly model: string | undefined;
  readonly reviewModel: string | undefined;
  readonly provider: string;
  readonly providers: ReadonlyMap<string, ProviderSettings>;
  readonly contextWindow: number | undefined;
  readonly autoCompactTokenLimit: number | undefined;
  readonly reasoningEffort: string | undefined;
  readonly planModeReasoningEffort: string | undefined;
  readonly reasoningSummary: 'auto' | 'concise' | 'detailed' | 'none' | undefined;
  readonly verbosity: 'low' | 'medium' | 'high' | undefined;
  readonly personality: Personality | undefined;
  readonly serviceTier: string | undefined;
  /** Absolute. */
  readonly instructionsFile: string | undefined;
  readonly catalogFile: string | undefined;
  readonly developerInstructions: string | undefined;
  readonly compactPrompt: string | undefined;
  readonly toolOutputTokenLimit: number | undefined;
}

export interface ApprovalSettings {
  readonly policy: AskForApproval;
  readonly reviewer: ApprovalsReviewer;
}

export interface WorkspaceWriteSettings {
  /** Absolute. */
  readonly writableRoots: readonly string[];
  readonly networkAccess: boolean;
  readonly excludeTmpdirEnvVar: boolean;
  readonly excludeSlashTmp: boolean;
}

export interface SandboxSettings {
  readonly mode: SandboxMode;
  /** False: nothing was configured and `mode` follows from the trust of the project. */
  readonly configured: boolean;
  readonly workspaceWrite: WorkspaceWriteSettings;
  /** A profile id, which takes the place of `mode`. */
  readonly defaultPermissions: string | undefined;
  /** `[permissions]` as it stands in the file. */
  readonly profiles: Readonly<Record<string, unknown>>;
  /** `[features.network_proxy]`; undefined: the feature is off. */
  readonly networkProxy: Readonly<Record<string, unknown>> | undefined;
}

export interface ProjectDocSettings {
  /** 0 switches project documents off. */
  readonly maxBytes: number;
  readonly fallbackFilenames: readonly string[];
  readonly rootMarkers: readonly string[];
}

export interface HistorySettings {
  readonly persistence: 'save-all' | 'none';
  readonly maxBytes: number | undefined;
}

export interface ToolSettings {
  readonly webSearch: 'disabled' | 'cached' | 'indexed' | 'live' | undefined;
  readonly viewImage: boolean;
  readonly allowLoginShell: boolean;
  readonly backgroundTerminalMaxTimeoutMs: number;
}

export type TrustLevel = 'trusted' | 'untrusted';

export interface Settings {
  readonly model: ModelSettings;
  readonly approval: ApprovalSettings;
  readonly sandbox: SandboxSettings;
  readonly shellEnvironment: ShellEnvironmentPolicy;
  /** Globs of the variables that this program authenticates itself with: nothing that it starts by itself gets them. */
  readonly credentialVariables: readonly string[];
  readonly projectDocs: ProjectDocSettings;
  readonly mcpServers: Readonly<Record<string, McpServerToml>>;
  /** What the user decides about servers of plugins: by plugin, then by server. */
  readonly pluginServers: Readonly<Record<string, Readonly<Record<string, PluginServerToml>>>>;
  /** How long a turn waits for servers that are still starting, in milliseconds; 0: until they have started. */
  readonly mcpTurnGraceMs: number;
  /** Ids of connectors that the model may suggest to install. */
  readonly suggestedConnectors: readonly string[];
  /** Where the vendor's directory of apps lies; ends with a slash, as a rule. */
  readonly vendorUrl: string;
  readonly history: HistorySettings;
  readonly tools: ToolSettings;
  /** Features that are on. */
  readonly features: ReadonlySet<string>;
  readonly trust: TrustLevel | undefined;
  readonly hideAgentReasoning: boolean;
  readonly showRawAgentReasoning: boolean;
  readonly notify: readonly string[] | undefined;
}

export interface SettingsContext {
  /** Relative paths in files were made absolute before; what is left is relative to this. */
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly trust: TrustLevel | undefined;
}

export function settingsOf(config: ConfigToml, context: SettingsContext): Settings {
  return {
    model: modelSettings(config, context),
    approval: {
      policy: approvalPolicyOf(config.approval_policy, context.trust),
      reviewer: config.approvals_reviewer ?? 'user',
    },
    sandbox: sandboxSettings(config, context),
    shellEnvironment: shellEnvironment(config),
    credentialVariables: credentialVariables(config),
    projectDocs: {
      maxBytes: config.project_doc_max_bytes ?? 32_768,
      fallbackFilenames: (config.project_doc_fallback_filenames ?? []).map((name) => name.trim()).filter((name) => name !== ''),
      rootMarkers: config.project_root_markers ?? ['.git'],
    },
    mcpServers: config.mcp_servers ?? {},
    pluginServers: Object.fromEntries(Object.entries(config.plugins ?? {}).map(([id, { mcp_servers = {} }]) => [id, mcp_servers])),
    mcpTurnGraceMs: config.mcp_optional_startup_grace_ms ?? 1000,
    suggestedConnectors: suggestedConnectors(config.tool_suggest),
    vendorUrl: config.chatgpt_base_url ?? 'https://chatgpt.com/backend-api/',
    history: { persistence: config.history?.persistence ?? 'save-all', maxBytes: config.history?.max_bytes },
    tools: {
      webSearch: config.web_search,
      viewImage: config.tools?.view_image !== false,
      allowLoginShell: config.allow_login_shell ?? true,
      backgroundTerminalMaxTimeoutMs: config.background_terminal_max_timeout ?? 300_000,
    },
    features: enabledFeatures(config.features),
    trust: context.trust,
    hideAgentReasoning: config.hide_agent_reasoning ?? false,
    showRawAgentReasoning: config.show_raw_agent_reasoning ?? false,
    notify: config.notify,
  };
}

function suggestedConnectors({
  discoverables = [],
  disabled_tools: disabled = [],
}: NonNullable<ConfigToml['tool_suggest']> = {}): string[] {
  const connectors = (tools: typeof discoverables) => tools.filter(({ type }) => type === 'connector').map(({ id }) => id.trim());
  const never = new Set(connectors(disabled));
  return [...new Set(connectors(discoverables))].filter((id) => id !== '' && !never.has(id));
}

const absoluteIn = (home: string, path: string | undefined): string | undefined => {
  if (path === undefined) return undefined;
  return isAbsolute(path) ? path : resolve(home, path);
};

function modelSettings(config: ConfigToml, { home, env }: SettingsContext): ModelSettings {
  return {
    model: config.model,
    reviewModel: config.review_model,
    provider: config.model_provider ?? 'openai',
    providers: providersOf(config, env),
    contextWindow: config.model_context_window,
    autoCompactTokenLimit: config.model_auto_compact_token_limit,
    reasoningEffort: config.model_reasoning_effort,
    planModeReasoningEffort: config.plan_mode_reasoning_effort,
    reasoningSummary: config.model_reasoning_summary,
    verbosity: config.model_verbosity,
    personality: config.personality,
    serviceTier: config.service_tier,
    instructionsFile: absoluteIn(home, config.model_instructions_file),
    catalogFile: absoluteIn(home, config.model_catalog_json),
    developerInstructions: config.developer_instructions,
    compactPrompt: config.compact_prompt,
    toolOutputTokenLimit: config.tool_output_token_limit,
  };
}

/** `on-failure` is an old name that still stands in files. */
function approvalPolicyOf(policy: ConfigToml['approval_policy'], trust: TrustLevel | undefined): AskForApproval {
  if (policy === undefined) return trust === 'untrusted' ? 'untrusted' : 'on-request';
  if (policy === 'on-failure') return 'on-request';
  if (typeof policy === 'string') return policy;
  const { sandbox_approval, rules, skill_approval = false, request_permissions = false, mcp_elicitations } = policy.granular;
  return { granular: { sandbox_approval, rules, skill_approval, request_permissions, mcp_elicitations } };
}

function sandboxSettings(config: ConfigToml, { home, trust }: SettingsContext): SandboxSettings {
  const write = config.sandbox_workspace_write;
  return {
    mode: config.sandbox_mode ?? (trust === undefined ? 'read-only' : 'workspace-write'),
    // Details of a mode choose the modes; without them the built-in profile of that name stands in.
    configured: config.sandbox_mode !== undefined || write !== undefined,
    workspaceWrite: {
      writableRoots: (write?.writable_roots ?? []).map((root) => absoluteIn(home, root) ?? root),
      networkAccess: write?.network_access ?? false,
      excludeTmpdirEnvVar: write?.exclude_tmpdir_env_var ?? false,
      excludeSlashTmp: write?.exclude_slash_tmp ?? false,
    },
    defaultPermissions: config.default_permissions,
    profiles: config.permissions ?? {},
    networkProxy: featureTable(config.features, 'network_proxy'),
  };
}

/** `exclude` names our own credentials too, so that no setting hands them to a command. */
function shellEnvironment(config: ConfigToml): ShellEnvironmentPolicy {
  const policy = config.shell_environment_policy ?? {};
  return {
    inherit: policy.inherit ?? defaultShellEnvironmentPolicy.inherit,
    ignoreDefaultExcludes: policy.ignore_default_excludes ?? defaultShellEnvironmentPolicy.ignoreDefaultExcludes,
    exclude: [...new Set([...(policy.exclude ?? []), ...credentialVariables(config)])],
    set: policy.set ?? {},
    includeOnly: policy.include_only ?? [],
  };
}

/** Besides our own names: what the configuration reads the keys and headers of model providers and MCP servers from. */
function credentialVariables({ model_providers = {}, mcp_servers = {} }: ConfigToml): string[] {
  const keys = [
    ...Object.values(model_providers).map(({ env_key }) => env_key),
    ...Object.values(mcp_servers).map(({ bearer_token_env_var }) => bearer_token_env_var),
  ].filter((name) => name !== undefined);
  const headers = [...Object.values(model_providers), ...Object.values(mcp_servers)].flatMap(({ env_http_headers = {} }) =>
    Object.values(env_http_headers),
  );
  return [...ownCredentialVariables, ...keys, ...headers];
}
