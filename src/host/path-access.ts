/** What a permission profile allows on a real path: the same answer the sandbox gives, for operations we carry out ourselves. */
import { basename, dirname, join } from 'node:path';
import picomatch from 'picomatch';
import type { FileAccess, SandboxRequest } from '../base/permission-profile.ts';
import { realpath, stat } from './disk.ts';
import { diskFacts } from './sandbox/disk-facts.ts';
import { gitDirectories } from './sandbox/git-directories.ts';
import { writableRoots } from './sandbox/mount-plan.ts';
import { ownPaths } from './sandbox/own-paths.ts';
import { depthOf, isWithin, platformDirectories, protectedNames, resolvePolicy } from './sandbox/resolved-policy.ts';

export interface PathAccess {
  /** Of a path without links; the path need not exist. */
  of(realPath: string): FileAccess;
}

interface Rule {
  readonly path: string;
  readonly access: FileAccess;
}

const strictness: Readonly<Record<FileAccess, number>> = { write: 0, read: 1, deny: 2 };

/** Undefined when the profile restricts no files. Rejects with `SandboxUnavailable` for a profile that cannot be understood. */
export async function pathAccess(request: SandboxRequest, env: { tmpdir: string | undefined }): Promise<PathAccess | undefined> {
  const { profile } = request;
  if (profile.type !== 'managed' || profile.file_system.type === 'unrestricted') return undefined;
  const slashTmpIsDirectory = await stat('/tmp').then(
    (found) => found.isDirectory(),
    () => false,
  );
  const policy = resolvePolicy(request, { tmpdir: env.tmpdir, slashTmpIsDirectory, ownPaths: ownPaths() });
  const rules: Rule[] = [];
  for (const { path, access } of policy.entries) {
    const real = await realPathOf(path);
    rules.push({ path: real, access });
    // A restriction also holds for the spelling, should a link on the way change later.
    if (real !== path && access !== 'write') rules.push({ path, access });
  }
  const roots = writableRoots(policy, diskFacts).filter((path) => path !== '/' || !policy.wholeDisk);
  for (const path of roots.flatMap((root) => gitDirectories(root, diskFacts))) rules.push({ path, access: 'read' });
  if (policy.root === 'deny' && policy.minimal) for (const path of platformDirectories) rules.push({ path, access: 'read' });
  const globs = policy.denyGlobs.map((glob) => picomatch(glob, { dot: true }));
  const isDenied = (path: string): boolean => globs.length > 0 && lineage(path).some((each) => globs.some((matches) => matches(each)));
  return { of: (path) => (isDenied(path) ? 'deny' : accessBy([{ path: '/', access: policy.root }, ...rules], path)) };
}

/** The deepest rule decides, of equals the strictest. Directly below what it lets be written, some names stay read-only. */
function accessBy(rules: readonly Rule[], path: string): FileAccess {
  let winner: Rule | undefined;
  for (const rule of rules) {
    if (!isWithin(path, rule.path)) continue;
    const deeper = winner === undefined ? 1 : depthOf(rule.path) - depthOf(winner.path);
    if (winner === undefined || deeper > 0 || (deeper === 0 && strictness[rule.access] > strictness[winner.access])) winner = rule;
  }
  if (winner?.access !== 'write') return winner?.access ?? 'deny';
  const below = path.slice(winner.path === '/' ? 1 : winner.path.length + 1).split('/')[0] ?? '';
  return protectedNames.some((name) => name === below) ? 'read' : 'write';
}

/** The path and all directories above it. */
function lineage(path: string): string[] {
  const all = [path];
  for (let at = dirname(path); at !== all.at(-1); at = dirname(at)) all.push(at);
  return all;
}

/** Links resolved as far as the path exists. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await realPathOf(parent), basename(path));
  }
}
