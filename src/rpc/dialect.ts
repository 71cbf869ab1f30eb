/** What a protocol puts on the wire around its methods: envelopes, numbers of errors, limits, and the fate of broken input. */
import { type ErrorKind, RequestError } from '../base/errors.ts';
import type { JsonObject, WireId } from './frame.ts';
import { scanMessage } from './json-scan.ts';
import type { Decode, TransportKind } from './transports/transport.ts';
import { parseMessage } from './transports/transport.ts';

export interface Dialect {
  readonly name: 'app' | 'exec';
  readonly maxMessageBytes: number;
  readonly errorNumbers: Readonly<Record<Exclude<ErrorKind, 'custom'>, number>>;
  /** Answer of a handler that was stopped by `$/cancelRequest`. */
  readonly cancelledNumber: number;
  readonly decode: Decode;
  /** The whole notification, in the member order of the wire. */
  readonly notification: (method: string, params: unknown, nowMs: number) => JsonObject;
  readonly unknownMethod: (method: string, known: readonly string[]) => RequestError;
  /** `reason` is the decoder's sentence, for example "missing field `x`". */
  readonly invalidParams: (reason: string) => RequestError;
  /** True when requests that declare parameters refuse to go without. */
  readonly paramsRequired: boolean;
  /** True when an array may stand for the members of a parameter object, in the order of their declaration. */
  readonly positionalParams: boolean;
  /** The answer to input that is no message, or undefined to drop it. */
  readonly malformed: (reason: string, from: { kind: TransportKind; label: string }) => JsonObject | undefined;
  /** What ends the connection: an answer to no question or a notification nobody declared. Ignored when false. */
  readonly strict: boolean;
  /** A declared notification whose params do not fit ends the connection instead of being ignored. */
  readonly badNotificationCloses: boolean;
  /** Requests that may wait for their handler, and what happens to the next one. */
  readonly inbox: { readonly capacity: number; readonly whenFull: 'refuse' | 'wait' };
  /** Time that requests already read get to be answered after the end of input. */
  readonly drainMs: number;
  /** Whether a withdrawn call tells the other side (`$/cancelRequest`) unless the caller says otherwise. */
  readonly tellsCancelled: boolean;
}

/** LSP's number for a request that its sender cancelled. */
const requestCancelled = -32800;

const members = (method: string, params: unknown): JsonObject => (params === undefined ? { method } : { method, params });

/** The app-server's side of its protocol. */
export const appDialect: Dialect = {
  name: 'app',
  maxMessageBytes: 64 * 1024 * 1024,
  errorNumbers: {
    invalidRequest: -32600,
    methodNotFound: -32600,
    unsupported: -32601,
    invalidParams: -32602,
    internal: -32603,
    overloaded: -32001,
    notFound: -32600,
    unauthorized: -32600,
  },
  cancelledNumber: requestCancelled,
  decode: parseMessage,
  notification: (method, params, nowMs) => (params === undefined ? { method, emittedAtMs: nowMs } : { method, params, emittedAtMs: nowMs }),
  unknownMethod: (method, known) =>
    new RequestError(
      'methodNotFound',
      `Invalid request: unknown variant \`${method}\`, expected one of ${known.map((name) => `\`${name}\``).join(', ')}`,
    ),
  invalidParams: (reason) => new RequestError('invalidRequest', `Invalid request: ${reason}`),
  paramsRequired: true,
  positionalParams: false,
  malformed: () => undefined,
  strict: false,
  badNotificationCloses: false,
  inbox: { capacity: 128, whenFull: 'refuse' },
  drainMs: 250,
  tellsCancelled: false,
};

/** The client's side of the app-server protocol: notifications carry no time, and a withdrawn call is announced. */
export const appClientDialect: Dialect = {
  ...appDialect,
  notification: members,
  unknownMethod: (method) => new RequestError('custom', `Method not found: ${method}`, { code: -32601 }),
  inbox: { capacity: 1024, whenFull: 'wait' },
  drainMs: 0,
  tellsCancelled: true,
};

const errorNumbers = {
  invalidRequest: -32600,
  methodNotFound: -32601,
  unsupported: -32601,
  invalidParams: -32602,
  internal: -32603,
  overloaded: -32001,
  notFound: -32004,
  unauthorized: -32600,
} as const;

/** The exec protocol's decoder keeps numbers as text: it says no more of one than that it is a number, or an invalid one. */
const plainNumbers = (reason: string): string =>
  reason
    .replace(/^invalid (?:type|value): (?:integer|floating point) `[^`]*`, expected (?:[iu](?:8|16|32|64)|usize)$/, 'invalid number')
    .replace(/^invalid type: (?:integer|floating point) `[^`]*`(?!, expected internally tagged)/, 'invalid type: number');

/** The exec-server's side of its protocol. */
export const execDialect: Dialect = {
  name: 'exec',
  maxMessageBytes: 64 * 1024 * 1024,
  errorNumbers,
  cancelledNumber: requestCancelled,
  decode: scanMessage,
  notification: members,
  unknownMethod: (method) => new RequestError('methodNotFound', `exec-server stub does not implement \`${method}\` yet`),
  invalidParams: (reason) => new RequestError('invalidParams', plainNumbers(reason)),
  paramsRequired: false,
  positionalParams: true,
  malformed: (reason, from) => ({
    error: {
      code: -32600,
      message:
        from.kind === 'stdio'
          ? `failed to parse JSON-RPC message from exec-server stdio: ${plainNumbers(reason)}`
          : `failed to parse websocket JSON-RPC message from exec-server websocket ${from.label}: ${plainNumbers(reason)}`,
    },
    id: -1,
  }),
  strict: true,
  badNotificationCloses: true,
  inbox: { capacity: 128, whenFull: 'wait' },
  drainMs: 0,
  tellsCancelled: false,
};

/** The orchestrator's side of the exec protocol. */
export const execClientDialect: Dialect = {
  ...execDialect,
  decode: parseMessage,
  unknownMethod: (method) => new RequestError('methodNotFound', `exec-server client does not implement \`${method}\``),
  malformed: () => undefined,
  strict: false,
  inbox: { capacity: 1024, whenFull: 'wait' },
};

export const errorNumber = (dialect: Dialect, error: RequestError): number =>
  error.kind === 'custom' ? (error.code ?? dialect.errorNumbers.internal) : dialect.errorNumbers[error.kind];

/** The error member order is part of byte-wise recordings: `error` before `id`. */
export function errorMessage(dialect: Dialect, id: WireId, error: RequestError): JsonObject {
  const { message, data } = error;
  const code = errorNumber(dialect, error);
  return { error: data === undefined ? { code, message } : { code, message, data }, id };
}
