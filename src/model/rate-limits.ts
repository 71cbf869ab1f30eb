/** Rate limits as response headers tell them, in the shape clients get them (`RateLimitSnapshot`). */
import type { RateLimitSnapshot, RateLimitWindow } from './model-client.ts';

type Headers = Readonly<Record<string, string>>;

const reachedTypes = new Set([
  'rate_limit_reached',
  'workspace_owner_credits_depleted',
  'workspace_member_credits_depleted',
  'workspace_owner_usage_limit_reached',
  'workspace_member_usage_limit_reached',
]);

function number(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

const flag = (text: string | undefined): boolean => text?.trim().toLowerCase() === 'true' || text?.trim() === '1';

function window(headers: Headers, prefix: string): RateLimitWindow | null {
  const used = number(headers[`${prefix}-used-percent`]);
  if (used === undefined) return null;
  const minutes = number(headers[`${prefix}-window-minutes`]);
  const resetsAt = number(headers[`${prefix}-reset-at`]);
  return { usedPercent: Math.round(used), windowDurationMins: minutes ?? null, resetsAt: resetsAt ?? null };
}

/** The snapshot of one limit; `id` is `codex` or a name such as `codex_other`. */
export function rateLimitOf(headers: Headers, id = 'codex'): RateLimitSnapshot {
  const prefix = `x-${id.toLowerCase().replaceAll('_', '-')}`;
  const hasCredits = headers['x-codex-credits-has-credits'];
  const reached = headers['x-codex-rate-limit-reached-type']?.trim();
  return {
    limitId: id.toLowerCase().replaceAll('-', '_'),
    limitName: headers[`${prefix}-limit-name`] ?? null,
    normalModelSlug: null,
    primary: window(headers, `${prefix}-primary`),
    secondary: window(headers, `${prefix}-secondary`),
    credits:
      hasCredits === undefined
        ? null
        : {
            hasCredits: flag(hasCredits),
            unlimited: flag(headers['x-codex-credits-unlimited']),
            balance: headers['x-codex-credits-balance']?.trim() || null,
          },
    individualLimit: null,
    spendControlReached: null,
    planType: null,
    rateLimitReachedType: reached !== undefined && reachedTypes.has(reached) ? reached : null,
  };
}

/** The general limit first, then every other one the headers speak of. */
export function rateLimitsOf(headers: Headers): RateLimitSnapshot[] {
  const snapshots = [rateLimitOf(headers)];
  for (const name of Object.keys(headers)) {
    const family = /^x-(codex-[a-z0-9-]+?)-primary-used-percent$/.exec(name)?.[1];
    if (family !== undefined) snapshots.push(rateLimitOf(headers, family));
  }
  return snapshots;
}
