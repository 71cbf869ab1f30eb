/** An append-only file of `{id, …}` lines about threads, newest entry wins; kept in memory until it changes on disk. */
import { appendFile, mkdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type JsonRecord, parseRecord, textIn } from './json.ts';

/** A file of more bytes than this, most of them outdated, is written anew when it is first read. */
const tidyFromBytes = 256 * 1024;

export class NoteFile<T> {
  readonly #path: string;
  readonly #valueIn: (entry: JsonRecord) => T | undefined;
  #values = new Map<string, T>();
  /** What was noted and is not on disk yet, with how often. */
  readonly #waiting = new Map<string, { value: T; writes: number }>();
  #writing: Promise<void> = Promise.resolve();
  #stamp = '';
  #glue = '\n';

  /** `valueIn` reads one line; undefined for a line that says nothing. */
  constructor(path: string, valueIn: (entry: JsonRecord) => T | undefined) {
    this.#path = path;
    this.#valueIn = valueIn;
  }

  /** As of the last `refresh`, and what was noted since. */
  get(id: string): T | undefined {
    return this.#waiting.get(id)?.value ?? this.#values.get(id);
  }

  /** Reads the file again when it changed. Never rejects: a file that cannot be read counts as empty. */
  async refresh(): Promise<void> {
    const found = await stat(this.#path).catch(() => undefined);
    const stamp = found ? `${found.mtimeMs}:${found.size}:${found.ino}` : '';
    if (stamp === this.#stamp) return;
    const first = this.#stamp === '';
    const text = found ? await readFile(this.#path, 'utf8').catch(() => '') : '';
    const lines = new Map<string, string>();
    const values = new Map<string, T>();
    for (const line of text.split('\n')) {
      const entry = parseRecord(line);
      const id = textIn(entry?.id);
      const value = entry && this.#valueIn(entry);
      if (id === undefined || value === undefined) continue;
      values.set(id, value);
      lines.set(id, line);
    }
    this.#values = values;
    this.#stamp = stamp;
    if (text !== '') this.#glue = text.endsWith('\n') ? '' : '\n';
    const current = [...lines.values()].map((line) => `${line}\n`).join('');
    if (first && text.length > tidyFromBytes && current.length < text.length / 2) await this.#replace(current);
  }

  /** Counts at once; resolves when it is on disk, and rejects when it could not be written. `line` is what `valueIn` reads. */
  set(id: string, value: T, line: JsonRecord): Promise<void> {
    const waiting = this.#waiting.get(id);
    this.#waiting.set(id, { value, writes: (waiting?.writes ?? 0) + 1 });
    const written = this.#writing.then(() => this.#append(`${JSON.stringify({ id, ...line })}\n`)).finally(() => this.#written(id));
    this.#writing = written.catch(() => {
      // Whoever noted this hears of it; the next note is tried all the same.
    });
    return written;
  }

  /** Resolves when everything noted so far is on disk or has failed. */
  flush(): Promise<void> {
    return this.#writing;
  }

  /** Forgets `id`, on disk too. */
  async remove(id: string): Promise<void> {
    await this.#writing;
    await this.refresh();
    if (!this.#values.has(id)) return;
    const text = await readFile(this.#path, 'utf8');
    const kept = text.split('\n').filter((line) => line !== '' && parseRecord(line)?.id !== id);
    await this.#replace(kept.map((line) => `${line}\n`).join(''));
    await this.refresh();
  }

  async #append(line: string): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    // A line that another process did not finish must not be glued to ours.
    await appendFile(this.#path, `${this.#glue}${line}`, { mode: 0o600 });
    this.#glue = '';
  }

  #written(id: string): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#values.set(id, waiting.value);
    if (waiting.writes === 1) this.#waiting.delete(id);
    else this.#waiting.set(id, { value: waiting.value, writes: waiting.writes - 1 });
  }

  async #replace(text: string): Promise<void> {
    const { default: writeFileAtomic } = await import('write-file-atomic');
    await writeFileAtomic(this.#path, text, { mode: 0o600 });
    this.#glue = '';
  }
}
