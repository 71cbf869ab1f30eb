/** Turns the old text of one file and the chunks of one update into its new text. Pure: nothing here touches a file. */
import type { Chunk, ChunkLine } from './parse.ts';

/** The chunks do not fit the file. The message is written for the model. */
export class PatchMismatch extends Error {
  override readonly name = 'PatchMismatch';
}

interface FileText {
  /** Lines without their ends. */
  readonly lines: readonly string[];
  /** The end of each line as it stands in the file; '' for an unfinished last line. */
  readonly ends: readonly string[];
  /** What new lines end with: the first end of the file. */
  readonly newEnd: string;
}

interface Replacement {
  readonly start: number;
  readonly oldCount: number;
  /** Lines with their ends. */
  readonly text: string;
}

/**
 * The new text. Lines that were matched as context keep the file's own spelling, new lines get the line end the file
 * begins with, and the result ends with a line end unless it is empty. Throws `PatchMismatch`; `path` is only named in it.
 */
export function applyChunks(old: string, chunks: readonly Chunk[], path: string): string {
  const file = splitLines(old);
  const search = new LineSearch(file.lines);
  const replacements: Replacement[] = [];
  let position = 0;
  for (const chunk of chunks) {
    if (chunk.anchor !== undefined) {
      const found = search.find([chunk.anchor], position, false);
      if (found === undefined) throw new PatchMismatch(`Failed to find context '${chunk.anchor}' in ${path}`);
      position = found + 1;
    }
    const located = locate(search, chunk, position, path);
    replacements.push(replacement(file, located));
    if (located.oldCount > 0 || !located.appends) position = located.start + located.oldCount;
  }
  return build(file, replacements);
}

function splitLines(text: string): FileText {
  const lines: string[] = [];
  const ends: string[] = [];
  const breaks = /\r\n|\n|\r/g;
  let start = 0;
  for (let found = breaks.exec(text); found; found = breaks.exec(text)) {
    lines.push(text.slice(start, found.index));
    ends.push(found[0]);
    start = breaks.lastIndex;
  }
  if (start < text.length) {
    lines.push(text.slice(start));
    ends.push('');
  }
  return { lines, ends, newEnd: ends[0] || '\n' };
}

interface Located {
  readonly start: number;
  readonly oldCount: number;
  readonly lines: readonly PlacedLine[];
  /** The chunk has no old lines at all and goes to the end of the file. */
  readonly appends: boolean;
}

/** A line of the result: the old line number it repeats, or new text. */
type PlacedLine = number | string;

function locate(search: LineSearch, chunk: Chunk, position: number, path: string): Located {
  const old = chunk.lines.filter((line) => line.kind !== 'add');
  if (old.length === 0) return { start: search.length, oldCount: 0, lines: chunk.lines.map((line) => line.text), appends: true };
  const wanted = old.map((line) => line.text);
  const found = search.find(wanted, position, chunk.atEndOfFile);
  if (found !== undefined) return place(chunk.lines, found, old.length);
  if (wanted.at(-1) === '') {
    const shorter = search.find(wanted.slice(0, -1), position, chunk.atEndOfFile);
    if (shorter !== undefined) return placeShortened(chunk.lines, shorter, old.length - 1);
  }
  throw new PatchMismatch(`Failed to find expected lines in ${path}:\n${wanted.join('\n')}`);
}

function place(lines: readonly ChunkLine[], start: number, oldCount: number): Located {
  const placed: PlacedLine[] = [];
  let next = start;
  for (const line of lines) {
    if (line.kind === 'add') placed.push(line.text);
    else {
      if (line.kind === 'context') placed.push(next);
      next += 1;
    }
  }
  return { start, oldCount, lines: placed, appends: false };
}

/** The last old line is an empty one that the file does not have; a trailing empty new line goes with it. */
function placeShortened(lines: readonly ChunkLine[], start: number, oldCount: number): Located {
  const lastOld = lines.findLastIndex((line) => line.kind !== 'add');
  const lastNew = lines.findLastIndex((line) => line.kind !== 'remove');
  const rest = lines.flatMap((line, index): ChunkLine[] => {
    if (index === lastNew && line.text === '') return [];
    if (index !== lastOld) return [line];
    return line.kind === 'context' ? [{ kind: 'add', text: line.text }] : [];
  });
  return place(rest, start, oldCount);
}

function replacement(file: FileText, located: Located): Replacement {
  let text = '';
  for (const line of located.lines) {
    if (typeof line === 'string') text += line + file.newEnd;
    else text += (file.lines[line] ?? '') + (file.ends[line] || file.newEnd);
  }
  return { start: located.start, oldCount: located.oldCount, text };
}

function build(file: FileText, replacements: readonly Replacement[]): string {
  let out = '';
  let next = 0;
  const copyUntil = (limit: number) => {
    for (; next < limit; next += 1) out += (file.lines[next] ?? '') + (file.ends[next] || file.newEnd);
  };
  // Stable: several additions at the end of the file keep the order of the patch.
  for (const part of replacements.toSorted((a, b) => a.start - b.start)) {
    copyUntil(part.start);
    out += part.text;
    next = Math.max(next, part.start + part.oldCount);
  }
  copyUntil(file.lines.length);
  return out;
}

const asIs = (line: string): string => line;
const passes: readonly ((line: string) => string)[] = [asIs, (line) => line.trimEnd(), (line) => line.trim(), plainCharacters];

const PLAIN: ReadonlyMap<string, string> = new Map([
  ...[...'\u2010\u2011\u2012\u2013\u2014\u2015\u2212'].map((dash) => [dash, '-'] as const),
  ...[...'\u2018\u2019\u201a\u201b'].map((quote) => [quote, "'"] as const),
  ...[...'\u201c\u201d\u201e\u201f'].map((quote) => [quote, '"'] as const),
]);
const TYPOGRAPHIC = /[\u2010-\u2015\u2212\u2018-\u201f]/g;
const SPACES = /[\u00a0\u2002-\u200a\u202f\u205f\u3000]/g;

function plainCharacters(line: string): string {
  return line
    .trim()
    .replace(TYPOGRAPHIC, (mark) => PLAIN.get(mark) ?? mark)
    .replace(SPACES, ' ');
}

/** Finds blocks of lines, first exactly, then more and more forgivingly; each normal form of the file is made once. */
class LineSearch {
  readonly #forms: (readonly string[] | undefined)[];

  constructor(lines: readonly string[]) {
    this.#forms = [lines];
  }

  get length(): number {
    return this.#forms[0]?.length ?? 0;
  }

  /** Index of the first place at or after `from` where `wanted` stands. */
  find(wanted: readonly string[], from: number, atEndOfFile: boolean): number | undefined {
    if (wanted.length === 0) return from;
    const last = this.length - wanted.length;
    const start = atEndOfFile ? Math.max(from, last) : from;
    if (start > last) return undefined;
    for (const [index, pass] of passes.entries()) {
      const lines = this.#form(index, pass);
      const block = index === 0 ? wanted : wanted.map(pass);
      for (let at = start; at <= last; at += 1) if (block.every((line, offset) => lines[at + offset] === line)) return at;
    }
    return undefined;
  }

  #form(index: number, pass: (line: string) => string): readonly string[] {
    const known = this.#forms[index];
    if (known) return known;
    const made = (this.#forms[0] ?? []).map(pass);
    this.#forms[index] = made;
    return made;
  }
}
