/** MCP over streamable HTTP: requests by POST, answers as JSON or event streams, sessions that may expire, all through one environment. */
import { abortReason, delay, onAbort } from '../base/abort.ts';
import { Cancelled, isRequestError, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { HttpClient, HttpResponse, SecretHeader } from '../environment/environment.ts';
import type { Authorization } from './authorization.ts';
import { type JSONRPCMessage, noAnswer, type Transport } from './client.ts';
import type { Headers, HeadersHelper } from './headers-helper.ts';
import { longestMessage, previewBytes, refusal, welcomed } from './http-answers.ts';
import { discard, headerOf, preview, readBody, readEvents } from './http-body.ts';
import { Unreachable } from './mcp-error.ts';

const retryDelaysMs = [250, 1000];
const retryableStatus = new Set([408, 429, 500, 502, 503, 504]);
const mostRedirects = 5;
const firstReopenMs = 1000;
const shortestReopenMs = 50;
const longestReopenMs = 30_000;
/** A stream ends after that and is opened again: an exec-server cannot be told that nobody reads one any more. */
const longestStreamMs = 600_000;
const endMs = 5000;
const renewalMs = 30_000;
/** Answers and announcements on their way to a server that does not take them; more are refused. */
const mostUntaken = 256;

export interface HttpTransportOptions {
  readonly url: string;
  readonly http: HttpClient;
  /** Of the configuration; by lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly authorization: Authorization;
  /** Prints more headers, which come before those of the configuration. */
  readonly helper: HeadersHelper | undefined;
  /** Read where the requests are made. */
  readonly secretHeaders: readonly SecretHeader[];
  /** Waits for new credentials without counting the time. */
  uncounted<T>(work: () => Promise<T>): Promise<T>;
  readonly userAgent: string;
  readonly log: Log;
}

interface Exchange {
  readonly method: 'POST' | 'GET' | 'DELETE';
  readonly body?: Buffer;
  readonly session: string | undefined;
  readonly lastEventId?: string | undefined;
  readonly signal: AbortSignal;
}

const isRequest = (message: JSONRPCMessage): message is JSONRPCMessage & { id: string | number; method: string } =>
  'method' in message && 'id' in message;
const methodOf = (message: JSONRPCMessage): string | undefined => ('method' in message ? message.method : undefined);
const repeatable = new Set(['initialize', 'notifications/initialized', 'tools/list']);

/** Nobody but us says what these are. */
const protocolHeaders = ['authorization', 'mcp-session-id', 'mcp-protocol-version', 'last-event-id'];

/** Asking once more would end the same way. */
const neverSent = (error: unknown): boolean => error instanceof Unreachable || (isRequestError(error) && error.kind === 'invalidParams');

/** The session is gone; it can be made anew. */
class SessionExpired extends Error {
  override readonly name = 'SessionExpired';
}

export class HttpTransport implements Transport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: Transport['onmessage'];
  readonly #options: HttpTransportOptions;
  readonly #over = new AbortController();
  readonly #running = new Map<string | number, AbortController>();
  #untaken = 0;
  #session: string | undefined;
  #protocolVersion: string | undefined;
  #initialize: JSONRPCMessage | undefined;
  #renewal: Promise<void> | undefined;
  #stream: AbortController | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: HttpTransportOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {}

  setProtocolVersion(version: string): void {
    this.#protocolVersion = version;
  }

  /** Resolves when the server has taken the message; an answer may still be on its way. */
  async send(message: JSONRPCMessage): Promise<void> {
    if (this.#closing) throw new Unreachable('Transport closed');
    const method = methodOf(message);
    if (method === 'initialize') this.#initialize = message;
    if (method === 'notifications/cancelled') this.#cancelled(message);
    if (isRequest(message)) await this.#deliverOnce(message);
    else {
      if (this.#untaken >= mostUntaken) throw new Unreachable('the MCP server does not take what it is sent');
      this.#untaken += 1;
      await this.#deliverOnce(message).finally(() => {
        this.#untaken -= 1;
      });
    }
    if (method === 'notifications/initialized') this.#listen();
  }

  /** Once more in a new session when the old one was unknown: then nothing has been done yet. */
  async #deliverOnce(message: JSONRPCMessage): Promise<void> {
    const session = this.#session;
    try {
      await this.#deliver(message, session);
    } catch (error) {
      if (!(error instanceof SessionExpired)) throw error;
      await this.#renewSession(session);
      await this.#deliver(message, this.#session);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#session !== undefined) await this.#endSession(this.#session);
    this.#over.abort(new Cancelled('the MCP connection was closed'));
    this.onclose?.();
  }

  async #endSession(session: string): Promise<void> {
    try {
      await discard(await this.#exchange({ method: 'DELETE', session, signal: AbortSignal.timeout(endMs) }));
    } catch (error) {
      this.#options.log.debug('an MCP session could not be ended', { error: messageOf(error) });
    }
  }

  #cancelled(message: JSONRPCMessage): void {
    const id = 'params' in message ? message.params?.requestId : undefined;
    if (typeof id === 'string' || typeof id === 'number') this.#running.get(id)?.abort(new Cancelled());
  }

  /** One message to the server; retried where that is harmless. */
  async #deliver(message: JSONRPCMessage, session: string | undefined): Promise<void> {
    const body = Buffer.from(JSON.stringify(message));
    const own = new AbortController();
    const off = onAbort(this.#over.signal, () => own.abort(abortReason(this.#over.signal)));
    const id = isRequest(message) ? message.id : undefined;
    if (id !== undefined) this.#running.set(id, own);
    const done = () => {
      off();
      if (id !== undefined && this.#running.get(id) === own) this.#running.delete(id);
    };
    try {
      const response = await this.#retried(message, () => this.#exchange({ method: 'POST', body, session, signal: own.signal }));
      await this.#accept(message, response, done);
    } catch (error) {
      done();
      throw error;
    }
  }

  async #retried(message: JSONRPCMessage, attempt: () => Promise<HttpResponse>): Promise<HttpResponse> {
    const delays = repeatable.has(methodOf(message) ?? '') ? retryDelaysMs : [];
    for (let tries = 0; ; tries += 1) {
      const waitMs = delays[tries];
      try {
        const response = await attempt();
        if (waitMs === undefined || !retryableStatus.has(response.status)) return response;
        await discard(response);
      } catch (error) {
        if (waitMs === undefined || neverSent(error) || this.#over.signal.aborted) throw error;
      }
      await delay(waitMs, this.#over.signal);
    }
  }

  /** Takes the answer to a POST. `done` is called when nothing more comes of it. */
  async #accept(message: JSONRPCMessage, response: HttpResponse, done: () => void): Promise<void> {
    const { status } = response;
    if (status === 202 || status === 204) {
      void discard(response).finally(done);
      return;
    }
    if (status < 200 || status > 299) throw await refusal(response);
    if (methodOf(message) === 'initialize') this.#session = headerOf(response, 'mcp-session-id');
    const type = (headerOf(response, 'content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
    if (type === 'text/event-stream') {
      void this.#readAnswers(message, response).finally(done);
      return;
    }
    if (!isRequest(message)) {
      void discard(response).finally(done);
      return;
    }
    if (type !== 'application/json')
      throw new Unreachable(`UnexpectedContentType: ${type || 'none'}: ${await preview(response, previewBytes)}`);
    const answered = this.#receive((await readBody(response, longestMessage)).toString('utf8'));
    if (!answered.includes(message.id)) throw new Unreachable('the MCP server answered something else');
    done();
  }

  /** Answers of one request as events. A stream that breaks is taken up again where the server numbered its events. */
  async #readAnswers(message: JSONRPCMessage, first: HttpResponse): Promise<void> {
    const id = isRequest(message) ? message.id : undefined;
    let lastEventId: string | undefined;
    let answered = id === undefined;
    const onEvent = (event: { id: string | undefined; data: string }) => {
      lastEventId = event.id ?? lastEventId;
      if (this.#receive(event.data).includes(id)) answered = true;
    };
    let response = first;
    for (let tries = 0; ; tries += 1) {
      await readEvents(response, longestMessage, { event: onEvent }).catch((error: unknown) => {
        this.#options.log.debug('an answer of an MCP server broke off', { error: messageOf(error) });
      });
      if (answered || this.#over.signal.aborted || id === undefined) return;
      const own = this.#running.get(id);
      if (!own || own.signal.aborted) return;
      if (lastEventId === undefined || tries >= retryDelaysMs.length) break;
      try {
        await delay(retryDelaysMs[tries] ?? 0, own.signal);
        response = await this.#exchange({ method: 'GET', session: this.#session, lastEventId, signal: own.signal });
      } catch {
        break;
      }
      if (response.status !== 200) break;
    }
    if (id !== undefined && !this.#over.signal.aborted)
      this.onmessage?.({ jsonrpc: '2.0', id, error: noAnswer(new Unreachable('the answer broke off')) });
  }

  /** Hands messages on; returns the ids of the answers among them. */
  #receive(text: string): unknown[] {
    if (text.trim() === '') return [];
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      this.#options.log.warn('an MCP server sent something that is no message', { text: text.slice(0, 200) });
      return [];
    }
    const messages = Array.isArray(parsed) ? parsed : [parsed];
    // The library checks the form of what it is given and reports what it cannot use.
    for (const message of messages) this.onmessage?.(message as JSONRPCMessage);
    return messages.flatMap((message: unknown) =>
      typeof message === 'object' && message !== null && 'id' in message && !('method' in message) ? [message.id] : [],
    );
  }

  /** One request with credentials: renewed once after a 401. Rejects with `SessionExpired` when the session is unknown. */
  async #exchange(exchange: Exchange): Promise<HttpResponse> {
    const { authorization, uncounted, helper } = this.#options;
    const first = await uncounted(() => authorization.header(exchange.signal));
    const printed = helper?.current();
    let response = await this.#request(exchange, first, await printed);
    if (response.status === 401) {
      await preview(response, previewBytes);
      if (printed) helper?.forget(printed);
      const renewed = await uncounted(() => authorization.renew(first, exchange.signal));
      if (renewed === undefined && !helper) throw authorization.failure(first);
      response = await this.#request(exchange, renewed ?? first, await helper?.current());
      if (response.status === 401) {
        await preview(response, previewBytes);
        throw authorization.failure(renewed);
      }
    }
    if (response.status === 404 && exchange.session !== undefined && exchange.method !== 'DELETE') {
      await discard(response);
      throw new SessionExpired();
    }
    return response;
  }

  #headers(exchange: Exchange, authorization: string | undefined, printed: Headers | undefined): [string, string][] {
    const headers = new Map(this.#options.headers);
    for (const name of protocolHeaders) headers.delete(name);
    for (const [name, value] of printed ?? []) headers.set(name, value);
    headers.set('user-agent', this.#options.userAgent);
    headers.set('accept', exchange.method === 'DELETE' ? '*/*' : 'text/event-stream, application/json');
    if (exchange.body) headers.set('content-type', 'application/json');
    if (exchange.session !== undefined) headers.set('mcp-session-id', exchange.session);
    if (this.#protocolVersion !== undefined) headers.set('mcp-protocol-version', this.#protocolVersion);
    if (exchange.lastEventId !== undefined) headers.set('last-event-id', exchange.lastEventId);
    if (authorization !== undefined) headers.set('authorization', authorization);
    return [...headers];
  }

  /** Follows redirects that stay on the server; another one would get the credentials. */
  async #request(exchange: Exchange, authorization: string | undefined, printed: Headers | undefined): Promise<HttpResponse> {
    const headers = this.#headers(exchange, authorization, printed);
    const { method, body, signal } = exchange;
    let { url } = this.#options;
    for (let redirects = 0; ; redirects += 1) {
      const { secretHeaders } = this.#options;
      const limit = method === 'GET' ? { timeoutMs: longestStreamMs } : {};
      const request = { method, url, headers, redirect: 'manual' as const, secretHeaders, ...limit, ...(body ? { body } : {}) };
      const response = await this.#options.http.request(request, signal);
      const location = headerOf(response, 'location');
      if (response.status < 300 || response.status > 399 || location === undefined) return response;
      await discard(response);
      const next = new URL(location, url);
      const keepsMethod = method === 'GET' || response.status === 307 || response.status === 308;
      if (next.origin !== new URL(url).origin || !keepsMethod || redirects === mostRedirects)
        throw new Unreachable('the MCP server redirects to a place that requests are not sent to');
      url = next.href;
    }
  }

  /** Makes a new session, once for everybody who met the end of the old one. */
  #renewSession(expired: string | undefined): Promise<void> {
    if (this.#session !== expired) return this.#renewal ?? Promise.resolve();
    this.#renewal ??= this.#makeSession(expired).finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async #makeSession(expired: string | undefined): Promise<void> {
    const again = this.#initialize;
    if (!again || !isRequest(again)) throw new Unreachable('Transport closed');
    const version = this.#protocolVersion;
    this.#protocolVersion = undefined;
    const signal = AbortSignal.any([this.#over.signal, AbortSignal.timeout(renewalMs)]);
    try {
      const response = await this.#exchange({ method: 'POST', body: Buffer.from(JSON.stringify(again)), session: undefined, signal });
      if (response.status !== 200) throw await refusal(response);
      await welcomed(response, again.id);
      this.#session = headerOf(response, 'mcp-session-id');
    } finally {
      this.#protocolVersion = version;
    }
    const told = Buffer.from(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }));
    void discard(await this.#exchange({ method: 'POST', body: told, session: this.#session, signal }));
    this.#listen();
    if (expired !== undefined) void this.#endSession(expired);
  }

  /** What the server says without being asked; servers may not offer it. */
  #listen(): void {
    this.#stream?.abort(new Cancelled());
    const own = new AbortController();
    this.#stream = own;
    const signal = AbortSignal.any([own.signal, this.#over.signal]);
    void this.#follow(signal).catch((error: unknown) => {
      if (!signal.aborted) this.#options.log.debug('an MCP server has no stream of its own', { error: messageOf(error) });
    });
  }

  /** Takes the stream up again whenever it ends, after the last event it brought; a server without one is asked once. */
  async #follow(signal: AbortSignal): Promise<void> {
    let lastEventId: string | undefined;
    let pauseMs = firstReopenMs;
    let opened = false;
    for (let waitMs = pauseMs; ; waitMs = Math.min(waitMs * 2, longestReopenMs)) {
      const session = this.#session;
      try {
        const response = await this.#exchange({ method: 'GET', session, lastEventId, signal });
        if (response.status !== 200) {
          await discard(response);
          if (!retryableStatus.has(response.status)) return;
        } else {
          opened = true;
          await readEvents(response, longestMessage, {
            retry: (ms) => {
              pauseMs = Math.min(Math.max(ms, shortestReopenMs), longestReopenMs);
            },
            event: ({ id, data }) => {
              lastEventId = id ?? lastEventId;
              waitMs = pauseMs;
              this.#receive(data);
            },
          });
        }
      } catch (error) {
        // A new session comes with a stream of its own. A server that never had one may say so in the same words.
        if (error instanceof SessionExpired) return opened ? await this.#renewSession(session) : undefined;
        if (error instanceof Unreachable || signal.aborted) throw error;
      }
      await delay(waitMs, signal);
    }
  }
}
