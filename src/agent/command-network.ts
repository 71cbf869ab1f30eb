/** The managed network of one command: the settings it starts with, whom its proxy asks, and what it was refused. */
import type { ManagedNetwork, NetworkDecision, NetworkProxySettings, NetworkTarget } from '../base/managed-network.ts';
import type { NetworkPlan } from '../policy/network-plan.ts';
import { blockedByPolicy, deniedHost, type NetworkApprovals } from './network-approvals.ts';
import type { NetworkDenial, NetworkWatch } from './tools/tool.ts';

export interface CommandNetworkDeps {
  readonly plan: NetworkPlan;
  readonly proxy: NetworkProxySettings;
  readonly approvals: NetworkApprovals;
  readonly environmentId: string;
}

const keyOf = ({ protocol, host, port }: NetworkTarget): string => `${protocol} ${host} ${port}`;

export function watchNetwork({ plan, proxy, approvals, environmentId }: CommandNetworkDeps): NetworkWatch {
  /** Why an attempt that was asked about was refused. */
  const answered = new Map<string, NetworkDenial>();
  let first: NetworkDenial | undefined;
  let tell: ((denial: NetworkDenial) => void) | undefined;
  const onDecision = (decision: NetworkDecision) => {
    if (first || decision.decision === 'allow') return;
    const known = decision.source === 'decider' ? answered.get(keyOf(decision)) : undefined;
    first = known ?? { message: refusalText(decision) };
    tell?.(first);
  };
  const ask: NonNullable<ManagedNetwork['ask']> = async (target, signal) => {
    const { answer, why, stopTurn } = await approvals.decide(target, { environmentId, plan }, signal);
    if (answer.type !== 'allow') answered.set(keyOf(target), { message: why, ...(stopTurn && { stopTurn }) });
    return answer;
  };
  return {
    network: { proxy, enforce: true, onDecision, ...(plan.asks ? { ask } : {}) },
    onDenied(listener) {
      tell = listener;
      if (first) listener(first);
    },
  };
}

/** What the proxy decided by itself. */
function refusalText(decision: NetworkDecision): string {
  const { host, reason } = decision;
  const blocked = (why: string) => `Network access to "${host}" was blocked: ${why}.`;
  switch (reason) {
    case 'denied':
      return deniedHost(host);
    case 'not_allowed_local':
      return blocked('local/private network addresses are blocked by the sandbox policy');
    case 'not_allowed':
      return blocked('domain is not on the allowlist for the current sandbox mode');
    case 'method_not_allowed':
    case 'mitm_required':
      return blocked('request method is blocked by the current network mode');
    default:
      return blockedByPolicy(decision);
  }
}
