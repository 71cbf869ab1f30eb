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

/** The form that thread files keep: kebab-case tags and snake_case members. */
export function legacyPolicy(policy: SandboxPolicy): Record<string, unknown> {
  switch (policy.type) {
    case 'dangerFullAccess':
      return { type: 'danger-full-access' };
    case 'readOnly':
      return { type: 'read-only', ...(policy.networkAccess ? { network_access: true } : {}) };
    case 'externalSandbox':
      return { type: 'external-sandbox', network_access: policy.networkAccess };
    case 'workspaceWrite':
      return {
        type: 'workspace-write',
        ...(policy.writableRoots.length === 0 ? {} : { writable_roots: policy.writableRoots }),
        network_access: policy.networkAccess,
        exclude_tmpdir_env_var: policy.excludeTmpdirEnvVar,
        exclude_slash_tmp: policy.excludeSlashTmp,
      };
  }
}

/** The policy a thread file kept; undefined when it is not understood, so that nobody gains rights by a damaged file. */
export function policyOfLegacy(stored: unknown): SandboxPolicy | undefined {
  if (typeof stored !== 'object' || stored === null) return undefined;
  const member = (name: string): unknown => Reflect.get(stored, name);
  const flag = (name: string): boolean => member(name) === true;
  switch (member('type')) {
    case 'danger-full-access':
      return { type: 'dangerFullAccess' };
    case 'read-only':
      return { type: 'readOnly', networkAccess: flag('network_access') };
    case 'external-sandbox':
      return { type: 'externalSandbox', networkAccess: member('network_access') === 'enabled' ? 'enabled' : 'restricted' };
    case 'workspace-write': {
      const roots = member('writable_roots');
      return {
        type: 'workspaceWrite',
        writableRoots: Array.isArray(roots) ? roots.filter((root) => typeof root === 'string') : [],
        networkAccess: flag('network_access'),
        excludeTmpdirEnvVar: flag('exclude_tmpdir_env_var'),
        excludeSlashTmp: flag('exclude_slash_tmp'),
      };
    }
    default:
      return undefined;
  }
}
