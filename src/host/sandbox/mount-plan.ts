/**
 * From a resolved policy to the mounts of a sandbox, in order. Reads the disk through `MountFacts` only, so that every shape
 * of disk can be tested; refuses (`SandboxUnavailable`) whatever it could not enforce exactly.
 */
import { dirname, join } from 'node:path';
import { SandboxUnavailable } from '../process-types.ts';
import { type GitFacts, gitDirectories } from './git-directories.ts';
import { depthOf, isWithin, platformDirectories, protectedNames, type ResolvedEntry, type ResolvedPolicy } from './resolved-policy.ts';

export interface MountFacts extends GitFacts {
  isEmptyDirectory(path: string): boolean;
  /** Nobody with our rights can make anything in this directory, nor open it for that. */
  isSealed(directory: string): boolean;
  /** Existing paths that a denied pattern matches, links not followed. */
  matches(glob: string, maxDepth: number | undefined): readonly string[];
}

/** One step. `mask` hides a file or a directory, `placeholder` puts an empty read-only directory where nothing is yet. */
export type MountStep =
  | { readonly type: 'bind' | 'readOnly'; readonly from: string; readonly to: string }
  | { readonly type: 'maskDirectory'; readonly path: string; readonly keep: readonly string[] }
  | { readonly type: 'maskFile'; readonly path: string }
  | { readonly type: 'placeholder'; readonly path: string }
  /** A mount of a directory over itself, so that it cannot be renamed away with what is protected inside. */
  | { readonly type: 'pin'; readonly path: string };

export interface MountPlan {
  readonly steps: readonly MountStep[];
  /** Paths that the mounts create on the host, as empty directories or files, or that another run may have created so. */
  readonly placeholders: readonly string[];
}

interface Area {
  readonly path: string;
  readonly steps: MountStep[];
}

/** The writable root that a path lies below, the nearest one. */
const areaOf = (areas: readonly Area[], path: string): Area | undefined => areas.filter((area) => isWithin(path, area.path)).at(-1);

export function planMounts(policy: ResolvedPolicy, facts: MountFacts): MountPlan {
  const steps: MountStep[] = [];
  const placeholders: string[] = [];
  const areas: Area[] = policy.root === 'write' ? [{ path: '/', steps }] : [];
  if (policy.root === 'deny' && policy.minimal) {
    for (const path of platformDirectories) {
      if (facts.realPath(path) !== undefined) steps.push({ type: 'readOnly', from: path, to: path });
    }
  }
  const writable = policy.entries.filter(({ access }) => access === 'write').map(({ path }) => facts.realPath(path) ?? path);
  for (const entry of policy.entries) addEntry(entry, { policy, facts, steps, placeholders, areas, writable });
  for (const path of deniedMatches(policy, facts)) mask(path, { facts, steps, placeholders, areas, writable });
  // After all binds: a protected place that is itself below another writable root stays protected.
  for (const area of areas.filter(({ path }) => path !== '/' || !policy.wholeDisk)) {
    for (const path of protectedPaths(area.path, policy, facts)) protect(path, { facts, steps, placeholders, areas });
  }
  return { steps: withoutRepeats(steps), placeholders };
}

interface Planning {
  readonly facts: MountFacts;
  readonly steps: MountStep[];
  readonly placeholders: string[];
  readonly areas: Area[];
}

function addEntry(entry: ResolvedEntry, planning: Planning & { policy: ResolvedPolicy; writable: readonly string[] }): void {
  const { facts, steps, areas, policy } = planning;
  if (entry.access === 'deny') {
    mask(entry.path, planning);
    return;
  }
  const real = facts.realPath(entry.path);
  if (real === undefined) {
    // A root that does not exist yet grants nothing; what is kept from writing must not come into being.
    if (entry.access === 'read' && !entry.optional) protect(entry.path, planning);
    return;
  }
  if (entry.access === 'write') {
    steps.push({ type: 'bind', from: real, to: real });
    areas.push({ path: real, steps });
    return;
  }
  const inWritable = areaOf(areas, real) !== undefined;
  if (inWritable) protect(entry.path, planning);
  else if (policy.root === 'deny' || steps.some((step) => step.type === 'maskDirectory' && isWithin(real, step.path))) {
    steps.push({ type: 'readOnly', from: real, to: real });
  }
}

function deniedMatches(policy: ResolvedPolicy, facts: MountFacts): string[] {
  const matches = policy.denyGlobs.flatMap((glob) => facts.matches(glob, policy.globScanMaxDepth));
  // The name and what it points to: a link must not be a way around.
  const all = matches.flatMap((path) => [path, facts.realPath(path) ?? path]);
  return [...new Set(all)].filter((path) => facts.kindOf(path) !== 'symlink');
}

/** Hides `path`. Below a writable root its ancestors are pinned, so that it cannot be moved to another name. */
function mask(path: string, planning: Planning & { writable: readonly string[] }): void {
  const { facts, steps, areas, placeholders, writable } = planning;
  const area = areaOf(areas, path);
  if (area) refuseLinks(path, area.path, facts);
  const real = area ? path : (facts.realPath(path) ?? path);
  const kind = facts.kindOf(real);
  if (kind === 'missing') {
    if (!area) return; // nobody can create it
    const first = firstMissing(real, facts);
    pin(first, area, planning);
    steps.push({ type: 'maskFile', path: first });
    placeholders.push(first);
    return;
  }
  if (area) pin(real, area, planning);
  if (kind === 'file') steps.push({ type: 'maskFile', path: real });
  else steps.push({ type: 'maskDirectory', path: real, keep: writable.filter((inner) => inner !== real && isWithin(inner, real)) });
}

/** Makes `path`, below a writable root, read-only, whether it exists or not. */
function protect(path: string, planning: Planning): void {
  const { facts, steps, areas, placeholders } = planning;
  const area = areaOf(areas, path);
  if (!area) return;
  refuseLinks(path, area.path, facts);
  const kind = facts.kindOf(path);
  // An empty one may be another run's placeholder, which must not be taken away while this run needs it.
  const mayBePlaceholder = kind === 'directory' && isProtectedName(path, area) && facts.isEmptyDirectory(path);
  if (kind !== 'missing' && !mayBePlaceholder) {
    pin(path, area, planning);
    steps.push({ type: 'readOnly', from: path, to: path });
    return;
  }
  const first = firstMissing(path, facts);
  if (kind === 'missing' && facts.isSealed(dirname(first))) return;
  pin(first, area, planning);
  steps.push({ type: 'placeholder', path: first });
  placeholders.push(first);
}

const isProtectedName = (path: string, area: Area): boolean => protectedNames.some((name) => path === join(area.path, name));

/** Every directory between the writable root and `path` becomes a mount of its own: renaming one gives EBUSY. */
function pin(path: string, area: Area, { steps }: Planning): void {
  const inner: string[] = [];
  for (let at = dirname(path); at !== area.path && isWithin(at, area.path) && at !== '/'; at = dirname(at)) inner.unshift(at);
  for (const directory of inner) steps.push({ type: 'pin', path: directory });
}

function refuseLinks(path: string, root: string, facts: MountFacts): void {
  for (let at = path; at !== root && at !== '/'; at = dirname(at)) {
    if (facts.kindOf(at) === 'symlink') {
      throw new SandboxUnavailable(`${at} is a symbolic link below a writable directory, so ${path} cannot be protected`);
    }
  }
}

function firstMissing(path: string, facts: MountFacts): string {
  let first = path;
  for (let at = dirname(path); at !== '/' && facts.kindOf(at) === 'missing'; at = dirname(at)) first = at;
  return first;
}

/** Metadata of a writable root that later commands trust: fixed names, and the directories that a `.git` file leads to. */
function protectedPaths(root: string, policy: ResolvedPolicy, facts: MountFacts): string[] {
  if (facts.kindOf(root) !== 'directory') return [];
  const granted = (path: string) => policy.entries.some((entry) => entry.access === 'write' && isWithin(entry.path, path));
  const paths = protectedNames.map((name) => join(root, name)).filter((path) => !granted(path));
  paths.push(...gitDirectories(root, facts));
  return paths.sort((a, b) => depthOf(a) - depthOf(b));
}

function withoutRepeats(steps: readonly MountStep[]): MountStep[] {
  const pinned = new Set<string>();
  return steps.filter((step) => {
    if (step.type !== 'pin') return true;
    if (pinned.has(step.path)) return false;
    pinned.add(step.path);
    return true;
  });
}
