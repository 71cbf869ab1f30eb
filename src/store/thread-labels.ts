/** What users change about stored threads: names in `session_index.jsonl`, git facts in `thread_metadata.jsonl`, newest entry wins. */
import { appendFile, mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isRecord, type JsonRecord, parseRecord, textIn } from './json.ts';
import type { NewThread, ThreadMetadataChange } from './thread-store.ts';

type GitInfo = NonNullable<NewThread['gitInfo']>;

export class ThreadLabels {
  readonly #home: string;
  readonly #names: LabelFile<string>;
  readonly #git: LabelFile<GitInfo>;

  constructor(home: string) {
    this.#home = home;
    this.#names = new LabelFile(join(home, 'session_index.jsonl'), (entry) => textIn(entry.thread_name));
    this.#git = new LabelFile(join(home, 'thread_metadata.jsonl'), (entry) => (isRecord(entry.git) ? gitIn(entry.git) : undefined));
  }

  /** Reads the files again when they changed. */
  async refresh(): Promise<void> {
    await Promise.all([this.#names.refresh(), this.#git.refresh()]);
  }

  nameOf(threadId: string): string | null {
    return this.#names.get(threadId) ?? null;
  }

  gitOf(threadId: string): GitInfo | undefined {
    return this.#git.get(threadId);
  }

  async setName(threadId: string, name: string, atMs: number): Promise<void> {
    await mkdir(this.#home, { recursive: true, mode: 0o700 });
    await this.#names.append({ id: threadId, thread_name: name, updated_at: new Date(atMs).toISOString() });
  }

  /** Null clears a member, omission keeps that of `current`. */
  async changeGit(
    threadId: string,
    current: NewThread['gitInfo'],
    change: NonNullable<ThreadMetadataChange['gitInfo']>,
    atMs: number,
  ): Promise<void> {
    const pick = (wanted: string | null | undefined, now: string | null | undefined) => (wanted === undefined ? (now ?? null) : wanted);
    const git = {
      sha: pick(change.sha, current?.sha),
      branch: pick(change.branch, current?.branch),
      originUrl: pick(change.originUrl, current?.originUrl),
    };
    await mkdir(this.#home, { recursive: true, mode: 0o700 });
    await this.#git.append({ id: threadId, git, updated_at: new Date(atMs).toISOString() });
  }

  /** Forgets a deleted thread, on disk too. */
  async forget(threadId: string): Promise<void> {
    await Promise.all([this.#names.remove(threadId), this.#git.remove(threadId)]);
  }
}

const gitIn = (value: JsonRecord): GitInfo => ({
  sha: textIn(value.sha) ?? null,
  branch: textIn(value.branch) ?? null,
  originUrl: textIn(value.originUrl) ?? null,
});

/** An append-only file of `{id, …}` lines, kept in memory until it changes on disk. */
class LabelFile<T> {
  readonly #path: string;
  readonly #valueIn: (entry: JsonRecord) => T | undefined;
  #values = new Map<string, T>();
  #stamp = '';

  constructor(path: string, valueIn: (entry: JsonRecord) => T | undefined) {
    this.#path = path;
    this.#valueIn = valueIn;
  }

  get(id: string): T | undefined {
    return this.#values.get(id);
  }

  async refresh(): Promise<void> {
    const found = await stat(this.#path).catch(() => undefined);
    const stamp = found ? `${found.mtimeMs}:${found.size}:${found.ino}` : '';
    if (stamp === this.#stamp) return;
    const text = found ? await readFile(this.#path, 'utf8').catch(() => '') : '';
    this.#values = new Map();
    for (const line of text.split('\n')) {
      const entry = parseRecord(line);
      const id = textIn(entry?.id);
      const value = entry && this.#valueIn(entry);
      if (id !== undefined && value !== undefined) this.#values.set(id, value);
    }
    this.#stamp = stamp;
  }

  async append(entry: Record<string, unknown>): Promise<void> {
    const before = await readFile(this.#path).catch(() => Buffer.alloc(0));
    const glue = before.length > 0 && before.at(-1) !== 0x0a ? '\n' : '';
    await appendFile(this.#path, `${glue}${JSON.stringify(entry)}\n`, { mode: 0o600 });
    await this.refresh();
  }

  async remove(id: string): Promise<void> {
    await this.refresh();
    if (!this.#values.has(id)) return;
    const { default: writeFileAtomic } = await import('write-file-atomic');
    const text = await readFile(this.#path, 'utf8');
    const kept = text.split('\n').filter((line) => line !== '' && parseRecord(line)?.id !== id);
    await writeFileAtomic(this.#path, kept.map((line) => `${line}\n`).join(''), { mode: 0o600 });
    await this.refresh();
  }
}
