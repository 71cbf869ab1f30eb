/**
 * The only cookies that requests made for others carry: those with which the vendor's edge keeps a client on one of its machines.
 * Everything else a server wants kept is forgotten. Nothing is written to disk.
 */
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

interface Kept {
  readonly name: string;
  readonly value: string;
  /** The host it belongs to, and with `below` the hosts below that. */
  readonly domain: string;
  readonly below: boolean;
  readonly path: string;
  readonly expiresMs: number;
}

const allowedHost = (host: string): boolean => hosts.has(host) || parents.some((parent) => host.endsWith(parent));
const allowedName = (name: string): boolean => names.has(name) || name.startsWith(namePrefix);

/** Undefined: no cookie goes there. */
function placeOf(address: string): URL | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url?.protocol === 'https:' && allowedHost(url.hostname) ? url : undefined;
}

const belongs = ({ domain, below }: Kept, host: string): boolean => host === domain || (below && host.endsWith(`.${domain}`));
const covers = (path: string, asked: string): boolean =>
  asked === path || (asked.startsWith(path) && (path.endsWith('/') || asked[path.length] === '/'));

export class AffinityCookies {
  readonly #nowMs: () => number;
  /** By name, host and path. */
  readonly #kept = new Map<string, Kept>();

  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  /** The request with what belongs to its address. One that brings a cookie of its own stays as it is. */
  applied(request: HttpRequest): HttpRequest {
    const url = placeOf(request.url);
    if (!url || this.#kept.size === 0 || request.headers.some(([name]) => name.toLowerCase() === 'cookie')) return request;
    const nowMs = this.#nowMs();
    const fitting = [...this.#kept.values()].filter(
      (kept) => kept.expiresMs > nowMs && belongs(kept, url.hostname) && covers(kept.path, url.pathname),
    );
    if (fitting.length === 0) return request;
    const value = fitting.map((kept) => `${kept.name}=${kept.value}`).join('; ');
    return { ...request, headers: [...request.headers, ['cookie', value]] };
  }

  /** Keeps what the answer to a request for `address` sets, as far as it may be kept. */
  take(address: string, { headers }: Pick<HttpResponse, 'headers'>): void {
    const url = placeOf(address);
    if (!url) return;
    for (const [header, line] of headers) {
      if (header.toLowerCase() !== 'set-cookie' || line.length > longestCookie) continue;
      const kept = this.#read(line, url);
      if (kept) this.#keep(kept);
    }
  }

  #keep(kept: Kept): void {
    const key = JSON.stringify([kept.name, kept.domain, kept.path]);
    this.#kept.delete(key);
    if (kept.expiresMs <= this.#nowMs()) return;
    this.#kept.set(key, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > mostCookies && oldest !== undefined) this.#kept.delete(oldest);
  }

  #read(line: string, url: URL): Kept | undefined {
    const [pair = '', ...rest] = line.split(';');
    const at = pair.indexOf('=');
    const [name, value] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
    if (at < 1 || !allowedName(name) || !/^[\u0021-\u007e]*$/.test(value)) return undefined;
    const attributes = new Map(rest.map((attribute) => attributeOf(attribute)));
    const named = attributes.get('domain')?.replace(/^\./, '').toLowerCase();
    const below = named !== undefined && named !== '';
    const domain = below ? named : url.hostname;
    if (!allowedHost(domain) || (url.hostname !== domain && !url.hostname.endsWith(`.${domain}`))) return undefined;
    const path = attributes.get('path');
    return {
      name,
      value,
      domain,
      below,
      path: path?.startsWith('/') ? path : directoryOf(url.pathname),
      expiresMs: this.#expiry(attributes),
    };
  }

  #expiry(attributes: ReadonlyMap<string, string>): number {
    const age = attributes.get('max-age');
    if (age !== undefined && /^-?\d+$/.test(age)) return this.#nowMs() + Number(age) * 1000;
    const expires = Date.parse(attributes.get('expires') ?? '');
    return Number.isNaN(expires) ? Number.POSITIVE_INFINITY : expires;
  }
}

function attributeOf(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  return at === -1 ? [text.trim().toLowerCase(), ''] : [text.slice(0, at).trim().toLowerCase(), text.slice(at + 1).trim()];
}

/** Where a cookie without a path holds. */
const directoryOf = (pathname: string): string => pathname.slice(0, Math.max(1, pathname.lastIndexOf('/')));
