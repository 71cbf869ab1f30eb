/** Paths as `file:` URIs, the only spelling on the exec wire, and their native forms on either family of systems. */
import { bytesOf, textOf } from './byte-text.ts';

/** `posix`: `/a/b`. `windows`: `C:\a\b` and `\\host\share\a`. */
export type PathStyle = 'posix' | 'windows';

export const nativePathStyle: PathStyle = process.platform === 'win32' ? 'windows' : 'posix';

/** Stands before the raw bytes of a path that has no URI of its own. */
const opaquePrefix = '/%00/bad/path/';
/** What a path segment escapes besides everything outside printable ASCII. */
const escaped = /[\u0000-\u0020"#%<>?`{}\\\u007f-\u{10ffff}]/gu;
const drivePath = /^\/[A-Za-z]:(\/|$)/;

const percent = (byte: number): string => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
const escapeBytes = (bytes: Buffer): string => Array.from(bytes, percent).join('');

function escapePath(path: string, style: PathStyle): string {
  return path.replace(escaped, (character) => escapeBytes(style === 'posix' ? bytesOf(character) : Buffer.from(character)));
}

interface UriParts {
  readonly authority: string;
  readonly path: string;
}

function partsOf(uri: string): UriParts | undefined {
  const match = /^file:(?:\/\/([^/?#]*))?([^?#]*)$/i.exec(uri);
  if (!match) return undefined;
  const authority = match[1] ?? '';
  const path = match[2] ?? '';
  return { authority: authority.toLowerCase() === 'localhost' ? '' : authority, path: path.startsWith('/') ? path : `/${path}` };
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
 * The native path of `uri`, or undefined when it is no path URI or belongs to the other family of systems. POSIX names that are
 * no UTF-8 are written as `byte-text` does.
 */
export function pathFromUri(uri: string, style: PathStyle = nativePathStyle): string | undefined {
  const parts = partsOf(uri);
  if (!parts || styleOf(parts) !== style) return undefined;
  if (parts.path.startsWith(opaquePrefix)) return opaquePath(parts.path.slice(opaquePrefix.length), style);
  const text = unescapePath(withoutDots(parts.path), style);
  if (text === undefined || text.includes('\0') || !text.startsWith('/')) return undefined;
  // A file named with a slash behind it is that file, and so is one with several between.
  if (style === 'posix') return text.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
  const local = text.replaceAll('/', '\\');
  return parts.authority === '' ? local.slice(1) : `\\\\${parts.authority}${local}`;
}

/** Undefined for bytes that are no UTF-8 where names are text. */
function unescapePath(text: string, style: PathStyle): string | undefined {
  if (!text.includes('%')) return text;
  const whole = text.replace(/%(?![0-9A-Fa-f]{2})/g, '%25');
  try {
    return decodeURIComponent(whole);
  } catch {
    return style === 'posix' ? textOf(unescapedBytes(whole)) : undefined;
  }
}

/** Every `%` stands before two digits. */
function unescapedBytes(text: string): Buffer {
  const [first = '', ...rest] = text.split('%');
  const parts = rest.flatMap((part) => [Buffer.of(Number.parseInt(part.slice(0, 2), 16)), Buffer.from(part.slice(2))]);
  return Buffer.concat([Buffer.from(first), ...parts]);
}

function opaquePath(encoded: string, style: PathStyle): string | undefined {
  const bytes = Buffer.from(encoded, 'base64url');
  if (style === 'posix') return textOf(bytes);
  const text = bytes.toString('utf16le');
  return Buffer.from(text, 'utf16le').equals(bytes) ? text : undefined;
}

/** The URI of an absolute native path. One that has no URI form becomes an opaque URI, which only stands for itself. */
export function uriFromPath(path: string, style: PathStyle = nativePathStyle): string {
  if (path.includes('\0')) return opaqueUri(path, style);
  if (style === 'posix') return path.startsWith('/') ? `file://${escapePath(path, style)}` : opaqueUri(path, style);
  const slashed = path.replaceAll('\\', '/').replace(/^\/\/[?.]\/(?=[A-Za-z]:)/, '');
  const share = /^\/\/([^/?.][^/]*)(\/.*)$/.exec(slashed);
  if (share?.[1] && share[2]) return `file://${share[1].toLowerCase()}${escapePath(share[2], style)}`;
  return drivePath.test(`/${slashed}`) ? `file:///${escapePath(slashed, style)}` : opaqueUri(path, style);
}

const opaqueUri = (path: string, style: PathStyle): string =>
  `file://${opaquePrefix}${(style === 'posix' ? bytesOf(path) : Buffer.from(path, 'utf16le')).toString('base64url')}`;

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
    .map((segment) => unescapePath(segment, styleOf(parts)) ?? segment);
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
