/**
 * From a resolved policy to the mounts of a sandbox, in order. Reads the disk through `MountFacts` only, so that every shape
 * of disk can be tested; refuses (`SandboxUnavailable`) whatever it could not enforce exactly.
 */
import { dirname, join } from 'node:path';
import type { FileAccess } from '../../base/permission-profile.ts';
import { SandboxUnavailable } from '../process-types.ts';
import { type GitFacts, gitDirectories } from './git-directories.ts';
import { depthOf, isWithin, platformDirectories, protectedNames, type ResolvedPolicy } from './resolved-policy.ts';

export interface MountFacts extends GitFacts {
  isEmptyDirectory(path: string): boolean;
  /** Nobody with our rights can make anything in this directory, nor open it for that. */
  isSealed(directory: string): boolean;
  /** Existing paths that a denied pattern matches, links not followed. */
  matches(glob: string, maxDepth: number | undefined): readonly string[];
}

/** One step. `mask` hides a file or a directory, `placeholder` puts an empty read-only directory where nothing is yet. */
export type MountStep =
  | { readonly type: 'bind' | 'readOnly'; readonly path: string }
  | { readonly type: 'maskDirectory'; readonly path: string; readonly keep: readonly string[] }
  /** `isNew`: there is none yet. */
  | { readonly type: 'maskFile'; readonly path: string; readonly isNew?: boolean }
  | { readonly type: 'placeholder'; readonly path: string }
  /** A mount of a directory over itself, so that it cannot be renamed away with what is protected inside. */
  | { readonly type: 'pin'; readonly path: string };

export interface MountPlan {
  readonly steps: readonly MountStep[];
  /** Paths that the mounts create on the host, as empty directories or files, or that another run may have created so. */
  readonly placeholders: readonly string[];
}

/** A rule about a path as the mounts have to spell it. */
interface Rule {
  readonly path: string;
  readonly access: FileAccess;
}

/** What is protected stays so, also when it is named as a root. */
const strictness: Readonly<Record<FileAccess, number>> = { write: 0, read: 1, deny: 2 };

interface Planning {
  readonly policy: ResolvedPolicy;
  readonly facts: MountFacts;
  /** Writable roots, links resolved. */
  readonly areas: readonly string[];
  /** One per path; of several the strictest. */
  readonly rules: Map<string, FileAccess>;
}

/** Each rule becomes its mounts, shallow ones first, so that nothing is mounted over what lies deeper. */
export function planMounts(policy: ResolvedPolicy, disk: MountFacts): MountPlan {
  const facts = askedOnce(disk);
  const planning = { policy, facts, areas: writableRoots(policy, facts), rules: new Map<string, FileAccess>() };
  collectRules(planning);
  const steps: MountStep[] = [];
  for (const [path, access] of planning.rules) steps.push(...stepsOf({ path, access }, planning));
  const placeholders = steps.flatMap((step) =>
    step.type === 'placeholder' || (step.type === 'maskFile' && step.isNew) ? [step.path] : [],
  );
  return { steps: steps.concat(pinsOf(steps, planning)).sort((a, b) => depthOf(a.path) - depthOf(b.path)), placeholders };
}

/** The same answer for the same question throughout one plan. */
function askedOnce(disk: MountFacts): MountFacts {
  const once = <T>(ask: (path: string) => T): ((path: string) => T) => {
    const answers = new Map<string, { readonly answer: T }>();
    return (path) => {
      const known = answers.get(path) ?? { answer: ask(path) };
      answers.set(path, known);
      return known.answer;
    };
  };
  return { ...disk, kindOf: once(disk.kindOf), realPath: once(disk.realPath), isSealed: once(disk.isSealed) };
}

/** Links resolved, shallow ones first. Throws `SandboxUnavailable` for one that a command could have chosen. */
export function writableRoots({ root, entries }: ResolvedPolicy, facts: MountFacts): string[] {
  const real = (path: string) => facts.realPath(path) ?? [];
  const written = entries.filter(({ access }) => access === 'write').map(({ path }) => path);
  const areas = [...(root === 'write' ? ['/'] : []), ...written.flatMap(real)].sort((a, b) => depthOf(a) - depthOf(b));
  for (const path of written) refuseForeignLinks(path, areas, facts);
  return areas;
}

/** A link on the way to a writable root that a command could have put there would choose what is writable. */
function refuseForeignLinks(path: string, areas: readonly string[], facts: MountFacts): void {
  const own = facts.realPath(path);
  for (let at = path; at !== '/'; at = dirname(at)) {
    if (facts.kindOf(at) !== 'symlink') continue;
    const place = facts.realPath(dirname(at));
    if (place !== undefined && areas.some((area) => area !== own && isWithin(place, area)))
      throw new SandboxUnavailable(`${at} is a symbolic link in a writable directory, so ${path} cannot be a writable root`);
  }
}

/** The writable root that a path lies below, the nearest one. */
const areaOf = (areas: readonly string[], path: string): string | undefined => areas.findLast((area) => isWithin(path, area));

function collectRules({ policy, facts, areas, rules }: Planning): void {
  const add = (path: string, access: FileAccess) => {
    const known = rules.get(path);
    if (path !== '/' && (known === undefined || strictness[access] > strictness[known])) rules.set(path, access);
  };
  if (policy.root === 'deny' && policy.minimal)
    for (const path of platformDirectories) if (facts.realPath(path) !== undefined) add(path, 'read');
  for (const area of areas) add(area, 'write');
  for (const { path, access, optional } of policy.entries) {
    const real = facts.realPath(path);
    if (access === 'write') continue;
    // Below a writable root the spelling counts, where a link could be exchanged. What does not exist must not come into being.
    if (areaOf(areas, real ?? path) !== undefined || areaOf(areas, path) !== undefined) {
      if (real !== undefined || access === 'deny' || !optional) add(path, access);
    } else if (real !== undefined) add(real, access);
  }
  for (const path of deniedMatches(policy, facts)) add(path, 'deny');
  for (const area of areas.filter((path) => path !== '/' || !policy.wholeDisk))
    for (const path of protectedPaths(area, policy, facts)) if (areaOf(areas, path) !== undefined) add(path, 'read');
}

/** What a command may do at `path` by the deepest rule above it. */
function accessAt(path: string, { rules, policy }: Planning): FileAccess {
  for (let at = path; at !== '/'; at = dirname(at)) {
    const access = rules.get(at);
    if (access !== undefined) return access;
  }
  return policy.root;
}

function stepsOf(rule: Rule, planning: Planning): MountStep[] {
  const { path, access } = rule;
  const { facts, areas } = planning;
  const around = accessAt(dirname(path), planning);
  const area = areaOf(areas, path);
  if (access === 'write') return [{ type: 'bind', path }];
  if (area !== undefined) refuseLinks(path, area, facts);
  if (access === around) return []; // closed with what it lies in
  const kind = facts.kindOf(path);
  if (kind === 'missing') return around === 'write' ? absent(rule, facts) : [];
  if (access === 'deny')
    return [kind === 'file' ? { type: 'maskFile', path } : { type: 'maskDirectory', path, keep: reopened(path, planning) }];
  // An empty one may be another run's placeholder, which must not be taken away while this run needs it.
  const isName = area !== undefined && protectedNames.some((name) => path === join(area, name));
  if (isName && kind === 'directory' && facts.isEmptyDirectory(path)) return [{ type: 'placeholder', path }];
  return [{ type: 'readOnly', path }];
}

/** Holds the place of what does not exist and must not come into being. */
function absent({ path, access }: Rule, facts: MountFacts): MountStep[] {
  const first = firstMissing(path, facts);
  if (facts.isSealed(dirname(first))) return [];
  return [access === 'deny' ? { type: 'maskFile', path: first, isNew: true } : { type: 'placeholder', path: first }];
}

/** Directories inside a denied one that other rules open again. */
const reopened = (path: string, { rules, facts }: Planning): string[] =>
  [...rules]
    .filter(([inner, access]) => access !== 'deny' && inner !== path && isWithin(inner, path) && facts.kindOf(inner) === 'directory')
    .map(([inner]) => inner);

/** Writable directories around what is closed become mounts of their own: renaming one gives EBUSY. */
function pinsOf(steps: readonly MountStep[], planning: Planning): MountStep[] {
  const pins = new Set<string>();
  for (const { type, path } of steps) {
    if (type === 'bind') continue;
    for (let at = dirname(path); at !== '/'; at = dirname(at))
      if (accessAt(at, planning) === 'write' && !planning.rules.has(at)) pins.add(at);
  }
  return [...pins].map((path) => ({ type: 'pin', path }));
}

function deniedMatches(policy: ResolvedPolicy, facts: MountFacts): string[] {
  const matches = policy.denyGlobs.flatMap((glob) => facts.matches(glob, policy.globScanMaxDepth));
  // The name and what it points to: a link must not be a way around.
  const all = matches.flatMap((path) => [path, facts.realPath(path) ?? path]);
  return [...new Set(all)].filter((path) => facts.kindOf(path) !== 'symlink');
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
  return [...paths, ...gitDirectories(root, facts)];
}
