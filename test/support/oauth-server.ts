/** An MCP server over HTTP behind an authorization server of its own, both on loopback, with faults that can be switched on. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, Authority, type AuthoritySwitches } from './oauth-authority.ts';

export interface ResourceSwitches {
  /** No credentials are needed. */
  readonly open?: boolean;
  /** What is published about the resource, and where. */
  readonly metadata?: 'none' | 'below the path' | 'at the root' | 'named by the challenge';
  readonly challenge?: 'none' | 'without scope';
  /** The address in the challenge. */
  readonly metadataUrl?: string;
  readonly resource?: string;
  readonly authorizationServers?: readonly string[];
  /** Metadata of the authorization server is found on the resource's own origin. */
  readonly ownAuthority?: boolean;
  readonly forgetSessionsAfter?: number;
  readonly failPosts?: number;
  readonly cookie?: boolean;
  /** Forgets every access token at the n-th post. */
  readonly revokeAfter?: number;
  /** `write` needs more than was granted. */
  readonly stepUp?: boolean;
  readonly json?: boolean;
}

export type OAuthSwitches = AuthoritySwitches & ResourceSwitches;

export interface SeenRequest {
  readonly at: 'rs' | 'as';
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface OAuthServer extends AsyncDisposable {
  /** Of the MCP server. */
  readonly url: string;
  readonly authority: Authority;
  readonly seen: readonly SeenRequest[];
  /** Other faults from now on; what was asked so far is forgotten, tokens and clients are not. */
  reset(switches: OAuthSwitches): void;
  /** What was asked at an endpoint of the authorization server. */
  posted(path: string): URLSearchParams[];
}

const version = '2025-06-18';
const tools = [
  { name: 'echo', description: 'Echo a message back.', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } },
  { name: 'write', description: 'Pretend to write something.', inputSchema: { type: 'object' } },
];

type Handler = (seen: SeenRequest) => Promise<Answer & { readonly text?: string }> | (Answer & { readonly text?: string });

/** Ports are free ones unless given. */
export async function startOAuthServer(switches: OAuthSwitches = {}, ports: { rs?: number; as?: number } = {}): Promise<OAuthServer> {
  const authority = new Authority(switches);
  const seen: SeenRequest[] = [];
  const resource = new Resource(authority, switches);
  const asServer = await serve('as', ports.as ?? 0, seen, (request) => authority.answer(request));
  authority.origin = originOf(asServer);
  const rsServer = await serve('rs', ports.rs ?? 0, seen, (request) => resource.answer(request));
  resource.origin = originOf(rsServer);
  return {
    url: `${resource.origin}/mcp`,
    authority,
    seen,
    reset(next) {
      seen.length = 0;
      authority.switches = next;
      resource.reset(next);
    },
    posted: (path) =>
      seen.flatMap(({ at, method, url, body }) => (at === 'as' && method === 'POST' && url === path ? [new URLSearchParams(body)] : [])),
    async [Symbol.asyncDispose]() {
      await Promise.all([asServer, rsServer].map(closed));
    },
  };
}

const originOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

async function serve(at: 'rs' | 'as', port: number, seen: SeenRequest[], handler: Handler): Promise<Server> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', async () => {
      const entry: SeenRequest = {
        ...{ at, method: request.method ?? '', url: request.url ?? '', headers: request.headers },
        body: Buffer.concat(parts).toString(),
      };
      seen.push(entry);
      const { status, headers = {}, json, text } = await handler(entry);
      const body = text ?? (json === undefined ? '' : JSON.stringify(json));
      response.writeHead(status, { ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...headers }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}

interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly arguments?: { readonly message?: string } };
}

/** The MCP server itself. */
class Resource {
  switches: ResourceSwitches;
  origin = '';
  readonly #authority: Authority;
  readonly #sessions = new Set<string>();
  #posts = 0;
  #inSession = 0;
  #failed = 0;

  constructor(authority: Authority, switches: ResourceSwitches) {
    this.#authority = authority;
    this.switches = switches;
  }

  reset(switches: ResourceSwitches): void {
    this.switches = switches;
    this.#posts = 0;
    this.#inSession = 0;
    this.#failed = 0;
  }

  async answer(request: SeenRequest): Promise<Answer & { readonly text?: string }> {
    const { pathname } = new URL(request.url, this.origin);
    const { ownAuthority } = this.switches;
    if (pathname !== '/mcp') {
      const metadata = this.#metadataAt(pathname);
      if (metadata) return metadata;
      const known = /^\/(?:\.well-known\/(?:oauth-authorization-server|openid-configuration)|authorize|token|register)/.test(pathname);
      if (ownAuthority && known) return this.#authority.answer(request);
      return { status: 404, json: { error: 'not_found' } };
    }
    const { revokeAfter, failPosts = 0 } = this.switches;
    if (request.method === 'POST' && ++this.#posts === revokeAfter) this.#authority.revokeAll();
    const refusal = this.switches.open ? undefined : this.#refusal(request);
    if (refusal) return refusal;
    if (request.method === 'POST' && this.#failed < failPosts) {
      this.#failed += 1;
      return { status: 503, json: { error: 'unavailable' } };
    }
    const answer = this.#speak(request);
    return this.switches.cookie ? { ...answer, headers: { ...answer.headers, 'set-cookie': 'sid=1; Path=/' } } : answer;
  }

  #metadataAt(pathname: string): Answer | undefined {
    const { metadata, resource, authorizationServers, open } = this.switches;
    const name = '/.well-known/oauth-protected-resource';
    const places = { 'below the path': `/mcp${name}`, 'at the root': name, 'named by the challenge': '/about' };
    const place = metadata === 'none' || open ? undefined : metadata === undefined ? `${name}/mcp` : places[metadata];
    if (pathname !== place) return undefined;
    const json = {
      resource: resource ?? `${this.origin}/mcp`,
      authorization_servers: authorizationServers ?? [this.#authority.issuer],
      scopes_supported: this.#authority.scopes,
      bearer_methods_supported: ['header'],
    };
    return { status: 200, json };
  }

  #refusal({ headers }: SeenRequest): Answer | undefined {
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
    const grant = token === undefined ? undefined : this.#authority.grantOf(token);
    // A token for another resource is none.
    if (grant && (grant.resource === null || grant.resource === `${this.origin}/mcp`)) return undefined;
    const { challenge, metadata, metadataUrl } = this.switches;
    const named =
      metadataUrl ?? `${this.origin}${metadata === 'named by the challenge' ? '/about' : '/.well-known/oauth-protected-resource/mcp'}`;
    const params = [
      ...(token === undefined ? [] : ['error="invalid_token"']),
      ...(metadata === 'none' && metadataUrl === undefined ? [] : [`resource_metadata="${named}"`]),
      ...(challenge === 'without scope' ? [] : [`scope="${this.#authority.scopes[0]}"`]),
    ];
    const header = challenge === 'none' ? undefined : { 'www-authenticate': `Bearer ${params.join(', ')}` };
    return { status: 401, ...(header && { headers: header }), json: { error: token === undefined ? 'unauthorized' : 'invalid_token' } };
  }

  #speak({ method, headers, body }: SeenRequest): Answer & { readonly text?: string } {
    const session = headers['mcp-session-id'];
    if (method === 'GET') return { status: 405 };
    if (method === 'DELETE') return { status: this.#sessions.delete(String(session)) ? 200 : 404 };
    const message: Message = JSON.parse(body);
    if (message.method === 'initialize') {
      const id = randomUUID();
      this.#sessions.add(id);
      const result = { protocolVersion: version, capabilities: { tools: {} }, serverInfo: { name: 'behind oauth', version: '1' } };
      return this.#reply(message, result, { 'mcp-session-id': id });
    }
    if (++this.#inSession === this.switches.forgetSessionsAfter) this.#sessions.clear();
    if (!this.#sessions.has(String(session))) return { status: 404, json: { error: { code: -32001, message: 'Session not found' } } };
    if (message.id === undefined) return { status: 202 };
    if (message.method === 'tools/list') return this.#reply(message, { tools });
    if (message.method !== 'tools/call') return this.#reply(message, {});
    if (this.switches.stepUp && message.params?.name === 'write')
      return {
        status: 403,
        headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="mcp:write mcp:admin"' },
        json: { error: 'insufficient_scope' },
      };
    return this.#reply(message, { content: [{ type: 'text', text: `echo: ${message.params?.arguments?.message}` }] });
  }

  #reply({ id }: Message, result: object, headers: Record<string, string> = {}): Answer & { readonly text?: string } {
    const json = { jsonrpc: '2.0', id, result };
    if (this.switches.json) return { status: 200, headers, json };
    return { status: 200, headers: { ...headers, 'content-type': 'text/event-stream' }, text: `data: ${JSON.stringify(json)}\n\n` };
  }
}
