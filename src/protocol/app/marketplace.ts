/** Marketplaces that plugins come from. */
import * as z from 'zod/mini';
import { type Out, request, schema } from '../../rpc/contract.ts';
import { opt } from '../fields.ts';
import { exclusive } from '../lanes.ts';

export const MarketplaceUpgradeErrorInfo = schema('MarketplaceUpgradeErrorInfo', () =>
  z.object({ marketplaceName: z.string(), message: z.string() }),
);
export type MarketplaceUpgradeErrorInfo = Out<typeof MarketplaceUpgradeErrorInfo>;

export const MarketplaceAddParams = schema('MarketplaceAddParams', () =>
  z.object({ source: z.string(), refName: opt(z.string()), sparsePaths: opt(z.array(z.string())) }),
);
export type MarketplaceAddParams = Out<typeof MarketplaceAddParams>;

export const MarketplaceAddResponse = schema('MarketplaceAddResponse', () =>
  z.object({ marketplaceName: z.string(), installedRoot: z.string(), alreadyAdded: z.boolean() }),
);
export type MarketplaceAddResponse = Out<typeof MarketplaceAddResponse>;

export const MarketplaceRemoveParams = schema('MarketplaceRemoveParams', () => z.object({ marketplaceName: z.string() }));
export type MarketplaceRemoveParams = Out<typeof MarketplaceRemoveParams>;

export const MarketplaceRemoveResponse = schema('MarketplaceRemoveResponse', () =>
  z.object({ marketplaceName: z.string(), installedRoot: z.nullable(z.string()) }),
);
export type MarketplaceRemoveResponse = Out<typeof MarketplaceRemoveResponse>;

export const MarketplaceUpgradeParams = schema('MarketplaceUpgradeParams', () => z.object({ marketplaceName: opt(z.string()) }));
export type MarketplaceUpgradeParams = Out<typeof MarketplaceUpgradeParams>;

export const MarketplaceUpgradeResponse = schema('MarketplaceUpgradeResponse', () =>
  z.object({
    selectedMarketplaces: z.array(z.string()),
    upgradedRoots: z.array(z.string()),
    errors: z.array(MarketplaceUpgradeErrorInfo()),
  }),
);
export type MarketplaceUpgradeResponse = Out<typeof MarketplaceUpgradeResponse>;

export const marketplaceRequests = {
  'marketplace/add': request({
    doc: 'Adds a plugin marketplace.',
    params: MarketplaceAddParams,
    result: MarketplaceAddResponse,
    lane: exclusive('config'),
  }),
  'marketplace/remove': request({
    doc: 'Removes a plugin marketplace.',
    params: MarketplaceRemoveParams,
    result: MarketplaceRemoveResponse,
    lane: exclusive('config'),
  }),
  'marketplace/upgrade': request({
    doc: 'Refreshes plugin marketplaces.',
    params: MarketplaceUpgradeParams,
    result: MarketplaceUpgradeResponse,
    lane: exclusive('config'),
  }),
} as const;
