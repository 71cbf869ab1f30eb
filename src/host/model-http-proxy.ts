/** Requests through HTTP proxies, on undici: the module that loads it is only loaded when a proxy is configured. */
import { type Dispatcher, ProxyAgent } from 'undici';
import { abortReason } from '../base/abort.ts';
import { errnoOf, messageOf } from '../base/errors.ts';
import { TransportError, type TransportRequest, type TransportResponse } from '../base/http-transport.ts';
import { trustedCertificates } from './trusted-certificates.ts';

export interface ProxyTransport {
  /** As `HttpTransport.request`, by way of the proxy at address `proxy`. */
  request(request: TransportRequest, proxy: string, signal: AbortSignal): Promise<TransportResponse>;
  close(): Promise<void>;
}

export function createProxyTransport(env: Readonly<Record<string, string | undefined>>): ProxyTransport {
  const agents = new Map<string, Promise<ProxyAgent>>();
  const open = async (proxy: string): Promise<ProxyAgent> => {
    const found = await trustedCertificates(env);
    const tls = found === undefined ? {} : { ca: [...found] };
    // Silence is limited by whoever reads the stream, not here.
    return new ProxyAgent({ uri: proxy, requestTls: tls, proxyTls: tls, headersTimeout: 0, bodyTimeout: 0 });
  };
  return {
    async request(request, proxy, signal) {
      const agent = agents.get(proxy) ?? open(proxy);
      agents.set(proxy, agent);
      const { origin, pathname, search } = new URL(request.url);
      try {
        const response = await (await agent).request({
          origin,
          path: `${pathname}${search}`,
          method: request.method,
          headers: request.headers,
          body: request.body ?? null,
          signal,
        });
        return responseOf(response, signal);
      } catch (error) {
        if (signal.aborted) throw abortReason(signal);
        throw new TransportError(/CERT|SELF_SIGNED|UNABLE_TO_/.test(errnoOf(error) ?? '') ? 'certificate' : 'connect', messageOf(error), {
          cause: error,
        });
      }
    },
    async close() {
      for (const agent of agents.values()) await (await agent.catch(() => undefined))?.destroy();
      agents.clear();
    },
  };
}

function responseOf({ statusCode, headers, body }: Dispatcher.ResponseData, signal: AbortSignal): TransportResponse {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  // Without a listener a connection that breaks before anyone reads would end the process.
  body.on('error', () => {});
  return {
    status: statusCode,
    headers: flat,
    abandon: () => body.destroy(),
    read: (onChunk) =>
      new Promise<void>((resolve, reject) => {
        body.on('data', (chunk: Buffer) => {
          try {
            if (onChunk(chunk)) return;
            resolve();
          } catch (error) {
            reject(error);
          }
          body.destroy();
        });
        body.on('end', resolve);
        const broke = (cause: unknown) =>
          reject(signal.aborted ? abortReason(signal) : new TransportError('body', messageOf(cause), { cause }));
        body.on('error', broke);
        body.on('close', () => broke(new Error('the connection closed within the response')));
      }),
  };
}
