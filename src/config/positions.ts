/** Where keys and values stand in a TOML text that is known to be valid. Used for messages only. */
import type { TextRange } from './config-error.ts';

export interface KeyPlace {
  /** The value; for a table that has a header, the header. */
  readonly start: number;
  /** Just behind it. */
  readonly end: number;
}

/** Places by key path, its parts joined with NUL. */
export type Places = ReadonlyMap<string, KeyPlace>;

const keyOf = (path: readonly string[]): string => path.join('\0');

/** Where a new key may stand that belongs to no table: a beginning of a line behind the ones that are there. */
export function placeForKey(text: string): number {
  const scanner = new Scanner(text);
  scanner.document();
  if (scanner.lastKeyEnd === undefined) return /^(?:#[^\n]*\n)+\r?\n/.exec(text)?.[0].length ?? 0;
  const newline = text.indexOf('\n', scanner.lastKeyEnd);
  return newline < 0 ? text.length : newline + 1;
}

export function findPlaces(text: string): Places {
  const scanner = new Scanner(text);
  scanner.document();
  return scanner.places;
}

/** The place of `path`, or of the nearest table around it that has one. */
export function placeOf(places: Places, path: readonly string[]): KeyPlace | undefined {
  for (let length = path.length; length > 0; length--) {
    const place = places.get(keyOf(path.slice(0, length)));
    if (place) return place;
  }
  return undefined;
}

/** Lines and columns from 1, the last character included. */
export function rangeOf(text: string, place: KeyPlace): TextRange {
  return { start: positionOf(text, place.start), end: positionOf(text, Math.max(place.start, place.end - 1)) };
}

function positionOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

export const lineAt = (text: string, line: number): string => (text.split('\n')[line - 1] ?? '').replace(/\r$/, '');

class Scanner {
  readonly places = new Map<string, KeyPlace>();
  /** End of the last value that stands before the first table. */
  lastKeyEnd: number | undefined;
  readonly #text: string;
  readonly #arrays = new Map<string, number>();
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): void {
    let table: string[] = [];
    for (this.#skip(/[\s\n]*(#[^\n]*\n?[\s\n]*)*/y); this.#at < this.#text.length; this.#skip(/[\s\n]*(#[^\n]*\n?[\s\n]*)*/y)) {
      const before = this.#at;
      if (this.#text[this.#at] === '[') table = this.#header();
      else this.#entry(table);
      if (table.length === 0) this.lastKeyEnd = this.#at;
      if (this.#at === before) return;
    }
  }

  #header(): string[] {
    const start = this.#at;
    const many = this.#skip(/\[\[?/y) === '[[';
    const keys = this.#keys();
    this.#skip(/\s*\]\]?/y);
    // `[a.b]` below `[[a]]` means its newest entry.
    const path: string[] = [];
    for (const [index, key] of keys.entries()) {
      path.push(key);
      const last = index === keys.length - 1;
      const count = this.#arrays.get(keyOf(path));
      if (last && many) {
        this.#arrays.set(keyOf(path), (count ?? -1) + 1);
        path.push(String((count ?? -1) + 1));
      } else if (count !== undefined) path.push(String(count));
    }
    for (let length = 1; length <= path.length; length++) this.#note(path.slice(0, length), start, this.#at);
    return path;
  }

  #entry(table: readonly string[]): void {
    const start = this.#at;
    const path = [...table, ...this.#keys()];
    this.#skip(/\s*=\s*/y);
    const value = this.#at;
    this.#value(path);
    for (let length = table.length + 1; length < path.length; length++) this.#note(path.slice(0, length), start, this.#at);
    this.places.set(keyOf(path), { start: value, end: this.#at });
  }

  #note(path: readonly string[], start: number, end: number): void {
    const key = keyOf(path);
    if (!this.places.has(key)) this.places.set(key, { start, end });
  }

  #keys(): string[] {
    const keys: string[] = [];
    do {
      this.#skip(/[ \t]*/y);
      const raw = this.#skip(/"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_-]+/y);
      keys.push(raw.startsWith('"') ? raw.slice(1, -1).replace(/\\(.)/g, '$1') : raw.replace(/^'|'$/g, ''));
      this.#skip(/[ \t]*/y);
    } while (this.#skip(/\./y) !== '');
    return keys;
  }

  #value(path: readonly string[]): void {
    const letter = this.#text[this.#at];
    if (letter === '{') this.#inlineTable(path);
    else if (letter === '[') this.#array(path);
    else if (this.#skip(/"""[\s\S]*?(?<!\\)"""+|'''[\s\S]*?'''+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y) === '')
      this.#skip(/[^\s,\]}#]+( [\d:.Z+-]+)?/y);
  }

  #inlineTable(path: readonly string[]): void {
    this.#skip(/\{/y);
    for (this.#blank(); this.#at < this.#text.length && this.#text[this.#at] !== '}'; this.#blank()) {
      const before = this.#at;
      this.#entry(path);
      this.#blank();
      this.#skip(/,/y);
      if (this.#at === before) return;
    }
    this.#skip(/\}/y);
  }

  #array(path: readonly string[]): void {
    this.#skip(/\[/y);
    for (let index = 0; ; index++) {
      this.#blank();
      if (this.#at >= this.#text.length || this.#text[this.#at] === ']') break;
      const start = this.#at;
      this.#value([...path, String(index)]);
      this.places.set(keyOf([...path, String(index)]), { start, end: this.#at });
      this.#blank();
      this.#skip(/,/y);
      if (this.#at === start) return;
    }
    this.#skip(/\]/y);
  }

  #blank(): void {
    this.#skip(/(\s|#[^\n]*(\n|$))*/y);
  }

  /** Moves behind what `pattern` matches here and returns it; the empty string when it does not match. */
  #skip(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }
}
