/** The model providers a configuration offers: the built-in ones and those of `[model_providers]`. */
import type { ConfigToml, ProviderToml } from './schema.ts';

export interface ProviderSettings {
  readonly id: string;
  readonly name: string;
  /** Undefined: the vendor's own address. */
  readonly baseUrl: string | undefined;
  /** The variable that holds the key. */
  readonly envKey: string | undefined;
  readonly envKeyInstructions: string | undefined;
  /** A secret: never logged and never shown. */
  readonly bearerToken: string | undefined;
  readonly authCommand:
    | { readonly command: string; readonly args: readonly string[]; readonly timeoutMs: number; readonly cwd: string | undefined }
    | undefined;
  readonly queryParams: Readonly<Record<string, string>>;
  readonly httpHeaders: Readonly<Record<string, string>>;
  /** Header name to variable name. */
  readonly envHttpHeaders: Readonly<Record<string, string>>;
  readonly requestMaxRetries: number;
  readonly streamMaxRetries: number;
  readonly streamIdleTimeoutMs: number;
  readonly requiresOpenaiAuth: boolean;
  readonly supportsWebsockets: boolean;
  readonly builtIn: boolean;
}

/** What the embedded rehearsal model is chosen by. */
export const rehearsalProviderId = 'rehearsal';

const builtIn: Readonly<Record<string, ProviderToml & { name: string }>> = {
  openai: { name: 'OpenAI', requires_openai_auth: true, supports_websockets: true },
  'amazon-bedrock': { name: 'Amazon Bedrock', aws: {} },
  ollama: { name: 'gpt-oss', base_url: 'http://localhost:11434/v1' },
  lmstudio: { name: 'gpt-oss', base_url: 'http://localhost:1234/v1' },
  [rehearsalProviderId]: { name: 'Rehearsal' },
};

export const isReservedProvider = (id: string): boolean => Object.hasOwn(builtIn, id);

/** The largest number of retries that a file may ask for. */
const maxRetries = 100;

function settingsOf(id: string, provider: ProviderToml, overrides: { baseUrl?: string | undefined; builtIn: boolean }): ProviderSettings {
  const { auth } = provider;
  return {
    id,
    name: provider.name ?? id,
    baseUrl: overrides.baseUrl ?? provider.base_url,
    envKey: provider.env_key,
    envKeyInstructions: provider.env_key_instructions,
    bearerToken: provider.experimental_bearer_token,
    authCommand: auth && { command: auth.command, args: auth.args ?? [], timeoutMs: auth.timeout_ms ?? 5000, cwd: auth.cwd },
    queryParams: provider.query_params ?? {},
    httpHeaders: provider.http_headers ?? {},
    envHttpHeaders: provider.env_http_headers ?? {},
    requestMaxRetries: Math.min(provider.request_max_retries ?? 4, maxRetries),
    streamMaxRetries: Math.min(provider.stream_max_retries ?? 5, maxRetries),
    streamIdleTimeoutMs: provider.stream_idle_timeout_ms ?? 300_000,
    requiresOpenaiAuth: provider.requires_openai_auth ?? false,
    supportsWebsockets: provider.supports_websockets ?? false,
    builtIn: overrides.builtIn,
  };
}

/** Every provider by id. Local ones follow `CODEX_OSS_BASE_URL` and `CODEX_OSS_PORT` when these are set. */
export function providersOf(config: ConfigToml, env: Readonly<Record<string, string | undefined>>): ReadonlyMap<string, ProviderSettings> {
  const oss =
    env.CODEX_OSS_BASE_URL?.trim() || (env.CODEX_OSS_PORT?.trim() ? `http://localhost:${env.CODEX_OSS_PORT.trim()}/v1` : undefined);
  const baseUrls: Record<string, string | undefined> = { openai: config.openai_base_url, ollama: oss, lmstudio: oss };
  const entries = Object.entries(builtIn).map(
    ([id, provider]) => [id, settingsOf(id, provider, { baseUrl: baseUrls[id], builtIn: true })] as const,
  );
  const own = Object.entries(config.model_providers ?? {}).map(
    ([id, provider]) => [id, settingsOf(id, provider, { builtIn: false })] as const,
  );
  return new Map([...entries, ...own]);
}
