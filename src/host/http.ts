/** Outbound HTTP with headers exactly as given and received, and the body as it arrives. */
import type { Agent, Dispatcher, ProxyAgent } from 'undici';
import { abortReason, throwIfAborted } from '../base/abort.ts';
import { invalidParams } from '../base/errors.ts';
import { namesInternalHost, publicLookup, refuseInternalLiteral } from './addresses.ts';
import { AffinityCookies } from './affinity-cookies.ts';
import { type HostHttpClient, type HttpRequest, type HttpResponse, RedirectRefused } from './http-types.ts';
import type { PlainHttp } from './plain-http.ts';
import { proxyFor } from './proxy-choice.ts';

type Headers = HttpRequest['headers'];

const maxRedirects = 10;
/** What a host must not learn because it was meant for another. */
const secretHeaders = new Set(['authorization', 'cookie', 'cookie2', 'proxy-authorization', 'www-authenticate']);
const bodyHeaders = new Set(['content-length', 'content-type', 'content-encoding', 'transfer-encoding']);
/** Set by whoever frames the message. */
const framingHeaders = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive']);

/** `env` names proxies and further certificate authorities. Nothing is loaded or opened before the first request. */
export function createHttpClient(options: { env: Readonly<Record<string, string | undefined>> }): HostHttpClient {
  const connections = new Connections(options.env);
  const cookies = new AffinityCookies();
  return {
    async request(request, signal) {
      let current = withUrlCredentials(withSecrets(request, options.env));
      for (let redirects = 0; ; redirects += 1) {
        throwIfAborted(signal);
        const response = await connections.send(await cookies.applied(current), signal);
        await cookies.take(current.url, response);
        const location = request.redirect === 'manual' ? undefined : redirectTarget(current, response);
        if (!location) return response;
        await discard(response);
        const next = redirected(current, response.status, location);
        if (redirects === maxRedirects) throw new RedirectRefused('too many redirects');
        current = next;
      }
    },
    close: () => connections.close(),
  };
}

/** Throws when a variable is missing. */
function withSecrets(request: HttpRequest, env: Readonly<Record<string, string | undefined>>): HttpRequest {
  const { secretHeaders = [] } = request;
  if (secretHeaders.length === 0) return request;
  const secret = secretHeaders.map(({ name, prefix, variable }): readonly [string, string] => {
    const value = env[variable];
    if (value === undefined) throw invalidParams(`http/request header ${name} requires environment variable ${variable}`);
    return [name, `${prefix}${value}`];
  });
  return { ...request, headers: [...request.headers, ...secret], secretHeaders: [] };
}

/** Kept connections: for plain direct requests, for secure ones, and for each proxy. */
class Connections {
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #opened = new Map<string, Promise<Agent | ProxyAgent>>();
  #plain: PlainHttp | undefined;
  #closed = false;

  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#env = env;
  }

  async send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    if (this.#closed) throw new Error('the HTTP client is closed');
    const proxy = proxyFor(request.url, this.#env);
    const named = request.headers.flatMap(([name, value]) => {
      const lower = name.toLowerCase();
      return framingHeaders.has(lower) ? [] : [[lower, value] as const];
    });
    const clean = { ...request, headers: named };
    const { publicUnless } = request;
    const guarded = publicUnless !== undefined && !(await namesInternalHost(publicUnless, signal));
    if (guarded) refuseInternalLiteral(new URL(request.url).hostname);
    // Behind a proxy the names are not ours to resolve.
    if (proxy !== undefined || guarded || !isPlain(clean)) return send(clean, await this.#to(request.url, { proxy, guarded }), signal);
    this.#plain ??= await this.#openPlain();
    return this.#plain.send(clean, signal);
  }

  #to(url: string, { proxy, guarded }: { proxy: string | undefined; guarded: boolean }): Promise<Dispatcher> {
    // Proxies take plain requests as they are and let only secure ones through in a tunnel.
    const tunnel = url.startsWith('https:');
    const direct = guarded ? 'guarded' : '';
    const key = proxy === undefined ? direct : `${tunnel} ${proxy}`;
    const known = this.#opened.get(key);
    if (known) return known;
    const opened = proxy === undefined ? this.#openDirect(guarded) : this.#openProxy(proxy, tunnel);
    this.#opened.set(key, opened);
    return opened;
  }

  async #openPlain(): Promise<PlainHttp> {
    const { createPlainHttp } = await import('./plain-http.ts');
    if (this.#closed) throw new Error('the HTTP client is closed');
    return this.#plain ?? createPlainHttp();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#plain?.close();
    await Promise.allSettled([...this.#opened.values()].map(async (opened) => (await opened).destroy()));
  }

  async #openDirect(guarded: boolean): Promise<Agent> {
    const [undici, tls] = await Promise.all([import('undici'), this.#tls()]);
    return new undici.Agent({ connect: { ...tls, ...(guarded && { lookup: publicLookup }) }, ...patience });
  }

  async #openProxy(uri: string, proxyTunnel: boolean): Promise<ProxyAgent> {
    const [undici, tls] = await Promise.all([import('undici'), this.#tls()]);
    return new undici.ProxyAgent({ uri, proxyTunnel, requestTls: tls, proxyTls: tls, ...patience });
  }

  async #tls(): Promise<{ ca?: string[] }> {
    // With it comes Node's TLS, which plain requests do without.
    const { trustedCertificates } = await import('./trusted-certificates.ts');
    const certificates = await trustedCertificates(this.#env);
    return certificates === undefined ? {} : { ca: [...certificates] };
  }
}

/** Silence is limited by whoever asked, not here. */
const patience = { headersTimeout: 0, bodyTimeout: 0 };

/** What the module for plain requests takes; names of methods would lose their case there. */
function isPlain({ url, method }: HttpRequest): boolean {
  return url.startsWith('http:') && method === method.toUpperCase() && method !== 'CONNECT';
}

/** `request` names no framing headers. */
async function send(request: HttpRequest, dispatcher: Dispatcher, signal: AbortSignal): Promise<HttpResponse> {
  const { origin, pathname, search } = new URL(request.url);
  try {
    const response = await dispatcher.request({
      origin,
      path: `${pathname}${search}`,
      method: request.method,
      headers: request.headers.flat(),
      body: request.body ?? null,
      responseHeaders: 'raw',
      signal,
    });
    // Without a listener a connection that breaks before anyone reads would end the process.
    response.body.on('error', () => {});
    return { status: response.statusCode, headers: pairs(response.headers), body: bodyOf(response.body, signal) };
  } catch (error) {
    throw signal.aborted ? abortReason(signal) : error;
  }
}

/** Asked for raw, headers come as one list of names and values in turn, which the library's types do not say. */
function pairs(raw: unknown): Headers {
  if (!Array.isArray(raw)) return [];
  const result: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) result.push([String(raw[at]).toLowerCase(), String(raw[at + 1])]);
  return result;
}

async function* bodyOf(body: AsyncIterable<Buffer>, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    // Leaving the loop early ends the connection.
    for await (const chunk of body) yield chunk;
  } catch (error) {
    throw signal.aborted ? abortReason(signal) : error;
  }
}

async function discard(response: HttpResponse): Promise<void> {
  try {
    for await (const _ of response.body);
  } catch {
    // the next request says whether the server is there
  }
}

/** Name and password in the address travel as a header. */
function withUrlCredentials(request: HttpRequest): HttpRequest {
  if (!request.url.includes('@')) return request;
  const url = new URL(request.url);
  const { username, password } = url;
  if (username === '' && password === '') return request;
  url.username = '';
  url.password = '';
  const named = request.headers.some(([name]) => name.toLowerCase() === 'authorization');
  const basic = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  return { ...request, url: url.href, headers: named ? request.headers : [['authorization', `Basic ${basic}`], ...request.headers] };
}

/** Where a redirect leads; undefined when the response is none. */
function redirectTarget(request: HttpRequest, { status, headers }: HttpResponse): URL | undefined {
  const location = headers.find(([name]) => name === 'location')?.[1];
  if (location === undefined || ![301, 302, 303, 307, 308].includes(status) || !URL.canParse(location, request.url)) return undefined;
  return new URL(location, request.url);
}

/** 303 asks for something else to be looked at; of the older two this is only understood of a POST, by custom. */
const keepsMethodAt = (status: number, method: string): boolean =>
  status === 303 ? method === 'GET' || method === 'HEAD' : method !== 'POST' || status === 307 || status === 308;

/** The request that a redirect asks for. */
function redirected(request: HttpRequest, status: number, to: URL): HttpRequest {
  const scheme = to.protocol.slice(0, -1);
  if (scheme !== 'http' && scheme !== 'https') throw new RedirectRefused(`redirect target uses unsupported URL scheme: ${scheme}`);
  const from = new URL(request.url);
  const keepsMethod = keepsMethodAt(status, request.method);
  const kept = request.headers.filter(([name]) => {
    const lower = name.toLowerCase();
    return (
      lower !== 'host' &&
      lower !== 'referer' &&
      (to.host === from.host || !secretHeaders.has(lower)) &&
      (keepsMethod || !bodyHeaders.has(lower))
    );
  });
  const { body: _, ...rest } = request;
  // Another host need not learn what the address before it was.
  const referer = to.origin === from.origin ? [['referer', `${from.origin}${from.pathname}${from.search}`] as const] : [];
  return { ...(keepsMethod ? request : rest), url: to.href, method: keepsMethod ? request.method : 'GET', headers: [...referer, ...kept] };
}
