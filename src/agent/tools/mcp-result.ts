/** What an MCP tool answered, once for the model and once for the item that clients see. */
import { Buffer } from 'node:buffer';
import { estimateTokens, truncateMiddle } from '../truncation.ts';
import type { ContentPart, ItemBodyOf, ModelOutput } from './tool.ts';

type JsonObject = Record<string, unknown>;
export type McpItem = ItemBodyOf<'mcpToolCall'>;
type ItemResult = NonNullable<McpItem['result']>;

const longestItemResult = 1024 * 1024;
const previewLength = 64 * 1024;
const noImages = '<image content omitted because you do not support image input>';
const noAudio = '<audio content omitted because you do not support audio input>';

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Takes out what the model cannot read. */
function readable(block: unknown, imageInput: boolean): unknown {
  if (!isObject(block)) return block;
  if (block.type === 'image' && !imageInput) return { type: 'text', text: noImages };
  if (block.type === 'audio') return { type: 'text', text: noAudio };
  return block;
}

export interface ReadResult {
  readonly isError: boolean;
  readonly content: readonly unknown[];
  readonly structuredContent: unknown;
  readonly meta: unknown;
}

export function readResult(answer: JsonObject, imageInput: boolean): ReadResult {
  const content = Array.isArray(answer.content) ? answer.content : [];
  return {
    isError: answer.isError === true,
    content: content.map((block) => readable(block, imageInput)),
    structuredContent: answer.structuredContent ?? null,
    meta: answer._meta ?? null,
  };
}

/** `seconds`: how long the call took. */
export function modelOutput(result: ReadResult, seconds: number): ModelOutput {
  const head = `Wall time: ${seconds.toFixed(4)} seconds\nOutput:`;
  if (result.structuredContent !== null) return `${head}\n${JSON.stringify(result.structuredContent)}`;
  return [
    { type: 'input_text' as const, text: head },
    ...result.content.map((block) => {
      if (isObject(block) && block.type === 'text' && typeof block.text === 'string')
        return { type: 'input_text' as const, text: block.text };
      if (isObject(block) && block.type === 'image' && typeof block.data === 'string') {
        const mime = typeof block.mimeType === 'string' ? block.mimeType : 'image/png';
        return { type: 'input_image' as const, image_url: `data:${mime};base64,${block.data}`, detail: 'high' };
      }
      return { type: 'input_text' as const, text: JSON.stringify(block) };
    }),
  ];
}

/** The texts of an output within `tokens` together; how many come after them is said in their place. */
export function limitedOutput(output: ModelOutput, tokens: number | undefined): ModelOutput {
  if (tokens === undefined) return output;
  if (typeof output === 'string') return truncateMiddle(output, { unit: 'tokens', limit: tokens });
  const kept: ContentPart[] = [];
  let left = tokens;
  let omitted = 0;
  for (const part of output) {
    if (part.type !== 'input_text') kept.push(part);
    else if (left <= 0) omitted += 1;
    else {
      kept.push({ ...part, text: truncateMiddle(part.text, { unit: 'tokens', limit: left }) });
      left -= estimateTokens(part.text);
    }
  }
  return omitted === 0 ? kept : [...kept, { type: 'input_text', text: `[omitted ${omitted} text items ...]` }];
}

/** The copy for clients; one that is too large becomes the beginning of its text. */
export function itemResult({ content, structuredContent, meta }: ReadResult): ItemResult {
  const whole: ItemResult = { content: [...content], structuredContent, _meta: meta };
  const text = JSON.stringify(whole);
  if (text.length <= longestItemResult / 3 || Buffer.byteLength(text) <= longestItemResult) return whole;
  return { content: [{ type: 'text', text: JSON.stringify(content).slice(0, previewLength) }], structuredContent: null, _meta: null };
}
