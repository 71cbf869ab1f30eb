/** What the managed network of a command is: which hosts its proxy lets through, who is asked about the others, and what is told. */

export type NetworkMode = 'limited' | 'full';
/** `none` takes an inherited entry away. */
export type DomainPermission = 'allow' | 'deny' | 'none';

/** The settings of one proxy. */
export interface NetworkProxySettings {
  readonly enableSocks5: boolean;
  /** Asked for, and never granted: datagrams cannot leave the sandbox. */
  readonly enableSocks5Udp: boolean;
  /** Goes through the proxy that the host's own variables name, when they name one. */
  readonly allowUpstreamProxy: boolean;
  /** Names and addresses of this machine and its private networks may be reached when the list allows them. */
  readonly allowLocalBinding: boolean;
  /** `limited`: only requests that read, and no tunnels. */
  readonly mode: NetworkMode;
  /** Patterns: `host`, `*.host` (below it), `**.host` (it and below), `*` (all, only to allow). Absent entries are not allowed. */
  readonly domains: Readonly<Record<string, DomainPermission>>;
  /** Patterns that are asked about even where an entry allows them. */
  readonly reviewDomains: readonly string[];
}

export const noNetworkProxySettings: NetworkProxySettings = {
  enableSocks5: true,
  enableSocks5Udp: false,
  allowUpstreamProxy: false,
  allowLocalBinding: false,
  mode: 'full',
  domains: {},
  reviewDomains: [],
};

export type NetworkProtocol = 'http' | 'https_connect' | 'socks5_tcp' | 'socks5_udp';

/** A host somebody wants to reach. */
export interface NetworkTarget {
  readonly protocol: NetworkProtocol;
  /** Lower case, without port, brackets and trailing dot. */
  readonly host: string;
  readonly port: number;
}

export type NetworkAnswer = { readonly type: 'allow' } | { readonly type: 'deny' | 'ask'; readonly reason: string };

export type NetworkDecisionSource = 'baseline_policy' | 'decider' | 'mode_guard' | 'proxy_state';

/** What was decided about one attempt; for audit and for the explanation a model gets. */
export interface NetworkDecision extends NetworkTarget {
  readonly timestampMs: number;
  /** `domain`: it was about the host. */
  readonly scope: 'domain' | 'non_domain';
  readonly decision: 'allow' | 'deny' | 'ask';
  readonly source: NetworkDecisionSource;
  readonly reason: string;
  /** Absent for SOCKS. */
  readonly method: string | undefined;
  /** `address:port` of whoever asked. */
  readonly client: string | undefined;
  /** An answer let through what the lists do not. */
  readonly policyOverride: boolean;
}

/** The managed network of one command. */
export interface ManagedNetwork {
  readonly proxy: NetworkProxySettings;
  /** A confined command reaches this proxy and nothing else. */
  readonly enforce: boolean;
  /** Absent: what the lists do not allow is refused. It may reject, which refuses. The signal aborts at the deadline and with the process. */
  readonly ask?: (target: NetworkTarget, signal: AbortSignal) => Promise<NetworkAnswer>;
  /** How long an answer is waited for. Absent: as long as the process lives. */
  readonly askDeadlineMs?: number;
  readonly onDecision?: (decision: NetworkDecision) => void;
}

/** Proxies that run near the command already: confined, it reaches these ports of the loopback address and nothing else. */
export interface LoopbackNetwork {
  readonly loopbackPorts: readonly number[];
  readonly allowLocalBinding: boolean;
}
