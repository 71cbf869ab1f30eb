/**
 * The built-in rehearsal model: a Responses endpoint on a loopback port, started with its first use. Only who knows its
 * address and its token, both random, gets an answer.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { delay } from '../../base/abort.ts';
import { messageOf } from '../../base/errors.ts';
import { type Conversation, readConversation, scriptTag } from './conversation.ts';
import { EventWriter, type Output } from './events.ts';
import type { Part, Reply } from './reply.ts';
import { answer } from './rules.ts';
import { parseScript, type ScriptEntry } from './script.ts';

export interface RehearsalEndpoint {
  readonly baseUrl: string;
  /** To be sent as a bearer token. */
  readonly token: string;
}

export interface RehearsalOptions {
  /** Reads a script file. Absent: scripts cannot be played. */
  readonly readText?: (path: string) => Promise<string>;
}

export interface Rehearsal {
  /** Where to ask; with `script` the answers come from that file. Starts the server when it does not run yet. */
  endpoint(script: string | undefined): Promise<RehearsalEndpoint>;
  /** Ends the server and every answer under way. */
  close(): Promise<void>;
}

const largestBody = 256 * 1024 * 1024;
/** How many answers are remembered, for failures that end after a number of tries and for positions in scripts. */
const mostRemembered = 256;

export function createRehearsal(options: RehearsalOptions = {}): Rehearsal {
  const token = randomBytes(24).toString('base64url');
  const root = randomBytes(12).toString('hex');
  const scripts: (string | undefined)[] = [];
  const stage = new Stage(options);
  let running: Promise<{ server: Server; port: number }> | undefined;
  let closed = false;
  const slotOf = (script: string | undefined): number => {
    const known = scripts.indexOf(script);
    return known >= 0 ? known : scripts.push(script) - 1;
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    const [, path, slot, ...rest] = (request.url ?? '').split('/');
    const known = path === root && rest.join('/') === 'responses' && Number(slot) < scripts.length;
    if (!isAuthorized(request.headers.authorization, token))
      return refuse(response, 401, 'This address answers only the program that opened it.');
    if (!known || request.method !== 'POST') return refuse(response, 404, 'There is nothing here.');
    stage.play(request, response, scripts[Number(slot)]).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else refuse(response, 400, `The rehearsal model failed: ${messageOf(error)}`);
    });
  };
  return {
    async endpoint(script) {
      if (closed) throw new Error('the rehearsal model is closed');
      running ??= listen(createServer(listener));
      const { port } = await running;
      return { baseUrl: `http://127.0.0.1:${port}/${root}/${slotOf(script)}`, token };
    },
    async close() {
      closed = true;
      const started = await running?.catch(() => undefined);
      if (!started) return;
      const { server } = started;
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function listen(server: Server): Promise<{ server: Server; port: number }> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('no port was given'));
      else resolve({ server, port: address.port });
    });
  });
}

function isAuthorized(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { message } }));
}

/** Counts by key; the oldest keys are forgotten. */
class Counter {
  readonly #counts = new Map<string, number>();

  get(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  set(key: string, count: number): void {
    this.#counts.delete(key);
    this.#counts.set(key, count);
    const oldest = this.#counts.keys().next();
    if (this.#counts.size > mostRemembered && !oldest.done) this.#counts.delete(oldest.value);
  }
}

class Stage {
  readonly #options: RehearsalOptions;
  readonly #tries = new Counter();
  readonly #positions = new Counter();
  readonly #scripts = new Map<string, Promise<readonly ScriptEntry[]>>();

  constructor(options: RehearsalOptions) {
    this.#options = options;
  }

  async play(request: IncomingMessage, response: ServerResponse, script: string | undefined): Promise<void> {
    const ended = new AbortController();
    response.once('close', () => ended.abort());
    const body = await readBody(request);
    const conversation = readConversation(JSON.parse(body.toString()));
    const { reply, tag } = await this.#reply(conversation, script);
    const refusal = reply.parts.find((part) => part.kind === 'refuse');
    if (refusal?.kind === 'refuse') {
      response.writeHead(refusal.status, { 'content-type': 'application/json', ...refusal.headers });
      response.end(typeof refusal.body === 'string' ? refusal.body : JSON.stringify(refusal.body));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', ...headersOf(reply.parts) });
    const writer = new EventWriter({ tag, round: conversation.round, inputTokens: Math.ceil(body.length / 4) });
    await perform(response, outputsOf(writer, reply), ended.signal);
  }

  async #reply(conversation: Conversation, script: string | undefined): Promise<{ reply: Reply; tag: string }> {
    const entries = script === undefined || conversation.compaction ? [] : await this.#script(script);
    const threadKey = `${script} ${conversation.threadKey}`;
    const position = Math.max(this.#positions.get(threadKey), conversation.scriptPosition + 1);
    const entry = entries[position];
    if (entry) {
      this.#positions.set(threadKey, position + 1);
      return { reply: entry(conversation), tag: scriptTag(conversation.tag, position) };
    }
    const attempt = this.#tries.get(conversation.attemptKey);
    this.#tries.set(conversation.attemptKey, attempt + 1);
    return { reply: answer(conversation, attempt), tag: conversation.tag };
  }

  #script(path: string): Promise<readonly ScriptEntry[]> {
    const known = this.#scripts.get(path);
    if (known) return known;
    const { readText } = this.#options;
    const read = readText ? readText(path).then(parseScript) : Promise.reject(new Error('script files cannot be read here'));
    const named = read.catch((error: unknown) => {
      // So that a corrected file is read with the next request.
      this.#scripts.delete(path);
      throw new Error(`script ${path}: ${messageOf(error)}`, { cause: error });
    });
    this.#scripts.set(path, named);
    return named;
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > largestBody) throw new Error('the request is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const headersOf = (parts: readonly Part[]): Record<string, string> =>
  Object.fromEntries(parts.flatMap((part) => (part.kind === 'header' ? [[part.name, part.value]] : [])));

function* outputsOf(writer: EventWriter, reply: Reply): Generator<Output> {
  yield writer.start();
  for (const part of reply.parts) {
    yield* writer.part(part);
    if (part.kind === 'end') return;
  }
  yield* writer.finish(reply.endTurn);
}

/** Returns when the response has ended, one way or another. */
async function perform(response: ServerResponse, outputs: Iterable<Output>, signal: AbortSignal): Promise<void> {
  const gone = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const written = (text: string) => new Promise<void>((resolve) => response.write(text, () => resolve()));
  for (const output of outputs) {
    if (signal.aborted) return;
    if ('write' in output) {
      if (!response.write(output.write)) await Promise.race([new Promise<void>((resolve) => response.once('drain', resolve)), gone]);
    } else if ('pauseMs' in output) {
      // An abort is seen before the next output.
      await delay(output.pauseMs, signal).catch(() => {});
    } else if (output.end === 'cut') {
      // What was said before the cut is to arrive.
      await Promise.race([written(': cut\n\n'), gone]);
      response.destroy();
    } else if (output.end === 'hang') await gone;
    else response.end();
  }
}
