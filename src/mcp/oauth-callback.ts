/** The address a browser comes back to after a login, and what it brings along: by itself, or copied by the user. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { type Deferred, deferred } from '../base/deferred.ts';
import { errnoOf } from '../base/errors.ts';
import { type LoopbackListener, listenOnLoopback, type PageAnswer } from '../environment/loopback.ts';
import { isLoopback } from './oauth-http.ts';

export interface CallbackSettings {
  /** Undefined: one that is free. */
  readonly port: number | undefined;
  /** Takes the place of the address that is registered; does not choose the port. */
  readonly url: string | undefined;
}

export type CallbackResult =
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'refused'; readonly error: string; readonly description: string | undefined };

export interface CallbackExpectation {
  readonly state: string;
  /** The `iss` the answer has to carry; undefined: none is needed, and one that is there must be right. */
  readonly issuer: string | undefined;
  readonly issuerRequired: boolean;
}

/** The last part of the address, one per server: an answer meant for one server never reaches the login of another. */
export function callbackId(serverUrl: string): string {
  const url = serverUrl.split('#')[0] ?? serverUrl;
  return createHash('sha256').update(url).digest().subarray(0, 9).toString('base64url');
}

const sameText = (a: string, b: string): boolean => {
  const [left, right] = [createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest()];
  return timingSafeEqual(left, right);
};

const invalid: PageAnswer = { status: 400, text: 'Invalid OAuth callback' };
const complete: PageAnswer = { status: 200, text: 'Authentication complete. You may close this window.' };
const longestUrl = 64 * 1024;
const longestShown = 500;
/** How long a tab that is loaded again still gets its page. */
const lingerMs = 10_000;

/** A sentence for the page of a browser: no markup, no control characters, not endless. */
export const pageText = (text: string): string =>
  text
    .slice(0, longestShown)
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, ' ')
    .replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);

function parametersOf({ searchParams }: URL) {
  const single = (name: string): string | undefined => searchParams.get(name) ?? undefined;
  const repeated = ['state', 'code', 'error', 'error_description', 'iss'].some((name) => searchParams.getAll(name).length > 1);
  return { repeated, state: single('state'), code: single('code'), error: single('error'), iss: single('iss'), single };
}

/** What an answer says; a text tells why it is none for this login. */
function readAnswer(url: URL, expected: CallbackExpectation): CallbackResult | string {
  const { repeated, state, code, error, iss, single } = parametersOf(url);
  if (repeated) return 'Invalid OAuth callback URL';
  // A forged answer must not end the login of the user, so it is turned away before anything else.
  if (state === undefined) return 'OAuth callback URL is missing state';
  if (!sameText(state, expected.state)) return 'OAuth callback state does not match this login';
  if (iss === undefined ? expected.issuerRequired : iss !== expected.issuer) return 'OAuth callback issuer does not match this login';
  if (code !== undefined && error !== undefined) return 'OAuth callback URL contains both a code and an error';
  if (error !== undefined) return { kind: 'refused', error, description: single('error_description') };
  if (code === undefined || code === '') return 'OAuth callback URL is missing an authorization code';
  return { kind: 'code', code };
}

export class Callback {
  readonly #result = deferred<CallbackResult>();
  readonly #page: Deferred<PageAnswer> = deferred();
  #listener: LoopbackListener | undefined;
  #redirect = new URL('http://127.0.0.1/');
  #expected: CallbackExpectation | undefined;
  #taken = false;

  /** Rejects with a system error when the port is taken. */
  async listen({ url, port }: CallbackSettings): Promise<void> {
    if (url !== undefined && !URL.canParse(url)) throw new Error(`invalid MCP OAuth callback URL \`${url}\``);
    const base = url === undefined ? undefined : new URL(url);
    const loopbackOnly = base === undefined || isLoopback(base.hostname);
    const both = base?.hostname === '[::1]' ? (['::1', '127.0.0.1'] as const) : (['127.0.0.1', '::1'] as const);
    const hosts = loopbackOnly ? both : (['0.0.0.0'] as const);
    this.#listener = await listenOnLoopback({ hosts, port: port ?? 0, loopbackOnly }, (target) => this.#answer(target));
    this.#redirect = base ?? new URL(`http://127.0.0.1:${this.#listener.port}/callback`);
  }

  get port(): number {
    return this.#listener?.port ?? 0;
  }

  /** Where the browser is sent back to. Servers that sign their answers with their name need no part of their own. */
  redirectUri(serverUrl: string, namesItself: boolean): string {
    if (!namesItself) this.#redirect.pathname = `${this.#redirect.pathname.replace(/\/$/, '')}/${callbackId(serverUrl)}`;
    return this.#redirect.href;
  }

  /** From now on an answer that fits is taken; everything else is turned away and the wait goes on. */
  expect(expected: CallbackExpectation): Promise<CallbackResult> {
    this.#expected = expected;
    return this.#result.promise;
  }

  /** Takes the answer from the address that the user copied. Throws with what is wrong with it; the wait goes on then. */
  submit(text: string): void {
    if (Buffer.byteLength(text) > longestUrl) throw new Error('OAuth callback URL exceeds 64 KiB');
    const trimmed = text.trim();
    if (!this.#expected || !URL.canParse(trimmed)) throw new Error('Invalid OAuth callback URL');
    const url = new URL(trimmed);
    if (url.origin !== this.#redirect.origin || url.pathname !== this.#redirect.pathname)
      throw new Error("OAuth callback URL does not match this login's redirect URI");
    const result = readAnswer(url, this.#expected);
    if (typeof result === 'string') throw new Error(result);
    if (!this.#take(result)) throw new Error('this login already has its answer');
  }

  /** Tells the browser how the login ended; undefined: well. */
  settle(failure: string | undefined): void {
    const text = failure === undefined ? undefined : `${pageText(failure)}. You may close this window.`;
    this.#page.resolve(text === undefined ? complete : { status: 400, text });
  }

  async close(): Promise<void> {
    this.settle('This sign-in is over');
    await this.#listener?.close();
  }

  /** The browser waits for its page until the login has ended, and gets it again when it asks again. */
  #answer(target: string): PageAnswer | Promise<PageAnswer> {
    const expected = this.#expected;
    if (!expected || !URL.canParse(target, 'http://127.0.0.1')) return invalid;
    const url = new URL(target, 'http://127.0.0.1');
    if (url.pathname !== this.#redirect.pathname) return invalid;
    const result = readAnswer(url, expected);
    if (typeof result === 'string') return invalid;
    this.#take(result);
    return this.#page.promise;
  }

  #take(result: CallbackResult): boolean {
    if (this.#taken) return false;
    this.#taken = true;
    this.#result.resolve(result);
    return true;
  }
}

/** The open callbacks of one program. One that is done stays for a while, so that a tab that is loaded again is answered. */
export class Callbacks {
  readonly #done = new Map<Callback, NodeJS.Timeout>();

  /**
   * Binds before anything is registered: the port is part of the address. `wish` is a port to take when none is configured and it is
   * free. Rejects when the configured port is taken.
   */
  async open(settings: CallbackSettings, wish: number | undefined): Promise<Callback> {
    const wanted = settings.port ?? wish;
    await Promise.all([...this.#done.keys()].filter(({ port }) => port === wanted).map((callback) => this.#end(callback)));
    const callback = new Callback();
    try {
      await callback.listen({ ...settings, port: wanted });
    } catch (error) {
      if (settings.port !== undefined || wish === undefined || errnoOf(error) === undefined) throw error;
      await callback.listen(settings);
    }
    return callback;
  }

  /** The login is over; `failure` is the sentence for the page. */
  finish(callback: Callback, failure: string | undefined): void {
    callback.settle(failure);
    const timer = setTimeout(() => void this.#end(callback), lingerMs);
    timer.unref();
    this.#done.set(callback, timer);
  }

  /** Ends what lingers. */
  async close(): Promise<void> {
    await Promise.all([...this.#done.keys()].map((callback) => this.#end(callback)));
  }

  async #end(callback: Callback): Promise<void> {
    clearTimeout(this.#done.get(callback));
    this.#done.delete(callback);
    await callback.close();
  }
}
