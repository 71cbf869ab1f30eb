/** What lies below a capability root: a bounded walk, and the text files that say so. What they mean is for whoever asked. */
import { isUtf8 } from 'node:buffer';
import { type PlatformPath, posix, win32 } from 'node:path';
import { osErrorText } from '../base/os-error.ts';
import { styleOfPathUri, uriFromPath } from '../base/path-uri.ts';
import type { FileOptions, FileSystem } from './file-types.ts';

/** UTF-8. */
export interface CapabilityFile {
  /** A `file:` URI. */
  readonly path: string;
  readonly contents: string;
}

export interface FoundRoot {
  readonly id: string;
  /** The URI of the root as it was asked for. */
  readonly path: string;
  readonly plugin: {
    readonly manifest: CapabilityFile | null;
    readonly mcpConfig: CapabilityFile | null;
    readonly appsConfig: CapabilityFile | null;
  } | null;
  /** By the URI of their instructions. */
  readonly skills: { readonly instructions: CapabilityFile; readonly metadata: CapabilityFile | null }[];
  /** Manifests of plugins in the root; without one of its own also the nearest above it. */
  readonly namespaceManifests: CapabilityFile[];
  readonly warnings: string[];
  /** Why nothing could be looked at. */
  readonly error: string | null;
}

export interface ScannedRoot {
  readonly id: string;
  readonly uri: string;
  /** The same, absolute and native to the files. */
  readonly path: string;
}

const walkLimits = { maxDepth: 6, maxDirectories: 2000, maxEntries: 20_000, followDirectorySymlinks: true, pruneHiddenDirectories: false };
const maxFileBytes = 1024 * 1024;
const maxBundleBytes = 16 * 1024 * 1024;
/** Looked for in this order. */
const manifestNames = ['.codex-plugin/plugin.json', '.claude-plugin/plugin.json', '.cursor-plugin/plugin.json'];

/** What is below `root`. A root that cannot be looked at says so in its `error`; rejects only when the signal aborts. */
export async function scanRoot(root: ScannedRoot, files: FileSystem, options: FileOptions): Promise<FoundRoot> {
  const nothing = { id: root.id, path: root.uri, plugin: null, skills: [], namespaceManifests: [], warnings: [] };
  try {
    const { isDirectory } = await files.metadata(root.path, options);
    if (!isDirectory) return { ...nothing, error: `capability root ${root.uri} is not a directory` };
    return await new RootScan(root, { files, options }).run();
  } catch (error) {
    if (options.signal?.aborted) throw error;
    return { ...nothing, error: `failed to inspect capability root ${root.uri}: ${osErrorText(error)}` };
  }
}

const scannedAtOnce = 8;

/** Answers in the order of `roots`; eight at a time are looked at. */
export async function scanEach<R>(roots: readonly R[], scan: (root: R) => Promise<FoundRoot>): Promise<FoundRoot[]> {
  const results = new Map<number, FoundRoot>();
  const waiting = [...roots.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) results.set(next[0], await scan(next[1]));
  };
  await Promise.all(Array.from({ length: Math.min(scannedAtOnce, roots.length) }, work));
  return roots.flatMap((_root, index) => results.get(index) ?? []);
}

interface Access {
  readonly files: FileSystem;
  readonly options: FileOptions;
}

class RootScan {
  readonly #root: ScannedRoot;
  readonly #access: Access;
  readonly #paths: PlatformPath;
  readonly #warnings: string[] = [];
  #bytes = 0;

  constructor(root: ScannedRoot, access: Access) {
    this.#root = root;
    this.#access = access;
    this.#paths = styleOfPathUri(root.uri) === 'windows' ? win32 : posix;
  }

  async run(): Promise<FoundRoot> {
    const { files, options } = this.#access;
    const { path } = this.#root;
    const walked = await files.walk(path, { ...options, ...walkLimits });
    for (const { path: at, message } of walked.errors) this.#warnings.push(`failed to inspect ${this.#uri(at)}: ${message}`);
    if (walked.truncated) this.#warnings.push(`capability root ${this.#root.uri} is too large to scan completely`);
    const found = walked.entries.filter((entry) => entry.kind === 'file').map((entry) => entry.path);
    const manifests = await this.#manifests(found);
    const own = manifests.get(path);
    const plugin = own && { manifest: own, ...(await this.#declared(own)) };
    const skills = await this.#skills(found);
    const namespaces = [...manifests.values()];
    if (!own) namespaces.push(...(await this.#manifestAbove(path)));
    return {
      id: this.#root.id,
      path: this.#root.uri,
      plugin: plugin ?? null,
      skills,
      namespaceManifests: namespaces.sort(byPath),
      warnings: this.#warnings,
      error: null,
    };
  }

  /** By the directory they belong to, the best-named one of each. */
  async #manifests(found: readonly string[]): Promise<Map<string, CapabilityFile>> {
    const present = new Set(found);
    const owners = new Set(
      found
        .filter((path) => manifestNames.some((name) => path.endsWith(this.#below(name))))
        .map((path) => this.#paths.dirname(this.#paths.dirname(path))),
    );
    const manifests = new Map<string, CapabilityFile>();
    for (const owner of owners) {
      const path = manifestNames.map((name) => this.#paths.join(owner, name)).find((candidate) => present.has(candidate));
      const text = path && (await this.#text(path));
      if (text) manifests.set(owner, text);
    }
    return manifests;
  }

  /** The nearest manifest of a directory above the root. */
  async #manifestAbove(path: string): Promise<CapabilityFile[]> {
    for (
      let directory = this.#paths.dirname(path), below = path;
      directory !== below;
      below = directory, directory = this.#paths.dirname(directory)
    ) {
      for (const name of manifestNames) {
        const candidate = this.#paths.join(directory, name);
        if (!(await this.#isFile(candidate))) continue;
        const text = await this.#text(candidate);
        return text ? [text] : [];
      }
    }
    return [];
  }

  async #skills(found: readonly string[]): Promise<FoundRoot['skills'][number][]> {
    const present = new Set(found);
    const paths = found.filter((path) => path.endsWith(this.#below('SKILL.md')));
    const skills: FoundRoot['skills'][number][] = [];
    for (const path of paths) {
      const instructions = await this.#text(path);
      if (!instructions) continue;
      const metadata = this.#paths.join(this.#paths.dirname(path), 'agents/openai.yaml');
      skills.push({ instructions, metadata: present.has(metadata) ? await this.#text(metadata) : null });
    }
    return skills.sort((left, right) => byPath(left.instructions, right.instructions));
  }

  /** The files that a manifest names. */
  async #declared(manifest: CapabilityFile): Promise<{ mcpConfig: CapabilityFile | null; appsConfig: CapabilityFile | null }> {
    const members = membersOf(manifest.contents);
    const inline = typeof members.mcpServers === 'object' && members.mcpServers !== null;
    const mcpConfig = inline
      ? null
      : await this.#named('mcpServers', members.mcpServers ?? undefined, { manifest, otherwise: './.mcp.json' });
    return { mcpConfig, appsConfig: await this.#named('apps', members.apps ?? undefined, { manifest, otherwise: './.app.json' }) };
  }

  async #named(member: string, value: unknown, from: { manifest: CapabilityFile; otherwise: string }): Promise<CapabilityFile | null> {
    const root = this.#root.path;
    const name = value ?? from.otherwise;
    if (typeof name !== 'string') return null;
    const ignore = (why: string): null => {
      this.#warnings.push(`ignoring ${member} in ${from.manifest.path}: ${why}`);
      return null;
    };
    if (!name.startsWith('./')) return ignore('path must start with `./`');
    const path = this.#paths.join(root, name.slice(2));
    if (name.split(/[\\/]/).includes('..') || !path.startsWith(`${root}${this.#paths.sep}`))
      return ignore('path must remain below the capability root');
    if (!(await this.#isFile(path))) return null;
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
  async #text(path: string): Promise<CapabilityFile | null> {
    const { files, options } = this.#access;
    const uri = this.#uri(path);
    try {
      const { sizeBytes } = await files.metadata(path, options);
      if (sizeBytes > maxFileBytes) return this.#leftOut(`capability file ${uri} exceeds the ${maxFileBytes}-byte limit`);
      if (this.#bytes + sizeBytes > maxBundleBytes) {
        return this.#leftOut(`capability root bundle exceeds the ${maxBundleBytes}-byte limit`);
      }
      const bytes = await files.readFile(path, options);
      if (!isUtf8(bytes)) return this.#leftOut(`capability file ${uri} is not UTF-8`);
      this.#bytes += bytes.length;
      return { path: uri, contents: bytes.toString() };
    } catch (error) {
      return this.#leftOut(`failed to read ${uri}: ${osErrorText(error)}`);
    }
  }

  #leftOut(warning: string): null {
    this.#warnings.push(warning);
    return null;
  }

  #uri(path: string): string {
    return uriFromPath(path, this.#paths === win32 ? 'windows' : 'posix');
  }

  /** How the path of a file named so below some directory ends. */
  #below(name: string): string {
    return `${this.#paths.sep}${this.#paths.normalize(name)}`;
  }
}

const byPath = (left: CapabilityFile, right: CapabilityFile): number => (left.path < right.path ? -1 : left.path > right.path ? 1 : 0);

function membersOf(text: string): { readonly [member: string]: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {}; // what the manifest means is the client's to judge
  }
}
