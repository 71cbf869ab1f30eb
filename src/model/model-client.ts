/** The port to a language model that speaks the Responses API. */
import type { ResponseItem, TokenUsage } from '../base/response-item.ts';

export type { ResponseItem, TokenUsage };

export interface ModelRequest {
  readonly model: string;
  readonly instructions: string;
  readonly input: readonly ResponseItem[];
  /** Tool declarations exactly as they go over the wire. */
  readonly tools: readonly Record<string, unknown>[];
  readonly parallelToolCalls: boolean;
  readonly reasoning?: { readonly effort?: string; readonly summary?: string };
  readonly text?: Record<string, unknown>;
  readonly serviceTier?: string;
  readonly promptCacheKey: string;
  readonly clientMetadata: Readonly<Record<string, string>>;
  /** The model wants its tools as a first input item (`ModelFacts.lite`); the client shapes the request accordingly. */
  readonly lite?: boolean;
  /** Extra request headers of this turn (session, thread, window and turn metadata). */
  readonly headers: Readonly<Record<string, string>>;
}

export interface RateLimitWindow {
  readonly usedPercent: number;
  readonly windowDurationMins: number | null;
  /** Unix seconds. */
  readonly resetsAt: number | null;
}

/** What is left of an account's allowance; the shape of the wire's `RateLimitSnapshot`. */
export interface RateLimitSnapshot {
  readonly limitId: string | null;
  readonly limitName: string | null;
  readonly normalModelSlug: null;
  readonly primary: RateLimitWindow | null;
  readonly secondary: RateLimitWindow | null;
  readonly credits: { readonly hasCredits: boolean; readonly unlimited: boolean; readonly balance: string | null } | null;
  readonly individualLimit: null;
  readonly spendControlReached: null;
  readonly planType: null;
  readonly rateLimitReachedType: string | null;
}

/** One step of a streamed answer. Everything the API sends that is not here is ignored. */
export type ModelEvent =
  | { readonly type: 'created'; readonly responseId: string }
  | { readonly type: 'itemAdded'; readonly item: ResponseItem }
  | { readonly type: 'textDelta'; readonly itemId: string; readonly delta: string }
  | { readonly type: 'reasoningSummaryPart'; readonly itemId: string; readonly summaryIndex: number }
  | { readonly type: 'reasoningSummaryDelta'; readonly itemId: string; readonly summaryIndex: number; readonly delta: string }
  | { readonly type: 'reasoningTextDelta'; readonly itemId: string; readonly contentIndex: number; readonly delta: string }
  | { readonly type: 'toolInputDelta'; readonly itemId: string; readonly delta: string }
  | { readonly type: 'itemDone'; readonly item: ResponseItem }
  /** Once per limit, directly before `completed` or before the rejection of a request that got a stream. */
  | { readonly type: 'rateLimits'; readonly snapshot: RateLimitSnapshot }
  /** What the server said about itself besides the answer; only sent when it said any of it. */
  | {
      readonly type: 'routing';
      /** Goes back as `x-codex-turn-state` on the later requests of the same turn; the first value of a turn wins. */
      readonly turnState: string | undefined;
      /** The model that answers, when the server names one. */
      readonly servedModel: string | undefined;
      /** The reported usage counts past reasoning already. */
      readonly reasoningIncluded: boolean;
    }
  | {
      readonly type: 'completed';
      readonly responseId: string;
      readonly usage: TokenUsage | undefined;
      /** False: the model wants another request although it called no tool. */
      readonly endTurn: boolean | undefined;
    };

/** `codexErrorInfo` of the wire: a name, or an object with the HTTP status. */
export type ModelErrorInfo = string | Record<string, unknown>;

/** A model request that failed for good, or whose stream broke. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly info: ModelErrorInfo;
  /**
   * `stream`: the turn may ask again and counts it against `streamMaxRetries`. `network`: nobody answers; ask again
   * until the user stops. `never`: asking again is useless.
   */
  readonly retry: 'stream' | 'network' | 'never';
  /** Wait this long before asking again: what the server said, or the fixed pause of `network`. */
  readonly retryAfterMs: number | undefined;
  /** What a retry notice says as `httpStatusCode`; undefined is null there. */
  readonly httpStatus: number | undefined;

  constructor(
    message: string,
    options: { info: ModelErrorInfo; retry: 'stream' | 'network' | 'never'; retryAfterMs?: number; httpStatus?: number; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.info = options.info;
    this.retry = options.retry;
    this.retryAfterMs = options.retryAfterMs;
    this.httpStatus = options.httpStatus;
  }
}

export interface ModelClient {
  /** The provider's id in the configuration. */
  readonly providerId: string;
  /** How often a broken stream may be asked for again (T-22). */
  readonly streamMaxRetries: number;
  /**
   * Makes one request and calls `onEvent` in order. Resolves after `completed`; rejects with `ModelError`, or with the
   * signal's reason at once when it aborts. Request-level retries (HTTP 5xx before a stream exists) happen inside.
   */
  stream(request: ModelRequest, onEvent: (event: ModelEvent) => void, signal: AbortSignal): Promise<void>;
  /** Opens a connection for the next request without making one. Never rejects. */
  prewarm(): Promise<void>;
}
