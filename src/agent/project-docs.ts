/** The AGENTS.md documents that apply to a working directory, read through its environment and kept while it stays the same. */
import { posix, win32 } from 'node:path';
import { errnoOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { FileOptions, FileSystem } from '../environment/environment.ts';
import type { Environments } from '../environment/environments.ts';
import { readStart } from '../environment/file-blocks.ts';
import type { InstructionDocument } from './agent-host.ts';
import type { TurnSettings } from './thread-settings.ts';
import { readSandbox } from './tools/read-scope.ts';

export interface DocumentLimits {
  /** Bytes of all documents together; 0 reads nothing. */
  readonly maxBytes: number;
  /** Tried after `AGENTS.override.md` and `AGENTS.md`. */
  readonly fallbackFilenames: readonly string[];
  /** A directory that holds one of these is a project's root. */
  readonly rootMarkers: readonly string[];
}

const missing = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP']);

const pathsOf = (path: string) => (/^[A-Za-z]:[\\/]|^\\\\/.test(path) ? win32 : posix);

async function exists(files: FileSystem, path: string): Promise<boolean> {
  try {
    await files.metadata(path);
    return true;
  } catch {
    // A marker that cannot be looked at is no marker.
    return false;
  }
}

/** From the root of the project down to `cwd`; `cwd` alone when no ancestor carries a marker. */
async function directories(files: FileSystem, cwd: string, markers: readonly string[]): Promise<string[]> {
  const paths = pathsOf(cwd);
  const chain: string[] = [];
  for (let at = cwd; chain[0] !== at; at = paths.dirname(at)) chain.unshift(at);
  // All at once: where the files are far away, one after the other would take a round trip for each directory.
  const marked = await Promise.all(
    chain.map(async (at) => (await Promise.all(markers.map((marker) => exists(files, paths.join(at, marker))))).includes(true)),
  );
  const root = marked.lastIndexOf(true);
  return root < 0 ? [cwd] : chain.slice(root);
}

interface Wanted {
  readonly names: readonly string[];
  readonly maxBytes: number;
  /** What may not be read by commands is no document either: a command could have put a link to it here. */
  readonly options: FileOptions;
}

/** The first of the names that is a file, and no more of it than can count. */
async function firstDocument(files: FileSystem, directory: string, { names, maxBytes, options }: Wanted, log: Log) {
  for (const name of names) {
    const path = pathsOf(directory).join(directory, name);
    try {
      const { isFile, sizeBytes } = await files.metadata(path, options);
      if (!isFile) continue;
      return { path, bytes: sizeBytes > maxBytes ? await readStart(files, path, maxBytes, options) : await files.readFile(path, options) };
    } catch (error) {
      if (!missing.has(errnoOf(error) ?? '')) log.warn('an instruction file could not be read', { path, error });
    }
  }
  return undefined;
}

/** Outermost first. Blank documents are left out; the one that crosses the budget is cut. Never rejects. */
export async function projectDocuments(
  files: FileSystem,
  { cwd, options }: { readonly cwd: string; readonly options: FileOptions },
  limits: DocumentLimits,
  log: Log,
): Promise<InstructionDocument[]> {
  if (limits.maxBytes <= 0) return [];
  const names = ['AGENTS.override.md', 'AGENTS.md', ...limits.fallbackFilenames];
  const wanted = { names, maxBytes: limits.maxBytes, options };
  const found = await Promise.all((await directories(files, cwd, limits.rootMarkers)).map((at) => firstDocument(files, at, wanted, log)));
  const documents: InstructionDocument[] = [];
  let left = limits.maxBytes;
  for (const document of found) {
    if (!document || left <= 0) continue;
    const text = document.bytes.subarray(0, left).toString('utf8');
    left -= document.bytes.length;
    if (text.trim() !== '') documents.push({ path: document.path, text });
  }
  return documents;
}

/** The documents as one text: the user's own first, a separator, then the project's. */
export function joinDocuments(own: InstructionDocument | undefined, project: readonly InstructionDocument[]): string {
  const rest = project.map((document) => document.text).join('\n\n');
  if (!own) return rest;
  return rest === '' ? own.text : `${own.text}\n\n--- project-doc ---\n\n${rest}`;
}

/** The user's own document and the project's. */
export interface Documents {
  readonly own: InstructionDocument | undefined;
  readonly project: readonly InstructionDocument[];
}

export const documentPaths = ({ own, project }: Documents): string[] => [...(own ? [own.path] : []), ...project.map(({ path }) => path)];

/** The first environment counts. */
type Whose = Pick<TurnSettings, 'environments' | 'permissions'>;

/** Documents of one thread. They are read again when the thread moves to another directory or environment, or may read other things. */
export class DocumentShelf {
  readonly #own: Promise<InstructionDocument | undefined>;
  readonly #environments: Environments;
  readonly #limits: DocumentLimits;
  readonly #log: Log;
  #key: string | undefined;
  #project: Promise<InstructionDocument[]> = Promise.resolve([]);

  constructor(deps: { own: Promise<InstructionDocument | undefined>; environments: Environments; limits: DocumentLimits; log: Log }) {
    this.#own = deps.own;
    this.#environments = deps.environments;
    this.#limits = deps.limits;
    this.#log = deps.log;
  }

  /** Never rejects. */
  async for(settings: Whose): Promise<Documents> {
    const [selection] = settings.environments;
    const sandbox = selection && readSandbox(settings, selection);
    const key = selection && JSON.stringify([selection.environmentId, selection.cwd, sandbox]);
    const environment = selection && this.#environments.find(selection.environmentId);
    if (key !== this.#key) {
      this.#key = key;
      const place = selection && { cwd: selection.cwd, options: sandbox ? { sandbox } : {} };
      this.#project = place && environment ? projectDocuments(environment.files, place, this.#limits, this.#log) : Promise.resolve([]);
    }
    return { own: await this.#own, project: await this.#project };
  }

  /** Like `for`, but an environment that is not connected is not waited for. */
  ready(settings: Whose): Promise<Documents> {
    const [selection] = settings.environments;
    const state = selection && this.#environments.find(selection.environmentId)?.state();
    return state?.status === 'ready' ? this.for(settings) : this.#own.then((own) => ({ own, project: [] }));
  }
}
