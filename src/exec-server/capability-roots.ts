/** One capability root: a bounded walk, and the text files that say what is there. */
import { dirname, join, sep } from 'node:path';
import { osErrorText } from '../base/os-error.ts';
import type { ConfinedFiles } from '../host/confined-files.ts';
import type { FileOptions, FileSystem } from '../host/file-types.ts';
import { walkTree } from '../host/file-walk.ts';
import type { DiscoveredRoot, SandboxIntent } from '../protocol/exec/index.ts';
import { nativePath, wireUri } from './native-paths.ts';
import { fileSandbox } from './sandbox-intent.ts';

export interface Discovery {
  readonly files: FileSystem;
  /** Who walks when a sandbox restricts files. */
  readonly confine: (options: FileOptions) => Promise<ConfinedFiles | undefined>;
  readonly signal: AbortSignal;
}

const walkLimits = { maxDepth: 6, maxDirectories: 2000, maxEntries: 20_000 };
const maxFileBytes = 1024 * 1024;
const maxBundleBytes = 16 * 1024 * 1024;
/** Looked for in this order. */
const manifestNames = ['.codex-plugin/plugin.json', '.claude-plugin/plugin.json', '.cursor-plugin/plugin.json'];

export interface CapabilityRoot {
  readonly id: string;
  readonly path: string;
  readonly sandbox?: SandboxIntent | undefined;
}

type TextFile = DiscoveredRoot['namespaceManifests'][number];

/** What is below `root`. A root that cannot be looked at says so in its `error`. */
export async function discoverRoot(root: CapabilityRoot, { files, confine, signal }: Discovery): Promise<DiscoveredRoot> {
  const nothing = { id: root.id, path: root.path, plugin: null, skills: [], namespaceManifests: [], warnings: [] };
  try {
    const options: FileOptions = { signal, ...(root.sandbox && { sandbox: fileSandbox(root.sandbox) }) };
    const path = nativePath(root.path);
    const { isDirectory } = await files.metadata(path, options);
    if (!isDirectory) return { ...nothing, error: `capability root ${root.path} is not a directory` };
    return await new RootScan(root, { files, options, path, confined: await confine(options) }).run(signal);
  } catch (error) {
    return { ...nothing, error: `failed to inspect capability root ${root.path}: ${osErrorText(error)}` };
  }
}

interface Access {
  readonly files: FileSystem;
  readonly options: FileOptions;
  readonly path: string;
  readonly confined: ConfinedFiles | undefined;
}

class RootScan {
  readonly #root: CapabilityRoot;
  readonly #access: Access;
  readonly #warnings: string[] = [];
  #bytes = 0;

  constructor(root: CapabilityRoot, access: Access) {
    this.#root = root;
    this.#access = access;
  }

  async run(signal: AbortSignal): Promise<DiscoveredRoot> {
    const { path, confined } = this.#access;
    const walked = await walkTree(
      path,
      { ...walkLimits, followDirectorySymlinks: true, pruneHiddenDirectories: false },
      { signal, confined },
    );
    for (const { path: at, message } of walked.errors) this.#warnings.push(`failed to inspect ${wireUri(at)}: ${message}`);
    if (walked.truncated) this.#warnings.push(`capability root ${this.#root.path} is too large to scan completely`);
    const found = walked.entries.filter((entry) => entry.kind === 'file').map((entry) => entry.path);
    const manifests = await this.#manifests(found);
    const own = manifests.get(path);
    const plugin = own && { manifest: own, ...(await this.#declared(own)) };
    const skills = await this.#skills(found);
    const namespaces = [...manifests.values()];
    if (!own) namespaces.push(...(await this.#manifestAbove(path)));
    return {
      id: this.#root.id,
      path: this.#root.path,
      plugin: plugin ?? null,
      skills,
      namespaceManifests: namespaces.sort(byPath),
      warnings: this.#warnings,
      error: null,
    };
  }

  /** By the directory they belong to, the best-named one of each. */
  async #manifests(found: readonly string[]): Promise<Map<string, TextFile>> {
    const present = new Set(found);
    const owners = new Set(
      found.filter((path) => manifestNames.some((name) => path.endsWith(below(name)))).map((path) => dirname(dirname(path))),
    );
    const manifests = new Map<string, TextFile>();
    for (const owner of owners) {
      const path = manifestNames.map((name) => join(owner, name)).find((candidate) => present.has(candidate));
      const text = path && (await this.#text(path));
      if (text) manifests.set(owner, text);
    }
    return manifests;
  }

  /** The nearest manifest of a directory above the root. */
  async #manifestAbove(path: string): Promise<TextFile[]> {
    for (let directory = dirname(path), below = path; directory !== below; below = directory, directory = dirname(directory)) {
      for (const name of manifestNames) {
        const candidate = join(directory, name);
        if (!(await this.#isFile(candidate))) continue;
        const text = await this.#text(candidate);
        return text ? [text] : [];
      }
    }
    return [];
  }

  async #skills(found: readonly string[]): Promise<DiscoveredRoot['skills']> {
    const present = new Set(found);
    const paths = found.filter((path) => path.endsWith(below('SKILL.md')));
    const skills: DiscoveredRoot['skills'] = [];
    for (const path of paths) {
      const instructions = await this.#text(path);
      if (!instructions) continue;
      const metadata = join(dirname(path), 'agents/openai.yaml');
      skills.push({ instructions, metadata: present.has(metadata) ? await this.#text(metadata) : null });
    }
    return skills.sort((left, right) => byPath(left.instructions, right.instructions));
  }

  /** The files that a manifest names. */
  async #declared(manifest: TextFile): Promise<{ mcpConfig: TextFile | null; appsConfig: TextFile | null }> {
    const members = membersOf(manifest.contents);
    const inline = typeof members.mcpServers === 'object' && members.mcpServers !== null;
    const mcpConfig = inline
      ? null
      : await this.#named('mcpServers', members.mcpServers ?? undefined, { manifest, otherwise: './.mcp.json' });
    return { mcpConfig, appsConfig: await this.#named('apps', members.apps ?? undefined, { manifest }) };
  }

  async #named(member: string, value: unknown, from: { manifest: TextFile; otherwise?: string }): Promise<TextFile | null> {
    const root = this.#access.path;
    const name = value ?? from.otherwise;
    if (typeof name !== 'string') return null;
    const ignore = (why: string): null => {
      this.#warnings.push(`ignoring ${member} in ${from.manifest.path}: ${why}`);
      return null;
    };
    if (!name.startsWith('./')) return ignore('path must start with `./`');
    const path = join(root, name.slice(2));
    if (name.split(/[\\/]/).includes('..') || !path.startsWith(`${root}${sep}`)) return ignore('path must stay below the plugin root');
    if (value === undefined && !(await this.#isFile(path))) return null;
    return this.#text(path);
  }

  async #isFile(path: string): Promise<boolean> {
    const { files, options } = this.#access;
    return files.metadata(path, options).then(
      ({ isFile }) => isFile,
      () => false,
    );
  }

  /** Undefined, with a warning, for what cannot be read as text or is too large. */
  async #text(path: string): Promise<TextFile | null> {
    const { files, options } = this.#access;
    const uri = wireUri(path);
    try {
      const { sizeBytes } = await files.metadata(path, options);
      if (sizeBytes > maxFileBytes) throw new Error(`file exceeds ${maxFileBytes} bytes`);
      if (this.#bytes + sizeBytes > maxBundleBytes) throw new Error(`files of this root exceed ${maxBundleBytes} bytes`);
      const bytes = await files.readFile(path, options);
      this.#bytes += bytes.length;
      return { path: uri, contents: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
    } catch (error) {
      this.#warnings.push(`failed to read ${uri}: ${osErrorText(error)}`);
      return null;
    }
  }
}

/** How the path of a file named so below some directory ends. */
const below = (name: string): string => `${sep}${join(name)}`;

const byPath = (left: TextFile, right: TextFile): number => (left.path < right.path ? -1 : left.path > right.path ? 1 : 0);

function membersOf(text: string): { readonly [member: string]: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {}; // what the manifest means is the client's to judge
  }
}
