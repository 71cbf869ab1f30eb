/** Asks the user for consent and remembers what was granted for the session. A grant covers exactly what the question showed. */
import { abortable } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { AllowedPrefix } from '../policy/decide.ts';
import { wireExtra } from '../policy/extra-permissions.ts';
import type {
  ApprovalsReviewer,
  CommandExecutionApprovalDecision,
  CommandExecutionRequestApprovalParams,
  GuardianApprovalReviewAction,
  PermissionsRequestApprovalParams,
  PermissionsRequestApprovalResponse,
} from '../protocol/app/index.ts';
import { AutoReview, type Reviewed } from './auto-review.ts';
import type { CommandRules, ThreadClient } from './ports.ts';
import { SessionGrants } from './session-grants.ts';
import type { StatusTracker } from './status.ts';
import type { CommandEffect, PatchEffect } from './tools/tool.ts';

/** `notReviewed`: an automatic reviewer was to judge it, and there is none. `failed`: the client answered with an error or with nonsense; nothing was granted. */
export type Verdict = 'accepted' | 'declined' | 'cancelled' | 'failed' | 'notReviewed';

/** Where a question belongs. */
export interface Asking {
  readonly turnId: string;
  readonly itemId: string;
  readonly reviewer: ApprovalsReviewer;
  /** Ends the wait: the call was interrupted. The question itself is withdrawn by `withdraw`. */
  readonly signal: AbortSignal;
  /** Takes the question back from the clients; aborts after the turn has ended. */
  readonly withdraw: AbortSignal;
}

export interface CommandQuestion {
  readonly effect: CommandEffect;
  /** The command is to run under the sandbox. */
  readonly confined: boolean;
  readonly reason: string | undefined;
  readonly amendment: readonly string[] | undefined;
  /** Set on the second question about one item. */
  readonly approvalId: string | undefined;
}

const same = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((word, at) => word === b[at]);

export class Approvals {
  readonly #threadId: string;
  readonly #client: ThreadClient;
  readonly #status: StatusTracker;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #rules: CommandRules | undefined;
  readonly #review: AutoReview;
  /** What was allowed for the session. */
  readonly grants = new SessionGrants();

  constructor(deps: {
    threadId: string;
    client: ThreadClient;
    status: StatusTracker;
    clock: Clock;
    log: Log;
    rules?: CommandRules | undefined;
  }) {
    this.#review = new AutoReview(deps);
    this.#threadId = deps.threadId;
    this.#client = deps.client;
    this.#status = deps.status;
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#rules = deps.rules;
  }

  /** Prefixes the user allowed in this session. */
  get allowedPrefixes(): readonly AllowedPrefix[] {
    return this.grants.prefixes;
  }

  /** True when the same command was accepted for the session under the same conditions. */
  commandGranted(effect: CommandEffect, confined: boolean): boolean {
    return this.grants.has(commandKey(effect, confined));
  }

  patchGranted(effect: PatchEffect): boolean {
    return effect.paths.every((path) => this.grants.has(patchKey(effect, path)));
  }

  /** For questions that somebody else puts. */
  refusedReview(reviewer: ApprovalsReviewer, reviewed: Reviewed): boolean {
    return this.#review.refuses(reviewer, reviewed);
  }

  /** Raises `waitingOnApproval` until the returned function is called. */
  waiting(): () => void {
    return this.#status.wait('waitingOnApproval');
  }

  /** Rejects only when `signal` aborts. */
  async command(question: CommandQuestion, asking: Asking): Promise<Verdict> {
    const { effect } = question;
    const action = { type: 'command', source: 'unifiedExec', command: effect.item.command, cwd: effect.cwd } as const;
    if (this.#review.refuses(asking.reviewer, { ...asking, action })) return 'notReviewed';
    const params: CommandExecutionRequestApprovalParams = {
      kind: 'command',
      threadId: this.#threadId,
      turnId: asking.turnId,
      itemId: asking.itemId,
      startedAtMs: this.#clock.nowMs(),
      ...(question.approvalId === undefined ? {} : { approvalId: question.approvalId }),
      environmentId: effect.environmentId,
      ...(question.reason === undefined ? {} : { reason: question.reason }),
      command: effect.item.command,
      cwd: effect.cwd,
      commandActions: [...effect.actions],
      ...(effect.extra === undefined ? {} : { additionalPermissions: wireExtra(effect.extra.permissions) }),
      ...(question.amendment === undefined ? {} : { proposedExecpolicyAmendment: [...question.amendment] }),
      availableDecisions: decisionsFor(effect.extra === undefined ? question.amendment : undefined),
    };
    const answer = await this.#ask(asking, (signal) => this.#client.request('item/commandExecution/requestApproval', params, { signal }));
    return answer === undefined ? 'failed' : this.#commandVerdict(question, answer.decision);
  }

  async patch(effect: PatchEffect, asking: Asking): Promise<Verdict> {
    const action: GuardianApprovalReviewAction = { type: 'applyPatch', cwd: effect.cwd, files: [...effect.paths] };
    if (this.#review.refuses(asking.reviewer, { ...asking, action })) return 'notReviewed';
    const params = {
      threadId: this.#threadId,
      turnId: asking.turnId,
      itemId: asking.itemId,
      startedAtMs: this.#clock.nowMs(),
      reason: null,
      grantRoot: null,
    };
    const answer = await this.#ask(asking, (signal) => this.#client.request('item/fileChange/requestApproval', params, { signal }));
    switch (answer?.decision) {
      case undefined:
        return 'failed';
      case 'acceptForSession':
        for (const path of effect.paths)
          this.grants.add(patchKey(effect, path), { type: 'patch', environmentId: effect.environmentId, path });
        return 'accepted';
      case 'accept':
        return 'accepted';
      case 'decline':
        return 'declined';
      case 'cancel':
        return 'cancelled';
    }
  }

  /** Undefined when the client could not answer. Lowers the waiting flag itself: no item hangs on it. */
  async permissions(
    question: Omit<PermissionsRequestApprovalParams, 'threadId' | 'turnId' | 'itemId' | 'startedAtMs'>,
    asking: Asking,
  ): Promise<PermissionsRequestApprovalResponse | undefined> {
    const { reason, permissions } = question;
    const action = { type: 'requestPermissions', reason, permissions } as const;
    if (this.#review.refuses(asking.reviewer, { ...asking, action })) return undefined;
    const release = this.waiting();
    const params = {
      ...question,
      threadId: this.#threadId,
      turnId: asking.turnId,
      itemId: asking.itemId,
      startedAtMs: this.#clock.nowMs(),
    };
    const answer = await this.#ask(asking, (signal) => this.#client.request('item/permissions/requestApproval', params, { signal }));
    release();
    return answer;
  }

  async #ask<T>(asking: Asking, request: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    try {
      return await abortable(request(asking.withdraw), asking.signal);
    } catch (error) {
      if (asking.signal.aborted) throw error;
      this.#log.warn('an approval request failed', { turn: asking.turnId, item: asking.itemId, error });
      return undefined;
    }
  }

  #commandVerdict(question: CommandQuestion, decision: CommandExecutionApprovalDecision): Verdict {
    switch (decision) {
      case 'accept':
        return 'accepted';
      case 'acceptForSession':
        this.#grantCommand(question);
        return 'accepted';
      case 'decline':
        return 'declined';
      case 'cancel':
        return 'cancelled';
    }
    if (!('acceptWithExecpolicyAmendment' in decision)) return 'failed';
    const chosen = decision.acceptWithExecpolicyAmendment.execpolicy_amendment;
    // Only the rule that was shown may be kept: another one was never weighed against the list of dangerous prefixes.
    if (question.amendment && same(chosen, question.amendment)) this.#remember(chosen, question.confined);
    else this.#log.warn('an amendment that was not proposed was not kept', { turn: question.effect.item.id });
    return 'accepted';
  }

  #grantCommand({ effect, confined }: CommandQuestion): void {
    const { environmentId, cwd, extra, item } = effect;
    const additionalPermissions = extra ? wireExtra(extra.permissions) : null;
    const grant = { type: 'command', environmentId, command: item.command, cwd, confined, additionalPermissions } as const;
    this.grants.add(commandKey(effect, confined), grant);
  }

  /** A rule in the file lets commands leave the sandbox. What was shown as confined is kept for this session only. */
  #remember(words: readonly string[], confined: boolean): void {
    if (!confined && this.#rules) {
      this.#rules.allow(words).catch((error: unknown) => this.#log.warn('a rule could not be written down', { error }));
      return;
    }
    this.grants.add(JSON.stringify(['prefix', words, confined]), { type: 'commandPrefix', prefix: [...words], confined });
  }
}

const decisionsFor = (amendment: readonly string[] | undefined): CommandExecutionApprovalDecision[] =>
  amendment === undefined
    ? ['accept', 'cancel']
    : ['accept', { acceptWithExecpolicyAmendment: { execpolicy_amendment: [...amendment] } }, 'cancel'];

const commandKey = (effect: CommandEffect, confined: boolean): string =>
  JSON.stringify([
    effect.argv,
    effect.cwd,
    effect.escalation !== undefined,
    effect.extra?.permissions ?? null,
    confined,
    effect.tty,
    effect.environmentId,
  ]);

const patchKey = ({ environmentId }: PatchEffect, path: string): string => JSON.stringify(['patch', environmentId, path]);
