/** Whole tables in a TOML text, with their headings: new ones go to the end, and one that goes takes nothing else along. */
import { findPlaces } from './positions.ts';
import { isTable, type TomlTable } from './toml-values.ts';

interface Change {
  readonly before: TomlTable;
  readonly after: TomlTable;
}

/** Adds and cuts tables up to the second level. What cannot be done this way is left as it was. */
export function withTables(text: string, change: Change, stringify: (table: TomlTable) => string): string {
  const { before, after } = change;
  const cut = tablesOnlyIn(before, after).reduce((left, path) => withoutTable(left, path), text);
  return tablesOnlyIn(after, before).reduce((left, [key, name]) => {
    const value = after[key];
    const table = name !== undefined && isTable(value) ? { [key]: { [name]: value[name] } } : { [key]: value };
    return appended(left, stringify(table));
  }, cut);
}

type Path = readonly [string] | readonly [string, string];

/** Paths of tables of one side that the other has nothing in the place of. */
function tablesOnlyIn(one: TomlTable, other: TomlTable): Path[] {
  return Object.entries(one).flatMap(([key, value]): Path[] => {
    if (!isTable(value)) return [];
    const there = other[key];
    if (there === undefined) return [[key]];
    if (!isTable(there)) return [];
    const below = Object.keys(value).filter((name) => isTable(value[name]) && there[name] === undefined);
    return below.map((name) => [key, name] as const);
  });
}

function appended(text: string, table: string): string {
  if (text === '') return table;
  return `${text}${text.endsWith('\n') ? '' : '\n'}\n${table}`;
}

/** Cuts the lines of a table and of the tables below it out, if they are in one piece. Comments around them stay. */
function withoutTable(text: string, path: Path): string {
  const own = path.join('\0');
  const places = [...findPlaces(text)];
  const belongs = (key: string): boolean => key === own || key.startsWith(`${own}\0`);
  const mine = places.filter(([key]) => belongs(key)).map(([, place]) => place);
  if (mine.length === 0) return text;
  const start = text.lastIndexOf('\n', Math.min(...mine.map((place) => place.start)) - 1) + 1;
  const newline = text.indexOf('\n', Math.max(...mine.map((place) => place.end)));
  const end = newline < 0 ? text.length : newline + 1;
  // A heading names the tables around its own too.
  const foreign = places.some(([key, place]) => !belongs(key) && !own.startsWith(`${key}\0`) && place.start >= start && place.start < end);
  if (foreign) return text;
  const [head, tail] = [text.slice(0, start), text.slice(end)];
  if (tail === '') return head.replace(/\n\r?\n$/, '\n');
  return head + (head === '' || /\n\r?\n$/.test(head) ? tail.replace(/^(?:\r?\n)+/, '') : tail);
}
