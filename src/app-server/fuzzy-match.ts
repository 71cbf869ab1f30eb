/**
 * Scores a path against what the user typed. Pure. Same scale as the reference: 16 per matched character, bonuses at word
 * starts, penalties for gaps, and a step above all of them when the file's own name matches.
 */

const matchScore = 16;
const gapStart = 3;
const gapExtension = 1;
const boundaryBonus = 8;
const delimiterBonus = 9;
const camelBonus = 5;
const consecutiveBonus = 4;
const firstCharacterFactor = 2;
/** The file's name contains the query / is the query. */
const nameBonus = 65536;
const exactNameBonus = 131072;

/** Longer queries are refused: the table grows with query times path. */
const longestQuery = 256;

type Class = 'space' | 'nonWord' | 'delimiter' | 'lower' | 'upper' | 'letter' | 'digit';

function classOf(char: string): Class {
  if (char >= 'a' && char <= 'z') return 'lower';
  if (char >= 'A' && char <= 'Z') return 'upper';
  if (char >= '0' && char <= '9') return 'digit';
  if (char === '/') return 'delimiter';
  if (char <= ' ') return 'space';
  if (char < '\u0080') return 'nonWord';
  const lower = char.toLowerCase();
  const upper = char.toUpperCase();
  if (lower === upper) return /\p{L}/u.test(char) ? 'letter' : 'nonWord';
  return char === upper ? 'upper' : 'lower';
}

function bonusOf(previous: Class, current: Class): number {
  if (current !== 'space' && current !== 'nonWord' && current !== 'delimiter') {
    if (previous === 'space' || previous === 'nonWord') return boundaryBonus;
    if (previous === 'delimiter') return delimiterBonus;
  }
  if ((previous === 'lower' && current === 'upper') || (previous !== 'digit' && current === 'digit')) return camelBonus;
  return current === 'space' || current === 'nonWord' ? boundaryBonus : 0;
}

function bonusesOf(text: string): number[] {
  let previous: Class = 'delimiter';
  return Array.from({ length: text.length }, (_, index) => {
    const current = classOf(text[index] ?? '');
    const bonus = bonusOf(previous, current);
    previous = current;
    return bonus;
  });
}

export interface Match {
  readonly score: number;
  /** Positions in the path, in UTF-16 units, ascending. */
  readonly indices: readonly number[];
}

interface Cell {
  readonly score: number;
  /** The bonus a directly following match inherits. */
  readonly bonus: number;
  /** Column of the match of the previous character. */
  readonly from: number;
}

const isSubsequence = (needle: string, text: string): boolean => {
  let at = -1;
  for (const char of needle) {
    at = text.indexOf(char, at + 1);
    if (at < 0) return false;
  }
  return true;
};

/** One row of the table: the best way to match `char` at each column, after the row before it. */
function nextRow(char: string, lower: string, bonuses: readonly number[], before: readonly (Cell | undefined)[]): (Cell | undefined)[] {
  const row: (Cell | undefined)[] = new Array(lower.length);
  let skipped: { score: number; from: number } | undefined;
  for (let column = 1; column < lower.length; column += 1) {
    const left = column >= 2 ? before[column - 2] : undefined;
    const extended = skipped && { score: Math.max(0, skipped.score - gapExtension), from: skipped.from };
    const started = left && { score: Math.max(0, left.score - gapStart), from: column - 2 };
    skipped = started && (!extended || started.score >= extended.score) ? started : extended;
    if (lower[column] !== char) continue;
    row[column] = bestCell(bonuses[column] ?? 0, { column, adjacent: before[column - 1], skipped });
  }
  return row;
}

function bestCell(
  bonus: number,
  ways: { column: number; adjacent: Cell | undefined; skipped: { score: number; from: number } | undefined },
): Cell | undefined {
  const { column, adjacent, skipped } = ways;
  const jump = skipped && { score: skipped.score + bonus + matchScore, bonus, from: skipped.from };
  if (!adjacent) return jump;
  let inherited = Math.max(adjacent.bonus, consecutiveBonus);
  if (bonus >= boundaryBonus && bonus > inherited) inherited = bonus;
  const step = { score: adjacent.score + Math.max(inherited, bonus) + matchScore, bonus: inherited, from: column - 1 };
  return jump && jump.score >= step.score ? jump : step;
}

/** The best placement of the characters of `needle` (lower case) in `text`, in order. */
function fuzzy(needle: string, text: string): Match | undefined {
  const lower = text.toLowerCase();
  if (lower.length !== text.length || !isSubsequence(needle, lower)) return undefined;
  const bonuses = bonusesOf(text);
  const rows: (Cell | undefined)[][] = [];
  for (const char of needle) {
    const before = rows.at(-1);
    if (before) rows.push(nextRow(char, lower, bonuses, before));
    else rows.push([...lower].map((candidate, index) => firstCell(candidate === char, bonuses[index] ?? 0)));
  }
  return trace(rows);
}

const firstCell = (matches: boolean, bonus: number): Cell | undefined =>
  matches ? { score: matchScore + bonus * firstCharacterFactor, bonus, from: -1 } : undefined;

function trace(rows: readonly (readonly (Cell | undefined)[])[]): Match | undefined {
  let column = -1;
  let best: Cell | undefined;
  rows.at(-1)?.forEach((cell, index) => {
    if (cell && (!best || cell.score > best.score)) [best, column] = [cell, index];
  });
  if (!best) return undefined;
  const indices: number[] = [];
  for (let row = rows.length - 1; row >= 0; row -= 1) {
    indices.unshift(column);
    column = rows[row]?.[column]?.from ?? -1;
  }
  return { score: best.score, indices };
}

/** `needle` as a block of `text` at `at`. */
function block(needle: string, text: string, at: number): Match {
  const bonuses = bonusesOf(text);
  let inherited = bonuses[at] ?? 0;
  let score = matchScore + inherited * firstCharacterFactor;
  for (let index = at + 1; index < at + needle.length; index += 1) {
    const bonus = bonuses[index] ?? 0;
    inherited = Math.max(inherited, consecutiveBonus);
    if (bonus >= boundaryBonus && bonus > inherited) inherited = bonus;
    score += matchScore + Math.max(inherited, bonus);
  }
  return { score, indices: Array.from({ length: needle.length }, (_, index) => at + index) };
}

interface Atom {
  readonly kind: 'fuzzy' | 'substring' | 'prefix' | 'suffix' | 'exact';
  readonly inverse: boolean;
  readonly needle: string;
}

function parseAtom(word: string): Atom {
  const inverse = word.startsWith('!');
  let needle = inverse ? word.slice(1) : word;
  const prefix = needle.startsWith('^');
  const substring = !prefix && needle.startsWith("'");
  if (prefix || substring) needle = needle.slice(1);
  const suffix = needle.endsWith('$') && !needle.endsWith('\\$');
  if (suffix) needle = needle.slice(0, -1);
  const kind = prefix && suffix ? 'exact' : prefix ? 'prefix' : suffix ? 'suffix' : substring || inverse ? 'substring' : 'fuzzy';
  return { kind, inverse, needle: needle.replaceAll('\\ ', ' ').toLowerCase() };
}

function matchAtom(atom: Atom, text: string): Match | undefined {
  const { kind, needle } = atom;
  if (needle === '') return { score: 0, indices: [] };
  if (kind === 'fuzzy') return fuzzy(needle, text);
  const lower = text.toLowerCase();
  if (kind === 'prefix') return lower.startsWith(needle) ? block(needle, text, 0) : undefined;
  if (kind === 'suffix') return lower.endsWith(needle) ? block(needle, text, text.length - needle.length) : undefined;
  if (kind === 'exact') return lower === needle ? block(needle, text, 0) : undefined;
  let best: Match | undefined;
  for (let at = lower.indexOf(needle); at >= 0; at = lower.indexOf(needle, at + 1)) {
    const match = block(needle, text, at);
    if (!best || match.score > best.score) best = match;
  }
  return best;
}

/**
 * A matcher for what the user typed: words must all match; `^` start, `$` end, `'` literal, `!` not. Case is ignored.
 * Undefined when nothing was typed or too much.
 */
export function createMatcher(query: string): ((path: string, isDirectory: boolean) => Match | undefined) | undefined {
  const words = query.match(/(?:\\ |\S)+/g);
  if (!words || query.length > longestQuery) return undefined;
  const atoms = words.map(parseAtom);
  const [only] = atoms;
  if (atoms.length === 1 && only?.kind === 'fuzzy' && !only.inverse)
    return (path, isDirectory) => matchName(only.needle, path, isDirectory);
  return (path) => {
    let score = 0;
    const indices = new Set<number>();
    for (const atom of atoms) {
      const match = matchAtom(atom, path);
      if ((match === undefined) !== atom.inverse) return undefined;
      if (!match || atom.inverse) continue;
      score += match.score;
      for (const index of match.indices) indices.add(index);
    }
    return { score, indices: [...indices].sort((a, b) => a - b) };
  };
}

function matchName(needle: string, path: string, isDirectory: boolean): Match | undefined {
  const start = path.lastIndexOf('/') + 1;
  const name = path.slice(start);
  const exact = name.toLowerCase() === needle ? exactNameBonus : 0;
  const inName = isDirectory && !exact ? undefined : fuzzy(needle, name);
  if (!inName) return fuzzy(needle, path);
  const score = inName.score + exact + (isDirectory ? 0 : nameBonus);
  return { score, indices: inName.indices.map((index) => index + start) };
}
