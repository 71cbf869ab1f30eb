/** What the rule files say about the commands of a script. Pure. */
import type { Words } from './command-rules.ts';
import { matchingRules, type RuleDecision, type RuleMatch, type RuleSet, strictest } from './prefix-rules.ts';
import { quoteWords } from './shell-quote.ts';

export interface RuleVerdict {
  readonly words: Words;
  readonly decision: RuleDecision;
  /** The rule that decided. */
  readonly match: RuleMatch;
}

/** Undefined: no rule is about this command. */
export function ruleVerdict(rules: RuleSet, words: Words): RuleVerdict | undefined {
  if (rules.prefixRules.length === 0) return undefined;
  const matches = matchingRules(rules, words, { resolveHostExecutables: true });
  const decision = strictest(matches.map((match) => match.decision));
  const match = matches.find((each) => each.decision === decision);
  return decision && match && { words, decision, match };
}

/** Why a forbidden command is refused. */
export const forbiddenBecause = ({ words, match }: RuleVerdict): string =>
  `${quoteWords(words)} is forbidden: ${match.justification ?? `a rule forbids commands that start with ${quoteWords(match.matchedPrefix)}`}`;

/** What the user is told about a command that a rule wants consent for. */
export const promptBecause = ({ match }: RuleVerdict, command: string): string =>
  match.justification === undefined
    ? `\`${command}\` requires approval by policy`
    : `\`${command}\` requires approval: ${match.justification}`;
