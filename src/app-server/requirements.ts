/** What an administrator requires, as clients see it. */
import type { NetworkRequirements as NetworkToml, Requirements } from '../config/requirements.ts';
import type { ConfigRequirementsReadResponse } from '../protocol/app/index.ts';

type Shown = NonNullable<ConfigRequirementsReadResponse['requirements']>;

/** Without a file there are no requirements at all. Members that this program does not enforce are not claimed. */
export function requirementsResponse({ present, network }: Requirements): ConfigRequirementsReadResponse {
  return {
    supportsIndependentSpeedModes: true,
    requirements: present ? { ...nothing, network: network ? shownNetwork(network) : null } : null,
  };
}

function shownNetwork(network: NetworkToml): NonNullable<Shown['network']> {
  const { domains, unix_sockets: sockets } = network;
  const patterns = (permission: 'allow' | 'deny') => {
    const named = Object.keys(domains ?? {}).filter((pattern) => domains?.[pattern] === permission);
    return named.length === 0 ? null : named;
  };
  const open = Object.keys(sockets ?? {}).filter((path) => sockets?.[path] === 'allow');
  return {
    enabled: network.enabled ?? null,
    httpPort: network.http_port ?? null,
    socksPort: network.socks_port ?? null,
    allowUpstreamProxy: network.allow_upstream_proxy ?? null,
    dangerouslyAllowNonLoopbackProxy: network.dangerously_allow_non_loopback_proxy ?? null,
    dangerouslyAllowAllUnixSockets: network.dangerously_allow_all_unix_sockets ?? null,
    domains: domains ?? null,
    reviewDomains: network.review_domains ?? null,
    managedAllowedDomainsOnly: network.managed_allowed_domains_only ?? null,
    allowedDomains: patterns('allow'),
    deniedDomains: patterns('deny'),
    unixSockets: sockets
      ? Object.fromEntries(Object.entries(sockets).map(([path, access]) => [path, access === 'allow' ? access : 'deny']))
      : null,
    allowUnixSockets: open.length === 0 ? null : open,
    allowLocalBinding: network.allow_local_binding ?? null,
  };
}

const nothing: Shown = {
  modelProvider: null,
  modelProviders: null,
  allowedLoginMethods: ['api', 'chatgpt'],
  cliAuthCredentialsStore: null,
  chatgptBaseUrl: null,
  additionalDeveloperInstructions: null,
  allowedApprovalPolicies: null,
  allowedApprovalsReviewers: null,
  allowedSandboxModes: null,
  allowedWindowsSandboxImplementations: null,
  allowedPermissionProfiles: null,
  defaultPermissions: null,
  allowedWebSearchModes: null,
  allowManagedHooksOnly: null,
  allowBrowserAndComputerUse: null,
  allowAppshots: null,
  allowRemoteControl: null,
  computerUse: null,
  browserUse: null,
  inAppBrowser: null,
  featureRequirements: null,
  hooks: null,
  enforceResidency: null,
  network: null,
  application: null,
  autoReview: null,
  models: null,
  sqliteHome: null,
  logDir: null,
  modelCatalogJson: null,
  checkForUpdateOnStartup: null,
  allowLoginShell: null,
  feedback: null,
  otel: null,
};
