/** The catalogue's facts in the form threads want them. */
import { modelFacts } from '../model/catalog.ts';
import type { ModelInfo } from './ports.ts';

const known = new Map<string, ModelInfo>();

/** What is known of a model, fallback values filled in; the same object for the same model. */
export function modelInfoOf(slug: string): ModelInfo {
  const kept = known.get(slug);
  if (kept) return kept;
  const facts = modelFacts(slug);
  const info: ModelInfo = {
    slug,
    known: facts.known,
    contextWindow: facts.usableContextWindow,
    truncation: { unit: facts.truncation.mode, limit: facts.truncation.limit },
    parallelToolCalls: facts.parallelToolCalls,
    imageInput: facts.imageInput,
    originalImageDetail: false,
    applyPatch: facts.applyPatchTool,
    defaultEffort: facts.defaultEffort ?? null,
    defaultSummary: facts.reasoningSummaries ? 'auto' : null,
    defaultVerbosity: facts.defaultVerbosity ?? null,
    serviceTiers: facts.serviceTiers,
    baseInstructions: undefined,
  };
  if (known.size < 1000) known.set(slug, info);
  return info;
}
