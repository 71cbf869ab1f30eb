/** How much of a result the model gets: token estimates, and cutting text in the middle. */
import { Buffer } from 'node:buffer';

/** A budget for one tool result. Catalogued models count tokens, the fallback model counts bytes. */
export interface TruncationPolicy {
  readonly unit: 'bytes' | 'tokens';
  readonly limit: number;
}

const bytesPerToken = 4;

/** Tokens of a text of `bytes` bytes, rounded up. */
export const tokensOfBytes = (bytes: number): number => Math.ceil(bytes / bytesPerToken);
export const estimateTokens = (text: string): number => tokensOfBytes(Buffer.byteLength(text));

export const byteBudget = (policy: TruncationPolicy): number => (policy.unit === 'bytes' ? policy.limit : policy.limit * bytesPerToken);

/** The stricter of a policy and a number of tokens that was asked for. */
export function withTokenLimit(policy: TruncationPolicy, maxTokens: number): TruncationPolicy {
  if (policy.unit === 'tokens') return { unit: 'tokens', limit: Math.min(policy.limit, maxTokens) };
  return { unit: 'bytes', limit: Math.min(policy.limit, maxTokens * bytesPerToken) };
}

/** Room for the wrapping that a recorded result gets when it enters history. */
export const forHistory = (policy: TruncationPolicy): TruncationPolicy => ({ unit: policy.unit, limit: Math.ceil(policy.limit * 1.2) });

/** Largest cut at or below `index` that does not split a character. */
function floorBoundary(bytes: Buffer, index: number): number {
  let at = Math.min(index, bytes.length);
  while (at > 0 && at < bytes.length && ((bytes[at] ?? 0) & 0xc0) === 0x80) at -= 1;
  return at;
}

/** Smallest cut at or above `index` that does not split a character. */
function ceilBoundary(bytes: Buffer, index: number): number {
  let at = Math.max(index, 0);
  while (at < bytes.length && ((bytes[at] ?? 0) & 0xc0) === 0x80) at += 1;
  return at;
}

/** The text itself when it fits, else its first and last half of the budget with a note between them of what is missing. */
export function truncateMiddle(text: string, policy: TruncationPolicy): string {
  const budget = byteBudget(policy);
  if (text.length * 3 <= budget || Buffer.byteLength(text) <= budget) return text;
  const bytes = Buffer.from(text);
  const head = floorBoundary(bytes, Math.floor(budget / 2));
  const tail = ceilBoundary(bytes, bytes.length - (budget - Math.floor(budget / 2)));
  const removed = bytes.subarray(head, tail);
  const note =
    policy.unit === 'tokens'
      ? `…${tokensOfBytes(removed.length)} tokens truncated…`
      : `…${[...removed.toString()].length} chars truncated…`;
  return `${bytes.subarray(0, head).toString()}${note}${bytes.subarray(tail).toString()}`;
}

/** `truncateMiddle` for command output: a cut text is preceded by its original size in tokens and in lines. */
export function truncateOutput(text: string, policy: TruncationPolicy): string {
  const cut = truncateMiddle(text, policy);
  if (cut === text) return text;
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  return `Warning: truncated output (original token count: ${estimateTokens(text)})\nTotal output lines: ${lines}\n\n${cut}`;
}
