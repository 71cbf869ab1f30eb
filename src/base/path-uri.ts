/** Paths as `file:` URIs, the only spelling on the exec wire, and their native forms on either family of systems. */

/** `posix`: `/a/b`. `windows`: `C:\a\b` and `\\host\share\a`. */
export type PathStyle = 'posix' | 'windows';

export const nativePathStyle: PathStyle = process.platform === 'win32' ? 'windows' : 'posix';

/** Stands before the raw bytes of a path that has no URI of its own. */
const opaquePrefix = '/%00/bad/path/';
/** What a path segment escapes besides everything outside printable ASCII. */
const escaped = /[\u0000-\u0020"#%<>?`{}\\\u007f-\u{10ffff}]/gu;
const drivePath = /^\/[A-Za-z]:(\/|$)/;

const utf8 = new TextEncoder();
const percent = (byte: number): string => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
const escapePath = (path: string): string => path.replace(escaped, (character) => Array.from(utf8.encode(character), percent).join(''));

interface UriParts {
  readonly authority: string;
  readonly path: string;
}

function partsOf(uri: string): UriParts | undefined {
  const match = /^file:(?:\/\/([^/?#]*))?([^?#]*)$/i.exec(uri);
  if (!match) return undefined;
  const authority = match[1] ?? '';
  return { authority: authority.toLowerCase() === 'localhost' ? '' : authority, path: match[2] ?? '' };
}

const styleOf = ({ authority, path }: UriParts): PathStyle => (authority !== '' || drivePath.test(path) ? 'windows' : 'posix');

/** The family a URI belongs to: an authority or a drive letter means Windows. Undefined when it is no `file:` URI. */
export function styleOfPathUri(uri: string): PathStyle | undefined {
  const parts = partsOf(uri);
  return parts && styleOf(parts);
}

/** The path without `.` and `..` segments, as URL parsers read it. */
function withoutDots(path: string): string {
  if (!/\/(\.|%2e)/i.test(path)) return path;
  const kept: string[] = [];
  const segments = path.split('/');
  for (const [index, segment] of segments.entries()) {
    const name = segment.replace(/%2e/gi, '.');
    const isDot = name === '.' || name === '..';
    if (name === '..' && kept.length > 1 && !(kept.length === 2 && drivePath.test(`/${kept[1]}`))) kept.pop();
    if (!isDot) kept.push(segment);
    else if (index === segments.length - 1) kept.push('');
  }
  return kept.join('/');
}

/**
 * The native path of `uri`, or undefined when it is no path URI, belongs to the other family of systems, or names bytes that
 * a string cannot hold.
 */
export function pathFromUri(uri: string, style: PathStyle = nativePathStyle): string | undefined {
  const parts = partsOf(uri);
  if (!parts || styleOf(parts) !== style) return undefined;
  if (parts.path.startsWith(opaquePrefix)) return opaquePath(parts.path.slice(opaquePrefix.length), style);
  const text = unescapePath(withoutDots(parts.path));
  if (text === undefined || text.includes('\0') || !text.startsWith('/')) return undefined;
  // A file named with a slash behind it is that file.
  if (style === 'posix') return text.length > 1 ? text.replace(/\/+$/, '') || '/' : text;
  const local = text.replaceAll('/', '\\');
  return parts.authority === '' ? local.slice(1) : `\\\\${parts.authority}${local}`;
}

function unescapePath(text: string): string | undefined {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text.replace(/%(?![0-9A-Fa-f]{2})/g, '%25'));
  } catch {
    return undefined; // bytes that are no UTF-8
  }
}

const encodingOf = (style: PathStyle): BufferEncoding => (style === 'posix' ? 'utf8' : 'utf16le');

function opaquePath(encoded: string, style: PathStyle): string | undefined {
  const bytes = Buffer.from(encoded, 'base64url');
  const text = bytes.toString(encodingOf(style));
  return Buffer.from(text, encodingOf(style)).equals(bytes) ? text : undefined;
}

/** The URI of an absolute native path. One that has no URI form becomes an opaque URI, which only stands for itself. */
export function uriFromPath(path: string, style: PathStyle = nativePathStyle): string {
  if (path.includes('\0')) return opaqueUri(path, style);
  if (style === 'posix') return path.startsWith('/') ? `file://${escapePath(path)}` : opaqueUri(path, style);
  const slashed = path.replaceAll('\\', '/').replace(/^\/\/[?.]\/(?=[A-Za-z]:)/, '');
  const share = /^\/\/([^/?.][^/]*)(\/.*)$/.exec(slashed);
  if (share?.[1] && share[2]) return `file://${share[1].toLowerCase()}${escapePath(share[2])}`;
  return drivePath.test(`/${slashed}`) ? `file:///${escapePath(slashed)}` : opaqueUri(path, style);
}

const opaqueUri = (path: string, style: PathStyle): string =>
  `file://${opaquePrefix}${Buffer.from(path, encodingOf(style)).toString('base64url')}`;

/** True for a URI that stands for bytes without a URI form: it has no parent, no name and contains only itself. */
export const isOpaquePathUri = (uri: string): boolean => partsOf(uri)?.path.startsWith(opaquePrefix) ?? false;

/** What both comparisons look at: authority and whole segments, case kept. Undefined for what must not be compared. */
function segmentsOf(uri: string): { authority: string; segments: string[] } | undefined {
  const parts = partsOf(uri);
  // An escaped separator would make one segment look like two to whoever decodes it.
  if (!parts || isOpaquePathUri(uri) || /%(2f|5c)/i.test(parts.path)) return undefined;
  const segments = withoutDots(parts.path)
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => unescapePath(segment) ?? segment);
  return { authority: parts.authority.toLowerCase(), segments };
}

/** True when `uri` is `directory` or lies below it, segment by segment. False whenever that cannot be told. */
export function uriIsWithin(uri: string, directory: string): boolean {
  if (uri === directory) return true;
  const inner = segmentsOf(uri);
  const outer = segmentsOf(directory);
  if (!inner || !outer || inner.authority !== outer.authority || styleOfPathUri(uri) !== styleOfPathUri(directory)) return false;
  return outer.segments.every((segment, index) => inner.segments[index] === segment);
}
