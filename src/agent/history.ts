/** The conversation as the model sees it: what is kept, what is sent, and what pairs calls with their outputs. */

import { uuidv7 } from '../base/ids.ts';
import type { ResponseItem } from '../base/response-item.ts';
import { tokensOfBytes } from './truncation.ts';

const outputTypeOf: Readonly<Record<string, string>> = {
  function_call: 'function_call_output',
  custom_tool_call: 'custom_tool_call_output',
  local_shell_call: 'function_call_output',
};
const outputTypes = new Set(Object.values(outputTypeOf));

/** The call id of a call or an output; undefined for everything else. */
export const callIdOf = (item: ResponseItem): string | undefined => (typeof item.call_id === 'string' ? item.call_id : undefined);

export const isCall = (item: ResponseItem): boolean => Object.hasOwn(outputTypeOf, item.type);

const newId = (prefix: string): string => `${prefix}_${uuidv7()}`;

/** A message of ours, with one text part per entry. */
export const message = (role: 'developer' | 'user', texts: readonly string[]): ResponseItem => ({
  type: 'message',
  id: newId('msg'),
  role,
  content: texts.map((text) => ({ type: 'input_text', text })),
});

/** The output of a call, in the form that matches it. */
export function outputOf(call: ResponseItem, output: unknown): ResponseItem {
  const custom = call.type === 'custom_tool_call';
  return {
    type: custom ? 'custom_tool_call_output' : 'function_call_output',
    id: newId(custom ? 'ctco' : 'fco'),
    call_id: callIdOf(call) ?? '',
    output,
  };
}

const abortedOutputs = new WeakMap<ResponseItem, ResponseItem>();

/** One stable stand-in per call, so that the same history always has the same bytes. */
function abortedOutput(call: ResponseItem): ResponseItem {
  const known = abortedOutputs.get(call);
  if (known) return known;
  const made = outputOf(call, 'aborted');
  abortedOutputs.set(call, made);
  return made;
}

/** Every call has exactly one output behind it, and no output stands alone. Items keep their identity. */
export function paired(items: readonly ResponseItem[]): ResponseItem[] {
  const outputs = new Map<string, ResponseItem>();
  const calls = new Set<string>();
  for (const item of items) {
    const id = callIdOf(item);
    if (id === undefined) continue;
    if (isCall(item)) calls.add(id);
    else if (outputTypes.has(item.type) && !outputs.has(id)) outputs.set(id, item);
  }
  const result: ResponseItem[] = [];
  for (const item of items) {
    const id = callIdOf(item);
    if (id === undefined) result.push(item);
    else if (isCall(item)) {
      result.push(item);
      if (!outputs.has(id)) result.push(abortedOutput(item));
    } else if (!outputTypes.has(item.type) || (calls.has(id) && outputs.get(id) === item)) result.push(item);
  }
  return result;
}

interface Part {
  readonly type: string;
}
const isPart = (value: unknown): value is Part => typeof value === 'object' && value !== null && 'type' in value;
const isImage = (value: unknown): boolean => isPart(value) && value.type === 'input_image';
const imagePlaceholder = { type: 'input_text', text: '[an image was left out: this model takes no image input]' };

/** The item with its images replaced by a note. */
function withoutImages(item: ResponseItem): ResponseItem {
  for (const member of ['content', 'output']) {
    const parts = item[member];
    if (Array.isArray(parts) && parts.some(isImage))
      return { ...item, [member]: parts.map((part: unknown) => (isImage(part) ? imagePlaceholder : part)) };
  }
  return item;
}

export class History {
  #items: ResponseItem[];

  constructor(items: readonly ResponseItem[] = []) {
    this.#items = [...items];
  }

  get items(): readonly ResponseItem[] {
    return this.#items;
  }

  append(...items: readonly ResponseItem[]): void {
    this.#items.push(...items);
  }

  replace(items: readonly ResponseItem[]): void {
    this.#items = [...items];
  }

  /** What a request sends. Unchanged items are the same objects as last time, so that their encoding can be kept. */
  forRequest(model: { imageInput: boolean }): ResponseItem[] {
    const items = paired(this.#items);
    return model.imageInput ? items : items.map(withoutImages);
  }

  /** Rough size of the whole in tokens; walks everything, so it is for compaction only. */
  estimateTokens(): number {
    return this.#items.reduce((sum, item) => sum + tokensOfBytes(Buffer.byteLength(JSON.stringify(item))), 0);
  }
}
