/** What a client wants enforced, in the terms of this machine. */
import { invalidParams } from '../base/errors.ts';
import { pathFromUri } from '../base/path-uri.ts';
import type { FileSystemEntry, FileSystemPermissions, PermissionProfile, SandboxRequest } from '../base/permission-profile.ts';
import type { SandboxIntent } from '../protocol/exec/index.ts';
import { foreignUri } from './native-paths.ts';

type Permissions = SandboxIntent['permissions'];
type Entry = Extract<Extract<Permissions, { type: 'managed' }>['file_system'], { type: 'restricted' }>['entries'][number];

/** The sandbox of a process. Entries that depend on a directory refer to the intent's, or else to the process's own. */
export function processSandbox(intent: SandboxIntent, cwd: string): SandboxRequest {
  return request(intent, cwd, 'failed to prepare process sandbox: ');
}

/** The sandbox of a file operation: nothing stands in for a directory that the intent leaves out. */
export function fileSandbox(intent: SandboxIntent): SandboxRequest {
  if (intent.cwd === undefined && needsDirectory(intent.permissions)) {
    throw invalidParams('file system sandbox context with dynamic permissions requires cwd');
  }
  return request(intent, '/', '');
}

function request(intent: SandboxIntent, cwd: string, context: string): SandboxRequest {
  const native = (uri: string, what: string): string => {
    const path = pathFromUri(uri);
    if (path === undefined) throw invalidParams(`${context}invalid sandbox ${what}: ${foreignUri(uri)}`);
    return path;
  };
  if (intent.windowsSandboxLevel === 'mxc') throw invalidParams('native MXC is unavailable on this executor');
  const policyCwd = intent.cwd === undefined ? cwd : native(intent.cwd, 'policy cwd');
  const roots = intent.workspaceRoots.map((root) => native(root, 'workspace root'));
  return {
    profile: profileOf(intent.permissions, (uri) => native(uri, 'path')),
    policyCwd,
    workspaceRoots: roots.length > 0 || !needsDirectory(intent.permissions) ? roots : [policyCwd],
    ...(intent.useLegacyLandlock ? { landlockOnly: true } : {}),
  };
}

function profileOf(permissions: Permissions, native: (uri: string) => string): PermissionProfile {
  if (permissions.type !== 'managed') return permissions;
  const { file_system: files, network } = permissions;
  if (files.type === 'unrestricted') return { type: 'managed', file_system: files, network };
  const { glob_scan_max_depth: depth } = files;
  const file_system: FileSystemPermissions = {
    type: 'restricted',
    entries: files.entries.map((entry) => entryOf(entry, native)),
    ...(depth === undefined ? {} : { glob_scan_max_depth: depth }),
  };
  return { type: 'managed', file_system, network };
}

function entryOf({ path, access, missing_path_behavior: missing }: Entry, native: (uri: string) => string): FileSystemEntry {
  const skip = missing === undefined ? {} : { missing_path_behavior: missing };
  if (path.type === 'path') return { path: { type: 'path', path: native(path.path) }, access, ...skip };
  if (path.type === 'glob_pattern') return { path, access, ...skip };
  const { value } = path;
  const subpath = 'subpath' in value && value.subpath !== undefined ? { subpath: value.subpath } : {};
  const special = value.kind === 'unknown' ? { kind: value.kind, path: value.path, ...subpath } : { kind: value.kind, ...subpath };
  return { path: { type: 'special', value: special }, access, ...skip };
}

function needsDirectory(permissions: Permissions): boolean {
  if (permissions.type !== 'managed' || permissions.file_system.type === 'unrestricted') return false;
  return permissions.file_system.entries.some(
    ({ path }) =>
      (path.type === 'special' && path.value.kind === 'project_roots') ||
      (path.type === 'glob_pattern' && !/^([\\/]|[A-Za-z]:)/.test(path.pattern)),
  );
}
