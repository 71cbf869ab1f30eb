/**
 * An MCP server over HTTP that wants a login, with the authorization server for it: discovery, registration, a page to agree
 * on, tokens with PKCE. It has one tool, `echo`.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface OauthMcpServer extends AsyncDisposable {
  /** Of the MCP server. */
  readonly url: string;
  /** Where it listens: `http://127.0.0.2:4711`. */
  readonly origin: string;
  /** What became of it: each redirect address that a code was given for, and how many tokens were taken. */
  readonly redirects: readonly string[];
  readonly tokens: () => number;
}

export interface OauthMcpOptions {
  /** Signs its answers with its name (RFC 9207), so that clients need no address of their own per server. */
  readonly namesItself: boolean;
  /** Sends the browser back by a script of its page instead of a redirect. */
  readonly byScript?: boolean;
  /** A loopback address. */
  readonly host?: string;
}

interface Code {
  readonly challenge: string;
  readonly redirectUri: string;
}

export async function startOauthMcpServer({ namesItself, byScript = false, host = '127.0.0.1' }: OauthMcpOptions): Promise<OauthMcpServer> {
  const codes = new Map<string, Code>();
  const tokens = new Set<string>();
  const redirects: string[] = [];
  let origin = '';

  const metadata = () => ({
    issuer: origin,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    registration_endpoint: `${origin}/register`,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none'],
    authorization_response_iss_parameter_supported: namesItself,
  });

  const agree = (asked: URLSearchParams, response: ServerResponse) => {
    const redirectUri = asked.get('redirect_uri') ?? '';
    const code = randomBytes(12).toString('hex');
    codes.set(code, { challenge: asked.get('code_challenge') ?? '', redirectUri });
    redirects.push(redirectUri);
    const back = new URL(redirectUri);
    back.searchParams.set('code', code);
    back.searchParams.set('state', asked.get('state') ?? '');
    if (namesItself) back.searchParams.set('iss', origin);
    if (byScript) response.end(`<!DOCTYPE html><script>location.replace(${JSON.stringify(back.href)})</script>`);
    else response.writeHead(302, { location: back.href }).end();
  };

  const takeToken = (form: URLSearchParams, response: ServerResponse) => {
    const code = codes.get(form.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (code?.challenge !== challenge || code.redirectUri !== form.get('redirect_uri'))
      return json(response, 400, { error: 'invalid_grant' });
    codes.delete(form.get('code') ?? '');
    const token = randomBytes(12).toString('hex');
    tokens.add(token);
    json(response, 200, { access_token: token, token_type: 'Bearer', expires_in: 3600, refresh_token: `again-${token}` });
  };

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', origin);
    const body = await read(request);
    if (url.pathname.startsWith('/.well-known/oauth-protected-resource'))
      return json(response, 200, { resource: `${origin}/mcp`, authorization_servers: [origin] });
    if (url.pathname.startsWith('/.well-known/oauth-authorization-server')) return json(response, 200, metadata());
    if (url.pathname === '/register') return json(response, 201, { ...JSON.parse(body), client_id: 'the-client' });
    if (url.pathname === '/authorize' && request.method === 'GET') return page(response);
    if (url.pathname === '/authorize') return agree(url.searchParams, response);
    if (url.pathname === '/token') return takeToken(new URLSearchParams(body), response);
    if (url.pathname !== '/mcp') return json(response, 404, {});
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined || !tokens.has(token)) {
      response.setHeader('www-authenticate', `Bearer resource_metadata="${origin}/.well-known/oauth-protected-resource"`);
      return json(response, 401, { error: 'invalid_token' });
    }
    if (request.method !== 'POST') return json(response, 405, {});
    const answer = mcpAnswer(JSON.parse(body));
    if (answer === undefined) response.writeHead(202).end();
    else json(response, 200, answer);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('no address');
  origin = `http://${host}:${address.port}`;
  return {
    url: `${origin}/mcp`,
    origin,
    redirects,
    tokens: () => tokens.size,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Undefined for notifications. */
function mcpAnswer({
  id,
  method,
  params,
}: {
  id?: number;
  method: string;
  params?: { arguments?: { text?: string } };
}): object | undefined {
  if (id === undefined) return undefined;
  const result = (value: object) => ({ jsonrpc: '2.0', id, result: value });
  switch (method) {
    case 'initialize':
      return result({ protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'tickets', version: '1.0.0' } });
    case 'tools/list': {
      const inputSchema = { type: 'object', properties: { text: { type: 'string' } } };
      return result({ tools: [{ name: 'echo', description: 'Says it back.', inputSchema }] });
    }
    case 'tools/call':
      return result({ content: [{ type: 'text', text: `echo: ${params?.arguments?.text ?? ''}` }] });
    default:
      return { jsonrpc: '2.0', id, error: { code: -32601, message: 'unknown method' } };
  }
}

/** Posting the form takes the parameters of the address along. */
function page(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/html' });
  response.end('<!DOCTYPE html><title>Sign in</title><h1>Tickets</h1><form method="post"><button autofocus>Allow</button></form>');
}

function json(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

async function read(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}
