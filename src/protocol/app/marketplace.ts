/** Marketplaces that plugins come from. */
import * as z from 'zod/mini';
import { type Out, request, schema } from '../../rpc/contract.ts';
import { absolutePath, opt } from '../fields.ts';
import { exclusive } from '../lanes.ts';

export const MarketplaceUpgradeParams = schema('MarketplaceUpgradeParams', () => z.object({ marketplaceName: opt(z.string()) }));
export type MarketplaceUpgradeParams = Out<typeof MarketplaceUpgradeParams>;

export const MarketplaceRemoveParams = schema('MarketplaceRemoveParams', () => z.object({ marketplaceName: z.string() }));
export type MarketplaceRemoveParams = Out<typeof MarketplaceRemoveParams>;

export const MarketplaceAddParams = schema('MarketplaceAddParams', () =>
  z.object({ source: z.string(), refName: opt(z.string()), sparsePaths: opt(z.array(z.string())) }),
);
export type MarketplaceAddParams = Out<typeof MarketplaceAddParams>;

export const MarketplaceUpgradeErrorInfo = schema('MarketplaceUpgradeErrorInfo', () =>
  z.object({ marketplaceName: z.string(), message: z.string() }),
);
export type MarketplaceUpgradeErrorInfo = Out<typeof MarketplaceUpgradeErrorInfo>;

export const MarketplaceUpgradeResponse = schema('MarketplaceUpgradeResponse', () =>
  z.object({
    selectedMarketplaces: z.array(z.string()),
    upgradedRoots: z.array(absolutePath()),
    errors: z.array(MarketplaceUpgradeErrorInfo()),
  }),
);
export type MarketplaceUpgradeResponse = Out<typeof MarketplaceUpgradeResponse>;

export const MarketplaceRemoveResponse = schema('MarketplaceRemoveResponse', () =>
  z.object({ marketplaceName: z.string(), installedRoot: z.nullable(absolutePath()) }),
);
export type MarketplaceRemoveResponse = Out<typeof MarketplaceRemoveResponse>;

export const MarketplaceAddResponse = schema('MarketplaceAddResponse', () =>
  z.object({ marketplaceName: z.string(), installedRoot: absolutePath(), alreadyAdded: z.boolean() }),
);
export type MarketplaceAddResponse = Out<typeof MarketplaceAddResponse>;

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
