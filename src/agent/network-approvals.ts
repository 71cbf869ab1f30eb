/** Questions about hosts that commands want to reach: one for equal attempts, with grants for the session and rules for good. */
import { randomUUID } from 'node:crypto';
import { abortable, onAbort } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import { Cancelled, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { NetworkAnswer, NetworkProtocol, NetworkTarget } from '../base/managed-network.ts';
import { type NetworkPlan, ruledHost } from '../policy/network-plan.ts';
import type {
  CommandExecutionApprovalDecision,
  CommandExecutionRequestApprovalParams,
  NetworkApprovalContext,
  NetworkPolicyAmendment,
} from '../protocol/app/index.ts';
import { AutoReview, notReviewed } from './auto-review.ts';
import type { CommandRules, ThreadClient } from './ports.ts';
import type { SessionGrants } from './session-grants.ts';
import type { StatusTracker } from './status.ts';
import type { Turn } from './turn.ts';

/** `why`: what the model reads when the answer is no. `stopTurn`: present when the user wants the turn to end too. */
export interface NetworkRuling {
  readonly answer: NetworkAnswer;
  readonly why: string;
  readonly stopTurn?: () => void;
}

interface OpenQuestion {
  readonly ruling: Promise<NetworkRuling>;
  /** Takes the question back when nobody waits any more. */
  readonly withdraw: AbortController;
  waiting: number;
}

/** Names of protocols as clients see them. */
export const shownProtocols: Readonly<Record<NetworkProtocol, NetworkApprovalContext['protocol']>> = {
  http: 'http',
  https_connect: 'https',
  socks5_tcp: 'socks5Tcp',
  socks5_udp: 'socks5Udp',
};
const schemes: Readonly<Record<NetworkProtocol, string>> = {
  http: 'http',
  https_connect: 'https',
  socks5_tcp: 'socks5-tcp',
  socks5_udp: 'socks5-udp',
};

export const blockedByPolicy = ({ protocol, host, port }: NetworkTarget): string =>
  `Network access to "${schemes[protocol]}://${host}:${port}" was blocked by policy.`;
export const deniedHost = (host: string): string =>
  `Network access to "${host}" was blocked: domain is explicitly denied by policy and cannot be approved from this prompt.`;

const allowed: NetworkRuling = { answer: { type: 'allow' }, why: '' };
const refused = (why: string, reason = 'not_allowed'): NetworkRuling => ({ answer: { type: 'deny', reason }, why });

const keyOf = (environmentId: string, { protocol, host, port }: NetworkTarget): string =>
  JSON.stringify(['network', environmentId, protocol, host, port]);

export interface NetworkApprovalsDeps {
  readonly threadId: string;
  readonly client: ThreadClient;
  readonly status: StatusTracker;
  readonly clock: Clock;
  readonly log: Log;
  readonly rules: CommandRules | undefined;
  readonly grants: SessionGrants;
  /** The turn that runs; without one nobody is asked. */
  readonly turn: () => Turn | undefined;
}

export class NetworkApprovals {
  readonly #deps: NetworkApprovalsDeps;
  readonly #open = new Map<string, OpenQuestion>();
  readonly #review: AutoReview;

  constructor(deps: NetworkApprovalsDeps) {
    this.#deps = deps;
    this.#review = new AutoReview(deps);
  }

  /** May a command in this environment reach a host that no list names? Rejects only when `signal` aborts. */
  async decide(target: NetworkTarget, { environmentId, plan }: { environmentId: string; plan: NetworkPlan }, signal: AbortSignal) {
    const ruled = ruledHost(this.#deps.rules?.current().networkRules ?? [], target.host);
    if (ruled === 'deny') return refused(deniedHost(target.host), 'denied');
    if (ruled === 'allow' && !plan.managedOnly) return allowed;
    const key = keyOf(environmentId, target);
    if (this.#deps.grants.has(key)) return allowed;
    const turn = this.#deps.turn();
    if (!turn || turn.signal.aborted || turn.settings.approvalPolicy === 'never') return refused(blockedByPolicy(target));
    const { protocol, host, port } = target;
    const scheme = schemes[protocol];
    const action = {
      type: 'networkAccess',
      target: `${scheme}://${host}:${port}`,
      host,
      protocol: shownProtocols[protocol],
      port,
    } as const;
    if (this.#review.refuses(turn.settings.approvalsReviewer, { turnId: turn.id, itemId: null, action })) return refused(notReviewed);
    let question = this.#open.get(key);
    if (!question) {
      question = this.#question(target, environmentId, turn);
      this.#open.set(key, question);
      const forget = () => this.#open.delete(key);
      question.ruling.then(forget, forget);
    }
    return this.#join(question, signal);
  }

  async #join(question: OpenQuestion, signal: AbortSignal): Promise<NetworkRuling> {
    question.waiting += 1;
    try {
      return await abortable(question.ruling, signal);
    } finally {
      question.waiting -= 1;
      if (question.waiting === 0) question.withdraw.abort(new Cancelled('no command waits for the answer'));
    }
  }

  #question(target: NetworkTarget, environmentId: string, turn: Turn): OpenQuestion {
    const withdraw = new AbortController();
    const off = onAbort(turn.withdrawn, () => withdraw.abort(turn.withdrawn.reason));
    const release = this.#deps.status.wait('waitingOnApproval');
    const asked = this.#request(target, environmentId, turn, withdraw.signal);
    const ruling = abortable(asked, turn.signal)
      .then(
        (decision) => this.#rule(target, { environmentId, turn }, decision),
        (error: unknown) => {
          if (!turn.signal.aborted && !withdraw.signal.aborted)
            this.#deps.log.warn('a network approval request failed', { turn: turn.id, host: target.host, error });
          return refused('approval request failed');
        },
      )
      .finally(() => {
        off();
        // After an interruption the flag falls with the turn.
        if (!turn.signal.aborted) release();
      });
    // What the user sees of it ends with the turn even when the turn was stopped first.
    asked.catch(() => {}).finally(off);
    return { ruling, withdraw, waiting: 0 };
  }

  async #request(target: NetworkTarget, environmentId: string, turn: Turn, signal: AbortSignal): Promise<CommandExecutionApprovalDecision> {
    const { protocol, host, port } = target;
    const amendment = (action: NetworkPolicyAmendment['action']): NetworkPolicyAmendment => ({ host, action });
    const params: CommandExecutionRequestApprovalParams = {
      kind: 'command',
      threadId: this.#deps.threadId,
      turnId: turn.id,
      itemId: `network#${environmentId}#${schemes[protocol]}#${host}#${port}#${randomUUID()}`,
      startedAtMs: this.#deps.clock.nowMs(),
      environmentId,
      reason: `Network access to ${host} requires approval`,
      networkApprovalContext: { host, protocol: shownProtocols[protocol] },
      proposedNetworkPolicyAmendments: [amendment('allow'), amendment('deny')],
      availableDecisions: [
        'accept',
        'acceptForSession',
        { applyNetworkPolicyAmendment: { network_policy_amendment: amendment('allow') } },
        'cancel',
      ],
    };
    return (await this.#deps.client.request('item/commandExecution/requestApproval', params, { signal })).decision;
  }

  async #rule(
    target: NetworkTarget,
    { environmentId, turn }: { environmentId: string; turn: Turn },
    decision: CommandExecutionApprovalDecision,
  ): Promise<NetworkRuling> {
    const { protocol, host, port } = target;
    switch (decision) {
      case 'accept':
        return allowed;
      case 'acceptForSession':
        this.#deps.grants.add(keyOf(environmentId, target), {
          type: 'network',
          environmentId,
          protocol: shownProtocols[protocol],
          host,
          port,
          action: 'allow',
        });
        return allowed;
      case 'decline':
        return refused('rejected by user');
      case 'cancel':
        return { ...refused('rejected by user'), stopTurn: () => turn.stop('interrupted') };
    }
    if ('applyNetworkPolicyAmendment' in decision)
      return this.#amend(target, decision.applyNetworkPolicyAmendment.network_policy_amendment);
    // Consent to this attempt; a rule about commands was not part of the question and is not kept.
    this.#deps.log.warn('an amendment that was not proposed was not kept', { host });
    return allowed;
  }

  async #amend(target: NetworkTarget, amendment: NetworkPolicyAmendment): Promise<NetworkRuling> {
    const { host, protocol } = target;
    const failed = (reason: string) =>
      this.#deps.client.notify('warning', {
        threadId: this.#deps.threadId,
        message: `Failed to apply network policy amendment: ${reason}`,
      });
    if (amendment.host !== host) {
      failed(`network policy amendment host '${amendment.host}' does not match approved host '${host}'`);
      return refused(blockedByPolicy(target));
    }
    await this.#deps.rules?.ruleHost({ host, protocol, action: amendment.action }).catch((error: unknown) => failed(messageOf(error)));
    return amendment.action === 'allow' ? allowed : refused('rejected by user');
  }
}
