/** What the user should know of a workspace that is more than a project. Pure. */
import type { PermissionProfile } from '../base/permission-profile.ts';

const inHome =
  'commands may write the start-up files of your shell, your keys and the settings of your other programs. Start in the directory of a project instead.';

/** One sentence or none. `roots` and `home` are absolute; `roots` is what the workspace of the profile stands for. */
export function wideWorkspaceWarning(profile: PermissionProfile, roots: readonly string[], home: string): string | undefined {
  if (profile.type !== 'managed' || profile.file_system.type === 'unrestricted') return undefined;
  const written = profile.file_system.entries.flatMap(({ access, path }) => {
    if (access !== 'write') return [];
    if (path.type === 'path') return [path.path];
    return path.type === 'special' && path.value.kind === 'project_roots' && path.value.subpath === undefined ? roots : [];
  });
  const wide = written.map(withoutEnd).find((root) => root === '' || `${withoutEnd(home)}/`.startsWith(`${root}/`));
  if (wide === undefined) return undefined;
  return wide === ''
    ? 'The workspace is `/`: commands may write the whole disk but for the metadata directly below it. Start in the directory of a project instead.'
    : `The workspace \`${wide}\` holds your home directory: ${inHome}`;
}

const withoutEnd = (path: string): string => path.replace(/\/+$/, '');
