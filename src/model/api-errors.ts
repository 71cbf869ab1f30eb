/** What a model server's refusals mean: HTTP status and body, or a failure event, to the `ModelError` the turn acts on. */

import { ModelError, type ModelErrorInfo, type RateLimitSnapshot } from './model-client.ts';
import { rateLimitOf } from './rate-limits.ts';
import { retryAfterMs, waitAskedFor } from './retry.ts';
import { STATUS_CODES } from './status-text.ts';
import { usageLimitMessage } from './usage-limit.ts';

const windowExceeded = "Codex ran out of room in the model's context window. Start a new thread or clear earlier history before retrying.";
const atCapacity = 'Selected model is at capacity. Please try a different model.';
const quotaExceeded = 'Quota exceeded. Check your plan and billing details.';
const notIncluded = 'To use Codex with your ChatGPT plan, upgrade to Plus: https://chatgpt.com/explore/plus.';
const highDemand = 'We’re currently experiencing high demand, which may cause temporary errors.';
const badImage = 'Invalid image in your last message. Please remove it and try again.';
const cyberRisk = 'This request has been flagged for possible cybersecurity risk.';
/** Between two attempts to reach a server that nobody answers for. */
const networkPauseMs = 5000;

interface ApiError {
  readonly code: string | undefined;
  readonly type: string | undefined;
  readonly message: string | undefined;
  readonly plan: string | undefined;
  readonly resetsAt: number | undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function apiError(value: unknown): ApiError {
  const error = isObject(value) ? value : {};
  const resetsAt = error.resets_at;
  return {
    code: text(error.code),
    type: text(error.type),
    message: text(error.message),
    plan: text(error.plan_type)?.toLowerCase(),
    resetsAt: typeof resetsAt === 'number' && Number.isFinite(resetsAt) ? resetsAt : undefined,
  };
}

function errorOfBody(body: string): ApiError {
  try {
    const parsed: unknown = JSON.parse(body);
    return apiError(isObject(parsed) ? parsed.error : undefined);
  } catch {
    // Not JSON: the text itself is all there is.
    return apiError(undefined);
  }
}

const final = (message: string, info: ModelErrorInfo) => new ModelError(message, { info, retry: 'never' });

/** Failures that mean the same in a 400 body, a 503 body and a failure event. Undefined: the code says nothing special. */
function byCode(error: ApiError): ModelError | undefined {
  switch (error.code) {
    case 'context_length_exceeded':
      return final(windowExceeded, 'contextWindowExceeded');
    case 'cyber_policy':
      return final(error.message ?? cyberRisk, 'cyberPolicy');
    case 'model_not_found':
      return final(error.message ?? 'model_not_found', 'modelNotFound');
    default:
      return undefined;
  }
}

function rateLimited(message: string): ModelError {
  const wait = waitAskedFor(message);
  return new ModelError(`rate limit exceeded: ${message}`, {
    info: 'rateLimitExceeded',
    retry: 'stream',
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  });
}

/** A `response.failed` event. `error` is its `response.error`. */
export function failedResponse(value: unknown): ModelError {
  const error = apiError(value);
  const known = byCode(error);
  if (known) return known;
  switch (error.code) {
    case 'insufficient_quota':
      return final(quotaExceeded, 'usageLimitExceeded');
    case 'usage_not_included':
      return final(notIncluded, 'usageLimitExceeded');
    case 'server_is_overloaded':
      return final(atCapacity, 'serverOverloaded');
    case 'policy_capacity_unavailable':
      return final('Policy-restricted capacity is unavailable. Please try again later.', 'policyCapacityUnavailable');
    case 'flex_unavailable':
      return final('Flex capacity unavailable.', 'flexUnavailable');
    case 'misalignment_policy_violation':
      return final(error.message ?? 'Invalid request.', 'misalignmentPolicyViolation');
    case 'invalid_prompt':
    case 'bio_policy':
      return final(error.message ?? 'Invalid request.', 'other');
    case 'rate_limit_exceeded':
    case 'slow_down':
      return rateLimited(error.message ?? '');
    default:
      return brokenStream(error.message ?? 'response.failed event received');
  }
}

/** A `response.incomplete` event. */
export const incompleteResponse = (reason: string | undefined): ModelError =>
  final(`Incomplete response returned, reason: ${reason ?? 'unknown'}`, 'other');

/** A stream that ended, broke or went silent before its answer was complete. */
export const brokenStream = (why: string, cause?: unknown): ModelError =>
  new ModelError(`stream disconnected before completion: ${why}`, {
    info: 'other',
    retry: 'stream',
    ...(cause === undefined ? {} : { cause }),
  });

/** Nobody could be reached at all. */
export const unreachable = (cause: unknown): ModelError =>
  new ModelError('Connection failed: error sending request', {
    info: { responseStreamDisconnected: { httpStatusCode: null } },
    retry: 'network',
    retryAfterMs: networkPauseMs,
    cause,
  });

export interface HttpFailure {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly url: string;
  readonly nowMs: number;
}

/** True for answers that the request layer may ask for again by itself. */
export const isServerFault = (status: number): boolean => status >= 500 && status <= 599;

/** The limit that a usage-limit refusal is about. Undefined for every other refusal. */
export function limitReached(failure: HttpFailure): RateLimitSnapshot | undefined {
  if (failure.status !== 429 || errorOfBody(failure.body).type !== 'usage_limit_reached') return undefined;
  return rateLimitOf(failure.headers, failure.headers['x-codex-active-limit']?.trim() || undefined);
}

/** An answer whose status is not a success. */
export function httpFailure(failure: HttpFailure): ModelError {
  const error = errorOfBody(failure.body);
  switch (failure.status) {
    case 400:
      return badRequest(error, failure.body);
    case 404:
      return error.code === 'model_not_found' ? (byCode(error) ?? unexpected(error, failure)) : unexpected(error, failure);
    case 429:
      return tooManyRequests(error, failure);
    case 500:
      return new ModelError(highDemand, { info: 'internalServerError', retry: 'stream', ...waitOf(failure) });
    case 503:
      if (error.code === 'server_is_overloaded') return final(atCapacity, 'serverOverloaded');
      return error.code === 'slow_down' ? rateLimited(error.message ?? '') : unexpected(error, failure);
    default:
      return unexpected(error, failure);
  }
}

function badRequest(error: ApiError, body: string): ModelError {
  const known = byCode(error);
  if (known) return known;
  if (body.includes('The image data you provided does not represent a valid image')) return final(badImage, 'badRequest');
  return final(body, 'other');
}

function tooManyRequests(error: ApiError, failure: HttpFailure): ModelError {
  const limit = limitReached(failure);
  if (limit) {
    const message = usageLimitMessage(
      {
        plan: error.plan,
        resetsAt: error.resetsAt,
        reachedType: limit.rateLimitReachedType ?? undefined,
        limitName: limit.limitId === 'codex' ? undefined : (limit.limitName ?? undefined),
        promo: failure.headers['x-codex-promo-message']?.trim() || undefined,
      },
      failure.nowMs,
    );
    return final(message, 'usageLimitExceeded');
  }
  if (error.type === 'usage_not_included') return final(notIncluded, 'usageLimitExceeded');
  if (error.type === 'insufficient_quota' || error.code === 'insufficient_quota') return final(quotaExceeded, 'usageLimitExceeded');
  const wait = waitOf(failure);
  return new ModelError('exceeded retry limit, last status: 429 Too Many Requests', {
    info: { responseTooManyFailedAttempts: { httpStatusCode: 429 } },
    retry: wait.retryAfterMs === undefined ? 'never' : 'stream',
    httpStatus: 429,
    ...wait,
  });
}

/** The pause the headers ask for, ready to be spread into an error's options. */
export function waitOf(failure: Pick<HttpFailure, 'headers' | 'nowMs'>): { retryAfterMs?: number } {
  const wait = retryAfterMs(failure.headers['retry-after'], failure.nowMs);
  return wait === undefined ? {} : { retryAfterMs: wait };
}

function unexpected(error: ApiError, failure: HttpFailure): ModelError {
  const { status, headers } = failure;
  const said = error.message ?? (failure.body.trim() === '' ? 'Unknown error' : failure.body);
  const ray = headers['cf-ray'] === undefined ? '' : `, cf-ray: ${headers['cf-ray']}`;
  const request = headers['x-request-id'] === undefined ? '' : `, request id: ${headers['x-request-id']}`;
  const message = `unexpected status ${status} ${STATUS_CODES[status] ?? '<unknown status code>'}: ${said}, url: ${failure.url}${ray}${request}`;
  return new ModelError(message, {
    info: { httpConnectionFailed: { httpStatusCode: status } },
    retry: 'stream',
    httpStatus: status,
    ...waitOf(failure),
  });
}
