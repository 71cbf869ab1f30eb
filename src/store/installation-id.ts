/** The id of this installation: made once, kept in the home directory. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// Not the library's check: the early start reads the id before anything heavy is loaded.
const isUuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

/**
 * Never throws: a home that cannot be written gives an id that lasts as long as the process. Reads at once, since it belongs
 * to the first thing a client hears; waiting for the disk pool takes longer than the one small file.
 */
export function readInstallationId(home: string): string {
  const path = join(home, 'installation_id');
  const kept = readId(path);
  if (kept !== undefined) return kept;
  const fresh = crypto.randomUUID();
  try {
    mkdirSync(home, { recursive: true });
    writeFileSync(path, fresh, { flag: 'wx', mode: 0o644 });
    return fresh;
  } catch {
    // Another process was faster, or the home cannot be written.
    return readId(path) ?? fresh;
  }
}

function readId(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return isUuid(text) ? text : undefined;
  } catch {
    return undefined;
  }
}
