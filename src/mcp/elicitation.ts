/** Questions of MCP servers on their way to the user: what is put on the wire, what is answered without asking. */
import type { McpServerElicitationRequestParams, McpServerElicitationRequestResponse } from '../protocol/app/index.ts';
import type { JsonObject, ServerQuestion } from './client.ts';

/** What the thread says about questions. */
export interface QuestionPolicy {
  /** Nobody may be asked. */
  readonly silent: boolean;
  /** Nothing needs consent: no sandbox, no questions. */
  readonly fullAccess: boolean;
}

export interface QuestionPlace {
  readonly threadId: string;
  readonly turnId: string | null;
  readonly serverName: string;
}

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The answer when the user is not asked; undefined: ask. */
export function automaticAnswer({ method, params }: ServerQuestion, policy: QuestionPolicy): JsonObject | undefined {
  if (!policy.silent) return undefined;
  const plainForm = method === 'elicitation/create' && params.mode !== 'url';
  const schema = isObject(params.requestedSchema) ? params.requestedSchema : {};
  const empty = plainForm && (!isObject(schema.properties) || Object.keys(schema.properties).length === 0);
  return policy.fullAccess && empty ? { action: 'accept', content: {} } : { action: 'decline' };
}

/** Only addresses that a browser may be sent to: https, or this machine. */
function offerable(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, username } = new URL(url);
  if (username !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname));
}

/** The question as the app client reads it; undefined when it must not be put to anybody. */
export function questionParams({ method, params }: ServerQuestion, place: QuestionPlace): McpServerElicitationRequestParams | undefined {
  const { progressToken: _, ...rest } = isObject(params._meta) ? params._meta : {};
  const common = { ...place, _meta: Object.keys(rest).length === 0 ? null : rest, message: textOf(params.message) };
  if (method === 'openai/form') return { ...common, mode: 'openai/form', requestedSchema: params.requestedSchema ?? null };
  if (params.mode === 'url') {
    const url = textOf(params.url);
    return offerable(url) ? { ...common, mode: 'url', url, elicitationId: textOf(params.elicitationId) } : undefined;
  }
  const schema = isObject(params.requestedSchema) ? params.requestedSchema : { type: 'object', properties: {} };
  // The form is the server's; it goes to the client as it is, and the client checks it.
  return {
    ...common,
    mode: 'form',
    requestedSchema: schema as Extract<McpServerElicitationRequestParams, { mode: 'form' }>['requestedSchema'],
  };
}

/** The user's answer as the server reads it. */
export function answerFor({ action, content, _meta }: McpServerElicitationRequestResponse): JsonObject {
  const meta = _meta === undefined || _meta === null ? {} : { _meta };
  if (action !== 'accept') return { action, ...meta };
  return { action, content: content ?? {}, ...meta };
}
