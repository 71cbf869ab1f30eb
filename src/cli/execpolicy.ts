/** `switchyard execpolicy check`: what rule files say about one command, as JSON. It runs nothing. */
import { readFile } from 'node:fs/promises';
import { errnoOf, messageOf } from '../base/errors.ts';
import { joinRules, matchingRules, strictest } from '../policy/prefix-rules.ts';
import { parseRuleFile, RuleFileError } from '../policy/rule-file.ts';
import { type ExecPolicyFlags, execPolicyHelp, parseExecPolicy } from './execpolicy-flags.ts';
import { fail, misuse, misuseStatus } from './misuse.ts';

/** `args` follow the command's name. Rejects for a file that cannot be read or understood. */
export async function execPolicy(args: readonly string[]): Promise<void> {
  const flags = parseExecPolicy(args);
  if (flags === 'help') process.stdout.write(execPolicyHelp);
  else if ('wrong' in flags) fail(misuse(flags.wrong), misuseStatus);
  else await check(flags);
}

async function check({ rules: files, pretty, resolveHostExecutables, command }: ExecPolicyFlags): Promise<void> {
  const sets = await Promise.all(files.map(ruleSet));
  const matches = matchingRules(joinRules(sets), command, { resolveHostExecutables });
  const decision = strictest(matches.map((match) => match.decision));
  const matchedRules = matches.map(({ matchedPrefix, decision: own, resolvedProgram, justification }) => ({
    prefixRuleMatch: {
      matchedPrefix,
      decision: own,
      ...(resolvedProgram === undefined ? {} : { resolvedProgram }),
      ...(justification === undefined ? {} : { justification }),
    },
  }));
  const verdict = { matchedRules, ...(decision === undefined ? {} : { decision }) };
  process.stdout.write(`${JSON.stringify(verdict, null, pretty ? 2 : undefined)}\n`);
}

async function ruleSet(file: string) {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const why = errnoOf(error) === 'ENOENT' ? 'No such file or directory (os error 2)' : messageOf(error);
    throw new Error(`failed to read policy at ${file}\n\nCaused by:\n    ${why}`, { cause: error });
  });
  try {
    return parseRuleFile(text, file);
  } catch (error) {
    if (!(error instanceof RuleFileError)) throw error;
    throw new Error(`failed to parse policy at ${file}\n\nCaused by:\n    ${error.message}`, { cause: error });
  }
}
