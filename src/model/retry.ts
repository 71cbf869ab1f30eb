/** How long to wait before asking a model server again, and how often. */

const firstDelayMs = 200;
const mostTries = 100;

/**
 * The pause in milliseconds before retry `attempt` (1, 2, …): 200 ms doubled each time, varied by ten per cent either
 * way. The doubling ends at 2^16 so that a generous limit never yields a pause that cannot be represented.
 */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const doublings = Math.min(Math.max(attempt, 1) - 1, 16);
  return Math.round(firstDelayMs * 2 ** doublings * (0.9 + random() * 0.2));
}

/** A configured number of retries made usable: whole, not negative, at most 100. */
export function retryLimit(configured: number | undefined, fallback: number): number {
  if (configured === undefined || !Number.isFinite(configured)) return fallback;
  return Math.min(mostTries, Math.max(0, Math.trunc(configured)));
}

const waitWords = /try again in\s*(\d+(?:\.\d+)?)\s*(ms|milliseconds?|s|secs?|seconds?)\b/i;

/** The wait in milliseconds that a text like "Please try again in 1.5s" asks for, or undefined. */
export function waitAskedFor(text: string): number | undefined {
  const [, amount, unit] = waitWords.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  const value = Number.parseFloat(amount);
  return Math.round(/^m/i.test(unit) ? value : value * 1000);
}

/** The wait in milliseconds of a `retry-after` header: seconds, or an HTTP date. Undefined when it is neither. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number.parseFloat(text) * 1000);
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
