/** What a rollout file holds: one JSON object a line, and how facts about a thread become such lines. */
import { uuidv7 } from '../base/ids.ts';
import { noTokens, type ResponseItem, type TokenUsage } from '../base/response-item.ts';
import { storedItem } from './item-forms.ts';
import { present, renameCase, toSnakeCase } from './json.ts';
import { legacyEvents } from './legacy-items.ts';
import { storedSource } from './thread-record.ts';
import type { NewThread, StoredEvent, StoredTurnContext } from './thread-store.ts';

/** A line before it gets its time stamp and ordinal. */
export interface LineBody {
  readonly type: string;
  readonly payload: Record<string, unknown>;
  readonly metadata?: Record<string, unknown>;
}

/** Kinds of response items that belong to one request and are made anew for the next. */
const notKept = new Set(['additional_tools', 'compaction_trigger']);

/** What a writer must remember of a thread to write its next lines. */
export interface LineState {
  readonly threadId: string;
  readonly sessionId: string;
  readonly modelProvider: string;
  readonly historyMode: NewThread['historyMode'];
  readonly runtimeWorkspaceRoots: readonly string[];
  firstWindowId: string;
  windowId: string;
  /** Turns that stand in the file, oldest first, with whether the user spoke in them. */
  turns: { id: string; spoken: boolean }[];
  turnUsage: { turnId: string; usage: TokenUsage } | undefined;
  /** The last `thread_settings_applied` line, so that it is repeated only when something changed. */
  settings: string | undefined;
}

export const lineState = (thread: NewThread, windowId: string = uuidv7()): LineState => ({
  threadId: thread.id,
  sessionId: thread.sessionId,
  modelProvider: thread.modelProvider,
  historyMode: thread.historyMode,
  runtimeWorkspaceRoots: thread.runtimeWorkspaceRoots,
  firstWindowId: windowId,
  windowId,
  turns: [],
  turnUsage: undefined,
  settings: undefined,
});

/** The first line of a file. */
export const sessionMeta = (thread: NewThread, windowId: string): LineBody => ({
  type: 'session_meta',
  payload: {
    session_id: thread.sessionId,
    id: thread.id,
    ...present({ forked_from_id: thread.forkedFromId, parent_thread_id: thread.parentThreadId }),
    timestamp: new Date(thread.createdAtMs).toISOString(),
    cwd: thread.cwd,
    runtime_workspace_roots: thread.runtimeWorkspaceRoots,
    originator: thread.originator,
    cli_version: thread.cliVersion,
    source: storedSource(thread.source),
    ...present({ thread_source: thread.threadSource }),
    model_provider: thread.modelProvider,
    base_instructions: { text: thread.baseInstructions },
    ...(thread.dynamicTools.length > 0 ? { dynamic_tools: thread.dynamicTools } : {}),
    ...(thread.selectedCapabilityRoots.length > 0 ? { selected_capability_roots: thread.selectedCapabilityRoots } : {}),
    history_mode: thread.historyMode,
    context_window: { window_id: windowId },
    ...(thread.environments.length > 0 ? { environments: thread.environments } : {}),
    ...(thread.gitInfo
      ? { git: present({ commit_hash: thread.gitInfo.sha, branch: thread.gitInfo.branch, repository_url: thread.gitInfo.originUrl }) }
      : {}),
  },
});

const event = (type: string, payload: Record<string, unknown>): LineBody => ({ type: 'event_msg', payload: { type, ...payload } });

const seconds = (ms: number): number => Math.floor(ms / 1000);

/** The lines of one fact; `state` moves along. */
export function linesOf(fact: StoredEvent, state: LineState): LineBody[] {
  switch (fact.type) {
    case 'turnStarted':
      state.turns.push({ id: fact.turnId, spoken: false });
      return [
        event('task_started', {
          turn_id: fact.turnId,
          root_turn_id: fact.turnId,
          started_at: seconds(fact.startedAtMs),
          model_context_window: fact.modelContextWindow,
          collaboration_mode_kind: fact.mode,
        }),
      ];
    case 'turnContext':
      return contextLines(fact.context, state);
    case 'responseItem':
      return notKept.has(fact.item.type) ? [] : [{ type: 'response_item', payload: fact.item }];
    case 'itemCompleted':
      return [...(state.historyMode === 'legacy' ? legacyLines(fact.item) : []), itemLine(fact, state)];
    case 'tokenUsage':
      return usageLines(fact, state);
    case 'turnCompleted':
      return [event('task_complete', { ...turnEnd(fact), last_agent_message: fact.lastAgentMessage, ...completion(fact) })];
    case 'turnAborted':
      return [event('turn_aborted', { ...turnEnd(fact), reason: fact.reason === 'shutdown' ? 'interrupted' : fact.reason, ...span(fact) })];
    case 'compacted':
      return [compactedLine(fact, state)];
    case 'worldState':
      return [{ type: 'world_state', payload: { full: fact.full, state: fact.state } }];
    case 'reverted':
      return [revertLine(fact.beforeTurnId, state)];
  }
}

const turnEnd = (fact: { turnId: string }) => ({ turn_id: fact.turnId, root_turn_id: fact.turnId });

const span = (fact: { startedAtMs: number; completedAtMs: number }) => ({
  started_at: seconds(fact.startedAtMs),
  completed_at: seconds(fact.completedAtMs),
  duration_ms: Math.max(0, Math.round(fact.completedAtMs - fact.startedAtMs)),
});

function completion(fact: Extract<StoredEvent, { type: 'turnCompleted' }>): Record<string, unknown> {
  const { error, timeToFirstTokenMs } = fact;
  return {
    ...(error
      ? {
          error: {
            message: error.message,
            ...present({ codex_error_info: renameCase(error.codexErrorInfo, toSnakeCase), additional_details: error.additionalDetails }),
          },
        }
      : {}),
    ...span(fact),
    ...(timeToFirstTokenMs === null ? {} : { time_to_first_token_ms: Math.round(timeToFirstTokenMs) }),
  };
}

function contextLines(context: StoredTurnContext, state: LineState): LineBody[] {
  const { turnId, cwd, model, effort, summary, personality } = context;
  const policies = {
    approval_policy: context.approvalPolicy,
    approvals_reviewer: context.approvalsReviewer,
    permission_profile: context.permissionProfile,
  };
  const more = present({ effort, personality, collaboration_mode: context.collaborationMode });
  const turn: LineBody = {
    type: 'turn_context',
    payload: {
      turn_id: turnId,
      root_turn_id: turnId,
      cwd,
      ...policies,
      sandbox_policy: context.sandboxPolicy,
      model,
      ...more,
      realtime_active: false,
      summary: summary ?? 'none',
    },
  };
  const settings = {
    model,
    model_provider_id: state.modelProvider,
    ...policies,
    cwd,
    runtime_workspace_roots: state.runtimeWorkspaceRoots,
    ...present({ service_tier: context.serviceTier, reasoning_effort: effort, personality, collaboration_mode: context.collaborationMode }),
  };
  const key = JSON.stringify(settings);
  if (key === state.settings) return [turn];
  state.settings = key;
  return [turn, event('thread_settings_applied', { thread_id: state.threadId, thread_settings: settings })];
}

function itemLine(fact: Extract<StoredEvent, { type: 'itemCompleted' }>, state: LineState): LineBody {
  const { item, turnId, completedAtMs } = fact;
  let turn = state.turns.findLast(({ id }) => id === turnId);
  if (!turn) state.turns.push((turn = { id: turnId, spoken: false }));
  if (item.type === 'userMessage') turn.spoken = true;
  return event('item_completed', {
    thread_id: state.threadId,
    turn_id: turnId,
    item: storedItem(item),
    started_at_ms: Math.round(item.startedAtMs ?? completedAtMs),
    completed_at_ms: Math.round(completedAtMs),
  });
}

/** Readers of this mode look for events; the item that follows holds what these leave out. */
const legacyLines = (item: Extract<StoredEvent, { type: 'itemCompleted' }>['item']): LineBody[] =>
  legacyEvents(item).map((payload) => ({ type: 'event_msg', payload }));

const storedUsage = (usage: TokenUsage) => ({
  input_tokens: usage.inputTokens,
  cached_input_tokens: usage.cachedInputTokens,
  cache_write_input_tokens: usage.cacheWriteInputTokens,
  output_tokens: usage.outputTokens,
  reasoning_output_tokens: usage.reasoningOutputTokens,
  total_tokens: usage.totalTokens,
});

const addUsage = (a: TokenUsage, b: TokenUsage): TokenUsage => ({
  inputTokens: a.inputTokens + b.inputTokens,
  cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
  cacheWriteInputTokens: a.cacheWriteInputTokens + b.cacheWriteInputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  reasoningOutputTokens: a.reasoningOutputTokens + b.reasoningOutputTokens,
  totalTokens: a.totalTokens + b.totalTokens,
});

function usageLines(fact: Extract<StoredEvent, { type: 'tokenUsage' }>, state: LineState): LineBody[] {
  const { turnId, last, total } = fact;
  const before = state.turnUsage?.turnId === turnId ? state.turnUsage.usage : noTokens;
  state.turnUsage = { turnId, usage: addUsage(before, last) };
  const ids = { thread_id: state.threadId, turn_id: turnId, session_id: state.sessionId, root_turn_id: turnId };
  const record = {
    ...ids,
    response_id: fact.responseId,
    usage: storedUsage(last),
    turn_token_usage: storedUsage(state.turnUsage.usage),
    thread_token_usage: storedUsage(total),
  };
  const info = {
    total_token_usage: storedUsage(total),
    last_token_usage: storedUsage(last),
    last_usage_includes_reasoning: false,
    model_context_window: fact.modelContextWindow,
  };
  return [{ type: 'token_usage_record', payload: record }, event('token_count', { info, rate_limits: null })];
}

function compactedLine(fact: Extract<StoredEvent, { type: 'compacted' }>, state: LineState): LineBody {
  const previous = state.windowId;
  state.windowId = uuidv7();
  const replacement: readonly ResponseItem[] = fact.replacement;
  return {
    type: 'compacted',
    payload: {
      message: fact.message,
      replacement_history: replacement,
      window_number: fact.windowNumber,
      first_window_id: state.firstWindowId,
      previous_window_id: previous,
      window_id: state.windowId,
    },
  };
}

/** `num_turns` is what readers of the format count by; the id says the same without counting. */
function revertLine(beforeTurnId: string, state: LineState): LineBody {
  const at = state.turns.findIndex(({ id }) => id === beforeTurnId);
  const dropped = at < 0 ? [] : state.turns.splice(at);
  return event('thread_rolled_back', { num_turns: dropped.filter(({ spoken }) => spoken).length, before_turn_id: beforeTurnId });
}
