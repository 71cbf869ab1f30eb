/** A command line as one line of shell text and back: rollout files keep the words, items keep the text. */

/** Characters that need no quotes in any POSIX shell. */
const bare = /^[A-Za-z0-9_\-+./:@%,=]+$/;

const quoteWord = (word: string): string => {
  if (word === '') return "''";
  if (bare.test(word)) return word;
  return word.includes("'") && !/["$`\\!]/.test(word) ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`;
};

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
