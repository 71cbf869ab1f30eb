/** A real HTTP server that answers model requests as a test says, and the client under test against it. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createModelHttp } from '../../src/host/model-http.ts';
import { createModelClient, type ModelClientDeps } from '../../src/model/create-model-client.ts';
import { type ModelClient, ModelError, type ModelEvent, type ModelRequest } from '../../src/model/model-client.ts';
import { customProvider, type ModelProvider } from '../../src/model/providers.ts';

export interface SeenRequest {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
  /** The connection it came over, numbered from 0. */
  readonly connection: number;
}

export type Step = (response: ServerResponse, request: IncomingMessage) => void;

export interface ModelServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly SeenRequest[];
  readonly connections: readonly Socket[];
  /** Resolves with connection `index` as soon as it is there. */
  connection(index: number): Promise<Socket>;
  /** Resolves when connection `index` is closed. */
  closed(index: number): Promise<void>;
  /** Resolves with the `index`th request as soon as it is there. */
  request(index: number): Promise<SeenRequest>;
}

/** Answers the first request with the first step and so on; the last step stays. */
export async function startModelServer(...steps: Step[]): Promise<ModelServer> {
  const requests: SeenRequest[] = [];
  const connections: Socket[] = [];
  const waiting = new Map<number, (request: SeenRequest) => void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const seen = {
        method: request.method,
        path: request.url,
        headers: request.headers,
        body: text === '' ? {} : JSON.parse(text),
        connection: connections.indexOf(request.socket),
      };
      requests.push(seen);
      waiting.get(requests.length - 1)?.(seen);
      steps[Math.min(requests.length, steps.length) - 1]?.(response, request);
    });
  });
  const arrivals = new Map<number, (socket: Socket) => void>();
  server.on('connection', (socket) => {
    connections.push(socket);
    arrivals.get(connections.length - 1)?.(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    port,
    requests,
    connections,
    connection: (index) =>
      new Promise((resolve) => {
        const socket = connections[index];
        if (socket) resolve(socket);
        else arrivals.set(index, resolve);
      }),
    closed: (index) =>
      new Promise((resolve) => {
        const socket = connections[index];
        if (!socket || socket.destroyed) resolve();
        else socket.once('close', () => resolve());
      }),
    request: (index) =>
      new Promise((resolve) => {
        const seen = requests[index];
        if (seen) resolve(seen);
        else waiting.set(index, resolve);
      }),
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

export const sse = (type: string, fields: Record<string, unknown> = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
export const created = sse('response.created', { response: { id: 'resp_1' } });
export const completed = sse('response.completed', { response: { id: 'resp_1' } });

/** 200 and these events, then the end. */
export const stream =
  (...events: string[]): Step =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(events.join(''));
  };

export const refusal =
  (status: number, body: unknown, headers: Record<string, string> = {}): Step =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

export const failed = (error: unknown): Step => stream(created, sse('response.failed', { response: { id: 'resp_1', error } }));

export const request: ModelRequest = {
  model: 'mock-model',
  instructions: 'Be brief.',
  input: [{ type: 'message', role: 'user', id: 'msg_1', content: [{ type: 'input_text', text: 'go' }] }],
  tools: [],
  parallelToolCalls: true,
  promptCacheKey: 'thread-1',
  clientMetadata: {},
  headers: {},
};

export interface TestClient extends AsyncDisposable {
  readonly model: ModelClient;
  /** What was waited for between request-level tries, in milliseconds. */
  readonly pauses: readonly number[];
}

/** A client whose pauses pass at once. */
export function testClient(members: Partial<ModelProvider>, deps: Partial<ModelClientDeps> = {}): TestClient {
  const transport = createModelHttp({ env: {} });
  const pauses: number[] = [];
  const provider = customProvider('mock', { requestMaxRetries: 0, streamMaxRetries: 0, ...members });
  const pause = async (ms: number, signal: AbortSignal) => {
    pauses.push(ms);
    signal.throwIfAborted();
  };
  const model = createModelClient(provider, { transport, env: {}, timing: { pause, random: () => 0.5 }, ...deps });
  return { model, pauses, [Symbol.asyncDispose]: () => transport.close() };
}

export interface Outcome {
  readonly events: readonly ModelEvent[];
  readonly error: unknown;
}

/** One request and what became of it. */
export async function ask(model: ModelClient, given: Partial<ModelRequest> = {}, signal = new AbortController().signal): Promise<Outcome> {
  const events: ModelEvent[] = [];
  try {
    await model.stream({ ...request, ...given }, (event) => events.push(event), signal);
    return { events, error: undefined };
  } catch (error) {
    return { events, error };
  }
}

/** What a `ModelError` tells, without its stack. */
export function facts(error: unknown): Record<string, unknown> {
  if (!(error instanceof ModelError)) return { notAModelError: error };
  const { message, info, retry, retryAfterMs, httpStatus } = error;
  return {
    message,
    info,
    retry,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(httpStatus === undefined ? {} : { httpStatus }),
  };
}
