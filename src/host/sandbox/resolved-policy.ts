/** A permission profile with every symbolic part replaced by real paths: the input of a platform's policy compiler. Pure. */
import { dirname, isAbsolute, join, normalize } from 'node:path';
import type { FileAccess, FileSystemEntry, PermissionPath, SandboxRequest, SpecialPath } from '../../base/permission-profile.ts';
import { SandboxUnavailable } from '../process-types.ts';

export interface ResolvedEntry {
  /** Absolute and normalised, links not followed. */
  readonly path: string;
  readonly access: FileAccess;
  /** Left out when the path does not exist. */
  readonly optional: boolean;
}

export interface ResolvedPolicy {
  /** What holds where no entry says otherwise. */
  readonly root: FileAccess;
  /** `root` is `write` because the profile says so of the whole disk, devices and metadata included; a workspace of `/` is less. */
  readonly wholeDisk: boolean;
  /** The platform's own directories are readable. */
  readonly minimal: boolean;
  /** One entry per path, shallow first; of equals the strictest. */
  readonly entries: readonly ResolvedEntry[];
  /** Patterns, absolute, whose matches may not be read. */
  readonly denyGlobs: readonly string[];
  readonly globScanMaxDepth: number | undefined;
  readonly networkRestricted: boolean;
}

export interface PolicyFacts {
  /** `$TMPDIR` of the child, when it has one. */
  readonly tmpdir: string | undefined;
  readonly slashTmpIsDirectory: boolean;
  /** Paths that stay read-only even where they lie in a writable place, unless the profile names them as writable. */
  readonly ownPaths?: readonly string[];
}

/** What `:minimal` makes readable, where it exists. */
export const platformDirectories = ['/bin', '/sbin', '/usr', '/etc', '/lib', '/lib32', '/lib64', '/nix/store', '/run/current-system/sw'];

/** Names directly below a writable root that stay read-only, so that a command cannot change what later commands trust. */
export const protectedNames = ['.git', '.agents', '.codex', '.aws'] as const;

/** How many names an absolute, normalised path has. */
export function depthOf(path: string): number {
  let depth = 0;
  for (let at = path.indexOf('/'); at >= 0 && at < path.length - 1; at = path.indexOf('/', at + 1)) depth += 1;
  return depth;
}
/** True for `dir` itself and everything below it. */
export const isWithin = (path: string, dir: string): boolean => path === dir || path.startsWith(dir === '/' ? '/' : `${dir}/`);

const strictness: Record<FileAccess, number> = { read: 0, write: 1, deny: 2 };

function absolute(path: string, request: SandboxRequest): string {
  if (!isAbsolute(request.policyCwd)) throw new SandboxUnavailable('the sandbox needs an absolute working directory');
  const full = normalize(isAbsolute(path) ? path : join(request.policyCwd, path));
  return full.length > 1 && full.endsWith('/') ? full.slice(0, -1) : full;
}

function specialPaths(value: SpecialPath, request: SandboxRequest, facts: PolicyFacts): string[] {
  switch (value.kind) {
    case 'root':
      return ['/'];
    case 'project_roots': {
      const roots = request.workspaceRoots.length > 0 ? request.workspaceRoots : [request.policyCwd];
      return roots.map((root) => (value.subpath === undefined ? root : join(root, value.subpath)));
    }
    case 'tmpdir':
      return facts.tmpdir !== undefined && isAbsolute(facts.tmpdir) ? [facts.tmpdir] : [];
    case 'slash_tmp':
      return facts.slashTmpIsDirectory ? ['/tmp'] : [];
    case 'minimal':
    case 'unknown':
      return [];
  }
}

function pathsOf(path: PermissionPath, request: SandboxRequest, facts: PolicyFacts): string[] {
  if (path.type === 'path') return [absolute(path.path, request)];
  if (path.type === 'special') return specialPaths(path.value, request, facts).map((each) => absolute(each, request));
  return [];
}

function globsOf(entry: FileSystemEntry, request: SandboxRequest): string[] {
  if (entry.path.type !== 'glob_pattern') return [];
  const { pattern } = entry.path;
  if (entry.access !== 'deny') throw new SandboxUnavailable(`a pattern may only deny: ${pattern}`);
  if (isAbsolute(pattern)) return [pattern];
  return [...new Set([request.policyCwd, ...request.workspaceRoots])].map((root) => join(root, pattern));
}

/** What the deepest entry above `path` says. */
function accessAt(entries: ReadonlyMap<string, ResolvedEntry>, path: string): FileAccess {
  for (let at = path; ; at = dirname(at)) {
    const found = entries.get(at);
    if (found) return found.access;
    if (at === dirname(at)) return 'deny';
  }
}

/** Throws `SandboxUnavailable` for a profile that says something this compiler does not understand. */
export function resolvePolicy(request: SandboxRequest, facts: PolicyFacts): ResolvedPolicy {
  const { profile } = request;
  if (profile.type !== 'managed') throw new SandboxUnavailable(`a ${profile.type} profile has nothing to enforce`);
  const networkRestricted = profile.network === 'restricted';
  if (profile.file_system.type === 'unrestricted') {
    return { root: 'write', wholeDisk: true, minimal: false, entries: [], denyGlobs: [], globScanMaxDepth: undefined, networkRestricted };
  }
  const { entries, glob_scan_max_depth } = profile.file_system;
  const byPath = new Map<string, ResolvedEntry>();
  for (const entry of entries) {
    for (const path of pathsOf(entry.path, request, facts)) {
      const known = byPath.get(path);
      const optional = entry.missing_path_behavior === 'skip' && (known?.optional ?? true);
      const access = known && strictness[known.access] > strictness[entry.access] ? known.access : entry.access;
      byPath.set(path, { path, access, optional });
    }
  }
  for (const path of facts.ownPaths ?? []) {
    if (accessAt(byPath, path) === 'write' && !byPath.has(path)) byPath.set(path, { path, access: 'read', optional: true });
  }
  const root = byPath.get('/')?.access ?? 'deny';
  byPath.delete('/');
  const said = (kind: SpecialPath['kind'], access: FileAccess) =>
    entries.some((entry) => entry.access === access && entry.path.type === 'special' && entry.path.value.kind === kind);
  return {
    root,
    wholeDisk: root === 'write' && said('root', 'write'),
    minimal: said('minimal', 'read'),
    entries: [...byPath.values()].sort((a, b) => depthOf(a.path) - depthOf(b.path) || (a.path < b.path ? -1 : 1)),
    denyGlobs: entries.flatMap((entry) => globsOf(entry, request)),
    globScanMaxDepth: glob_scan_max_depth,
    networkRestricted,
  };
}
