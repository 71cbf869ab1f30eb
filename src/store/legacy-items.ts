/** Items of files that keep events instead of items (history mode `legacy`, and everything older). */
import type { ThreadItem, UserInput } from '../protocol/app/index.ts';
import { storedInput } from './input-forms.ts';
import { itemFromStored } from './item-forms.ts';
import { type JsonRecord, listIn, textIn, textsIn } from './json.ts';

const builders: Readonly<Record<string, (event: JsonRecord) => Record<string, unknown> | undefined>> = {
  user_message: (event) => ({ type: 'UserMessage', client_id: event.client_id, content: userContent(event) }),
  agent_message: (event) => ({ type: 'AgentMessage', content: [{ type: 'Text', text: textIn(event.message) ?? '' }], phase: event.phase }),
  agent_reasoning: (event) => ({ type: 'Reasoning', summary_text: [textIn(event.text) ?? ''], raw_content: [] }),
  agent_reasoning_raw_content: (event) => ({ type: 'Reasoning', summary_text: [], raw_content: [textIn(event.text) ?? ''] }),
  entered_review_mode: (event) => ({ type: 'EnteredReviewMode', user_facing_hint: event.user_facing_hint }),
  exited_review_mode: (event) => ({ type: 'ExitedReviewMode', review_output: event.review_output }),
  context_compacted: () => ({ type: 'ContextCompaction' }),
  exec_command_end: (event) => ({
    type: 'CommandExecution',
    ...event,
    status: textIn(event.status) ?? (event.exit_code === 0 ? 'completed' : 'failed'),
  }),
  patch_apply_end: (event) => ({
    type: 'FileChange',
    changes: event.changes,
    status: event.status ?? (event.success === false ? 'failed' : 'completed'),
  }),
  web_search_end: (event) => ({ type: 'WebSearch', query: event.query, action: event.action }),
};

export const isLegacyItem = (type: unknown): boolean => typeof type === 'string' && Object.hasOwn(builders, type);

/** An item as events, for readers that know only those. `item_id` is ours: it says that both are the same. */
export function legacyEvents(item: ThreadItem): Record<string, unknown>[] {
  switch (item.type) {
    case 'userMessage':
      return [{ type: 'user_message', item_id: item.id, ...userEvent(item.content) }];
    case 'agentMessage':
      return [{ type: 'agent_message', item_id: item.id, message: item.text, phase: item.phase, memory_citation: null }];
    case 'contextCompaction':
      return [{ type: 'context_compacted', item_id: item.id }];
    default:
      return [];
  }
}

function userEvent(content: readonly UserInput[]): Record<string, unknown> {
  const stored = content.map(storedInput);
  const pick = (type: string, member: string) =>
    stored.flatMap((part) => (part.type === type && typeof part[member] === 'string' ? [part[member]] : []));
  return {
    message: pick('text', 'text').join('\n'),
    images: pick('image', 'image_url'),
    local_images: pick('local_image', 'path'),
    audio: pick('audio', 'audio_url'),
    local_audio: pick('local_audio', 'path'),
    text_elements: stored.length === 1 ? listIn(stored[0]?.text_elements) : [],
  };
}

/** The item of one legacy event; undefined when it cannot be read. */
export function legacyItem(event: JsonRecord, place: { index: number; turnId: string; atMs: number }): ThreadItem | undefined {
  const build = builders[textIn(event.type) ?? ''];
  const stored = build?.(event);
  if (!stored) return undefined;
  // Such events have no id of their own; the place in the turn is the same each time the file is read.
  const id = textIn(event.item_id) ?? textIn(event.call_id) ?? `${place.turnId}-item-${place.index + 1}`;
  return itemFromStored({ ...stored, type: stored.type, id }, { startedAtMs: place.atMs, completedAtMs: place.atMs });
}

function userContent(event: JsonRecord): unknown[] {
  const text = textIn(event.message) ?? '';
  return [
    ...(text === '' ? [] : [{ type: 'text', text, text_elements: listIn(event.text_elements) }]),
    ...textsIn(event.images).map((url) => ({ type: 'image', url })),
    ...textsIn(event.local_images).map((path) => ({ type: 'local_image', path })),
  ];
}
