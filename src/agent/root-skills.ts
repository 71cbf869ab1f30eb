/** The skills below capability roots: what they are called, where they lie, and how the model is told of them. */
import { posix, win32 } from 'node:path';
import { messageOf } from '../base/errors.ts';
import { parseSkill } from '../config/skill-files.ts';
import type { FoundRoot } from '../environment/environment.ts';
import { isWindowsPath, nativePath } from '../environment/path-uris.ts';
import type { ResolvedRoot } from './capability-roots.ts';
import type { PackageOutline } from './prompts.ts';

export interface RootSkill {
  /** With the name of its plugin in front, when it belongs to one: `plugin:skill`. */
  readonly name: string;
  readonly description: string;
  /** Its directory as the model names it: `skill://ROOT/path`. */
  readonly package: string;
  /** Its instructions as the model names them. */
  readonly mainResource: string;
  /** The same directory as a `file:` URI. */
  readonly directoryUri: string;
  readonly root: ResolvedRoot;
  /** The text of the instructions as it was found. */
  readonly text: string;
}

export interface RootSkills {
  /** By root, then by place. */
  readonly skills: readonly RootSkill[];
  readonly warnings: readonly string[];
}

export const noRootSkills: RootSkills = { skills: [], warnings: [] };

/** `found` answers for `roots`, one by one. Never rejects: what is no skill becomes a warning. */
export async function skillsBelow(roots: readonly ResolvedRoot[], found: readonly FoundRoot[]): Promise<RootSkills> {
  const skills: RootSkill[] = [];
  const warnings: string[] = [];
  for (const [index, root] of roots.entries()) {
    const below = found[index];
    if (!below) continue;
    warnings.push(...(below.error === null ? below.warnings : [below.error]));
    for (const { instructions } of below.skills) {
      try {
        skills.push(await skillOf(root, below, instructions));
      } catch (error) {
        warnings.push(`Failed to load environment skill at ${instructions.path}: ${messageOf(error)}`);
      }
    }
  }
  return { skills, warnings };
}

async function skillOf(root: ResolvedRoot, found: FoundRoot, file: { path: string; contents: string }): Promise<RootSkill> {
  const directoryUri = parentOf(file.path);
  const native = nativePath(directoryUri);
  const { name, description } = await parseSkill(file.contents, (isWindowsPath(native) ? win32 : posix).basename(native));
  const plugin = pluginName(found, file.path);
  return {
    name: plugin === undefined ? name : `${plugin}:${name}`,
    description,
    package: resourceName(root.id, directoryUri),
    mainResource: resourceName(root.id, file.path),
    directoryUri,
    root,
    text: file.contents,
  };
}

const parentOf = (uri: string): string => uri.slice(0, uri.lastIndexOf('/'));

/** What the model calls a file of a root. */
export const resourceName = (rootId: string, uri: string): string =>
  `skill://${rootId}${uri.replace(/^file:\/\/(?=[^/])/, '//').replace(/^file:\/\//, '')}`;

/** The name that the innermost plugin around `uri` gives itself. */
function pluginName({ namespaceManifests }: FoundRoot, uri: string): string | undefined {
  let innermost = '';
  let name: string | undefined;
  for (const { path, contents } of namespaceManifests) {
    const owner = parentOf(parentOf(path));
    if (!uri.startsWith(`${owner}/`) || owner.length < innermost.length) continue;
    const own = nameIn(contents);
    if (own !== undefined) [innermost, name] = [owner, own];
  }
  return name;
}

function nameIn(manifest: string): string | undefined {
  try {
    const value: unknown = JSON.parse(manifest);
    const name: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'name') : undefined;
    return typeof name === 'string' && name.trim() !== '' ? name.trim() : undefined;
  } catch {
    return undefined; // a plugin that cannot say its name gives none
  }
}

/** `budget`: characters of names, descriptions and places together. */
export function outlinePackages(skills: readonly RootSkill[], budget: number): PackageOutline {
  const aliases = packageAliases(skills);
  const entries: PackageOutline['entries'][number][] = [];
  let left = budget - aliases.reduce((sum, { name }) => sum + name.length, 0);
  for (const skill of skills) {
    const { name, description } = skill;
    const shortName = shortNameOf(skill.package, aliases);
    left -= name.length + description.length + shortName.length;
    if (left < 0) break;
    entries.push({ name, description, shortName });
  }
  return { roots: entries.length === 0 ? [] : aliases, entries, omitted: skills.length - entries.length };
}

/** `e0`, `e1`, … for the roots that hold skills. */
export function packageAliases(skills: readonly RootSkill[]): { alias: string; name: string }[] {
  const names = new Set(skills.map(({ root }) => resourceName(root.id, root.uri)));
  return [...names].map((name, index) => ({ alias: `e${index}`, name }));
}

function shortNameOf(full: string, aliases: readonly { readonly alias: string; readonly name: string }[]): string {
  const root = aliases.find(({ name }) => full === name || full.startsWith(`${name}/`));
  return root ? `${root.alias}${full.slice(root.name.length)}` : full;
}
