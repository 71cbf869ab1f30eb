/** The id of this installation: made once, kept in the home directory. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

// Not the library's check: the early start reads the id before anything heavy is loaded.
const isUuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

/** Never rejects: a home that cannot be written gives an id that lasts as long as the process. */
export async function readInstallationId(home: string): Promise<string> {
  const path = join(home, 'installation_id');
  const fresh = randomUUID();
  try {
    const kept = (await readFile(path, 'utf8')).trim();
    if (isUuid(kept)) return kept;
  } catch {
    // There is none yet.
  }
  try {
    await mkdir(home, { recursive: true });
    await writeFile(path, fresh, { flag: 'wx', mode: 0o644 });
    return fresh;
  } catch {
    // Another process was faster, or the home cannot be written.
    const kept = await readFile(path, 'utf8').then(
      (text) => text.trim(),
      () => '',
    );
    return isUuid(kept) ? kept : fresh;
  }
}
