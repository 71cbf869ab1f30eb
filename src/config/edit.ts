/** Changing the user's configuration file: comments and order stay, nothing invalid is ever written, nobody's edit is overwritten. */
import { readFile, realpath } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { errnoOf, internalError, RequestError } from '../base/errors.ts';
import type { ConfigLayerSource } from '../protocol/app/index.ts';
import { ConfigError } from './config-error.ts';
import { withFileLock } from './file-lock.ts';
import { userFile } from './files.ts';
import { type ConfigLayer, configLayer, effectiveConfig, versionOf } from './layers.ts';
import { placeForKey } from './positions.ts';
import { withTables } from './table-text.ts';
import { parseToml } from './toml-file.ts';
import { isTable, mergeTables, parseKeyPath, type TomlTable, valueAt, withoutValue, withValue } from './toml-values.ts';
import { validateForm } from './validate.ts';

export interface ConfigEdit {
  /** Dotted; parts with dots in quotes. */
  readonly keyPath: string;
  /** Null removes the key. */
  readonly value: unknown;
  /** `upsert` merges tables; everything else replaces. */
  readonly mergeStrategy: 'replace' | 'upsert';
}

export interface ConfigWrite {
  readonly edits: readonly ConfigEdit[];
  /** Must be the user's file. */
  readonly filePath: string | undefined;
  /** What the writer read; another version is refused. */
  readonly expectedVersion: string | undefined;
}

export interface ConfigWriteResult {
  readonly status: 'ok' | 'okOverridden';
  readonly version: string;
  readonly filePath: string;
  readonly overriddenMetadata: {
    readonly message: string;
    readonly overridingLayer: { readonly name: ConfigLayerSource; readonly version: string };
    readonly effectiveValue: unknown;
  } | null;
}

type WriteErrorCode = 'configVersionConflict' | 'configValidationError' | 'configLayerReadonly';

const refused = (code: WriteErrorCode, message: string) =>
  new RequestError('invalidRequest', message, { data: { config_write_error_code: code } });

/** Writes all edits or none, one program at a time. Rejects with `invalidRequest` and a `config_write_error_code`. `layersNow` loads what counts after it. */
export async function writeConfig(
  home: string,
  write: ConfigWrite,
  layersNow: () => Promise<readonly ConfigLayer[]>,
): Promise<ConfigWriteResult> {
  const file = userFile(home);
  if (write.filePath !== undefined && !(await isSameFile(write.filePath, file)))
    throw refused('configLayerReadonly', 'Only writes to the user config are allowed');
  const edits = write.edits.map((edit) => ({ ...edit, path: pathOf(edit.keyPath) }));
  const after = await withFileLock(file, () => changed(file, { ...write, edits }));
  const version = versionOf(after);
  const metadata = overriding(await layersNow(), edits);
  return { status: metadata ? 'okOverridden' : 'ok', version, filePath: file, overriddenMetadata: metadata };
}

type PlacedEdit = ConfigEdit & { readonly path: readonly string[] };

/** Makes the edits in the file as it is now; resolves with what it means then. */
async function changed(
  file: string,
  write: Pick<ConfigWrite, 'expectedVersion'> & { readonly edits: readonly PlacedEdit[] },
): Promise<TomlTable> {
  const text = await textOf(file);
  const before = parsed(text, file);
  if (write.expectedVersion !== undefined && write.expectedVersion !== versionOf(before))
    throw refused('configVersionConflict', 'Configuration was modified since last read. Fetch latest version and retry.');
  const after = write.edits.reduce((table, edit) => applyEdit(table, edit.path, edit), before);
  check(after, file);
  if (!isDeepStrictEqual(before, after)) await replaceText(file, await edited(text, before, after));
  return after;
}

async function isSameFile(given: string, file: string): Promise<boolean> {
  if (given === file) return true;
  if (!isAbsolute(given)) return false;
  const [a, b] = await Promise.all([given, file].map((path) => realpath(path).catch(() => undefined)));
  return a !== undefined && a === b;
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return '';
    throw internalError(`failed to read config file ${file}`, error);
  }
}

function parsed(text: string, file: string): TomlTable {
  try {
    return parseToml(text, file);
  } catch (error) {
    throw error instanceof ConfigError ? internalError(`failed to load configuration: ${error.message}`, error) : error;
  }
}

function pathOf(keyPath: string): readonly string[] {
  if (keyPath.trim() === '') throw refused('configValidationError', 'keyPath must not be empty');
  const path = parseKeyPath(keyPath);
  if (!path || path.some((key) => key === '')) throw refused('configValidationError', 'keyPath segments must not be empty');
  if (path.length === 1 && path[0] === 'profile')
    throw refused(
      'configValidationError',
      '`profile` is a legacy config selector and can no longer be written; use `--profile <name>` with `<name>.config.toml` instead',
    );
  return path;
}

function applyEdit(table: TomlTable, path: readonly string[], edit: ConfigEdit): TomlTable {
  for (let length = 1; length < path.length; length++) {
    const parent = valueAt(table, path.slice(0, length));
    if (parent === undefined) break;
    if (!isTable(parent)) throw refused('configValidationError', 'cannot set value on non-table parent');
  }
  if (edit.value === null || edit.value === undefined) return withoutValue(table, path);
  const value = withoutNulls(edit.value);
  const standing = valueAt(table, path);
  return withValue(
    table,
    path,
    edit.mergeStrategy === 'upsert' && isTable(standing) && isTable(value) ? mergeTables(standing, value) : value,
  );
}

/** TOML has no null: a member that is null is a member that is not there. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((entry) => entry !== null).map(withoutNulls);
  if (!isTable(value)) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, member]) => (member === null ? [] : [[key, withoutNulls(member)]])));
}

function check(config: TomlTable, file: string): void {
  try {
    validateForm(config, [configLayer({ type: 'user', file, profile: null }, config)]);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const where = error.keyPath === undefined ? '' : `\nin \`${error.keyPath}\`\n`;
    throw refused('configValidationError', `Invalid configuration: ${error.reason}${where}`);
  }
}

/** The text with the changes from `before` to `after` made in it; it ends with a newline. */
async function edited(text: string, before: TomlTable, after: TomlTable): Promise<string> {
  const { stringify } = await import('smol-toml');
  const change = { before, after };
  const keyed = withNewKeys(text, change, stringify);
  // Where a parent is written in one line its tables have no headings; then the editor finds a way.
  const careful = (await patched(withTables(keyed, change, stringify), after)) ?? (await patched(keyed, after));
  // The careful way misread its own result: a file without its comments is better than a wrong one.
  const result = careful ?? stringify(after);
  return result === '' || result.endsWith('\n') ? result : `${result}\n`;
}

/** Puts keys that are new and belong to no table behind the others of their kind, where a person would. */
function withNewKeys(text: string, change: { before: TomlTable; after: TomlTable }, stringify: (table: TomlTable) => string): string {
  const fresh = Object.entries(change.after).filter(([key, value]) => !Object.hasOwn(change.before, key) && !hasTables(value));
  if (fresh.length === 0) return text;
  const at = placeForKey(text);
  const before = text.slice(0, at);
  const glue = before === '' || before.endsWith('\n') ? '' : '\n';
  return `${before}${glue}${stringify(Object.fromEntries(fresh))}${text.slice(at)}`;
}

const hasTables = (value: unknown): boolean => isTable(value) || (Array.isArray(value) && value.some(hasTables));

/** Undefined when the result does not mean `after`. */
async function patched(text: string, after: TomlTable): Promise<string | undefined> {
  const { parse, patch } = await import('@decimalturn/toml-patch');
  try {
    const document: unknown = parse(text);
    if (!isTable(document)) return undefined;
    const result = patch(text, transplant(document, parseToml(text, ''), after));
    return isDeepStrictEqual(parseToml(result, ''), after) ? result : undefined;
  } catch {
    // Whatever it could not do is done the plain way.
    return undefined;
  }
}

/** `after` made of the editor's own values where nothing changed, so that dates and big numbers keep their form. */
function transplant(own: unknown, before: unknown, after: unknown): unknown {
  if (isDeepStrictEqual(before, after)) return own;
  if (!isTable(after)) return after;
  const [ownTable, beforeTable] = [isTable(own) ? own : {}, isTable(before) ? before : {}];
  return Object.fromEntries(Object.entries(after).map(([key, value]) => [key, transplant(ownTable[key], beforeTable[key], value)]));
}

async function replaceText(file: string, text: string): Promise<void> {
  const { default: writeFileAtomic } = await import('write-file-atomic');
  // The mode is that of the file that was there; a new one is for its owner only.
  await writeFileAtomic(file, text, (await textExists(file)) ? {} : { mode: 0o600 });
}

const textExists = (file: string): Promise<boolean> =>
  readFile(file).then(
    () => true,
    () => false,
  );

/** The stronger layer that keeps an edit from having an effect. */
function overriding(
  layers: readonly ConfigLayer[],
  edits: readonly { path: readonly string[] }[],
): ConfigWriteResult['overriddenMetadata'] {
  const user = layers.findIndex(({ name }) => name.type === 'user' && name.profile === null);
  const own = layers[user];
  if (!own) return null;
  const stronger = layers.slice(user + 1).filter((layer) => layer.disabledReason === undefined);
  for (const { path } of edits) {
    const layer = stronger.findLast(({ config }) => valueAt(config, path) !== undefined);
    if (!layer) continue;
    const effectiveValue = valueAt(effectiveConfig(layers), path);
    if (isDeepStrictEqual(effectiveValue, valueAt(own.config, path))) continue;
    return { message: `Overridden by ${nameOf(layer)}`, overridingLayer: { name: layer.name, version: layer.version }, effectiveValue };
  }
  return null;
}

function nameOf({ name }: ConfigLayer): string {
  if (name.type === 'sessionFlags') return 'session flags';
  if (name.type === 'project') return `project config (${name.dotCodexFolder}/config.toml)`;
  return 'file' in name ? `${name.type} config (${name.file})` : name.type;
}
