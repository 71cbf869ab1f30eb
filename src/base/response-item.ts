/** The model's side of a conversation, shared by what streams it, what keeps it and what stores it. */

/** An item as the Responses API has it. Unknown members are kept. */
export interface ResponseItem {
  readonly type: string;
  readonly id?: string;
  readonly [member: string]: unknown;
}

/** Tokens of one response, or of a whole thread. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly cacheWriteInputTokens: number;
  readonly outputTokens: number;
  readonly reasoningOutputTokens: number;
  readonly totalTokens: number;
}

export const noTokens: TokenUsage = {
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 0,
  reasoningOutputTokens: 0,
  totalTokens: 0,
};
