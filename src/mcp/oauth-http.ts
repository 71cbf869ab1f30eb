/** Requests to authorization servers: bounded, not redirected, and only to addresses that such servers may have. */
import { isInternalAddress } from '../environment/addresses.ts';
import type { HttpClient, HttpResponse } from '../environment/environment.ts';
import { BodyTooLarge, headerOf, readBody } from './http-body.ts';

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
  /** The configured server: other origins are named by strangers and may not lead into a network that it is not in itself. */
  readonly serverUrl: string;
}

/** Rejects when nobody answers in time or the body is longer than a mebibyte. A redirect is an answer like any other. */
export async function oauthRequest(
  { http, userAgent, serverUrl }: OAuthHttp,
  request: OAuthRequest,
  signal: AbortSignal,
): Promise<OAuthAnswer> {
  const { body, timeoutMs = requestMs } = request;
  const headers: (readonly [string, string])[] = [
    ['accept', 'application/json'],
    ['user-agent', userAgent],
    ...(request.headers ?? []),
    ...(body ? [['content-type', body.type] as const] : []),
  ];
  const enough = new AbortController();
  const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs), enough.signal]);
  const [server, target] = [new URL(serverUrl), new URL(request.url)];
  const sent = {
    ...{ method: request.method, url: request.url, headers, redirect: 'manual' as const, timeoutMs },
    ...(target.origin === server.origin ? {} : { publicUnless: server.hostname }),
  };
  const response = await http.request({ ...sent, ...(body ? { body: Buffer.from(body.text) } : {}) }, limited);
  // An MCP server that needs no credentials answers with a stream that does not end.
  if (headerOf(response, 'content-type')?.startsWith('text/event-stream')) {
    enough.abort();
    return { status: response.status, response, json: undefined };
  }
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

const loopbackV4 = /^127(\.\d{1,3}){3}$/;

export const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || hostname === '::1' || loopbackV4.test(hostname);

/** Addresses inside a network, and names that can only be ones: none that a stranger may send us to. */
function isInternal(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  return host === 'localhost' || host.endsWith('.localhost') || host.endsWith('.internal') || isInternalAddress(host);
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
