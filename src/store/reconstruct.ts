/** A thread out of its lines: turns for people, history for the model, and what a writer needs to go on. */
import { noTokens, type ResponseItem, type TokenUsage } from '../base/response-item.ts';
import type { Turn } from '../protocol/app/index.ts';
import { TurnError } from '../protocol/app/turn.ts';
import { itemFromStored } from './item-forms.ts';
import { isRecord, type JsonRecord, listIn, numberIn, recordIn, renameCase, textIn, toCamelCase } from './json.ts';
import { isLegacyItem, legacyItem } from './legacy-items.ts';
import { type LineState, lineState } from './rollout-lines.ts';
import type { RolloutLine, RolloutText } from './rollout-reader.ts';
import { threadFromMeta } from './thread-record.ts';
import type { HistoryCut, NewThread, StoredThread, StoredTurnContext } from './thread-store.ts';
import { cutLines, namelessTurn } from './turn-lines.ts';

/** What follows from the lines alone; names and places are the store's to add. */
export interface Reconstruction {
  readonly thread: NewThread;
  readonly content: Omit<StoredThread, 'record'>;
  readonly recencyAtMs: number;
  /** For the writer that continues the file. */
  readonly state: LineState;
  readonly nextOrdinal: number;
}

interface OpenTurn {
  id: string;
  items: Turn['items'];
  /** Where each item stands in `items`. */
  places: Map<string, number>;
  status: Turn['status'];
  error: Turn['error'];
  startedAt: number | null;
  completedAt: number | null;
  durationMs: number | null;
  spoken: boolean;
  lastLineMs: number;
}

/** Reads lines in order into one thread; each line kind has one function. */
class Reader {
  readonly turns: OpenTurn[] = [];
  history: ResponseItem[] = [];
  lastContext: StoredTurnContext | undefined;
  worldState: Record<string, unknown> | undefined;
  usage: { total: TokenUsage; last: TokenUsage; modelContextWindow: number | null } | undefined;
  usageTurn = '';
  windowNumber = 0;
  windowId: string | undefined;
  firstWindowId: string | undefined;
  skipped = 0;
  /** True between `task_started` and its end: older files have turns without either. */
  #explicit = false;

  read(line: RolloutLine): void {
    const { type, payload } = line;
    if (type === 'event_msg') this.#event(payload, line);
    else if (type === 'response_item') this.#responseItem(payload);
    else if (type === 'turn_context') this.#turnContext(payload);
    else if (type === 'world_state') this.#worldState(payload);
    else if (type === 'compacted') this.#compacted(payload);
    else if (type === 'token_usage_record') this.usageTurn = textIn(payload.turn_id) ?? this.usageTurn;
    else if (!quietTypes.has(type)) this.skipped += 1;
    const turn = this.turns.at(-1);
    if (turn?.status === 'inProgress') turn.lastLineMs = line.timestampMs;
  }

  #event(payload: JsonRecord, line: RolloutLine): void {
    switch (payload.type) {
      case 'task_started':
      case 'turn_started':
        this.#begin(textIn(payload.turn_id) ?? namelessTurn(this.turns.length + 1), line, numberIn(payload.started_at));
        this.#explicit = true;
        return;
      case 'item_completed':
        this.#item(payload, line);
        return;
      case 'task_complete':
      case 'turn_complete':
        this.#end(payload, isRecord(payload.error) ? 'failed' : 'completed');
        return;
      case 'turn_aborted':
        this.#end(payload, 'interrupted');
        return;
      case 'token_count':
        this.#tokenCount(payload);
        return;
      case 'thread_settings_applied':
        this.#settingsApplied(payload);
        return;
      default:
        if (isLegacyItem(payload.type)) this.#legacy(payload, line);
    }
  }

  #begin(id: string, line: RolloutLine, startedAt: number | undefined): OpenTurn {
    this.#interruptOpen();
    const turn: OpenTurn = {
      id,
      items: [],
      places: new Map(),
      status: 'inProgress',
      error: null,
      startedAt: startedAt ?? Math.floor(line.timestampMs / 1000),
      completedAt: null,
      durationMs: null,
      spoken: false,
      lastLineMs: line.timestampMs,
    };
    this.turns.push(turn);
    return turn;
  }

  /** A turn without an end was cut off, nobody knows when; older files do not mark the end of any. */
  #interruptOpen(): void {
    const turn = this.turns.at(-1);
    if (turn?.status !== 'inProgress') return;
    turn.status = this.#explicit ? 'interrupted' : 'completed';
    this.#explicit = false;
  }

  #item(payload: JsonRecord, line: RolloutLine): void {
    const completedAtMs = numberIn(payload.completed_at_ms) ?? line.timestampMs;
    const item = itemFromStored(payload.item, { startedAtMs: numberIn(payload.started_at_ms) ?? completedAtMs, completedAtMs });
    if (!item) {
      this.skipped += 1;
      return;
    }
    const id = textIn(payload.turn_id);
    // A background terminal completes its item long after its turn.
    const turn = this.turns.findLast((candidate) => candidate.id === id) ?? this.#begin(id ?? 'turn', line, undefined);
    if (item.type === 'userMessage') turn.spoken = true;
    putItem(turn, item);
  }

  #legacy(payload: JsonRecord, line: RolloutLine): void {
    const said = payload.type === 'user_message';
    const open = this.turns.at(-1);
    const mustBegin = open?.status !== 'inProgress' || (said && !this.#explicit && open.spoken);
    const turn = mustBegin ? this.#begin(namelessTurn(this.turns.length + 1), line, undefined) : open;
    const item = legacyItem(payload, { index: turn.items.length, turnId: turn.id, atMs: line.timestampMs });
    if (!item) return;
    if (said) turn.spoken = true;
    putItem(turn, item);
  }

  #end(payload: JsonRecord, status: Turn['status']): void {
    const id = textIn(payload.turn_id);
    const turn = id === undefined ? this.turns.at(-1) : this.turns.findLast((candidate) => candidate.id === id);
    if (!turn) return;
    turn.status = status;
    turn.error = errorOf(payload.error);
    turn.startedAt = numberIn(payload.started_at) ?? turn.startedAt;
    turn.completedAt = numberIn(payload.completed_at) ?? Math.floor(turn.lastLineMs / 1000);
    turn.durationMs = numberIn(payload.duration_ms) ?? null;
    if (turn === this.turns.at(-1)) this.#explicit = false;
  }

  #responseItem(payload: JsonRecord): void {
    if (typeof payload.type !== 'string' || payload.type === 'ghost_snapshot') return;
    this.history.push({ ...payload, type: payload.type });
  }

  #turnContext(payload: JsonRecord): void {
    const turnId = textIn(payload.turn_id) ?? this.turns.at(-1)?.id ?? '';
    this.lastContext = {
      turnId,
      cwd: textIn(payload.cwd) ?? '/',
      model: textIn(payload.model) ?? '',
      effort: textIn(payload.effort) ?? null,
      summary: textIn(payload.summary) ?? null,
      // Told by a line of its own, and only when it changed.
      serviceTier: this.lastContext?.serviceTier ?? null,
      approvalPolicy: payload.approval_policy,
      approvalsReviewer: textIn(payload.approvals_reviewer) ?? 'user',
      sandboxPolicy: payload.sandbox_policy,
      // Old files hold an untagged shape here; without a tag it says nothing that can be trusted.
      permissionProfile:
        isRecord(payload.permission_profile) && 'type' in payload.permission_profile ? payload.permission_profile : undefined,
      personality: textIn(payload.personality) ?? null,
      collaborationMode: payload.collaboration_mode,
    };
  }

  #settingsApplied(payload: JsonRecord): void {
    if (this.lastContext)
      this.lastContext = { ...this.lastContext, serviceTier: textIn(recordIn(payload.thread_settings).service_tier) ?? null };
  }

  #worldState(payload: JsonRecord): void {
    const state = recordIn(payload.state);
    const merged = payload.full === false && this.worldState ? mergePatch(this.worldState, state) : { ...state };
    this.worldState = isRecord(merged) ? { ...merged } : undefined;
  }

  #compacted(payload: JsonRecord): void {
    const replacement = listIn(payload.replacement_history).filter(isResponseItem);
    this.history = Array.isArray(payload.replacement_history)
      ? [...replacement]
      : compactedByMessage(this.history, textIn(payload.message) ?? '');
    this.windowNumber = numberIn(payload.window_number) ?? this.windowNumber + 1;
    this.windowId = textIn(payload.window_id) ?? this.windowId;
    this.firstWindowId = textIn(payload.first_window_id) ?? this.firstWindowId;
    this.worldState = undefined;
  }

  #tokenCount(payload: JsonRecord): void {
    if (!isRecord(payload.info)) return;
    const { total_token_usage: total, last_token_usage: last } = payload.info;
    this.usage = { total: usageOf(total), last: usageOf(last), modelContextWindow: numberIn(payload.info.model_context_window) ?? null };
    this.usageTurn ||= this.turns.at(-1)?.id ?? '';
  }

  finish(): Turn[] {
    this.#interruptOpen();
    return this.turns.map((turn) => ({
      id: turn.id,
      rootTurnId: turn.id,
      items: turn.items,
      itemsView: 'full',
      status: turn.status,
      error: turn.error,
      startedAt: turn.startedAt,
      completedAt: turn.completedAt,
      durationMs: turn.durationMs,
    }));
  }
}

/** An item that is told twice is one item: the later telling is the fuller one. */
function putItem(turn: OpenTurn, item: Turn['items'][number]): void {
  const name = `${item.type} ${item.id}`;
  const at = turn.places.get(name);
  if (at !== undefined) {
    turn.items[at] = item;
    return;
  }
  turn.places.set(name, turn.items.length);
  turn.items.push(item);
}

/** Line kinds that say nothing this program needs. */
const quietTypes = new Set(['session_meta', 'retained_context', 'inter_agent_communication', 'inter_agent_communication_metadata']);

const isResponseItem = (value: unknown): value is ResponseItem => isRecord(value) && typeof value.type === 'string';

function errorOf(stored: unknown): Turn['error'] {
  if (!isRecord(stored)) return null;
  const parsed = TurnError().safeParse({
    message: textIn(stored.message) ?? '',
    codexErrorInfo: stored.codex_error_info === undefined ? null : renameCase(stored.codex_error_info, toCamelCase),
    additionalDetails: textIn(stored.additional_details) ?? null,
    misalignment: null,
  });
  return parsed.success ? parsed.data : null;
}

const usageOf = (stored: unknown): TokenUsage => {
  if (!isRecord(stored)) return noTokens;
  return {
    inputTokens: numberIn(stored.input_tokens) ?? 0,
    cachedInputTokens: numberIn(stored.cached_input_tokens) ?? 0,
    cacheWriteInputTokens: numberIn(stored.cache_write_input_tokens) ?? 0,
    outputTokens: numberIn(stored.output_tokens) ?? 0,
    reasoningOutputTokens: numberIn(stored.reasoning_output_tokens) ?? 0,
    totalTokens: numberIn(stored.total_tokens) ?? 0,
  };
};

/** An old compaction without its new history: what the user said, then the summary. */
function compactedByMessage(history: readonly ResponseItem[], message: string): ResponseItem[] {
  const said = history.filter((item) => item.type === 'message' && item.role === 'user');
  return [...said, { type: 'message', role: 'user', content: [{ type: 'input_text', text: message }] }];
}

/** RFC 7396. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const result: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = mergePatch(result[name], value);
  }
  return result;
}

/** Lines of any shape will do: what cannot be read is counted in `skippedLines`. Throws `invalidRequest` for an unknown turn in `cut`. */
export function reconstruct(text: RolloutText, fallbackId: string, cut?: HistoryCut): Reconstruction {
  const thread = threadFromMeta(text.meta, fallbackId);
  const reader = new Reader();
  for (const line of cutLines(text.lines, cut)) reader.read(line);
  const turns = reader.finish();
  const windowId = reader.windowId ?? textIn(recordIn(text.meta.context_window).window_id);
  const state = lineState(thread, windowId);
  state.firstWindowId = reader.firstWindowId ?? state.firstWindowId;
  state.turns = reader.turns.map(({ id, spoken }) => ({ id, spoken }));
  const lastStart = reader.turns.at(-1)?.startedAt;
  return {
    thread,
    content: {
      turns,
      history: reader.history,
      lastContext: reader.lastContext,
      worldState: reader.worldState,
      tokenUsage: reader.usage && { ...reader.usage, turnId: reader.usageTurn },
      windowNumber: reader.windowNumber,
      skippedLines: text.skipped + reader.skipped,
    },
    recencyAtMs: lastStart === null || lastStart === undefined ? thread.createdAtMs : lastStart * 1000,
    state,
    nextOrdinal: text.nextOrdinal,
  };
}
