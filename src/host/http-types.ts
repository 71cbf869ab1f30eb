/** Outbound HTTP made from inside an environment, so that MCP servers only it can reach are reachable. */
/** A header whose value ends in what a variable holds where the request is made; a request whose variable is missing is not sent. */
export interface SecretHeader {
  readonly name: string;
  readonly prefix: string;
  readonly variable: string;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly secretHeaders?: readonly SecretHeader[];
  readonly body?: Buffer;
  /** Default follow. */
  readonly redirect?: 'follow' | 'manual';
  /** Milliseconds for head and body; told to an exec-server, so that it stops too. Callers bound their own wait with the signal. */
  readonly timeoutMs?: number;
  /** A stranger named the URL: it may lead to a public address only, unless this host has an internal one itself. */
  readonly publicUnless?: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** In order, ends with the response; rejects when the connection breaks. */
  readonly body: AsyncIterable<Buffer>;
}

export interface HttpClient {
  /** Resolves with the head of the response. Aborting `signal` ends head and body alike. */
  request(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>;
}

export interface HostHttpClient extends HttpClient {
  /** Ends idle connections at once and running requests with an error. */
  close(): Promise<void>;
}

/** The request was sent on too often, or to where no HTTP goes. */
export class RedirectRefused extends Error {
  override readonly name = 'RedirectRefused';
}
