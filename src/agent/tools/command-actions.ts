/** Says in a client's words what a command looks at: files it reads, directories it lists, things it searches for. For display only. */

import { plainSegments, shellCall } from '../../policy/command-parse.ts';
import { quoteWords } from '../../policy/shell-quote.ts';
import type { CommandAction } from '../../protocol/app/index.ts';
import { actionOf, isFormatter } from './command-vocabulary.ts';
import { resolveFrom } from './native-path.ts';

type Words = readonly string[];

/**
 * One entry per simple command that is more than a formatter in a pipeline. When any of them is not understood, a single
 * `unknown` entry holds the whole script.
 */
export function commandActions(argv: readonly string[], cwd: string): CommandAction[] {
  const shell = shellCall(argv);
  if (!shell) return [{ type: 'unknown', command: argv.length === 3 ? (argv[2] ?? '') : quoteWords(argv) }];
  const unknown: CommandAction = { type: 'unknown', command: shell.script };
  const segments = plainSegments(shell.script);
  if (!segments) return [unknown];
  const several = segments.length > 1;
  const shown = several ? segments.filter((words) => !isFormatter(words)) : segments;
  if (shown.length === 0) return [unknown];
  const actions = withoutAsides(actionsInOrder(shown, cwd));
  if (actions.some((action) => action.type === 'unknown')) return [unknown];
  const [only] = actions;
  if (actions.length === 1 && only?.type === 'read' && showsPart(segments)) return [{ ...only, command: shell.script }];
  return withoutRepeats(actions);
}

/** `cd` changes where later paths start and is not shown itself. */
function actionsInOrder(segments: readonly Words[], start: string): CommandAction[] {
  const actions: CommandAction[] = [];
  let cwd = start;
  for (const words of segments) {
    if (words[0] === 'cd') cwd = directoryAfter(words.slice(1), cwd);
    else {
      const action = actionOf(words);
      actions.push(action.type === 'read' ? { ...action, path: resolveFrom(cwd, action.path) } : action);
    }
  }
  return actions;
}

function directoryAfter(args: Words, cwd: string): string {
  const target = args.find((arg, index) => !arg.startsWith('-') || args[index - 1] === '--');
  return target === undefined ? cwd : resolveFrom(cwd, target);
}

/** Beside other commands a leading `echo` and any `true` only decorate. */
function withoutAsides(actions: readonly CommandAction[]): readonly CommandAction[] {
  let rest = actions;
  while (rest.length > 1 && isUnknown(rest[0], 'echo')) rest = rest.slice(1);
  const told = rest.filter((action) => !(action.type === 'unknown' && action.command === 'true'));
  return told.length > 0 ? told : rest.slice(0, 1);
}

const isUnknown = (action: CommandAction | undefined, program: string): boolean =>
  action?.type === 'unknown' && (action.command === program || action.command.startsWith(`${program} `));

/** A pipeline into `sed -n` reads a part of a file: the whole script tells which. */
const showsPart = (segments: readonly Words[]): boolean =>
  segments.length > 1 && segments.some((words) => words[0] === 'sed' && words[1] === '-n');

function withoutRepeats(actions: readonly CommandAction[]): CommandAction[] {
  return actions.filter((action, index) => index === 0 || JSON.stringify(action) !== JSON.stringify(actions[index - 1]));
}
