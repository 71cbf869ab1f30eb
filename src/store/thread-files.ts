/** Which rollout files exist: found by their names alone, newest first, without opening any of them. */
import { readdir } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { uuidv7TimeMs } from '../base/ids.ts';
import { archiveDirectory, parseRolloutName, sessionsDirectory } from './paths.ts';

export interface ThreadFile {
  readonly path: string;
  readonly threadId: string;
  /** Empty for the first file of a thread; later ones (after a revert) sort higher. */
  readonly segment: string;
  readonly archived: boolean;
  /** When the thread began, as far as its name tells: Unix milliseconds. */
  readonly bornAtMs: number;
}

const isVersion7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7/;

function threadFile(directory: string, name: string, archived: boolean): ThreadFile | undefined {
  const parts = parseRolloutName(name);
  if (!parts) return undefined;
  const { threadId, segment, startedAt } = parts;
  const [day = '', time = ''] = startedAt.split('T');
  const bornAtMs = isVersion7.test(threadId) ? uuidv7TimeMs(threadId) : Date.parse(`${day}T${time.replaceAll('-', ':')}`);
  // Plain, because looking at the whole path again for each of thousands of files takes longer than listing them.
  return { path: `${directory}${sep}${name}`, threadId, segment, archived, bornAtMs };
}

/** Names in `directory`, or nothing when it cannot be read. */
const namesIn = (directory: string): Promise<string[]> => readdir(directory).catch(() => []);

async function dayDirectories(home: string): Promise<string[]> {
  let level = [sessionsDirectory(home)];
  for (const shape of [/^\d{4}$/, /^\d{2}$/, /^\d{2}$/]) {
    const below = await Promise.all(
      level.map(async (directory) => (await namesIn(directory)).filter((name) => shape.test(name)).map((name) => join(directory, name))),
    );
    level = below.flat();
  }
  return level;
}

async function filesIn(directory: string, archived: boolean): Promise<ThreadFile[]> {
  const names = await namesIn(directory);
  return names.flatMap((name) => threadFile(directory, name, archived) ?? []);
}

/** The current file of every thread, archived or not. */
export async function listThreadFiles(home: string, archived: boolean): Promise<ThreadFile[]> {
  const directories = archived ? [archiveDirectory(home)] : await dayDirectories(home);
  const files = (await Promise.all(directories.map((directory) => filesIn(directory, archived)))).flat();
  const current = new Map<string, ThreadFile>();
  for (const file of files) {
    const known = current.get(file.threadId);
    if (!known || known.segment < file.segment) current.set(file.threadId, file);
  }
  return [...current.values()];
}

/** All files of one thread, the current one first; live ones before archived ones. */
export async function filesOfThread(home: string, threadId: string): Promise<ThreadFile[]> {
  const near = isVersion7.test(threadId) ? daysAround(home, uuidv7TimeMs(threadId)) : [];
  const archive = archiveDirectory(home);
  const found = (await Promise.all([...near.map((day) => filesIn(day, false)), filesIn(archive, true)])).flat();
  const own = found.filter((file) => file.threadId === threadId);
  if (own.length === 0) {
    const everywhere = await Promise.all((await dayDirectories(home)).map((day) => filesIn(day, false)));
    own.push(...everywhere.flat().filter((file) => file.threadId === threadId));
  }
  return own.sort((a, b) => Number(a.archived) - Number(b.archived) || (a.segment < b.segment ? 1 : -1));
}

/** The directories a thread born at `atMs` can stand in, whatever time zone its writer had. */
function daysAround(home: string, atMs: number): string[] {
  const dayMs = 24 * 60 * 60 * 1000;
  return [-1, 0, 1].map((offset) => {
    const [year = '', month = '', day = ''] = new Date(atMs + offset * dayMs).toISOString().slice(0, 10).split('-');
    return join(sessionsDirectory(home), year, month, day);
  });
}
