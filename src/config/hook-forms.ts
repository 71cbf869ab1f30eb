/** The events hooks may hang on, and the forms a hook may have in a file. */
import type { HookEventName } from '../protocol/app/index.ts';
import { isTable } from './toml-values.ts';

export interface HookEvent {
  /** In files. */
  readonly name: string;
  readonly wireName: HookEventName;
  /** In keys and hashes. */
  readonly keyName: string;
  /** False: there is nothing a matcher could be compared with. */
  readonly hasMatcher: boolean;
  /** Its hooks may add to what the model reads. */
  readonly hasContext: boolean;
  /** Something is about to end and waits for them. */
  readonly closing: boolean;
}

const event = (wireName: HookEventName, more: { matcher?: false; context?: true } = {}): HookEvent => ({
  name: wireName.charAt(0).toUpperCase() + wireName.slice(1),
  wireName,
  keyName: wireName.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  hasMatcher: more.matcher ?? true,
  hasContext: more.context ?? false,
  closing: wireName === 'sessionEnd' || wireName === 'interrupt',
});

/** In the order hooks are listed in. */
export const hookEvents: readonly HookEvent[] = [
  event('preModelRequest', { matcher: false }),
  event('postModelRequest', { matcher: false }),
  event('preToolUse', { context: true }),
  event('permissionRequest'),
  event('postToolUse', { context: true }),
  event('preCompact'),
  event('postCompact'),
  event('sessionStart', { context: true }),
  event('sessionEnd'),
  event('userPromptSubmit', { matcher: false, context: true }),
  event('subagentStart', { context: true }),
  event('subagentStop'),
  event('stop', { matcher: false }),
  event('interrupt', { matcher: false }),
];

const handlerTypes = ['command', 'mcp_tool', 'prompt', 'agent'];

/** What is wrong with `[hooks]`, with the path of the wrong value; undefined when nothing is. */
export function hookProblem(hooks: unknown): { path: readonly string[]; reason: string } | undefined {
  if (!isTable(hooks)) return undefined;
  for (const { name } of hookEvents) {
    const groups = hooks[name];
    if (groups === undefined) continue;
    if (!Array.isArray(groups)) return { path: ['hooks', name], reason: 'expected a list of hook groups' };
    for (const [at, group] of groups.entries()) {
      const handlers: unknown = isTable(group) ? (group.hooks ?? []) : undefined;
      if (!Array.isArray(handlers)) return { path: ['hooks', name, String(at)], reason: 'expected a group with a list of `hooks`' };
      for (const [index, handler] of handlers.entries()) {
        const reason = handlerProblem(handler);
        if (reason !== undefined) return { path: ['hooks', name, String(at), 'hooks', String(index)], reason };
      }
    }
  }
  return undefined;
}

function handlerProblem(handler: unknown): string | undefined {
  if (!isTable(handler)) return 'expected a table for a hook';
  const { type } = handler;
  if (type === undefined) return 'missing field `type`';
  if (typeof type !== 'string' || !handlerTypes.includes(type))
    return `unknown variant \`${String(type)}\`, expected one of ${handlerTypes.map((name) => `\`${name}\``).join(', ')}`;
  const required = type === 'command' ? ['command'] : type === 'mcp_tool' ? ['server', 'tool'] : [];
  const missing = required.find((name) => typeof handler[name] !== 'string');
  return missing === undefined ? undefined : `missing field \`${missing}\``;
}
