/** The bundled models and what is known about each. */
import { describe, expect, test } from 'vitest';
import { defaultModel, listModels, modelFacts, rehearsalModel, unknownModelWarning } from '../../src/model/catalog.ts';
import { usageLimitMessage } from '../../src/model/usage-limit.ts';
import { Model } from '../../src/protocol/app/index.ts';

const shown = [
  'gpt-6.1-sol',
  'gpt-6-astra',
  'gpt-6-sol',
  'gpt-6-luna',
  'gpt-5.6-sol',
  'gpt-6.1-terra',
  'gpt-5.6-terra',
  'gpt-5.6-luna',
  'gpt-5.5',
];

describe('the list', () => {
  test('has the reference’s ids in its order, one default, hidden ones on request', () => {
    expect(listModels({ includeHidden: false }).map(({ id }) => id)).toEqual(shown);
    const all = listModels({ includeHidden: true });
    expect(all.filter(({ hidden }) => hidden).map(({ id }) => id)).toEqual([
      'gpt-daybreak-blue-latest',
      'gpt-daybreak-red-latest',
      'codex-auto-review',
    ]);
    expect(all.filter(({ isDefault }) => isDefault).map(({ id }) => id)).toEqual([defaultModel]);
  });

  test('fits the wire', () => {
    for (const model of listModels({ includeHidden: true })) expect(Model().safeParse(model).success).toBe(true);
  });

  test('the default effort of each is one it supports, and upgrades lead to models that exist', () => {
    const all = listModels({ includeHidden: true });
    for (const model of all) {
      expect(model.supportedReasoningEfforts.map(({ reasoningEffort }) => reasoningEffort)).toContain(model.defaultReasoningEffort);
      if (model.upgrade !== null) expect(all.map(({ id }) => id)).toContain(model.upgrade);
    }
  });
});

describe('facts', () => {
  test('of a catalogue model', () => {
    expect(modelFacts('gpt-5.5')).toEqual({
      slug: 'gpt-5.5',
      known: true,
      contextWindow: 272_000,
      usableContextWindow: 258_400,
      autoCompactLimit: 244_800,
      truncation: { mode: 'tokens', limit: 10_000 },
      applyPatchTool: true,
      parallelToolCalls: true,
      reasoningSummaries: false,
      reasoningEfforts: ['low', 'medium', 'high', 'xhigh'],
      defaultEffort: 'medium',
      defaultVerbosity: 'low',
      serviceTiers: ['priority'],
      imageInput: true,
      originalImageDetail: true,
      lite: false,
    });
    expect(modelFacts('gpt-6.1-sol')).toMatchObject({ lite: true, parallelToolCalls: false });
  });

  test.each(['gpt-5.5-2026-01-01', 'vendor/gpt-5.5'])('%s is taken for gpt-5.5', (slug) => {
    expect(modelFacts(slug)).toEqual({ ...modelFacts('gpt-5.5'), slug });
  });

  test.each(['mock-model', 'a/b/gpt-5.5', '/gpt-5.5', ''])('%j is unknown and gets the fallback', (slug) => {
    expect(modelFacts(slug)).toMatchObject({
      slug,
      known: false,
      usableContextWindow: 258_400,
      truncation: { mode: 'bytes', limit: 10_000 },
      applyPatchTool: false,
      parallelToolCalls: true,
      reasoningSummaries: true,
      defaultEffort: undefined,
    });
  });

  test('the rehearsal model is known', () => {
    expect(modelFacts(rehearsalModel)).toMatchObject({ known: true, applyPatchTool: true });
  });

  test('the warning is the reference’s', () => {
    expect(unknownModelWarning('mock-model')).toBe(
      'Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.',
    );
  });
});

describe('when a limit ends', () => {
  const limit = { plan: undefined, reachedType: undefined, limitName: undefined, promo: undefined };
  const local = (day: number, hour: number, minute: number) => new Date(2030, 2, day, hour, minute).getTime();
  test.each([
    [1, 0, 5, 'Mar 1st, 2030 12:05 AM'],
    [2, 12, 0, 'Mar 2nd, 2030 12:00 PM'],
    [3, 13, 59, 'Mar 3rd, 2030 1:59 PM'],
    [11, 9, 30, 'Mar 11th, 2030 9:30 AM'],
    [12, 9, 30, 'Mar 12th, 2030 9:30 AM'],
    [13, 9, 30, 'Mar 13th, 2030 9:30 AM'],
    [21, 23, 0, 'Mar 21st, 2030 11:00 PM'],
    [30, 10, 24, '10:24 AM'],
  ])('day %i, %i:%i', (day, hour, minute, words) => {
    const message = usageLimitMessage({ ...limit, resetsAt: local(day, hour, minute) / 1000 }, local(30, 8, 0));
    expect(message).toBe(`You’ve hit your usage limit. Try again at ${words}.`);
  });
});
