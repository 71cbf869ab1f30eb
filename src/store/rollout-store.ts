/** The store over a home directory: one rollout file per thread, found by name, read whole, written by one process at a time. */
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { withDeadline } from '../base/abort.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import { errnoOf, invalidRequest, messageOf } from '../base/errors.ts';
import { uuidv7 } from '../base/ids.ts';
import { type Log, silentLog } from '../base/log.ts';
import { memoryWriter } from './memory.ts';
import { archiveDirectory, parseRolloutName, rolloutPath, sessionsDirectory } from './paths.ts';
import { type Reconstruction, reconstruct } from './reconstruct.ts';
import { writeCopy } from './rollout-copy.ts';
import { RolloutFile, type WriterSettings } from './rollout-file.ts';
import { lineState, sessionMeta } from './rollout-lines.ts';
import { type FindFiles, filesBeside, mayMention, type RolloutText, readRollout } from './rollout-reader.ts';
import { recordOf, ThreadIndex } from './thread-index.ts';
import { ThreadLabels } from './thread-labels.ts';
import { ThreadNotes } from './thread-notes.ts';
import { unreadableHistory } from './thread-record.ts';
import type {
  HistoryCut,
  NewThread,
  StoredThread,
  ThreadMetadataChange,
  ThreadPlace,
  ThreadRecord,
  ThreadStore,
  ThreadWriter,
} from './thread-store.ts';
import { cutLines } from './turn-lines.ts';
import { lockThread } from './writer-lock.ts';

export interface ThreadStoreOptions {
  /** The home directory (`CODEX_HOME`); made when the first thread is written. */
  readonly home: string;
  readonly clock?: Clock;
  readonly log?: Log;
  /** Called when a thread cannot be written, once until writing works again. The default logs it. */
  readonly onWriteError?: (threadId: string, error: unknown) => void;
  /** Facts that come within this time share one write. Default 10. */
  readonly batchMs?: number;
  /** How long `flush` and `close` wait for the disk. Default 2000. */
  readonly flushTimeoutMs?: number;
  /** When a failed write is tried again. Default 1000. */
  readonly retryMs?: number;
}

/** Does no I/O itself. The store owns its writers; `close` flushes them all. */
export const createThreadStore = (options: ThreadStoreOptions): ThreadStore => new RolloutStore(options);

/** What a writer needs to go on with a file. */
type Continuation = Pick<Reconstruction, 'state' | 'nextOrdinal'>;

/** Threads are read and then continued within moments; older entries are of no use. */
const maxContinuations = 16;

/** Changes when the file does; empty when there is none. */
const stampOf = (path: string): Promise<string> =>
  stat(path).then(
    ({ mtimeMs, size, ino }) => `${mtimeMs}:${size}:${ino}`,
    () => '',
  );

const notFound = (threadId: string) => invalidRequest(`no rollout found for thread id ${threadId}`);

class RolloutStore implements ThreadStore {
  readonly #home: string;
  readonly #clock: Clock;
  readonly #settings: WriterSettings;
  readonly #labels: ThreadLabels;
  readonly #notes: ThreadNotes;
  readonly #index: ThreadIndex;
  readonly #writers = new Map<string, RolloutFile>();
  readonly #continuations = new Map<string, Continuation & { readonly stamp: string }>();

  constructor(options: ThreadStoreOptions) {
    const log = options.log ?? silentLog;
    this.#home = options.home;
    this.#clock = options.clock ?? systemClock;
    this.#labels = new ThreadLabels(options.home);
    this.#notes = new ThreadNotes(options.home, log);
    this.#index = new ThreadIndex(options.home, this.#labels);
    this.#settings = {
      home: options.home,
      clock: this.#clock,
      log,
      batchMs: options.batchMs ?? 10,
      flushTimeoutMs: options.flushTimeoutMs ?? 2000,
      retryMs: options.retryMs ?? 1000,
      onWriteError: options.onWriteError ?? ((threadId, error) => log.error('thread not written', { threadId, error: messageOf(error) })),
    };
  }

  get goals(): ThreadStore['goals'] {
    return this.#notes.goals;
  }

  get readStates(): ThreadStore['readStates'] {
    return this.#notes.readStates;
  }

  create(thread: NewThread): ThreadWriter {
    const windowId = uuidv7();
    return this.#keep(
      new RolloutFile(
        {
          path: rolloutPath(this.#home, thread.id, thread.createdAtMs),
          state: lineState(thread, windowId),
          nextOrdinal: 0,
          firstLine: sessionMeta(thread, windowId),
          lock: undefined,
        },
        this.#settings,
      ),
    );
  }

  createEphemeral(_thread: NewThread): ThreadWriter {
    return memoryWriter();
  }

  async open(threadId: string): Promise<ThreadWriter> {
    const standing = this.#writers.get(threadId);
    if (standing && !standing.closing) return standing;
    await standing?.close();
    const file = await this.#index.file(threadId);
    if (!file) throw notFound(threadId);
    const lock = await lockThread(this.#home, threadId);
    try {
      const { state, nextOrdinal } = await this.#continuation(file.path, threadId);
      return this.#keep(new RolloutFile({ path: file.path, state, nextOrdinal, firstLine: undefined, lock }, this.#settings));
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Where a file goes on; known from reading it, as long as it has not changed since. */
  async #continuation(path: string, threadId: string): Promise<Continuation> {
    const known = this.#continuations.get(path);
    this.#continuations.delete(path);
    if (known && known.stamp === (await stampOf(path))) return known;
    const whole = await this.#reconstruct(path, { threadId, findFiles: this.#findFiles, cut: undefined });
    if (!whole) throw notFound(threadId);
    return whole;
  }

  #remember(path: string, stamp: string, { state, nextOrdinal }: Reconstruction): void {
    this.#continuations.set(path, { stamp, state, nextOrdinal });
    if (this.#continuations.size > maxContinuations) this.#continuations.delete(this.#continuations.keys().next().value ?? '');
  }

  async find(threadId: string): Promise<ThreadRecord | undefined> {
    await this.#writers.get(threadId)?.flush();
    return this.#index.find(threadId);
  }

  async fork(source: ThreadPlace, thread: NewThread, cut?: HistoryCut): Promise<ThreadWriter> {
    const path = 'path' in source ? source.path : await this.#flushedPath(source.threadId);
    const text = path === undefined ? undefined : await this.#text(path, 'path' in source ? filesBeside(path) : this.#findFiles);
    if (!text) throw 'path' in source ? invalidRequest(`failed to read rollout ${source.path}: no such file`) : notFound(source.threadId);
    const lines = cutLines(text.lines, cut);
    const { state, content } = reconstruct({ ...text, lines }, thread.id);
    if (content.turns.length === 0) return this.create(thread);
    const target = rolloutPath(this.#home, thread.id, thread.createdAtMs);
    const windowId = state.windowId;
    const nextOrdinal = await writeCopy(target, sessionMeta(thread, windowId), { lines, threadId: thread.id, sessionId: thread.sessionId });
    const lock = await lockThread(this.#home, thread.id);
    const own = { ...lineState(thread, windowId), firstWindowId: state.firstWindowId, turns: state.turns };
    return this.#keep(new RolloutFile({ path: target, state: own, nextOrdinal, firstLine: undefined, lock }, this.#settings));
  }

  async #flushedPath(threadId: string): Promise<string | undefined> {
    await this.#writers.get(threadId)?.flush();
    return (await this.#index.file(threadId))?.path;
  }

  async read(threadId: string, cut?: HistoryCut): Promise<StoredThread | undefined> {
    const path = await this.#flushedPath(threadId);
    if (path === undefined) return undefined;
    const stamp = await stampOf(path);
    const whole = await this.#reconstruct(path, { threadId, findFiles: this.#findFiles, cut });
    if (whole && !cut) this.#remember(path, stamp, whole);
    const record = whole && (await this.#index.find(threadId));
    return record && { record: { ...record, ...promptOf(whole.thread) }, ...whole.content };
  }

  async mayMention({ id, path }: ThreadRecord, term: string): Promise<boolean> {
    await this.#writers
      .get(id)
      ?.flush()
      .catch(() => {});
    return mayMention(path, term);
  }

  async readPath(path: string, cut?: HistoryCut): Promise<StoredThread | undefined> {
    const name = parseRolloutName(basename(path));
    const whole = await this.#reconstruct(path, { threadId: name?.threadId ?? '', findFiles: filesBeside(path), cut });
    if (!whole) return undefined;
    await this.#labels.refresh();
    const { thread, content, recencyAtMs } = whole;
    const record = recordOf({
      thread,
      file: { path, archived: dirname(path) === archiveDirectory(this.#home), threadId: thread.id },
      preview: firstTextOf(content.turns),
      model: content.lastContext?.model ?? null,
      reasoningEffort: content.lastContext?.effort ?? null,
      updatedAtMs: recencyAtMs,
      recencyAtMs,
      labels: this.#labels,
    });
    return { record, ...content };
  }

  async list(query: Parameters<ThreadStore['list']>[0]): ReturnType<ThreadStore['list']> {
    await Promise.all([...this.#writers.values()].map((writer) => writer.flush()));
    return this.#index.list(query);
  }

  async update(threadId: string, change: ThreadMetadataChange): Promise<ThreadRecord | undefined> {
    const record = await this.find(threadId);
    if (!record && !this.#writers.has(threadId)) throw notFound(threadId);
    const now = this.#clock.nowMs();
    if (change.name !== undefined) await this.#labels.setName(threadId, change.name, now);
    const git = record?.gitInfo ?? this.#labels.gitOf(threadId) ?? null;
    if (change.gitInfo !== undefined) await this.#labels.changeGit(threadId, git, change.gitInfo, now);
    return record && ((await this.#index.find(threadId)) ?? record);
  }

  async archive(threadId: string): Promise<void> {
    await this.#release(threadId);
    const files = (await this.#index.files(threadId)).filter(({ archived }) => !archived);
    if (files.length === 0) throw notFound(threadId);
    const target = archiveDirectory(this.#home);
    await mkdir(target, { recursive: true, mode: 0o700 });
    for (const { path } of files) await rename(path, join(target, basename(path)));
  }

  async unarchive(threadId: string): Promise<ThreadRecord> {
    const files = (await this.#index.files(threadId)).filter(({ archived }) => archived);
    for (const { path } of files) {
      const [year = '', month = '', day = ''] = (parseRolloutName(basename(path))?.startedAt ?? '').slice(0, 10).split('-');
      const target = join(sessionsDirectory(this.#home), year, month, day);
      await mkdir(target, { recursive: true, mode: 0o700 });
      await rename(path, join(target, basename(path)));
    }
    const record = files.length > 0 ? await this.#index.find(threadId) : undefined;
    if (!record) throw invalidRequest(`no archived rollout found for thread id ${threadId}`);
    return record;
  }

  async delete(threadId: string): Promise<void> {
    await this.#release(threadId);
    const files = await this.#index.files(threadId);
    if (files.length === 0) throw notFound(threadId);
    for (const { path } of files) await rm(path, { force: true });
    await Promise.all([this.#labels.forget(threadId), this.#notes.forget(threadId)]);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#writers.values()].map((writer) => writer.close()));
    await withDeadline(this.#notes.flush(), this.#settings.flushTimeoutMs, 'writing notes about threads').catch((error: unknown) =>
      this.#settings.log.error('notes about threads not flushed', { error: messageOf(error) }),
    );
  }

  readonly #findFiles: FindFiles = async (threadId) => (await this.#index.files(threadId)).map(({ path }) => path);

  #keep(writer: RolloutFile): ThreadWriter {
    const { threadId } = writer.state;
    this.#writers.set(threadId, writer);
    writer.onClosed(() => {
      if (this.#writers.get(threadId) === writer) this.#writers.delete(threadId);
    });
    return writer;
  }

  async #release(threadId: string): Promise<void> {
    await this.#writers.get(threadId)?.close();
  }

  async #reconstruct(
    path: string,
    options: { threadId: string; findFiles: FindFiles; cut: HistoryCut | undefined },
  ): Promise<Reconstruction | undefined> {
    const text = await this.#text(path, options.findFiles);
    return text && reconstruct(text, options.threadId, options.cut);
  }

  async #text(path: string, findFiles: FindFiles): Promise<RolloutText | undefined> {
    const text = await readRollout(path, findFiles).catch((error: unknown) => {
      if (errnoOf(error) === undefined) throw error;
      throw invalidRequest(`failed to read rollout ${path}: ${messageOf(error)}`);
    });
    const reason = text && unreadableHistory(text.meta);
    if (reason) throw invalidRequest(`failed to read rollout ${path}: ${reason}`);
    return text;
  }
}

/** What records of a listing leave out. */
const promptOf = ({ baseInstructions, dynamicTools }: NewThread) => ({ baseInstructions, dynamicTools });

/** The first text of the user in `turns`. */
function firstTextOf(turns: StoredThread['turns']): string {
  for (const item of turns.flatMap((turn) => turn.items)) {
    if (item.type !== 'userMessage') continue;
    return item.content
      .flatMap((part) => (part.type === 'text' ? [part.text] : []))
      .join('\n')
      .trim();
  }
  return '';
}
