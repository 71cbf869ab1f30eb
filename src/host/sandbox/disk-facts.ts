/** What the policy compiler asks of the real disk. Synchronous: a handful of `lstat` calls, cheaper than their promises. */
import { accessSync, constants, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import picomatch from 'picomatch';
import { errnoOf } from '../../base/errors.ts';
import { SandboxUnavailable } from '../process-types.ts';
import type { PathKind } from './git-directories.ts';
import type { MountFacts } from './mount-plan.ts';

/** More matches than this and the sandbox refuses to start. */
const maxMatches = 8192;

function kindOf(path: string): PathKind {
  try {
    // Most of what is asked for does not exist, and an exception costs more than the call.
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (!stat) return 'missing';
    if (stat.isSymbolicLink()) return 'symlink';
    return stat.isDirectory() ? 'directory' : 'file';
  } catch {
    return 'missing';
  }
}

const orUndefined = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};

/** The part of a pattern before its first special character, as a directory. */
function staticPrefix(glob: string): string {
  const special = glob.search(/[*?[{(!]/);
  return special < 0 ? dirname(glob) : dirname(`${glob.slice(0, special)}x`);
}

function matches(glob: string, maxDepth: number | undefined): string[] {
  const root = staticPrefix(glob);
  if (root === '/') return []; // too broad to search; the agent's own file tools still refuse
  const isMatch = picomatch(glob, { dot: true });
  const found: string[] = [];
  const walk = (directory: string, depth: number): void => {
    if (maxDepth !== undefined && depth > maxDepth) return;
    for (const entry of orUndefined(() => readdirSync(directory, { withFileTypes: true })) ?? []) {
      const path = join(directory, entry.name);
      if (isMatch(path)) found.push(path);
      if (found.length > maxMatches) throw new SandboxUnavailable(`the denied pattern ${glob} matches more than ${maxMatches} paths`);
      if (entry.isDirectory()) walk(path, depth + 1);
    }
  };
  walk(root, 1);
  return found;
}

/** Its owner could open it again; who is not the owner cannot, and nobody can on a read-only file system. */
function isSealed(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return false;
  } catch (error) {
    if (errnoOf(error) === 'EROFS') return true;
    return errnoOf(error) === 'EACCES' && statSync(directory, { throwIfNoEntry: false })?.uid !== process.geteuid?.();
  }
}

export const diskFacts: MountFacts = {
  kindOf,
  realPath: (path) => orUndefined(() => realpathSync.native(path)),
  readText: (path) => orUndefined(() => readFileSync(path, 'utf8')),
  isEmptyDirectory: (path) => orUndefined(() => readdirSync(path).length === 0) ?? false,
  isSealed,
  matches,
};
