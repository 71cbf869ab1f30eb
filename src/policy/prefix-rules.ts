/** Rules about commands by how they begin: which of them match, and what they decide together. Pure data and functions. */

export type RuleDecision = 'allow' | 'prompt' | 'forbidden';

/** One word of a pattern: a literal word, or any of several. */
export type PatternWord = string | readonly string[];

export interface PrefixRule {
  /** Not empty; alternatives are not empty either. */
  readonly pattern: readonly PatternWord[];
  readonly decision: RuleDecision;
  readonly justification?: string;
}

/** Where a program of this bare name may live; elsewhere rules for the bare name do not count. */
export interface HostExecutable {
  readonly name: string;
  /** Absolute. */
  readonly paths: readonly string[];
}

export interface NetworkRule {
  /** Lower case, without port and trailing dot. */
  readonly host: string;
  readonly protocol: 'http' | 'https' | 'socks5_tcp' | 'socks5_udp';
  readonly decision: 'allow' | 'prompt' | 'deny';
  readonly justification?: string;
}

export interface RuleSet {
  readonly prefixRules: readonly PrefixRule[];
  readonly hostExecutables: readonly HostExecutable[];
  readonly networkRules: readonly NetworkRule[];
}

export const noRules: RuleSet = { prefixRules: [], hostExecutables: [], networkRules: [] };

/** True when some rule asks or forbids. */
export const restricts = (rules: RuleSet): boolean => rules.prefixRules.some(({ decision }) => decision !== 'allow');

/** Later sets add to earlier ones; nothing is taken away. */
export const joinRules = (sets: readonly RuleSet[]): RuleSet => ({
  prefixRules: sets.flatMap((set) => set.prefixRules),
  hostExecutables: sets.flatMap((set) => set.hostExecutables),
  networkRules: sets.flatMap((set) => set.networkRules),
});

export interface RuleMatch {
  /** The words of the command that the pattern covers. */
  readonly matchedPrefix: readonly string[];
  readonly decision: RuleDecision;
  /** The path of the program when rules for its bare name were applied to it. */
  readonly resolvedProgram?: string;
  readonly justification?: string;
}

/**
 * Every rule the command begins with, in the order of the rules. A path matches rules that name it; when none does, and
 * `resolveHostExecutables` is set, rules for its bare name apply, unless the name is bound to other paths.
 */
export function matchingRules(rules: RuleSet, words: readonly string[], options: { resolveHostExecutables: boolean }): RuleMatch[] {
  const direct = matches(rules.prefixRules, words);
  const [program = '', ...args] = words;
  if (direct.length > 0 || !options.resolveHostExecutables || !isPath(program)) return direct;
  const name = program.slice(program.lastIndexOf('/') + 1);
  const homes = rules.hostExecutables.filter((entry) => entry.name === name);
  if (homes.length > 0 && !homes.some((entry) => entry.paths.includes(program))) return [];
  return matches(rules.prefixRules, [name, ...args]).map((match) => ({ ...match, resolvedProgram: program }));
}

const isPath = (program: string): boolean => program.startsWith('/');

function matches(rules: readonly PrefixRule[], words: readonly string[]): RuleMatch[] {
  return rules
    .filter((rule) => covers(rule.pattern, words))
    .map((rule) => ({
      matchedPrefix: words.slice(0, rule.pattern.length),
      decision: rule.decision,
      ...(rule.justification === undefined ? {} : { justification: rule.justification }),
    }));
}

/** Word by word, exactly. */
export const covers = (pattern: readonly PatternWord[], words: readonly string[]): boolean =>
  pattern.length <= words.length &&
  pattern.every((wanted, at) => {
    const word = words[at] ?? '';
    return typeof wanted === 'string' ? wanted === word : wanted.includes(word);
  });

const STRICTNESS: Readonly<Record<RuleDecision, number>> = { allow: 0, prompt: 1, forbidden: 2 };

/** The strictest of them; undefined without any. */
export function strictest(decisions: readonly RuleDecision[]): RuleDecision | undefined {
  return decisions.reduce<RuleDecision | undefined>(
    (worst, decision) => (worst === undefined || STRICTNESS[decision] > STRICTNESS[worst] ? decision : worst),
    undefined,
  );
}

/** Programs that run whatever they are given: allowing them for good would allow everything. */
const INTERPRETERS: ReadonlySet<string> = new Set(
  (
    'bash sh zsh dash ksh fish env sudo git rm python python2 python3 node nodejs perl ruby php lua julia osascript deno bun ' +
    'pwsh powershell cmd py pypy pypy3 Rscript awk tclsh ts-node tsx'
  ).split(' '),
);
const EVALUATES = /^(?:-c|-lc|-e|-r|-i|-lic|-Command|-command|\/c|\/C|eval|-|--eval|-p|--print|run)$/;
const SCRIPT_RUNNERS: ReadonlySet<string> = new Set(['npm run', 'pnpm run', 'yarn run', 'bun run', 'deno run', 'npm exec', 'pnpm exec']);

/** True for a prefix that may never be proposed as a lasting rule. */
export function isTooBroad(prefix: readonly string[]): boolean {
  const [program = '', second] = prefix;
  const name = program.slice(program.lastIndexOf('/') + 1).replace(/\.exe$/i, '');
  if (prefix.length === 0) return true;
  if (prefix.length === 2 && SCRIPT_RUNNERS.has(`${name} ${second}`)) return true;
  return INTERPRETERS.has(name) && (second === undefined || (prefix.length === 2 && EVALUATES.test(second)));
}

/** The line that makes an answer about a host last. */
export function networkRuleLine({ host, protocol, decision }: Pick<NetworkRule, 'host' | 'protocol' | 'decision'>): string {
  const what = protocol === 'https' ? 'https_connect' : protocol;
  const reason = `${decision === 'allow' ? 'Allow' : 'Deny'} ${what} access to ${host}`;
  const text = (value: string) => JSON.stringify(value);
  return `network_rule(host=${text(host)}, protocol=${text(protocol)}, decision=${text(decision)}, justification=${text(reason)})`;
}

/** The line that makes a rule last. */
export const ruleLine = (prefix: readonly string[]): string =>
  `prefix_rule(pattern=[${prefix.map((word) => JSON.stringify(word)).join(', ')}], decision="allow")`;
