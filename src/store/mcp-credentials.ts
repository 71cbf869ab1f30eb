/** Logins at MCP servers in `.credentials.json`: one object of entries, rewritten whole, for the user alone. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import lockfile from 'proper-lockfile';
import writeFileAtomic from 'write-file-atomic';
import { errnoOf } from '../base/errors.ts';

/** An entry as it stands in the file; members we do not know are kept. */
export interface CredentialEntry {
  readonly server_name: string;
  readonly server_url: string;
  readonly issuer?: string | undefined;
  readonly client_id: string;
  readonly access_token: string;
  readonly expires_at?: number | null | undefined;
  readonly refresh_token?: string | null | undefined;
  readonly scopes?: readonly string[] | undefined;
}

type Entries = Record<string, unknown>;

const waitMs = 60_000;
const pollMs = 50;
/** A holder refreshes its lock; one that died frees it after this long. */
const staleMs = 20_000;

const isRecord = (value: unknown): value is Entries => typeof value === 'object' && value !== null && !Array.isArray(value);

function isEntry(value: unknown): value is CredentialEntry {
  if (!isRecord(value)) return false;
  return ['server_name', 'server_url', 'client_id', 'access_token'].every((member) => typeof value[member] === 'string');
}

/** All logins of one home. Does no I/O before it is used. */
export class McpCredentialFile {
  readonly #path: string;
  readonly #locks: string;
  /** Work on one login in this process, in order; the file lock is for other processes. */
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(home: string) {
    this.#path = join(home, '.credentials.json');
    this.#locks = join(home, 'mcp-oauth-locks');
  }

  async read(key: string): Promise<CredentialEntry | undefined> {
    const entry = (await this.#entries())[key];
    return isEntry(entry) ? entry : undefined;
  }

  write(key: string, login: CredentialEntry): Promise<void> {
    return this.#locked('file-store', async () => this.#save({ ...(await this.#entries()), [key]: login }));
  }

  remove(key: string): Promise<boolean> {
    return this.#locked('file-store', async () => {
      const { [key]: gone, ...rest } = await this.#entries();
      if (gone !== undefined) await this.#save(rest);
      return gone !== undefined;
    });
  }

  exclusively<T>(key: string, work: () => Promise<T>): Promise<T> {
    return this.#locked(createHash('sha256').update(key).digest('hex'), work);
  }

  /** A file that cannot be read or understood is an error: writing over it would lose logins. */
  async #entries(): Promise<Entries> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return {};
      throw error;
    }
    let entries: unknown;
    try {
      entries = JSON.parse(text);
    } catch {
      // The parser's own message would quote the file.
      throw new Error('the file of MCP logins is damaged');
    }
    if (!isRecord(entries)) throw new Error('the file of MCP logins is damaged');
    return entries;
  }

  async #save(entries: Entries): Promise<void> {
    if (Object.keys(entries).length === 0) await rm(this.#path, { force: true });
    else await writeFileAtomic(this.#path, JSON.stringify(entries), { mode: 0o600 });
  }

  #locked<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(name) ?? Promise.resolve();
    const done = before.then(() => this.#lockedForAll(name, work));
    const settled = done.then(nothing, nothing).then(() => {
      if (this.#queues.get(name) === settled) this.#queues.delete(name);
    });
    this.#queues.set(name, settled);
    return done;
  }

  async #lockedForAll<T>(name: string, work: () => Promise<T>): Promise<T> {
    await mkdir(this.#locks, { recursive: true, mode: 0o700 });
    const release = await lockfile.lock(join(this.#locks, name), {
      realpath: false,
      stale: staleMs,
      retries: { retries: waitMs / pollMs, factor: 1, minTimeout: pollMs, maxTimeout: pollMs },
    });
    try {
      return await work();
    } finally {
      await release();
    }
  }
}

const nothing = (): void => {};
