/** One program at a time changes a file of the configuration: what it has read is still true when it writes. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Some ten seconds. A lock whose owner was killed frees itself in that time. */
const retries = { retries: 80, minTimeout: 10, maxTimeout: 200 };

/** Rejects when others do not let go of the file. It need not be there. */
export async function withFileLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const { default: lockfile } = await import('proper-lockfile');
  const release = await lockfile.lock(file, { realpath: false, retries });
  try {
    return await work();
  } finally {
    await release();
  }
}
