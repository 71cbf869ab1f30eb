/**
 * Partial overlays: what a command or a turn may touch beyond the profile of its thread. Reading what was asked for, cutting an
 * answer down to it, and laying what was granted over a profile. Pure.
 */
import type { FileSystemEntry, PermissionProfile } from '../base/permission-profile.ts';
import type { AdditionalPermissionProfile, FileSystemSandboxEntry, GrantedPermissionProfile } from '../protocol/app/index.ts';
import { readEntry } from './permissions.ts';

/** What is asked for, and at most what is granted. Paths are absolute; entries that deny come along with whatever is granted. */
export interface ExtraPermissions {
  readonly network: boolean;
  readonly files: readonly FileSystemEntry[];
  /** How deep denied patterns are looked for. */
  readonly globScanMaxDepth?: number;
  /** The files were given as lists of paths to read and to write, and are shown so too. */
  readonly asLists: boolean;
}

export const noExtra: ExtraPermissions = { network: false, files: [], asLists: true };

const opens = ({ access }: FileSystemEntry): boolean => access !== 'deny';

/** True when it would let nothing more be touched. */
export const isNothing = ({ network, files }: ExtraPermissions): boolean => !network && !files.some(opens);

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
const isGiven = (value: unknown): boolean => value !== undefined && value !== null;
const keyOf = (entry: FileSystemEntry): string => JSON.stringify([entry.path, entry.access]);

/**
 * What a model asks for (`network.enabled`, `file_system` with `read` and `write` lists or `entries`). `resolve` makes a path
 * absolute. A text says what is wrong with it.
 */
export function readExtra(asked: unknown, resolve: (path: string) => string): ExtraPermissions | string {
  const files = member(asked, 'file_system');
  const entries = member(files, 'entries');
  const lists = ['read', 'write'].map((name) => member(files, name));
  if (lists.some((list) => isGiven(list) && !isStrings(list)))
    return '`file_system.read` and `file_system.write` have to be lists of paths';
  if (isGiven(entries) && lists.some(isGiven)) return '`file_system` takes either `entries` or `read` and `write`';
  const stored: unknown[] = isGiven(entries)
    ? Array.isArray(entries)
      ? entries
      : [undefined]
    : lists.flatMap((list, at) =>
        isStrings(list) ? list.map((path) => ({ path: { type: 'path', path }, access: at === 0 ? 'read' : 'write' })) : [],
      );
  const found: FileSystemEntry[] = [];
  for (const each of stored) {
    const entry = readEntry(each);
    if (!entry) return '`file_system.entries` holds something that is not an entry';
    if (entry.path.type === 'glob_pattern' && entry.access !== 'deny') return 'glob file system permissions only support deny-read entries';
    if (entry.path.type === 'path' && /^~(?:\/|$)/.test(entry.path.path))
      return 'paths have to be absolute, or relative to the working directory';
    found.push(entry.path.type === 'path' ? { ...entry, path: { type: 'path', path: resolve(entry.path.path) } } : entry);
  }
  const depth = member(files, 'glob_scan_max_depth');
  return {
    network: member(member(asked, 'network'), 'enabled') === true,
    files: found,
    ...(typeof depth === 'number' && Number.isInteger(depth) && depth > 0 ? { globScanMaxDepth: depth } : {}),
    asLists: !isGiven(entries),
  };
}

const isStrings = (value: unknown): value is string[] => Array.isArray(value) && value.every((each) => typeof each === 'string');

const pathsWith = (files: readonly FileSystemEntry[], access: 'read' | 'write'): string[] =>
  files.flatMap((entry) => (entry.access === access && entry.path.type === 'path' ? [entry.path.path] : []));

/** How a question to the client shows it. */
export function wireExtra({ network, files, globScanMaxDepth, asLists }: ExtraPermissions): AdditionalPermissionProfile {
  const list = (access: 'read' | 'write') => {
    const paths = asLists ? pathsWith(files, access) : [];
    return paths.length === 0 ? null : paths;
  };
  return {
    network: network ? { enabled: true } : null,
    fileSystem:
      files.length === 0
        ? null
        : {
            read: list('read'),
            write: list('write'),
            ...(globScanMaxDepth === undefined ? {} : { globScanMaxDepth }),
            entries: files.map(({ path, access }) => ({ path: wirePath(path), access })),
          },
  };
}

function wirePath(path: FileSystemEntry['path']): FileSystemSandboxEntry['path'] {
  if (path.type !== 'special') return path;
  const { value } = path;
  if (value.kind === 'project_roots') return { type: 'special', value: { kind: value.kind, subpath: value.subpath ?? null } };
  if (value.kind === 'unknown') return { type: 'special', value: { ...value, subpath: value.subpath ?? null } };
  return { type: 'special', value };
}

/** What an answer grants of what was asked for: nothing that was not asked, and all that was to be denied. */
export function grantedOf(asked: ExtraPermissions, answer: GrantedPermissionProfile): ExtraPermissions {
  const { network, fileSystem } = answer;
  const listed = (['read', 'write'] as const).flatMap((access) =>
    (fileSystem?.[access] ?? []).map((path): FileSystemEntry => ({ path: { type: 'path', path }, access })),
  );
  const granted = new Set([...(fileSystem?.entries ?? []).flatMap((entry) => readEntry(entry) ?? []), ...listed].map(keyOf));
  const opened = asked.files.filter((entry) => opens(entry) && granted.has(keyOf(entry)));
  const denied = asked.files.filter((entry) => !opens(entry));
  return {
    ...asked,
    network: asked.network && network?.enabled === true,
    files: opened.length === 0 ? [] : asked.files.filter((entry) => opened.includes(entry) || denied.includes(entry)),
  };
}

export function joinExtra(a: ExtraPermissions, b: ExtraPermissions): ExtraPermissions {
  const files = new Map([...a.files, ...b.files].map((entry) => [keyOf(entry), entry]));
  const depths = [a, b].flatMap(({ globScanMaxDepth: depth, files: own }) =>
    own.some(({ path }) => path.type === 'glob_pattern') ? [depth ?? Number.POSITIVE_INFINITY] : [],
  );
  const depth = Math.max(0, ...depths);
  return {
    network: a.network || b.network,
    files: [...files.values()],
    ...(depth > 0 && Number.isFinite(depth) ? { globScanMaxDepth: depth } : {}),
    asLists: a.asLists && b.asLists,
  };
}

/** True when everything `asked` opens is open already, with nothing less denied. */
export function isCovered(asked: ExtraPermissions, granted: ExtraPermissions): boolean {
  if (isNothing(asked)) return false;
  const held = new Set(granted.files.map(keyOf));
  return (!asked.network || granted.network) && asked.files.every((entry) => held.has(keyOf(entry)));
}

/** The profile with the overlay on top. Entries that deny stay in force; only a managed profile has anything to open. */
export function withExtra(profile: PermissionProfile, extra: ExtraPermissions): PermissionProfile {
  if (profile.type !== 'managed' || (!extra.network && extra.files.length === 0)) return profile;
  const network = extra.network ? 'enabled' : profile.network;
  if (profile.file_system.type === 'unrestricted') return { ...profile, network };
  const { glob_scan_max_depth: own, entries } = profile.file_system;
  const hasGlobs = extra.files.some(({ path }) => path.type === 'glob_pattern');
  // A limit that either side does not have must not hide matches from the other.
  const depth = own === undefined || !hasGlobs ? own : extra.globScanMaxDepth && Math.max(own, extra.globScanMaxDepth);
  const { glob_scan_max_depth: _, ...files } = profile.file_system;
  return {
    ...profile,
    network,
    file_system: { ...files, entries: [...entries, ...extra.files], ...(depth === undefined ? {} : { glob_scan_max_depth: depth }) },
  };
}
