/** Where the hooks of a thread meet one tool call: before it, in the user's place when consent is needed, and after it. */
import type { ResponseItem } from '../../base/response-item.ts';
import { message } from '../history.ts';
import type { ThreadCore } from '../thread-core.ts';
import type { HookedCall, Tool, ToolCall, ToolOutcome } from '../tools/tool.ts';
import type { Turn } from '../turn.ts';
import type { CallPlace } from './thread-hooks.ts';

export interface CallHooksDeps {
  readonly core: ThreadCore;
  readonly turn: Turn;
  /** Adds to what the model reads. */
  record(item: ResponseItem): void;
}

/** One call on its way past the hooks. */
export class CallHooks {
  readonly #deps: CallHooksDeps;
  readonly #place: CallPlace;
  #seen: HookedCall | undefined;

  constructor(deps: CallHooksDeps, place: CallPlace) {
    this.#deps = deps;
    this.#place = place;
  }

  /** The input the tool is to be called with, or what the model gets instead of a call. Rejects only when the call is interrupted. */
  async before(tool: Tool, input: unknown, call: ToolCall): Promise<{ readonly input: unknown } | { readonly outcome: ToolOutcome }> {
    const { core, turn } = this.#deps;
    const { hooks } = core;
    if (!hooks.has('preToolUse') && !hooks.has('postToolUse') && !hooks.has('permissionRequest')) return { input };
    const seen = tool.hooked(input, call);
    this.#seen = seen;
    if (!seen) return { input };
    const { context, blocked, updatedInput } = await hooks.preToolUse(turn, seen, this.#place);
    this.#tell(context);
    if (blocked !== undefined) return { outcome: { kind: 'declined', output: blockedText(seen, blocked) } };
    if (updatedInput === undefined) return { input };
    const rewritten = seen.rewrite(updatedInput);
    if ('error' in rewritten) return { outcome: { kind: 'failed', output: rewritten.error } };
    this.#seen = tool.hooked(rewritten.input, call);
    return { input: rewritten.input };
  }

  /** What the hooks say before the user is asked for consent; undefined: nothing. */
  async consult(justification: string | undefined): Promise<'allow' | { readonly deny: string } | undefined> {
    const { core, turn } = this.#deps;
    if (!this.#seen) return undefined;
    const { input } = this.#seen;
    const described = justification !== undefined && typeof input === 'object' ? { ...input, description: justification } : input;
    return core.hooks.permissionRequest(turn, { ...this.#seen, input: described }, this.#place);
  }

  /** The outcome as the model gets it. */
  async after(outcome: ToolOutcome): Promise<ToolOutcome> {
    const seen = this.#seen;
    const response = seen && responseOf(seen, outcome);
    if (!seen || response === undefined || outcome.kind === 'sandboxDenied') return outcome;
    const { core, turn } = this.#deps;
    const { context, feedback } = await core.hooks.postToolUse(turn, { ...seen, response }, this.#place);
    this.#tell(context);
    return feedback === undefined ? outcome : { ...outcome, output: feedback };
  }

  #tell(context: readonly string[]): void {
    for (const text of context) this.#deps.record(message('developer', [text]));
  }
}

const blockedText = ({ name, command }: HookedCall, reason: string): string =>
  command === undefined
    ? `Tool call blocked by PreToolUse hook: ${reason}. Tool: ${name}`
    : `Command blocked by PreToolUse hook: ${reason}. Command: ${command}`;

/** What the call brought, as hooks are shown it; undefined when it did not do its work, or not yet. */
function responseOf(seen: HookedCall, outcome: ToolOutcome): unknown {
  if (outcome.kind !== 'ok' && outcome.kind !== 'failed') return undefined;
  if (outcome.response !== undefined) return outcome.response;
  return outcome.kind === 'ok' && seen.command === undefined ? outcome.output : undefined;
}
