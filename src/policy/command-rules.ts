/**
 * Which commands are known to do no more than look, and which are known to destroy. Pure. What is on neither list is
 * nothing special: the approval policy and the sandbox decide about it.
 */
import { baseName, plainSegments } from './command-parse.ts';
import type { GrammarWord, ShellGrammar } from './shell-grammar.ts';

/** Words of one simple command, no expansion left. */
export type Words = readonly string[];
type Judge = (args: Words) => boolean;

const always: Judge = () => true;

/** Directories whose programs are what their names say; a program anywhere else may be anything. */
const SYSTEM_DIRECTORIES: ReadonlySet<string> = new Set(['/bin', '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin', '/sbin', '/usr/sbin']);

/** True when the command can only look. Anything not understood is not safe. */
export function isKnownSafe(words: Words): boolean {
  const [program, ...args] = words;
  if (program === undefined || !isSystemProgram(program)) return false;
  return judges.get(baseName(program))?.(args) ?? false;
}

const isSystemProgram = (program: string): boolean =>
  !/[\\/]/.test(program) || SYSTEM_DIRECTORIES.has(program.slice(0, program.lastIndexOf('/')));

const FIND_TESTS: ReadonlySet<string> = new Set(
  (
    '-H -L -P -O1 -O2 -O3 -E -X -s -x -a -amin -and -anewer -atime -cmin -cnewer -ctime -daystart -d -depth -empty -executable -false ' +
    '-follow -fstype -gid -group -ilname -iname -inum -ipath -iregex -iwholename -links -lname -ls -maxdepth -mindepth -mmin -mount ' +
    '-mtime -name -newer -nogroup -noleaf -not -nouser -o -or -path -perm -print -print0 -printf -prune -quit -readable -regex ' +
    '-regextype -samefile -size -true -type -uid -used -user -wholename -writable -xdev -xtype'
  ).split(' '),
);
/** Numbers such as `-mtime -3` look like options. */
const isFindWord = (arg: string): boolean => !arg.startsWith('-') || FIND_TESTS.has(arg) || /^-\d+[a-zA-Z]?$/.test(arg);

const RIPGREP_PROGRAMS = ['pre', 'hostname-bin', 'search-zip'];
/** Short options of ripgrep that take a value: what follows them in a cluster is that value. */
const RIPGREP_VALUES = /^-[^-]*?[ABCEMTdefgjmrt]/;

function ripgrepIsSafe(args: Words): boolean {
  const options = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  return options.every((arg) => {
    if (arg.startsWith('--')) return !RIPGREP_PROGRAMS.includes(longName(arg));
    return !arg.startsWith('-') || !(RIPGREP_VALUES.exec(arg)?.[0] ?? arg).includes('z');
  });
}

const SED_RANGE = /^\d+(?:,\d+)?p$/;
const sedIsSafe: Judge = ([quiet, range, file, ...rest]) =>
  quiet === '-n' && SED_RANGE.test(range ?? '') && !file?.startsWith('-') && rest.length === 0;

const GIT_LOOKS: ReadonlySet<string> = new Set(['status', 'log', 'diff', 'show']);
/** Git takes any unambiguous beginning of a long option for the option. */
const GIT_EFFECTS = ['output', 'ext-diff', 'textconv', 'exec'];
const GIT_BRANCH_LISTS = /^(?:--list|-l|--show-current|-a|--all|-r|--remotes|-v|-vv|--verbose|--format=.*)$/;

function gitIsSafe(args: Words): boolean {
  // A global option may name another repository, another program or any setting, so none is allowed.
  const [command, ...rest] = args;
  if (command === 'branch') return rest.every((arg) => GIT_BRANCH_LISTS.test(arg));
  return command !== undefined && GIT_LOOKS.has(command) && !rest.some((arg) => abbreviates(arg, GIT_EFFECTS));
}

const longName = (arg: string): string => arg.slice(2).split('=', 1)[0] ?? '';
const abbreviates = (arg: string, options: readonly string[]): boolean =>
  arg.startsWith('--') && arg.length > 2 && options.some((option) => option.startsWith(longName(arg)));

const judges = new Map<string, Judge>([
  ...'cat cd cut echo expr false grep head id ls nl paste pwd rev seq stat tail tr true uname wc which whoami numfmt tac'
    .split(' ')
    .map((name): [string, Judge] => [name, always]),
  // A second operand is the file it writes.
  ['uniq', (args) => args.filter((arg) => !arg.startsWith('-') || arg === '-').length <= 1],
  ['base64', (args) => !args.some((arg) => /^-[A-Za-z]*o/.test(arg) || abbreviates(arg, ['output']))],
  ['find', (args) => args.every(isFindWord)],
  ['rg', ripgrepIsSafe],
  ['sed', sedIsSafe],
  ['git', gitIsSafe],
]);

/** How deep wrappers are looked through. */
const MAX_DEPTH = 8;

/** True when only the real grammar can tell whether `script` removes by force: it may, and it is not plain. */
export const needsGrammar = (script: string): boolean => /\brm\b/.test(script.replace(/['"\\]/g, '')) && needsGrammarBelow(script, 0);

function needsGrammarBelow(script: string, depth: number): boolean {
  const segments = plainSegments(script);
  if (!segments) return true;
  // A script in an argument may be more than plain although the outer one is not.
  return depth < MAX_DEPTH && segments.flat().some((word) => /\s/.test(word) && /\brm\b/.test(word) && needsGrammarBelow(word, depth + 1));
}

/**
 * True when a command of `script` removes by force. `grammar` may be left out when `needsGrammar` says so; a script
 * that needs it and does not have it counts as dangerous.
 */
export function isDangerousScript(script: string, grammar: ShellGrammar | undefined, depth = 0): boolean {
  if (depth > MAX_DEPTH || !/\brm\b/.test(script.replace(/['"\\]/g, ''))) return false;
  const commands = plainSegments(script) ?? grammar?.commands(script);
  return commands?.some((words) => isDangerousCommand(words, grammar, depth + 1)) ?? true;
}

/** The same for the words of one command; undefined stands for a word that only running it would tell. */
export function isDangerousCommand(words: readonly GrammarWord[], grammar: ShellGrammar | undefined, depth = 0): boolean {
  const [program, ...args] = words;
  if (program === undefined || depth > MAX_DEPTH) return false;
  switch (baseName(program)) {
    case 'rm':
      return removesByForce(args);
    case 'sudo':
      return isDangerousCommand(afterOptions(args, SUDO_VALUES), grammar, depth + 1);
    case 'env':
      return isDangerousCommand(afterAssignments(afterOptions(args, ENV_VALUES)), grammar, depth + 1);
    case 'trap': {
      const [action] = afterOptions(args, '');
      return action !== undefined && isDangerousScript(action, grammar, depth + 1);
    }
    case 'bash':
    case 'sh':
    case 'zsh': {
      const script = args[args.findIndex((arg) => arg !== undefined && /^-[a-z]*c$/.test(arg)) + 1];
      return script !== undefined && args.includes(script) && isDangerousScript(script, grammar, depth + 1);
    }
    default:
      return false;
  }
}

function removesByForce(args: readonly GrammarWord[]): boolean {
  const end = args.indexOf('--');
  const options = end < 0 ? args : args.slice(0, end);
  return options.some((arg) => arg !== undefined && (arg === '--force' || /^-[A-Za-z]*f[A-Za-z]*$/.test(arg)));
}

/** Short options of `sudo` and `env` that take the next word as their value. */
const SUDO_VALUES = 'ugpCrtTUDRh';
const ENV_VALUES = 'uCS';

function afterOptions(args: readonly GrammarWord[], withValue: string): readonly GrammarWord[] {
  let at = 0;
  for (; at < args.length; at += 1) {
    const arg = args[at];
    if (arg === '--') return args.slice(at + 1);
    if (!arg?.startsWith('-') || arg === '-') break;
    if (arg.length === 2 && withValue.includes(arg.slice(1))) at += 1;
  }
  return args.slice(at);
}

function afterAssignments(args: readonly GrammarWord[]): readonly GrammarWord[] {
  const at = args.findIndex((arg) => arg === undefined || !/^\w+=/.test(arg));
  return at < 0 ? [] : args.slice(at);
}
