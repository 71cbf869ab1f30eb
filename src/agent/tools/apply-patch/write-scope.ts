/** Which real paths a permission profile lets be written: the agent's own check, for writes no operating-system sandbox sees. */
import picomatch from 'picomatch';
import type { FileAccess, FileSystemEntry, SandboxRequest, SpecialPath } from '../../../base/permission-profile.ts';
import type { FileSystem } from '../../../environment/environment.ts';
import { pathsLike } from '../native-path.ts';

/** Directly under a writable root these are not writable unless an entry grants write on them or below. */
const PROTECTED_NAMES: readonly string[] = ['.git', '.agents', '.codex', '.aws'];

interface ScopeEntry {
  /** Real path. */
  readonly path: string;
  readonly access: FileAccess;
}

export type WriteScope = (realPath: string) => boolean;

/** Resolves the profile's roots against the real file system once; undefined when the profile restricts no writing. */
export async function writeScope(request: SandboxRequest, files: FileSystem): Promise<WriteScope | undefined> {
  const { profile } = request;
  if (profile.type !== 'managed' || profile.file_system.type === 'unrestricted') return undefined;
  const denyGlobs: ((path: string) => boolean)[] = [];
  const entries: ScopeEntry[] = [];
  for (const entry of profile.file_system.entries) {
    if (entry.path.type === 'glob_pattern') {
      if (entry.access === 'deny') denyGlobs.push(picomatch(entry.path.pattern, { dot: true }));
      continue;
    }
    for (const path of resolveEntry(entry, request)) {
      entries.push({ path: await real(path, files), access: entry.access });
      if (entry.access !== 'write') entries.push({ path, access: entry.access });
    }
  }
  return (path) => !denyGlobs.some((matches) => matches(path)) && writable(path, entries, request.policyCwd);
}

async function real(path: string, files: FileSystem): Promise<string> {
  try {
    return await files.canonicalize(path);
  } catch {
    // A root that does not exist yet has no links to resolve.
    return path;
  }
}

function resolveEntry(entry: FileSystemEntry, request: SandboxRequest): string[] {
  const paths = pathsLike(request.policyCwd);
  if (entry.path.type === 'path') return [paths.resolve(request.policyCwd, entry.path.path)];
  return entry.path.type === 'special' ? resolveSpecial(entry.path.value, request) : [];
}

function resolveSpecial(special: SpecialPath, request: SandboxRequest): string[] {
  const paths = pathsLike(request.policyCwd);
  switch (special.kind) {
    case 'root':
      return [paths.parse(request.policyCwd).root];
    case 'project_roots':
      return request.workspaceRoots.map((root) => (special.subpath === undefined ? root : paths.join(root, special.subpath)));
    case 'slash_tmp':
      return ['/tmp'];
    // The environment alone knows its temporary directory; what cannot be resolved grants nothing.
    case 'tmpdir':
    case 'minimal':
    case 'unknown':
      return [];
  }
}

const STRICTNESS: Readonly<Record<FileAccess, number>> = { deny: 2, write: 1, read: 0 };

/** The deepest entry above the path decides; among equals deny wins over write and write over read. */
function writable(path: string, entries: readonly ScopeEntry[], sample: string): boolean {
  let best: ScopeEntry | undefined;
  for (const entry of entries) {
    if (!isWithin(path, entry.path, sample)) continue;
    const deeper = best === undefined || entry.path.length > best.path.length;
    const stricter = best?.path === entry.path && STRICTNESS[entry.access] > STRICTNESS[best.access];
    if (deeper || stricter) best = entry;
  }
  if (best?.access !== 'write') return false;
  return !isProtected(path, best.path, entries, sample);
}

function isProtected(path: string, root: string, entries: readonly ScopeEntry[], sample: string): boolean {
  const paths = pathsLike(sample);
  const unnarrowed = entries.every((entry) => entry.access === 'write');
  if (root === paths.parse(root).root && unnarrowed) return false;
  if (PROTECTED_NAMES.includes(paths.basename(root))) return false;
  const first = paths.relative(root, path).split(paths.sep)[0] ?? '';
  return PROTECTED_NAMES.includes(first);
}

function isWithin(path: string, root: string, sample: string): boolean {
  const { sep } = pathsLike(sample);
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}
