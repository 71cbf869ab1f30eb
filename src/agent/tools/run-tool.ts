/** Carries a prepared call out: decide, ask, confine, run, and once more without the sandbox when that is allowed. */
import { randomUUID } from 'node:crypto';
import type { PermissionProfile, SandboxRequest } from '../../base/permission-profile.ts';
import { SandboxUnavailable } from '../../environment/environment.ts';
import { type CommandCase, type Decision, decideCommand, decidePatch, decideUnconfined } from '../../policy/decide.ts';
import { isCovered, withExtra } from '../../policy/extra-permissions.ts';
import { type RuleSet, restricts } from '../../policy/prefix-rules.ts';
import { loadShellGrammar } from '../../policy/shell-grammar.ts';
import type { Approvals, Asking, Verdict } from '../approvals.ts';
import { notReviewed } from '../auto-review.ts';
import type { PermissionGrants } from '../permission-grants.ts';
import { sandboxFor } from '../thread-settings.ts';
import type { Attempt, CommandEffect, NetworkWatch, PatchEffect, Prepared, ToolCall, ToolOutcome } from './tool.ts';

export interface RunContext {
  readonly approvals: Approvals;
  readonly rules: RuleSet;
  /** What the user granted beyond the profile of the thread. */
  readonly grants: PermissionGrants;
  /** Takes open questions back after the turn has ended. */
  readonly withdraw: AbortSignal;
  /** Environments of this thread whose sandbox proved impossible; later calls ask at once. */
  readonly unconfinable: Set<string>;
  /** The managed network of one run of a command under a profile; undefined: it has none. */
  readonly network: (environmentId: string, profile: PermissionProfile) => NetworkWatch | undefined;
}

/** Rejects with the call's abort reason when it is interrupted; what the model should read is an outcome. */
export async function runTool(prepared: Prepared, call: ToolCall, context: RunContext): Promise<ToolOutcome> {
  switch (prepared.kind) {
    case 'done':
      return prepared.outcome;
    case 'free':
      return prepared.run();
    case 'command':
      return new CommandRun(prepared, call, context).run();
    case 'patch':
      return new PatchRun(prepared, call, context).run();
  }
}

type Ask = Extract<Decision, { kind: 'ask' }>;

function wantedSandbox(call: ToolCall, environmentId: string, profile: PermissionProfile): SandboxRequest | undefined {
  const selected = call.environments.find((one) => one.selection.environmentId === environmentId);
  return selected && sandboxFor({ ...call.settings, permissions: profile }, selected.selection);
}

const rejection = (tool: string, why: string): string =>
  `${tool} failed: CreateProcess { message: ${JSON.stringify(`Rejected(${JSON.stringify(why)})`)} }`;

class CommandRun {
  readonly #effect: CommandEffect;
  readonly #call: ToolCall;
  readonly #context: RunContext;
  readonly #profile: PermissionProfile;
  readonly #sandbox: SandboxRequest | undefined;
  #itemStarted = false;
  /** A question about this item was asked before. */
  #asked = false;
  #case: CommandCase | undefined;

  constructor(effect: CommandEffect, call: ToolCall, context: RunContext) {
    this.#effect = effect;
    this.#call = call;
    this.#context = context;
    const granted = context.grants.apply(call.settings.permissions, call.turnId, effect.environmentId);
    // Without consent the command does not run at all, so that the wider profile is never the one of a refused question.
    this.#profile = effect.extra ? withExtra(granted, effect.extra.permissions) : granted;
    this.#sandbox = wantedSandbox(call, effect.environmentId, this.#profile);
  }

  async run(): Promise<ToolOutcome> {
    const decision = this.#decide(await this.#mentioned());
    if (decision.kind === 'refuse') return this.#refused(decision.why);
    const confined = decision.confined && this.#sandbox !== undefined;
    if (confined && this.#context.unconfinable.has(this.#effect.environmentId)) return this.#unconfined('unavailable');
    if (decision.kind === 'ask') {
      const no = await this.#ask({ ...decision, confined });
      if (no) return no;
    }
    return confined ? this.#confined() : this.#effect.run(this.#attempt(undefined, false));
  }

  /** Commands anywhere in a script that is more than plain, for rules that ask or forbid; undefined when nobody can tell. */
  async #mentioned(): Promise<CommandCase['mentioned']> {
    if (this.#effect.segments || !restricts(this.#context.rules)) return [];
    try {
      const commands = (await loadShellGrammar()).commands(this.#effect.script);
      return commands.map((words) => words.map((word) => word ?? ''));
    } catch (error) {
      this.#call.log.warn('the shell grammar cannot be loaded', { error });
      return undefined;
    }
  }

  #decide(mentioned: CommandCase['mentioned']): Decision {
    const { settings } = this.#call;
    this.#case = {
      rules: this.#context.rules,
      mentioned,
      policy: settings.approvalPolicy,
      profile: this.#profile,
      segments: this.#effect.segments,
      argv: this.#effect.argv,
      dangerous: this.#effect.dangerous,
      escalation: this.#effect.escalation,
      extra: this.#extra(),
      allowed: this.#context.approvals.allowedPrefixes,
    };
    return decideCommand(this.#case);
  }

  /** Undefined: nothing beyond the profile is asked for, or it was granted before. */
  #extra(): CommandCase['extra'] {
    const { extra, environmentId } = this.#effect;
    if (!extra || isCovered(extra.permissions, this.#context.grants.held(this.#call.turnId, environmentId))) return undefined;
    return { justification: extra.justification };
  }

  #attempt(sandbox: SandboxRequest | undefined, mayRetry: boolean): Attempt {
    const network = sandbox && this.#context.network(this.#effect.environmentId, this.#profile);
    return { sandbox, mayRetry, itemStarted: this.#itemStarted, ...(network && { network }) };
  }

  async #confined(): Promise<ToolOutcome> {
    const policy = this.#call.settings.approvalPolicy;
    const mayRetry = typeof policy !== 'string' && policy.granular.sandbox_approval;
    let outcome: ToolOutcome;
    try {
      outcome = await this.#effect.run(this.#attempt(this.#sandbox, mayRetry));
    } catch (error) {
      if (!(error instanceof SandboxUnavailable)) throw error;
      this.#context.unconfinable.add(this.#effect.environmentId);
      return this.#unconfined('unavailable');
    }
    if (outcome.kind !== 'sandboxDenied') return outcome;
    this.#itemStarted = true;
    const denied = outcome;
    return this.#unconfined('denied', () => denied.settle());
  }

  /** Runs without the sandbox if the user agrees. `settle` says what the model gets if not. */
  async #unconfined(cause: 'denied' | 'unavailable', settle?: () => ToolOutcome): Promise<ToolOutcome> {
    const facts = { policy: this.#call.settings.approvalPolicy, profile: this.#profile, cause };
    const decision = decideUnconfined(this.#case ? { ...facts, command: this.#case } : facts);
    if (decision.kind === 'refuse') return settle ? settle() : this.#refusedItem(decision.why);
    if (decision.kind === 'ask') {
      const no = await this.#ask(decision);
      if (no) return no;
    }
    return this.#effect.run(this.#attempt(undefined, false));
  }

  /** Undefined: go ahead. */
  async #ask(decision: Ask): Promise<ToolOutcome | undefined> {
    const { approvals, withdraw } = this.#context;
    const { confined, reason, amendment } = decision;
    const opinion = await this.#call.consult(this.#effect.escalation?.justification ?? this.#effect.extra?.justification);
    if (opinion === 'allow') return undefined;
    if (opinion) return this.#itemStarted ? this.#refusedItem(opinion.deny) : this.#refused(opinion.deny);
    if (approvals.commandGranted(this.#effect, confined)) return undefined;
    const release = approvals.waiting();
    const approvalId = this.#asked ? randomUUID() : undefined;
    this.#asked = true;
    if (!this.#itemStarted) this.#call.items.start(this.#effect.item);
    this.#itemStarted = true;
    const asking = askingFor(this.#call, withdraw);
    const verdict = await approvals.command({ effect: this.#effect, confined, reason, amendment, approvalId }, asking);
    if (verdict !== 'accepted') this.#call.items.complete({ ...this.#effect.item, status: verdict === 'failed' ? 'failed' : 'declined' });
    release();
    return verdict === 'accepted' ? undefined : notAccepted(verdict, (why) => rejection(this.#call.toolName, why));
  }

  #refused(why: string): ToolOutcome {
    return { kind: 'declined', output: rejection(this.#call.toolName, why) };
  }

  #refusedItem(why: string): ToolOutcome {
    if (!this.#itemStarted) this.#call.items.start(this.#effect.item);
    this.#call.items.complete({ ...this.#effect.item, status: 'declined' });
    return this.#refused(why);
  }
}

const askingFor = ({ turnId, callId, signal, settings }: ToolCall, withdraw: AbortSignal): Asking => ({
  turnId,
  itemId: callId,
  reviewer: settings.approvalsReviewer,
  signal,
  withdraw,
});

function notAccepted(verdict: Exclude<Verdict, 'accepted'>, word: (why: string) => string): ToolOutcome {
  switch (verdict) {
    case 'declined':
      return { kind: 'declined', output: word('rejected by user') };
    case 'cancelled':
      return { kind: 'interrupted', output: word('rejected by user') };
    case 'failed':
      return { kind: 'failed', output: word('the request for consent was not answered') };
    case 'notReviewed':
      return { kind: 'declined', output: word(notReviewed) };
  }
}

class PatchRun {
  readonly #effect: PatchEffect;
  readonly #call: ToolCall;
  readonly #context: RunContext;
  readonly #profile: PermissionProfile;

  constructor(effect: PatchEffect, call: ToolCall, context: RunContext) {
    this.#effect = effect;
    this.#call = call;
    this.#context = context;
    this.#profile = context.grants.apply(call.settings.permissions, call.turnId, effect.environmentId);
  }

  async run(): Promise<ToolOutcome> {
    const decision = this.#decide();
    if (decision.kind === 'refuse') return { kind: 'declined', output: `patch rejected: ${decision.why}` };
    this.#call.items.start(this.#effect.item);
    const sandbox = decision.confined ? wantedSandbox(this.#call, this.#effect.environmentId, this.#profile) : undefined;
    if (sandbox && this.#context.unconfinable.has(this.#effect.environmentId)) return this.#unconfined();
    if (decision.kind === 'ask') {
      const no = await this.#ask();
      if (no) return no;
    }
    try {
      return await this.#effect.run({ sandbox, mayRetry: false, itemStarted: true });
    } catch (error) {
      if (!(error instanceof SandboxUnavailable)) throw error;
      this.#context.unconfinable.add(this.#effect.environmentId);
      return this.#unconfined();
    }
  }

  #decide(): Decision {
    const { settings, environments } = this.#call;
    const selected = environments.find((one) => one.selection.environmentId === this.#effect.environmentId);
    return decidePatch({
      policy: settings.approvalPolicy,
      profile: this.#profile,
      paths: this.#effect.paths,
      workspaceRoots: selected?.selection.runtimeWorkspaceRoots ?? [],
      tmpdirs: ['/tmp'],
    });
  }

  async #unconfined(): Promise<ToolOutcome> {
    const decision = decideUnconfined({ policy: this.#call.settings.approvalPolicy, profile: this.#profile, cause: 'unavailable' });
    if (decision.kind === 'refuse') {
      this.#call.items.complete({ ...this.#effect.item, status: 'declined' });
      return { kind: 'declined', output: `patch rejected: ${decision.why}` };
    }
    const no = await this.#ask();
    return no ?? this.#effect.run({ sandbox: undefined, mayRetry: false, itemStarted: true });
  }

  /** Undefined: go ahead. */
  async #ask(): Promise<ToolOutcome | undefined> {
    const { approvals, withdraw } = this.#context;
    const opinion = await this.#call.consult(undefined);
    if (opinion === 'allow') return undefined;
    if (opinion) {
      this.#call.items.complete({ ...this.#effect.item, status: 'declined' });
      return { kind: 'declined', output: `patch rejected: ${opinion.deny}` };
    }
    if (approvals.patchGranted(this.#effect)) return undefined;
    const release = approvals.waiting();
    const asking = askingFor(this.#call, withdraw);
    const verdict = await approvals.patch(this.#effect, asking);
    release();
    if (verdict === 'accepted') return undefined;
    if (verdict !== 'cancelled') {
      this.#call.items.complete({ ...this.#effect.item, status: 'declined' });
      return notAccepted(verdict, (why) => `patch ${why}`);
    }
    return { kind: 'interrupted', output: 'patch rejected by user' };
  }
}
