/** The tokens of a login: read, refreshed before they expire or when they are refused, once for everybody who needs them. */
import { abortable, throwIfAborted } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { StoredLogin } from '../base/stored-login.ts';
import type { Authorization } from './authorization.ts';
import { type CredentialStore, credentialKey, expiresSoon, usable } from './credentials.ts';
import { Unreachable } from './mcp-error.ts';
import { identify } from './oauth-client.ts';
import { type DiscoveryRequest, discover } from './oauth-discovery.ts';
import { type OAuthAnswer, oauthRequest } from './oauth-http.ts';
import type { AgreedClient } from './server-config.ts';

const refreshMs = 45_000;
/** Only these words of an authorization server mean that the user has to sign in again. */
const final = new Set(['invalid_grant', 'invalid_client', 'unauthorized_client']);

export interface TokenDeps extends DiscoveryRequest {
  readonly name: string;
  readonly resource: string;
  readonly store: CredentialStore;
  /** Its secret goes with every request for tokens of that client. */
  readonly client: AgreedClient | undefined;
  readonly clock: Clock;
}

const notLoggedIn = (name: string) =>
  new Unreachable(`The ${name} MCP server is not logged in. Run \`codex mcp login ${name}\`.`, { needsLogin: 'login' });
const loginAgain = (name: string, cause = new Error('Token expired')) =>
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
  /** As last seen. A login or logout makes new connections; what other processes do shows when these tokens expire or are refused. */
  #known: StoredLogin | undefined;
  #lifetimeMs: number | undefined;

  constructor(deps: TokenDeps) {
    this.#deps = deps;
    this.#key = credentialKey(deps.name, deps.serverUrl);
  }

  async header(signal: AbortSignal): Promise<string | undefined> {
    const { clock, name } = this.#deps;
    if (!this.#known || this.#expiresSoon(this.#known)) this.#known = await this.#stored();
    const login = this.#known;
    if (!login) return undefined;
    if (!this.#expiresSoon(login)) return bearer(login);
    if (!usable(login, clock.nowMs())) throw loginAgain(name);
    try {
      return bearer(await this.#refresh(login.access_token, signal));
    } catch (error) {
      // The server may be reachable again before the token is really over.
      const stillGood = typeof login.expires_at === 'number' && clock.nowMs() < login.expires_at;
      if (stillGood && error instanceof Unreachable && error.needsLogin === 'never') return bearer(login);
      throw error;
    }
  }

  async renew(refused: string | undefined, signal: AbortSignal): Promise<string | undefined> {
    const login = await this.#stored();
    this.#known = login;
    if (!login) return undefined;
    if (bearer(login) !== refused) return bearer(login);
    if (!login.refresh_token) return undefined;
    return bearer(await this.#refresh(login.access_token, signal));
  }

  failure(): Unreachable {
    return this.#known ? loginAgain(this.#deps.name) : notLoggedIn(this.#deps.name);
  }

  /** Tokens that cannot be read are as good as none: the server says then that it wants some. */
  #stored(): Promise<StoredLogin | undefined> {
    return this.#deps.store.read(this.#key).catch(() => undefined);
  }

  #expiresSoon(login: StoredLogin): boolean {
    return expiresSoon(login, this.#deps.clock.nowMs(), this.#lifetimeMs);
  }

  /** Runs to its end even when the caller gives up: a rotated token that nobody keeps is lost. */
  async #refresh(stale: string, signal: AbortSignal): Promise<StoredLogin> {
    const { store, name } = this.#deps;
    throwIfAborted(signal);
    const work = store.exclusively(this.#key, async () => {
      const login = await store.read(this.#key);
      if (!login) throw notLoggedIn(name);
      // Somebody else was faster.
      this.#known = login.access_token === stale ? await this.#request(login) : login;
      return this.#known;
    });
    return abortable(work, signal);
  }

  async #request(login: StoredLogin): Promise<StoredLogin> {
    const { name, clock, store } = this.#deps;
    if (!login.refresh_token) throw loginAgain(name);
    const failed = (cause: unknown) =>
      new Unreachable(`the OAuth tokens of ${name} could not be refreshed: ${messageOf(cause)}`, { cause });
    const { status, json } = await this.#ask(login, login.refresh_token).catch((error: unknown) => {
      throw error instanceof Unreachable ? error : failed(error);
    });
    const next = status === 200 ? loginFrom(json, login, clock.nowMs()) : undefined;
    if (next) {
      this.#lifetimeMs = next.expires_at ? next.expires_at - clock.nowMs() : undefined;
      await store.update(this.#key, next).catch((error: unknown) => {
        throw failed(error);
      });
      return next;
    }
    const why = json?.error;
    if (typeof why === 'string' && final.has(why)) return this.#refused(login, why);
    throw failed(new Error(`the authorization server answered ${status}`));
  }

  async #ask(login: StoredLogin, refreshToken: string): Promise<OAuthAnswer> {
    const { name, resource } = this.#deps;
    const signal = AbortSignal.timeout(refreshMs);
    const { server } = await discover(this.#deps, signal);
    if (login.issuer !== undefined && server.issuer !== login.issuer)
      throw loginAgain(name, new Error(`OAuth authorization server issuer changed for server ${name}; authorization required`));
    const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken });
    if (login.scopes && login.scopes.length > 0) form.set('scope', login.scopes.join(' '));
    const headers = identify(form, login.client_id, this.#deps.client);
    form.set('resource', resource);
    const body = { type: 'application/x-www-form-urlencoded', text: form.toString() };
    return oauthRequest(this.#deps, { method: 'POST', url: server.tokenEndpoint, headers, body, timeoutMs: refreshMs }, signal);
  }

  /** Signing in again is the only way on, unless a program that does not know our locks has new tokens already. */
  async #refused(login: StoredLogin, why: string): Promise<StoredLogin> {
    const { name, store } = this.#deps;
    const now = await store.read(this.#key);
    if (now && now.access_token !== login.access_token) return now;
    await store.update(this.#key, { ...login, refresh_token: null });
    if (why !== 'invalid_grant') await store.removeRegistration(this.#key);
    throw loginAgain(name, new Error('Token expired', { cause: new Error(`the authorization server refused the refresh: ${why}`) }));
  }
}

const bearer = (login: StoredLogin): string => `Bearer ${login.access_token}`;
