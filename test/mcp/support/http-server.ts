/** An MCP server over streamable HTTP in the test's own process: it notes what it is asked, and a test may answer in its place. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { text as readText } from 'node:stream/consumers';

export interface Seen {
  readonly http: string;
  readonly headers: IncomingHttpHeaders;
  /** The JSON-RPC message, where there is one. */
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: {
    readonly [member: string]: unknown;
    readonly arguments?: { readonly key?: string; readonly bytes?: number };
    readonly _meta?: { readonly progressToken?: number };
  };
}

/** True: it has answered, or does so later. */
export type Answer = (seen: Seen, response: ServerResponse) => boolean | undefined | Promise<boolean | undefined>;

export interface HttpFixture extends AsyncDisposable {
  readonly url: string;
  readonly origin: string;
  readonly seen: Seen[];
  /** Every session that was begun, in order; those taken out of it are unknown. */
  readonly sessions: string[];
  /** Asked first. */
  answer: Answer;
  /** Streams that clients have opened with GET and that are still open. */
  readonly streams: Set<ServerResponse>;
  /** Whether GET opens a stream; default false: 405. */
  listens: boolean;
  /** Methods of the messages seen so far, GET and DELETE as such; a GET outside of a session is a look at the server. */
  log(): string[];
}

export const tool = (name: string) => ({ name, inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } });
export const result = (id: unknown, value: unknown) => JSON.stringify({ jsonrpc: '2.0', id, result: value });
export const sse = (data: string, id?: string) => `${id === undefined ? '' : `id: ${id}\n`}event: message\ndata: ${data}\n\n`;

export function json(response: ServerResponse, body: string, headers: Record<string, string> = {}): true {
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(body);
  return true;
}

export function status(response: ServerResponse, code: number, body = ''): true {
  response.writeHead(code).end(body);
  return true;
}

interface Setup {
  /** Gives session ids; default true. */
  readonly stateful?: boolean;
  readonly answer?: Answer;
}

export async function startHttpFixture({ stateful = true, answer = () => undefined }: Setup = {}): Promise<HttpFixture> {
  const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const fixture: HttpFixture = {
    ...{ url: `${origin}/mcp`, origin, seen: [], sessions: [], answer, streams: new Set(), listens: false },
    log: () =>
      fixture.seen.flatMap(({ http, method, headers }) =>
        stateful && http === 'GET' && !headers['mcp-session-id'] ? [] : [method ?? http],
      ),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      await closed;
    },
  };
  let begun = 0;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readText(request);
    const seen: Seen = { http: request.method ?? '', headers: request.headers, ...(body === '' ? {} : JSON.parse(body)) };
    fixture.seen.push(seen);
    if (await fixture.answer(seen, response)) return;
    const session = request.headers['mcp-session-id'];
    if (typeof session === 'string' && !fixture.sessions.includes(session)) status(response, 404);
    else if (request.url !== '/mcp') status(response, 404);
    else if (seen.http === 'GET') {
      if (stateful && session === undefined) status(response, 400);
      else listen(response);
    } else if (seen.http === 'DELETE') status(response, 200);
    else if (seen.method === 'initialize') {
      if (stateful) fixture.sessions.push(`session-${(begun += 1)}`);
      const session = stateful ? { 'mcp-session-id': `session-${begun}` } : undefined;
      const info = { capabilities: { tools: {} }, serverInfo: { name: 'web', version: '1' } };
      json(response, result(seen.id, { protocolVersion: seen.params?.protocolVersion, ...info }), session);
    } else if (seen.method === 'tools/list') json(response, result(seen.id, { tools: [tool('echo')] }));
    else if (seen.method === 'tools/call')
      json(response, result(seen.id, { content: [{ type: 'text', text: JSON.stringify(seen.params?.arguments ?? null) }] }));
    else status(response, 202);
  }

  function listen(response: ServerResponse): void {
    if (!fixture.listens) return void status(response, 405);
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    fixture.streams.add(response);
    response.once('close', () => fixture.streams.delete(response));
  }

  return fixture;
}

/** `[mcp_servers.NAME]` for a server at `url`. */
export const httpTable = (url: string, lines = '', name = 'web') => `[mcp_servers.${name}]\nurl = ${JSON.stringify(url)}\n${lines}\n`;
