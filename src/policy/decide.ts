/** Decides whether a command or a patch runs, needs consent, or is refused. Pure: everything it looks at is handed in. */
import type { FileSystemEntry, PermissionProfile } from '../base/permission-profile.ts';
import type { AskForApproval } from '../protocol/app/index.ts';
import { isKnownSafe, type Words } from './command-rules.ts';
import { isTooBroad, type RuleSet } from './prefix-rules.ts';
import { forbiddenBecause, promptBecause, type RuleVerdict, ruleVerdict } from './rule-verdict.ts';
import { quoteWords } from './shell-quote.ts';

/** A command that starts with these words may run. */
export interface AllowedPrefix {
  readonly words: readonly string[];
  /** It was allowed under the sandbox only; otherwise it may run without. */
  readonly confined: boolean;
}

export interface CommandCase {
  readonly policy: AskForApproval;
  readonly profile: PermissionProfile;
  /** Simple commands of the script; undefined when the script is more than that. */
  readonly segments: readonly Words[] | undefined;
  readonly argv: readonly string[];
  /** A command of the script removes by force, wherever it stands. */
  readonly dangerous: boolean;
  /** The model asks to leave the sandbox. */
  readonly escalation: { readonly justification: string | undefined; readonly prefixRule: readonly string[] | undefined } | undefined;
  /** The model asks for permissions beyond the profile, which stays in force otherwise. `profile` has them already. */
  readonly extra?: { readonly justification: string | undefined } | undefined;
  readonly allowed: readonly AllowedPrefix[];
  /** What the rule files say. */
  readonly rules: RuleSet;
  /** Commands anywhere in a script that is more than plain; undefined when nobody can tell. Rules that ask or forbid count for them. */
  readonly mentioned: readonly Words[] | undefined;
}

export type Decision =
  /** `confined`: under the sandbox of the profile, when it has one. */
  | { readonly kind: 'run'; readonly confined: boolean }
  /** What happens after consent is `confined` too. `amendment`: the prefix the user may allow for good. */
  | {
      readonly kind: 'ask';
      readonly confined: boolean;
      readonly reason: string | undefined;
      readonly amendment: readonly string[] | undefined;
    }
  | { readonly kind: 'refuse'; readonly why: string };

const startsWith = (segment: Words, prefix: readonly string[]): boolean =>
  prefix.length > 0 && prefix.length <= segment.length && prefix.every((word, at) => segment[at] === word);

/** How far remembered prefixes reach: every command of the script is covered, and whether only under the sandbox. */
function coverage(facts: CommandCase): 'none' | 'confined' | 'unconfined' {
  const segments = facts.segments ?? [facts.argv];
  const { allowed } = facts;
  if (segments.length === 0) return 'none';
  const byRule = (segment: Words): AllowedPrefix[] =>
    facts.segments && ruleVerdict(facts.rules, segment)?.decision === 'allow' ? [{ words: segment, confined: false }] : [];
  const rules = segments.map((segment) => [...allowed.filter(({ words }) => startsWith(segment, words)), ...byRule(segment)]);
  if (rules.some((matching) => matching.length === 0)) return 'none';
  return rules.every((matching) => matching.some(({ confined }) => !confined)) ? 'unconfined' : 'confined';
}

const mayAskFor = (policy: AskForApproval, what: 'sandbox_approval' | 'rules'): boolean =>
  policy !== 'never' && (typeof policy === 'string' || policy.granular[what]);

export const policyName = (policy: AskForApproval): string => (typeof policy === 'string' ? policy : 'granular');

/** True when some entry says that a path must not be read: nothing may then run without the sandbox. */
export const hasDenyRead = (profile: PermissionProfile): boolean =>
  profile.type === 'managed' && profile.file_system.type === 'restricted' && profile.file_system.entries.some((e) => e.access === 'deny');

const restrictsFiles = (profile: PermissionProfile): boolean => profile.type === 'managed' && profile.file_system.type === 'restricted';

/** What to propose for good: the model's own prefix when it covers the script, else the first command that needs consent. */
function amendmentOf(facts: CommandCase, segments: readonly Words[]): readonly string[] | undefined {
  const wished = segments.some((segment) => ruleVerdict(facts.rules, segment)) ? undefined : facts.escalation?.prefixRule;
  const covers = (prefix: readonly string[]) =>
    segments.every(
      (segment) => startsWith(segment, prefix) || isKnownSafe(segment) || facts.allowed.some(({ words }) => startsWith(segment, words)),
    );
  if (wished && wished.length > 0 && !isTooBroad(wished) && covers(wished)) return wished;
  const first = segments.find((segment) => !isKnownSafe(segment) && !ruleVerdict(facts.rules, segment));
  return first && !isTooBroad(first) ? first : undefined;
}

/** What rules that ask or forbid say about any command of the script. */
function ruled(facts: CommandCase): Decision | undefined {
  const all = [...(facts.segments ?? [facts.argv]), ...(facts.mentioned ?? [])];
  const verdicts = all.map((words) => ruleVerdict(facts.rules, words)).filter((verdict) => verdict !== undefined);
  const forbidden = verdicts.find(({ decision }) => decision === 'forbidden');
  if (forbidden) return { kind: 'refuse', why: forbiddenBecause(forbidden) };
  const asking: RuleVerdict | undefined = verdicts.find(({ decision }) => decision === 'prompt');
  if (!asking && facts.mentioned) return undefined;
  const reason = asking ? promptBecause(asking, quoteWords(facts.argv)) : 'The script could not be compared with the rules about commands.';
  if (!mayAskFor(facts.policy, 'rules'))
    return { kind: 'refuse', why: `${reason} The approval policy ${policyName(facts.policy)} does not allow asking.` };
  const confined = facts.escalation === undefined || hasDenyRead(facts.profile);
  return { kind: 'ask', confined, reason: facts.escalation?.justification ?? reason, amendment: undefined };
}

export function decideCommand(facts: CommandCase): Decision {
  const { policy, profile } = facts;
  const { escalation } = facts;
  const byRules = ruled(facts);
  if (byRules) return byRules;
  if (facts.extra) return decideExtra(facts, facts.extra);
  const covered = coverage(facts);
  if (covered === 'unconfined') return { kind: 'run', confined: hasDenyRead(profile) };
  if (covered === 'confined' && !escalation) return { kind: 'run', confined: true };
  if (escalation && policy === 'never')
    return { kind: 'refuse', why: 'approval policy is never: a command may not ask to leave the sandbox; run it without asking' };
  const ask = (confined: boolean, reason: string | undefined): Decision => ({
    kind: 'ask',
    confined,
    reason,
    // A rule would let later commands leave the sandbox.
    amendment: mayAskFor(policy, 'sandbox_approval') ? amendmentOf(facts, facts.segments ?? [facts.argv]) : undefined,
  });
  if (facts.dangerous) {
    if (policy === 'never') return { kind: 'refuse', why: 'forced removal is not allowed without consent; use a safer command' };
    return ask(escalation === undefined || hasDenyRead(profile), escalation?.justification);
  }
  if (escalation && restrictsFiles(profile)) {
    if (!mayAskFor(policy, 'sandbox_approval'))
      return { kind: 'refuse', why: 'leaving the sandbox is switched off by the approval policy' };
    return ask(hasDenyRead(profile), escalation.justification);
  }
  if (policy !== 'untrusted') return { kind: 'run', confined: true };
  if (facts.segments && facts.segments.length > 0 && facts.segments.every(isKnownSafe) && !escalation)
    return { kind: 'run', confined: true };
  return ask(true, escalation?.justification);
}

/** A wider sandbox for one command: only the user can grant it, and only under a policy that lets the model ask. */
function decideExtra(facts: CommandCase, extra: NonNullable<CommandCase['extra']>): Decision {
  const { policy, profile } = facts;
  if (profile.type !== 'managed') return { kind: 'run', confined: true };
  if (policy !== 'on-request')
    return {
      kind: 'refuse',
      why: `approval policy is ${policyName(policy)}: additional permissions may be asked for under on-request only`,
    };
  return { kind: 'ask', confined: true, reason: extra.justification, amendment: amendmentOf(facts, facts.segments ?? [facts.argv]) };
}

/** After the sandbox stopped a command (`denied`) or could not be set up (`unavailable`): may it run without? */
export function decideUnconfined(facts: {
  readonly policy: AskForApproval;
  readonly profile: PermissionProfile;
  readonly cause: 'denied' | 'unavailable';
  /** The command that was stopped, for what may be allowed for good. */
  readonly command?: CommandCase;
}): Decision {
  const { policy, profile, cause, command } = facts;
  if (hasDenyRead(profile))
    return { kind: 'refuse', why: 'the permissions forbid reading some paths, so nothing may run without the sandbox' };
  if (!mayAskFor(policy, 'sandbox_approval')) {
    const what = cause === 'denied' ? 'the sandbox stopped it' : 'the sandbox that was asked for cannot be set up here';
    return { kind: 'refuse', why: `${what}, and approval policy ${policyName(policy)} does not allow asking to run without it` };
  }
  if (cause === 'denied' && (policy === 'on-request' || policy === 'untrusted')) return { kind: 'refuse', why: 'the sandbox stopped it' };
  if (cause === 'unavailable')
    return {
      kind: 'ask',
      confined: false,
      reason: 'The sandbox that was asked for cannot be set up here. Run without it?',
      amendment: undefined,
    };
  const amendment = command && amendmentOf(command, command.segments ?? [command.argv]);
  return { kind: 'ask', confined: false, reason: 'command failed; retry without sandbox?', amendment };
}

export interface PatchCase {
  readonly policy: AskForApproval;
  readonly profile: PermissionProfile;
  /** Every path the patch touches; absolute. */
  readonly paths: readonly string[];
  readonly workspaceRoots: readonly string[];
  /** Where temporary files go in the environment, for the entries that speak of it. */
  readonly tmpdirs: readonly string[];
}

const parts = (path: string): string[] => {
  const out: string[] = [];
  for (const part of path.split(/[\\/]/)) {
    if (part === '..') out.pop();
    else if (part !== '' && part !== '.') out.push(part);
  }
  return out;
};

const isBelow = (path: readonly string[], root: readonly string[]): boolean => root.every((part, at) => path[at] === part);

const protectedNames = new Set(['.git', '.agents', '.codex', '.aws']);

function rootsOf(entry: FileSystemEntry, facts: PatchCase): readonly string[] {
  if (entry.path.type === 'path') return [entry.path.path];
  if (entry.path.type === 'glob_pattern') return [];
  switch (entry.path.value.kind) {
    case 'root':
      return ['/'];
    case 'project_roots': {
      const below = entry.path.value.subpath;
      return facts.workspaceRoots.map((root) => (below === undefined ? root : `${root}/${below}`));
    }
    case 'tmpdir':
    case 'slash_tmp':
      return facts.tmpdirs;
    default:
      return [];
  }
}

const strength = { read: 0, write: 1, deny: 2 } as const;

/** The longest matching entry decides; on a tie deny beats write beats read. Metadata right under a writable root stays closed. */
function isWritable(path: string, facts: PatchCase): boolean {
  const { profile } = facts;
  if (profile.type !== 'managed' || profile.file_system.type === 'unrestricted') return true;
  const target = parts(path);
  let best: { length: number; access: FileSystemEntry['access'] } | undefined;
  for (const entry of profile.file_system.entries) {
    for (const root of rootsOf(entry, facts)) {
      const prefix = parts(root);
      if (!isBelow(target, prefix)) continue;
      const stronger = best && best.length === prefix.length && strength[entry.access] > strength[best.access];
      if (!best || prefix.length > best.length || stronger) best = { length: prefix.length, access: entry.access };
    }
  }
  return best?.access === 'write' && !protectedNames.has(target[best.length] ?? '');
}

export function decidePatch(facts: PatchCase): Decision {
  const { policy, profile } = facts;
  if (policy === 'untrusted') return { kind: 'ask', confined: true, reason: undefined, amendment: undefined };
  if (facts.paths.every((path) => isWritable(path, facts))) return { kind: 'run', confined: true };
  if (!mayAskFor(policy, 'sandbox_approval')) {
    const readOnly =
      profile.type === 'managed' &&
      profile.file_system.type === 'restricted' &&
      !profile.file_system.entries.some((e) => e.access === 'write');
    return {
      kind: 'refuse',
      why: readOnly ? 'writing is blocked by the read-only sandbox' : 'writing outside of the project is not allowed',
    };
  }
  return { kind: 'ask', confined: hasDenyRead(profile), reason: undefined, amendment: undefined };
}
