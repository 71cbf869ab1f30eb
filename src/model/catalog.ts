/** The models this program knows: what `model/list` answers, and what a turn must know about the model it talks to. */
import { type CatalogEntry, catalogEntries, type ReasoningEffort } from './catalog-data.ts';

export type { CatalogEntry, ReasoningEffort };

/** A `Model` of the wire. */
export interface ListedModel {
  readonly id: string;
  readonly model: string;
  readonly upgrade: string | null;
  readonly upgradeInfo: {
    readonly model: string;
    readonly upgradeCopy: null;
    readonly modelLink: null;
    readonly migrationMarkdown: string;
    readonly retirementAt: null;
  } | null;
  readonly availabilityNux: null;
  readonly displayName: string;
  readonly description: string;
  readonly modelSpecialty: string | null;
  readonly hidden: boolean;
  readonly supportedReasoningEfforts: { readonly reasoningEffort: ReasoningEffort; readonly description: string }[];
  readonly defaultReasoningEffort: ReasoningEffort;
  readonly inputModalities: ('text' | 'image')[];
  readonly supportsPersonality: boolean;
  readonly multiAgentVersion: 'v1' | 'v2' | null;
  readonly additionalSpeedTiers: string[];
  readonly serviceTiers: { readonly id: string; readonly name: string; readonly description: string }[];
  readonly defaultServiceTier: string | null;
  readonly availableAccessPrograms: null;
  readonly isDefault: boolean;
}

const effortDescriptions: Readonly<Record<ReasoningEffort, string>> = {
  low: 'Answers quickly and thinks briefly',
  medium: 'Weighs speed against depth, for everyday tasks',
  high: 'Thinks longer, for involved problems',
  xhigh: 'Thinks much longer, for involved problems',
  max: 'Thinks as long as it can, for the hardest problems',
  ultra: 'Thinks as long as it can and hands parts of the task to helpers',
};

const nameOf = (slug: string): string => catalogEntries.find((entry) => entry.slug === slug)?.name ?? slug;

const fastTierId = 'priority';

function listed(entry: CatalogEntry, isDefault: boolean): ListedModel {
  const tier = entry.fastTier === null ? [] : [{ id: fastTierId, name: 'Fast', description: entry.fastTier }];
  return {
    id: entry.slug,
    model: entry.slug,
    upgrade: entry.upgradeTo,
    upgradeInfo:
      entry.upgradeTo === null
        ? null
        : {
            model: entry.upgradeTo,
            upgradeCopy: null,
            modelLink: null,
            migrationMarkdown: `${nameOf(entry.upgradeTo)} is newer than ${entry.name} and does the same work with less.`,
            retirementAt: null,
          },
    availabilityNux: null,
    displayName: entry.name,
    description: entry.description,
    modelSpecialty: entry.specialty,
    hidden: entry.hidden,
    supportedReasoningEfforts: entry.efforts.map((reasoningEffort) => ({
      reasoningEffort,
      description: effortDescriptions[reasoningEffort],
    })),
    defaultReasoningEffort: entry.defaultEffort,
    inputModalities: ['text', 'image'],
    supportsPersonality: false,
    multiAgentVersion: entry.multiAgentVersion,
    additionalSpeedTiers: entry.fastTier === null ? [] : ['fast'],
    serviceTiers: tier,
    defaultServiceTier: entry.fastByDefault ? fastTierId : null,
    availableAccessPrograms: null,
    isDefault,
  };
}

/** The whole list in its order; exactly one entry is the default. Hidden ones only when asked for. */
export function listModels(options: { readonly includeHidden: boolean }): ListedModel[] {
  const first = catalogEntries.find((entry) => !entry.hidden);
  return catalogEntries.filter((entry) => options.includeHidden || !entry.hidden).map((entry) => listed(entry, entry === first));
}

/** The model of a thread for which nobody chose one. */
export const defaultModel: string = catalogEntries.find((entry) => !entry.hidden)?.slug ?? '';

export interface ModelFacts {
  readonly slug: string;
  /** False: nothing is known about this model and the rest is a cautious guess. */
  readonly known: boolean;
  /** In tokens, as the service counts them. */
  readonly contextWindow: number;
  /** What a turn may use of it: 95 %. */
  readonly usableContextWindow: number;
  /** Usage from which a turn compacts: 90 % of the window. */
  readonly autoCompactLimit: number;
  /** How much of a tool's output the model gets. */
  readonly truncation: { readonly mode: 'tokens' | 'bytes'; readonly limit: number };
  /** Offers the free-form `apply_patch` tool. */
  readonly applyPatchTool: boolean;
  readonly parallelToolCalls: boolean;
  readonly reasoningSummaries: boolean;
  readonly reasoningEfforts: readonly string[];
  /** Sent when the user chose none. */
  readonly defaultEffort: string | undefined;
  readonly defaultVerbosity: string | undefined;
  readonly imageInput: boolean;
  /** Takes images in their full size. */
  readonly originalImageDetail: boolean;
  /** Ids of the tiers it offers beyond the standard one. */
  readonly serviceTiers: readonly string[];
  /** Tools go into a first input item, and the request carries the lite marker. */
  readonly lite: boolean;
}

const fallbackWindow = 272_000;

/** The model of the built-in rehearsal provider; it is in no list. */
export const rehearsalModel = 'rehearsal';

function entryOf(slug: string): CatalogEntry | undefined {
  const exact = catalogEntries.find((entry) => entry.slug === slug);
  if (exact) return exact;
  // A dated or tuned variant is taken for the model whose name it begins with.
  const [variant] = catalogEntries.filter((entry) => slug.startsWith(entry.slug)).sort((a, b) => b.slug.length - a.slug.length);
  if (variant) return variant;
  // `vendor/model`, one level only.
  const parts = slug.split('/');
  return parts.length === 2 && parts[0] !== '' ? entryOf(parts[1] ?? '') : undefined;
}

const windowsOf = (contextWindow: number) => ({
  contextWindow,
  usableContextWindow: Math.floor(contextWindow * 0.95),
  autoCompactLimit: Math.floor(contextWindow * 0.9),
});

/** What a turn must know about `slug`; for an unknown model a fallback that works with any server. */
export function modelFacts(slug: string): ModelFacts {
  const entry = entryOf(slug);
  if (!entry) {
    const rehearsal = slug === rehearsalModel;
    return {
      slug,
      known: rehearsal,
      ...windowsOf(fallbackWindow),
      truncation: { mode: 'bytes', limit: 10_000 },
      applyPatchTool: rehearsal,
      parallelToolCalls: true,
      reasoningSummaries: true,
      reasoningEfforts: [],
      defaultEffort: undefined,
      defaultVerbosity: undefined,
      imageInput: true,
      originalImageDetail: false,
      serviceTiers: [],
      lite: false,
    };
  }
  return {
    slug,
    known: true,
    ...windowsOf(entry.contextWindow),
    truncation: { mode: 'tokens', limit: 10_000 },
    applyPatchTool: true,
    parallelToolCalls: !entry.lite,
    reasoningSummaries: false,
    reasoningEfforts: entry.efforts,
    defaultEffort: entry.defaultEffort,
    defaultVerbosity: entry.defaultVerbosity,
    imageInput: true,
    originalImageDetail: true,
    serviceTiers: entry.fastTier === null ? [] : [fastTierId],
    lite: entry.lite,
  };
}

/** The warning a thread gets once when nothing is known about its model. */
export const unknownModelWarning = (slug: string): string =>
  `Model metadata for \`${slug}\` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.`;
