/** Where the repository of a directory really lies when its `.git` is a file. */
import { isAbsolute, join } from 'node:path';

export type PathKind = 'file' | 'directory' | 'symlink' | 'missing';

export interface GitFacts {
  /** What the path itself is; links are not followed. */
  kindOf(path: string): PathKind;
  /** Every link resolved; undefined when the path does not exist. */
  realPath(path: string): string | undefined;
  readText(path: string): string | undefined;
}

/** The directory that the `.git` file of `root` names and, of a linked work tree, the one whose hooks and settings it shares. */
export function gitDirectories(root: string, facts: GitFacts): string[] {
  const pointer = join(root, '.git');
  const named = facts.kindOf(pointer) === 'file' ? /^gitdir:\s*(.+?)\s*$/m.exec(facts.readText(pointer) ?? '')?.[1] : undefined;
  if (named === undefined) return [];
  const own = realFrom(root, named, facts);
  const shared = facts.readText(join(own, 'commondir'))?.trim();
  return shared ? [own, realFrom(own, shared, facts)] : [own];
}

function realFrom(base: string, path: string, facts: GitFacts): string {
  const full = isAbsolute(path) ? path : join(base, path);
  return facts.realPath(full) ?? full;
}
