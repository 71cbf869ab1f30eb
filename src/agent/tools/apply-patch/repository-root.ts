/** Finds what paths of a turn's diff are relative to. */
import type { FileSystem } from '../../../environment/environment.ts';
import { pathsLike } from '../native-path.ts';
import type { TurnDiff } from '../tool.ts';

/** Roots already looked up, for as long as the diff they serve lives. */
const known = new WeakMap<TurnDiff, Map<string, Promise<string>>>();

/** The directory above `cwd` that holds `.git`, or `cwd` itself without one. Looked up once per diff and directory. */
export function repositoryRoot(cwd: string, files: FileSystem, diff: TurnDiff): Promise<string> {
  let roots = known.get(diff);
  if (!roots) {
    roots = new Map();
    known.set(diff, roots);
  }
  let root = roots.get(cwd);
  if (!root) {
    root = findRoot(cwd, files);
    roots.set(cwd, root);
  }
  return root;
}

async function findRoot(cwd: string, files: FileSystem): Promise<string> {
  const paths = pathsLike(cwd);
  for (let directory = cwd; ; directory = paths.dirname(directory)) {
    try {
      await files.metadata(paths.join(directory, '.git'));
      return directory;
    } catch {
      // Not here, or not to be seen: look one level up.
    }
    if (paths.dirname(directory) === directory) return cwd;
  }
}
