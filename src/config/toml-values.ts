/** Values as TOML files hold them: tables, paths into them, and how one layer lies over another. */

export type TomlTable = Record<string, unknown>;

export const isTable = (value: unknown): value is TomlTable =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** `over` laid over `under`: tables merge at every depth, anything else replaces. Neither is changed. */
export function mergeTables(under: TomlTable, over: TomlTable): TomlTable {
  const result: TomlTable = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = result[key];
    define(result, key, isTable(below) && isTable(value) ? mergeTables(below, value) : value);
  }
  return result;
}

/** Sets a key even when it is named like a member of every object. */
export function define(table: TomlTable, key: string, value: unknown): void {
  Object.defineProperty(table, key, { value, writable: true, enumerable: true, configurable: true });
}

export function valueAt(table: TomlTable, path: readonly string[]): unknown {
  let at: unknown = table;
  for (const key of path) {
    if (!isTable(at) || !Object.hasOwn(at, key)) return undefined;
    at = at[key];
  }
  return at;
}

/** A copy of `table` with `value` at `path`; tables on the way are made, other values on the way replaced. */
export function withValue(table: TomlTable, path: readonly string[], value: unknown): TomlTable {
  const [key, ...rest] = path;
  if (key === undefined) return isTable(value) ? value : table;
  const below = table[key];
  const copy = { ...table };
  define(copy, key, rest.length === 0 ? value : withValue(isTable(below) ? below : {}, rest, value));
  return copy;
}

/** A copy of `table` without what stands at `path`. */
export function withoutValue(table: TomlTable, path: readonly string[]): TomlTable {
  const [key, ...rest] = path;
  if (key === undefined || !Object.hasOwn(table, key)) return table;
  const copy = { ...table };
  const below = copy[key];
  if (rest.length === 0) delete copy[key];
  else if (isTable(below)) define(copy, key, withoutValue(below, rest));
  return copy;
}

/** The keys of a dotted path, `a."b.c".d`; undefined when it has an empty or unfinished part. */
export function parseKeyPath(text: string): string[] | undefined {
  const keys: string[] = [];
  let at = 0;
  while (at <= text.length) {
    const part = /^\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^."']+?))\s*(?:\.|$)/.exec(text.slice(at));
    if (!part) return undefined;
    const [all, basic, literal, bare] = part;
    keys.push(basic === undefined ? (literal ?? bare ?? '') : basic.replace(/\\(.)/g, '$1'));
    at += all.length;
    if (!all.endsWith('.')) return at === text.length ? keys : undefined;
  }
  return undefined;
}

/** Calls `visit` with the path and value of everything that is not a table. */
export function eachLeaf(table: TomlTable, visit: (path: readonly string[], value: unknown) => void, path: readonly string[] = []): void {
  for (const [key, value] of Object.entries(table)) {
    const here = [...path, key];
    if (isTable(value)) eachLeaf(value, visit, here);
    else if (Array.isArray(value)) for (const [index, entry] of value.entries()) leafInArray(entry, [...here, String(index)], visit);
    else visit(here, value);
  }
}

const leafInArray = (entry: unknown, path: readonly string[], visit: (path: readonly string[], value: unknown) => void): void => {
  if (isTable(entry)) eachLeaf(entry, visit, path);
  else visit(path, entry);
};
