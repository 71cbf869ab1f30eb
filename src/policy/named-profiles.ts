/** `[permissions.NAME]` of the configuration: inheritance, checks, and the one profile a name stands for. Pure. */
import { invalidRequest } from '../base/errors.ts';
import type { FileAccess, FileSystemEntry, PermissionPath, PermissionProfile } from '../base/permission-profile.ts';

type Table = Readonly<Record<string, unknown>>;

export interface NamedProfile {
  readonly id: string;
  readonly extends: string | null;
  readonly description: string | null;
  readonly profile: PermissionProfile;
  /** `[permissions.NAME.network]` of the profile and of those it extends, furthest first. */
  readonly network: readonly { readonly name: string; readonly table: Table }[];
  /** Further workspace roots, absolute. */
  readonly workspaceRoots: readonly string[];
  readonly warnings: readonly string[];
}

export interface NamedProfileContext {
  /** `[permissions]` as it stands in the file. */
  readonly table: Readonly<Record<string, unknown>>;
  readonly home: string;
  /** The profiles that come with the program and may be extended, and those that may only be named. */
  readonly builtIn: (id: string) => PermissionProfile | undefined;
}

const extensible = new Set([':read-only', ':workspace']);
const accesses: Readonly<Record<string, FileAccess>> = { read: 'read', write: 'write', deny: 'deny', none: 'deny' };
const tokens: Readonly<Record<string, 'root' | 'minimal' | 'project_roots' | 'tmpdir' | 'slash_tmp'>> = {
  ':root': 'root',
  ':minimal': 'minimal',
  ':workspace_roots': 'project_roots',
  ':tmpdir': 'tmpdir',
  ':slash_tmp': 'slash_tmp',
};

const isTable = (value: unknown): value is Table => typeof value === 'object' && value !== null && !Array.isArray(value);
const bad = (message: string) => invalidRequest(`failed to load configuration: ${message}`);

/** Throws `invalidRequest` that names the key at fault. */
export function namedProfile(id: string, context: NamedProfileContext): NamedProfile {
  const builtIn = context.builtIn(id);
  if (builtIn) return { id, extends: null, description: null, profile: builtIn, network: [], workspaceRoots: [], warnings: [] };
  if (id.startsWith(':')) throw bad(`default_permissions refers to unknown built-in profile \`${id}\``);
  const chain = inheritance(id, context);
  const base = chain[0]?.extends;
  const start: PermissionProfile = (base === undefined || base === null ? undefined : context.builtIn(base)) ?? {
    type: 'managed',
    file_system: { type: 'restricted', entries: [] },
    network: 'restricted',
  };
  const merged = new Map<string, FileSystemEntry>();
  if (start.type === 'managed' && start.file_system.type === 'restricted') {
    for (const entry of start.file_system.entries) merged.set(JSON.stringify(entry.path), entry);
  }
  let network = start.type === 'managed' ? start.network : 'restricted';
  let depth: number | undefined;
  const roots: string[] = [];
  const warnings: string[] = [];
  for (const { name, table } of chain) {
    for (const entry of fileSystemEntries(name, table.filesystem, context, warnings)) merged.set(JSON.stringify(entry.path), entry);
    if (isTable(table.filesystem)) depth = scanDepth(name, table.filesystem.glob_scan_max_depth) ?? depth;
    if (isTable(table.network) && typeof table.network.enabled === 'boolean') network = table.network.enabled ? 'enabled' : 'restricted';
    if (isTable(table.workspace_roots)) {
      for (const [path, on] of Object.entries(table.workspace_roots)) if (on === true) roots.push(absolute(path, context.home));
    }
  }
  if (merged.size === 0)
    warnings.push(
      `Permissions profile \`${id}\` does not define any recognized filesystem entries for this version of Codex. Filesystem access will remain restricted. Upgrade Codex if this profile expects filesystem permissions.`,
    );
  const own = chain.at(-1);
  return {
    id,
    extends: own?.extends ?? null,
    description: typeof own?.table.description === 'string' ? own.table.description : null,
    profile: {
      type: 'managed',
      file_system: { type: 'restricted', entries: [...merged.values()], ...(depth === undefined ? {} : { glob_scan_max_depth: depth }) },
      network,
    },
    network: chain.flatMap(({ name, table }) => (isTable(table.network) ? [{ name, table: table.network }] : [])),
    workspaceRoots: roots,
    warnings,
  };
}

interface Link {
  readonly name: string;
  readonly table: Table;
  /** What the link itself extends; null at the end of the chain. */
  readonly extends: string | null;
}

/** The profile and those it extends, furthest first. */
function inheritance(id: string, { table, builtIn }: NamedProfileContext): Link[] {
  const chain: Link[] = [];
  for (let name = id; ; ) {
    if (chain.some((link) => link.name === name)) {
      throw bad(`permissions profile inheritance cycle detected: ${[...chain.map((link) => link.name).reverse(), name].join(' -> ')}`);
    }
    const own = Object.hasOwn(table, name) ? table[name] : undefined;
    if (!isTable(own)) {
      const child = chain[0]?.name;
      if (child === undefined) throw bad(`default_permissions refers to undefined profile \`${name}\``);
      throw bad(`permissions profile \`${child}\` extends undefined profile \`${name}\``);
    }
    const parent = own.extends;
    if (parent !== undefined && typeof parent !== 'string') throw bad(`permissions.${name}.extends must be the name of a profile`);
    chain.unshift({ name, table: own, extends: parent ?? null });
    if (parent === undefined) return chain;
    if (parent.startsWith(':')) {
      if (!extensible.has(parent) || !builtIn(parent))
        throw bad(`permissions profile \`${name}\` cannot extend unsupported built-in profile \`${parent}\``);
      return chain;
    }
    name = parent;
  }
}

function scanDepth(name: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1) return value;
  throw bad(`permissions.${name}.filesystem.glob_scan_max_depth must be a whole number of at least 1`);
}

function fileSystemEntries(name: string, value: unknown, context: NamedProfileContext, warnings: string[]): FileSystemEntry[] {
  if (value === undefined) return [];
  if (!isTable(value)) throw bad(`permissions.${name}.filesystem must be a table`);
  return Object.entries(value)
    .filter(([key]) => key !== 'glob_scan_max_depth')
    .flatMap(([key, access]) => entriesOf({ name, key, access }, context, warnings));
}

interface Setting {
  readonly name: string;
  readonly key: string;
  readonly access: unknown;
}

function entriesOf({ name, key, access }: Setting, context: NamedProfileContext, warnings: string[]): FileSystemEntry[] {
  const where = `permissions.${name}.filesystem."${key}"`;
  const subpaths = isTable(access) ? Object.entries(access) : [['.', access] as const];
  if (key.startsWith(':') && !Object.hasOwn(tokens, key)) {
    warnings.push(
      `Configured filesystem path \`${key}\` is not recognized by this version of Codex and will be ignored. Upgrade Codex if this path is required.`,
    );
    return [];
  }
  return subpaths.map(([subpath, value]) => {
    const mode = typeof value === 'string' && Object.hasOwn(accesses, value) ? accesses[value] : undefined;
    if (mode === undefined) throw bad(`${where} must be one of read, write, deny`);
    return { path: pathOf({ key, where, subpath, mode }, context), access: mode };
  });
}

function pathOf(
  { key, where, subpath, mode }: { key: string; where: string; subpath: string; mode: FileAccess },
  { home }: NamedProfileContext,
): PermissionPath {
  const parts = subpath === '.' ? [] : subpath.split('/');
  if (subpath.startsWith('/') || parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw bad(`filesystem subpath \`${subpath}\` must be a descendant path without \`.\` or \`..\` components`);
  }
  const token = tokens[key];
  if (token === 'project_roots' && isPattern(subpath)) {
    if (mode !== 'deny') throw onlyDeny(subpath);
    return { type: 'glob_pattern', pattern: subpath };
  }
  if (token !== undefined) {
    if (token === 'project_roots') return { type: 'special', value: { kind: token, ...(parts.length > 0 ? { subpath } : {}) } };
    if (parts.length > 0) throw bad(`${where}: only :workspace_roots and paths may have sub-paths`);
    return { type: 'special', value: { kind: token } };
  }
  const full = [absolute(key, home), ...parts].join('/').replace(/\/+/g, '/');
  if (!isPattern(full)) return { type: 'path', path: full };
  if (mode === 'deny') return { type: 'glob_pattern', pattern: full };
  if (full.endsWith('/**') && !isPattern(full.slice(0, -3))) return { type: 'path', path: full.slice(0, -3) };
  throw onlyDeny(full);
}

/** An opening bracket that is never closed is an ordinary character. */
const isPattern = (path: string): boolean => /[*?]|\[[^\]]*\]/.test(path);

const onlyDeny = (pattern: string) =>
  bad(
    `filesystem glob path \`${pattern}\` only supports \`deny\` access; use an exact path or trailing \`/**\` for \`read\` subtree access`,
  );

function absolute(path: string, home: string): string {
  if (path === '~') return home;
  if (path.startsWith('~/')) return `${home}/${path.slice(2)}`;
  if (path.startsWith('/')) return path;
  throw bad(`filesystem path \`${path}\` must be absolute, use \`~/...\`, or start with \`:\``);
}
