/** The tokens of a login: read, refreshed before they expire or when they are refused, once for everybody who needs them. */
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Authorization } from './authorization.ts';
import { type CredentialStore, credentialKey, expiresSoon, type StoredLogin, usable } from './credentials.ts';
import { Unreachable } from './mcp-error.ts';
import { type DiscoveryRequest, discover } from './oauth-discovery.ts';
import { oauthRequest } from './oauth-http.ts';

const refreshMs = 45_000;
/** Only these words of an authorization server mean that the user has to sign in again. */
const final = new Set(['invalid_grant', 'invalid_client', 'unauthorized_client']);

export interface TokenDeps extends DiscoveryRequest {
  readonly name: string;
  readonly resource: string;
  readonly store: CredentialStore;
  readonly clock: Clock;
}

const notLoggedIn = (name: string) =>
  new Unreachable(`The ${name} MCP server is not logged in. Run \`codex mcp login ${name}\`.`, { needsLogin: 'login' });
const loginAgain = (name: string, cause?: unknown) =>
  new Unreachable(`The ${name} MCP server requires OAuth reauthentication. Run \`codex mcp login ${name}\`.`, {
    needsLogin: 'again',
    cause,
  });

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);

/** The stored form of a token endpoint's answer; undefined when there is no token in it. */
export function loginFrom(
  json: Readonly<Record<string, unknown>> | undefined,
  base: Omit<StoredLogin, 'access_token' | 'expires_at'>,
  nowMs: number,
): StoredLogin | undefined {
  const { access_token: token, refresh_token: refresh, scope } = json ?? {};
  if (typeof token !== 'string' || token === '') return undefined;
  const seconds = numberOf(json?.expires_in);
  return {
    ...base,
    access_token: token,
    expires_at: seconds === undefined ? null : nowMs + seconds * 1000,
    refresh_token: typeof refresh === 'string' && refresh !== '' ? refresh : (base.refresh_token ?? null),
    ...(typeof scope === 'string' && scope.trim() !== '' ? { scopes: scope.split(' ').filter((one) => one !== '') } : {}),
  };
}

/** Tokens of the login at one server, as the credentials of its requests. */
export class StoredTokens implements Authorization {
  readonly #deps: TokenDeps;
  readonly #key: string;
  #lifetimeMs: number | undefined;
  #hadLogin = false;

  constructor(deps: TokenDeps) {
    this.#deps = deps;
    this.#key = credentialKey(deps.name, deps.serverUrl);
  }

  async header(signal: AbortSignal): Promise<string | undefined> {
    const { store, clock, name } = this.#deps;
    const login = await store.read(this.#key);
    if (!login) return undefined;
    this.#hadLogin = true;
    if (!expiresSoon(login, clock.nowMs(), this.#lifetimeMs)) return bearer(login);
    if (!usable(login, clock.nowMs())) throw loginAgain(name);
    return bearer(await this.#refresh(login.access_token, signal));
  }

  async renew(refused: string | undefined, signal: AbortSignal): Promise<string | undefined> {
    const login = await this.#deps.store.read(this.#key);
    if (!login) return undefined;
    this.#hadLogin = true;
    if (bearer(login) !== refused) return bearer(login);
    if (!login.refresh_token) return undefined;
    return bearer(await this.#refresh(login.access_token, signal));
  }

  failure(): Unreachable {
    return this.#hadLogin ? loginAgain(this.#deps.name) : notLoggedIn(this.#deps.name);
  }

  /** Runs to its end even when the caller gives up: a rotated token that nobody keeps is lost. */
  async #refresh(stale: string, signal: AbortSignal): Promise<StoredLogin> {
    signal.throwIfAborted();
    const { store } = this.#deps;
    return store.exclusively(this.#key, async () => {
      const login = await store.read(this.#key);
      if (!login) throw notLoggedIn(this.#deps.name);
      // Somebody else was faster.
      if (login.access_token !== stale) return login;
      return this.#request(login);
    });
  }

  async #request(login: StoredLogin): Promise<StoredLogin> {
    const { name, clock, store, resource } = this.#deps;
    if (!login.refresh_token) throw loginAgain(name);
    const signal = AbortSignal.timeout(refreshMs);
    const { server } = await discover(this.#deps, signal).catch((error: unknown) => {
      throw new Unreachable(`the OAuth tokens of ${name} could not be refreshed: ${messageOf(error)}`, { cause: error });
    });
    if (login.issuer !== undefined && server.issuer !== login.issuer)
      throw loginAgain(name, new Error(`OAuth authorization server issuer changed for server ${name}; authorization required`));
    const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: login.refresh_token });
    if (login.scopes && login.scopes.length > 0) form.set('scope', login.scopes.join(' '));
    form.set('client_id', login.client_id);
    form.set('resource', resource);
    const body = { type: 'application/x-www-form-urlencoded', text: form.toString() };
    const { status, json } = await oauthRequest(
      this.#deps,
      { method: 'POST', url: server.tokenEndpoint, body, timeoutMs: refreshMs },
      signal,
    ).catch((error: unknown) => {
      throw new Unreachable(`the OAuth tokens of ${name} could not be refreshed: ${messageOf(error)}`, { cause: error });
    });
    const next = status === 200 ? loginFrom(json, login, clock.nowMs()) : undefined;
    if (next) {
      this.#lifetimeMs = next.expires_at ? next.expires_at - clock.nowMs() : undefined;
      await store.write(this.#key, next);
      return next;
    }
    if (typeof json?.error === 'string' && final.has(json.error)) {
      await store.write(this.#key, { ...login, refresh_token: null });
      throw loginAgain(name);
    }
    throw new Unreachable(`the OAuth tokens of ${name} could not be refreshed: the authorization server answered ${status}`);
  }
}

const bearer = (login: StoredLogin): string => `Bearer ${login.access_token}`;
