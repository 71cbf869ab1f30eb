/** Finding and reading skill files: `SKILL.md` with its front matter, and what `agents/openai.yaml` beside it adds. */
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { SkillDependencies, SkillInterface, SkillMetadata } from '../protocol/app/index.ts';
import { isTable, type TomlTable } from './toml-values.ts';

const maxDepth = 6;
const maxDirectories = 2000;
const maxNameLength = 64;

/** The `SKILL.md` files below `root`. Links are followed once; hidden directories are left alone. */
export async function findSkillFiles(root: string): Promise<string[]> {
  const found: string[] = [];
  const seen = new Set<string>();
  const queue = [{ directory: root, depth: 0 }];
  for (let next = queue.shift(); next && seen.size < maxDirectories; next = queue.shift()) {
    const { directory, depth } = next;
    const real = await realpath(directory).catch(() => undefined);
    if (real === undefined || seen.has(real)) continue;
    seen.add(real);
    const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = join(directory, entry.name);
      if (entry.name === 'SKILL.md') found.push(path);
      else if (
        !entry.name.startsWith('.') &&
        depth < maxDepth &&
        (entry.isDirectory() || (entry.isSymbolicLink() && (await isDirectory(path))))
      )
        queue.push({ directory: path, depth: depth + 1 });
    }
  }
  return found;
}

const isDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

export type SkillFacts = Pick<SkillMetadata, 'name' | 'description'> &
  Partial<Pick<SkillMetadata, 'shortDescription' | 'interface' | 'dependencies'>>;

/** What a skill file says of itself. Rejects with an error whose message is for the user. */
export async function readSkill(path: string): Promise<SkillFacts> {
  const facts = await parseSkill(await readFile(path, 'utf8'), basename(dirname(path)));
  return { ...facts, ...(await presentation(dirname(path))) };
}

/** What the text of a skill file says; a skill without a name is called by its directory. Rejects with an error whose message is for the user. */
export async function parseSkill(text: string, directoryName: string): Promise<SkillFacts> {
  const matter = await frontMatter(text);
  const name = line(matter.name) ?? directoryName;
  const description = line(matter.description);
  if (description === undefined) throw new Error('missing field `description`');
  if ([...name].length > maxNameLength) throw new Error(`invalid name: exceeds maximum length of ${maxNameLength} characters`);
  const more = isTable(matter.metadata) ? line(matter.metadata['short-description']) : undefined;
  return { name, description, ...(more === undefined ? {} : { shortDescription: more }) };
}

/** A text without line breaks; undefined when it is blank or no text. */
function line(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value).split(/\s+/).filter(Boolean).join(' ');
  return text === '' ? undefined : text;
}

async function frontMatter(text: string): Promise<TomlTable> {
  const found = /^\uFEFF?---[ \t]*\r?\n([\s\S]*?)^---[ \t]*(?:\r?\n|$)/m.exec(text);
  if (found?.index !== 0 || found[1] === undefined) throw new Error('missing YAML frontmatter delimited by ---');
  return (await parseYaml(found[1])) ?? plainLines(found[1]);
}

/** Undefined when the text is no YAML map. */
async function parseYaml(text: string): Promise<TomlTable | undefined> {
  const { parse } = await import('yaml');
  try {
    const value: unknown = parse(text, { logLevel: 'error' });
    return isTable(value) ? value : undefined;
  } catch {
    // People write unquoted colons and brackets; the plain reading below takes them as text.
    return undefined;
  }
}

const plainLines = (text: string): TomlTable =>
  Object.fromEntries(
    text.split('\n').flatMap((entry) => {
      const [, key, value] = /^([\w-]+):\s*(.*?)\s*$/.exec(entry) ?? [];
      return key === undefined || value === undefined ? [] : [[key, value.replace(/^(["'])(.*)\1$/, '$2')]];
    }),
  );

/** How a client shows the skill. A file that cannot be read adds nothing. */
async function presentation(directory: string): Promise<{ interface?: SkillInterface; dependencies?: SkillDependencies }> {
  const text = await readFile(join(directory, 'agents', 'openai.yaml'), 'utf8').catch(() => undefined);
  const value = text === undefined ? undefined : await parseYaml(text);
  if (!value) return {};
  const tools = isTable(value.dependencies) && Array.isArray(value.dependencies.tools) ? value.dependencies.tools.flatMap(toolOf) : [];
  return {
    ...(isTable(value.interface) ? { interface: interfaceOf(value.interface, directory) } : {}),
    ...(tools.length > 0 ? { dependencies: { tools } } : {}),
  };
}

function interfaceOf(value: TomlTable, directory: string): SkillInterface {
  const color = line(value.brand_color);
  return {
    displayName: line(value.display_name) ?? null,
    shortDescription: line(value.short_description) ?? null,
    iconSmall: assetIn(directory, value.icon_small),
    iconLarge: assetIn(directory, value.icon_large),
    iconSmallUrl: null,
    iconLargeUrl: null,
    brandColor: color !== undefined && /^#[0-9a-fA-F]{6}$/.test(color) ? color : null,
    defaultPrompt: line(value.default_prompt) ?? null,
  };
}

/** A file of the skill's own `assets` directory. */
function assetIn(directory: string, value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const path = resolve(directory, value);
  return path.startsWith(join(directory, 'assets/')) ? path : null;
}

function toolOf(value: unknown): SkillDependencies['tools'] {
  if (!isTable(value) || typeof value.type !== 'string' || typeof value.value !== 'string') return [];
  const { type, value: what, description, transport, command, url } = value;
  const texts = { description, transport, command, url };
  const present = Object.fromEntries(Object.entries(texts).flatMap(([key, entry]) => (typeof entry === 'string' ? [[key, entry]] : [])));
  return [{ type, value: what, ...present }];
}
