/** The files of the layers: read when they change, their relative paths made absolute. */
import type { Stats } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { errnoOf, messageOf } from '../base/errors.ts';
import type { ConfigLayerSource } from '../protocol/app/index.ts';
import { ConfigError } from './config-error.ts';
import { type DiskTrace, isSettled, stampOf } from './disk-trace.ts';
import { type ConfigLayer, configLayer } from './layers.ts';
import { parseToml } from './toml-file.ts';
import { isTable, type TomlTable } from './toml-values.ts';

interface Kept {
  /** Empty: it is not sure that a change would show. */
  readonly stamp: string;
  readonly text: string;
  readonly config: TomlTable;
  /** Before its paths were made absolute. */
  readonly raw: TomlTable;
}

/** The disk as the configuration sees it; a file that did not change is not parsed again. */
export class ConfigFiles {
  readonly #kept: Map<string, Kept>;
  readonly #trace: DiskTrace | undefined;

  constructor(kept = new Map<string, Kept>(), trace?: DiskTrace) {
    this.#kept = kept;
    this.#trace = trace;
  }

  /** The same files, noting in `trace` what is looked at. */
  traced(trace: DiskTrace): ConfigFiles {
    return new ConfigFiles(this.#kept, trace);
  }

  /** The directory with its links resolved; as it is named when it does not exist. Never rejects. */
  async realDirectory(path: string): Promise<string> {
    const real = await realpath(path).catch(() => undefined);
    this.#trace?.resolved(path, real ?? '');
    return real ?? resolve(path);
  }

  /** Undefined: there is nothing. Rejects when the system does not say. */
  async find(path: string): Promise<Stats | undefined> {
    const found = await stat(path).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
      this.#trace?.unsure();
      throw error;
    });
    this.#trace?.looked(path, found);
    return found;
  }

  /** The text of a small file; undefined when it cannot be read. */
  async text(path: string): Promise<string | undefined> {
    const found = await this.find(path).catch(() => undefined);
    return found?.isFile() ? readFile(path, 'utf8').catch(() => undefined) : undefined;
  }

  /** The layer of a file; an empty one when it does not exist. Rejects with `ConfigError` when it is no TOML or cannot be read. */
  async layer(name: ConfigLayerSource, file: string): Promise<ConfigLayer> {
    const { text, config, raw } = await this.read(file);
    return configLayer(name, config, { text, raw });
  }

  async exists(file: string): Promise<boolean> {
    return (await this.find(file).catch(() => undefined))?.isFile() === true;
  }

  async isDirectory(path: string): Promise<boolean> {
    return (await this.find(path).catch(() => undefined))?.isDirectory() === true;
  }

  async read(file: string): Promise<Kept> {
    const found = await this.find(file).catch((error: unknown) => {
      throw unreadable(file, error);
    });
    if (!found) return { stamp: '', text: '', config: {}, raw: {} };
    const stamp = isSettled(found) ? stampOf(found) : '';
    const known = this.#kept.get(file);
    if (stamp !== '' && known?.stamp === stamp) return known;
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      throw unreadable(file, error);
    });
    const raw = parseToml(text.replace(/^\uFEFF/, ''), file);
    const kept = { stamp, text, raw, config: absolutePaths(raw, dirname(file)) };
    this.#kept.set(file, kept);
    return kept;
  }
}

const unreadable = (file: string, error: unknown): ConfigError =>
  new ConfigError('syntax', `failed to read config file ${file}: ${messageOf(error)}`, { file });

/** Where the layers stand. */
export interface ConfigPlaces {
  readonly home: string;
  /** `/etc/codex/config.toml`. */
  readonly systemFile: string;
}

export const userFile = (home: string): string => join(home, 'config.toml');
export const profileFile = (home: string, profile: string): string => join(home, `${profile}.config.toml`);
export const projectFolder = (directory: string): string => join(directory, '.codex');

/** `/etc/codex/config.toml`, or its counterpart on Windows. */
export function defaultSystemFile(env: Readonly<Record<string, string | undefined>>, platform: NodeJS.Platform): string {
  if (platform !== 'win32') return '/etc/codex/config.toml';
  return join(env.ProgramData ?? 'C:\\ProgramData', 'OpenAI', 'Codex', 'config.toml');
}

const pathKeys = ['model_instructions_file', 'model_catalog_json', 'experimental_compact_prompt_file', 'sqlite_home', 'log_dir'];

/** Relative paths mean the directory of the file they stand in. */
function absolutePaths(config: TomlTable, directory: string): TomlTable {
  const result = { ...config };
  for (const key of pathKeys) {
    const value = result[key];
    if (typeof value === 'string') result[key] = resolvePath(directory, value);
  }
  const write = result.sandbox_workspace_write;
  if (isTable(write) && Array.isArray(write.writable_roots)) {
    const roots = write.writable_roots.map((root: unknown) => (typeof root === 'string' ? resolvePath(directory, root) : root));
    result.sandbox_workspace_write = { ...write, writable_roots: roots };
  }
  return result;
}

const resolvePath = (directory: string, path: string): string => (path.startsWith('~') ? path : resolve(directory, path));
