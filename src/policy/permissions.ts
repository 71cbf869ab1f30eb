/** The permission forms of the wire (short mode, long policy, built-in profile id) and the one profile each of them means. */
import { invalidRequest } from '../base/errors.ts';
import type { FileAccess, FileSystemEntry, NetworkPermission, PermissionProfile, SpecialPath } from '../base/permission-profile.ts';
import type { ActivePermissionProfile, SandboxMode, SandboxPolicy } from '../protocol/app/index.ts';
import { type NamedProfile, namedProfile } from './named-profiles.ts';
import type { NetworkPlan } from './network-plan.ts';

/** One permission setting in all its forms, kept consistent with each other. */
export interface Permissions {
  readonly profile: PermissionProfile;
  readonly sandboxPolicy: SandboxPolicy;
  /** Set when the permissions were chosen as a profile. */
  readonly active: ActivePermissionProfile | null;
  /** What the user should know about the profile, one sentence each. */
  readonly warnings?: readonly string[];
  /** What the configuration says of the network of a named profile, furthest ancestor first. */
  readonly networkTables?: NamedProfile['network'];
  /** The managed network of its commands. Absent: not known here, what held before goes on. */
  readonly network?: NetworkPlan;
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

/** What the configuration says about permissions. */
export interface PermissionSettings {
  readonly mode: SandboxMode;
  /** False: nothing was configured, and `mode` follows from the trust of the project. */
  readonly configured: boolean;
  readonly workspaceWrite: Omit<Extract<SandboxPolicy, { type: 'workspaceWrite' }>, 'type' | 'writableRoots'> & {
    readonly writableRoots: readonly string[];
  };
  /** A profile id, which takes the place of `mode`. */
  readonly defaultPermissions: string | undefined;
  /** `[permissions]` as it stands in the file. */
  readonly profiles: Readonly<Record<string, unknown>>;
}

const profileOfMode: Readonly<Record<SandboxMode, string>> = {
  'read-only': ':read-only',
  'workspace-write': ':workspace',
  'danger-full-access': ':danger-full-access',
};

/** A mode with the details that the configuration gives it. */
export function permissionsOfMode(mode: SandboxMode, { workspaceWrite }: PermissionSettings): Permissions {
  if (mode !== 'workspace-write') return permissionsOfPolicy(policyOfMode(mode));
  return permissionsOfPolicy({ type: 'workspaceWrite', ...workspaceWrite, writableRoots: [...workspaceWrite.writableRoots] });
}

const loadFailure = (reason: string) => invalidRequest(`failed to load configuration: ${reason}`);

/** A profile by its id, built in or configured. Throws `invalidRequest` for one that is not there or not well made. */
export function permissionsOfProfile(id: string, settings: PermissionSettings, home: string): Permissions {
  const known = builtInPermissions(id);
  if (known) return known;
  if (!id.startsWith(':') && Object.keys(settings.profiles).length === 0)
    throw loadFailure('default_permissions requires a `[permissions]` table');
  const builtIn = (name: string) => builtInPermissions(name)?.profile;
  const named = namedProfile(id, { table: settings.profiles, home, builtIn });
  const profile = withWorkspaceRoots(named.profile, named.workspaceRoots);
  return {
    profile,
    sandboxPolicy: policyOf(profile),
    active: { id, extends: named.extends },
    warnings: named.warnings,
    networkTables: named.network,
  };
}

/** What was asked for, or else what is configured. Throws like `permissionsOfProfile`. */
export function choosePermissions(
  asked: { readonly permissions?: string | undefined; readonly sandbox?: SandboxMode | undefined },
  settings: PermissionSettings,
  home: string,
): Permissions {
  if (asked.permissions !== undefined) return permissionsOfProfile(asked.permissions, settings, home);
  if (asked.sandbox !== undefined) return permissionsOfMode(asked.sandbox, settings);
  if (settings.defaultPermissions !== undefined) return permissionsOfProfile(settings.defaultPermissions, settings, home);
  if (settings.configured) return permissionsOfMode(settings.mode, settings);
  if (Object.keys(settings.profiles).length > 0)
    throw loadFailure('config defines `[permissions]` profiles but does not set `default_permissions`');
  return permissionsOfProfile(profileOfMode[settings.mode], settings, home);
}

/** The roots a profile brings along get what it gives to those of the thread. */
function withWorkspaceRoots(profile: PermissionProfile, roots: readonly string[]): PermissionProfile {
  if (profile.type !== 'managed' || profile.file_system.type === 'unrestricted' || roots.length === 0) return profile;
  const entries = profile.file_system.entries.flatMap((entry): FileSystemEntry[] => {
    if (entry.path.type !== 'special' || entry.path.value.kind !== 'project_roots') return [entry];
    const { subpath } = entry.path.value;
    const own = roots.map((root): FileSystemEntry => {
      const path = subpath === undefined ? root : `${root}/${subpath}`;
      return { path: { type: 'path', path }, access: entry.access, missing_path_behavior: 'skip' };
    });
    return [entry, ...own];
  });
  return { ...profile, file_system: { ...profile.file_system, entries } };
}

const grants = (entries: readonly FileSystemEntry[], kind: SpecialPath['kind'], access: FileAccess): boolean =>
  entries.some((entry) => entry.access === access && entry.path.type === 'special' && entry.path.value.kind === kind);

/** The long policy that comes nearest to a profile. For display: what it cannot say (denials, exceptions) is left out. */
export function policyOf(profile: PermissionProfile): SandboxPolicy {
  if (profile.type === 'disabled') return { type: 'dangerFullAccess' };
  if (profile.type === 'external') return { type: 'externalSandbox', networkAccess: profile.network };
  const networkAccess = profile.network === 'enabled';
  const entries = profile.file_system.type === 'restricted' ? profile.file_system.entries : [];
  const everywhere = profile.file_system.type === 'unrestricted' || grants(entries, 'root', 'write');
  if (everywhere && entries.every(({ access }) => access === 'write'))
    return networkAccess ? { type: 'dangerFullAccess' } : { type: 'externalSandbox', networkAccess: profile.network };
  if (!entries.some(({ access }) => access === 'write')) return { type: 'readOnly', networkAccess };
  const paths = entries.flatMap(({ access, path }) => (access === 'write' && path.type === 'path' ? [path.path] : []));
  return {
    type: 'workspaceWrite',
    writableRoots: everywhere ? ['/', ...paths] : paths,
    networkAccess,
    excludeTmpdirEnvVar: !grants(entries, 'tmpdir', 'write'),
    excludeSlashTmp: !everywhere && !grants(entries, 'slash_tmp', 'write'),
  };
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

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

/**
 * The permissions a thread file kept; undefined when there are none or they are not understood, so that nobody gains rights
 * by a damaged file. The profile counts: the policy beside it cannot say everything.
 */
export function storedPermissions(stored: { readonly profile: unknown; readonly policy: unknown }): Permissions | undefined {
  const policy = policyOfLegacy(stored.policy);
  if (stored.profile === undefined || stored.profile === null) return policy && permissionsOfPolicy(policy);
  const profile = readProfile(stored.profile);
  return profile && { profile, sandboxPolicy: policy ?? policyOf(profile), active: null };
}

/** The tagged form, and the older untagged one. */
export function readProfile(stored: unknown): PermissionProfile | undefined {
  const type = member(stored, 'type');
  const network = member(stored, 'network');
  if (type === 'disabled') return { type };
  if (type === 'external') return network === 'enabled' || network === 'restricted' ? { type, network } : undefined;
  if (type === 'managed') {
    const files = member(stored, 'file_system');
    if (network !== 'enabled' && network !== 'restricted') return undefined;
    if (member(files, 'type') === 'unrestricted') return { type, file_system: { type: 'unrestricted' }, network };
    if (member(files, 'type') !== 'restricted') return undefined;
    return managed(member(files, 'entries'), network, member(files, 'glob_scan_max_depth'));
  }
  if (type !== undefined || typeof stored !== 'object' || stored === null) return undefined;
  return managed(member(member(stored, 'file_system'), 'entries') ?? [], networkOf(member(network, 'enabled') === true), undefined);
}

function managed(stored: unknown, network: NetworkPermission, depth: unknown): PermissionProfile | undefined {
  if (!Array.isArray(stored)) return undefined;
  const entries = stored.map(readEntry).filter((entry) => entry !== undefined);
  if (entries.length !== stored.length) return undefined;
  const limit = typeof depth === 'number' ? { glob_scan_max_depth: depth } : {};
  return { type: 'managed', file_system: { type: 'restricted', entries, ...limit }, network };
}

const accessNames: Readonly<Record<string, FileAccess>> = { read: 'read', write: 'write', deny: 'deny', none: 'deny' };

/** One entry in its stored form; undefined when it is not understood. */
export function readEntry(stored: unknown): FileSystemEntry | undefined {
  const access = accessNames[String(member(stored, 'access'))];
  const path = readPath(member(stored, 'path'));
  if (!access || !path) return undefined;
  return { path, access, ...(member(stored, 'missing_path_behavior') === 'skip' ? { missing_path_behavior: 'skip' as const } : {}) };
}

function readPath(stored: unknown): FileSystemEntry['path'] | undefined {
  const [path, pattern, value] = [member(stored, 'path'), member(stored, 'pattern'), member(stored, 'value')];
  switch (member(stored, 'type')) {
    case 'path':
      return typeof path === 'string' ? { type: 'path', path } : undefined;
    case 'glob_pattern':
      return typeof pattern === 'string' ? { type: 'glob_pattern', pattern } : undefined;
    case 'special': {
      const special = readSpecial(value);
      return special && { type: 'special', value: special };
    }
    default:
      return undefined;
  }
}

function readSpecial(stored: unknown): SpecialPath | undefined {
  const [kind, path, subpath] = [member(stored, 'kind'), member(stored, 'path'), member(stored, 'subpath')];
  const below = typeof subpath === 'string' ? { subpath } : {};
  switch (kind) {
    case 'root':
    case 'minimal':
    case 'tmpdir':
    case 'slash_tmp':
      return { kind };
    case 'project_roots':
    case 'current_working_directory':
      return { kind: 'project_roots', ...below };
    case 'unknown':
      return typeof path === 'string' ? { kind, path, ...below } : undefined;
    default:
      return undefined;
  }
}
