/** The managed network of a process on an exec-server: what it is started with, and the server's questions and decisions about it. */
import type { ManagedNetwork, NetworkDecision, NetworkProtocol } from '../base/managed-network.ts';
import { type ProcessRequest, SandboxUnavailable } from '../host/process-types.ts';
import type {
  ExecNotifications,
  ExecRequests,
  In,
  NetworkPolicyRequestParams,
  NetworkPolicyRequestResult,
} from '../protocol/exec/index.ts';
import type { Received } from '../rpc/peer.ts';

type StartParams = In<ExecRequests['process/start']['params']>;
type WireNetwork = Pick<StartParams, 'networkProxy' | 'enforceManagedNetwork' | 'managedNetwork'>;
type DecisionParams = Extract<Received<ExecNotifications>, { method: 'network/policyDecision' }>['params'];

const protocols: ReadonlySet<string> = new Set<NetworkProtocol>(['http', 'https_connect', 'socks5_tcp', 'socks5_udp']);
const isProtocol = (text: string): text is NetworkProtocol => protocols.has(text);

/** How long a server waits for an answer when nobody says; a question to a person may take this long. */
const defaultAskMs = 24 * 60 * 60 * 1000;

/** Throws `SandboxUnavailable` when the server is too old to do what is asked. */
export function wireNetwork(network: ProcessRequest['network'], capabilities: Readonly<Record<string, boolean>>): WireNetwork {
  if (!network) return {};
  if ('loopbackPorts' in network) {
    const { loopbackPorts, allowLocalBinding } = network;
    return { enforceManagedNetwork: true, managedNetwork: { loopbackPorts: [...loopbackPorts], allowLocalBinding } };
  }
  const { proxy } = network;
  if (!capabilities.networkProxyLaunch) throw new SandboxUnavailable('the exec-server cannot start a network proxy');
  const reviews = proxy.reviewDomains.length > 0;
  if (reviews && !capabilities.networkProxyReviewDomains) throw new SandboxUnavailable('the exec-server cannot ask about single domains');
  return {
    enforceManagedNetwork: network.enforce,
    networkProxy: {
      proxy: {
        enabled: true,
        enableSocks5: proxy.enableSocks5,
        enableSocks5Udp: proxy.enableSocks5Udp,
        allowUpstreamProxy: proxy.allowUpstreamProxy,
        dangerouslyAllowAllUnixSockets: false,
        allowLocalBinding: proxy.allowLocalBinding,
        mode: proxy.mode,
        domains: { ...proxy.domains },
        ...(reviews ? { reviewDomains: [...proxy.reviewDomains] } : {}),
      },
      ...(network.ask ? { policyDecisionTimeoutMs: network.askDeadlineMs ?? defaultAskMs } : {}),
    },
  };
}

const refused: NetworkPolicyRequestResult = { decision: { type: 'deny', reason: 'not_allowed' } };

/** The answer to a question about a process; a refusal when nobody decides about it. Never rejects. */
export async function answerPolicy(
  network: ManagedNetwork | undefined,
  { request }: NetworkPolicyRequestParams,
  signal: AbortSignal,
): Promise<NetworkPolicyRequestResult> {
  const { protocol, host, port } = request;
  if (!network?.ask || !isProtocol(protocol)) return refused;
  try {
    return { decision: await network.ask({ protocol, host, port }, signal) };
  } catch {
    return refused;
  }
}

/** Undefined for a decision in words we do not know. */
export function decisionOf(params: DecisionParams): NetworkDecision | undefined {
  const { protocol, decision, source, scope, method, client, timestamp, reason, host, port, policyOverride } = params;
  const known = isProtocol(protocol) && (decision === 'allow' || decision === 'deny' || decision === 'ask');
  if (!known || (scope !== 'domain' && scope !== 'non_domain')) return undefined;
  return {
    timestampMs: Date.parse(timestamp),
    scope,
    decision,
    source: source === 'decider' || source === 'mode_guard' || source === 'proxy_state' ? source : 'baseline_policy',
    reason,
    protocol,
    host,
    port,
    method: method ?? undefined,
    client: client ?? undefined,
    policyOverride,
  };
}
