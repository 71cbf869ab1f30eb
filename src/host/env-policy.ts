/** Which variables a child process gets: the host's own set, filtered by policy, with the caller's values on top. Pure. */
import type { ShellEnvironmentPolicy } from '../base/permission-profile.ts';
import type { ProcessEnvironment } from './process-types.ts';

export type Variables = Readonly<Record<string, string>>;

const coreUnix = new Set(['PATH', 'SHELL', 'TMPDIR', 'TEMP', 'TMP', 'HOME', 'LANG', 'LC_ALL', 'LC_CTYPE', 'LOGNAME', 'USER']);
const coreWindows = new Set([
  ...['PATH', 'PATHEXT', 'SHELL', 'COMSPEC', 'SYSTEMROOT', 'SYSTEMDRIVE', 'USERNAME', 'USERDOMAIN', 'USERPROFILE', 'HOMEDRIVE'],
  ...['HOMEPATH', 'PROGRAMFILES', 'PROGRAMFILES(X86)', 'PROGRAMW6432', 'PROGRAMDATA', 'LOCALAPPDATA', 'APPDATA', 'TEMP', 'TMP'],
  ...['TMPDIR', 'POWERSHELL', 'PWSH'],
]);
const defaultExcludes = ['*KEY*', '*SECRET*', '*TOKEN*'];
const defaultPathExt = '.COM;.EXE;.BAT;.CMD';

/** A glob of `*` and `?` over the whole name, without regard to case. */
function namePattern(glob: string): RegExp {
  const body = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^]*')
    .replaceAll('?', '[^]');
  return new RegExp(`^${body}$`, 'i');
}

const matcher = (globs: readonly string[]): ((name: string) => boolean) => {
  const patterns = globs.map(namePattern);
  return (name) => patterns.some((pattern) => pattern.test(name));
};

/** The host's variables after the policy, in the order inherit, default excludes, exclude, set, includeOnly. */
export function applyPolicy(base: Variables, policy: ShellEnvironmentPolicy, platform: NodeJS.Platform): Record<string, string> {
  const windows = platform === 'win32';
  const core = windows ? coreWindows : coreUnix;
  const inherited = (name: string): boolean => policy.inherit === 'all' || (policy.inherit === 'core' && core.has(name.toUpperCase()));
  const excluded = matcher([...(policy.ignoreDefaultExcludes ? [] : defaultExcludes), ...policy.exclude]);
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(base)) if (inherited(name) && !excluded(name)) result[name] = value;
  for (const [name, value] of Object.entries(policy.set)) put(result, { name, value, windows });
  if (policy.includeOnly.length > 0) {
    const kept = matcher(policy.includeOnly);
    for (const name of Object.keys(result)) if (!kept(name)) delete result[name];
  }
  if (windows && !Object.keys(result).some((name) => name.toUpperCase() === 'PATHEXT')) result.PATHEXT = defaultPathExt;
  return result;
}

/** Sets or (null) unsets one variable; on Windows a differently spelt name is the same variable. */
function put(variables: Record<string, string>, entry: { name: string; value: string | null; windows: boolean }): void {
  if (entry.windows) {
    const upper = entry.name.toUpperCase();
    for (const name of Object.keys(variables)) if (name.toUpperCase() === upper) delete variables[name];
  }
  if (entry.value === null) delete variables[entry.name];
  else variables[entry.name] = entry.value;
}

/** Lays `overlay` on `variables`, changing them. The overlay always wins. */
export function overlayVariables(
  variables: Record<string, string>,
  overlay: Readonly<Record<string, string | null>>,
  platform: NodeJS.Platform,
): Record<string, string> {
  for (const [name, value] of Object.entries(overlay)) put(variables, { name, value, windows: platform === 'win32' });
  return variables;
}

/** The complete variables of a child, by policy and overlay. The filtered host set is kept per policy object. */
export function childVariables(base: Variables, platform: NodeJS.Platform): (request: ProcessEnvironment) => Record<string, string> {
  const filtered = new WeakMap<ShellEnvironmentPolicy, Variables>();
  return ({ policy, overlay }) => {
    let inherited = filtered.get(policy);
    if (!inherited) {
      inherited = applyPolicy(base, policy, platform);
      filtered.set(policy, inherited);
    }
    return overlayVariables({ ...inherited }, overlay, platform);
  };
}
