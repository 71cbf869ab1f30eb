/** Named keys of the configuration files on this machine. */
import { dirname, join } from 'node:path';
import { parse, stringify, TomlError, type TomlTable } from 'smol-toml';
import { errnoOf, internalError, messageOf } from '../base/errors.ts';
import type { FileSystem } from '../host/file-types.ts';
import { wireUri } from './native-paths.ts';

export interface ConfigLayer {
  readonly source: string;
  readonly baseDir: string;
  readonly toml: string;
}

export interface ConfigPlaces {
  /** Absolute. */
  readonly codexHome: string;
  readonly systemDirectory: string;
}

type KeyPath = readonly string[];

/** Lowest precedence first. Files that do not exist or have none of the keys make no layer. */
export function configLayers(places: ConfigPlaces, keys: readonly KeyPath[], files: FileSystem): Promise<ConfigLayer[]> {
  return layersOf(
    [
      ['system', join(places.systemDirectory, 'config.toml')],
      ['user', join(places.codexHome, 'config.toml')],
    ],
    keys,
    files,
  );
}

export function requirementLayers(places: ConfigPlaces, keys: readonly KeyPath[], files: FileSystem): Promise<ConfigLayer[]> {
  return layersOf([['system', join(places.systemDirectory, 'requirements.toml')]], keys, files);
}

async function layersOf(
  sources: readonly (readonly [string, string])[],
  keys: readonly KeyPath[],
  files: FileSystem,
): Promise<ConfigLayer[]> {
  const layers: ConfigLayer[] = [];
  for (const [name, path] of sources) {
    const table = await readTable(path, files);
    const toml = table ? stringify(selected(table, keys)) : '';
    if (toml.trim() !== '')
      layers.push({ source: `${name} (${path})`, baseDir: wireUri(dirname(path)), toml: toml.endsWith('\n') ? toml : `${toml}\n` });
  }
  return layers;
}

async function readTable(path: string, files: FileSystem): Promise<TomlTable | undefined> {
  let text: string;
  try {
    text = (await files.readFile(path)).toString('utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return parseConfig(path, text);
  } catch (error) {
    throw internalError(`failed to load executor-local config: ${messageOf(error)}`);
  }
}

/** Throws with the place of what is wrong. */
export function parseConfig(path: string, text: string): TomlTable {
  try {
    // A layer is handed on as it is: numbers that only integers of 64 bits hold are kept.
    return parse(text, { integersAsBigInt: true });
  } catch (error) {
    const place = error instanceof TomlError ? `:${error.line}:${error.column}` : '';
    throw new Error(`${path}${place}: ${messageOf(error).split('\n', 1)[0] ?? ''}`, { cause: error });
  }
}

const isTable = (value: unknown): value is TomlTable =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** What of `table` the key paths lead to. One that leads on below a value gets the value, one that leads to nothing the tables on its way. */
function selected(table: TomlTable, keys: readonly KeyPath[]): TomlTable {
  const result: TomlTable = {};
  for (const [first, ...rest] of keys) {
    const value = first === undefined || !Object.hasOwn(table, first) ? undefined : table[first];
    if (first === undefined || value === undefined) continue;
    if (rest.length === 0 || !isTable(value)) result[first] = value;
    else {
      const known = result[first];
      const inner = selected(value, [rest]);
      result[first] = isTable(known) ? merged(known, inner) : inner;
    }
  }
  return result;
}

function merged(left: TomlTable, right: TomlTable): TomlTable {
  const result: TomlTable = { ...left };
  for (const [key, value] of Object.entries(right)) {
    const known = result[key];
    result[key] = isTable(known) && isTable(value) ? merged(known, value) : value;
  }
  return result;
}
