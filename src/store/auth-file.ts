/** The credentials of the account (`auth.json` in the home directory), readable by their owner only. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { errnoOf } from '../base/errors.ts';

export interface StoredCredentials {
  /** A secret: never logged and never shown. */
  readonly apiKey: string | undefined;
}

const fileOf = (home: string): string => join(home, 'auth.json');

/** What is stored; nothing when the file is missing or of another kind of login. */
export async function readCredentials(home: string): Promise<StoredCredentials> {
  let text: string;
  try {
    text = await readFile(fileOf(home), 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return { apiKey: undefined };
    throw error;
  }
  return { apiKey: apiKeyIn(text) };
}

function apiKeyIn(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const key: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'OPENAI_API_KEY') : undefined;
    return typeof key === 'string' && key.trim() !== '' ? key.trim() : undefined;
  } catch {
    // A broken file holds no key; the parser's message would quote it.
    return undefined;
  }
}

export async function writeApiKey(home: string, apiKey: string): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  await writeFileAtomic(fileOf(home), `${JSON.stringify({ auth_mode: 'apikey', OPENAI_API_KEY: apiKey }, null, 2)}\n`, { mode: 0o600 });
}

/** Removes all credentials. There may be none. */
export async function removeCredentials(home: string): Promise<void> {
  await rm(fileOf(home), { force: true });
}
