/** Which project a directory belongs to, and whether the user trusts it. */
import { basename, dirname, join, resolve } from 'node:path';
import type { ConfigFiles } from './files.ts';
import type { TrustLevel } from './settings.ts';
import { isTable, type TomlTable } from './toml-values.ts';

export interface Project {
  /** The nearest directory with a root marker, or the working directory. */
  readonly root: string;
  /** From the root down to the working directory. */
  readonly directories: readonly string[];
  readonly trust: TrustLevel | undefined;
  /** The key of `[projects]` that decides (or would). */
  readonly trustKey: string;
}

/** Looks up the project of the directory `real`. `config` is that of the layers which stand above any project. */
export async function findProject(files: ConfigFiles, real: string, config: TomlTable): Promise<Project> {
  const markers = markersIn(config);
  // All are asked at once and the nearest is waited for first.
  const asked = markers.length === 0 ? [] : upwards(real).map((at) => ({ at, marked: hasMarker(files, at, markers) }));
  const chain: string[] = [];
  let root: string | undefined;
  for (const { at, marked } of asked) {
    chain.unshift(at);
    if (await marked) root = at;
    if (root !== undefined) break;
  }
  const directories = root === undefined ? [real] : chain;
  const repository = root === undefined ? undefined : await mainRepository(files, root);
  const keys = [real, ...(root === undefined ? [] : [root]), ...(repository === undefined ? [] : [repository])];
  const projects = isTable(config.projects) ? config.projects : {};
  for (const key of keys) {
    const trust = trustIn(projects, key);
    if (trust !== undefined) return { root: root ?? real, directories, trust, trustKey: key };
  }
  return { root: root ?? real, directories, trust: undefined, trustKey: repository ?? root ?? real };
}

/** A directory and all above it, the nearest first. */
function upwards(directory: string): string[] {
  const all = [directory];
  for (let at = directory; dirname(at) !== at; at = dirname(at)) all.push(dirname(at));
  return all;
}

function trustIn(projects: TomlTable, key: string): TrustLevel | undefined {
  const entry = Object.hasOwn(projects, key) ? projects[key] : undefined;
  const level = isTable(entry) ? entry.trust_level : undefined;
  return level === 'trusted' || level === 'untrusted' ? level : undefined;
}

function markersIn(config: TomlTable): readonly string[] {
  const markers = config.project_root_markers;
  return Array.isArray(markers) ? markers.filter((marker) => typeof marker === 'string' && marker !== '') : ['.git'];
}

/** Never rejects. */
async function hasMarker(files: ConfigFiles, directory: string, markers: readonly string[]): Promise<boolean> {
  for (const marker of markers) {
    const path = join(directory, marker);
    const find = (at: string) => files.find(at).catch(() => undefined);
    const found = await find(path);
    // An empty `.git` directory is no repository.
    if (found && (marker !== '.git' || found.isFile() || (await find(join(path, 'HEAD'))))) return true;
  }
  return false;
}

/** The main working tree of a linked one, which lends it its trust. */
async function mainRepository(files: ConfigFiles, root: string): Promise<string | undefined> {
  const pointer = (await files.text(join(root, '.git'))) ?? '';
  const target = /^gitdir:\s*(.+?)\s*$/m.exec(pointer)?.[1];
  if (target === undefined) return undefined;
  const gitDirectory = resolve(root, target);
  const common = await files.text(join(gitDirectory, 'commondir'));
  if (common === undefined) return undefined;
  const shared = resolve(gitDirectory, common.trim());
  return basename(shared) === '.git' ? dirname(shared) : undefined;
}
