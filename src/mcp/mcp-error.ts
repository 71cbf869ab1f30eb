/** How talking to an MCP server fails: by its own answer, or because it cannot be reached. */

/** The server answered with a JSON-RPC error. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** No answer: the connection is gone, the time is up, or it never started. The message is one plain sentence. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
  /** Signing in again would help. */
  readonly needsLogin: 'never' | 'login' | 'again';

  constructor(message: string, options: { cause?: unknown; needsLogin?: 'login' | 'again' } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.needsLogin = options.needsLogin ?? 'never';
  }
}

/** The words for either kind where several causes are told alike. */
export const failureText = (error: unknown): string => {
  if (error instanceof ServerError) return `Mcp error: ${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
};
