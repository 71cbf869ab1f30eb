/** Path URIs of the wire as paths of this machine, and back. */
import { isAbsolute } from 'node:path';
import { holdsBytes } from '../base/byte-text.ts';
import { invalidParams, invalidRequest } from '../base/errors.ts';
import { isOpaquePathUri, pathFromUri, uriFromPath } from '../base/path-uri.ts';

const osNames: Readonly<Record<string, string>> = { darwin: 'macos', win32: 'windows' };
/** What this machine's system is called on the wire. */
export const platformOs = osNames[process.platform] ?? process.platform;

/** Says that a URI is a path of some other machine. */
export const foreignUri = (uri: string): string => `'${uri}' is invalid on '${platformOs}'`;

/** Undefined for a path of some other machine, or of none. */
export function nativePathOrNone(uri: string): string | undefined {
  const path = pathFromUri(uri);
  return path === undefined || !isAbsolute(path) ? undefined : path;
}

/** For file methods. */
export function nativePath(uri: string): string {
  const path = nativePathOrNone(uri);
  if (path !== undefined) return path;
  const isOpaque = isOpaquePathUri(uri) && /\/[A-Za-z0-9_-]+$/.test(uri);
  throw (uri.includes('%00') && !isOpaque ? invalidParams : invalidRequest)(foreignUri(uri));
}

/** For the working directory of a process. */
export function nativeCwd(uri: string): string {
  const path = nativePathOrNone(uri);
  // Whoever starts processes takes directories as text.
  if (path === undefined || holdsBytes(path))
    throw invalidParams(`cwd URI \`${uri}\` is not valid on this exec-server host: ${foreignUri(uri)}`);
  return path;
}

export const wireUri = (path: string): string => uriFromPath(path);
