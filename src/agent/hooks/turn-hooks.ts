/** Where the hooks of a thread meet a turn: they may add to what the model reads, end the turn, or keep it going. */
import { throwIfAborted } from '../../base/abort.ts';
import { uuidv7 } from '../../base/ids.ts';
import type { UserInput } from '../../protocol/app/index.ts';
import { message } from '../history.ts';
import type { ThreadCore } from '../thread-core.ts';
import type { Turn } from '../turn.ts';

/** Tells the hooks that the session began, if they have not heard. False: one of them ended the turn. */
export async function sessionBegins(core: ThreadCore, turn: Turn): Promise<boolean> {
  const { context, stopped } = await core.hooks.sessionStart(turn);
  throwIfAborted(turn.signal);
  for (const text of context) core.conversation.record(message('developer', [text]));
  return !stopped;
}

/** What the hooks add to the words of the user, for the model; undefined: they would not have them said. */
export async function promptPasses(core: ThreadCore, turn: Turn, input: readonly UserInput[]): Promise<readonly string[] | undefined> {
  if (input.length === 0 || !core.hooks.has('userPromptSubmit')) return [];
  const prompt = input.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const { context, blocked, stopped } = await core.hooks.userPromptSubmit(turn, prompt);
  throwIfAborted(turn.signal);
  if (blocked === undefined && !stopped) return context;
  for (const text of context) core.conversation.record(message('developer', [text]));
  return undefined;
}

const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** True: the hooks gave the model something more to do. `active`: they did so before in this turn. */
export async function goesOnAfterStop(core: ThreadCore, turn: Turn, active: boolean): Promise<boolean> {
  const fragments = await core.hooks.stop(turn, active, turn.lastAgentText);
  throwIfAborted(turn.signal);
  if (fragments.length === 0) return false;
  const texts = fragments.map(({ text, hookRunId }) => `<hook_prompt hook_run_id="${escaped(hookRunId)}">${escaped(text)}</hook_prompt>`);
  const id = `msg_${uuidv7()}`;
  core.conversation.record({ ...message('user', texts), id });
  turn.items.complete({ type: 'hookPrompt', id, fragments: [...fragments] });
  return true;
}
