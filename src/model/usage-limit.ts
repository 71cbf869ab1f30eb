/** The sentence a user reads when a plan's usage limit is reached. Clients show it as it is. */

export interface UsageLimit {
  readonly plan: string | undefined;
  /** Unix seconds. */
  readonly resetsAt: number | undefined;
  readonly reachedType: string | undefined;
  readonly limitName: string | undefined;
  readonly promo: string | undefined;
}

const workspaceMessages: Readonly<Record<string, string>> = {
  workspace_owner_credits_depleted: 'Your workspace is out of credits. Add credits to continue.',
  workspace_member_credits_depleted: 'Your workspace is out of credits. Ask your workspace owner to refill in order to continue.',
  workspace_owner_usage_limit_reached: 'You hit your spend cap set in your workspace. Increase your spend cap to continue.',
  workspace_member_usage_limit_reached:
    'You hit your spend cap set by the owner of your workspace. Ask an owner to increase your spend cap to continue.',
};

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function ordinal(day: number): string {
  const teens = day >= 11 && day <= 13;
  const suffix = teens ? 'th' : (['th', 'st', 'nd', 'rd'][day % 10] ?? 'th');
  return `${day}${suffix}`;
}

/** Local time; the date is left out when it is today. */
function localMoment(seconds: number, nowMs: number): string {
  const at = new Date(seconds * 1000);
  const hours = at.getHours();
  const clock = `${hours % 12 === 0 ? 12 : hours % 12}:${String(at.getMinutes()).padStart(2, '0')} ${hours < 12 ? 'AM' : 'PM'}`;
  if (at.toDateString() === new Date(nowMs).toDateString()) return clock;
  return `${months[at.getMonth()] ?? ''} ${ordinal(at.getDate())}, ${at.getFullYear()} ${clock}`;
}

export function usageLimitMessage(limit: UsageLimit, nowMs: number): string {
  const fixed = workspaceMessages[limit.reachedType ?? ''];
  if (fixed) return fixed;
  const again = `try again ${limit.resetsAt === undefined ? 'later' : `at ${localMoment(limit.resetsAt, nowMs)}`}.`;
  if (limit.limitName !== undefined) return `You’ve hit your usage limit for ${limit.limitName}. Switch to another model now, or ${again}`;
  const start = 'You’ve hit your usage limit.';
  if (limit.promo !== undefined) return `${start} ${limit.promo}, or ${again}`;
  switch (limit.plan) {
    case 'plus':
      return `${start} Upgrade to Pro (https://chatgpt.com/explore/pro), visit https://chatgpt.com/settings/usage to purchase more credits or ${again}`;
    case 'pro':
    case 'prolite':
      return `${start} Visit https://chatgpt.com/settings/usage to purchase more credits or ${again}`;
    case 'free':
    case 'go':
      return `${start} Upgrade to Plus to continue using Codex (https://chatgpt.com/explore/plus), or ${again}`;
    case 'team':
    case 'business':
      return `${start} To get more access now, send a request to your admin or ${again}`;
    default:
      return `${start} T${again.slice(1)}`;
  }
}
