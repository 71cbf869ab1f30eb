/** Where stored threads live, and the forms paths take inside rollout files. */
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Directory of live threads below the home directory: `sessions/YYYY/MM/DD`. */
export const sessionsDirectory = (home: string): string => join(home, 'sessions');
/** Flat directory of archived threads. */
export const archiveDirectory = (home: string): string => join(home, 'archived_sessions');

const two = (value: number): string => String(value).padStart(2, '0');

/** The file of a thread born at `createdAtMs`, in local time. */
export function rolloutPath(home: string, threadId: string, createdAtMs: number): string {
  const at = new Date(createdAtMs);
  const [year, month, day] = [String(at.getFullYear()), two(at.getMonth() + 1), two(at.getDate())];
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join('-');
  return join(sessionsDirectory(home), year, month, day, `rollout-${year}-${month}-${day}T${time}-${threadId}.jsonl`);
}

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const rolloutName = new RegExp(`^rollout-(\\d{4}-\\d{2}-\\d{2}T\\d{2}-\\d{2}-\\d{2})-(${uuid})(?:_(${uuid}))?\\.jsonl$`);

/** What the name of a rollout file says. `segment`: the file continues the thread after a revert; later ones sort higher. */
export function parseRolloutName(name: string): { startedAt: string; threadId: string; segment: string } | undefined {
  const match = rolloutName.exec(name);
  if (!match?.[1] || !match[2]) return undefined;
  return { startedAt: match[1], threadId: match[2], segment: match[3] ?? '' };
}

/** The `file:` form of an absolute native path; anything else stays as it is. */
export function fileUri(path: string): string {
  if (path.startsWith('/')) return pathToFileURL(path, { windows: false }).href;
  return /^[A-Za-z]:[\\/]/.test(path) ? pathToFileURL(path, { windows: true }).href : path;
}

/** The native path of a `file:` URI; anything else stays as it is. */
export function nativePath(uri: string): string {
  if (!uri.startsWith('file:')) return uri;
  try {
    return fileURLToPath(uri, { windows: /^file:\/\/\/[A-Za-z]:/.test(uri) });
  } catch {
    // A URI of another machine's path style has no native form here.
    return uri;
  }
}
