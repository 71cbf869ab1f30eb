/** The command line of `switchyard execpolicy check`. */

export interface ExecPolicyFlags {
  readonly rules: readonly string[];
  readonly pretty: boolean;
  readonly resolveHostExecutables: boolean;
  /** The words of the command. */
  readonly command: readonly string[];
}

/** The words behind `execpolicy`. `help`: help was asked for. */
export function parseExecPolicy(args: readonly string[]): ExecPolicyFlags | 'help' | { readonly wrong: string } {
  const [word, ...rest] = args;
  if (word === 'check') return parseCheck(rest);
  if (args.some((arg) => arg === '-h' || arg === '--help' || arg === 'help')) return 'help';
  return { wrong: `${word === undefined ? 'a subcommand is missing' : `unrecognized subcommand '${word}'`}\n\n${usage}` };
}

function parseCheck(args: readonly string[]): ExecPolicyFlags | 'help' | { readonly wrong: string } {
  const rules: string[] = [];
  let [pretty, resolveHostExecutables, at] = [false, false, 0];
  for (; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    if (arg === '--') {
      at += 1;
      break;
    }
    if (!arg.startsWith('-')) break;
    const [, joined] = /^(?:--rules=|-r)(.+)$/s.exec(arg) ?? [];
    if (arg === '-h' || arg === '--help') return 'help';
    if (arg === '--pretty') pretty = true;
    else if (arg === '--resolve-host-executables') resolveHostExecutables = true;
    else if (joined !== undefined) rules.push(joined);
    else if (arg === '--rules' || arg === '-r') {
      at += 1;
      const path = args[at];
      if (path === undefined) return { wrong: `a value is required for '--rules <PATH>' but none was supplied\n\n${usage}` };
      rules.push(path);
    } else return { wrong: `unexpected argument '${arg}' found\n\n${usage}` };
  }
  const command = args.slice(at);
  const missing = [...(rules.length === 0 ? ['  --rules <PATH>'] : []), ...(command.length === 0 ? ['  <COMMAND>...'] : [])];
  if (missing.length > 0) return { wrong: `the following required arguments were not provided:\n${missing.join('\n')}\n\n${usage}` };
  return { rules, pretty, resolveHostExecutables, command };
}

const usage = `Usage: switchyard execpolicy check [OPTIONS] --rules <PATH> <COMMAND>...`;

export const execPolicyHelp = `Check rule files against a command

${usage}

Arguments:
  <COMMAND>...  The words of the command

Options:
  -r, --rules <PATH>              A rule file (repeatable)
      --pretty                    Indent the JSON
      --resolve-host-executables  Apply rules for the bare name of a program that is given as a path, where host_executable() allows it
  -h, --help                      Print help
`;
