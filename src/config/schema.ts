/** The configuration file: which keys have which form. Everything is optional, unknown keys pass. */
import * as z from 'zod/mini';

const text = z.string();
const flag = z.boolean();
const integer = z.int();
const count = z.int().check(z.minimum(0));
const positive = z.int().check(z.minimum(1));
const port = z.int().check(z.minimum(1), z.maximum(65535));
const texts = z.array(text);
const textMap = z.record(text, text);
const open = z.record(text, z.unknown());
const opt = z.optional;

const approvalPolicies = ['untrusted', 'on-failure', 'on-request', 'never'] as const;

const granular = z.looseObject({
  sandbox_approval: flag,
  rules: flag,
  skill_approval: opt(flag),
  request_permissions: opt(flag),
  mcp_elicitations: flag,
});
const approvalPolicy = z.union([z.enum(approvalPolicies), z.looseObject({ granular })]);

export const ProviderToml = z.looseObject({
  name: opt(text),
  base_url: opt(text),
  env_key: opt(text),
  env_key_instructions: opt(text),
  experimental_bearer_token: opt(text),
  auth: opt(
    z.looseObject({
      command: text,
      args: opt(texts),
      timeout_ms: opt(count),
      refresh_interval_ms: opt(count),
      cwd: opt(text),
    }),
  ),
  aws: opt(z.looseObject({ profile: opt(text), region: opt(text) })),
  wire_api: opt(z.enum(['responses'])),
  query_params: opt(textMap),
  http_headers: opt(textMap),
  env_http_headers: opt(textMap),
  request_max_retries: opt(count),
  stream_max_retries: opt(count),
  stream_idle_timeout_ms: opt(count),
  websocket_connect_timeout_ms: opt(count),
  requires_openai_auth: opt(flag),
  supports_websockets: opt(flag),
});
export type ProviderToml = z.output<typeof ProviderToml>;

const toolApproval = z.enum(['auto', 'prompt', 'writes', 'approve']);
const toolPolicies = z.record(text, z.looseObject({ approval_mode: opt(toolApproval), output_token_limit: opt(positive) }));

export const McpServerToml = z.looseObject({
  command: opt(text),
  args: opt(texts),
  env: opt(textMap),
  env_vars: opt(z.array(z.union([text, z.looseObject({ name: text, source: opt(text) })]))),
  cwd: opt(text),
  url: opt(text),
  bearer_token_env_var: opt(text),
  http_headers: opt(textMap),
  env_http_headers: opt(textMap),
  auth: opt(z.enum(['oauth', 'chatgpt', 'ema_auth'])),
  http_headers_helper: opt(text),
  oauth: opt(
    z.looseObject({
      ...{ client_id: opt(text), client_secret: opt(text), callback_url: opt(text), authorization_server_issuer: opt(text) },
      token_endpoint_auth_method: opt(z.enum(['client_secret_basic', 'client_secret_post'])),
      callback_port: opt(z.int().check(z.minimum(0), z.maximum(65535))),
    }),
  ),
  oauth_resource: opt(text),
  environment_id: opt(text),
  name: opt(text),
  scopes: opt(texts),
  enabled: opt(flag),
  required: opt(flag),
  startup_readiness: opt(z.enum(['connection', 'catalog'])),
  tool_input_schema_max_bytes: opt(positive),
  startup_timeout_sec: opt(z.number()),
  startup_timeout_ms: opt(count),
  tool_timeout_sec: opt(z.number()),
  enabled_tools: opt(texts),
  disabled_tools: opt(texts),
  supports_parallel_tool_calls: opt(flag),
  default_tools_approval_mode: opt(toolApproval),
  tools: opt(toolPolicies),
});
export type McpServerToml = z.output<typeof McpServerToml>;

/** What the user decides about one server of a plugin. */
export const PluginServerToml = z.looseObject({
  enabled: opt(flag),
  enabled_tools: opt(texts),
  disabled_tools: opt(texts),
  default_tools_approval_mode: opt(toolApproval),
  tools: opt(toolPolicies),
});
export type PluginServerToml = z.output<typeof PluginServerToml>;

const shellEnvironment = z.looseObject({
  inherit: opt(z.enum(['core', 'all', 'none'])),
  ignore_default_excludes: opt(flag),
  exclude: opt(texts),
  set: opt(textMap),
  include_only: opt(texts),
  experimental_use_profile: opt(flag),
});

const workspaceWrite = z.looseObject({
  writable_roots: opt(texts),
  network_access: opt(flag),
  exclude_tmpdir_env_var: opt(flag),
  exclude_slash_tmp: opt(flag),
});

const model = {
  model: opt(text),
  review_model: opt(text),
  model_provider: opt(text),
  model_context_window: opt(integer),
  model_auto_compact_token_limit: opt(integer),
  model_auto_compact_token_limit_scope: opt(z.enum(['total', 'body_after_prefix'])),
  model_reasoning_effort: opt(text),
  plan_mode_reasoning_effort: opt(text),
  model_reasoning_summary: opt(z.enum(['auto', 'concise', 'detailed', 'none'])),
  model_verbosity: opt(z.enum(['low', 'medium', 'high'])),
  model_instructions_file: opt(text),
  model_catalog_json: opt(text),
  instructions: opt(text),
  developer_instructions: opt(text),
  compact_prompt: opt(text),
  experimental_compact_prompt_file: opt(text),
  personality: opt(z.enum(['none', 'friendly', 'pragmatic'])),
  service_tier: opt(text),
  oss_provider: opt(text),
  model_providers: opt(z.record(text, ProviderToml)),
};

const safety = {
  approval_policy: opt(approvalPolicy),
  approvals_reviewer: opt(z.enum(['user', 'auto_review', 'guardian_subagent'])),
  sandbox_mode: opt(z.enum(['read-only', 'workspace-write', 'danger-full-access'])),
  sandbox_workspace_write: opt(workspaceWrite),
  default_permissions: opt(text),
  permissions: opt(z.record(text, open)),
  shell_environment_policy: opt(shellEnvironment),
  allow_login_shell: opt(flag),
  windows: opt(open),
  projects: opt(z.record(text, z.looseObject({ trust_level: opt(z.enum(['trusted', 'untrusted'])) }))),
};

const suggestedTool = z.looseObject({ type: z.enum(['connector', 'plugin']), id: text });

const tools = {
  mcp_servers: opt(z.record(text, McpServerToml)),
  tools: opt(open),
  web_search: opt(z.enum(['disabled', 'cached', 'indexed', 'live'])),
  tool_output_token_limit: opt(count),
  background_terminal_max_timeout: opt(count),
  tool_suggest: opt(z.looseObject({ discoverables: opt(z.array(suggestedTool)), disabled_tools: opt(z.array(suggestedTool)) })),
  agents: opt(open),
  skills: opt(z.looseObject({ config: opt(z.array(z.looseObject({ path: opt(text), name: opt(text), enabled: flag }))) })),
  hooks: opt(open),
  apps: opt(open),
  plugins: opt(z.record(text, z.looseObject({ mcp_servers: opt(z.record(text, PluginServerToml)) }))),
};

const rest = {
  project_doc_max_bytes: opt(count),
  project_doc_fallback_filenames: opt(texts),
  project_root_markers: opt(texts),
  history: opt(z.looseObject({ persistence: opt(z.enum(['save-all', 'none'])), max_bytes: opt(count) })),
  notify: opt(texts),
  sqlite_home: opt(text),
  log_dir: opt(text),
  memories: opt(open),
  analytics: opt(z.looseObject({ enabled: opt(flag) })),
  feedback: opt(z.looseObject({ enabled: opt(flag) })),
  otel: opt(open),
  file_opener: opt(z.enum(['vscode', 'vscode-insiders', 'windsurf', 'cursor', 'none'])),
  check_for_update_on_startup: opt(flag),
  forced_login_method: opt(z.enum(['chatgpt', 'api'])),
  forced_chatgpt_workspace_id: opt(z.union([text, texts])),
  cli_auth_credentials_store: opt(z.enum(['file', 'keyring', 'auto', 'ephemeral'])),
  mcp_oauth_credentials_store: opt(z.enum(['auto', 'file', 'keyring'])),
  mcp_oauth_callback_port: opt(port),
  mcp_oauth_callback_url: opt(text),
  mcp_oauth_client_metadata_url: opt(text),
  mcp_oauth_allow_unlisted_pkce: opt(flag),
  mcp_optional_startup_grace_ms: opt(count),
  chatgpt_base_url: opt(text),
  openai_base_url: opt(text),
  tui: opt(open),
  hide_agent_reasoning: opt(flag),
  show_raw_agent_reasoning: opt(flag),
  disable_paste_burst: opt(flag),
  features: opt(z.record(text, z.union([flag, open]))),
  profile: opt(text),
  profiles: opt(z.record(text, open)),
};

export const ConfigToml = z.looseObject({ ...model, ...safety, ...tools, ...rest });
export type ConfigToml = z.output<typeof ConfigToml>;
