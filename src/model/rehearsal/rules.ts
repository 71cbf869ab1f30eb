/** Decides what the rehearsal model answers, from nothing but the request. */
import type { Conversation } from './conversation.ts';
import { failureNames } from './failures.ts';
import { phrases } from './phrases.ts';
import { type Part, type Reply, say } from './reply.ts';
import { exampleOf } from './schema-example.ts';
import { stepsOf } from './steps.ts';
import { summarize } from './summary.ts';

const help = (): string =>
  [
    'I am the rehearsal model: I answer by rule, without a network. One phrase a line:',
    '',
    ...phrases.map(({ example }) => `- ${example}`),
    '',
    `Failures: ${failureNames.join(', ')}, or any HTTP status from 400 to 599.`,
  ].join('\n');

const reviewed = JSON.stringify({
  findings: [
    {
      title: 'Rehearsed finding',
      body: 'The rehearsal model did not read the change; this finding shows the form of one.',
      confidence_score: 0.5,
      priority: 2,
      code_location: { absolute_file_path: '/rehearsal.txt', line_range: { start: 1, end: 1 } },
    },
  ],
  overall_correctness: 'patch is correct',
  overall_explanation: 'This is a rehearsed review.',
  overall_confidence_score: 0.5,
});

const isReview = (text: string): boolean => /^\s*(?:please )?review\b/i.test(text);

function note(conversation: Conversation): string {
  const asked = conversation.saidBefore.map((text) => `«${text.replaceAll(/\s+/g, ' ').slice(0, 200)}»`);
  return `Rehearsed note. The user asked so far: ${asked.length > 0 ? asked.join(', ') : 'nothing'}.`;
}

/** What is said when no line of the message is a phrase. */
function unrehearsed(conversation: Conversation): string {
  if (conversation.schema !== undefined) return JSON.stringify(exampleOf(conversation.schema));
  if (/^\s*help\b/i.test(conversation.said)) return help();
  if (isReview(conversation.said)) return reviewed;
  if (conversation.said.trim() === '') return 'I am the rehearsal model. Say `help` to see what I can do.';
  return `You said: «${conversation.said.trim().slice(0, 500)}». I am the rehearsal model; say \`help\` to see what I can do.`;
}

/** Failures that were asked for only so often are over from that try on. */
const isDue = (part: Part, attempt: number): boolean =>
  (part.kind !== 'refuse' && part.kind !== 'end') || part.times === undefined || attempt < part.times;

const isWords = (part: Part): boolean =>
  (part.kind === 'say' && part.phase !== 'commentary') || part.kind === 'deltas' || part.kind === 'refuse' || part.kind === 'end';

/**
 * The answer to a request. `attempt` is 0 for the first try at it, 1 for the next, and so on: only failures that end
 * after a number of tries look at it.
 */
export function answer(conversation: Conversation, attempt: number): Reply {
  if (conversation.compaction) return { parts: [say(note(conversation))] };
  const steps = stepsOf(conversation.said);
  const parts: Part[] = [];
  let passed = 0;
  for (const step of steps) {
    if (passed < conversation.round) {
      if (step.ends) passed++;
      continue;
    }
    parts.push(...step.parts(conversation).filter((part) => isDue(part, attempt)));
    if (step.ends) return { parts };
  }
  const summary = conversation.calls.length > 0 ? [say(summarize(conversation))] : [];
  const hasWords = parts.some(isWords);
  const words = hasWords || summary.length > 0 ? [] : [say(steps.length > 0 ? 'Done.' : unrehearsed(conversation))];
  return { parts: [...summary, ...parts, ...words] };
}
