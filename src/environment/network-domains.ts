/** Whether lists of hosts can be obeyed, for those who only configure them. */
import type { NetworkProxySettings } from '../base/managed-network.ts';
import { domainLists, NetworkSettingsError } from '../host/network-proxy/domains.ts';

/** What is wrong with the lists; undefined: nothing. */
export function checkDomains(settings: NetworkProxySettings): string | undefined {
  try {
    domainLists(settings);
    return undefined;
  } catch (error) {
    if (error instanceof NetworkSettingsError) return error.message;
    throw error;
  }
}
