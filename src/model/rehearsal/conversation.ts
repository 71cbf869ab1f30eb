/** What the rehearsal model reads from a request: the user's last words, what it did about them so far, and its tools. */
import { createHash } from 'node:crypto';

type Fields = Readonly<Record<string, unknown>>;

/** A call this model made since the user's last message, with what came back. */
export interface PastCall {
  readonly name: string;
  readonly namespace: string | undefined;
  /** The arguments, or the input of a free-form tool. */
  readonly input: string;
  /** Undefined when there is no answer. Images are left out. */
  readonly output: string | undefined;
  readonly hasImage: boolean;
}

export interface OfferedTool {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly kind: 'function' | 'custom';
}

export interface Conversation {
  /** The user's last message. */
  readonly said: string;
  /** All earlier messages of the user, oldest first. */
  readonly saidBefore: readonly string[];
  /** How many responses with calls this model gave since then. */
  readonly round: number;
  readonly calls: readonly PastCall[];
  readonly tools: readonly OfferedTool[];
  /** The number of the last session that a command was left running in. */
  readonly session: number | undefined;
  /** The request asks for a note that replaces the history. */
  readonly compaction: boolean;
  /** The JSON schema the answer must fit, when there is one. */
  readonly schema: unknown;
  /** The highest position of a script among the items of the history; -1 when there is none. */
  readonly scriptPosition: number;
  /** The thread, as far as the request tells. */
  readonly threadKey: string;
  /** Equal for every try at the same answer, also when a broken try left something behind. */
  readonly attemptKey: string;
  /** Distinguishes the items of this answer from all others of the conversation; equal for equal requests. */
  readonly tag: string;
}

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Blocks that the agent itself puts into user messages. */
const contextBlock =
  /^\s*(?:<(?:environment_context|turn_aborted|skill|subagent_notification|user_instructions|user_shell_command)\b|# AGENTS\.md )/i;

const partsText = (content: unknown): string =>
  typeof content === 'string'
    ? content
    : list(content)
        .flatMap((part) => (isObject(part) && typeof part.text === 'string' ? [part.text] : []))
        .join('\n');

function userText(item: Fields): string | undefined {
  if (item.type !== 'message' || item.role !== 'user') return undefined;
  const said = partsText(item.content);
  return contextBlock.test(said) ? undefined : said;
}

const callTypes = new Set(['function_call', 'custom_tool_call']);
const outputTypes = new Set(['function_call_output', 'custom_tool_call_output']);

/** Call ids carry the round they belong to, so that nothing has to be remembered between requests. */
const ownCall = /^call_r(\d+)_/;
export const callId = (tag: string, round: number, index: number): string => `call_r${round}_${index}_${tag}`;
const scripted = /_s(\d+)_/;
/** The tag of a script's answer carries its position. */
export const scriptTag = (tag: string, position: number): string => `s${position}_${tag}`;

function pastCalls(items: readonly Fields[]): PastCall[] {
  const outputs = new Map(items.filter((item) => outputTypes.has(text(item.type))).map((item) => [text(item.call_id), item.output]));
  return items
    .filter((item) => callTypes.has(text(item.type)))
    .map((item) => {
      const output = outputs.get(text(item.call_id));
      return {
        name: text(item.name),
        namespace: typeof item.namespace === 'string' ? item.namespace : undefined,
        input: text(item.type === 'function_call' ? item.arguments : item.input),
        output: output === undefined ? undefined : partsText(output),
        hasImage: list(output).some((part) => isObject(part) && part.type === 'input_image'),
      };
    });
}

function offeredTools(declared: readonly unknown[], namespace?: string): OfferedTool[] {
  return declared.filter(isObject).flatMap((tool) => {
    if (tool.type === 'namespace') return offeredTools(list(tool.tools), text(tool.name));
    if (tool.type !== 'function' && tool.type !== 'custom') return [];
    return [{ name: text(tool.name), namespace, kind: tool.type }];
  });
}

function isCompaction(body: Fields): boolean {
  const metadata = isObject(body.client_metadata) ? text(body.client_metadata['x-codex-turn-metadata']) : '';
  return /"request_kind"\s*:\s*"compaction"/.test(metadata);
}

function lastSession(items: readonly Fields[]): number | undefined {
  for (const item of [...items].reverse()) {
    const found = outputTypes.has(text(item.type)) ? /session ID (\d+)/i.exec(partsText(item.output)) : null;
    if (found) return Number(found[1]);
  }
  return undefined;
}

/** Reads the parsed body of a Responses request; whatever is missing or of another form counts as absent. */
export function readConversation(body: unknown): Conversation {
  const request: Fields = isObject(body) ? body : {};
  const items = list(request.input).filter(isObject);
  const last = items.findLastIndex((item) => userText(item) !== undefined);
  const after = items.slice(last + 1);
  const said = last < 0 ? '' : (userText(items[last] ?? {}) ?? '');
  const made = after.filter((item) => callTypes.has(text(item.type)));
  const rounds = made.map((item) => Number(ownCall.exec(text(item.call_id))?.[1] ?? -1));
  const positions = items
    .flatMap((item) => [scripted.exec(text(item.id)), scripted.exec(text(item.call_id))])
    .map((found) => Number(found?.[1] ?? -1));
  const extra = items.filter((item) => item.type === 'additional_tools').flatMap((item) => list(item.tools));
  const saidBefore = items.slice(0, Math.max(0, last)).flatMap((item) => userText(item) ?? []);
  const round = Math.max(-1, ...rounds) + 1;
  const format = isObject(request.text) && isObject(request.text.format) ? request.text.format : undefined;
  return {
    said,
    saidBefore,
    round,
    calls: pastCalls(after),
    tools: offeredTools([...list(request.tools), ...extra]),
    session: lastSession(items),
    compaction: isCompaction(request),
    schema: format?.schema,
    scriptPosition: Math.max(-1, ...positions),
    threadKey: text(request.prompt_cache_key),
    attemptKey: `${text(request.prompt_cache_key)} ${saidBefore.length} ${round} ${said}`,
    tag: createHash('sha256').update(`${items.length}\n${said}`).digest('hex').slice(0, 10),
  };
}
