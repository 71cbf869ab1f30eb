/** Service tiers: what clients call them, what a model must offer, and what is sent. */
import { expect, test } from 'vitest';
import { modelInfoOf } from '../../src/agent/model-info.ts';
import { namedTier, requestedTier, tierAtOpening } from '../../src/agent/service-tier.ts';

const known = modelInfoOf('gpt-5.5');
const unknown = modelInfoOf('mock-model');

test('silence stays silence, null is the standard tier, and fast is called priority', () => {
  expect([undefined, null, 'fast', 'flex', 'priority', 'nosuch'].map(namedTier)).toEqual([
    undefined,
    'default',
    'priority',
    'flex',
    'priority',
    'nosuch',
  ]);
});

test('a thread begins only with a tier its model offers; flex goes with every model', () => {
  for (const tier of [null, 'default', 'flex']) expect(tierAtOpening(tier, unknown)).toEqual({ tier, warning: undefined });
  expect(tierAtOpening('priority', known)).toEqual({ tier: 'priority', warning: undefined });
  expect(tierAtOpening('priority', unknown)).toEqual({
    tier: null,
    warning: 'Configured service tier `priority` is not advertised as supported for model `mock-model` and will be omitted from requests.',
  });
});

test('a request carries nothing for the standard tier or one the model does not offer', () => {
  expect([null, 'default', 'nosuch', 'priority', 'flex'].map((tier) => requestedTier(tier, known))).toEqual([
    undefined,
    undefined,
    undefined,
    'priority',
    'flex',
  ]);
  expect(requestedTier('priority', unknown)).toBeUndefined();
});
