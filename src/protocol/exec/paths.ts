/** Paths on the exec wire: `file:` URIs and nothing else. */
import * as z from 'zod/mini';

/** As URL parsers read it: without blanks around it and line breaks inside, with its drive letter in capitals. */
const asParsed = (text: string): string =>
  text
    .replace(/^[\u0000-\u0020]+|[\u0000-\u0020]+$|[\t\n\r]/g, '')
    .replace(/^(file:\/\/\/)([a-z])(?=:(?:\/|$))/i, (_, start: string, drive: string) => `${start}${drive.toUpperCase()}`);

/** Why `text` is no path URI, or undefined when it is one. */
function problemOf(text: string): string | undefined {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return 'invalid URI: relative URL without a base';
  if (scheme !== 'file') return `unsupported path URI scheme \`${scheme}\``;
  const authority = /^file:\/\/([^/?#]*)/i.exec(text)?.[1] ?? '';
  // Names, ports and passwords are no part of a host, and nothing else stands there in a `file:` URI.
  if (!authority.startsWith('[') && /[@:<>^|\\ ]|%(?![0-9A-Fa-f]{2})/.test(authority)) {
    return 'invalid URI: invalid international domain name';
  }
  if (text.includes('?')) return 'query parameters are not allowed in path URIs';
  if (text.includes('#')) return 'fragments are not allowed in path URIs';
  return undefined;
}

/** A `file:` URI. Whether it can exist on this machine is the handler's question, not the decoder's. */
export function pathUri() {
  return z.string().check(
    z.overwrite(asParsed),
    z.refine((text: string) => problemOf(text) === undefined, {
      error: ({ input }) => problemOf(String(input)) ?? 'invalid URI',
      abort: true,
    }),
  );
}
