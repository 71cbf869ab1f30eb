/** Shell quoting for display: words that a POSIX shell reads back as they were. */

const UNQUOTED = 1;
const SINGLE = 2;
const DOUBLE = 4;

/** Characters that mean nothing to any shell. */
const HARMLESS = /[A-Za-z0-9+\-./:@\]_]/;

/** `words` as one line. */
export const quoteWords = (words: readonly string[]): string => words.map(quoteWord).join(' ');

/** One word, quoted only where needed; a word that no single kind of quotes can hold is put together from several. */
export function quoteWord(word: string): string {
  if (word === '') return "''";
  let out = '';
  for (let start = 0; start < word.length; ) {
    const [end, style] = longestRun(word, start);
    out += inStyle(word.slice(start, end), style);
    start = end;
  }
  return out;
}

/** How far one style reaches from `start`, and the plainest style that does. */
function longestRun(word: string, start: number): [end: number, style: number] {
  let styles = UNQUOTED | SINGLE | DOUBLE;
  let at = start;
  // Old shells read a leading caret as a pipe, and some mishandle it anywhere but right after a single quote.
  if (word[at] === '^') {
    styles = SINGLE;
    at += 1;
  }
  for (; at < word.length; at += 1) {
    const possible = styles & stylesFor(word[at] ?? '');
    if (possible === 0) break;
    styles = possible;
  }
  return [at, styles & UNQUOTED || styles & SINGLE || DOUBLE];
}

function stylesFor(char: string): number {
  if (HARMLESS.test(char)) return UNQUOTED | SINGLE | DOUBLE;
  // A backslash in single quotes is literal in POSIX but not in fish.
  if (char === "'" || char === '\\') return DOUBLE;
  if (char === '`' || char === '$' || char === '!') return SINGLE;
  return char === '^' ? 0 : SINGLE | DOUBLE;
}

function inStyle(text: string, style: number): string {
  if (style === UNQUOTED) return text;
  return style === SINGLE ? `'${text}'` : `"${text.replace(/["\\$`]/g, '\\$&')}"`;
}
