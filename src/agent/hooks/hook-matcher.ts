/** Which hooks an event concerns. */

/**
 * True when `matcher` fits one of the names: null, empty and `*` fit all; words with bars between them are whole names;
 * everything else is a regular expression that may match anywhere. One that is none fits nothing.
 */
export function hookMatches(matcher: string | null, names: readonly string[]): boolean {
  if (matcher === null || matcher === '' || matcher === '*') return true;
  if (/^[\w|]+$/.test(matcher)) {
    const words = matcher.split('|');
    return names.some((name) => words.includes(name));
  }
  try {
    const pattern = new RegExp(matcher);
    return names.some((name) => pattern.test(name));
  } catch {
    // Listing the hooks warned of it.
    return false;
  }
}
