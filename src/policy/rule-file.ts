/** Rule files (`*.rules`): text in, rules out, or one error that names file, line and reason. */
import { covers, type HostExecutable, type NetworkRule, type PatternWord, type PrefixRule, type RuleSet } from './prefix-rules.ts';
import { type RuleCall, RuleSyntaxError, type RuleValue, runRules } from './rule-syntax.ts';

/** The message reads `FILE:LINE:COLUMN: reason`. */
export class RuleFileError extends Error {
  override readonly name = 'RuleFileError';
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly reason: string;
  constructor(file: string, { line, column }: { line: number; column: number }, reason: string) {
    super(`${file}:${line}:${column}: ${reason}`);
    this.file = file;
    this.line = line;
    this.column = column;
    this.reason = reason;
  }
}

/** All rules of one file; examples in it are checked. Throws `RuleFileError`; `file` is only named in it. */
export function parseRuleFile(source: string, file: string): RuleSet {
  const prefixRules: PrefixRule[] = [];
  const hostExecutables: HostExecutable[] = [];
  const networkRules: NetworkRule[] = [];
  let place = { line: 1, column: 1 };
  try {
    runRules(source, (call) => {
      place = call;
      if (call.name === 'prefix_rule') prefixRules.push(prefixRule(call));
      else if (call.name === 'host_executable') hostExecutables.push(hostExecutable(call));
      else if (call.name === 'network_rule') networkRules.push(networkRule(call));
      else invalid(`\`${call.name}\` is not defined`);
    });
  } catch (error) {
    if (error instanceof RuleSyntaxError) throw new RuleFileError(file, error, error.message);
    if (error instanceof InvalidRule) throw new RuleFileError(file, place, error.message);
    throw error;
  }
  return { prefixRules, hostExecutables, networkRules };
}

class InvalidRule extends Error {
  override readonly name = 'InvalidRule';
}

function invalid(reason: string): never {
  throw new InvalidRule(reason);
}

/** The arguments of a call by name. */
function argumentsOf(call: RuleCall, names: readonly string[]): (name: string) => RuleValue | undefined {
  if (call.positional.length > names.length) invalid(`\`${call.name}\` takes at most ${names.length} arguments`);
  const given = new Map(call.named);
  for (const [index, value] of call.positional.entries()) {
    const name = names[index] ?? '';
    if (given.has(name)) invalid(`\`${name}\` is given twice`);
    given.set(name, value);
  }
  const stranger = [...given.keys()].find((name) => !names.includes(name));
  if (stranger !== undefined) invalid(`\`${call.name}\` has no parameter \`${stranger}\``);
  return (name) => given.get(name) ?? undefined;
}

const text = (value: RuleValue | undefined, what: string): string =>
  typeof value === 'string' ? value : invalid(`${what} must be a string`);
const list = (value: RuleValue | undefined, what: string): readonly RuleValue[] =>
  Array.isArray(value) ? value : invalid(value === undefined ? `${what} is missing` : `${what} must be a list`);

function choice<T extends string>(value: RuleValue | undefined, what: string, choices: Readonly<Record<string, T>>): T {
  const name = text(value, what);
  return (Object.hasOwn(choices, name) ? choices[name] : undefined) ?? invalid(`invalid ${what}: ${name}`);
}

function justification(value: RuleValue | undefined): { justification?: string } {
  if (value === undefined) return {};
  const reason = text(value, 'justification');
  return reason.trim() === '' ? invalid('justification cannot be empty') : { justification: reason };
}

const PREFIX_PARAMETERS = ['pattern', 'decision', 'match', 'not_match', 'justification'];

function prefixRule(call: RuleCall): PrefixRule {
  const get = argumentsOf(call, PREFIX_PARAMETERS);
  const pattern = list(get('pattern'), 'pattern').map(patternWord);
  if (pattern.length === 0) invalid('pattern cannot be empty');
  const decision = choice(get('decision') ?? 'allow', 'decision', { allow: 'allow', prompt: 'prompt', forbidden: 'forbidden' });
  const unmatched = examples(get('match'), 'match').find((words) => !covers(pattern, words));
  if (unmatched) invalid(`expected every example to match: ${unmatched.join(' ')}`);
  const matched = examples(get('not_match'), 'not_match').find((words) => covers(pattern, words));
  if (matched) invalid(`expected example not to match: ${matched.join(' ')}`);
  return { pattern, decision, ...justification(get('justification')) };
}

function patternWord(value: RuleValue): PatternWord {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return invalid('pattern element must be a string or list of strings');
  if (value.length === 0) invalid('pattern alternatives cannot be empty');
  return value.map((word) => text(word, 'pattern alternative'));
}

/** Example commands: lists of words, or strings quoted for a shell. */
function examples(value: RuleValue | undefined, what: string): string[][] {
  if (value === undefined) return [];
  return list(value, what).map((example) => {
    const words = typeof example === 'string' ? shellWords(example) : list(example, 'example').map((word) => text(word, 'example word'));
    if (!words) return invalid('example string has invalid shell syntax');
    return words.length > 0 ? words : invalid('example cannot be empty');
  });
}

/** Splits at blanks outside quotes; undefined when a quote stays open. */
export function shellWords(line: string): string[] | undefined {
  const words: string[] = [];
  const part = /\s+|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|([^\s'"\\]+)/y;
  let word: string | undefined;
  while (part.lastIndex < line.length) {
    const found = part.exec(line);
    if (!found) return undefined;
    const [whole, single, double, escaped, bare] = found;
    if (whole.trim() === '' && single === undefined && double === undefined && escaped === undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + (single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? bare ?? '');
  }
  if (word !== undefined) words.push(word);
  return words;
}

function hostExecutable(call: RuleCall): HostExecutable {
  const get = argumentsOf(call, ['name', 'paths']);
  const name = text(get('name'), 'name');
  if (name === '' || /[\\/]/.test(name)) invalid(`host_executable name must be a bare executable name (got ${name})`);
  const paths = list(get('paths'), 'paths').map((path) => text(path, 'path'));
  const relative = paths.find((path) => !/^(?:\/|[A-Za-z]:[\\/])/.test(path));
  if (relative !== undefined) invalid(`host_executable paths must be absolute (got ${relative})`);
  return { name, paths };
}

const PROTOCOLS = {
  http: 'http',
  https: 'https',
  https_connect: 'https',
  'http-connect': 'https',
  socks5_tcp: 'socks5_tcp',
  socks5_udp: 'socks5_udp',
} as const;

function networkRule(call: RuleCall): NetworkRule {
  const get = argumentsOf(call, ['host', 'protocol', 'decision', 'justification']);
  const protocol = text(get('protocol'), 'protocol');
  if (!Object.hasOwn(PROTOCOLS, protocol))
    invalid(`network_rule protocol must be one of http, https, socks5_tcp, socks5_udp (got ${protocol})`);
  return {
    host: hostName(text(get('host'), 'host')),
    protocol: choice(protocol, 'protocol', PROTOCOLS),
    decision: choice(get('decision'), 'decision', { allow: 'allow', prompt: 'prompt', deny: 'deny', forbidden: 'deny' }),
    ...justification(get('justification')),
  };
}

function hostName(given: string): string {
  if (given.includes('*')) invalid('network_rule host must be a specific host; wildcards are not allowed');
  const host = given
    .replace(/^\[([^\]]*)\](?::\d+)?$/, '$1')
    .replace(/^([^:]+):\d+$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();
  if (host === '' || /[\s/?#@]/.test(host) || given.includes('://'))
    invalid('network_rule host must be a hostname or IP literal (without scheme or path)');
  return host;
}
