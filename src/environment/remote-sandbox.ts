/** What goes over the exec wire for variables and permissions: plain maps and portable intent. */
import type { FileSystemEntry, PermissionProfile, SandboxRequest } from '../base/permission-profile.ts';
import type { ProcessEnvironment } from '../host/process-types.ts';
import type { EnvPolicy, In, SandboxIntent } from '../protocol/exec/index.ts';
import { isWindowsPath, wireUri } from './path-uris.ts';

type WireIntent = In<typeof SandboxIntent>;
type WirePermissions = WireIntent['permissions'];

/** Nothing when the profile asks for nothing and `always` is not set: a command without intent runs plainly. */
export function wireSandbox(sandbox: SandboxRequest | undefined, always = false): { sandbox?: WireIntent } {
  if (!sandbox || (sandbox.profile.type === 'disabled' && !always)) return {};
  const { profile, policyCwd, workspaceRoots } = sandbox;
  const needsPlaces =
    profile.type === 'managed' && profile.file_system.type === 'restricted' && profile.file_system.entries.some(isRelative);
  return {
    sandbox: {
      permissions: wirePermissions(profile),
      windowsSandboxLevel: 'disabled',
      ...(needsPlaces ? { cwd: wireUri(policyCwd), workspaceRoots: workspaceRoots.map(wireUri) } : {}),
    },
  };
}

/** Means something only together with a directory. */
function isRelative({ path }: FileSystemEntry): boolean {
  if (path.type === 'special') return path.value.kind === 'project_roots';
  return path.type === 'glob_pattern' && !path.pattern.startsWith('/') && !isWindowsPath(path.pattern);
}

function wirePermissions(profile: PermissionProfile): WirePermissions {
  if (profile.type === 'disabled') return { type: 'disabled' };
  if (profile.type === 'external') return { type: 'external', network: profile.network };
  if (profile.file_system.type === 'unrestricted') {
    return { type: 'managed', file_system: { type: 'unrestricted' }, network: profile.network };
  }
  const { entries, glob_scan_max_depth } = profile.file_system;
  return {
    type: 'managed',
    network: profile.network,
    file_system: {
      type: 'restricted',
      entries: entries.map((entry) =>
        entry.path.type === 'path' ? { ...entry, path: { type: 'path', path: wireUri(entry.path.path) } } : { ...entry, path: entry.path },
      ),
      ...(glob_scan_max_depth === undefined ? {} : { glob_scan_max_depth }),
    },
  };
}

/** Policy and overlay as the wire has them: a variable that is unset becomes one that is excluded. */
export function wireVariables({ policy, overlay }: ProcessEnvironment): { env: Record<string, string>; envPolicy: In<typeof EnvPolicy> } {
  const env: Record<string, string> = {};
  const unset: string[] = [];
  for (const [name, value] of Object.entries(overlay)) {
    if (value === null) unset.push(name);
    else env[name] = value;
  }
  const kept = Object.entries(policy.set).filter(([name]) => !unset.includes(name));
  return {
    env,
    envPolicy: {
      inherit: policy.inherit,
      ignoreDefaultExcludes: policy.ignoreDefaultExcludes,
      exclude: [...policy.exclude, ...unset],
      set: Object.fromEntries(kept),
      includeOnly: [...policy.includeOnly],
    },
  };
}
