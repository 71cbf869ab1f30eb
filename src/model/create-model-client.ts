/** Turns a provider's row into a `ModelClient`: address, credentials and limits, looked up when they are needed. */
import type { HttpTransport } from '../base/http-transport.ts';
import { type ModelClient, ModelError } from './model-client.ts';
import { baseInstructionsPlace, isAzure, type ModelProvider, rehearsalProviderId, responsesUrl } from './providers.ts';
import { createResponsesClient, type Endpoint, type ResponsesApiOptions } from './responses-api.ts';
import { retryLimit } from './retry.ts';

/** Names the script the rehearsal model plays when its row names none. */
const scriptVariable = 'SWITCHYARD_REHEARSAL_SCRIPT';

export interface ModelClientDeps {
  readonly transport: HttpTransport;
  /** The variables keys and headers are taken from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The account's key, or what the provider's own command prints; asked for each request of a provider that uses it. */
  readonly apiKey?: () => Promise<string | undefined> | string | undefined;
  /** Headers of every request of this client, e.g. `originator` and `user-agent`. */
  readonly clientHeaders?: Readonly<Record<string, string>>;
  /** Starts the built-in rehearsal server on first use and tells how to reach it. Absent: that provider is refused. */
  readonly rehearsal?: (script: string | undefined) => Promise<{ readonly baseUrl: string; readonly token: string }>;
  readonly timing?: Pick<ResponsesApiOptions, 'nowMs' | 'random' | 'pause'>;
}

/** A client for `provider`. Makes no request and opens nothing; a missing key or variable fails the request that needs it. */
export function createModelClient(provider: ModelProvider, deps: ModelClientDeps): ModelClient {
  return createResponsesClient({
    providerId: provider.id,
    transport: deps.transport,
    endpoint: () => endpointOf(provider, deps),
    body: { baseInstructions: baseInstructionsPlace(provider), store: isAzure(provider) },
    requestMaxRetries: retryLimit(provider.requestMaxRetries, 4),
    streamMaxRetries: retryLimit(provider.streamMaxRetries, 5),
    streamIdleTimeoutMs: provider.streamIdleTimeoutMs,
    ...(deps.clientHeaders === undefined ? {} : { clientHeaders: deps.clientHeaders }),
    ...deps.timing,
  });
}

async function endpointOf(provider: ModelProvider, deps: ModelClientDeps): Promise<Endpoint> {
  if (provider.id === rehearsalProviderId && provider.baseUrl === undefined) {
    if (!deps.rehearsal) throw refused('The rehearsal model is not available here.');
    const { baseUrl, token } = await deps.rehearsal(provider.script ?? deps.env[scriptVariable]);
    return { url: responsesUrl(baseUrl, {}), headers: { authorization: `Bearer ${token}` } };
  }
  const url = responsesUrl(provider.baseUrl, provider.queryParams);
  const key = await keyOf(provider, deps, url);
  return {
    url,
    headers: { ...headersOf(provider, deps.env), ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
  };
}

const refused = (message: string) => new ModelError(message, { info: 'other', retry: 'never' });

const filled = (value: string | undefined): value is string => value !== undefined && value.trim() !== '';

async function keyOf(provider: ModelProvider, deps: ModelClientDeps, url: string): Promise<string | undefined> {
  if (provider.envKey !== undefined) {
    const key = deps.env[provider.envKey];
    if (filled(key)) return key.trim();
    const hint = provider.envKeyInstructions === undefined ? '' : ` ${provider.envKeyInstructions}`;
    throw refused(`Missing environment variable: \`${provider.envKey}\`.${hint}`);
  }
  if (filled(provider.bearerToken)) return provider.bearerToken.trim();
  if (!provider.requiresOpenaiAuth && provider.authCommand === undefined) return undefined;
  const key = await deps.apiKey?.();
  if (filled(key)) return key.trim();
  if (!provider.requiresOpenaiAuth) return undefined;
  throw new ModelError(
    `unexpected status 401 Unauthorized: Missing bearer or basic authentication in header, url: ${url}. ` +
      'Log in, set OPENAI_API_KEY or CODEX_API_KEY, choose a provider in config.toml, ' +
      'or set model_provider = "rehearsal" to try everything without a key.',
    { info: { httpConnectionFailed: { httpStatusCode: 401 } }, retry: 'never', httpStatus: 401 },
  );
}

function headersOf(provider: ModelProvider, env: ModelClientDeps['env']): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(provider.httpHeaders)) headers[name.toLowerCase()] = value;
  for (const [name, variable] of Object.entries(provider.envHttpHeaders)) {
    const value = env[variable];
    if (filled(value)) headers[name.toLowerCase()] = value;
  }
  return headers;
}
