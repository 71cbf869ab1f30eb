/** Replaces a long history by the user's latest messages and a note of the model about the rest. */
import { throwIfAborted } from '../base/abort.ts';
import { uuidv7 } from '../base/ids.ts';
import type { ResponseItem } from '../base/response-item.ts';
import { type ModelClient, ModelError, type ModelEvent } from '../model/model-client.ts';
import { contextMessages } from './context.ts';
import { message } from './history.ts';
import { modelRequest } from './model-request.ts';
import type { ModelInfo } from './ports.ts';
import { baseInstructions, compactionPrompt, compactionSummaryPrefix } from './prompts.ts';
import { type Answer, messageText } from './response-reader.ts';
import { identityOf, Retries } from './sampling.ts';
import type { ThreadCore } from './thread-core.ts';
import { estimateTokens, tokensOfBytes, truncateMiddle } from './truncation.ts';
import { type Turn, TurnStopped } from './turn.ts';

/** Tokens of the user's own latest messages that are kept word for word. */
const keptUserTokens = 20_000;

/** When it happens decides where the context goes: `midTurn` keeps it in place, otherwise the next turn tells it anew. */
export type CompactionMoment = 'manual' | 'preTurn' | 'midTurn';

export interface CompactionModel {
  readonly model: ModelClient;
  readonly modelInfo: ModelInfo;
}

/** True when the conversation has reached the limit at which it is compacted by itself. */
export function isFull(core: ThreadCore, model: ModelInfo): boolean {
  const window = core.config.modelContextWindow ?? model.contextWindow;
  // The usable window is 95 % of the raw one; compaction starts at 90 % of the raw one.
  const byWindow = window === null ? Number.POSITIVE_INFINITY : Math.floor((window / 0.95) * 0.9);
  return core.usage.contextTokens >= Math.min(core.config.autoCompactTokenLimit ?? byWindow, byWindow);
}

export async function compact(core: ThreadCore, turn: Turn, how: CompactionModel, moment: CompactionMoment): Promise<void> {
  const trigger = moment === 'manual' ? 'manual' : 'auto';
  await askHooks(core, turn, 'preCompact', trigger);
  const id = uuidv7();
  turn.items.start({ type: 'contextCompaction', id });
  const note = await writeNote(core, turn, how);
  const summary = message('user', [`${compactionSummaryPrefix}\n${note}`]);
  const context = moment === 'midTurn' ? core.conversation.context : undefined;
  const kept = latestUserMessages(core.conversation.history.items);
  const last = kept.pop();
  const told = context ? contextMessages(undefined, context) : [];
  core.conversation.compact(note, [...kept, ...told, ...(last ? [last] : []), summary], context);
  const instructions = core.config.baseInstructions ?? baseInstructions;
  core.usage.estimate(core.conversation.history.estimateTokens() + estimateTokens(instructions));
  core.usage.announce(turn.id);
  turn.items.complete({ type: 'contextCompaction', id });
  core.hooks.compacted();
  await askHooks(core, turn, 'postCompact', trigger);
}

/** Rejects with `TurnStopped` when a hook ends the turn here. */
async function askHooks(core: ThreadCore, turn: Turn, event: 'preCompact' | 'postCompact', trigger: 'manual' | 'auto'): Promise<void> {
  const { stopped } = await core.hooks.compaction(event, turn, trigger);
  throwIfAborted(turn.signal);
  if (stopped) throw new TurnStopped('interrupted');
}

/** Asks the model for the note; when even that does not fit, the oldest items are left out one by one. */
async function writeNote(core: ThreadCore, turn: Turn, how: CompactionModel): Promise<string> {
  const retries = new Retries(core, turn, how.model.streamMaxRetries);
  const items = core.conversation.history.forRequest(how.modelInfo);
  const prompt = message('user', [core.config.compactPrompt ?? compactionPrompt]);
  for (;;) {
    try {
      const { text, answer } = await ask(core, turn, how, [...items, prompt]);
      if (answer.usage) core.usage.add(answer.usage);
      core.usage.announce(turn.id);
      return text;
    } catch (error) {
      if (error instanceof ModelError && error.info === 'contextWindowExceeded' && items.length > 1) items.shift();
      else await retries.after(error);
    }
  }
}

async function ask(core: ThreadCore, turn: Turn, how: CompactionModel, input: readonly ResponseItem[]) {
  let text = '';
  let answer: Answer | undefined;
  let begun = false;
  const onEvent = (event: ModelEvent): void => {
    if (!begun) core.usage.announce(turn.id);
    begun = true;
    if (event.type === 'itemDone' && event.item.type === 'message') text = messageText(event.item);
    else if (event.type === 'rateLimits') core.usage.limits(event.snapshot);
    else if (event.type === 'completed') answer = { responseId: event.responseId, usage: event.usage, endTurn: event.endTurn };
  };
  const request = modelRequest({
    identity: identityOf(core, turn, 'compaction'),
    config: core.config,
    settings: turn.settings,
    model: how.modelInfo,
    input,
    tools: [],
    outputSchema: undefined,
    instructions: undefined,
  });
  await how.model.stream(request, onEvent, turn.signal);
  if (!answer) throw new Error('the model client ended without an answer');
  return { text, answer };
}

/** Messages of ours that stand in the user's role without being the user's words. */
const notTheUsers =
  /^(<(environment_context|turn_aborted|hook_prompt|codex_internal_context|skill|additional_context|user_shell_command)\b|# AGENTS\.md instructions)/;

function isOwnMessage(item: ResponseItem): boolean {
  if (item.type !== 'message' || item.role !== 'user') return false;
  const text = textOf(item);
  return !notTheUsers.test(text) && !text.startsWith(compactionSummaryPrefix);
}

function textOf(item: ResponseItem): string {
  if (!Array.isArray(item.content)) return '';
  const parts: readonly unknown[] = item.content;
  return parts
    .map((part) => (typeof part === 'object' && part !== null && 'text' in part && typeof part.text === 'string' ? part.text : ''))
    .join('');
}

/** The user's latest messages within the budget, oldest first; the one at the edge is cut. */
function latestUserMessages(items: readonly ResponseItem[]): ResponseItem[] {
  const kept: ResponseItem[] = [];
  let left = keptUserTokens;
  for (let at = items.length - 1; at >= 0 && left > 0; at -= 1) {
    const item = items[at];
    if (!item || !isOwnMessage(item)) continue;
    const tokens = tokensOfBytes(Buffer.byteLength(JSON.stringify(item)));
    kept.unshift(tokens <= left ? item : message('user', [truncateMiddle(textOf(item), { unit: 'tokens', limit: left })]));
    left -= tokens;
  }
  return kept;
}
