/** Permissions the user granted beyond the profile of a thread, for one turn or for the session. */
import type { PermissionProfile } from '../base/permission-profile.ts';
import { type ExtraPermissions, isNothing, joinExtra, noExtra, withExtra } from '../policy/extra-permissions.ts';

export interface PermissionGrant {
  /** Unique within the thread. */
  readonly id: string;
  readonly scope: 'turn' | 'session';
  readonly turnId: string;
  readonly environmentId: string;
  readonly permissions: ExtraPermissions;
  readonly grantedAtMs: number;
}

export class PermissionGrants {
  readonly #grants: PermissionGrant[] = [];
  #count = 0;

  add(grant: Omit<PermissionGrant, 'id'>): void {
    if (isNothing(grant.permissions)) return;
    this.#count += 1;
    this.#grants.push({ ...grant, id: `permissions-${this.#count}` });
  }

  /** Those that still hold, oldest first. `turnId`: the turn that runs, if one does. */
  list(turnId: string | undefined): readonly PermissionGrant[] {
    return this.#grants.filter((grant) => grant.scope === 'session' || grant.turnId === turnId);
  }

  /** True when it was there. Commands that run already keep what they were started with. */
  revoke(id: string): boolean {
    const at = this.#grants.findIndex((grant) => grant.id === id);
    if (at >= 0) this.#grants.splice(at, 1);
    return at >= 0;
  }

  /** Everything granted for an environment in a turn. */
  held(turnId: string, environmentId: string): ExtraPermissions {
    return this.list(turnId)
      .filter((grant) => grant.environmentId === environmentId)
      .reduce((all, { permissions }) => joinExtra(all, permissions), noExtra);
  }

  /** The profile as it holds for an environment in a turn. Entries that deny stay in force. */
  apply(profile: PermissionProfile, turnId: string, environmentId: string): PermissionProfile {
    return withExtra(profile, this.held(turnId, environmentId));
  }
}
