/** What an administrator requires (`requirements.toml` beside the system's configuration): read, checked, and told where it is not obeyed. */
import { dirname, join } from 'node:path';
import * as z from 'zod/mini';
import { ConfigError, type ConfigWarning } from './config-error.ts';
import type { ConfigFiles } from './files.ts';

const flag = z.optional(z.boolean());
const texts = z.optional(z.array(z.string()));
const hostRule = z.enum(['allow', 'deny']);
const port = z.optional(z.int().check(z.minimum(0), z.maximum(65_535)));

const NetworkToml = z.looseObject({
  enabled: flag,
  http_port: port,
  socks_port: port,
  allow_upstream_proxy: flag,
  dangerously_allow_non_loopback_proxy: flag,
  dangerously_allow_all_unix_sockets: flag,
  domains: z.optional(z.record(z.string(), hostRule)),
  review_domains: texts,
  managed_allowed_domains_only: flag,
  allowed_domains: texts,
  denied_domains: texts,
  unix_sockets: z.optional(z.record(z.string(), z.enum(['allow', 'deny', 'none']))),
  allow_unix_sockets: texts,
  allow_local_binding: flag,
});
const Matcher = z.union([
  z.string(),
  z.strictObject({ exact: z.string() }),
  z.strictObject({ prefix: z.string() }),
  z.strictObject({ regex: z.string() }),
]);
type Matcher = z.output<typeof Matcher>;
const McpServerRequirement = z.strictObject({
  identity: z.union([z.strictObject({ command: Matcher }), z.strictObject({ url: Matcher })]),
});

const RequirementsToml = z.looseObject({
  experimental_network: z.optional(NetworkToml),
  mcp_servers: z.optional(z.record(z.string(), McpServerRequirement)),
});
const enforced = ['experimental_network', 'mcp_servers'];

export type NetworkRequirements = z.output<typeof NetworkToml>;

/** What a server is known by; the other member is absent. */
export interface ServerIdentity {
  readonly command?: unknown;
  readonly url?: unknown;
}

export interface Requirements {
  /** False: there is no such file. */
  readonly present: boolean;
  /** `[experimental_network]`. */
  readonly network: NetworkRequirements | undefined;
  /** Whether `[mcp_servers]` lets a server of that name be used; everything is let where there is no such table. */
  permits(name: string, server: ServerIdentity): boolean;
  readonly warnings: readonly ConfigWarning[];
}

const none: Requirements = { present: false, network: undefined, permits: () => true, warnings: [] };

/** Rejects with `ConfigError` for a file that cannot be read or understood: what it requires must not be skipped in silence. */
export async function loadRequirements(files: ConfigFiles, systemFile: string): Promise<Requirements> {
  const file = join(dirname(systemFile), 'requirements.toml');
  const { text, config } = await files.read(file);
  if (text === '') return none;
  const checked = RequirementsToml.safeParse(config);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    const keyPath = (issue?.path ?? []).join('.');
    throw new ConfigError('value', `${keyPath === '' ? '' : `${keyPath}: `}${issue?.message ?? 'not understood'}`, { file, keyPath });
  }
  const network = checked.data.experimental_network && withLists(checked.data.experimental_network);
  const permits = permission(checked.data.mcp_servers);
  return { present: true, network, permits, warnings: notObeyed(Object.keys(config), file) };
}

/** A server is let by its name together with what it runs or where it lies. */
function permission(listed: z.output<typeof RequirementsToml>['mcp_servers']): Requirements['permits'] {
  if (!listed) return () => true;
  return (name, { command, url }) => {
    const identity = Object.hasOwn(listed, name) ? listed[name]?.identity : undefined;
    if (!identity) return false;
    return 'command' in identity ? fits(command, identity.command) : command === undefined && fits(url, identity.url);
  };
}

function fits(value: unknown, matcher: Matcher): boolean {
  if (typeof value !== 'string') return false;
  if (typeof matcher === 'string') return value === matcher;
  if ('exact' in matcher) return value === matcher.exact;
  if ('prefix' in matcher) return value.startsWith(matcher.prefix);
  try {
    return new RegExp(`^(?:${matcher.regex})$`, 'u').test(value);
  } catch {
    // An expression that is none lets nothing in.
    return false;
  }
}

/** The old lists as entries of the map; an entry of the map counts before them. */
function withLists(network: NetworkRequirements): NetworkRequirements {
  const { allowed_domains: allowed = [], denied_domains: denied = [], domains } = network;
  if (allowed.length + denied.length === 0) return network;
  const listed = [...allowed.map((host) => [host, 'allow'] as const), ...denied.map((host) => [host, 'deny'] as const)];
  return { ...network, domains: { ...Object.fromEntries(listed), ...domains } };
}

function notObeyed(keys: readonly string[], file: string): ConfigWarning[] {
  const strange = keys.filter((key) => !enforced.includes(key));
  if (strange.length === 0) return [];
  return [
    {
      summary: `Requirements that are not enforced: ${strange.join(', ')}.`,
      details: 'Only `experimental_network` and `mcp_servers` are.',
      path: file,
    },
  ];
}
