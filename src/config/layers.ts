/** The layers a configuration is made of, weakest first, and what results when they lie on each other. */
import { createHash } from 'node:crypto';
import type { ConfigLayerSource } from '../protocol/app/index.ts';
import { parseTomlValue } from './toml-file.ts';
import { eachLeaf, isTable, mergeTables, parseKeyPath, type TomlTable, withValue } from './toml-values.ts';

export interface ConfigLayer {
  readonly name: ConfigLayerSource;
  /** `sha256:` of the content, the same for the same content whatever the order of its keys. */
  readonly version: string;
  readonly config: TomlTable;
  /** Set when the layer is shown but does not count. */
  readonly disabledReason?: string;
  /** The file and its text, for messages about its content. */
  readonly text?: string;
}

export function configLayer(
  name: ConfigLayerSource,
  config: TomlTable,
  // `raw`: the content as it stands in the file, when `config` differs from it.
  { raw, ...more }: { disabledReason?: string; text?: string; raw?: TomlTable } = {},
): ConfigLayer {
  let version: string | undefined;
  return {
    name,
    config,
    ...more,
    // Most layers are never asked for their version.
    get version() {
      version ??= versionOf(raw ?? config);
      return version;
    },
  };
}

export const versionOf = (config: TomlTable): string => `sha256:${createHash('sha256').update(canonicalJson(config)).digest('hex')}`;

/** JSON with sorted keys and no blanks: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isTable(value)) return JSON.stringify(value) ?? 'null';
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`);
  return `{${members.join(',')}}`;
}

/** Everything that counts, merged. */
export const effectiveConfig = (layers: readonly ConfigLayer[]): TomlTable =>
  layers.filter((layer) => layer.disabledReason === undefined).reduce<TomlTable>((under, layer) => mergeTables(under, layer.config), {});

export interface ConfigOrigin {
  readonly name: ConfigLayerSource;
  readonly version: string;
}

/** Which layer each value of the result comes from, by dotted key. */
export function originsOf(layers: readonly ConfigLayer[]): Record<string, ConfigOrigin> {
  const origins: Record<string, ConfigOrigin> = {};
  for (const layer of layers) {
    if (layer.disabledReason !== undefined) continue;
    eachLeaf(layer.config, (path) => {
      origins[path.join('.')] = { name: layer.name, version: layer.version };
    });
  }
  return origins;
}

/** The layer of `key=value` texts (`-c`, `--enable`, `--disable`); later ones win. A text without a key is left out. */
export function overridesLayer(overrides: readonly string[]): TomlTable {
  let table: TomlTable = {};
  for (const text of overrides) {
    const equals = text.indexOf('=');
    const path = equals > 0 ? parseKeyPath(text.slice(0, equals).trim()) : undefined;
    if (path) table = withValue(table, path, parseTomlValue(text.slice(equals + 1)));
  }
  return table;
}

/** The layer of values a client gives by dotted key (`thread/start.config`). */
export function sessionLayer(values: Readonly<Record<string, unknown>>): TomlTable {
  let table: TomlTable = {};
  for (const [key, value] of Object.entries(values)) {
    const path = parseKeyPath(key) ?? [key];
    const below = isTable(value) ? valueUnder(table, path, value) : value;
    table = withValue(table, path, below);
  }
  return table;
}

const valueUnder = (table: TomlTable, path: readonly string[], value: TomlTable): TomlTable => {
  let at: unknown = table;
  for (const key of path) at = isTable(at) ? at[key] : undefined;
  return isTable(at) ? mergeTables(at, value) : value;
};
