/** The managed network of a thread: whether its commands get one, and what the lists of hosts say together. Pure. */
import { invalidRequest } from '../base/errors.ts';
import { type DomainPermission, type NetworkProxySettings, noNetworkProxySettings } from '../base/managed-network.ts';
import type { PermissionProfile } from '../base/permission-profile.ts';
import type { NetworkRule } from './prefix-rules.ts';

type Table = Readonly<Record<string, unknown>>;
const isTable = (value: unknown): value is Table => typeof value === 'object' && value !== null && !Array.isArray(value);

export interface NetworkPlan {
  readonly proxy: NetworkProxySettings;
  /** Hosts that no list names are asked about; otherwise they are refused. */
  readonly asks: boolean;
  /** An administrator requires it: every confined command has it, whatever its profile says of the network. */
  readonly required: boolean;
  /** Only the administrator's lists open hosts. */
  readonly managedOnly: boolean;
}

/** What an administrator requires of the network; names as in `requirements.toml`. */
export interface NetworkDemands {
  readonly enabled?: boolean | undefined;
  readonly domains?: Readonly<Record<string, 'allow' | 'deny'>> | undefined;
  readonly review_domains?: readonly string[] | undefined;
  readonly managed_allowed_domains_only?: boolean | undefined;
  readonly allow_upstream_proxy?: boolean | undefined;
  readonly allow_local_binding?: boolean | undefined;
}

export interface NetworkSources {
  /** `[features.network_proxy]`; undefined when the feature is off. */
  readonly feature: Table | undefined;
  /** `[permissions.NAME.network]` of the profile and of those it extends, furthest first. */
  readonly tables: readonly { readonly name: string; readonly table: Table }[];
  readonly demands: NetworkDemands | undefined;
}

const flags = ['enabled', 'enable_socks5', 'enable_socks5_udp', 'allow_upstream_proxy', 'allow_local_binding'] as const;
type Flag = (typeof flags)[number];

interface Wishes {
  readonly flags: Partial<Record<Flag, boolean>>;
  readonly mode: 'limited' | 'full' | undefined;
  readonly domains: Readonly<Record<string, DomainPermission>>;
}

/** Undefined: no command gets one. Throws `invalidRequest` that names the key at fault. */
export function networkPlan({ feature, tables, demands }: NetworkSources): NetworkPlan | undefined {
  const wishes = [
    ...(feature ? [wishesOf('features.network_proxy', feature)] : []),
    ...tables.map(({ name, table }) => wishesOf(`permissions.${name}.network`, table)),
  ];
  const required = demands?.enabled === true;
  // A list of hosts that stands in a profile holds even where nobody switched the feature on.
  const listed = wishes.some(({ domains, mode }) => Object.keys(domains).length > 0 || mode !== undefined);
  if (!required && !feature && !listed) return undefined;
  const wished = (name: Flag): boolean | undefined => wishes.findLast(({ flags: set }) => set[name] !== undefined)?.flags[name];
  const managedOnly = required && demands.managed_allowed_domains_only === true;
  const ceiling = (demanded: boolean | undefined, wish: boolean | undefined) => (required ? (demanded ?? wish) : wish) ?? false;
  return {
    proxy: {
      ...noNetworkProxySettings,
      enableSocks5: wished('enable_socks5') ?? true,
      enableSocks5Udp: wished('enable_socks5_udp') ?? false,
      allowUpstreamProxy: ceiling(demands?.allow_upstream_proxy, wished('allow_upstream_proxy')),
      allowLocalBinding: ceiling(demands?.allow_local_binding, wished('allow_local_binding')),
      mode: wishes.findLast(({ mode }) => mode !== undefined)?.mode ?? 'full',
      domains: joined([...wishes.map(({ domains }) => (managedOnly ? denials(domains) : domains))], required ? demands.domains : undefined),
      reviewDomains: required ? [...(demands.review_domains ?? [])] : [],
    },
    asks: required && !managedOnly,
    required,
    managedOnly,
  };
}

/** True when the commands of a profile have it. A profile without confinement never has. */
export const isManaged = (plan: NetworkPlan | undefined, profile: PermissionProfile): plan is NetworkPlan =>
  plan !== undefined && profile.type === 'managed' && (plan.required || profile.network === 'enabled');

const denials = (domains: Wishes['domains']): Wishes['domains'] =>
  Object.fromEntries(Object.entries(domains).filter(([, permission]) => permission === 'deny'));

/** Later tables replace entries of earlier ones; what is demanded replaces all, and nothing takes a demanded denial away. */
function joined(wishes: readonly Wishes['domains'][], demanded: NetworkDemands['domains']): Record<string, DomainPermission> {
  const all = Object.assign({}, ...wishes.map(byPattern)) as Record<string, DomainPermission>; // entries of `wishes` only
  for (const [pattern, permission] of Object.entries(byPattern(demanded ?? {}))) {
    if (permission === 'deny' || all[pattern] !== 'deny') all[pattern] = permission;
  }
  return Object.fromEntries(Object.entries(all).filter(([, permission]) => permission !== 'none'));
}

const byPattern = (domains: Wishes['domains']): Record<string, DomainPermission> =>
  Object.fromEntries(Object.entries(domains).map(([pattern, permission]) => [pattern.trim().toLowerCase().replace(/\.$/, ''), permission]));

function wishesOf(where: string, table: Table): Wishes {
  const bad = (key: string, what: string) => invalidRequest(`failed to load configuration: ${where}.${key} must be ${what}`);
  const set: Partial<Record<Flag, boolean>> = {};
  for (const name of flags) {
    const value = table[name];
    if (value === undefined) continue;
    if (typeof value !== 'boolean') throw bad(name, 'true or false');
    set[name] = value;
  }
  const { mode, domains = {} } = table;
  if (mode !== undefined && mode !== 'limited' && mode !== 'full') throw bad('mode', '`limited` or `full`');
  if (!isTable(domains)) throw bad('domains', 'a table');
  const permissions: Record<string, DomainPermission> = {};
  for (const [pattern, permission] of Object.entries(domains)) {
    if (permission !== 'allow' && permission !== 'deny' && permission !== 'none')
      throw bad(`domains."${pattern}"`, '`allow`, `deny` or `none`');
    permissions[pattern] = permission;
  }
  return { flags: set, mode, domains: permissions };
}

/** What rule files and answers of the user add to the lists. A rule names one host and holds for every protocol and port of it. */
export function withNetworkRules(plan: NetworkPlan, rules: readonly NetworkRule[]): NetworkProxySettings {
  const { proxy, managedOnly } = plan;
  if (rules.length === 0) return proxy;
  const domains: Record<string, DomainPermission> = { ...proxy.domains };
  for (const { host, decision } of rules) {
    if (decision === 'allow' && !managedOnly && domains[host] !== 'deny') domains[host] = 'allow';
  }
  for (const { host, decision } of rules) if (decision === 'deny') domains[host] = 'deny';
  return { ...proxy, domains };
}

/** What the rules say about a host; a denial is stronger. Undefined: nothing. */
export function ruledHost(rules: readonly NetworkRule[], host: string): 'allow' | 'deny' | undefined {
  const about = rules.filter((rule) => rule.host === host);
  if (about.some(({ decision }) => decision === 'deny')) return 'deny';
  return about.some(({ decision }) => decision === 'allow') ? 'allow' : undefined;
}
