/** What a hook's exit code and output mean for the event it ran at. */
import type { HookEventName, HookOutputEntry, HookRunStatus } from '../../protocol/app/index.ts';

/** How the program of a hook ended. */
export type HookEnd =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: string; readonly stderr: string }
  /** It could not be started, took too long or was lost. */
  | { readonly kind: 'broken'; readonly why: string };

/** What a hook decided. Members that are absent were not said. */
export interface HookResult {
  readonly status: Exclude<HookRunStatus, 'running'>;
  readonly entries: readonly HookOutputEntry[];
  /** For the model to read. */
  readonly context?: string;
  /** Why what was about to happen must not happen; for `stop` hooks, what the model is told to do instead of ending. */
  readonly blocked?: string;
  /** The hook ends the turn, or replaces a result; with its reason where it gave one. */
  readonly stopped?: { readonly reason: string | undefined };
  /** A `permissionRequest` hook answered in the user's place. */
  readonly allowed?: true;
  /** A `preToolUse` hook wants the tool to be called with this instead. */
  readonly updatedInput?: unknown;
}

type Members = Readonly<Record<string, unknown>>;

/** Peculiarities of an event. */
interface EventRules {
  /** The event's name in files and messages. */
  readonly name: string;
  /** As in "hook returned invalid … JSON output". */
  readonly outputName: string;
  /** Text that is no JSON: for the model, of no meaning, or an error of these words. */
  readonly plain: 'context' | 'ignored' | { readonly error: string };
  /** Members of the output beyond the ones every event has; empty for one that has none but a message. */
  readonly members: readonly string[];
  /** Members of `hookSpecificOutput`; absent: the event has no such member. */
  readonly specific?: readonly string[];
  /** Exit code 2 blocks with what stderr says; the words of the error for one that says nothing. Absent: it is a failure. */
  readonly silentBlock?: string;
  /** A failure is shown in the program's own words where it wrote some. */
  readonly ownWords?: true;
}

const universal = ['continue', 'stopReason', 'suppressOutput', 'systemMessage'];
const notJson = (outputName: string) => ({ error: `hook returned invalid ${outputName} JSON output` });

const compaction = (name: string): EventRules => ({
  name,
  outputName: `${name} hook`,
  plain: 'ignored',
  members: universal,
  ownWords: true,
});

const stop = (name: string, outputName: string): EventRules => ({
  name,
  outputName,
  plain: notJson(outputName),
  members: [...universal, 'decision', 'reason'],
  silentBlock: `${name} hook exited with code 2 but did not write a continuation prompt to stderr`,
});

const start = (name: string, outputName: string): EventRules => ({
  name,
  outputName,
  plain: 'context',
  members: [...universal, 'hookSpecificOutput'],
  specific: ['additionalContext'],
});

/** Events whose output has no meaning are missing. */
const rules: Partial<Record<HookEventName, EventRules>> = {
  preToolUse: {
    name: 'PreToolUse',
    outputName: 'pre-tool-use',
    plain: 'ignored',
    members: [...universal, 'decision', 'reason', 'hookSpecificOutput'],
    specific: ['additionalContext', 'permissionDecision', 'permissionDecisionReason', 'updatedInput'],
    silentBlock: 'PreToolUse hook exited with code 2 but did not write a blocking reason to stderr',
  },
  postToolUse: {
    name: 'PostToolUse',
    outputName: 'post-tool-use',
    plain: 'ignored',
    members: [...universal, 'decision', 'reason', 'hookSpecificOutput'],
    specific: ['additionalContext', 'updatedMCPToolOutput'],
    silentBlock: 'PostToolUse hook exited with code 2 but did not write feedback to stderr',
  },
  permissionRequest: {
    name: 'PermissionRequest',
    outputName: 'permission-request',
    plain: 'ignored',
    members: [...universal, 'hookSpecificOutput'],
    specific: ['decision'],
    silentBlock: 'PermissionRequest hook exited with code 2 but did not write a denial reason to stderr',
  },
  userPromptSubmit: {
    name: 'UserPromptSubmit',
    outputName: 'user prompt submit',
    plain: 'context',
    members: [...universal, 'decision', 'reason', 'hookSpecificOutput'],
    specific: ['additionalContext'],
    silentBlock: 'UserPromptSubmit hook exited with code 2 but did not write a blocking reason to stderr',
  },
  sessionStart: start('SessionStart', 'session start'),
  subagentStart: start('SubagentStart', 'subagent start'),
  stop: stop('Stop', 'stop hook'),
  subagentStop: stop('SubagentStop', 'subagent stop hook'),
  preCompact: compaction('PreCompact'),
  postCompact: compaction('PostCompact'),
  interrupt: {
    name: 'Interrupt',
    outputName: 'interrupt hook',
    plain: { error: 'Interrupt hook returned non-JSON stdout' },
    members: ['systemMessage'],
  },
};

const failed = (...texts: readonly string[]): HookResult => ({
  status: 'failed',
  entries: texts.map((text) => ({ kind: 'error', text })),
});
const done: HookResult = { status: 'completed', entries: [] };

/** Never throws: what makes no sense is a failure, and a failure stops nothing. */
export function readHook(event: HookEventName, end: HookEnd): HookResult {
  if (end.kind === 'broken') return failed(end.why);
  const rule = rules[event];
  const said = end.stderr.trim();
  if (!rule) {
    if (end.code === 0) return done;
    if (said !== '') return failed(said);
    return event === 'sessionEnd' ? failed(exitText(end.code)) : failed();
  }
  if (end.code === 2 && rule.silentBlock !== undefined)
    return said === '' ? failed(rule.silentBlock) : { status: 'blocked', entries: [{ kind: 'feedback', text: said }], blocked: said };
  if (end.code !== 0) return failed(rule.ownWords && said !== '' ? said : exitText(end.code));
  return readOutput(event, rule, end.stdout.trim());
}

const exitText = (code: number): string => `hook exited with code ${code}`;

function readOutput(event: HookEventName, rule: EventRules, text: string): HookResult {
  if (text === '') return done;
  if (!/^[{[]/.test(text)) {
    if (rule.plain === 'ignored') return done;
    if (rule.plain !== 'context') return failed(rule.plain.error);
    return { status: 'completed', entries: [{ kind: 'context', text }], context: text };
  }
  const output = parse(text);
  if (!output || !fits(output, rule)) return failed(`hook returned invalid ${rule.outputName} JSON output`);
  const message = textOf(output.systemMessage);
  const result = judge(event, rule, output);
  return message === undefined ? result : { ...result, entries: [{ kind: 'warning', text: message }, ...result.entries] };
}

function parse(text: string): Members | undefined {
  try {
    return members(JSON.parse(text));
  } catch {
    // Reported as an output that cannot be read.
    return undefined;
  }
}

function members(value: unknown): Members | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const absent = (value: unknown): boolean => value === undefined || value === null;
const isText = (value: unknown): boolean => absent(value) || typeof value === 'string';
const isFlag = (value: unknown): boolean => value === undefined || typeof value === 'boolean';

/** True when every member is known to the event and has the type it must have. */
function fits(output: Members, rule: EventRules): boolean {
  if (!Object.keys(output).every((key) => rule.members.includes(key))) return false;
  if (!isFlag(output.continue) || !isFlag(output.suppressOutput)) return false;
  if (![output.stopReason, output.systemMessage, output.reason].every(isText)) return false;
  const decisions = rule.name === 'PreToolUse' ? ['block', 'approve'] : ['block'];
  if (!isOneOf(output.decision, decisions)) return false;
  return absent(output.hookSpecificOutput) || fitsSpecific(members(output.hookSpecificOutput), rule);
}

const isOneOf = (value: unknown, words: readonly string[]): boolean =>
  absent(value) || (typeof value === 'string' && words.includes(value));

function fitsSpecific(specific: Members | undefined, rule: EventRules): boolean {
  if (!specific || specific.hookEventName !== rule.name) return false;
  if (!Object.keys(specific).every((key) => key === 'hookEventName' || rule.specific?.includes(key))) return false;
  if (!isText(specific.additionalContext) || !isText(specific.permissionDecisionReason)) return false;
  if (!isOneOf(specific.permissionDecision, ['allow', 'deny', 'ask'])) return false;
  return absent(specific.decision) || fitsDecision(members(specific.decision));
}

function fitsDecision(decision: Members | undefined): boolean {
  if (!decision) return false;
  const known = ['behavior', 'interrupt', 'message', 'updatedInput', 'updatedPermissions'];
  if (!Object.keys(decision).every((key) => known.includes(key))) return false;
  return (decision.behavior === 'allow' || decision.behavior === 'deny') && isFlag(decision.interrupt) && isText(decision.message);
}

function judge(event: HookEventName, rule: EventRules, output: Members): HookResult {
  const specific = members(output.hookSpecificOutput) ?? {};
  if (event === 'permissionRequest') return judgePermission(rule, output, members(specific.decision));
  const wrong = unsupported(event, rule, output, specific);
  const context = wrong === undefined ? textOf(specific.additionalContext) : undefined;
  const told: HookResult = context === undefined ? done : { status: 'completed', entries: [{ kind: 'context', text: context }], context };
  if (output.continue === false && event !== 'preToolUse') return stopped(event, rule, told, textOf(output.stopReason));
  if (wrong !== undefined) return failed(wrong);
  const blocked = specific.permissionDecision === 'deny' ? textOf(specific.permissionDecisionReason) : blockReason(output);
  if (blocked !== undefined)
    return { ...told, status: 'blocked', entries: [...told.entries, { kind: 'feedback', text: blocked }], blocked };
  return specific.permissionDecision === 'allow' ? { ...told, updatedInput: specific.updatedInput } : told;
}

const blockReason = (output: Members): string | undefined => (output.decision === 'block' ? textOf(output.reason) : undefined);

function stopped(event: HookEventName, rule: EventRules, told: HookResult, given: string | undefined): HookResult {
  const alwaysSays = event === 'postToolUse' || event === 'preCompact' || event === 'postCompact';
  const reason = given ?? (alwaysSays ? `${rule.name} hook stopped execution` : undefined);
  const entries: readonly HookOutputEntry[] = reason === undefined ? told.entries : [...told.entries, { kind: 'stop', text: reason }];
  return { ...told, status: 'stopped', entries, stopped: { reason } };
}

/** What the output asks for that the event does not offer; undefined when there is nothing. */
function unsupported(event: HookEventName, rule: EventRules, output: Members, specific: Members): string | undefined {
  if (event === 'preToolUse') return unsupportedBeforeTool(output, specific);
  if (event === 'postToolUse') {
    if (output.suppressOutput === true) return 'PostToolUse hook returned unsupported suppressOutput';
    if (!absent(specific.updatedMCPToolOutput)) return 'PostToolUse hook returned unsupported updatedMCPToolOutput';
    if (absent(output.decision) && !absent(output.reason)) return 'PostToolUse hook returned reason without decision';
  }
  return emptyBlock(rule.name, output);
}

const isBlank = (value: unknown): boolean => typeof value !== 'string' || value.trim() === '';

const emptyBlock = (name: string, output: Members): string | undefined =>
  output.decision === 'block' && isBlank(output.reason) ? `${name} hook returned decision:block without a non-empty reason` : undefined;

function unsupportedUniversal(name: string, output: Members): string | undefined {
  if (output.continue === false) return `${name} hook returned unsupported continue:false`;
  if (!absent(output.stopReason)) return `${name} hook returned unsupported stopReason`;
  return output.suppressOutput === true ? `${name} hook returned unsupported suppressOutput` : undefined;
}

function unsupportedBeforeTool(output: Members, specific: Members): string | undefined {
  const general = unsupportedUniversal('PreToolUse', output);
  if (general !== undefined) return general;
  const { permissionDecision: decision, permissionDecisionReason: reason, updatedInput } = specific;
  if (!absent(updatedInput) && decision !== 'allow') return 'PreToolUse hook returned updatedInput without permissionDecision:allow';
  switch (decision) {
    case 'allow':
      return absent(updatedInput) ? 'PreToolUse hook returned unsupported permissionDecision:allow' : undefined;
    case 'ask':
      return 'PreToolUse hook returned unsupported permissionDecision:ask';
    case 'deny':
      return isBlank(reason) ? 'PreToolUse hook returned permissionDecision:deny without a non-empty permissionDecisionReason' : undefined;
    default:
      break;
  }
  if (!absent(reason)) return 'PreToolUse hook returned permissionDecisionReason without permissionDecision';
  if (output.decision === 'approve') return 'PreToolUse hook returned unsupported decision:approve';
  if (absent(output.decision) && !absent(output.reason)) return 'PreToolUse hook returned reason without decision';
  return emptyBlock('PreToolUse', output);
}

function judgePermission(rule: EventRules, output: Members, decision: Members | undefined): HookResult {
  const wrong = unsupportedUniversal(rule.name, output) ?? (decision && unsupportedDecision(decision));
  if (wrong !== undefined) return failed(wrong);
  if (!decision) return done;
  if (decision.behavior === 'allow') return { ...done, allowed: true };
  const blocked = isBlank(decision.message) ? 'PermissionRequest hook denied approval' : (textOf(decision.message) ?? '');
  return { status: 'blocked', entries: [{ kind: 'feedback', text: blocked }], blocked };
}

function unsupportedDecision(decision: Members): string | undefined {
  if (!absent(decision.updatedInput)) return 'PermissionRequest hook returned unsupported updatedInput';
  if (!absent(decision.updatedPermissions)) return 'PermissionRequest hook returned unsupported updatedPermissions';
  return decision.interrupt === true ? 'PermissionRequest hook returned unsupported interrupt:true' : undefined;
}
