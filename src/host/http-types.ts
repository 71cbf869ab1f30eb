/** Outbound HTTP made from inside an environment, so that MCP servers only it can reach are reachable. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: Buffer;
  /** Default follow. */
  readonly redirect?: 'follow' | 'manual';
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

/** The request was sent on more often than anybody means it. */
export class TooManyRedirects extends Error {
  override readonly name = 'TooManyRedirects';
  constructor() {
    super('too many redirects');
  }
}
