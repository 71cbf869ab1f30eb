/** A real HTTP server that speaks the Responses API and answers each request with the next step a test gave it. */
import { createServer, type ServerResponse } from 'node:http';
import { type Deferred, deferred } from '../../src/base/deferred.ts';

/** What one request to the model looked like. */
export interface SeenRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: { readonly model?: string; readonly input?: readonly Record<string, unknown>[]; readonly [member: string]: unknown };
}

/** Answers one request. */
export type Step = (reply: Reply, request: SeenRequest) => void | Promise<void>;

export interface ScriptedModel extends AsyncDisposable {
  /** The `base_url` of the provider. */
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  push(...steps: Step[]): void;
  /** The `index`th request, as soon as it is there. */
  request(index: number): Promise<SeenRequest>;
}

const usage = { input_tokens: 10, output_tokens: 5, total_tokens: 15 };

export class Reply {
  readonly #response: ServerResponse;
  readonly #number: number;
  #items = 0;

  constructor(response: ServerResponse, number: number) {
    this.#response = response;
    this.#number = number;
  }

  event(type: string, members: Record<string, unknown>): void {
    if (!this.#response.headersSent) {
      this.#response.writeHead(200, { 'content-type': 'text/event-stream' });
      this.event('response.created', { response: { id: this.id } });
    }
    this.#response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`);
  }

  get id(): string {
    return `resp_${this.#number}`;
  }

  /** An id for the next item of this answer. */
  itemId(prefix: string): string {
    this.#items += 1;
    return `${prefix}_${this.#number}_${this.#items}`;
  }

  item(item: Record<string, unknown>): void {
    this.event('response.output_item.done', { item });
  }

  text(...pieces: string[]): void {
    const id = this.itemId('msg');
    const message = { type: 'message', role: 'assistant', id };
    this.event('response.output_item.added', { item: { ...message, content: [] } });
    for (const delta of pieces) this.event('response.output_text.delta', { item_id: id, output_index: 0, content_index: 0, delta });
    this.item({ ...message, content: [{ type: 'output_text', text: pieces.join('') }] });
  }

  call(name: string, input: Record<string, unknown>, callId = this.itemId('call')): void {
    this.item({ type: 'function_call', id: this.itemId('fc'), call_id: callId, name, arguments: JSON.stringify(input) });
  }

  done(): void {
    this.event('response.completed', { response: { id: this.id, usage } });
    this.#response.end();
  }

  fail(status: number, body: unknown): void {
    this.#response.writeHead(status, { 'content-type': 'application/json' });
    this.#response.end(JSON.stringify(body));
  }
}

/** A message in the given pieces. */
export const say =
  (...pieces: string[]): Step =>
  (reply) => {
    reply.text(...pieces);
    reply.done();
  };

/** A tool call and the end of the answer. */
export const call =
  (name: string, input: Record<string, unknown>): Step =>
  (reply) => {
    reply.call(name, input);
    reply.done();
  };

export const run = (cmd: string, more: Record<string, unknown> = {}): Step => call('exec_command', { cmd, ...more });

export const patch = (text: string): Step => run(`apply_patch <<'EOF'\n${text}\nEOF\n`);

/** Begins a message and leaves it unfinished until the test settles `end`. */
export const hang =
  (text: string, end: Deferred<void> = deferred()): Step =>
  async (reply) => {
    const id = reply.itemId('msg');
    reply.event('response.output_item.added', { item: { type: 'message', role: 'assistant', id, content: [] } });
    reply.event('response.output_text.delta', { item_id: id, output_index: 0, content_index: 0, delta: text });
    await end.promise;
    reply.item({ type: 'message', role: 'assistant', id, content: [{ type: 'output_text', text }] });
    reply.done();
  };

/** Requests beyond the given steps are answered with `ok`. */
export async function startScriptedModel(...steps: Step[]): Promise<ScriptedModel> {
  const queue = [...steps];
  const requests: SeenRequest[] = [];
  const awaited = new Map<number, Deferred<SeenRequest>>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const seen = { headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString()) };
      requests.push(seen);
      awaited.get(requests.length - 1)?.resolve(seen);
      const step = queue.shift() ?? say('ok');
      void step(new Reply(response, requests.length), seen);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the model server has no port');
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    requests,
    push: (...more) => queue.push(...more),
    request(index) {
      const seen = requests[index];
      if (seen) return Promise.resolve(seen);
      const waiting = awaited.get(index) ?? deferred<SeenRequest>();
      awaited.set(index, waiting);
      return waiting.promise;
    },
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
