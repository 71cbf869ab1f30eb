/** The programs whose command lines can be told in a few words, and how to find the file, directory or pattern in them. */

import { quoteWords } from '../../policy/shell-quote.ts';
import type { CommandAction } from '../../protocol/app/index.ts';

type Words = readonly string[];
type Reader = (args: Words, command: string) => CommandAction | undefined;

/** What one simple command does; paths of `read` are as written. */
export function actionOf(words: Words): CommandAction {
  const [program = '', ...args] = words;
  const command = quoteWords(words);
  return readers.get(program)?.(args, command) ?? { type: 'unknown', command };
}

/** Commands that only cut, count or order what comes down a pipe. */
export function isFormatter(words: Words): boolean {
  const [program = '', ...args] = words;
  switch (program) {
    case 'wc':
    case 'tr':
    case 'cut':
    case 'sort':
    case 'uniq':
    case 'tee':
    case 'column':
    case 'yes':
    case 'printf':
      return true;
    case 'xargs':
      return !changesFiles(args);
    case 'awk':
      return operands(args, AWK_VALUES).length < 2;
    case 'head':
    case 'tail':
      return lineWindowFile(args) === undefined && operands(args, COUNT_VALUES).length === 0;
    case 'sed':
      return sedPrintFile(args) === undefined;
    default:
      return false;
  }
}

/** `xargs` with a program that edits in place is the point of the pipeline. */
function changesFiles(args: Words): boolean {
  const at = args.findIndex((arg) => !arg.startsWith('-'));
  const program = args[at];
  const rest = at < 0 ? [] : args.slice(at + 1);
  if (program === 'sed') return rest.some((arg) => arg.startsWith('-i') || arg.startsWith('--in-place'));
  if (program === 'perl' || program === 'ruby') return rest.some((arg) => /^-\w*i/.test(arg));
  return program === 'rg' && rest.includes('--replace');
}

const AWK_VALUES = ['-F', '-v', '-f', '--field-separator', '--assign', '--file'];
const COUNT_VALUES = ['-n', '-c', '--lines', '--bytes'];
const LS_VALUES = ['-I', '-w', '--block-size', '--format', '--time-style', '--color', '--quoting-style'];
const EZA_VALUES = ['-I', '--ignore-glob', '--color', '--sort', '--time-style', '--time'];
const TREE_VALUES = ['-L', '-P', '-I', '--charset', '--filelimit', '--sort'];
const DU_VALUES = ['-d', '--max-depth', '-B', '--block-size', '--exclude', '--time-style'];
const GREP_VALUES = [
  ...['-g', '--glob', '--iglob', '-t', '--type', '--type-add', '--type-not', '-m', '--max-count'],
  ...['-A', '-B', '-C', '--context', '--max-depth', '-j', '--threads', '-E', '--encoding'],
];
const AG_VALUES = ['-G', '-g', '--file-search-regex', '--ignore-dir', '--ignore-file', '--path-to-ignore'];
const GIT_LIST_VALUES = ['--exclude', '--exclude-from', '--pathspec-from-file'];
const FD_VALUES = ['-t', '--type', '-e', '--extension', '-E', '--exclude', '--search-path', '-d', '--max-depth'];
const BAT_VALUES = ['--theme', '--language', '--style', '--terminal-width', '--tabs', '--line-range', '--map-syntax'];
const LESS_VALUES = ['-p', '-P', '-x', '-y', '-z', '-j', '--pattern', '--prompt', '--tabs', '--window', '--jump-target'];
const NL_VALUES = ['-s', '-w', '-v', '-i', '-b'];

const list =
  (values: readonly string[]): Reader =>
  (args, command) => ({ type: 'listFiles', command, path: shownPath(operands(args, values)[0]) });

const readOne =
  (values: readonly string[]): Reader =>
  (args, command) => {
    const files = operands(args, values);
    return files.length === 1 ? read(files[0], command) : undefined;
  };

const search =
  (values: readonly string[]): Reader =>
  (args, command) => {
    const pattern = optionValue(args, ['-e', '--regexp']);
    const rest = operands(args, [...values, '-e', '--regexp', '-f', '--file']);
    const [query = null, path] = pattern === undefined ? rest : [pattern, ...rest];
    return { type: 'search', command, query, path: shownPath(path) };
  };

const searchText = search(GREP_VALUES);

const ripgrep: Reader = (args, command) => {
  const rest = args.filter((arg) => arg !== '--files');
  return rest.length < args.length ? list(GREP_VALUES)(rest, command) : searchText(args, command);
};

const git: Reader = ([name, ...args], command) => {
  if (name === 'grep') return searchText(args, command);
  return name === 'ls-files' ? list(GIT_LIST_VALUES)(args, command) : undefined;
};

const fd: Reader = (args, command) => {
  const [query, path] = operands(args, FD_VALUES);
  if (query === undefined) return { type: 'listFiles', command, path: null };
  return { type: 'search', command, query, path: shownPath(path) };
};

const find: Reader = (args, command) => {
  const path = shownPath(args.find((arg) => !arg.startsWith('-') && arg !== '!' && arg !== '(' && arg !== ')'));
  const query = optionValue(args, ['-name', '-iname', '-path', '-regex']);
  return query === undefined ? { type: 'listFiles', command, path } : { type: 'search', command, query, path };
};

const firstLines: Reader = (args, command) => read(lineWindowFile(args), command);

const python: Reader = ([flag, program = ''], command) => {
  const walks = /os\.(?:walk|listdir|scandir)|glob\.i?glob|pathlib\.Path|\.rglob\(/.test(program);
  return flag === '-c' && walks ? { type: 'listFiles', command, path: null } : undefined;
};

const readers = new Map<string, Reader>([
  ['ls', list(LS_VALUES)],
  ['eza', list(EZA_VALUES)],
  ['exa', list(EZA_VALUES)],
  ['tree', list(TREE_VALUES)],
  ['du', list(DU_VALUES)],
  ['rg', ripgrep],
  ['rga', ripgrep],
  ['ripgrep-all', ripgrep],
  ['git', git],
  ['fd', fd],
  ['find', find],
  ['grep', searchText],
  ['egrep', searchText],
  ['fgrep', searchText],
  ['ag', search(AG_VALUES)],
  ['ack', search(AG_VALUES)],
  ['pt', search(AG_VALUES)],
  ['cat', readOne([])],
  ['bat', readOne(BAT_VALUES)],
  ['batcat', readOne(BAT_VALUES)],
  ['less', readOne(LESS_VALUES)],
  ['more', readOne([])],
  ['head', firstLines],
  ['tail', firstLines],
  ['nl', (args, command) => read(operands(args, NL_VALUES)[0], command)],
  ['awk', (args, command) => read(operands(args, AWK_VALUES)[1], command)],
  ['sed', (args, command) => read(sedPrintFile(args), command)],
  ['python', python],
  ['python3', python],
]);

const read = (file: string | undefined, command: string): CommandAction | undefined =>
  file === undefined ? undefined : { type: 'read', command, name: shortName(file), path: file };

/** Words that are neither options nor values of `valueOptions`; after `--` everything is an operand. */
function operands(args: Words, valueOptions: readonly string[]): string[] {
  const found: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    if (arg === '--') return [...found, ...args.slice(index + 1)];
    if (valueOptions.includes(arg)) index += 1;
    else if (!arg.startsWith('-')) found.push(arg);
  }
  return found;
}

function optionValue(args: Words, options: readonly string[]): string | undefined {
  const at = args.findIndex((arg) => options.includes(arg));
  return at < 0 ? undefined : args[at + 1];
}

/** The file of `head` or `tail` when the lines are given by `-n` or not at all. */
function lineWindowFile(args: Words): string | undefined {
  const [first, second, ...rest] = args;
  if (first === undefined) return undefined;
  if (first === '-n') return /^\+?\d+$/.test(second ?? '') ? operands(rest, [])[0] : undefined;
  if (/^-n\+?\d+$/.test(first)) return operands(args.slice(1), [])[0];
  return first.startsWith('-') && first !== '--' ? undefined : operands(args, [])[0];
}

/** The file of `sed -n RANGE FILE` or `sed -n -e RANGE FILE`. */
function sedPrintFile(args: Words): string | undefined {
  if (!args.includes('-n')) return undefined;
  const scripts = args.filter((_, index) => args[index - 1] === '-e' || args[index - 1] === '--expression');
  const rest = operands(args, ['-e', '--expression', '-f', '--file']);
  const [script, file] = scripts.length > 0 ? [scripts[0], rest[0]] : rest;
  return /^\d+(?:,\d+)?p$/.test(script ?? '') ? file : undefined;
}

const shownPath = (path: string | undefined): string | null => (path === undefined ? null : shortName(path));

/** The last component that says something. */
function shortName(path: string): string {
  const whole = path.replaceAll('\\', '/').replace(/\/+$/, '');
  const telling = whole.split('/').filter((part) => part !== '' && !['build', 'dist', 'node_modules', 'src'].includes(part));
  return telling.at(-1) ?? whole;
}
