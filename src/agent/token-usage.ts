/** Token accounting of a thread and its notifications. */
import { noTokens, type TokenUsage } from '../base/response-item.ts';
import type { RateLimitSnapshot as ModelRateLimits } from '../model/model-client.ts';
import type { RateLimitReachedType, RateLimitSnapshot, ThreadTokenUsage, TokenUsageBreakdown } from '../protocol/app/index.ts';
import type { ThreadClient } from './ports.ts';

const sum = (a: TokenUsage, b: TokenUsage): TokenUsage => ({
  totalTokens: a.totalTokens + b.totalTokens,
  inputTokens: a.inputTokens + b.inputTokens,
  cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
  cacheWriteInputTokens: a.cacheWriteInputTokens + b.cacheWriteInputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  reasoningOutputTokens: a.reasoningOutputTokens + b.reasoningOutputTokens,
});

const breakdown = (usage: TokenUsage): TokenUsageBreakdown => ({
  totalTokens: usage.totalTokens,
  inputTokens: usage.inputTokens,
  cachedInputTokens: usage.cachedInputTokens,
  cacheWriteInputTokens: usage.cacheWriteInputTokens,
  outputTokens: usage.outputTokens,
  reasoningOutputTokens: usage.reasoningOutputTokens,
});

const noRateLimits: RateLimitSnapshot = {
  limitId: 'codex',
  limitName: null,
  normalModelSlug: null,
  primary: null,
  secondary: null,
  credits: null,
  individualLimit: null,
  spendControlReached: null,
  planType: null,
  rateLimitReachedType: null,
};

const reachedTypes: readonly RateLimitReachedType[] = [
  'rate_limit_reached',
  'workspace_owner_credits_depleted',
  'workspace_member_credits_depleted',
  'workspace_owner_usage_limit_reached',
  'workspace_member_usage_limit_reached',
];

export interface StoredUsage {
  readonly total: TokenUsage;
  readonly last: TokenUsage;
  readonly turnId: string;
}

export class UsageMeter {
  readonly #threadId: string;
  readonly #client: ThreadClient;
  #total: TokenUsage = noTokens;
  #last: TokenUsage = noTokens;
  #known = false;
  #answered = false;
  #turnId = '';
  #rateLimits: RateLimitSnapshot = noRateLimits;
  /** Usable tokens of the current model. */
  contextWindow: number | null = null;

  constructor(threadId: string, client: ThreadClient, stored?: StoredUsage) {
    this.#threadId = threadId;
    this.#client = client;
    if (stored) this.restore(stored);
  }

  /** Goes back to what was stored; undefined forgets everything. */
  restore(stored: StoredUsage | undefined): void {
    this.#total = stored?.total ?? noTokens;
    this.#last = stored?.last ?? noTokens;
    this.#turnId = stored?.turnId ?? '';
    this.#known = stored !== undefined;
  }

  /** What `thread/tokenUsage/updated` last said, or would say; undefined when nothing is known. */
  update(): { threadId: string; turnId: string; tokenUsage: ThreadTokenUsage } | undefined {
    const tokenUsage = this.snapshot();
    return tokenUsage && { threadId: this.#threadId, turnId: this.#turnId, tokenUsage };
  }

  get total(): TokenUsage {
    return this.#total;
  }

  get last(): TokenUsage {
    return this.#last;
  }

  /** Tokens the next request starts from, as far as the last answer told. */
  get contextTokens(): number {
    return this.#last.totalTokens;
  }

  add(usage: TokenUsage): void {
    this.#total = sum(this.#total, usage);
    this.#last = usage;
    this.#known = true;
  }

  /** The model refused for lack of room: the window counts as full. */
  fill(): void {
    const window = this.contextWindow ?? 0;
    this.#last = { ...noTokens, totalTokens: Math.max(window - this.#total.totalTokens, 0) };
    this.#total = { ...noTokens, totalTokens: window };
    this.#known = true;
  }

  /** The history was replaced; its size is an estimate until the next answer. */
  estimate(tokens: number): void {
    this.#last = { ...noTokens, totalTokens: tokens };
    this.#known = true;
  }

  limits(snapshot: ModelRateLimits): void {
    this.#rateLimits = { ...snapshot, rateLimitReachedType: reachedTypes.find((type) => type === snapshot.rateLimitReachedType) ?? null };
  }

  /** The wire form, or undefined before the first answer. */
  snapshot(): ThreadTokenUsage | undefined {
    if (!this.#known) return undefined;
    return { total: breakdown(this.#total), last: breakdown(this.#last), modelContextWindow: this.contextWindow };
  }

  /** `thread/tokenUsage/updated` when anything is known, then `account/rateLimits/updated`. */
  announce(turnId: string): void {
    this.#answered = true;
    this.announceKnown(turnId);
  }

  /** The same, without rate limits for as long as the provider has answered nothing. */
  announceKnown(turnId: string): void {
    this.#turnId = turnId;
    const update = this.update();
    if (update) this.#client.notify('thread/tokenUsage/updated', update);
    if (this.#answered) this.#client.notify('account/rateLimits/updated', { rateLimits: this.#rateLimits });
  }
}
