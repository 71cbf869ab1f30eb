/** Reads a message of the user as a list of phrases. */
import { type Phrase, phrases, type Step } from './phrases.ts';

interface Line {
  readonly text: string;
  /** The fenced or patch text that belongs to the line. */
  readonly block: string | undefined;
}

/** Lines with the blocks below them; a patch that stands alone gets a line of its own. */
function linesOf(message: string): Line[] {
  const lines: Line[] = [];
  let block: string[] | undefined;
  let closing: RegExp | undefined;
  const attach = (text: string) => {
    const last = lines.at(-1);
    if (last && last.block === undefined && last.text.endsWith(':')) lines[lines.length - 1] = { ...last, block: text };
    else if (text.startsWith('*** Begin Patch')) lines.push({ text: 'patch:', block: text });
  };
  for (const line of message.split(/\r?\n/)) {
    const patchStart = line.trim() === '*** Begin Patch';
    if (block && closing) {
      if (closing.test(line)) {
        attach([...block, ...(line.startsWith('***') ? [line] : [])].join('\n'));
        block = undefined;
      } else block.push(line);
    } else if (patchStart || /^\s*```/.test(line)) {
      block = patchStart ? [line] : [];
      closing = patchStart ? /^\*\*\* End Patch\s*$/ : /^\s*```\s*$/;
    } else if (line.trim() !== '') lines.push({ text: line.trim(), block: undefined });
  }
  if (block) attach(block.join('\n'));
  return lines;
}

const politeness = /^(?:(?:[-*•]|\d+[.)])\s+)?(?:(?:please|then|and|now|also|next|first|finally|afterwards),?\s+)*/i;

/** Without numbering, courtesies and the full stop of a sentence that ends in quoted text. */
const cleaned = (text: string): string =>
  text
    .replace(politeness, '')
    .replace(/`[.!]$/, '`')
    .replace(/,? please[.!]?$/i, '')
    .trim();

function stepsOfLine(text: string, block: string | undefined): readonly Step[] | undefined {
  const line = cleaned(text);
  for (const phrase of phrases) {
    const steps = tryPhrase(phrase, line, block);
    if (steps) return steps;
  }
  return undefined;
}

function tryPhrase(phrase: Phrase, line: string, block: string | undefined): readonly Step[] | undefined {
  const found = phrase.pattern.exec(line);
  return found ? phrase.steps(found.slice(1), block) : undefined;
}

/** A line that is several phrases in a row, "… and then …", or one. */
function stepsOfSentence({ text, block }: Line): readonly Step[] | undefined {
  const whole = stepsOfLine(text, block);
  if (whole) return whole;
  const parts = text.split(/,? and then |[,;] then /i);
  if (parts.length < 2) return undefined;
  const steps = parts.map((part, index) => stepsOfLine(part, index === parts.length - 1 ? block : undefined));
  return steps.every((found) => found !== undefined) ? steps.flatMap((found) => found ?? []) : undefined;
}

/** The steps of all lines that are phrases; empty when none is. Other lines are taken for remarks. */
export const stepsOf = (message: string): readonly Step[] => linesOf(message).flatMap((line) => stepsOfSentence(line) ?? []);
