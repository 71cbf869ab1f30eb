/** Items of files that keep events instead of items (history mode `legacy`, and everything older). */
import type { ThreadItem } from '../protocol/app/index.ts';
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

/** The item of one legacy event; undefined when it cannot be read. */
export function legacyItem(event: JsonRecord, place: { index: number; turnId: string; atMs: number }): ThreadItem | undefined {
  const build = builders[textIn(event.type) ?? ''];
  const stored = build?.(event);
  if (!stored) return undefined;
  // Such events have no id of their own; the place in the turn is the same each time the file is read.
  const id = textIn(event.call_id) ?? `${place.turnId}-item-${place.index + 1}`;
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
