/** The configuration of one running server: loads per directory, answers `config/read`, keeps what was switched while running. */
import { RequestError } from '../base/errors.ts';
import { ConfigError, type ConfigWarning } from './config-error.ts';
import { DiskTrace } from './disk-trace.ts';
import { type ConfigWrite, type ConfigWriteResult, writeConfig } from './edit.ts';
import { switchableFeatures } from './features.ts';
import { ConfigFiles, userFile } from './files.ts';
import { effectiveConfig } from './layers.ts';
import {
  type ConfigOptions,
  type ConfigRequest,
  invalidConfigWarning,
  type LoadedConfig,
  loadConfig,
  loadFailure,
  loadLayers,
} from './load.ts';
import { type ConfigReadResult, readResult } from './read.ts';
import { valueAt } from './toml-values.ts';
import { validateConfig } from './validate.ts';

export interface Configuration {
  readonly home: string;
  /** What every client is told right after `initialize`. Never rejects; reads the files at its first call only. */
  startupWarnings(): Promise<readonly ConfigWarning[]>;
  /** What a thread started in `cwd` tells its client first. Never rejects: a configuration that cannot be used starts no thread. */
  threadWarnings(cwd: string): Promise<readonly string[]>;
  /** Rejects with `invalidRequest` "failed to load configuration: …". Cheap while no file changes. */
  load(request?: ConfigRequest): Promise<LoadedConfig>;
  /** Rejects with an `internal` error that says whether a file or a value is wrong. */
  read(params: { includeLayers: boolean; cwd: string | undefined }): Promise<ConfigReadResult>;
  /** Writes all edits to the user's file, or none. Rejects with `invalidRequest` and a `config_write_error_code`. */
  write(change: ConfigWrite): Promise<ConfigWriteResult>;
  /** What stands in the user's own file at a key, without any other layer. Rejects like `load`. */
  userValue(path: readonly string[]): Promise<unknown>;
  /** Grows whenever a client asks that running threads take over what was written. */
  readonly reloads: number;
  /** Running threads take over what they can of the files as they are now. */
  reload(): void;
  /** Switches features while running; unknown and fixed ones are left out of the answer. */
  setFeatures(wanted: Readonly<Record<string, boolean>>): Record<string, boolean>;
  /** The features that are on for `config`, what was switched while running included. */
  features(config: LoadedConfig): ReadonlySet<string>;
}

/** Directories whose configuration is kept. */
const maxRecent = 32;

/** Does no I/O itself. */
export function createConfiguration(options: ConfigOptions): Configuration {
  const files = options.files ?? new ConfigFiles();
  const shared: ConfigOptions = { ...options, files };
  const enablement = new Map<string, boolean>();
  // One edit at a time: each must see what the one before it wrote.
  let writing: Promise<void> = Promise.resolve();
  let warnings: Promise<readonly ConfigWarning[]> | undefined;
  const recent = new Map<string, { readonly trace: DiskTrace; readonly loaded: LoadedConfig }>();
  /** The last load of this directory, as long as another one would look at the very same things and find them unchanged. */
  const loadOnce = async (request: ConfigRequest = {}): Promise<LoadedConfig> => {
    if (Object.keys(request.session ?? {}).length > 0) return loadConfig(shared, request);
    const cwd = request.cwd ?? options.cwd;
    const last = recent.get(cwd);
    if (last?.trace.unchanged()) return last.loaded;
    const trace = new DiskTrace();
    const loaded = await loadConfig({ ...shared, files: files.traced(trace) }, request);
    recent.delete(cwd);
    recent.set(cwd, { trace, loaded });
    for (const oldest of recent.keys()) if (recent.size > maxRecent) recent.delete(oldest);
    return loaded;
  };
  let reloads = 0;
  return {
    home: options.home,
    startupWarnings() {
      warnings ??= loadConfig(shared).then(
        (loaded) => loaded.warnings,
        (error: unknown) => [invalidConfigWarning(error)],
      );
      return warnings;
    },
    threadWarnings: (cwd) =>
      loadOnce({ cwd }).then(
        (loaded) => loaded.threadWarnings,
        () => [],
      ),
    load: (request) =>
      loadOnce(request).catch((error: unknown) => {
        throw error instanceof ConfigError ? loadFailure(error) : error;
      }),
    async read({ includeLayers, cwd }) {
      try {
        const { layers } = await loadLayers(shared, { cwd });
        validateConfig(effectiveConfig(layers), layers);
        return readResult(layers, { includeLayers, enablement });
      } catch (error) {
        throw error instanceof ConfigError ? readFailure(error) : error;
      }
    },
    write(change) {
      const result = writing.then(() => writeConfig(options.home, change, async () => (await loadLayers(shared, {})).layers));
      writing = result.then(
        () => {},
        () => {},
      );
      return result;
    },
    async userValue(path) {
      try {
        return valueAt((await files.read(userFile(options.home))).raw, path);
      } catch (error) {
        throw error instanceof ConfigError ? loadFailure(error) : error;
      }
    },
    get reloads() {
      return reloads;
    },
    reload() {
      reloads += 1;
    },
    setFeatures(wanted) {
      const accepted = Object.entries(wanted).filter(([name]) => switchableFeatures.includes(name));
      for (const [name, enabled] of accepted) enablement.set(name, enabled);
      return Object.fromEntries(accepted);
    },
    features({ settings }) {
      if (enablement.size === 0) return settings.features;
      const on = new Set(settings.features);
      for (const [name, enabled] of enablement) {
        if (enabled) on.add(name);
        else on.delete(name);
      }
      return on;
    },
  };
}

function readFailure(error: ConfigError): RequestError {
  const options = { cause: error };
  if (error.kind === 'syntax') return new RequestError('internal', `failed to read configuration layers: ${error.message}`, options);
  if (error.kind === 'meaning')
    return new RequestError('internal', `failed to resolve feature override precedence: ${error.message}`, options);
  const where = error.keyPath === undefined ? '' : `\nin \`${error.keyPath}\`\n`;
  return new RequestError('internal', `invalid configuration: ${error.reason}${where}`, options);
}
