/** A command line as one line of shell text and back: rollout files keep the words, items keep the text. */

/** Characters that mean nothing to any shell. */
const plain = /[A-Za-z0-9_+\-./:@\]]/;
/** Not between single quotes: fish reads backslashes there, and some bashes expand `^`. */
const notInSingle = new Set(["'", '^', '\\']);
const notInDouble = new Set(['`', '$', '!', '^']);

/** How many characters can share one way of quoting, and which: the plainest that all of them allow. */
function nextChunk(word: string): { length: number; way: 'bare' | 'single' | 'double' } {
  let [bare, single, double] = [true, true, true];
  let length = 0;
  // `^` is safe only right behind an opening single quote.
  if (word.startsWith('^')) [bare, double, length] = [false, false, 1];
  for (; length < word.length; length++) {
    const letter = word.charAt(length);
    const next = [bare && plain.test(letter), single && !notInSingle.has(letter), double && !notInDouble.has(letter)] as const;
    if (!next[0] && !next[1] && !next[2]) break;
    [bare, single, double] = next;
  }
  return { length, way: bare ? 'bare' : single ? 'single' : 'double' };
}

function quoteWord(word: string): string {
  if (word === '') return "''";
  let quoted = '';
  for (let rest = word; rest !== ''; ) {
    const { length, way } = nextChunk(rest);
    const chunk = rest.slice(0, length);
    if (way === 'bare') quoted += chunk;
    else quoted += way === 'single' ? `'${chunk}'` : `"${chunk.replace(/["\\]/g, '\\$&')}"`;
    rest = rest.slice(length);
  }
  return quoted;
}

/** Joins words so that a shell reads them back. */
export const joinWords = (words: readonly string[]): string => words.map(quoteWord).join(' ');

/** The words of shell text that uses only quotes and backslashes; undefined when a quote is left open. */
export function splitWords(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote: '"' | "'" | undefined;
  for (let at = 0; at < text.length; at++) {
    const letter = text.charAt(at);
    if (quote === "'") {
      if (letter === "'") quote = undefined;
      else word = (word ?? '') + letter;
    } else if (letter === '\\' && (quote === undefined || /["\\$`\n]/.test(text.charAt(at + 1)))) {
      at += 1;
      word = (word ?? '') + text.charAt(at);
    } else if (quote === '"') {
      if (letter === '"') quote = undefined;
      else word = (word ?? '') + letter;
    } else if (letter === '"' || letter === "'") {
      quote = letter;
      word ??= '';
    } else if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + letter;
  }
  if (quote) return undefined;
  if (word !== undefined) words.push(word);
  return words;
}
