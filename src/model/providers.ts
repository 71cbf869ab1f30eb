/** The table of model providers: built-in rows, rows of the configuration, and what a row means. */
import { retryLimit } from './retry.ts';

/** One `[model_providers.ID]` table, in the configuration's own words. */
export interface ProviderTable {
  readonly name?: string;
  readonly base_url?: string;
  readonly wire_api?: string;
  /** Name of the variable that holds the key. */
  readonly env_key?: string;
  /** Shown when that variable is missing. */
  readonly env_key_instructions?: string;
  readonly experimental_bearer_token?: string;
  readonly query_params?: Readonly<Record<string, string>>;
  readonly http_headers?: Readonly<Record<string, string>>;
  /** Header name to the name of the variable with its value. */
  readonly env_http_headers?: Readonly<Record<string, string>>;
  readonly request_max_retries?: number;
  readonly stream_max_retries?: number;
  readonly stream_idle_timeout_ms?: number;
  readonly requires_openai_auth?: boolean;
  readonly supports_websockets?: boolean;
  /** Where base instructions go: `instructions` (default) or `developer`, a first message of the input. */
  readonly base_instructions?: string;
  /** Only for `rehearsal`: a script file to play. */
  readonly script?: string;
}

export interface ModelProvider {
  readonly id: string;
  readonly name: string;
  /** Without trailing slashes. Undefined for `rehearsal`, whose address exists once it runs. */
  readonly baseUrl: string | undefined;
  readonly envKey: string | undefined;
  readonly envKeyInstructions: string | undefined;
  readonly bearerToken: string | undefined;
  readonly queryParams: Readonly<Record<string, string>>;
  readonly httpHeaders: Readonly<Record<string, string>>;
  readonly envHttpHeaders: Readonly<Record<string, string>>;
  readonly requestMaxRetries: number;
  readonly streamMaxRetries: number;
  readonly streamIdleTimeoutMs: number;
  /** Uses the account's credentials. */
  readonly requiresOpenaiAuth: boolean;
  readonly baseInstructions: 'instructions' | 'developer';
  readonly script: string | undefined;
}

export const rehearsalProviderId = 'rehearsal';
export const defaultProviderId = 'openai';

const requestTries = 4;
const streamTries = 5;
const idleTimeoutMs = 300_000;

const builtIn: Readonly<Record<string, ProviderTable>> = {
  openai: { name: 'OpenAI', base_url: 'https://api.openai.com/v1', requires_openai_auth: true, base_instructions: 'developer' },
  ollama: { name: 'gpt-oss', base_url: 'http://localhost:11434/v1' },
  lmstudio: { name: 'gpt-oss', base_url: 'http://localhost:1234/v1' },
  rehearsal: { name: 'Rehearsal' },
};

/** Ids of the built-in rows, in the order they are listed. */
export const builtInProviderIds: readonly string[] = Object.keys(builtIn);

/** Azure-style endpoints want responses to be stored (T-06). */
const azureMarks = ['openai.azure.', 'cognitiveservices.azure.', 'aoai.azure.', 'azure-api.', 'azurefd.', 'windows.net/openai'];

export function isAzure(provider: Pick<ModelProvider, 'name' | 'baseUrl'>): boolean {
  if (provider.name.toLowerCase() === 'azure') return true;
  const url = provider.baseUrl?.toLowerCase() ?? '';
  return azureMarks.some((mark) => url.includes(mark));
}

/**
 * The provider called `id`, or undefined when there is none. The configuration's row overrides single members of a
 * built-in row of the same name.
 */
export function findProvider(id: string, tables: Readonly<Record<string, ProviderTable>>): ModelProvider | undefined {
  const own = Object.hasOwn(tables, id) ? tables[id] : undefined;
  const base = Object.hasOwn(builtIn, id) ? builtIn[id] : undefined;
  if (!own && !base) return undefined;
  return providerOf(id, { ...base, ...own });
}

function providerOf(id: string, table: ProviderTable): ModelProvider {
  const baseUrl = id === rehearsalProviderId ? table.base_url : (table.base_url ?? builtIn.openai?.base_url);
  return {
    id,
    name: table.name ?? id,
    baseUrl: baseUrl?.replace(/\/+$/, ''),
    envKey: table.env_key,
    envKeyInstructions: table.env_key_instructions,
    bearerToken: table.experimental_bearer_token,
    queryParams: table.query_params ?? {},
    httpHeaders: table.http_headers ?? {},
    envHttpHeaders: table.env_http_headers ?? {},
    requestMaxRetries: retryLimit(table.request_max_retries, requestTries),
    streamMaxRetries: retryLimit(table.stream_max_retries, streamTries),
    streamIdleTimeoutMs: table.stream_idle_timeout_ms ?? idleTimeoutMs,
    requiresOpenaiAuth: table.requires_openai_auth ?? false,
    baseInstructions: table.base_instructions === 'developer' ? 'developer' : 'instructions',
    script: table.script,
  };
}

/** Every provider there is: the built-in ones, then those of the configuration in its order. */
export function listProviders(tables: Readonly<Record<string, ProviderTable>>): ModelProvider[] {
  const ids = new Set([...builtInProviderIds, ...Object.keys(tables)]);
  return [...ids].flatMap((id) => findProvider(id, tables) ?? []);
}

/** The address of a provider's `responses` resource. */
export function responsesUrl(baseUrl: string, queryParams: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams({ ...queryParams }).toString();
  return `${baseUrl.replace(/\/+$/, '')}/responses${query === '' ? '' : `?${query}`}`;
}
