/** Requests to authorization servers: bounded, not redirected, and only to addresses that such servers may have. */
import type { HttpClient, HttpResponse } from '../environment/environment.ts';
import { BodyTooLarge, readBody } from './http-body.ts';

export const longestOAuthBody = 1_048_576;
const requestMs = 30_000;

export interface OAuthAnswer {
  readonly status: number;
  readonly response: HttpResponse;
  /** Decoded JSON; undefined when the body is none. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
}

export interface OAuthRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: { readonly type: string; readonly text: string };
  readonly timeoutMs?: number;
}

export interface OAuthHttp {
  readonly http: HttpClient;
  readonly userAgent: string;
}

/** Rejects when nobody answers in time or the body is longer than a mebibyte. A redirect is an answer like any other. */
export async function oauthRequest({ http, userAgent }: OAuthHttp, request: OAuthRequest, signal: AbortSignal): Promise<OAuthAnswer> {
  const { body } = request;
  const headers: (readonly [string, string])[] = [
    ['accept', 'application/json'],
    ['user-agent', userAgent],
    ...(request.headers ?? []),
    ...(body ? [['content-type', body.type] as const] : []),
  ];
  const limited = AbortSignal.any([signal, AbortSignal.timeout(request.timeoutMs ?? requestMs)]);
  const sent = { method: request.method, url: request.url, headers, redirect: 'manual' as const };
  const response = await http.request({ ...sent, ...(body ? { body: Buffer.from(body.text) } : {}) }, limited);
  let text: string;
  try {
    text = (await readBody(response, longestOAuthBody)).toString('utf8');
  } catch (error) {
    if (error instanceof BodyTooLarge) throw new Error(`OAuth HTTP response body exceeds ${longestOAuthBody} bytes`);
    throw error;
  }
  return { status: response.status, response, json: parsed(text) };
}

function parsed(text: string): OAuthAnswer['json'] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

const numericV4 = /^\d{1,3}(\.\d{1,3}){3}$/;
const loopbackV4 = /^127(\.\d{1,3}){3}$/;

export const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || hostname === '::1' || loopbackV4.test(hostname);

/** Private, link-local, shared, multicast and unspecified addresses: none that a stranger may send us to. */
function isInternal(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (host.includes(':')) return !/^[23]/.test(host) || host.startsWith('2002:') || host.startsWith('2001:0:');
  if (!numericV4.test(host)) return host === 'localhost' || host.endsWith('.localhost') || host.endsWith('.internal');
  const [a = 0, b = 0] = host.split('.').map(Number);
  if (a === 0 || a === 10 || a === 127 || a >= 224) return true;
  return (a === 100 && b >= 64 && b < 128) || (a === 169 && b === 254) || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168);
}

/** True for an address that may be asked or opened on behalf of the server at `serverUrl`. */
export function acceptableEndpoint(url: string, serverUrl: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, username, password, hash, origin } = new URL(url);
  if (username !== '' || password !== '' || hash !== '') return false;
  const server = new URL(serverUrl);
  if (origin === server.origin && protocol === 'https:') return true;
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback(hostname))) return false;
  return !isInternal(hostname) || isInternal(server.hostname);
}
