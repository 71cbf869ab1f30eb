/** Feature flags: their names, stages and defaults, as clients know them, and which are on. */
import { isTable, type TomlTable } from './toml-values.ts';

export type FeatureStage = 'beta' | 'underDevelopment' | 'stable' | 'deprecated' | 'removed';

export interface Feature {
  readonly name: string;
  readonly stage: FeatureStage;
  readonly defaultEnabled: boolean;
  /** Only features in beta are described to users. */
  readonly displayName: string | null;
  readonly description: string | null;
  readonly announcement: string | null;
}

/** `name:stage`, with a `+` where the feature is on by default; the order is that of the list clients get. */
const table = `
  analytics_plan_history:b cli_resume_account_check:u daemon_auto_start:s+ tui_workspace:u tui_multi_backend:u
  tui_extensions_statusline:u app_server_websocket_compression:u transcript_v2:r undo:r shell_tool:s+ view_image:s+
  multi_env_copy_file:u sleep_tool:s+ secret_auth_storage:s unified_exec:s+ unified_exec_tty:s+ shell_zsh_fork:r
  unified_exec_zsh_fork:r shell_snapshot:s+ login_shell_package_path:b powershell_shell_version:u shell_snapshot_v2:u
  deferred_executor:u cwd_relative_turn_diffs:u js_repl:r content_item_kinds:s+ untrusted_as_tool_output:s+
  executed_tool_call_metadata:u stable_environment_tools:r code_mode:u code_mode_tool_search:u code_mode_buffered_exec:r
  code_mode_host:s+ code_mode_host_grpc:s+ code_mode_host_output_truncation:s+ code_mode_prewarm:u code_mode_interrupt:s+
  code_mode_tool_description_first:r instant_interrupt:u+ interrupt_on_cancel:u code_mode_only:u code_mode_only_strict_3p_tools:u
  js_repl_tools_only:r terminal_resize_reflow:r+ web_search_request:d web_search_cached:d standalone_web_search:u
  hosted_search_policy:u search_tool:r codex_git_commit:r runtime_metrics:u critical_path_timing:u sqlite:r+ memories:s
  external_agent_memory_import:u local_thread_store_compression:u local_thread_store_shared_compression:r
  background_paginated_rollout_migration:u chronicle:u apply_patch_freeform:r apply_patch_streaming_events:u
  apply_patch_preserve_line_endings:r exec_permission_approvals:u write_stdin_approval:s+ hooks:s+ request_permissions_tool:u
  use_linux_sandbox_bwrap:r use_legacy_landlock:d request_rule:r experimental_windows_sandbox:r elevated_windows_sandbox:r
  windows_sandbox_service:u prefer_mxc:u remote_models:r api_key_model_discovery:s+ cli_daybreak:s+ api_key_cyber_access_programs:s+
  daybreak_program_propagation:u enable_request_compression:s+ unbounded_connection_retries:s+ network_proxy:b credential_masking:u
  worktrees:r+ respect_system_proxy:b system_proxy_fallback:s+ multi_agent:d+ multi_agent_v2:s model_catalog_in_context:u
  multi_agent_v2_dynamic_tools:u subagent_thread_environments:u subagent_default_context_limits:u defer_mailbox_preemption:u
  wake_on_agent_messages:u agent_message_board:u agent_message_board_mcp:u multi_agent_mode:r enable_fanout:r apps:s+ psp:u
  enable_mcp_apps:u mcp_2026_07_28:u mcp_tool_list_changed:u mcp_connection_sharing:u mcp_lazy_stdio_startup:u
  apps_early_resource_discovery:u codex_apps_mcp_2026_07_28:u mcp_oauth_refresh_coordination:s+ use_xaa:u apps_mcp_path_override:r
  tool_search:r tool_search_always_defer_mcp_tools:r+ deferred_tool_world_state:s+ command_sessions_world_state:u
  incremental_tools:s+ incremental_tools_legacy:s incremental_tools_legacy_gcp:s+ suppress_model_change_announcements:s
  prediction_preserve_parent_tools:s+ incremental_exec_tools:u non_prefixed_mcp_tool_names:u unavailable_dummy_tools:r
  tool_suggest:s+ recommended_plugins:s plugins:s+ simplified_selection_hints:u executor_capability_discovery:u
  executor_capability_discovery_v2:u skip_host_skill_discovery:u plugin_hooks:r in_app_browser:s+ browser_annotation_api:s+
  in_app_chat:s+ in_app_dictation:s+ in_app_voice:s+ in_app_local_automation:s+ in_app_updates:s+ browser_use:s+
  browser_use_full_cdp_access:s+ browser_use_external:s+ computer_use:s+ remote_plugin:s+ plugin_discovery_prefetch:r
  plugin_sharing:s+ external_migration:r image_generation:s+ image_generation_animation:u omit_app_server_notification_media:u
  image_resize_notice:u unified_image_budget:s+ resize_all_images:r+ item_ids:r+ concurrent_reasoning_summaries:u
  output_token_replay:u skill_mcp_dependency_install:s+ omit_skill_descriptions:u skill_search:s+ skill_catalog_deltas:u
  skill_env_var_dependency_prompt:r mentions_v2:s+ steer:r+ default_mode_request_user_input:u send_async_message:r
  send_message_to_user_async:u terminal_visualization_instructions:u guardian_approval:s+ guardian_include_additional_context:s+
  guardian_recorded_items:u guardianv2.thread_context:r guardian_reuse_parent_compaction:s+ guardian_root_handoff_context:u
  guardian_native_multi_agent_history:u guardian_enhanced_node_repl_transcripts:u guardian_node_repl_transcript_images:u
  guardian_trust_orchestrator_connectors:u guardian_conversation_history_tools:u guardian_denial_reconsideration:u guardianv2:u
  guardianv2_decisions_comparison:u guardianv3:u guardian_ext:r goals:s+ token_budget:u context_management:u rollout_budget:u
  reasoning_effort_override:s+ current_time_reminder:u nonfatal_clock_read_errors:u collaboration_modes:r+
  tool_call_mcp_elicitation:s+ auth_elicitation:s+ bedrock_setup_wizard:s+ gcp_setup_wizard:s gateway_setup_wizard:s personality:r
  artifact:u fast_mode:s+ ultrafast_mode:s+ step_model_switching:u realtime_conversation:r+ remote_control:r image_detail_original:r
  tui_app_server:r+ prevent_idle_sleep:b
`;

const stages: Readonly<Record<string, FeatureStage>> = {
  b: 'beta',
  u: 'underDevelopment',
  s: 'stable',
  d: 'deprecated',
  r: 'removed',
};

const descriptions: Readonly<Record<string, readonly [displayName: string, description: string]>> = {
  analytics_plan_history: ['Analytics plan history', 'Shows how the allowance of the last hours and days was used.'],
  login_shell_package_path: ['Bundled tools in login shells', 'Keeps the bundled tools reachable when a login shell resets PATH.'],
  network_proxy: ['Network proxy', 'Sends the traffic of sandboxed commands that may use the network through a filtering proxy.'],
  respect_system_proxy: ['System proxy', 'Uses the proxy settings of macOS or Windows for requests.'],
  prevent_idle_sleep: ['Prevent sleep while running', 'Keeps the computer awake while a turn runs.'],
};

let built: readonly Feature[] | undefined;

/** All features, in the order of the list. */
export function allFeatures(): readonly Feature[] {
  built ??= table
    .trim()
    .split(/\s+/)
    .map((entry) => {
      const [name = '', mark = ''] = entry.split(':');
      const stage = stages[mark.charAt(0)] ?? 'underDevelopment';
      const [displayName = null, description = null] = descriptions[name] ?? [];
      return { name, stage, defaultEnabled: mark.endsWith('+'), displayName, description, announcement: stage === 'beta' ? '' : null };
    });
  return built;
}

/** Features that a running server can switch (`experimentalFeature/enablement/set`), in the order `config/read` shows them. */
export const switchableFeatures: readonly string[] = [
  'api_key_cyber_access_programs',
  'api_key_model_discovery',
  'auth_elicitation',
  'background_paginated_rollout_migration',
  'codex_apps_mcp_2026_07_28',
  'daybreak_program_propagation',
  'mcp_2026_07_28',
  'mcp_connection_sharing',
  'mcp_lazy_stdio_startup',
  'memories',
  'mentions_v2',
  'remote_control',
  'remote_plugin',
  'tool_suggest',
  'windows_sandbox_service',
];

/** What `[features]` says of one feature; undefined when it says nothing. A table counts by its `enabled`. */
export function configuredFeature(features: TomlTable | undefined, name: string): boolean | undefined {
  const value = features && Object.hasOwn(features, name) ? features[name] : undefined;
  if (typeof value === 'boolean') return value;
  return isTable(value) && typeof value.enabled === 'boolean' ? value.enabled : undefined;
}

/** What `[features]` says beside on and off of a feature that is on; undefined: it is off. */
export function featureTable(features: TomlTable | undefined, name: string): TomlTable | undefined {
  if (configuredFeature(features, name) !== true) return undefined;
  const value = features?.[name];
  return isTable(value) ? value : {};
}

/** The names of the features that are on. A feature that was removed keeps its default, whatever the file says. */
export function enabledFeatures(features: TomlTable | undefined): ReadonlySet<string> {
  const on = allFeatures().filter(({ name, stage, defaultEnabled }) => {
    const wanted = stage === 'removed' ? undefined : configuredFeature(features, name);
    return wanted ?? defaultEnabled;
  });
  return new Set(on.map(({ name }) => name));
}

export const isKnownFeature = (name: string): boolean => allFeatures().some((feature) => feature.name === name);
