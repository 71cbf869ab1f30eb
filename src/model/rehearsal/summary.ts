/** Tells in plain words what the calls of a turn came to. */
import type { Conversation, PastCall } from './conversation.ts';

const mostLines = 40;
const mostCharacters = 4000;

function excerpt(text: string): string {
  const lines = text.trimEnd().split('\n');
  const kept = lines.slice(0, mostLines).join('\n').slice(0, mostCharacters);
  return kept.length < text.trimEnd().length ? `${kept}\n…` : kept;
}

const fenced = (text: string): string => `\n\n\`\`\`\n${excerpt(text)}\n\`\`\``;

function inputOf(call: PastCall): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(call.input);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    // The input of a free-form tool is no JSON.
    return {};
  }
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

/** The part of a command tool's answer below its `Output:` line. */
const printed = (output: string): string => /^Output:\n?([\s\S]*)$/m.exec(output)?.[1] ?? '';

function commandSummary(call: PastCall, output: string): string {
  const input = inputOf(call);
  const command = firstLine(String(input.cmd ?? input.command ?? ''));
  const name = call.name === 'write_stdin' ? 'The session' : `\`${command}\``;
  const text = printed(output);
  const shown = text.trim() === '' ? ' and printed nothing.' : ` and printed:${fenced(text)}`;
  const code = /^(?:Process exited with code|Exit code:) (-?\d+)/m.exec(output)?.[1];
  if (code !== undefined) return `${name} exited with code ${code}${shown}`;
  const session = /^Process running with session ID (\d+)/m.exec(output)?.[1];
  if (session !== undefined) return `${name} is still running in session ${session}${text.trim() === '' ? '.' : `${shown}`}`;
  return `${name} was not run: ${excerpt(output)}`;
}

function patchSummary(output: string): string {
  const changes = [...output.matchAll(/^([AMD]) (.+)$/gm)].map(([, mark, path]) => {
    const verb = mark === 'A' ? 'added' : mark === 'D' ? 'deleted' : 'changed';
    return `${verb} \`${path}\``;
  });
  return changes.length > 0 ? `The patch ${changes.join(', ')}.` : `The patch was not applied: ${excerpt(output)}`;
}

function answersSummary(output: string): string {
  try {
    const parsed: { answers?: Record<string, { answers?: string[] }> } = JSON.parse(output);
    const given = Object.values(parsed.answers ?? {}).flatMap((answer) => answer.answers ?? []);
    return given.length > 0 ? `You answered: ${given.join(', ')}.` : 'You gave no answer.';
  } catch {
    // A refusal is plain text.
    return `The question was not asked: ${excerpt(output)}`;
  }
}

function callSummary(call: PastCall): string {
  const { output } = call;
  if (output === undefined) return `\`${call.name}\` was never answered.`;
  const isPatchScript = call.name !== 'apply_patch' && call.input.includes('*** Begin Patch');
  if (call.name === 'apply_patch' || isPatchScript) return patchSummary(output);
  switch (call.name) {
    case 'exec_command':
    case 'shell_command':
    case 'write_stdin':
      return commandSummary(call, output);
    case 'update_plan':
      return /^plan updated$/i.test(output.trim()) ? 'The plan is done.' : `The plan was not shown: ${excerpt(output)}`;
    case 'request_user_input':
      return answersSummary(output);
    case 'view_image':
      return call.hasImage ? 'I have seen the image.' : `I could not see the image: ${excerpt(output)}`;
    default: {
      const name = call.namespace === undefined ? call.name : `${call.namespace}/${call.name}`;
      const text = /^Output:/m.test(output) ? printed(output) : output;
      return text.trim() === '' ? `\`${name}\` answered nothing.` : `\`${name}\` answered:${fenced(text)}`;
    }
  }
}

/** One sentence or block per call; several steps of one plan count once. */
export function summarize(conversation: Conversation): string {
  const last = conversation.calls.filter((call, index, all) => call.name !== 'update_plan' || all[index + 1]?.name !== 'update_plan');
  return last.map(callSummary).join('\n\n');
}
