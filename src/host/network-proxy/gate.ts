/** Decides about each attempt to reach a host: the lists, then whoever may be asked, then the addresses the name stands for. */
import { lookup } from 'node:dns/promises';
import { setMaxListeners } from 'node:events';
import { abortable, onAbort } from '../../base/abort.ts';
import { type Clock, systemClock } from '../../base/clock.ts';
import type { ManagedNetwork, NetworkAnswer, NetworkDecision, NetworkTarget } from '../../base/managed-network.ts';
import { domainLists } from './domains.ts';
import { type Host, isLocalName, isPublicAddress } from './hosts.ts';

/** An attempt, as a listener understood it. */
export interface Attempt extends Omit<NetworkTarget, 'host'> {
  readonly host: Host;
  readonly method: string | undefined;
  readonly client: string | undefined;
}

export type Block = Pick<NetworkDecision, 'reason' | 'source'> & { readonly decision: 'deny' | 'ask' };

/** `addresses`: what was judged, and therefore the only ones to connect to. */
export type Ruling = { readonly kind: 'pass'; readonly addresses: readonly string[] } | { readonly kind: 'block'; readonly block: Block };

export type Resolve = (name: string) => Promise<readonly string[]>;

export interface GateOptions extends ManagedNetwork {
  /** Aborts open questions; the process is over. */
  readonly signal: AbortSignal;
  readonly resolve?: Resolve;
  readonly clock?: Clock;
}

const lookupMs = 2000;
/** Questions that may be open at once; further hosts are refused. */
const maxQuestions = 64;

const systemResolve: Resolve = async (name) => (await lookup(name, { all: true })).map(({ address }) => address);

interface Verdict extends Pick<NetworkDecision, 'decision' | 'source' | 'reason' | 'policyOverride'> {
  readonly addresses: readonly string[];
}

const deny = (reason: string): Verdict => ({
  decision: 'deny',
  source: 'baseline_policy',
  reason,
  policyOverride: false,
  addresses: [],
});

export class Gate {
  readonly #options: GateOptions;
  readonly #listing: (host: Host) => ReturnType<ReturnType<typeof domainLists>['listing']>;
  readonly #resolve: Resolve;
  readonly #clock: Clock;
  /** By protocol, host and port: attempts that want to know the same wait for the same answer. */
  readonly #open = new Map<string, Promise<NetworkAnswer>>();

  /** Throws `NetworkSettingsError` for settings that cannot be obeyed. */
  constructor(options: GateOptions) {
    this.#options = options;
    // Each connection and each open question listens.
    setMaxListeners(0, options.signal);
    this.#listing = domainLists(options.proxy).listing;
    this.#resolve = options.resolve ?? systemResolve;
    this.#clock = options.clock ?? systemClock;
  }

  get limited(): boolean {
    return this.#options.proxy.mode === 'limited';
  }

  /** Never rejects. */
  async judge(attempt: Attempt): Promise<Ruling> {
    const verdict = await this.#verdict(attempt).catch(() => deny('not_allowed'));
    this.#tell(attempt, 'domain', verdict);
    if (verdict.decision === 'allow') return { kind: 'pass', addresses: verdict.addresses };
    return { kind: 'block', block: { reason: verdict.reason, source: verdict.source, decision: verdict.decision } };
  }

  /** Refuses for a reason that is not about the host. */
  refuse(attempt: Attempt, reason: string, source: NetworkDecision['source'] = 'mode_guard'): Block {
    this.#tell(attempt, 'non_domain', { decision: 'deny', source, reason, policyOverride: false });
    return { reason, source, decision: 'deny' };
  }

  async #verdict(attempt: Attempt): Promise<Verdict> {
    const listing = this.#listing(attempt.host);
    if (listing === 'denied' || listing === 'not_allowed_local') return deny(listing);
    if (listing === 'allowed') return this.#addressed(attempt.host, { source: 'baseline_policy', reason: 'allow', policyOverride: false });
    const answer = await this.#answer(attempt);
    if (answer?.type === 'allow') return this.#addressed(attempt.host, { source: 'decider', reason: 'not_allowed', policyOverride: true });
    if (!answer) return deny('not_allowed');
    return { ...deny(answer.reason || 'policy_denied'), decision: answer.type, source: 'decider' };
  }

  /** The addresses, if the host may have them. */
  async #addressed(host: Host, base: Pick<Verdict, 'source' | 'reason' | 'policyOverride'>): Promise<Verdict> {
    const pass = (addresses: readonly string[]): Verdict => ({ ...base, decision: 'allow', addresses });
    // An address of a local network gets here only where the lists name it or local networks are open.
    if (host.address) return pass([host.name]);
    const open = this.#options.proxy.allowLocalBinding;
    if (isLocalName(host.name)) return pass(['127.0.0.1', '::1']);
    const addresses = await withinTime(this.#resolve(host.name), lookupMs);
    if (addresses === undefined || addresses.length === 0) return open ? pass([]) : deny('not_allowed_local');
    if (!open && !addresses.every(isPublicAddress)) return deny('not_allowed_local');
    return pass(addresses);
  }

  /** Undefined: nobody may be asked. */
  async #answer({ protocol, host, port }: Attempt): Promise<NetworkAnswer | undefined> {
    const { ask } = this.#options;
    if (!ask) return undefined;
    const key = `${protocol} ${host.name} ${port}`;
    const known = this.#open.get(key);
    if (known) return known;
    const refused: NetworkAnswer = { type: 'deny', reason: 'not_allowed' };
    if (this.#open.size >= maxQuestions) return refused;
    const question = this.#ask({ protocol, host: host.name, port }).catch(() => refused);
    this.#open.set(key, question);
    try {
      return await question;
    } finally {
      this.#open.delete(key);
    }
  }

  async #ask(target: NetworkTarget): Promise<NetworkAnswer> {
    const { ask, askDeadlineMs, signal } = this.#options;
    if (!ask) throw new Error('nobody can be asked');
    const over = new AbortController();
    const off = onAbort(signal, () => over.abort());
    const timer = askDeadlineMs === undefined ? undefined : setTimeout(() => over.abort(), Math.min(askDeadlineMs, 2 ** 31 - 1));
    try {
      return await abortable(ask(target, over.signal), over.signal);
    } finally {
      clearTimeout(timer);
      off();
    }
  }

  #tell(attempt: Attempt, scope: NetworkDecision['scope'], verdict: Omit<Verdict, 'addresses'>): void {
    const { decision, source, reason, policyOverride } = verdict;
    this.#options.onDecision?.({
      timestampMs: this.#clock.nowMs(),
      scope,
      decision,
      source,
      reason,
      protocol: attempt.protocol,
      host: attempt.host.name,
      port: attempt.port,
      method: attempt.method,
      client: attempt.client,
      policyOverride,
    });
  }
}

/** Undefined when it fails or takes longer. */
function withinTime<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), ms);
    promise.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      () => {
        clearTimeout(timer);
        resolve(undefined);
      },
    );
  });
}
