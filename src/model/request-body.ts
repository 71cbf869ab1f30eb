/** Writes the JSON body of a Responses request. History grows by a few items per step, so each item is encoded only once. */
import type { ModelRequest, ResponseItem } from './model-client.ts';

export interface BodyOptions {
  /** Where the base instructions go: the `instructions` member, or a first developer message of `input`. */
  readonly baseInstructions: 'instructions' | 'developer';
  /** Azure-style endpoints keep the response. */
  readonly store: boolean;
}

/** Ids of other origin would be refused by the API and are left out. */
const knownId = /^(?:msg|rs|fc|fco|ctc|ctco|ws|ig|lsh|tsc|tso|cmp|at|it)_/;

const encodedItems = new WeakMap<ResponseItem, string>();
const encodedTools = new WeakMap<readonly Record<string, unknown>[], string>();

function encodeItem(item: ResponseItem): string {
  const known = encodedItems.get(item);
  if (known !== undefined) return known;
  const { id, ...rest } = item;
  const encoded = JSON.stringify(id === undefined || knownId.test(id) ? item : rest);
  encodedItems.set(item, encoded);
  return encoded;
}

function encodeTools(tools: readonly Record<string, unknown>[]): string {
  let encoded = encodedTools.get(tools);
  if (encoded === undefined) {
    encoded = JSON.stringify(tools);
    encodedTools.set(tools, encoded);
  }
  return encoded;
}

const developerMessage = (instructions: string): string =>
  JSON.stringify({ type: 'message', role: 'developer', content: [{ type: 'input_text', text: instructions }] });

/** The body as text. Items and tools are encoded once per object: whoever hands them over never changes them afterwards. */
export function encodeBody(request: ModelRequest, options: BodyOptions): string {
  const asMember = options.baseInstructions === 'instructions';
  let input = asMember || request.instructions === '' ? '' : developerMessage(request.instructions);
  for (const item of request.input) input += input === '' ? encodeItem(item) : `,${encodeItem(item)}`;
  const head = JSON.stringify({ model: request.model, ...(asMember ? { instructions: request.instructions } : {}) });
  const tail = JSON.stringify({
    tool_choice: 'auto',
    parallel_tool_calls: request.parallelToolCalls,
    ...(request.reasoning === undefined ? {} : { reasoning: request.reasoning }),
    store: options.store,
    stream: true,
    include: ['reasoning.encrypted_content'],
    ...(request.serviceTier === undefined ? {} : { service_tier: request.serviceTier }),
    prompt_cache_key: request.promptCacheKey,
    ...(request.text === undefined ? {} : { text: request.text }),
    client_metadata: request.clientMetadata,
  });
  return `${head.slice(0, -1)},"input":[${input}],"tools":${encodeTools(request.tools)},${tail.slice(1)}`;
}
