/** Translates the events of a Responses stream into `ModelEvent`s. Whatever is not listed here is ignored. */
import { failedResponse, incompleteResponse } from './api-errors.ts';
import type { ModelError, ModelEvent, ResponseItem, TokenUsage } from './model-client.ts';

type Fields = Record<string, unknown>;

/** What one event of the stream amounts to. `malformed`: a `completed` that cannot be used; the text says why. */
export type StreamStep =
  | { readonly kind: 'event'; readonly event: ModelEvent }
  | { readonly kind: 'failure'; readonly error: ModelError }
  | { readonly kind: 'malformed'; readonly why: string };

const used = new Set([
  'response.created',
  'response.output_item.added',
  'response.output_text.delta',
  'response.reasoning_summary_part.added',
  'response.reasoning_summary_text.delta',
  'response.reasoning_text.delta',
  'response.custom_tool_call_input.delta',
  'response.output_item.done',
  'response.metadata',
  'response.completed',
  'response.failed',
  'response.incomplete',
]);

/** True when the `event:` name alone shows that the data need not be parsed: servers repeat whole texts in such events. */
export const isIgnored = (name: string | undefined): boolean => name?.startsWith('response.') === true && !used.has(name);

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const count = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);

function isItem(value: unknown): value is ResponseItem {
  return isObject(value) && typeof value.type === 'string' && (value.id === undefined || typeof value.id === 'string');
}

/** An item as the turn can use it; a null id counts as none. */
function itemOf(value: unknown): ResponseItem | undefined {
  if (isItem(value)) return value;
  if (!isObject(value) || value.id !== null) return undefined;
  const { id: _, ...rest } = value;
  return isItem(rest) ? rest : undefined;
}

export function tokenUsage(value: unknown): TokenUsage | undefined {
  if (!isObject(value)) return undefined;
  const input = isObject(value.input_tokens_details) ? value.input_tokens_details : {};
  const output = isObject(value.output_tokens_details) ? value.output_tokens_details : {};
  return {
    inputTokens: count(value.input_tokens),
    cachedInputTokens: count(input.cached_tokens),
    cacheWriteInputTokens: count(input.cache_write_tokens),
    outputTokens: count(value.output_tokens),
    reasoningOutputTokens: count(output.reasoning_tokens),
    totalTokens: count(value.total_tokens),
  };
}

const step = (event: ModelEvent): StreamStep => ({ kind: 'event', event });

/** The step that `data` makes, or undefined when it makes none. Data that is no JSON object makes none. */
export function interpret(data: string): StreamStep | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(data);
  } catch {
    // A stream goes on after an event that cannot be read.
    return undefined;
  }
  return isObject(fields) ? stepOf(fields) : undefined;
}

function stepOf(fields: Fields): StreamStep | undefined {
  switch (fields.type) {
    case 'response.output_text.delta':
      return step({ type: 'textDelta', itemId: text(fields.item_id), delta: text(fields.delta) });
    case 'response.reasoning_summary_text.delta':
    case 'response.reasoning_summary_part.added':
    case 'response.reasoning_text.delta':
    case 'response.custom_tool_call_input.delta':
      return step(otherDelta(fields));
    case 'response.created':
      return step({ type: 'created', responseId: isObject(fields.response) ? text(fields.response.id) : '' });
    case 'response.output_item.added':
    case 'response.output_item.done': {
      const item = itemOf(fields.item);
      if (!item) return undefined;
      return step({ type: fields.type === 'response.output_item.added' ? 'itemAdded' : 'itemDone', item });
    }
    case 'response.metadata':
      return metadata(fields);
    case 'response.completed':
      return completed(fields.response);
    case 'response.failed': {
      const response = fields.response;
      return { kind: 'failure', error: failedResponse(isObject(response) ? response.error : undefined) };
    }
    case 'response.incomplete': {
      const details = isObject(fields.response) ? fields.response.incomplete_details : undefined;
      const reason = isObject(details) ? details.reason : undefined;
      return { kind: 'failure', error: incompleteResponse(typeof reason === 'string' ? reason : undefined) };
    }
    default:
      return undefined;
  }
}

function otherDelta(fields: Fields): ModelEvent {
  const itemId = text(fields.item_id);
  const delta = text(fields.delta);
  switch (fields.type) {
    case 'response.reasoning_summary_part.added':
      return { type: 'reasoningSummaryPart', itemId, summaryIndex: count(fields.summary_index) };
    case 'response.reasoning_summary_text.delta':
      return { type: 'reasoningSummaryDelta', itemId, summaryIndex: count(fields.summary_index), delta };
    case 'response.reasoning_text.delta':
      return { type: 'reasoningTextDelta', itemId, contentIndex: count(fields.content_index), delta };
    default:
      return { type: 'toolInputDelta', itemId, delta };
  }
}

function metadata(fields: Fields): StreamStep | undefined {
  for (const place of [fields.headers, fields.metadata, fields]) {
    const turnState = isObject(place) ? place['x-codex-turn-state'] : undefined;
    if (typeof turnState === 'string') return step({ type: 'routing', turnState, servedModel: undefined, reasoningIncluded: false });
  }
  return undefined;
}

function completed(response: unknown): StreamStep {
  if (!isObject(response)) return { kind: 'malformed', why: 'failed to parse ResponseCompleted: missing field `response`' };
  const id = response.id;
  if (typeof id !== 'string') return { kind: 'malformed', why: 'failed to parse ResponseCompleted: missing field `id`' };
  const endTurn = response.end_turn;
  return step({
    type: 'completed',
    responseId: id,
    usage: tokenUsage(response.usage),
    endTurn: typeof endTurn === 'boolean' ? endTurn : undefined,
  });
}
