/** Signing in at an MCP server: discovery, registration, the user's browser, and tokens that are kept. */
import { createHash, randomBytes } from 'node:crypto';
import { abortable, withDeadline } from '../base/abort.ts';
import { uuidv7 } from '../base/ids.ts';
import { credentialKey } from './credentials.ts';
import { Callback, type CallbackResult, type CallbackSettings } from './oauth-callback.ts';
import { type AuthorizationServer, type Discovery, discover } from './oauth-discovery.ts';
import { oauthRequest } from './oauth-http.ts';
import { loginFrom, type TokenDeps } from './tokens.ts';

const defaultSeconds = 300;

export interface LoginRequest extends TokenDeps {
  readonly callback: CallbackSettings;
  /** Undefined: what the server asks for. */
  readonly scopes: readonly string[] | undefined;
  readonly configuredScopes: readonly string[] | undefined;
  readonly clientId: string | undefined;
  readonly registration: 'auto' | 'cimd' | 'dcr';
  readonly timeoutSeconds: number | undefined;
  /** Ends the login. */
  readonly signal: AbortSignal;
}

export interface StartedLogin {
  readonly loginId: string;
  readonly authorizationUrl: string;
  /** Settles when the tokens are kept; rejects with the sentence for the client. */
  readonly completed: Promise<void>;
}

interface Attempt {
  readonly server: AuthorizationServer;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly verifier: string;
  readonly scopes: readonly string[];
}

/** Rejects when there is nothing the user could open. The listener is closed when the login is over. */
export async function startLogin(request: LoginRequest): Promise<StartedLogin> {
  const discovery = await discover(request, request.signal);
  const { server } = discovery;
  if (server.challengeMethods !== undefined && !server.challengeMethods.includes('S256'))
    throw registrationFailure('Authorization server does not support the required PKCE code challenge method (S256)');
  const callback = await Callback.open(request.callback);
  try {
    const redirectUri = callback.redirectUri(request.serverUrl, server.issInResponse);
    const scopes = chosenScopes(request, discovery);
    const clientId = await clientFor(request, server, { redirectUri, scopes });
    const attempt: Attempt = { server, clientId, redirectUri, scopes, verifier: randomBytes(32).toString('base64url') };
    const state = randomBytes(16).toString('base64url');
    const answer = callback.expect({ state, issuer: server.issuer, issuerRequired: server.issInResponse });
    const completed = finish(request, attempt, answer).finally(() => callback.close());
    // Whoever started the login may not be waiting for its end.
    completed.catch(() => {});
    return { loginId: uuidv7(), authorizationUrl: authorizationUrl(request, attempt, state), completed };
  } catch (error) {
    await callback.close();
    throw error;
  }
}

const registrationFailure = (why: string) => new Error(`Registration failed: Dynamic registration failed: ${why}`);
const cleaned = (scopes: readonly string[]): string[] => [...new Set(scopes.map((scope) => scope.trim()).filter((scope) => scope !== ''))];

function chosenScopes({ scopes, configuredScopes }: LoginRequest, { challenge, resourceScopes, server }: Discovery): string[] {
  const asked = scopes ?? configuredScopes;
  const candidates = [asked, asked === undefined ? challenge?.scope?.split(' ') : undefined, resourceScopes, server.scopes];
  return candidates.map((list) => cleaned(list ?? [])).find((list) => list.length > 0) ?? [];
}

async function clientFor(
  request: LoginRequest,
  server: AuthorizationServer,
  { redirectUri, scopes }: Pick<Attempt, 'redirectUri' | 'scopes'>,
): Promise<string> {
  if (request.clientId !== undefined && request.registration === 'auto') return request.clientId;
  if (request.registration === 'cimd')
    throw new Error(
      server.clientDocuments
        ? 'no client-id metadata document is configured'
        : 'MCP authorization server does not advertise CIMD with token endpoint auth method `none`',
    );
  if (server.registrationEndpoint === undefined) throw registrationFailure('Dynamic client registration not supported');
  const text = JSON.stringify({
    client_name: 'Codex',
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
    response_types: ['code'],
    ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
    application_type: 'native',
  });
  const body = { type: 'application/json', text };
  const { status, json } = await oauthRequest(request, { method: 'POST', url: server.registrationEndpoint, body }, request.signal);
  const id = json?.client_id;
  if ((status !== 200 && status !== 201) || typeof id !== 'string' || id === '')
    throw registrationFailure(`the authorization server answered ${status}`);
  return id;
}

function authorizationUrl({ resource }: LoginRequest, attempt: Attempt, state: string): string {
  const url = new URL(attempt.server.authorizationEndpoint);
  const params = {
    response_type: 'code',
    client_id: attempt.clientId,
    state,
    code_challenge: createHash('sha256').update(attempt.verifier).digest('base64url'),
    code_challenge_method: 'S256',
    redirect_uri: attempt.redirectUri,
    ...(attempt.scopes.length === 0 ? {} : { scope: attempt.scopes.join(' ') }),
    resource,
  };
  for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value);
  return url.href;
}

async function finish(request: LoginRequest, attempt: Attempt, answer: Promise<CallbackResult>): Promise<void> {
  const seconds = Math.max(1, request.timeoutSeconds ?? defaultSeconds);
  const result = await abortable(
    withDeadline(answer, Math.min(seconds * 1000, 2_147_483_000), 'the login').catch(() => {
      throw new Error('timed out waiting for OAuth callback');
    }),
    request.signal,
  );
  if (result.kind === 'refused') {
    const detail = result.description === undefined ? '' : `: ${result.description}`;
    throw new Error(`OAuth provider returned \`${result.error}\`${detail}`);
  }
  await keepTokens(request, attempt, result.code);
}

async function keepTokens(request: LoginRequest, attempt: Attempt, code: string): Promise<void> {
  const { server, clientId, redirectUri, verifier, scopes } = attempt;
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    client_id: clientId,
    redirect_uri: redirectUri,
    resource: request.resource,
  });
  const body = { type: 'application/x-www-form-urlencoded', text: form.toString() };
  const failed = (cause: unknown) => new Error('failed to handle OAuth callback', { cause });
  const { status, json } = await oauthRequest(request, { method: 'POST', url: server.tokenEndpoint, body }, request.signal).catch(
    (error: unknown) => {
      throw failed(error);
    },
  );
  const base = {
    server_name: request.name,
    server_url: request.serverUrl,
    ...(server.issuer === undefined ? {} : { issuer: server.issuer }),
    client_id: clientId,
    refresh_token: null,
    ...(scopes.length === 0 ? {} : { scopes }),
  };
  const login = status === 200 ? loginFrom(json, base, request.clock.nowMs()) : undefined;
  if (!login) throw failed(new Error(`the token endpoint answered ${status}`));
  const key = credentialKey(request.name, request.serverUrl);
  // A refresh of the login before this one must not overwrite the new tokens.
  await request.store
    .exclusively(key, () => request.store.write(key, login))
    .catch((error: unknown) => {
      throw new Error('failed to write OAuth tokens', { cause: error });
    });
}
