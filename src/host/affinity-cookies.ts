/**
 * The only cookies that requests made for others carry: those with which the vendor's edge keeps a client on one of its machines.
 * Everything else a server wants kept is forgotten. Nothing is written to disk, and no jar is made before there is something for it.
 */
import type { CookieJar } from 'tough-cookie';
import type { HttpRequest, HttpResponse } from './http-types.ts';

const hosts = new Set(['chatgpt.com', 'chat.openai.com', 'chatgpt-staging.com']);
const parents = ['.chatgpt.com', '.chatgpt-staging.com'];
const names = new Set([
  '__cf_bm',
  '__cflb',
  '__cfruid',
  '__cfseq',
  '__cfwaitingroom',
  '_cfuvid',
  'cf_clearance',
  'cf_ob_info',
  'cf_use_ob',
]);
const namePrefix = 'cf_chl_';
const mostCookies = 64;
const longestCookie = 4096;

const allowedHost = (host: string): boolean => hosts.has(host) || parents.some((parent) => host.endsWith(parent));
const allowedName = (name: string): boolean => names.has(name) || name.startsWith(namePrefix);

/** Cookies go there and come from there. */
function allowedPlace(address: string): boolean {
  // Most calls are told apart by the first letters.
  const url = /^https:/i.test(address) && URL.canParse(address) ? new URL(address) : undefined;
  return url !== undefined && allowedHost(url.hostname);
}

export class AffinityCookies {
  #jar: Promise<CookieJar> | undefined;

  /** The request with what belongs to its address. One that brings a cookie of its own stays as it is. */
  async applied(request: HttpRequest): Promise<HttpRequest> {
    if (!this.#jar || !allowedPlace(request.url) || request.headers.some(([name]) => name.toLowerCase() === 'cookie')) return request;
    const cookies = await (await this.#jar).getCookies(request.url);
    const value = cookies
      .filter(({ key }) => allowedName(key))
      .map((cookie) => cookie.cookieString())
      .join('; ');
    return value === '' ? request : { ...request, headers: [...request.headers, ['cookie', value]] };
  }

  /** Keeps what the answer to a request for `address` sets, as far as it may be kept. Never rejects. */
  async take(address: string, { headers }: Pick<HttpResponse, 'headers'>): Promise<void> {
    if (!allowedPlace(address)) return;
    const lines = headers.flatMap(([name, line]) => (name.toLowerCase() === 'set-cookie' && line.length <= longestCookie ? [line] : []));
    if (lines.length > 0) await this.#keep(address, lines);
  }

  async #keep(address: string, lines: readonly string[]): Promise<void> {
    const { Cookie, CookieJar } = await import('tough-cookie');
    this.#jar ??= Promise.resolve(new CookieJar());
    const jar = await this.#jar;
    for (const line of lines) {
      const cookie = Cookie.parse(line);
      if (!cookie || !allowedName(cookie.key) || !/^[\u0021-\u007e]*$/.test(cookie.value)) continue;
      if (cookie.domain !== null && !allowedHost(cookie.domain)) continue;
      // Losing an affinity costs nothing; memory without end would.
      if ((await jar.store.getAllCookies()).length >= mostCookies) await jar.removeAllCookies();
      await jar.setCookie(cookie, address, { ignoreError: true });
    }
  }
}
