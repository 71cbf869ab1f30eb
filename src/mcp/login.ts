/** Signing in at an MCP server: discovery, registration, the user's browser, and tokens that are kept. */
import { createHash, randomBytes } from 'node:crypto';
import { abortable } from '../base/abort.ts';
import { Cancelled, messageOf } from '../base/errors.ts';
import { uuidv7 } from '../base/ids.ts';
import { credentialKey } from './credentials.ts';
import type { Callback, CallbackResult, CallbackSettings, Callbacks } from './oauth-callback.ts';
import { type ClientChoice, clientFor, identify } from './oauth-client.ts';
import { type AuthorizationServer, type Discovery, discover } from './oauth-discovery.ts';
import { oauthRequest } from './oauth-http.ts';
import { loginFrom, type TokenDeps } from './tokens.ts';

const defaultSeconds = 300;
const longestMs = 2_147_483_000;

export interface LoginRequest extends TokenDeps, ClientChoice {
  readonly callback: CallbackSettings;
  readonly callbacks: Callbacks;
  /** Undefined: what the server asks for. */
  readonly scopes: readonly string[] | undefined;
  readonly configuredScopes: readonly string[] | undefined;
  /**
   * Whether to go on when nobody says that the server knows S256. Undefined: only with a server that publishes nothing at all. The
   * challenge is sent either way.
   */
  readonly unlistedChallenge: boolean | undefined;
  readonly timeoutSeconds: number | undefined;
  /** Ends the login. */
  readonly signal: AbortSignal;
  /** For the log. */
  warn(message: string): void;
}

export interface StartedLogin {
  readonly loginId: string;
  readonly authorizationUrl: string;
  /** Settles when the tokens are kept; rejects with the sentence for the client. */
  readonly completed: Promise<void>;
  /** The scopes were the server's own idea. */
  readonly scopesDiscovered: boolean;
  /** The address at which the user's browser ended up, for a browser that cannot reach us. Throws with what is wrong with it. */
  submit(callbackUrl: string): void;
  /** The login is no longer wanted. */
  cancel(): void;
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
  checkChallenge(request, discovery);
  const key = credentialKey(request.name, request.serverUrl);
  const known = await request.store.readRegistration(key).catch(() => undefined);
  const callback = await request.callbacks.open(request.callback, known && portOf(known.redirect_uri));
  try {
    const redirectUri = callback.redirectUri(request.serverUrl, server.issInResponse);
    const { scopes, discovered } = chosenScopes(request, discovery);
    const client = await clientFor(request, server, { redirectUri, scopes, known });
    const attempt: Attempt = { server, clientId: client.id, redirectUri, scopes, verifier: randomBytes(32).toString('base64url') };
    const state = randomBytes(16).toString('base64url');
    const answer = callback.expect({ state, issuer: server.issuer, issuerRequired: server.issInResponse });
    const cancelled = new AbortController();
    const ended = AbortSignal.any([request.signal, cancelled.signal]);
    const completed = concluded(finish(request, attempt, answer, ended), request, { callback, key, registration: client.registration });
    return {
      ...{ loginId: uuidv7(), authorizationUrl: authorizationUrl(request, attempt, state), completed, scopesDiscovered: discovered },
      submit: (url) => callback.submit(url),
      cancel: () => cancelled.abort(new Cancelled('the login was cancelled')),
    };
  } catch (error) {
    await callback.close();
    throw error;
  }
}

interface Conclusion {
  readonly callback: Callback;
  readonly key: string;
  readonly registration: Awaited<ReturnType<typeof clientFor>>['registration'];
}

/** Tells the browser how it went, and keeps the registration of a login that went well: one that did not may be the reason. */
function concluded(
  work: Promise<void>,
  { callbacks, store, warn }: LoginRequest,
  { callback, key, registration }: Conclusion,
): Promise<void> {
  const end = async (failure: string | undefined): Promise<void> => {
    callbacks.finish(callback, failure);
    try {
      if (failure === undefined && registration) await store.writeRegistration(key, registration);
      else if (failure !== undefined) await store.removeRegistration(key);
    } catch (error) {
      warn(`a client registration could not be kept: ${messageOf(error)}`);
    }
  };
  const completed = work.then(
    () => end(undefined),
    async (error: unknown) => {
      await end(messageOf(error));
      throw error;
    },
  );
  // Whoever started the login may not be waiting for its end.
  completed.catch(() => {});
  return completed;
}

const portOf = (redirectUri: string): number | undefined => {
  const port = URL.canParse(redirectUri) ? Number(new URL(redirectUri).port) : 0;
  return port === 0 ? undefined : port;
};

function checkChallenge({ unlistedChallenge, warn, name }: LoginRequest, { server }: Discovery): void {
  const refused = new Error(
    'Registration failed: Dynamic registration failed: Authorization server does not support the required PKCE code challenge method (S256)',
  );
  const { challengeMethods, documented } = server;
  if (challengeMethods?.includes('S256')) return;
  if (challengeMethods !== undefined || !(unlistedChallenge ?? !documented)) throw refused;
  warn(`the authorization server of ${name} does not say that it checks PKCE challenges; the login goes on with one`);
}

const cleaned = (scopes: readonly string[]): string[] => [...new Set(scopes.map((scope) => scope.trim()).filter((scope) => scope !== ''))];

function chosenScopes({ scopes, configuredScopes }: LoginRequest, { challenge, resourceScopes, server }: Discovery) {
  const asked = scopes ?? configuredScopes;
  const own = cleaned(asked ?? []);
  if (own.length > 0) return { scopes: own, discovered: false };
  const candidates = [asked === undefined ? challenge?.scope?.split(' ') : undefined, resourceScopes, server.scopes];
  const found = candidates.map((list) => cleaned(list ?? [])).find((list) => list.length > 0);
  return { scopes: found ?? [], discovered: found !== undefined };
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

async function finish(request: LoginRequest, attempt: Attempt, answer: Promise<CallbackResult>, signal: AbortSignal): Promise<void> {
  const seconds = Math.max(1, request.timeoutSeconds ?? defaultSeconds);
  const late = AbortSignal.timeout(Math.min(seconds * 1000, longestMs));
  const result = await abortable(answer, AbortSignal.any([signal, late])).catch((error: unknown) => {
    throw late.aborted && !signal.aborted ? new Error('timed out waiting for OAuth callback') : error;
  });
  if (result.kind === 'refused') {
    const detail = result.description === undefined ? '' : `: ${result.description}`;
    throw new Error(`OAuth provider returned \`${result.error}\`${detail}`);
  }
  await keepTokens(request, attempt, result.code, signal);
}

async function keepTokens(request: LoginRequest, attempt: Attempt, code: string, signal: AbortSignal): Promise<void> {
  const { server, clientId, redirectUri, verifier, scopes } = attempt;
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
  });
  const headers = identify(form, clientId, request.client);
  form.set('redirect_uri', redirectUri);
  form.set('resource', request.resource);
  const body = { type: 'application/x-www-form-urlencoded', text: form.toString() };
  const failed = (cause: unknown) => new Error('failed to handle OAuth callback', { cause });
  const { status, json } = await oauthRequest(request, { method: 'POST', url: server.tokenEndpoint, headers, body }, signal).catch(
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
      throw /keyring/.test(messageOf(error)) ? error : new Error('failed to write OAuth tokens', { cause: error });
    });
}
