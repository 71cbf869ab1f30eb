/** Paths on the exec wire: `file:` URIs and nothing else. */
import * as z from 'zod/mini';

/** Why `text` is no path URI, or undefined when it is one. */
function problemOf(text: string): string | undefined {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return 'invalid URI: relative URL without a base';
  if (scheme !== 'file') return `unsupported path URI scheme \`${scheme}\``;
  const authority = /^file:\/\/([^/?#]*)/i.exec(text)?.[1] ?? '';
  if (authority.includes('@')) return 'credentials are not allowed in path URIs';
  if (/:\d*$/.test(authority)) return 'ports are not allowed in path URIs';
  if (text.includes('?')) return 'query parameters are not allowed in path URIs';
  if (text.includes('#')) return 'fragments are not allowed in path URIs';
  return undefined;
}

/** A `file:` URI. Whether it can exist on this machine is the handler's question, not the decoder's. */
export function pathUri() {
  return z.string().check(
    z.refine((text: string) => problemOf(text) === undefined, {
      error: ({ input }) => problemOf(String(input)) ?? 'invalid URI',
      abort: true,
    }),
  );
}
