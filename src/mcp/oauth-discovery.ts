/** Finding the authorization server of an MCP server, in a fixed order and never across borders that a stranger names. */
import { messageOf } from '../base/errors.ts';
import { type BearerChallenge, bearerChallenge } from './challenge.ts';
import { headersOf } from './http-body.ts';
import { acceptableEndpoint, type OAuthHttp, oauthRequest } from './oauth-http.ts';

export interface AuthorizationServer {
  /** It describes itself; false: all is guessed. */
  readonly documented: boolean;
  /** Undefined: nothing was published, and the endpoints are guesses. */
  readonly issuer: string | undefined;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly registrationEndpoint: string | undefined;
  readonly scopes: readonly string[];
  /** Undefined: it does not say. */
  readonly challengeMethods: readonly string[] | undefined;
  readonly issInResponse: boolean;
  readonly clientDocuments: boolean;
}

export interface Discovery {
  readonly server: AuthorizationServer;
  readonly challenge: BearerChallenge | undefined;
  readonly resourceScopes: readonly string[];
  /** Somebody published something; false: all is guessed. */
  readonly published: boolean;
}

export interface DiscoveryRequest extends OAuthHttp {
  /** Of the configuration; they go to the server's own origin and nowhere else. */
  readonly headers: ReadonlyMap<string, string>;
}

type Json = Readonly<Record<string, unknown>>;

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const textsOf = (value: unknown): string[] | undefined =>
  Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : undefined;
const version = ['mcp-protocol-version', '2024-11-05'] as const;
const pathOf = ({ pathname }: URL): string => (pathname === '/' ? '' : pathname.replace(/\/$/, ''));

/** Rejects when what is published contradicts itself or breaks a limit. */
export async function discover(request: DiscoveryRequest, signal: AbortSignal): Promise<Discovery> {
  const own = new URL(request.serverUrl);
  const challenge = await challengeOf(request, signal);
  const resource = await resourceMetadata(request, challenge, signal);
  const resourceScopes = textsOf(resource?.scopes_supported) ?? [];
  for (const listed of textsOf(resource?.authorization_servers) ?? []) {
    if (!acceptableEndpoint(listed, request.serverUrl)) continue;
    const server = await metadataOf(request, new URL(listed), signal);
    if (server) return { server, challenge, resourceScopes, published: true };
  }
  const server = await metadataOf(request, own, signal);
  if (server) return { server, challenge, resourceScopes, published: true };
  return { server: guessed(own), challenge, resourceScopes, published: resource !== undefined };
}

const guessed = ({ origin }: URL): AuthorizationServer => ({
  documented: false,
  issuer: undefined,
  authorizationEndpoint: `${origin}/authorize`,
  tokenEndpoint: `${origin}/token`,
  registrationEndpoint: `${origin}/register`,
  scopes: [],
  challengeMethods: undefined,
  issInResponse: false,
  clientDocuments: false,
});

const ownHeaders = (request: DiscoveryRequest, url: string): (readonly [string, string])[] => [
  ...(new URL(url).origin === new URL(request.serverUrl).origin ? request.headers : []),
  version,
];

async function challengeOf(request: DiscoveryRequest, signal: AbortSignal): Promise<BearerChallenge | undefined> {
  const url = request.serverUrl;
  const { response } = await oauthRequest(request, { method: 'GET', url, headers: ownHeaders(request, url) }, signal);
  return response.status === 401 ? bearerChallenge(headersOf(response, 'www-authenticate')) : undefined;
}

/** The document at `url`; undefined when there is none. Only limits and the network make it reject. */
async function document(request: DiscoveryRequest, url: string, signal: AbortSignal): Promise<Json | undefined> {
  const { status, json } = await oauthRequest(request, { method: 'GET', url, headers: ownHeaders(request, url) }, signal);
  return status === 200 ? json : undefined;
}

async function resourceMetadata(
  request: DiscoveryRequest,
  challenge: BearerChallenge | undefined,
  signal: AbortSignal,
): Promise<Json | undefined> {
  const own = new URL(request.serverUrl);
  const path = pathOf(own);
  const name = '/.well-known/oauth-protected-resource';
  const named = challenge?.resourceMetadata;
  const urls = [`${own.origin}${name}${path}`, `${own.origin}${path}${name}`, `${own.origin}${name}`];
  // Another origin's word about this server counts for nothing.
  if (named !== undefined && URL.canParse(named) && new URL(named).origin === own.origin) urls.unshift(named);
  for (const url of new Set(urls)) {
    const json = await document(request, url, signal);
    if (!json) continue;
    checkResource(textOf(json.resource), request.serverUrl);
    return json;
  }
  return undefined;
}

function checkResource(resource: string | undefined, serverUrl: string): void {
  if (resource === undefined) return;
  const mismatch = new Error(`Protected resource metadata resource mismatch: reference '${serverUrl}', permitted '${resource}'`);
  if (!URL.canParse(resource)) throw mismatch;
  const [permitted, own] = [new URL(resource), new URL(serverUrl)];
  const within = own.pathname === permitted.pathname || own.pathname.startsWith(`${pathOf(permitted)}/`);
  if (permitted.origin !== own.origin || !within) throw mismatch;
}

async function metadataOf(request: DiscoveryRequest, issuer: URL, signal: AbortSignal): Promise<AuthorizationServer | undefined> {
  const path = pathOf(issuer);
  const { origin } = issuer;
  const oauth = '/.well-known/oauth-authorization-server';
  const openid = '/.well-known/openid-configuration';
  const urls = [`${origin}${oauth}${path}`, `${origin}${openid}${path}`, `${origin}${path}${openid}`, `${origin}${oauth}`];
  for (const url of new Set(urls)) {
    const json = await document(request, url, signal);
    const server = json && readMetadata(json, origin, request.serverUrl);
    if (server) return server;
  }
  return undefined;
}

function readMetadata(json: Json, origin: string, serverUrl: string): AuthorizationServer | undefined {
  const issuer = textOf(json.issuer);
  const endpoint = (member: string): string | undefined => {
    const url = textOf(json[member]);
    if (url === undefined) return undefined;
    if (!acceptableEndpoint(url, serverUrl)) throw new Error(`the authorization server names a ${member} that must not be used`);
    return new URL(url).href;
  };
  const [authorizationEndpoint, tokenEndpoint] = [endpoint('authorization_endpoint'), endpoint('token_endpoint')];
  if (authorizationEndpoint === undefined || tokenEndpoint === undefined) return undefined;
  if (issuer !== undefined && (!URL.canParse(issuer) || new URL(issuer).origin !== origin))
    throw new Error('OAuth authorization server issuer does not match authorization metadata origin');
  const methods = textsOf(json.token_endpoint_auth_methods_supported);
  return {
    documented: true,
    issuer,
    authorizationEndpoint,
    tokenEndpoint,
    registrationEndpoint: endpoint('registration_endpoint'),
    scopes: textsOf(json.scopes_supported) ?? [],
    challengeMethods: textsOf(json.code_challenge_methods_supported),
    issInResponse: json.authorization_response_iss_parameter_supported === true,
    clientDocuments: json.client_id_metadata_document_supported === true && (methods?.includes('none') ?? false),
  };
}

/** What `authStatus` needs to know; never rejects. */
export async function probe(request: DiscoveryRequest, signal: AbortSignal): Promise<'published' | 'none' | { readonly failed: string }> {
  try {
    return (await discover(request, signal)).published ? 'published' : 'none';
  } catch (error) {
    return { failed: messageOf(error) };
  }
}
