/** Who we are for an authorization server: a client that was agreed on, one that is described by a document, or one that registers. */
import type { Registration } from '../base/stored-login.ts';
import { callbackId } from './oauth-callback.ts';
import type { AuthorizationServer } from './oauth-discovery.ts';
import { type OAuthHttp, oauthRequest } from './oauth-http.ts';
import { fits } from './registrations.ts';
import type { AgreedClient } from './server-config.ts';

export interface ClientChoice {
  /** Of the configuration. */
  readonly client: AgreedClient | undefined;
  readonly registration: 'auto' | 'cimd' | 'dcr';
  /** Address of the document that describes us, `{callback_id}` in it standing for the server; undefined: there is none. */
  readonly clientDocument: string | undefined;
  readonly signal: AbortSignal;
}

export interface Wanted {
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  /** Made for an earlier login. */
  readonly known: Registration | undefined;
}

export interface Client {
  readonly id: string;
  /** Worth keeping when the login goes well. */
  readonly registration: Registration | undefined;
}

const registrationFailure = (why: string) => new Error(`Registration failed: Dynamic registration failed: ${why}`);

/** Rejects with the sentence for the client when there is no way to be one. */
export async function clientFor(request: OAuthHttp & ClientChoice, server: AuthorizationServer, wanted: Wanted): Promise<Client> {
  const { client, registration, clientDocument } = request;
  const agreed = (id: string): Client => ({ id, registration: undefined });
  if (client !== undefined && registration === 'auto') return agreed(client.id);
  if (registration === 'cimd' && !server.clientDocuments)
    throw new Error('MCP authorization server does not advertise CIMD with token endpoint auth method `none`');
  if (registration === 'cimd' && clientDocument === undefined)
    throw new Error('no client-id metadata document is configured (`mcp_oauth_client_metadata_url`)');
  if (registration !== 'dcr' && clientDocument !== undefined && server.clientDocuments)
    return agreed(documentFor(clientDocument, request.serverUrl, server));
  return registered(request, server, wanted);
}

/** A document names its redirect addresses, so those of servers with a part of their own need one each. */
function documentFor(template: string, serverUrl: string, { issInResponse }: AuthorizationServer): string {
  const id = issInResponse ? '' : callbackId(serverUrl);
  const text = template.replace('{callback_id}', id).replace(/([^:])\/{2,}/g, '$1/');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url?.protocol === 'https:' && url.pathname !== '/' && url.hash === '' && url.username === '' && url.password === '';
  if (!url || !plain) throw new Error('the configured client-id metadata document must be an https address with a path');
  return url.href;
}

async function registered(request: OAuthHttp & ClientChoice, server: AuthorizationServer, wanted: Wanted): Promise<Client> {
  const { redirectUri, scopes, known } = wanted;
  const issuer = server.issuer ?? new URL(server.tokenEndpoint).origin;
  const made = { issuer, redirect_uri: redirectUri, scopes };
  if (known && fits(known, made)) return { id: known.client_id, registration: known };
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
  return { id, registration: { ...made, client_id: id } };
}

/**
 * Says in a request for tokens who asks: a client with a secret shows it in a header and nowhere else, a public one gives its name
 * in the form. The answer is the headers to add.
 */
export function identify(
  form: URLSearchParams,
  clientId: string,
  agreed: AgreedClient | undefined,
): readonly (readonly [string, string])[] {
  // Another client, registered or described, has no secret.
  if (agreed?.secret === undefined || agreed.id !== clientId) {
    form.set('client_id', clientId);
    return [];
  }
  const encoded = [agreed.id, agreed.secret].map((text) => new URLSearchParams({ '': text }).toString().slice(1));
  return [['authorization', `Basic ${Buffer.from(encoded.join(':')).toString('base64')}`]];
}
