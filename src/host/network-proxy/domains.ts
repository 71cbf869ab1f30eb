/** The lists of hosts: patterns, what they match, and what they say together. Pure. */
import type { NetworkProxySettings } from '../../base/managed-network.ts';
import { type Host, isLocalName, isPublicAddress, parseHost } from './hosts.ts';

/** The settings cannot be obeyed; the message says which part. */
export class NetworkSettingsError extends Error {
  override readonly name = 'NetworkSettingsError';
}

/** What the lists say of a host, before anybody looks up its addresses. */
export type Listing = 'allowed' | 'denied' | 'not_allowed' | 'not_allowed_local' | 'review';

interface Pattern {
  /** Without wildcard; empty for `*`. */
  readonly name: string;
  readonly self: boolean;
  readonly below: boolean;
}

function compile(text: string): Pattern {
  const given = text.trim();
  if (given === '') throw new NetworkSettingsError('domain pattern is empty');
  if (given === '*') return { name: '', self: true, below: true };
  const [, stars = '', rest = ''] = /^(\*{1,2}\.)?(.*)$/.exec(given) ?? [];
  if (rest === '') throw new NetworkSettingsError('domain pattern is empty');
  const host = hostOf(rest);
  if (!host || (stars !== '' && host.address)) throw new NetworkSettingsError(`unsupported domain pattern syntax: ${text}`);
  return { name: host.name, self: stars !== '*.', below: stars !== '' };
}

/** A port may be written and says nothing. */
function hostOf(text: string): Host | undefined {
  if (text.includes('*')) return undefined;
  return parseHost(text) ?? parseHost(text.replace(/:\d{1,5}$/, ''));
}

/** One spelling for each pattern, so that equal ones meet when settings are merged. Throws `NetworkSettingsError`. */
export function normalPattern(text: string): string {
  const { name, self, below } = compile(text);
  if (name === '') return '*';
  return `${below ? (self ? '**.' : '*.') : ''}${name}`;
}

const matches = ({ name, self, below }: Pattern, host: Host): boolean =>
  name === '' || (self && host.name === name) || (below && !host.address && host.name.endsWith(`.${name}`));

export interface DomainLists {
  listing(host: Host): Listing;
}

/** Throws `NetworkSettingsError` for a pattern that cannot be obeyed. */
export function domainLists(settings: NetworkProxySettings): DomainLists {
  const entries = Object.entries(settings.domains).map(([text, permission]) => ({ text, permission, pattern: compile(text) }));
  const everything = entries.find(({ permission, pattern }) => permission === 'deny' && pattern.name === '');
  if (everything) {
    const hint = '(allowed exact hosts or scoped wildcards like *.example.com or **.example.com)';
    throw new NetworkSettingsError(`invalid value for network.denied_domains: ${everything.text} ${hint}`);
  }
  const allowed = entries.filter(({ permission }) => permission === 'allow').map(({ pattern }) => pattern);
  const denied = entries.filter(({ permission }) => permission === 'deny').map(({ pattern }) => pattern);
  const reviewed = settings.reviewDomains.map(compile);
  const anyOf = (patterns: readonly Pattern[], host: Host) => patterns.some((pattern) => matches(pattern, host));
  return {
    listing(host) {
      if (anyOf(denied, host)) return 'denied';
      const local = isLocalName(host.name) || (host.address && !isPublicAddress(host.name));
      const named = allowed.some((pattern) => pattern.name === host.name && pattern.self && !pattern.below);
      if (local && !settings.allowLocalBinding && !named) return 'not_allowed_local';
      if (anyOf(reviewed, host)) return 'review';
      return anyOf(allowed, host) ? 'allowed' : 'not_allowed';
    },
  };
}
