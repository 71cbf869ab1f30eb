/** The bundled models: names, efforts and limits are facts of the services, every description is ours. */
export type ReasoningEffort = 'low' | 'medium' | 'high' | 'xhigh' | 'max' | 'ultra';

/** One bundled model. */
export interface CatalogEntry {
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  readonly hidden: boolean;
  readonly efforts: readonly ReasoningEffort[];
  readonly defaultEffort: ReasoningEffort;
  readonly multiAgentVersion: 'v1' | 'v2' | null;
  /** In tokens. */
  readonly contextWindow: number;
  readonly maxContextWindow: number;
  /** Wants its tools as a first input item. */
  readonly lite: boolean;
  readonly defaultVerbosity: 'low' | 'medium' | 'high';
  /** How the `priority` tier is described; null when there is none. */
  readonly fastTier: string | null;
  readonly fastByDefault: boolean;
  readonly specialty: string | null;
  readonly upgradeTo: string | null;
}

const standard: readonly ReasoningEffort[] = ['low', 'medium', 'high', 'xhigh'];
const upToMax: readonly ReasoningEffort[] = [...standard, 'max'];
const upToUltra: readonly ReasoningEffort[] = [...upToMax, 'ultra'];

/** What most current models have in common. */
const current = {
  hidden: false,
  efforts: upToUltra,
  defaultEffort: 'low',
  multiAgentVersion: 'v2',
  contextWindow: 272_000,
  maxContextWindow: 872_000,
  lite: true,
  defaultVerbosity: 'low',
  fastTier: 'About half again as fast, uses up the allowance sooner',
  fastByDefault: false,
  specialty: null,
  upgradeTo: null,
} as const;

/** In the order of the list; the first one that is not hidden is the default. */
export const catalogEntries: readonly CatalogEntry[] = [
  {
    ...current,
    slug: 'gpt-6.1-sol',
    name: 'GPT-6.1-Sol',
    description: 'The newest all-round model, for programming and daily work.',
    fastTier: 'Twice as fast, uses up the allowance sooner',
  },
  {
    ...current,
    slug: 'gpt-6-astra',
    name: 'GPT-6-Astra',
    description: 'The most capable model, for the hardest work.',
    fastTier: 'Twice as fast, uses up the allowance sooner',
  },
  {
    ...current,
    slug: 'gpt-6-sol',
    name: 'GPT-6-Sol',
    description: 'The all-round model of the generation before.',
    defaultEffort: 'medium',
    fastTier: 'About half again as fast',
    fastByDefault: true,
  },
  {
    ...current,
    slug: 'gpt-6-luna',
    name: 'GPT-6-Luna',
    description: 'Quick and cheap, for easier tasks.',
    efforts: upToMax,
    defaultEffort: 'medium',
    fastTier: 'About half again as fast',
    fastByDefault: true,
  },
  { ...current, slug: 'gpt-5.6-sol', name: 'GPT-5.6-Sol', description: 'An older all-round model.', upgradeTo: 'gpt-6-sol' },
  {
    ...current,
    slug: 'gpt-6.1-terra',
    name: 'GPT-6.1 Terra',
    description: 'A balanced coding model with a larger window.',
    contextWindow: 500_000,
    fastTier: 'About half again as fast',
  },
  {
    ...current,
    slug: 'gpt-5.6-terra',
    name: 'GPT-5.6-Terra',
    description: 'An older balanced model, for straightforward work.',
    defaultEffort: 'medium',
    upgradeTo: 'gpt-6-sol',
  },
  {
    ...current,
    slug: 'gpt-5.6-luna',
    name: 'GPT-5.6-Luna',
    description: 'An older quick and cheap model.',
    efforts: upToMax,
    defaultEffort: 'medium',
    multiAgentVersion: 'v1',
    upgradeTo: 'gpt-6-luna',
  },
  {
    ...current,
    slug: 'gpt-daybreak-blue-latest',
    name: 'Daybreak Blue',
    description: 'For defensive security work.',
    hidden: true,
    specialty: 'cyber',
    fastTier: null,
  },
  {
    ...current,
    slug: 'gpt-daybreak-red-latest',
    name: 'Daybreak Red',
    description: 'For authorised security research.',
    hidden: true,
    specialty: 'cyber',
    defaultEffort: 'medium',
    contextWindow: 372_000,
    maxContextWindow: 372_000,
    defaultVerbosity: 'high',
    fastTier: null,
  },
  {
    ...current,
    slug: 'gpt-5.5',
    name: 'GPT-5.5',
    description: 'A coding model kept for older set-ups.',
    efforts: standard,
    defaultEffort: 'medium',
    multiAgentVersion: null,
    maxContextWindow: 272_000,
    lite: false,
    upgradeTo: 'gpt-6-sol',
  },
  {
    ...current,
    slug: 'codex-auto-review',
    name: 'Codex Auto Review',
    description: 'Judges approval requests automatically.',
    hidden: true,
    efforts: upToMax,
    defaultEffort: 'medium',
    multiAgentVersion: 'v1',
  },
];
