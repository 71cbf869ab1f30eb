/** The managed network of a process as a client asks for it, in the terms of this machine. */
import { invalidParams } from '../base/errors.ts';
import type { LoopbackNetwork, ManagedNetwork, NetworkDecision } from '../base/managed-network.ts';
import { loopbackPortsOf } from '../host/network-proxy/variables.ts';
import type { ExecNotifications, In, NetworkPolicyRequestResult, ProcessStartParams } from '../protocol/exec/index.ts';

type Launch = NonNullable<ProcessStartParams['networkProxy']>;
type Decision = In<ExecNotifications['network/policyDecision']['params']>;
type Question = { readonly protocol: string; readonly host: string; readonly port: number };

/** The client, as the network of one of its processes sees it. */
export interface NetworkClient {
  /** Rejects when the client does not answer properly or `signal` aborts. */
  ask(request: Question, signal: AbortSignal): Promise<NetworkPolicyRequestResult>;
  tell(decision: Omit<Decision, 'processId'>): void;
}

/** Throws `invalidParams` for what cannot be obeyed. */
export function managedNetwork(params: ProcessStartParams, client: NetworkClient): ManagedNetwork | LoopbackNetwork | undefined {
  const { networkProxy, enforceManagedNetwork } = params;
  if (networkProxy) return launched(networkProxy, enforceManagedNetwork, client);
  if (!enforceManagedNetwork) return undefined;
  if (!params.sandbox) throw invalidParams('managed network cannot be enforced without a sandbox');
  const { loopbackPorts, allowLocalBinding } = params.managedNetwork ?? {};
  return { loopbackPorts: loopbackPorts ?? [], allowLocalBinding: allowLocalBinding ?? false };
}

/** A command that is to be forced through a proxy which nothing names: it starts, and fails before it does anything. */
export const isUnroutable = (params: ProcessStartParams): boolean =>
  params.enforceManagedNetwork &&
  !params.networkProxy &&
  params.sandbox !== undefined &&
  !params.envPolicy &&
  (loopbackPortsOf(params.env)?.length ?? 0) === 0;

export const unroutableArgv: readonly [string, ...string[]] = [
  '/bin/sh',
  '-c',
  'echo "failed to prepare the sandbox: managed proxy mode requires proxy environment variables" >&2; exit 101',
];

function launched(launch: Launch, enforce: boolean, client: NetworkClient): ManagedNetwork {
  const { proxy, policyDecisionTimeoutMs: deadline } = launch;
  if (deadline === 0) throw invalidParams('network policy decision callback timeout must be nonzero');
  if (!proxy.enabled) throw invalidParams('invalid network proxy config: executor-local network proxy launch requires an enabled proxy');
  if (proxy.credentialMasking) throw invalidParams('invalid network proxy config: credential masking is not available on this executor');
  return {
    enforce,
    proxy: {
      enableSocks5: proxy.enableSocks5,
      enableSocks5Udp: proxy.enableSocks5Udp,
      allowUpstreamProxy: proxy.allowUpstreamProxy,
      allowLocalBinding: proxy.allowLocalBinding,
      mode: proxy.mode,
      domains: proxy.domains ?? {},
      reviewDomains: proxy.reviewDomains ?? [],
    },
    onDecision: (decision) => client.tell(wireDecision(decision)),
    ...(deadline === undefined
      ? {}
      : {
          askDeadlineMs: deadline,
          ask: async ({ protocol, host, port }, signal) => (await client.ask({ protocol, host, port }, signal)).decision,
        }),
  };
}

function wireDecision(decision: NetworkDecision): Omit<Decision, 'processId'> {
  const { timestampMs, scope, source, reason, protocol, host, port, method, client, policyOverride } = decision;
  return {
    timestamp: new Date(timestampMs).toISOString(),
    scope,
    decision: decision.decision,
    source,
    reason,
    protocol,
    host,
    port,
    ...(method === undefined ? {} : { method }),
    ...(client === undefined ? {} : { client }),
    policyOverride,
  };
}
