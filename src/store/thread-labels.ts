/** What users change about stored threads: names in `session_index.jsonl`, git facts in `thread_metadata.jsonl`, newest entry wins. */
import { join } from 'node:path';
import { isRecord, type JsonRecord, textIn } from './json.ts';
import { NoteFile } from './note-file.ts';
import type { NewThread, ThreadMetadataChange } from './thread-store.ts';

type GitInfo = NonNullable<NewThread['gitInfo']>;

export class ThreadLabels {
  readonly #names: NoteFile<string>;
  readonly #git: NoteFile<GitInfo>;

  constructor(home: string) {
    this.#names = new NoteFile(join(home, 'session_index.jsonl'), (entry) => textIn(entry.thread_name));
    this.#git = new NoteFile(join(home, 'thread_metadata.jsonl'), (entry) => (isRecord(entry.git) ? gitIn(entry.git) : undefined));
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
    await this.#names.set(threadId, name, { thread_name: name, updated_at: new Date(atMs).toISOString() });
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
    await this.#git.set(threadId, git, { git, updated_at: new Date(atMs).toISOString() });
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
