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

const additionalTools = (tools: readonly Record<string, unknown>[]): string =>
  `{"type":"additional_tools","role":"developer","tools":${encodeTools(tools)}}`;

/** The body as text. Items and tools are encoded once per object: whoever hands them over never changes them afterwards. */
export function encodeBody(request: ModelRequest, options: BodyOptions): string {
  const lite = request.lite === true;
  const asMember = options.baseInstructions === 'instructions';
  const input: string[] = [];
  if (lite) input.push(additionalTools(request.tools));
  if (!asMember && request.instructions !== '') input.push(developerMessage(request.instructions));
  for (const item of request.input) input.push(encodeItem(item));
  const head = JSON.stringify({ model: request.model, ...(asMember ? { instructions: request.instructions } : {}) });
  const reasoning = lite ? { ...request.reasoning, context: 'all_turns' } : request.reasoning;
  const tail = JSON.stringify({
    tool_choice: 'auto',
    parallel_tool_calls: !lite && request.parallelToolCalls,
    ...(reasoning === undefined ? {} : { reasoning }),
    store: options.store,
    stream: true,
    include: ['reasoning.encrypted_content'],
    ...(request.serviceTier === undefined ? {} : { service_tier: request.serviceTier }),
    prompt_cache_key: request.promptCacheKey,
    ...(request.text === undefined ? {} : { text: request.text }),
    client_metadata: request.clientMetadata,
  });
  const tools = lite ? '' : `"tools":${encodeTools(request.tools)},`;
  return `${head.slice(0, -1)},"input":[${input.join(',')}],${tools}${tail.slice(1)}`;
}
