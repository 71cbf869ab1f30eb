/** The only place that uses the MCP library: one client over one transport, with answers passed on as they are. */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { ResultSchema as ResultSchemaOfLibrary } from '@modelcontextprotocol/sdk/types.js';
import { abortable, abortReason, onAbort } from '../base/abort.ts';
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { Allowance } from './allowance.ts';
import { GuardedTransport } from './guarded-transport.ts';
import { ServerError, Unreachable } from './mcp-error.ts';
import type { JsonObject, Transport } from './messages.ts';

export type { JSONRPCMessage, JsonObject, Transport } from './messages.ts';

/** A question of the server: `elicitation/create` or `openai/form`, its parameters as sent. */
export interface ServerQuestion {
  readonly method: 'elicitation/create' | 'openai/form';
  readonly params: JsonObject;
}

export interface McpClientOptions {
  readonly transport: Transport;
  readonly version: string;
  /** Announced as experimental capabilities. */
  readonly experimental: JsonObject | undefined;
  /** The app client can show the vendor's richer forms. */
  readonly openaiForm: boolean;
  readonly log: Log;
  /** Answers a question; the answer goes back as it is. `signal` aborts when the server takes the question back. */
  ask(question: ServerQuestion, signal: AbortSignal): Promise<JsonObject>;
  onToolsChanged(): void;
  /** The connection is gone for good; called once. */
  onClosed(): void;
}

export interface RequestOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: ((message: string) => void) | undefined;
}

export interface McpClient {
  /** As the server gave it. */
  readonly serverInfo: JsonObject | undefined;
  readonly capabilities: JsonObject;
  readonly instructions: string | undefined;
  /** Rejects with `ServerError`, `Unreachable`, or the signal's reason; then the server is told that nobody waits. */
  request(method: string, params: JsonObject, options: RequestOptions): Promise<JsonObject>;
  close(): Promise<void>;
}

/** Pieces of noise that one connection may put into the log; what comes after is left out. */
const loggedNotifications = 200;
/** Words on the progress of one call that are passed on: so many at once, so many a second. */
const progressBurst = 50;
const progressPerSecond = 20;
/** The library's own clock is wall time; ours pauses while the user is asked, so the library's never rings. */
const noTimeoutMs = 2_147_483_647;
const methodNotFound = -32601;
const connectionClosed = -32000;

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

function capabilities({ experimental, openaiForm }: McpClientOptions) {
  return {
    elicitation: { form: {}, url: {} },
    ...(experimental ? { experimental } : {}),
    ...(openaiForm ? { extensions: { 'openai/form': {} } } : {}),
  };
}

/** Shakes hands. Rejects with `ServerError`, `Unreachable` or the signal's reason; the transport is closed then. */
export async function connectClient(options: McpClientOptions, signal: AbortSignal): Promise<McpClient> {
  const [{ Client: ClientOfLibrary }, { ResultSchema }] = await Promise.all([
    import('@modelcontextprotocol/sdk/client/index.js'),
    import('@modelcontextprotocol/sdk/types.js'),
  ]);
  const client: Client = new ClientOfLibrary(
    { name: 'codex-mcp-client', title: 'Codex', version: options.version },
    {
      // The members are fixed by the wire; the library's type does not know the vendor's.
      capabilities: capabilities(options) as { elicitation: { form: Record<string, never>; url: Record<string, never> } },
      // Results are passed on unchecked, so no validator is ever needed.
      jsonSchemaValidator: { getValidator: () => (input) => ({ valid: true, data: input as never, errorMessage: undefined }) },
    },
  );
  client.fallbackRequestHandler = async ({ method, params }, { signal: withdrawn }) => {
    if (method === 'roots/list') return { roots: [] };
    if (method === 'elicitation/create' || (method === 'openai/form' && options.openaiForm))
      return options.ask({ method, params: isObject(params) ? params : {} }, withdrawn);
    throw Object.assign(new Error(method), { code: methodNotFound });
  };
  const progress: Progress = { next: 0, listeners: new Map() };
  const transport = new GuardedTransport(options.transport, { notified: notifications(options, progress) });
  client.onclose = options.onClosed;
  client.onerror = (error) => options.log.debug('an MCP connection reported an error', { error: messageOf(error) });
  const linked = linkedSignal(signal);
  try {
    // The library sends its last message of the handshake without looking at the signal.
    await abortable(client.connect(transport, { signal: linked.signal, timeout: noTimeoutMs }), signal);
  } catch (error) {
    await client.close().catch(() => {});
    throw signal.aborted ? abortReason(signal) : translated(error);
  } finally {
    linked.unlink();
  }
  return wrap(client, ResultSchema, progress);
}

function notifications(options: McpClientOptions, progress: Progress): (method: string, params: JsonObject) => void {
  let logged = 0;
  return (method, params) => {
    if (method === 'notifications/tools/list_changed') options.onToolsChanged();
    else if (method === 'notifications/progress') {
      const { progressToken, message } = params;
      if (typeof progressToken === 'number' && typeof message === 'string') progress.listeners.get(progressToken)?.(message);
    } else {
      logged += 1;
      if (logged <= loggedNotifications) logNotification(options.log, method, params);
    }
  };
}

/** What a server is told of a request that nobody waits for any more, whatever the reason. */
const cancelled = 'MCP request cancelled by caller';

/** The library never stops listening, and would cancel requests that were answered long ago. */
function linkedSignal(signal: AbortSignal): { readonly signal: AbortSignal; unlink(): void } {
  const own = new AbortController();
  return { signal: own.signal, unlink: onAbort(signal, () => own.abort(cancelled)) };
}

/** Tokens count from 0 on each connection; the library's would skip the first. */
interface Progress {
  next: number;
  readonly listeners: Map<number, (message: string) => void>;
}

/** `anyAnswer` accepts every object as it is. */
function wrap(client: Client, anyAnswer: typeof ResultSchemaOfLibrary, progress: Progress): McpClient {
  const info = client.getServerVersion();
  return {
    serverInfo: info && { ...info },
    capabilities: { ...client.getServerCapabilities() },
    instructions: client.getInstructions(),
    async request(method, params, { signal, onProgress }) {
      const progressToken = progress.next;
      progress.next += 1;
      if (onProgress) {
        const allowed = new Allowance(progressBurst, progressPerSecond);
        progress.listeners.set(progressToken, (message) => {
          if (allowed.take()) onProgress(message);
        });
      }
      const linked = linkedSignal(signal);
      const _meta = { ...(isObject(params._meta) ? params._meta : {}), progressToken };
      try {
        return await client.request({ method, params: { ...params, _meta } }, anyAnswer, { signal: linked.signal, timeout: noTimeoutMs });
      } catch (error) {
        throw signal.aborted ? abortReason(signal) : translated(error);
      } finally {
        progress.listeners.delete(progressToken);
        linked.unlink();
      }
    },
    close: () => client.close(),
  };
}

/** What stands in for an answer that never came: whoever waits gets `why`. */
export const noAnswer = (why: Unreachable) => ({ code: connectionClosed, message: why.message, data: why });

/** The library prefixes the server's message and uses the same class for its own failures. */
function translated(error: unknown): Error {
  if (error instanceof Unreachable || error instanceof ServerError) return error;
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'number')
    return error instanceof Error && 'cause' in error && error.cause instanceof Unreachable
      ? error.cause
      : new Unreachable(messageOf(error), { cause: error });
  if ('data' in error && error.data instanceof Unreachable) return error.data;
  if (error.code === connectionClosed) return new Unreachable('Transport closed');
  const prefix = `MCP error ${error.code}: `;
  const text = error.message.startsWith(prefix) ? error.message.slice(prefix.length) : error.message;
  return new ServerError(error.code, text, 'data' in error ? error.data : undefined);
}

const longestLogged = 4096;

function logNotification(log: Log, method: string, params: JsonObject): void {
  if (method !== 'notifications/message') {
    log.debug('a notification of an MCP server', { method });
    return;
  }
  const text = (JSON.stringify(params.data) ?? '').slice(0, longestLogged);
  const { level } = params;
  if (level === 'emergency' || level === 'alert' || level === 'critical' || level === 'error') log.error('an MCP server says', { text });
  else if (level === 'warning') log.warn('an MCP server says', { text });
  else if (level === 'notice' || level === 'info') log.info('an MCP server says', { text });
  else log.debug('an MCP server says', { text });
}
