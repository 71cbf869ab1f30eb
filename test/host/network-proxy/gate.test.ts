/** The order of decisions, the deadline of questions, and that only judged addresses are handed out (DNS rebinding). */
import { describe, expect, it } from 'vitest';
import type { ManagedNetwork, NetworkAnswer, NetworkDecision } from '../../../src/base/managed-network.ts';
import { noNetworkProxySettings } from '../../../src/base/managed-network.ts';
import { Gate, type GateOptions } from '../../../src/host/network-proxy/gate.ts';
import { parseHost } from '../../../src/host/network-proxy/hosts.ts';

const hosts: Record<string, string[]> = {
  'public.example': ['93.184.216.34', '2606:4700::1'],
  'private.example': ['10.1.2.3'],
  'mixed.example': ['93.184.216.34', '127.0.0.1'],
  'mapped.example': ['::ffff:169.254.169.254'],
};

function gate(more: Partial<GateOptions> = {}, proxy: Partial<ManagedNetwork['proxy']> = {}) {
  const told: NetworkDecision[] = [];
  const made = new Gate({
    proxy: { ...noNetworkProxySettings, domains: { '*': 'allow' }, ...proxy },
    enforce: true,
    signal: new AbortController().signal,
    resolve: async (name) => hosts[name] ?? Promise.reject(new Error('no such name')),
    onDecision: (decision) => told.push(decision),
    ...more,
  });
  const judge = (name: string, port = 80) => {
    const host = parseHost(name);
    if (!host) throw new Error('no host');
    return made.judge({ protocol: 'http', host, port, method: 'GET', client: '127.0.0.1:1' });
  };
  return { judge, told };
}

const blocked = (reason: string, source = 'baseline_policy', decision = 'deny') => ({ kind: 'block', block: { reason, source, decision } });

describe('the gate', () => {
  it('hands out the judged addresses and no others', async () => {
    expect(await gate().judge('public.example')).toEqual({ kind: 'pass', addresses: ['93.184.216.34', '2606:4700::1'] });
    expect(await gate({}, { domains: { localhost: 'allow' } }).judge('localhost')).toEqual({
      kind: 'pass',
      addresses: ['127.0.0.1', '::1'],
    });
  });

  it.each([
    'private.example',
    'mixed.example',
    'mapped.example',
    'unknown.example',
    '127.0.0.1',
    '169.254.169.254',
    '::1',
    'localhost',
    'x.localhost',
  ])('keeps %s out although everything is allowed', async (name) => expect(await gate().judge(name)).toEqual(blocked('not_allowed_local')));

  it('keeps an allowed name out when it stands for a private address', async () => {
    expect(await gate({}, { domains: { 'private.example': 'allow' } }).judge('private.example')).toEqual(blocked('not_allowed_local'));
    const open = gate({}, { domains: { 'private.example': 'allow' }, allowLocalBinding: true });
    expect(await open.judge('private.example')).toEqual({ kind: 'pass', addresses: ['10.1.2.3'] });
  });

  it('gives a slow resolver two seconds', async () => {
    const started = performance.now();
    expect(await gate({ resolve: () => new Promise(() => {}) }).judge('public.example')).toEqual(blocked('not_allowed_local'));
    expect(performance.now() - started).toBeGreaterThan(1900);
  });

  it('does not look up what is not allowed: a name is a message too', async () => {
    const looked: string[] = [];
    const resolve = async (name: string) => {
      looked.push(name);
      return ['93.184.216.34'];
    };
    expect(await gate({ resolve }, { domains: {} }).judge('secret.exfil.example')).toEqual(blocked('not_allowed'));
    expect(looked).toEqual([]);
  });

  it('obeys an answer, but not against private addresses', async () => {
    const ask = async (): Promise<NetworkAnswer> => ({ type: 'allow' });
    const asked = gate({ ask }, { domains: {} });
    expect(await asked.judge('public.example')).toMatchObject({ kind: 'pass' });
    expect(await asked.judge('private.example')).toEqual(blocked('not_allowed_local'));
    expect(asked.told.map(({ decision, source, reason, policyOverride }) => ({ decision, source, reason, policyOverride }))).toEqual([
      { decision: 'allow', source: 'decider', reason: 'not_allowed', policyOverride: true },
      { decision: 'deny', source: 'baseline_policy', reason: 'not_allowed_local', policyOverride: false },
    ]);
  });

  it.each([
    [{ type: 'deny', reason: 'because' }, blocked('because', 'decider')],
    [{ type: 'deny', reason: '' }, blocked('policy_denied', 'decider')],
    [{ type: 'ask', reason: 'later' }, blocked('later', 'decider', 'ask')],
  ] as const)('obeys %j', async (answer, expected) => {
    expect(await gate({ ask: async () => answer }, { domains: {} }).judge('public.example')).toEqual(expected);
  });

  it('takes a failure for a refusal, and an answer after the deadline too', async () => {
    const refused = blocked('not_allowed', 'decider');
    expect(await gate({ ask: () => Promise.reject(new Error('gone')) }, { domains: {} }).judge('public.example')).toEqual(refused);
    const late = gate({ ask: () => new Promise(() => {}), askDeadlineMs: 20 }, { domains: {} });
    expect(await late.judge('public.example')).toEqual(refused);
  });

  it('asks once for all that wait for the same, and never about a denied host', async () => {
    let questions = 0;
    let answer = (_: NetworkAnswer) => {};
    const ask = () => {
      questions += 1;
      return new Promise<NetworkAnswer>((resolve) => {
        answer = resolve;
      });
    };
    const { judge } = gate({ ask }, { domains: { 'bad.example': 'deny' } });
    const waiting = [judge('public.example'), judge('PUBLIC.example.'), judge('public.example')];
    answer({ type: 'allow' });
    expect((await Promise.all(waiting)).map(({ kind }) => kind)).toEqual(['pass', 'pass', 'pass']);
    expect(await judge('bad.example')).toEqual(blocked('denied'));
    expect(questions).toBe(1);
  });

  it('keeps a bounded number of questions open', async () => {
    let questions = 0;
    const ending = new AbortController();
    const ask = () => {
      questions += 1;
      return new Promise<NetworkAnswer>(() => {});
    };
    const { judge } = gate({ ask, signal: ending.signal }, { domains: {} });
    const all = Array.from({ length: 500 }, (_, at) => judge(`h${at}.example`));
    expect(await all[499]).toEqual(blocked('not_allowed', 'decider'));
    expect(questions).toBe(64);
    ending.abort();
    expect(new Set((await Promise.all(all)).map(({ kind }) => kind))).toEqual(new Set(['block']));
  });
});
