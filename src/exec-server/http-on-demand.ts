/** The executor's HTTP client, loaded with the first request: most sessions make none. */
import type { HostHttpClient } from '../host/http-types.ts';

/** `env` names proxies and further certificate authorities. */
export function httpOnDemand(env: Readonly<Record<string, string>>): HostHttpClient {
  let loading: Promise<HostHttpClient> | undefined;
  let loaded: HostHttpClient | undefined;
  let closed = false;
  const load = async () => {
    const { createHttpClient } = await import('../host/http.ts');
    loaded = createHttpClient({ env });
    // Whoever asks a closed client is told so by it.
    if (closed) await loaded.close();
    return loaded;
  };
  return {
    request: async (request, signal) => {
      loading ??= load();
      return (loaded ?? (await loading)).request(request, signal);
    },
    close: async () => {
      closed = true;
      await loaded?.close();
    },
  };
}
