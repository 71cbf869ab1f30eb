/** Which of the four kinds a decoded message is, or what keeps it from being one. */
import { isJsonObject, isWireId, type JsonObject, type WireId } from './frame.ts';
import type { Trace } from './inbound-call.ts';
import { unexpected } from './unexpected.ts';

export type MessageShape =
  | { readonly kind: 'request'; readonly method: string; readonly id: WireId; readonly params: unknown; readonly trace: Trace | undefined }
  | { readonly kind: 'notification'; readonly method: string; readonly params: unknown }
  | { readonly kind: 'result'; readonly id: WireId; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: WireId; readonly error: JsonObject }
  | { readonly kind: 'malformed'; readonly reason: string };

const malformed = (reason: string): MessageShape => ({ kind: 'malformed', reason });
const badId = malformed('data did not match any variant of untagged enum RequestId');

export function shapeOf(message: unknown): MessageShape {
  if (!isJsonObject(message)) return malformed('expected a JSON-RPC object');
  const { method, id, params, result, error } = message;
  if (method !== undefined) {
    if (typeof method !== 'string') return malformed(`invalid type: ${unexpected(method)}, expected a string`);
    const problem = traceProblem(message.trace);
    if (problem !== undefined) return malformed(problem);
    if (id === undefined) return { kind: 'notification', method, params };
    return isWireId(id) ? { kind: 'request', method, id, params, trace: traceOf(message.trace) } : badId;
  }
  if (result !== undefined) {
    if (id === undefined) return malformed('missing field `id`');
    return isWireId(id) ? { kind: 'result', id, result } : badId;
  }
  if (error === undefined) return malformed('missing field `error`');
  if (!isJsonObject(error)) return malformed(`invalid type: ${unexpected(error)}, expected struct JSONRPCErrorError`);
  if (typeof error.code !== 'number' || typeof error.message !== 'string') {
    return malformed(`missing field \`${typeof error.code === 'number' ? 'message' : 'code'}\``);
  }
  if (id === undefined) return malformed('missing field `id`');
  return isWireId(id) ? { kind: 'error', id, error } : badId;
}

/** A trace may be missing or null; its members, when present, are strings or null. */
function traceProblem(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isJsonObject(value)) return `invalid type: ${unexpected(value)}, expected struct W3cTraceContext`;
  for (const member of [value.traceparent, value.tracestate]) {
    if (member !== undefined && member !== null && typeof member !== 'string') {
      return `invalid type: ${unexpected(member)}, expected a string`;
    }
  }
  return undefined;
}

function traceOf(value: unknown): Trace | undefined {
  if (!isJsonObject(value)) return undefined;
  const { traceparent, tracestate } = value;
  return {
    ...(typeof traceparent === 'string' ? { traceparent } : {}),
    ...(typeof tracestate === 'string' ? { tracestate } : {}),
  };
}
