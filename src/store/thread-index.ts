/** Listing and finding stored threads. Files are the truth; what was read of one is kept until it changes. */
import { stat } from 'node:fs/promises';
import { invalidRequest } from '../base/errors.ts';
import { filesOfThread, listThreadFiles, type ThreadFile } from './thread-files.ts';
import type { ThreadLabels } from './thread-labels.ts';
import type { NewThread, ThreadPage, ThreadQuery, ThreadRecord } from './thread-store.ts';
import { readTurnStart, summarise, type ThreadSummary } from './thread-summary.ts';

/** Files opened at the same time. */
const width = 16;
/** Summaries kept; each is about as large as its first message. */
const maxKept = 20_000;

export class ThreadIndex {
  readonly #home: string;
  readonly #labels: ThreadLabels;
  readonly #kept = new Map<string, ThreadSummary>();
  readonly #turnStarts = new Map<string, { stamp: string; atMs: number }>();

  constructor(home: string, labels: ThreadLabels) {
    this.#home = home;
    this.#labels = labels;
  }

  /** The current file of a thread, live before archived. */
  async file(threadId: string): Promise<ThreadFile | undefined> {
    return (await filesOfThread(this.#home, threadId))[0];
  }

  /** All files of a thread, the current one first. */
  files(threadId: string): Promise<ThreadFile[]> {
    return filesOfThread(this.#home, threadId);
  }

  async find(threadId: string): Promise<ThreadRecord | undefined> {
    const file = await this.file(threadId);
    await this.#labels.refresh();
    return file && this.#record(file);
  }

  async list(query: ThreadQuery): Promise<ThreadPage> {
    const cursor = query.cursor === undefined ? undefined : parseCursor(query.cursor);
    const [files] = await Promise.all([listThreadFiles(this.#home, query.archived), this.#labels.refresh()]);
    const direction = query.sortDirection === 'asc' ? 1 : -1;
    const wanted = Math.max(1, query.limit);
    const ranked = (await this.#rank(files, query.sortKey)).filter((entry) => !cursor || compare(entry, cursor) * direction > 0);
    ranked.sort((a, b) => compare(a, b) * direction);
    const matches = filterOf(query);
    const found: { entry: Ranked; record: ThreadRecord }[] = [];
    for (let at = 0; at < ranked.length && found.length <= wanted; at += width) {
      const batch = ranked.slice(at, at + width);
      const records = await Promise.all(batch.map(({ file }) => this.#record(file)));
      const accepted = await Promise.all(
        records.map(async (record) => record !== undefined && matches(record) && (await query.accept?.(record)) !== false),
      );
      for (const [index, record] of records.entries()) {
        const entry = batch[index];
        if (record && entry && accepted[index]) found.push({ entry, record });
      }
    }
    const page = found.slice(0, wanted);
    const [first, last] = [page[0], page.at(-1)];
    return {
      records: page.map(({ record }) => record),
      nextCursor: found.length > wanted && last ? cursorOf(last.entry) : null,
      backwardsCursor: first ? cursorOf(first.entry) : null,
    };
  }

  /** Gives every file its sort key, reading as little as that key allows. */
  async #rank(files: readonly ThreadFile[], key: ThreadQuery['sortKey']): Promise<Ranked[]> {
    if (key === 'created_at') return files.map((file) => ({ file, id: file.threadId, atMs: file.bornAtMs }));
    const ranked: Ranked[] = [];
    for (let at = 0; at < files.length; at += width) {
      const keys = await Promise.all(files.slice(at, at + width).map((file) => this.#sortTime(file, key)));
      ranked.push(...keys.flat());
    }
    return ranked;
  }

  async #sortTime(file: ThreadFile, key: 'updated_at' | 'recency_at'): Promise<Ranked[]> {
    const found = await stat(file.path).catch(() => undefined);
    if (!found) return [];
    const updatedAtMs = Math.floor(found.mtimeMs);
    const atMs = key === 'updated_at' ? updatedAtMs : await this.#recency(file, `${found.mtimeMs}:${found.size}`);
    return [{ file, id: file.threadId, atMs }];
  }

  /** When the newest turn of a file began; `stamp` says whether the file is the one that was looked at before. */
  async #recency(file: ThreadFile, stamp: string): Promise<number> {
    const known = this.#turnStarts.get(file.path);
    if (known?.stamp === stamp) return known.atMs;
    const atMs = (await readTurnStart(file.path).catch(() => undefined)) ?? file.bornAtMs;
    keep(this.#turnStarts, file.path, { stamp, atMs });
    return atMs;
  }

  async #summary(file: ThreadFile): Promise<ThreadSummary | undefined> {
    const found = await stat(file.path).catch(() => undefined);
    if (!found?.isFile()) return undefined;
    const known = this.#kept.get(file.path);
    if (known && known.size === found.size && known.modifiedAtMs === found.mtimeMs) return known;
    // A file that vanished or cannot be read is left out of the list; reading the thread itself reports why.
    const summary = await summarise(file.path, file.threadId, known).catch(() => undefined);
    if (summary) keep(this.#kept, file.path, summary);
    return summary;
  }

  async #record(file: ThreadFile): Promise<ThreadRecord | undefined> {
    const summary = await this.#summary(file);
    if (!summary) return undefined;
    const base = summary.baseThreadId === undefined ? undefined : await this.#base(summary.baseThreadId, file);
    return recordOf({
      thread: summary.thread,
      file,
      preview: base?.preview || (summary.preview ?? ''),
      model: summary.model ?? base?.model ?? null,
      reasoningEffort: summary.reasoningEffort ?? base?.reasoningEffort ?? null,
      updatedAtMs: Math.floor(summary.modifiedAtMs),
      recencyAtMs: summary.turnStartedAtMs ?? file.bornAtMs,
      labels: this.#labels,
    });
  }

  /** What stands in the file that holds the beginning of a thread. */
  async #base(
    threadId: string,
    own: ThreadFile,
  ): Promise<{ preview: string; model: string | null; reasoningEffort: string | null } | undefined> {
    let id: string | undefined = threadId;
    let newest: ThreadSummary | undefined;
    for (let hops = 0; id !== undefined && hops < 16; hops++) {
      const file: ThreadFile | undefined = (await filesOfThread(this.#home, id)).findLast(({ path }) => path !== own.path);
      const before: ThreadSummary | undefined = file && (await this.#summary(file));
      newest ??= before;
      if (before?.preview !== undefined && before.baseThreadId === undefined)
        return { preview: before.preview, model: newest?.model ?? null, reasoningEffort: newest?.reasoningEffort ?? null };
      id = before?.baseThreadId;
    }
    return undefined;
  }
}

/** Adds to a cache whose oldest entry makes room. */
function keep<T>(cache: Map<string, T>, key: string, value: T): void {
  cache.delete(key);
  cache.set(key, value);
  if (cache.size > maxKept) cache.delete(cache.keys().next().value ?? '');
}

interface Ranked {
  readonly file: ThreadFile;
  readonly id: string;
  readonly atMs: number;
}

type Position = { readonly atMs: number; readonly id: string | undefined };

/** A position without an id stands for every thread of that instant. */
const compare = (a: Position, b: Position): number => {
  if (a.atMs !== b.atMs) return a.atMs - b.atMs;
  if (a.id === undefined || b.id === undefined || a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
};

const cursorOf = ({ atMs, id }: Ranked): string => `${new Date(atMs).toISOString()}|${id}`;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function parseCursor(text: string): Position {
  const [time = '', id, ...rest] = text.split('|');
  const atMs = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(time) && rest.length === 0 ? Date.parse(time) : Number.NaN;
  if (Number.isNaN(atMs) || (id !== undefined && !uuid.test(id))) throw invalidRequest(`invalid cursor: ${text}`);
  return { atMs, id };
}

/** Kinds that are shown when nobody asks for others: threads that a person talks to. */
const interactiveKinds: readonly string[] = ['cli', 'vscode', 'custom'];

function kindsOf(source: NewThread['source']): readonly string[] {
  if (typeof source === 'string') return [source];
  if (!('subAgent' in source)) return ['custom'];
  const { subAgent } = source;
  if (subAgent === 'review') return ['subAgent', 'subAgentReview'];
  if (subAgent === 'compact') return ['subAgent', 'subAgentCompact'];
  if (typeof subAgent === 'object' && 'thread_spawn' in subAgent) return ['subAgent', 'subAgentThreadSpawn'];
  return ['subAgent', 'subAgentOther'];
}

function filterOf(query: ThreadQuery): (record: ThreadRecord) => boolean {
  const kinds = query.sourceKinds && query.sourceKinds.length > 0 ? query.sourceKinds : query.parentThreadId ? undefined : interactiveKinds;
  const allowed = (list: readonly string[] | undefined, value: string) => !list || list.length === 0 || list.includes(value);
  const term = query.searchTerm;
  return (record) =>
    allowed(query.modelProviders, record.modelProvider) &&
    allowed(query.cwds, record.cwd) &&
    allowed(query.originators, record.originator) &&
    !query.excludedThreadIds?.includes(record.id) &&
    (query.parentThreadId === undefined || record.parentThreadId === query.parentThreadId) &&
    (!kinds || kindsOf(record.source).some((kind) => kinds.includes(kind))) &&
    (!term || `${record.name ?? ''}\n${record.preview}`.includes(term));
}

/** Puts a record together. */
export function recordOf(parts: {
  thread: NewThread;
  file: { path: string; archived: boolean; threadId: string };
  preview: string;
  model: string | null;
  reasoningEffort: string | null;
  updatedAtMs: number;
  recencyAtMs: number;
  labels: ThreadLabels;
}): ThreadRecord {
  const { thread, file, labels } = parts;
  return {
    ...thread,
    gitInfo: labels.gitOf(thread.id) ?? thread.gitInfo,
    name: labels.nameOf(thread.id),
    preview: parts.preview,
    model: parts.model,
    reasoningEffort: parts.reasoningEffort,
    updatedAtMs: parts.updatedAtMs,
    recencyAtMs: parts.recencyAtMs,
    archived: file.archived,
    path: file.path,
  };
}
