/** An authorization server with faults that can be switched on: metadata, registration, consent, codes and rotating refresh tokens. */
import { createHash, randomBytes } from 'node:crypto';

/** What goes wrong, or is different. Everything absent works as the standards have it. */
export interface AuthoritySwitches {
  /** Seconds. */
  readonly tokenTtl?: number;
  /** Leaves `expires_in` out. */
  readonly noExpiry?: boolean;
  readonly scopes?: readonly string[];
  readonly noRegistration?: boolean;
  /** The user says no. */
  readonly deny?: boolean;
  /** Names itself in the answer: rightly, or as another. */
  readonly iss?: 'right' | 'wrong' | 'announced only';
  /** Metadata is padded to this many bytes. */
  readonly metadataBytes?: number;
  /** Only below this path, as tenants have it. */
  readonly tenant?: string;
  readonly metadataAt?: 'oauth' | 'openid' | 'openid below the path' | 'nowhere';
  readonly issuer?: string;
  readonly endpoints?: Readonly<Record<string, string>>;
  readonly pkce?: 'none' | 'plain';
  readonly clientDocuments?: boolean;
  readonly redirect?: 'token' | 'metadata' | 'register';
  /** The token endpoint's answer to a code or a refresh. */
  readonly tokenError?: { readonly status: number; readonly error?: string };
  readonly rejectRefresh?: 'invalid_grant' | 'invalid_client' | 503;
  readonly slowTokenMs?: number;
  /** Accepted as a first refresh token. */
  readonly seedRefreshToken?: string;
  /** Answers to a refresh without a new refresh token or scope. */
  readonly sparseRefresh?: boolean;
  /** Clients are forgotten between registering and consent. */
  readonly forgetClients?: boolean;
  /** Clients show this secret in a header, and their name nowhere else. */
  readonly clientSecret?: string;
  /** Codes that have to survive the way through a URL. */
  readonly oddCodes?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
}

interface Grant {
  readonly clientId: string;
  readonly scope: string;
  readonly resource: string | null;
}

export interface AskedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<{ authorization?: string | undefined }>;
  readonly body: string;
}

type Code = Readonly<Record<string, string>>;

const url64 = (bytes: Buffer): string => bytes.toString('base64url');
const random = (prefix: string): string => `${prefix}${url64(randomBytes(9))}`;

/** Switches may be changed while it runs. */
export class Authority {
  switches: AuthoritySwitches;
  origin = '';
  readonly clients = new Map<string, { redirect_uris: readonly string[] }>();
  readonly #codes = new Map<string, Code>();
  readonly #access = new Map<string, Grant & { readonly expires: number }>();
  readonly #refresh = new Map<string, Grant>();

  constructor(switches: AuthoritySwitches) {
    this.switches = switches;
  }

  get issuer(): string {
    return `${this.origin}${this.switches.tenant ?? ''}`;
  }

  get scopes(): readonly string[] {
    return this.switches.scopes ?? ['mcp:read', 'mcp:write'];
  }

  /** Undefined: not known, expired or revoked. */
  grantOf(token: string): Grant | undefined {
    const grant = this.#access.get(token);
    return grant && grant.expires > Date.now() ? grant : undefined;
  }

  revokeAll(): void {
    this.#access.clear();
  }

  async answer({ method, url: target, body, headers }: AskedRequest): Promise<Answer> {
    const url = new URL(target, this.origin);
    const { tenant = '', redirect } = this.switches;
    const { pathname } = url;
    if (this.#metadataPaths().includes(pathname)) {
      if (redirect === 'metadata') return { status: 302, headers: { location: `${this.origin}/elsewhere` } };
      return { status: 200, json: this.#metadata() };
    }
    if (method === 'POST' && pathname === `${tenant}/register` && !this.switches.noRegistration) {
      if (redirect === 'register') return { status: 307, headers: { location: `${this.origin}/elsewhere` } };
      return this.#register(JSON.parse(body));
    }
    if (pathname === `${tenant}/authorize`) return this.#authorize(url.searchParams);
    if (method === 'POST' && pathname === `${tenant}/token`)
      return this.#token(this.#identified(new URLSearchParams(body), headers.authorization));
    return { status: 404, json: { error: 'not_found' } };
  }

  #metadataPaths(): readonly string[] {
    const { tenant = '', metadataAt = 'oauth' } = this.switches;
    if (metadataAt === 'oauth') return [`/.well-known/oauth-authorization-server${tenant}`];
    if (metadataAt === 'openid') return [`/.well-known/openid-configuration${tenant}`];
    return metadataAt === 'nowhere' ? [] : [`${tenant}/.well-known/openid-configuration`];
  }

  #metadata(): Record<string, unknown> {
    const { switches, issuer } = this;
    const metadata: Record<string, unknown> = {
      issuer: switches.issuer ?? issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      ...(switches.noRegistration ? {} : { registration_endpoint: `${issuer}/register` }),
      scopes_supported: this.scopes,
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      ...(switches.pkce === 'none' ? {} : { code_challenge_methods_supported: [switches.pkce ?? 'S256'] }),
      token_endpoint_auth_methods_supported: ['none'],
      ...(switches.clientDocuments ? { client_id_metadata_document_supported: true } : {}),
      ...(switches.iss ? { authorization_response_iss_parameter_supported: true } : {}),
      ...switches.endpoints,
    };
    if (switches.metadataBytes === undefined) return metadata;
    const missing = switches.metadataBytes - Buffer.byteLength(JSON.stringify({ ...metadata, pad: '' }));
    return { ...metadata, pad: 'x'.repeat(missing) };
  }

  #register(metadata: { redirect_uris: readonly string[] }): Answer {
    const id = random('client_');
    this.clients.set(id, metadata);
    return { status: 201, json: { ...metadata, client_id: id, client_id_issued_at: Math.floor(Date.now() / 1000) } };
  }

  /** Consent is given at once: the browser is sent back. */
  #authorize(query: URLSearchParams): Answer {
    const { switches } = this;
    const [id, redirect] = [query.get('client_id') ?? '', query.get('redirect_uri') ?? ''];
    if (switches.forgetClients) this.clients.clear();
    const outside = switches.noRegistration || switches.clientDocuments;
    const client = this.clients.get(id) ?? (outside ? { redirect_uris: [redirect] } : undefined);
    if (!client) return { status: 400, json: { error: 'invalid_client' } };
    if (!client.redirect_uris.includes(redirect)) return { status: 400, json: { error: 'invalid_redirect_uri' } };
    if (query.get('code_challenge_method') !== 'S256' || !query.get('code_challenge'))
      return { status: 400, json: { error: 'invalid_request', error_description: 'PKCE S256 required' } };
    const back = new URL(redirect);
    if (switches.deny) {
      back.searchParams.set('error', 'access_denied');
      back.searchParams.set('error_description', 'the user said <b>no</b>');
    } else {
      const code = `${random('code_')}${switches.oddCodes ? '+%/= &' : ''}`;
      this.#codes.set(code, Object.fromEntries(query));
      back.searchParams.set('code', code);
    }
    const state = query.get('state');
    if (state !== null) back.searchParams.set('state', state);
    if (switches.iss === 'right') back.searchParams.set('iss', this.issuer);
    if (switches.iss === 'wrong') back.searchParams.set('iss', 'https://evil.example');
    return { status: 302, headers: { location: back.href } };
  }

  async #token(form: URLSearchParams): Promise<Answer> {
    const { switches } = this;
    if (switches.redirect === 'token') return { status: 307, headers: { location: `${this.origin}/elsewhere` } };
    if (switches.slowTokenMs !== undefined) await new Promise((resolve) => setTimeout(resolve, switches.slowTokenMs));
    const { tokenError } = switches;
    if (tokenError) return { status: tokenError.status, json: tokenError.error === undefined ? {} : { error: tokenError.error } };
    if (form.get('grant_type') === 'authorization_code') return this.#redeem(form);
    if (form.get('grant_type') === 'refresh_token') return this.#rotate(form);
    return { status: 400, json: { error: 'unsupported_grant_type' } };
  }

  /** With the client that the header names in the form, as if it stood there. */
  #identified(form: URLSearchParams, authorization: string | undefined): URLSearchParams {
    const { clientSecret } = this.switches;
    if (clientSecret === undefined) return form;
    const shown = Buffer.from(authorization?.replace(/^Basic /, '') ?? '', 'base64').toString();
    const [id = '', secret] = shown.split(':').map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
    if (secret === clientSecret && !form.has('client_id')) form.set('client_id', id);
    return form;
  }

  #redeem(form: URLSearchParams): Answer {
    const refused = (why: string): Answer => ({ status: 400, json: { error: 'invalid_grant', error_description: why } });
    const code = form.get('code') ?? '';
    const asked = this.#codes.get(code);
    this.#codes.delete(code);
    if (!asked) return refused('unknown code');
    const challenge = url64(
      createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest(),
    );
    if (challenge !== asked.code_challenge) return refused('bad code_verifier');
    if (form.get('redirect_uri') !== asked.redirect_uri || form.get('client_id') !== asked.client_id) return refused('another client');
    if (form.get('resource') !== asked.resource) return refused('another resource');
    return this.#issue({
      clientId: asked.client_id ?? '',
      scope: asked.scope ?? this.scopes.join(' '),
      resource: asked.resource ?? null,
    });
  }

  /** Every refresh token is good once. */
  #rotate(form: URLSearchParams): Answer {
    const { rejectRefresh, seedRefreshToken } = this.switches;
    const token = form.get('refresh_token') ?? '';
    const scope = form.get('scope') ?? this.scopes.join(' ');
    const seeded = seedRefreshToken === token ? { clientId: form.get('client_id') ?? '', scope, resource: null } : undefined;
    if (rejectRefresh === 503) return { status: 503, json: {} };
    const grant = this.#refresh.get(token) ?? seeded;
    this.#refresh.delete(token);
    if (seeded) this.switches = { ...this.switches, seedRefreshToken: '' };
    if (rejectRefresh !== undefined || !grant) return { status: 400, json: { error: rejectRefresh ?? 'invalid_grant' } };
    return this.#issue({ ...grant, resource: form.get('resource') ?? grant.resource });
  }

  #issue(grant: Grant): Answer {
    const { tokenTtl = 3600, noExpiry, sparseRefresh } = this.switches;
    const [access, refresh] = [random('at_'), random('rt_')];
    this.#access.set(access, { ...grant, expires: Date.now() + tokenTtl * 1000 });
    if (!sparseRefresh) this.#refresh.set(refresh, grant);
    const json = {
      ...{ access_token: access, token_type: 'Bearer' },
      ...(noExpiry ? {} : { expires_in: tokenTtl }),
      ...(sparseRefresh ? {} : { refresh_token: refresh, scope: grant.scope }),
    };
    return { status: 200, headers: { 'cache-control': 'no-store' }, json };
  }
}
