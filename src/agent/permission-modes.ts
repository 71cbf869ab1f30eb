/** The permission forms of the wire (short mode, long policy, built-in profile id) and the one profile each of them means. */
import type { FileSystemEntry, NetworkPermission, PermissionProfile } from '../base/permission-profile.ts';
import type { ActivePermissionProfile, SandboxMode, SandboxPolicy } from '../protocol/app/index.ts';

/** One permission setting in all its forms, kept consistent with each other. */
export interface Permissions {
  readonly profile: PermissionProfile;
  readonly sandboxPolicy: SandboxPolicy;
  /** Set when the permissions were chosen as a profile. */
  readonly active: ActivePermissionProfile | null;
}

const readRoot: FileSystemEntry = { path: { type: 'special', value: { kind: 'root' } }, access: 'read' };
const writeSpecial = (kind: 'project_roots' | 'slash_tmp' | 'tmpdir'): FileSystemEntry => ({
  path: { type: 'special', value: { kind } },
  access: 'write',
});
const networkOf = (enabled: boolean): NetworkPermission => (enabled ? 'enabled' : 'restricted');

/** The profile that a long policy stands for. */
export function profileOf(policy: SandboxPolicy): PermissionProfile {
  switch (policy.type) {
    case 'dangerFullAccess':
      return { type: 'disabled' };
    case 'externalSandbox':
      return { type: 'external', network: policy.networkAccess };
    case 'readOnly':
      return { type: 'managed', file_system: { type: 'restricted', entries: [readRoot] }, network: networkOf(policy.networkAccess) };
    case 'workspaceWrite': {
      const entries = [readRoot, writeSpecial('project_roots')];
      if (!policy.excludeSlashTmp) entries.push(writeSpecial('slash_tmp'));
      if (!policy.excludeTmpdirEnvVar) entries.push(writeSpecial('tmpdir'));
      for (const root of policy.writableRoots) entries.push({ path: { type: 'path', path: root }, access: 'write' });
      return { type: 'managed', file_system: { type: 'restricted', entries }, network: networkOf(policy.networkAccess) };
    }
  }
}

export const permissionsOfPolicy = (sandboxPolicy: SandboxPolicy): Permissions => ({
  profile: profileOf(sandboxPolicy),
  sandboxPolicy,
  active: null,
});

/** The long policy of a short mode with nothing configured beside it. */
export function policyOfMode(mode: SandboxMode): SandboxPolicy {
  switch (mode) {
    case 'read-only':
      return { type: 'readOnly', networkAccess: false };
    case 'workspace-write':
      return { type: 'workspaceWrite', writableRoots: [], networkAccess: false, excludeTmpdirEnvVar: false, excludeSlashTmp: false };
    case 'danger-full-access':
      return { type: 'dangerFullAccess' };
  }
}

const builtInModes: Readonly<Record<string, SandboxMode>> = {
  ':read-only': 'read-only',
  ':workspace': 'workspace-write',
  ':danger-full-access': 'danger-full-access',
};

/** A built-in profile, or undefined when `id` names none. */
export function builtInPermissions(id: string): Permissions | undefined {
  const mode = Object.hasOwn(builtInModes, id) ? builtInModes[id] : undefined;
  if (mode === undefined) return undefined;
  return { ...permissionsOfPolicy(policyOfMode(mode)), active: { id, extends: null } };
}
