/** What an administrator requires (`requirements.toml` beside the system's configuration): read, checked, and told where it is not obeyed. */
import { dirname, join } from 'node:path';
import * as z from 'zod/mini';
import { ConfigError, type ConfigWarning } from './config-error.ts';
import type { ConfigFiles } from './files.ts';

const flag = z.optional(z.boolean());
const texts = z.optional(z.array(z.string()));
const permission = z.enum(['allow', 'deny']);
const port = z.optional(z.int().check(z.minimum(0), z.maximum(65_535)));

const NetworkToml = z.looseObject({
  enabled: flag,
  http_port: port,
  socks_port: port,
  allow_upstream_proxy: flag,
  dangerously_allow_non_loopback_proxy: flag,
  dangerously_allow_all_unix_sockets: flag,
  domains: z.optional(z.record(z.string(), permission)),
  review_domains: texts,
  managed_allowed_domains_only: flag,
  allowed_domains: texts,
  denied_domains: texts,
  unix_sockets: z.optional(z.record(z.string(), z.enum(['allow', 'deny', 'none']))),
  allow_unix_sockets: texts,
  allow_local_binding: flag,
});
const RequirementsToml = z.looseObject({ experimental_network: z.optional(NetworkToml) });

export type NetworkRequirements = z.output<typeof NetworkToml>;

export interface Requirements {
  /** False: there is no such file. */
  readonly present: boolean;
  /** `[experimental_network]`. */
  readonly network: NetworkRequirements | undefined;
  readonly warnings: readonly ConfigWarning[];
}

const none: Requirements = { present: false, network: undefined, warnings: [] };

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
  return { present: true, network, warnings: notObeyed(Object.keys(config), file) };
}

/** The old lists as entries of the map; an entry of the map counts before them. */
function withLists(network: NetworkRequirements): NetworkRequirements {
  const { allowed_domains: allowed = [], denied_domains: denied = [], domains } = network;
  if (allowed.length + denied.length === 0) return network;
  const listed = [...allowed.map((host) => [host, 'allow'] as const), ...denied.map((host) => [host, 'deny'] as const)];
  return { ...network, domains: { ...Object.fromEntries(listed), ...domains } };
}

function notObeyed(keys: readonly string[], file: string): ConfigWarning[] {
  const strange = keys.filter((key) => key !== 'experimental_network');
  if (strange.length === 0) return [];
  return [
    { summary: `Requirements that are not enforced: ${strange.join(', ')}.`, details: `Only \`experimental_network\` is.`, path: file },
  ];
}
