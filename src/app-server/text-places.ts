/** Places of a term in a text, with some of what stands around it. Positions are UTF-16 units, as clients count them. */

export interface Place {
  readonly snippet: string;
  /** Of the term, in the snippet. */
  readonly snippetMatchRange: { readonly start: number; readonly end: number };
}

const isSecondHalf = (text: string, at: number): boolean => /^[\udc00-\udfff]$/.test(text.charAt(at));

/** `text` from about `start` to about `end`, never half of a character. */
function around(text: string, start: number, end: number): { from: number; snippet: string } {
  const from = Math.max(0, isSecondHalf(text, start) ? start - 1 : start);
  return { from, snippet: text.slice(from, isSecondHalf(text, end) ? end + 1 : end) };
}

/** Where `text` says `term`, whatever the case of either; at most `margin` units are shown on each side. */
export function placesOf(text: string, term: string, margin: number): Place[] {
  const pattern = new RegExp(term.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'giu');
  return [...text.matchAll(pattern)].map(({ 0: found, index }) => {
    const { from, snippet } = around(text, index - margin, index + found.length + margin);
    return { snippet: snippet.trimEnd(), snippetMatchRange: { start: index - from, end: index - from + found.length } };
  });
}
