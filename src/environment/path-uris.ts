/** Native paths of any family of systems as the `file:` URIs that stand for them on the wire and in stored threads, and back. */
import { pathFromUri, styleOfPathUri, uriFromPath } from '../base/path-uri.ts';

const windowsPath = /^(?:[A-Za-z]:[\\/]|\\\\)/;

/** Absolute in the notation of one of the families. */
export const isNativePath = (path: string): boolean => path.startsWith('/') || isWindowsPath(path);

/** The same, or a URI already. */
export const isAbsolutePath = (path: string): boolean => isNativePath(path) || /^file:/i.test(path);

/** Absolute in the notation of Windows. */
export const isWindowsPath = (path: string): boolean => windowsPath.test(path);

/** The URI of a path of whatever family of systems; a URI stays as it is. */
export function wireUri(path: string): string {
  if (/^file:/i.test(path)) return path;
  return uriFromPath(path, isWindowsPath(path) ? 'windows' : 'posix');
}

/** The native spelling of a URI of whatever family of systems; the URI itself when it has none. */
export function nativePath(uri: string): string {
  const style = styleOfPathUri(uri);
  return (style && pathFromUri(uri, style)) ?? uri;
}
