/** The address a browser comes back to after a login, and what it brings along. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { deferred } from '../base/deferred.ts';
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

export class Callback {
  readonly #result = deferred<CallbackResult>();
  #listener: LoopbackListener | undefined;
  #redirect = new URL('http://127.0.0.1/');
  #expected: CallbackExpectation | undefined;

  /** Binds before anything is registered: the port is part of the address. Rejects when the port is taken. */
  static async open(settings: CallbackSettings): Promise<Callback> {
    const callback = new Callback();
    const base = settings.url === undefined ? undefined : new URL(settings.url);
    const host = base === undefined || isLoopback(base.hostname) ? '127.0.0.1' : '0.0.0.0';
    const listener = await listenOnLoopback({ host, port: settings.port ?? 0 }, (target) => callback.#answer(target));
    callback.#listener = listener;
    callback.#redirect = base ?? new URL(`http://127.0.0.1:${listener.port}/callback`);
    return callback;
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

  async close(): Promise<void> {
    await this.#listener?.close();
  }

  #answer(target: string): PageAnswer {
    const expected = this.#expected;
    if (!expected || !URL.canParse(target, 'http://127.0.0.1')) return invalid;
    const { pathname, searchParams } = new URL(target, 'http://127.0.0.1');
    if (pathname !== this.#redirect.pathname) return invalid;
    const single = (name: string): string | undefined => {
      const values = searchParams.getAll(name);
      return values.length === 1 ? values[0] : undefined;
    };
    if (['state', 'code', 'error', 'iss'].some((name) => searchParams.getAll(name).length > 1)) return invalid;
    const state = single('state');
    const error = single('error');
    // A forged answer must not end the login of the user, so it is turned away before anything else.
    if (state === undefined || !sameText(state, expected.state)) return invalid;
    const iss = single('iss');
    if (iss === undefined ? expected.issuerRequired : iss !== expected.issuer) return invalid;
    if (error !== undefined) {
      const description = single('error_description');
      this.#result.resolve({ kind: 'refused', error, description });
      return { status: 400, text: 'The sign-in was refused. You may close this window.' };
    }
    const code = single('code');
    if (code === undefined || code === '') return invalid;
    this.#result.resolve({ kind: 'code', code });
    return { status: 200, text: 'Authentication complete. You may close this window.' };
  }
}
