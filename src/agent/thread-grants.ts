/** Everything the user granted to a thread beyond its settings, as one list to look at and take back from. */
import { wireExtra } from '../policy/extra-permissions.ts';
import { ruleLine } from '../policy/prefix-rules.ts';
import type { ThreadGrant } from '../protocol/app/index.ts';
import { shownProtocols } from './network-approvals.ts';
import type { HostRule } from './ports.ts';
import type { Thread } from './thread.ts';

/** Rules written down by an approval are named by what they say: they are the same in every thread. */
const ruleId = (prefix: readonly string[]): string => `rule ${ruleLine(prefix)}`;
const hostId = ({ host, protocol, action }: HostRule): string => `host ${action} ${protocol} ${host}`;

/** Those that hold now: for the turn that runs, for the session, and for good. Rejects when the rule file cannot be read. */
export async function listGrants({ core, activeTurn }: Thread): Promise<ThreadGrant[]> {
  const permissions = core.grants.list(activeTurn?.id).map(({ id, scope, environmentId, permissions: extra }): ThreadGrant => {
    return { type: 'permissions', id, scope, environmentId, permissions: wireExtra(extra) };
  });
  const lasting = (await core.config.rules?.lasting()) ?? [];
  const rules = lasting.map((prefix): ThreadGrant => {
    return { type: 'commandPrefix', id: ruleId(prefix), scope: 'forever', prefix: [...prefix], confined: false };
  });
  const hosts = ((await core.config.rules?.lastingHosts()) ?? []).map((rule): ThreadGrant => {
    const { host, protocol, action } = rule;
    const any = { environmentId: null, port: null, scope: 'forever' } as const;
    return { type: 'network', id: hostId(rule), ...any, host, protocol: shownProtocols[protocol], action };
  });
  return [...core.approvals.grants.list(), ...permissions, ...rules, ...hosts];
}

/** False: nothing of this id holds. What runs already goes on; the next equal request is asked about again. */
export async function revokeGrant({ core }: Thread, id: string): Promise<boolean> {
  if (core.approvals.grants.revoke(id) || core.grants.revoke(id)) return true;
  const { rules } = core.config;
  if (!rules) return false;
  const prefix = (await rules.lasting()).find((words) => ruleId(words) === id);
  const host = prefix ? undefined : (await rules.lastingHosts()).find((rule) => hostId(rule) === id);
  if (prefix) await rules.revoke(prefix);
  else if (host) await rules.revokeHost(host);
  return prefix !== undefined || host !== undefined;
}
