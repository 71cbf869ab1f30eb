/** Errors by reader: the client reads a `RequestError`, nobody reads a `Cancelled`, everything else is a bug. */

/** What went wrong, in the words of the code base. `rpc/dialect` maps each kind to the number a protocol uses for it. */
export type ErrorKind =
  | 'invalidRequest'
  | 'methodNotFound'
  | 'unsupported'
  | 'invalidParams'
  | 'internal'
  | 'overloaded'
  | 'notFound'
  | 'unauthorized'
  | 'custom';

/** An error meant for the client: its message and data go over the wire as they are, so they never hold a secret. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly kind: ErrorKind;
  readonly data: unknown;
  /** Only for `custom`: the number to send, for example one passed through from an MCP server. */
  readonly code: number | undefined;

  constructor(kind: ErrorKind, message: string, options: { data?: unknown; code?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.data = options.data;
    this.code = options.code;
  }
}

export const invalidRequest = (message: string, data?: unknown) => new RequestError('invalidRequest', message, { data });
export const invalidParams = (message: string, data?: unknown) => new RequestError('invalidParams', message, { data });
export const internalError = (message: string, cause?: unknown) => new RequestError('internal', message, { cause });

/** True for a `RequestError` of any copy of this package. */
export const isRequestError = (error: unknown): error is RequestError => error instanceof Error && error.name === 'RequestError';

/** The work was ended on purpose. Never logged as an error and never sent as one. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
  constructor(reason = 'cancelled', options: { cause?: unknown } = {}) {
    super(reason, options);
  }
}

export const isCancelled = (error: unknown): error is Cancelled => error instanceof Error && error.name === 'Cancelled';

/** A deadline passed. `afterMs` is the time that was allowed. */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';
  readonly afterMs: number;
  constructor(what: string, afterMs: number) {
    super(`${what} took longer than ${afterMs} ms`);
    this.afterMs = afterMs;
  }
}

/** The message of anything that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The `code` of a Node system error (`ENOENT`, …), or undefined. */
export const errnoOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** For exhaustive switches: reaching it is a bug. */
export function assertNever(value: never): never {
  throw new Error(`unexpected case ${JSON.stringify(value)}`);
}
