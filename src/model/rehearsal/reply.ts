/** What the rehearsal model answers with, before it is put into events, and the short forms for writing it. */
import type { Conversation } from './conversation.ts';

export interface ToolCall {
  readonly name: string;
  readonly namespace?: string | undefined;
  /** An object is a function call's arguments, a string is the input of a free-form tool. */
  readonly input: Readonly<Record<string, unknown>> | string;
}

/** How a stream ends without its answer being complete. */
export type BadEnd =
  | { readonly how: 'cut' | 'early' | 'hang' }
  | { readonly how: 'failed'; readonly error: Readonly<Record<string, unknown>> }
  | { readonly how: 'incomplete'; readonly reason: string };

export type Part =
  | { readonly kind: 'say'; readonly text: string; readonly phase?: 'commentary' | 'final_answer'; readonly paceMs?: number }
  | { readonly kind: 'deltas'; readonly count: number }
  | { readonly kind: 'think'; readonly text: string }
  | { readonly kind: 'calls'; readonly calls: readonly ToolCall[] }
  | { readonly kind: 'item'; readonly item: Readonly<Record<string, unknown>> }
  | { readonly kind: 'event'; readonly event: Readonly<Record<string, unknown>> }
  | { readonly kind: 'pause'; readonly ms: number }
  | { readonly kind: 'tokens'; readonly count: number }
  | { readonly kind: 'header'; readonly name: string; readonly value: string }
  /** Nothing is streamed: the request is refused. `times`: only so often, then the rest of the parts is played. */
  | {
      readonly kind: 'refuse';
      readonly status: number;
      readonly body: unknown;
      readonly headers: Readonly<Record<string, string>>;
      readonly times?: number;
    }
  | { readonly kind: 'end'; readonly end: BadEnd; readonly times?: number };

/** One response of the model. `endTurn: false` asks for another request although no tool was called. */
export interface Reply {
  readonly parts: readonly Part[];
  readonly endTurn?: boolean;
}

export const say = (text: string): Part => ({ kind: 'say', text });
export const call = (...calls: ToolCall[]): Part => ({ kind: 'calls', calls });

const has = (conversation: Conversation, name: string): boolean => conversation.tools.some((tool) => tool.name === name);

/** A command, for whichever of the two command tools is offered. */
export function commandCall(conversation: Conversation, command: string, extra: Readonly<Record<string, unknown>> = {}): ToolCall {
  if (!has(conversation, 'exec_command') && has(conversation, 'shell_command'))
    return { name: 'shell_command', input: { command, ...extra } };
  return { name: 'exec_command', input: { cmd: command, ...extra } };
}

/** A patch: by its own tool in either form, else as the script that the command tools recognise. */
export function patchCall(conversation: Conversation, patch: string): ToolCall {
  const tool = conversation.tools.find(({ name }) => name === 'apply_patch');
  if (tool?.kind === 'custom') return { name: 'apply_patch', input: patch };
  if (tool) return { name: 'apply_patch', input: { input: patch } };
  return commandCall(conversation, `apply_patch <<'EOF'\n${patch}\nEOF\n`);
}

/** `name`, `namespace/name` or a bare name that some namespace offers. */
export function namedCall(conversation: Conversation, name: string, input: ToolCall['input']): ToolCall {
  const [space, member] = name.includes('/')
    ? [name.slice(0, name.lastIndexOf('/')), name.slice(name.lastIndexOf('/') + 1)]
    : [undefined, name];
  const offered = conversation.tools.filter((tool) => tool.name === member && (space === undefined || tool.namespace === space));
  const tool = offered.find((candidate) => candidate.namespace === undefined) ?? offered[0];
  return { name: member, namespace: tool?.namespace ?? space, input };
}
