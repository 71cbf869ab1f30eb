/** Signing in at MCP servers for clients, and what is known about it: one login per request, ended with the server or its client. */
import type { McpThreads } from '../agent/mcp-threads.ts';
import type { Clock } from '../base/clock.ts';
import { internalError, invalidRequest, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Scope } from '../base/scope.ts';
import type { Configuration } from '../config/configuration.ts';
import type { Environments } from '../environment/environments.ts';
import { userHeaders } from '../mcp/authorization.ts';
import { type CredentialStore, credentialKey, usable } from '../mcp/credentials.ts';
import { type StartedLogin, startLogin } from '../mcp/login.ts';
import { Callbacks } from '../mcp/oauth-callback.ts';
import { probe } from '../mcp/oauth-discovery.ts';
import { userAgentOf } from '../mcp/open-transport.ts';
import type { HttpSettings, McpServerConfig } from '../mcp/server-config.ts';
import type { Variables } from '../mcp/stdio-transport.ts';
import type { McpAuthStatus, McpServerOauthLoginCompletedNotification, McpServerOauthLoginParams } from '../protocol/app/index.ts';
import { type Keyring, systemKeyring } from '../store/keyring.ts';
import { McpCredentials, mcpKeyringService } from '../store/mcp-credentials.ts';

export interface McpLoginsDeps {
  readonly mcp: Pick<McpThreads, 'restart'>;
  readonly configuration: Configuration;
  readonly environments: Environments;
  readonly credentials: CredentialStore;
  readonly variables: Variables;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends open logins. */
  readonly scope: Scope;
}

/** Logins of one home. Does no I/O. */
export const mcpCredentials = (configuration: Configuration, keyring: Keyring | undefined): McpCredentials =>
  new McpCredentials({
    home: configuration.home,
    mode: async () => (await configuration.load()).config.mcp_oauth_credentials_store ?? 'auto',
    keyring: keyring ?? systemKeyring(mcpKeyringService),
  });

export interface LoginOrder {
  readonly config: McpServerConfig;
  readonly settings: HttpSettings;
  readonly params: McpServerOauthLoginParams;
  /** Aborts when the client that asked is gone. */
  readonly signal: AbortSignal;
  completed(result: McpServerOauthLoginCompletedNotification): void;
}

const probeMs = 10_000;

export class McpLogins {
  readonly #deps: McpLoginsDeps;
  readonly #callbacks = new Callbacks();
  readonly #open = new Map<string, StartedLogin>();

  constructor(deps: McpLoginsDeps) {
    this.#deps = deps;
    deps.scope.own(this.#callbacks);
  }

  /** Resolves with the address for the user's browser; `completed` is called later. Rejects with what the client should read. */
  async start(order: LoginOrder): Promise<Pick<StartedLogin, 'authorizationUrl' | 'loginId' | 'scopesDiscovered'>> {
    const { config, settings, params } = order;
    const scope = this.#deps.scope.child(`login ${config.name}`);
    const signal = AbortSignal.any([scope.signal, order.signal]);
    try {
      const login = await startLogin({
        ...this.#request(config, settings),
        resource: settings.resource ?? settings.url,
        name: config.name,
        store: this.#deps.credentials,
        clock: this.#deps.clock,
        ...(await this.#settings(settings)),
        callbacks: this.#callbacks,
        scopes: params.scopes,
        configuredScopes: config.scopes,
        client: settings.client,
        registration: params.clientRegistration ?? 'auto',
        timeoutSeconds: params.timeoutSecs,
        signal,
        warn: (message) => this.#deps.log.warn(message),
      });
      this.#open.set(login.loginId, login);
      scope.defer(() => login.completed.catch(() => {}));
      void this.#report(order, login).finally(() => {
        this.#open.delete(login.loginId);
        return scope.close();
      });
      return login;
    } catch (error) {
      await scope.close();
      throw internalError(`failed to login to MCP server '${config.name}': ${messageOf(error)}`, error);
    }
  }

  /** Ends a login with the address that the user copied. Throws `invalidRequest` with what is wrong with it; the wait goes on then. */
  submit(loginId: string, callbackUrl: string): void {
    const login = this.#open.get(loginId);
    if (!login) throw invalidRequest(`no OAuth login with id \`${loginId}\` is open`);
    try {
      login.submit(callbackUrl);
    } catch (error) {
      throw invalidRequest(messageOf(error));
    }
  }

  /** Its end is reported like any other. False: there is none. */
  cancel(loginId: string): boolean {
    this.#open.get(loginId)?.cancel();
    return this.#open.has(loginId);
  }

  /** Forgets the tokens; threads start the server anew. False when there were none. Rejects when they cannot be removed. */
  async logout(name: string, { url }: HttpSettings): Promise<boolean> {
    const { credentials, mcp } = this.#deps;
    const key = credentialKey(name, url);
    try {
      const removed = await credentials.exclusively(key, () => credentials.remove(key));
      if (removed) mcp.restart(name, url);
      return removed;
    } catch (error) {
      throw internalError(`failed to delete OAuth credentials: ${messageOf(error)}`, error);
    }
  }

  /** Asks the network only when nothing else says it. */
  async authStatus(config: McpServerConfig, signal: AbortSignal): Promise<McpAuthStatus> {
    const { transport, name } = config;
    if (transport.type === 'stdio') return 'unsupported';
    const named = [...Object.keys(transport.headers), ...Object.keys(transport.variableHeaders)];
    if (transport.bearerTokenVariable !== undefined || named.some((header) => header.toLowerCase() === 'authorization'))
      return 'bearerToken';
    // What a helper prints is for the server to judge.
    if (transport.headersHelper !== undefined) return 'unknown';
    if (!this.#deps.environments.find(config.environmentId) || !URL.canParse(transport.url)) return 'unknown';
    // Without the keyring nobody can say.
    const login = await this.#deps.credentials.read(credentialKey(name, transport.url)).catch(() => null);
    if (login === null) return 'unknown';
    if (login) return usable(login, this.#deps.clock.nowMs()) ? 'oAuth' : 'notLoggedIn';
    const found = await probe(this.#request(config, transport), AbortSignal.any([signal, AbortSignal.timeout(probeMs)]));
    if (found === 'published') return 'notLoggedIn';
    return found === 'none' ? 'unsupported' : 'unknown';
  }

  #request(config: McpServerConfig, settings: HttpSettings) {
    const { environments, variables, version } = this.#deps;
    return {
      http: (config.owner?.environment ?? environments.get(config.environmentId)).http,
      userAgent: userAgentOf(version),
      serverUrl: settings.url,
      // A plugin's variables are not the host's.
      headers: userHeaders(settings, config.owner ? {} : variables),
    };
  }

  async #settings({ callbackPort }: HttpSettings) {
    const { config } = await this.#deps.configuration.load();
    return {
      callback: { port: callbackPort ?? config.mcp_oauth_callback_port, url: config.mcp_oauth_callback_url },
      clientDocument: config.mcp_oauth_client_metadata_url,
      unlistedChallenge: config.mcp_oauth_allow_unlisted_pkce,
    };
  }

  async #report(order: LoginOrder, login: { loginId: string; completed: Promise<void> }): Promise<void> {
    const { config, settings, params } = order;
    const common = { name: config.name, threadId: params.threadId ?? null, loginId: login.loginId };
    try {
      await login.completed;
    } catch (error) {
      order.completed({ ...common, success: false, error: messageOf(error) });
      return;
    }
    order.completed({ ...common, success: true });
    this.#deps.mcp.restart(config.name, settings.url);
  }
}
