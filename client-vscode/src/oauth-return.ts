/** The way back from a sign-in: what the browser brings, however it comes, goes to the listener that waits for it. */
import { get } from 'node:http';
import { createServer } from 'node:net';

/** What a login waits for, as its address says. */
export interface ExpectedReturn {
  /** Where the listener of the server is, on the machine that the server runs on. */
  readonly listener: URL;
  readonly redirect: URL;
  readonly state: string;
}

/** `port` is where the server listens, when the browser is not sent there itself. */
export function expectedReturn(authorizationUrl: string, port?: number): ExpectedReturn {
  const asked = new URL(authorizationUrl).searchParams;
  const redirect = new URL(asked.get('redirect_uri') ?? '');
  const listener = new URL(`http://127.0.0.1:${port ?? redirect.port}`);
  listener.pathname = redirect.pathname;
  return { listener, redirect, state: asked.get('state') ?? '' };
}

const passedOn = ['code', 'state', 'iss', 'error', 'error_description'];

/** The address to call at the listener; undefined when these are not the parameters of an answer to this login. */
export function answerAddress({ listener, state }: ExpectedReturn, brought: URLSearchParams): URL | undefined {
  if (state === '' || brought.get('state') !== state || !(brought.has('code') || brought.has('error'))) return undefined;
  const address = new URL(listener);
  for (const name of passedOn) for (const value of brought.getAll(name)) address.searchParams.append(name, value);
  return address;
}

/** Rejects with what the listener said when it did not take the answer. */
export function deliver(address: URL): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(address, { timeout: 10_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text = (text + chunk).slice(0, 500);
      });
      response.on('end', () => (response.statusCode === 200 ? resolve() : reject(new Error(text || 'it was not taken'))));
    });
    request.on('timeout', () => request.destroy(new Error('the server did not take it in time')));
    request.on('error', reject);
  });
}

/** A port of this machine that nobody listens on at the moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no free port'))));
    });
  });
}
