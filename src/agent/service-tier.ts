/** Service tiers: how clients name them, which of them a model offers, and what its requests carry. */
import type { ModelInfo } from './ports.ts';

/** No tier in particular: nothing is sent. */
const standard = 'default';

/** A tier as threads keep it: null, said out loud, is the standard one, and `fast` is what clients call `priority`. */
export function namedTier(tier: string | null | undefined): string | undefined {
  if (tier === undefined) return undefined;
  return tier === null ? standard : tier === 'fast' ? 'priority' : tier;
}

/** Every model takes `flex`, whatever its list says. */
const isOffered = (tier: string, model: ModelInfo): boolean =>
  tier === standard || tier === 'flex' || model.serviceTiers.some((one) => one === tier);

/** The tier a thread begins with: one that its model does not offer is dropped, and `warning` says so. */
export function tierAtOpening(tier: string | null, model: ModelInfo): { tier: string | null; warning: string | undefined } {
  if (tier === null || isOffered(tier, model)) return { tier, warning: undefined };
  const warning = `Configured service tier \`${tier}\` is not advertised as supported for model \`${model.slug}\` and will be omitted from requests.`;
  return { tier: null, warning };
}

/** What a request says of the tier; undefined: nothing. A tier chosen later may be one that the model does not offer. */
export const requestedTier = (tier: string | null, model: ModelInfo): string | undefined =>
  tier === null || tier === standard || !isOffered(tier, model) ? undefined : tier;
