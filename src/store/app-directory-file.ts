/** The vendor's directory of apps as it was last fetched, in a file for each account below the cache of the home directory. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod/mini';
import { errnoOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { AppInfo } from '../protocol/app/index.ts';

/** Whose directory it is. The names and their order are part of the file's name. */
export interface DirectoryIdentity {
  readonly chatgpt_base_url: string;
  readonly account_id: string | null;
  readonly chatgpt_user_id: string | null;
  readonly is_workspace_account: boolean;
}

const schemaVersion = 1;

export function directoryFile(home: string, identity: DirectoryIdentity): string {
  const { chatgpt_base_url, account_id, chatgpt_user_id, is_workspace_account } = identity;
  const text = JSON.stringify({ chatgpt_base_url, account_id, chatgpt_user_id, is_workspace_account });
  return join(home, 'cache', 'codex_app_directory', `${createHash('sha1').update(text).digest('hex')}.json`);
}

/** Undefined: nothing is known. A file that cannot be used is removed. Never rejects. */
export async function readDirectory(file: string, log: Log): Promise<readonly AppInfo[] | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') log.warn('the directory of apps cannot be read', { file, error });
    return undefined;
  }
  const stored = z.object({ schema_version: z.literal(schemaVersion), connectors: z.array(AppInfo()) }).safeParse(parsed(text));
  if (stored.success) return stored.data.connectors;
  log.warn('the directory of apps is of another form; it is removed', { file });
  await rm(file, { force: true }).catch(() => {});
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Losing a cache costs a request: failures are for the log. */
export async function writeDirectory(file: string, connectors: readonly AppInfo[], log: Log): Promise<void> {
  try {
    const { default: writeFileAtomic } = await import('write-file-atomic');
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFileAtomic(file, JSON.stringify({ schema_version: schemaVersion, connectors }, null, 2), { mode: 0o600 });
  } catch (error) {
    log.warn('the directory of apps cannot be kept', { file, error });
  }
}
