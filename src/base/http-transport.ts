/** The port to plain HTTP as the model clients need it: one request, a head, and body bytes as they arrive. */

export interface TransportRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface TransportResponse {
  readonly status: number;
  /** Names in lower case; a repeated header's values are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Calls `onChunk` for each piece of the body. Resolves at its end, or as soon as `onChunk` returns false; what follows
   * then is dropped without being looked at. Rejects with `TransportError` when the connection breaks, with the signal's
   * reason when the request's signal aborts, and with whatever `onChunk` throws. Must be called exactly once.
   */
  read(onChunk: (chunk: Buffer) => boolean): Promise<void>;
  /** Gives up what is left of the body and its connection. A running `read` rejects with `TransportError`. */
  abandon(): void;
}

/**
 * Where a request broke. `connect`: nobody could be reached. `certificate`: the peer was reached but is not trusted.
 * `send`: connected, no head came. `body`: after the head.
 */
export type TransportPhase = 'connect' | 'certificate' | 'send' | 'body';

export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly phase: TransportPhase;

  constructor(phase: TransportPhase, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.phase = phase;
  }
}

export interface HttpTransport {
  /** Resolves with the head. Rejects with `TransportError`, or with the signal's reason; aborting also ends the body. */
  request(request: TransportRequest, signal: AbortSignal): Promise<TransportResponse>;
  /** Opens a connection to the origin of `url` for the next request there. Never rejects: a failure shows with that request. */
  prewarm(url: string): Promise<void>;
  /** Ends idle connections. Running requests are ended by their own signals. */
  close(): Promise<void>;
}
