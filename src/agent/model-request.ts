/** Builds what a model step sends besides the conversation: declarations, reasoning options, metadata and headers. */
import type { ResponseItem } from '../base/response-item.ts';
import type { ModelRequest } from '../model/model-client.ts';
import type { ModelInfo, ThreadConfig } from './ports.ts';
import { baseInstructions } from './prompts.ts';
import { requestedTier } from './service-tier.ts';
import type { TurnSettings } from './thread-settings.ts';
import type { Tool, ToolOffer } from './tools/tool.ts';

/** What names a request for the server and its logs. */
export interface RequestIdentity {
  readonly installationId: string;
  readonly sessionId: string;
  readonly threadId: string;
  readonly turnId: string;
  readonly rootTurnId: string;
  readonly windowNumber: number;
  readonly windowId: string;
  readonly turnStartedAtMs: number;
  readonly kind: 'turn' | 'compaction';
  /** The client's own metadata for this turn. */
  readonly clientMetadata: Readonly<Record<string, string>>;
  readonly turnState: string | undefined;
}

export interface RequestParts {
  readonly identity: RequestIdentity;
  readonly config: ThreadConfig;
  readonly settings: TurnSettings;
  readonly model: ModelInfo;
  readonly input: readonly ResponseItem[];
  readonly tools: readonly Record<string, unknown>[];
  readonly outputSchema: unknown;
  /** Replaces the base instructions (a review). */
  readonly instructions: string | undefined;
}

const sandboxNames: Readonly<Record<string, string>> = { linux: 'seccomp', darwin: 'seatbelt', win32: 'windows_sandbox' };

const sandboxModes: Readonly<Record<string, string>> = {
  dangerFullAccess: 'danger-full-access',
  readOnly: 'read-only',
  workspaceWrite: 'workspace-write',
  externalSandbox: 'external-sandbox',
};

function turnMetadata(parts: RequestParts): string {
  const { identity, settings } = parts;
  return JSON.stringify({
    installation_id: identity.installationId,
    session_id: identity.sessionId,
    thread_id: identity.threadId,
    agent_name: '/root',
    turn_id: identity.turnId,
    root_turn_id: identity.rootTurnId,
    window_id: `${identity.threadId}:${identity.windowNumber}`,
    window_number: identity.windowNumber,
    context_window_id: identity.windowId,
    request_kind: identity.kind,
    history_initialization: 'new',
    sandbox: settings.permissions.type === 'managed' ? (sandboxNames[process.platform] ?? 'none') : 'none',
    sandbox_mode: sandboxModes[settings.sandboxPolicy.type],
    auto_review_enabled: settings.approvalsReviewer !== 'user',
    turn_started_at_unix_ms: identity.turnStartedAtMs,
    analytics_enabled: false,
    model: settings.model,
  });
}

/** What the tools look like to the model; tools of one namespace are declared together. */
export function declarations(tools: readonly Tool[], offer: ToolOffer): Record<string, unknown>[] {
  const list: Record<string, unknown>[] = [];
  const spaces = new Map<string, Record<string, unknown>[]>();
  for (const tool of tools) {
    const declaration = tool.declaration(offer);
    if (!declaration) continue;
    if (!tool.namespace) {
      list.push(declaration);
      continue;
    }
    let members = spaces.get(tool.namespace.name);
    if (!members) {
      members = [];
      spaces.set(tool.namespace.name, members);
      list.push({ type: 'namespace', name: tool.namespace.name, description: tool.namespace.description, tools: members });
    }
    members.push(declaration);
  }
  return list;
}

function textOptions(parts: RequestParts): Record<string, unknown> | undefined {
  const verbosity = parts.config.verbosity ?? parts.model.defaultVerbosity;
  const schema = parts.outputSchema;
  if (verbosity === null && (schema === undefined || schema === null)) return undefined;
  return {
    ...(verbosity === null ? {} : { verbosity }),
    ...(schema === undefined || schema === null
      ? {}
      : { format: { type: 'json_schema', strict: true, name: 'codex_output_schema', schema } }),
  };
}

function reasoningOptions(parts: RequestParts): { effort?: string; summary?: string } | undefined {
  const effort = parts.settings.effort ?? parts.model.defaultEffort;
  const summary = parts.settings.summary ?? parts.model.defaultSummary;
  const options = { ...(effort === null ? {} : { effort }), ...(summary === null || summary === 'none' ? {} : { summary }) };
  return Object.keys(options).length === 0 ? undefined : options;
}

export function modelRequest(parts: RequestParts): ModelRequest {
  const { identity, settings, config } = parts;
  const metadata = turnMetadata(parts);
  const window = `${identity.threadId}:${identity.windowNumber}`;
  const reasoning = reasoningOptions(parts);
  const text = textOptions(parts);
  const serviceTier = requestedTier(settings.serviceTier, parts.model);
  return {
    model: settings.model,
    instructions: parts.instructions ?? config.baseInstructions ?? parts.model.baseInstructions ?? baseInstructions,
    input: parts.input,
    tools: parts.tools,
    parallelToolCalls: identity.kind === 'turn' && parts.model.parallelToolCalls,
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(text === undefined ? {} : { text }),
    ...(serviceTier === undefined ? {} : { serviceTier }),
    promptCacheKey: identity.threadId,
    clientMetadata: {
      ...identity.clientMetadata,
      session_id: identity.sessionId,
      thread_id: identity.threadId,
      turn_id: identity.turnId,
      root_turn_id: identity.rootTurnId,
      'x-codex-installation-id': identity.installationId,
      'x-codex-window-id': window,
      'x-codex-turn-metadata': metadata,
    },
    headers: {
      'session-id': identity.sessionId,
      'thread-id': identity.threadId,
      'x-client-request-id': identity.threadId,
      'x-codex-window-id': window,
      'x-codex-turn-metadata': metadata,
      ...(identity.turnState === undefined ? {} : { 'x-codex-turn-state': identity.turnState }),
    },
  };
}
