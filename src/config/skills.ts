/** The skills of a directory: where they are looked for, which are switched off, and how the model is told of them. */
import { realpath } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { invalidParams, messageOf } from '../base/errors.ts';
import type { SkillMetadata, SkillScope, SkillsListEntry } from '../protocol/app/index.ts';
import type { Configuration } from './configuration.ts';
import type { ConfigToml } from './schema.ts';
import { findSkillFiles, readSkill } from './skill-files.ts';
import { isTable } from './toml-values.ts';
import type { Project } from './trust.ts';

export interface SkillPlaces {
  readonly home: string;
  /** The user's own directory, for `~/.agents/skills`; undefined: none. */
  readonly userHome: string | undefined;
  /** `/etc/codex/skills`. */
  readonly adminDirectory: string;
  /** Named by a client for this run (`skills/extraRoots/set`). */
  readonly extraRoots: readonly string[];
}

export interface SkillRoot {
  readonly path: string;
  readonly scope: SkillScope;
}

/** Where skills are looked for, whether it exists or not. */
export function skillRoots(project: Project, places: SkillPlaces): SkillRoot[] {
  const repo = project.directories.flatMap((directory) => [join(directory, '.agents', 'skills'), join(directory, '.codex', 'skills')]);
  const own = [join(places.home, 'skills'), ...(places.userHome === undefined ? [] : [join(places.userHome, '.agents', 'skills')])];
  return [
    ...repo.filter((path) => !own.includes(path)).map((path) => ({ path, scope: 'repo' as const })),
    ...[...own, ...places.extraRoots].map((path) => ({ path, scope: 'user' as const })),
    { path: join(places.home, 'skills', '.system'), scope: 'system' },
    { path: places.adminDirectory, scope: 'admin' },
  ];
}

const scopeOrder: readonly SkillScope[] = ['repo', 'user', 'system', 'admin'];

/** Skills count for trusted and untrusted projects alike. Never rejects: what cannot be read is reported. */
export async function listSkills(cwd: string, project: Project, places: SkillPlaces, rules: SkillRules): Promise<SkillsListEntry> {
  const skills: SkillMetadata[] = [];
  const errors: SkillsListEntry['errors'] = [];
  const seen = new Set<string>();
  for (const { path: root, scope } of skillRoots(project, places)) {
    for (const path of await findSkillFiles(root)) {
      const real = await realpath(path).catch(() => path);
      if (seen.has(real)) continue;
      seen.add(real);
      try {
        const facts = await readSkill(path);
        const { name, description, ...more } = facts;
        skills.push({ name, description, ...more, path, scope, enabled: isEnabled(rules, name, path), pluginId: null });
      } catch (error) {
        errors.push({ path, message: messageOf(error) });
      }
    }
  }
  const rank = (skill: SkillMetadata) => scopeOrder.indexOf(skill.scope);
  skills.sort((a, b) => rank(a) - rank(b) || compare(a.name, b.name) || compare(a.path, b.path));
  errors.sort((a, b) => compare(a.path, b.path));
  return { cwd, skills, errors };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export type SkillRules = NonNullable<NonNullable<ConfigToml['skills']>['config']>;

export const skillRules = (config: ConfigToml): SkillRules => config.skills?.config ?? [];

/** The last rule that names the skill decides; without one it is on. */
function isEnabled(rules: SkillRules, name: string, path: string): boolean {
  const rule = rules.findLast(
    (entry) => entry.path === path || (entry.path !== undefined && join(entry.path, 'SKILL.md') === path) || entry.name === name,
  );
  return rule?.enabled ?? true;
}

/** Switches a skill on or off in the user's file. Rejects with `invalidParams` unless exactly one of path and name is given. */
export async function switchSkill(
  configuration: Configuration,
  change: { path: string | undefined; name: string | undefined; enabled: boolean },
): Promise<{ effectiveEnabled: boolean }> {
  const { path, name, enabled } = change;
  if ((path === undefined) === (name === undefined)) throw invalidParams('skills/config/write requires exactly one of path or name');
  const target = path === undefined ? { name } : { path };
  const names = (entry: unknown) => isTable(entry) && (path === undefined ? entry.name === name : entry.path === path);
  const rules = await configuration.userValue(['skills', 'config']);
  const others = (Array.isArray(rules) ? rules : []).filter((entry) => !names(entry));
  // On is what a skill is without a rule.
  const kept = enabled ? others : [...others, { ...target, enabled }];
  const edit = { keyPath: 'skills.config', value: kept.length === 0 ? null : kept, mergeStrategy: 'replace' as const };
  await configuration.write({ edits: [edit], filePath: undefined, expectedVersion: undefined });
  return { effectiveEnabled: enabled };
}

/** The enabled skills as a prompt shows them: short paths, their roots in a table. */
export interface SkillOutline {
  readonly roots: readonly { readonly alias: string; readonly path: string }[];
  readonly entries: readonly { readonly name: string; readonly description: string; readonly shortPath: string }[];
  /** Skills left out for want of room. */
  readonly omitted: number;
}

/** `budget`: characters of names, descriptions and paths together. */
export function outlineSkills(skills: readonly SkillMetadata[], budget: number): SkillOutline {
  const enabled = skills.filter((skill) => skill.enabled);
  const roots: { alias: string; path: string }[] = [];
  const entries: { name: string; description: string; shortPath: string }[] = [];
  let left = budget;
  for (const { name, description, path } of enabled) {
    const rootPath = dirname(dirname(path));
    let root = roots.find((known) => known.path === rootPath);
    if (!root) {
      root = { alias: `r${roots.length}`, path: rootPath };
      roots.push(root);
      left -= rootPath.length;
    }
    const shortPath = `${root.alias}/${relative(rootPath, path)}`;
    left -= name.length + description.length + shortPath.length;
    if (left < 0) break;
    entries.push({ name, description, shortPath });
  }
  const used = new Set(entries.map(({ shortPath }) => shortPath.split('/')[0]));
  return { roots: roots.filter(({ alias }) => used.has(alias)), entries, omitted: enabled.length - entries.length };
}

/** The enabled skills that `text` names as `$name`. A name that several skills share names none of them. */
export function mentionedSkills<S extends Pick<SkillMetadata, 'name' | 'enabled'>>(text: string, skills: readonly S[]): S[] {
  const words = new Set([...text.matchAll(/\$([\w:.-]+)/g)].map(([, word = '']) => word.replace(/[.:-]+$/, '')));
  return skills.filter(
    ({ enabled, name }) => enabled && words.has(name) && skills.filter((other) => other.enabled && other.name === name).length === 1,
  );
}
