/** What `config/read` shows: every known key, set or not, with the defaults that sections get. */
import type { ConfigLayerSource } from '../protocol/app/index.ts';
import { allFeatures, configuredFeature, switchableFeatures } from './features.ts';
import { type ConfigLayer, type ConfigOrigin, effectiveConfig, originsOf } from './layers.ts';
import { isTable, type TomlTable } from './toml-values.ts';

/** Known keys and what is shown for one that is not set. */
const defaults: Readonly<Record<string, unknown>> = {
  model: null,
  review_model: null,
  model_context_window: null,
  model_auto_compact_token_limit: null,
  model_auto_compact_token_limit_scope: null,
  model_provider: null,
  approval_policy: null,
  approvals_reviewer: null,
  sandbox_mode: null,
  sandbox_workspace_write: null,
  forced_chatgpt_workspace_id: null,
  forced_login_method: null,
  web_search: null,
  client_search_provider: null,
  tools: null,
  instructions: null,
  developer_instructions: null,
  compact_prompt: null,
  model_reasoning_effort: null,
  model_reasoning_summary: null,
  model_verbosity: null,
  service_tier: null,
  analytics: null,
  apps: null,
  browser_use: null,
  computer_use: null,
  desktop: null,
  permissions: null,
  agents: null,
  allow_login_shell: true,
  allow_symlinked_codex_home: null,
  apps_mcp_product_sku: null,
  audio: null,
  auto_review: null,
  background_terminal_max_timeout: 300_000,
  chatgpt_base_url: 'https://chatgpt.com/backend-api/',
  check_for_update_on_startup: null,
  cli_auth_credentials_store: 'file',
  cloud: null,
  daybreak: null,
  default_permissions: null,
  disable_paste_burst: null,
  experimental_compact_prompt_file: null,
  experimental_realtime_start_instructions: null,
  experimental_realtime_webrtc_call_base_url: null,
  experimental_realtime_ws_backend_prompt: null,
  experimental_realtime_ws_base_url: null,
  experimental_realtime_ws_model: null,
  experimental_realtime_ws_startup_context: null,
  experimental_thread_store: null,
  experimental_thread_store_endpoint: null,
  experimental_use_unified_exec_tool: null,
  features: null,
  feedback: null,
  file_opener: 'vscode',
  ghost_snapshot: null,
  goals: null,
  hide_agent_reasoning: false,
  history: { persistence: 'save-all', max_bytes: null },
  hooks: null,
  include_apps_instructions: true,
  include_collaboration_mode_instructions: true,
  include_environment_context: true,
  include_environment_context_time: true,
  include_permissions_instructions: true,
  js_repl_node_module_dirs: null,
  js_repl_node_path: null,
  log_dir: null,
  marketplaces: {},
  mcp_enterprise_managed_auth: null,
  mcp_oauth_callback_port: null,
  mcp_oauth_callback_url: null,
  mcp_oauth_credentials_store: 'auto',
  mcp_optional_startup_grace_ms: null,
  mcp_servers: {},
  memories: null,
  model_catalog_json: null,
  model_instructions_file: null,
  model_post_turn_compact_threshold_percent: null,
  model_providers: {},
  notice: null,
  notify: null,
  openai_base_url: null,
  orchestrator: null,
  oss_provider: null,
  otel: null,
  personality: null,
  plan_mode_reasoning_effort: null,
  plugins: {},
  profile: null,
  profiles: {},
  project_doc_fallback_filenames: [],
  project_doc_max_bytes: 32_768,
  project_root_markers: ['.git'],
  projects: null,
  realtime: null,
  responses_api_metadata: null,
  shell_environment_policy: {},
  show_raw_agent_reasoning: null,
  skills: null,
  sqlite_home: null,
  suppress_unstable_features_warning: null,
  thread_unload_delay_secs: null,
  tool_output_token_limit: null,
  tool_suggest: null,
  tui: null,
  windows: null,
};

/** Keys of this program alone; `config/read` shows them where they are set. */
const ownKeys = ['mcp_oauth_client_metadata_url', 'mcp_oauth_allow_unlisted_pkce'];

/** The top-level keys this program knows. */
export const configKeys: readonly string[] = [...Object.keys(defaults), ...ownKeys];

const nulls = (...names: string[]): TomlTable => Object.fromEntries(names.map((name) => [name, null]));

const provider: TomlTable = {
  ...nulls('name', 'base_url', 'model_catalog_url', 'env_key', 'env_key_instructions', 'experimental_bearer_token', 'auth'),
  ...nulls('gateway_oauth', 'aws', 'project_id', 'location', 'credential_file'),
  wire_api: 'responses',
  ...nulls('capabilities', 'query_params', 'http_headers', 'env_http_headers', 'request_max_retries', 'stream_max_retries'),
  ...nulls('stream_idle_timeout_ms', 'websocket_connect_timeout_ms'),
  requires_openai_auth: false,
  supports_websockets: false,
  supports_standalone_web_search: false,
};

const networkKeys = [
  ...['enabled', 'proxy_url', 'enable_socks5', 'socks_url', 'enable_socks5_udp', 'allow_upstream_proxy'],
  ...['dangerously_allow_non_loopback_proxy', 'dangerously_allow_all_unix_sockets', 'mode', 'domains', 'unix_sockets'],
  ...['allow_local_binding', 'mitm'],
];

/** Members a section is shown with once it exists. */
const sections: Readonly<Record<string, (section: TomlTable) => TomlTable>> = {
  sandbox_workspace_write: (section) => ({
    writable_roots: [],
    network_access: false,
    exclude_tmpdir_env_var: false,
    exclude_slash_tmp: false,
    ...section,
  }),
  shell_environment_policy: (section) => ({
    ...nulls('inherit', 'ignore_default_excludes', 'exclude', 'set', 'include_only', 'filters', 'experimental_use_profile'),
    ...section,
  }),
  history: (section) => ({ persistence: 'save-all', max_bytes: null, ...section }),
  analytics: (section) => ({ enabled: null, ...section }),
  tools: (section) => ({ web_search: isTable(section.web_search) ? section.web_search : null }),
  model_providers: (section) => mapTables(section, (entry) => ({ ...provider, ...entry })),
  mcp_servers: (section) => mapTables(section, (entry) => ({ environment_id: 'local', enabled: true, tool_timeout_sec: null, ...entry })),
  agents: (section) => ({
    ...nulls('enabled', 'max_concurrent_threads_per_session', 'max_depth', 'default_subagent_model', 'default_subagent_reasoning_effort'),
    ...nulls('job_max_runtime_seconds', 'interrupt_message'),
    ...mapTables(section, (role) => ({ ...nulls('description', 'config_file', 'nickname_candidates'), ...role })),
  }),
  apps: (section) => ({
    _default: null,
    ...mapTables(section, (app) => ({
      enabled: true,
      ...nulls('omit_tools_from', 'approvals_reviewer', 'destructive_enabled', 'open_world_enabled', 'default_tools_approval_mode'),
      ...nulls('default_tools_enabled', 'tools', 'links'),
      ...app,
    })),
  }),
  permissions: (section) =>
    mapTables(section, (profile) => ({
      ...nulls('description', 'extends', 'workspace_roots', 'filesystem'),
      ...profile,
      network: isTable(profile.network) ? { ...nulls(...networkKeys), ...profile.network } : null,
    })),
};

const mapTables = (section: TomlTable, change: (entry: TomlTable) => TomlTable): TomlTable =>
  Object.fromEntries(Object.entries(section).map(([key, entry]) => [key, isTable(entry) ? change(entry) : entry]));

/** The effective configuration as clients see it. `enablement`: features switched while running. */
function shownConfig(config: TomlTable, enablement: ReadonlyMap<string, boolean>): TomlTable {
  const shown: TomlTable = { ...defaults, ...config };
  for (const [key, fill] of Object.entries(sections)) {
    const section = shown[key];
    if (isTable(section)) shown[key] = fill(section);
  }
  if (shown.approval_policy === 'on-failure') shown.approval_policy = 'on-request';
  shown.features = shownFeatures(isTable(config.features) ? config.features : undefined, enablement);
  return shown;
}

function shownFeatures(configured: TomlTable | undefined, enablement: ReadonlyMap<string, boolean>): TomlTable {
  const byDefault = new Map(allFeatures().map(({ name, defaultEnabled }) => [name, defaultEnabled]));
  const switchable = switchableFeatures.map((name) => [
    name,
    enablement.get(name) ?? configuredFeature(configured, name) ?? byDefault.get(name) ?? false,
  ]);
  return { ...(configured && { network_proxy: null, ...configured }), ...Object.fromEntries(switchable) };
}

interface ShownLayer {
  readonly name: ConfigLayerSource;
  readonly version: string;
  readonly config: TomlTable;
  readonly disabledReason?: string;
}

export interface ConfigReadResult {
  readonly config: TomlTable;
  readonly origins: Record<string, ConfigOrigin>;
  /** Strongest first. */
  readonly layers?: readonly ShownLayer[];
}

/** `layers` weakest first. */
export function readResult(
  layers: readonly ConfigLayer[],
  options: { includeLayers: boolean; enablement: ReadonlyMap<string, boolean> },
): ConfigReadResult {
  const result = { config: shownConfig(effectiveConfig(layers), options.enablement), origins: originsOf(layers) };
  if (!options.includeLayers) return result;
  const shown = [...layers].reverse().map(({ name, version, config, disabledReason }) => ({
    name,
    version,
    config,
    ...(disabledReason === undefined ? {} : { disabledReason }),
  }));
  return { ...result, layers: shown };
}
