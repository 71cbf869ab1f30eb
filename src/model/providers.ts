/** What a model client must know about a provider, and how its row of the configuration is read. */
import { retryLimit } from './retry.ts';

/** One provider; the configuration's own settings fit. */
export interface ModelProvider {
  readonly id: string;
  readonly name: string;
  /** Undefined: the vendor's own address, or for `rehearsal` the server inside this program. */
  readonly baseUrl: string | undefined;
  /** The variable that holds the key. */
  readonly envKey: string | undefined;
  /** Said when that variable is missing. */
  readonly envKeyInstructions: string | undefined;
  /** A secret: never logged and never shown. */
  readonly bearerToken: string | undefined;
  readonly queryParams: Readonly<Record<string, string>>;
  readonly httpHeaders: Readonly<Record<string, string>>;
  /** Header name to variable name. */
  readonly envHttpHeaders: Readonly<Record<string, string>>;
  readonly requestMaxRetries: number;
  readonly streamMaxRetries: number;
  /** Longest silence between two events of a stream. */
  readonly streamIdleTimeoutMs: number;
  /** Uses the account's credentials. */
  readonly requiresOpenaiAuth: boolean;
  /** Present: a command supplies the key; whoever builds the client runs it in `apiKey`. */
  readonly authCommand?: unknown;
  /** Where base instructions go; see `baseInstructionsPlace`. */
  readonly baseInstructions?: 'instructions' | 'developer' | undefined;
  /** Only for `rehearsal`: a script file to play. */
  readonly script?: string | undefined;
}

export const rehearsalProviderId = 'rehearsal';

const vendorBaseUrl = 'https://api.openai.com/v1';
const idleTimeoutMs = 300_000;

/** A provider with nothing but an address and default limits; `members` replaces any of it. */
export function customProvider(id: string, members: Partial<ModelProvider>): ModelProvider {
  return {
    id,
    name: id,
    baseUrl: undefined,
    envKey: undefined,
    envKeyInstructions: undefined,
    bearerToken: undefined,
    queryParams: {},
    httpHeaders: {},
    envHttpHeaders: {},
    requiresOpenaiAuth: false,
    streamIdleTimeoutMs: idleTimeoutMs,
    ...members,
    requestMaxRetries: retryLimit(members.requestMaxRetries, 4),
    streamMaxRetries: retryLimit(members.streamMaxRetries, 5),
  };
}

/** The vendor takes base instructions as a first developer message, every other server as the member the API has for them. */
export const baseInstructionsPlace = (provider: ModelProvider): 'instructions' | 'developer' =>
  provider.baseInstructions ?? (provider.id === 'openai' ? 'developer' : 'instructions');

/** Azure-style endpoints want responses to be stored. */
const azureMarks = ['openai.azure.', 'cognitiveservices.azure.', 'aoai.azure.', 'azure-api.', 'azurefd.', 'windows.net/openai'];

export function isAzure(provider: Pick<ModelProvider, 'name' | 'baseUrl'>): boolean {
  if (provider.name.toLowerCase() === 'azure') return true;
  const url = provider.baseUrl?.toLowerCase() ?? '';
  return azureMarks.some((mark) => url.includes(mark));
}

/** The address of the `responses` resource; without a `baseUrl` the vendor's. */
export function responsesUrl(baseUrl: string | undefined, queryParams: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams({ ...queryParams }).toString();
  return `${(baseUrl ?? vendorBaseUrl).replace(/\/+$/, '')}/responses${query === '' ? '' : `?${query}`}`;
}
