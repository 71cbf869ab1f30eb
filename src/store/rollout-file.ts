/** The append-only writer of one thread's file: queues facts, writes them in batches off the turn path, never throws at the caller. */
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { withDeadline } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { type LineBody, type LineState, linesOf } from './rollout-lines.ts';
import type { StoredEvent, ThreadWriter } from './thread-store.ts';
import { lockThread, type WriterLock } from './writer-lock.ts';

export interface WriterSettings {
  readonly home: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Facts that come within this time share one write. */
  readonly batchMs: number;
  /** How long `flush` and `close` wait for the disk. */
  readonly flushTimeoutMs: number;
  /** When a failed write is tried again. */
  readonly retryMs: number;
  /** Called once per failure that lasts, not once per try. */
  readonly onWriteError: (threadId: string, error: unknown) => void;
}

export interface RolloutStart {
  readonly path: string;
  readonly state: LineState;
  readonly nextOrdinal: number;
  /** The `session_meta` line of a new file; a file without it is continued. */
  readonly firstLine: LineBody | undefined;
  /** Held from now on; a new file takes its lock when it comes into being. */
  readonly lock: WriterLock | undefined;
}

/** Bytes that may wait for a disk that does not take them; what comes later is dropped and reported. */
const maxWaitingBytes = 64 * 1024 * 1024;

export class RolloutFile implements ThreadWriter {
  readonly path: string;
  readonly state: LineState;
  readonly #settings: WriterSettings;
  readonly #firstLine: LineBody | undefined;
  #lock: WriterLock | undefined;
  #handle: FileHandle | undefined;
  #ordinal: number;
  /** Facts that are not encoded yet, with their time. */
  #facts: { at: number; fact: StoredEvent }[] = [];
  /** Encoded text that is not on disk yet. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #exists: boolean;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #failed = false;
  #closed: Promise<void> | undefined;
  #afterClose = () => {};

  constructor(start: RolloutStart, settings: WriterSettings) {
    this.path = start.path;
    this.state = start.state;
    this.#ordinal = start.nextOrdinal;
    this.#firstLine = start.firstLine;
    this.#lock = start.lock;
    this.#exists = start.firstLine === undefined;
    this.#settings = settings;
  }

  /** True once the thread is (about to be) on disk. */
  get exists(): boolean {
    return this.#exists;
  }

  /** True once `close` was called: what is appended now is dropped. */
  get closing(): boolean {
    return this.#closed !== undefined;
  }

  append(...facts: StoredEvent[]): void {
    if (this.#closed) return;
    const at = this.#settings.clock.nowMs();
    for (const fact of facts) {
      this.#facts.push({ at, fact });
      if (fact.type === 'itemCompleted' && fact.item.type === 'userMessage') this.#exists = true;
    }
    if (this.#exists && !this.#timer && !this.#writing) this.#schedule(this.#settings.batchMs);
  }

  async flush(): Promise<void> {
    if (!this.#exists) return;
    try {
      await withDeadline(this.#drainAll(), this.#settings.flushTimeoutMs, `writing ${this.path}`);
    } catch (error) {
      this.#settings.log.error('thread not flushed', { threadId: this.state.threadId, error: messageOf(error) });
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#release();
    return this.#closed;
  }

  /** Calls `listener` once the file is released. */
  onClosed(listener: () => void): void {
    this.#afterClose = listener;
  }

  async #release(): Promise<void> {
    await this.flush();
    clearTimeout(this.#timer);
    await this.#handle?.close().catch(() => {});
    this.#handle = undefined;
    await this.#lock?.release().catch(() => {});
    this.#afterClose();
  }

  #schedule(afterMs: number): void {
    this.#timer = setTimeout(() => void this.#drain(), afterMs);
  }

  /** What was appended while the last write ended is written too. */
  async #drainAll(): Promise<void> {
    do await this.#drain();
    while (this.#facts.length > 0 && !this.#failed);
  }

  /** Writes until nothing waits, or until a write fails; then a timer tries again. Never rejects. */
  #drain(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      if (this.#facts.length > 0 && !this.#timer && !this.#failed) this.#schedule(this.#settings.batchMs);
    });
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#facts.length > 0 || this.#waiting.length > 0) {
      try {
        this.#encode();
        await this.#write();
        this.#failed = false;
      } catch (error) {
        if (!this.#failed) this.#settings.onWriteError(this.state.threadId, error);
        this.#failed = true;
        if (!this.#closed) {
          this.#schedule(this.#settings.retryMs);
          this.#timer?.unref();
        }
        return;
      }
    }
  }

  /** Turns facts into bytes, each exactly once. */
  #encode(): void {
    const facts = this.#facts;
    this.#facts = [];
    if (this.#waitingBytes > maxWaitingBytes) throw new Error(`the disk does not keep up; ${facts.length} entries were not written`);
    let text = '';
    const line = (at: number, body: LineBody) => {
      text += `${JSON.stringify({ timestamp: new Date(at).toISOString(), ordinal: this.#ordinal++, ...body })}\n`;
    };
    if (this.#ordinal === 0 && this.#firstLine && facts[0]) line(facts[0].at, this.#firstLine);
    for (const { at, fact } of facts) for (const body of linesOf(fact, this.state)) line(at, body);
    if (text === '') return;
    const bytes = Buffer.from(text);
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
  }

  async #write(): Promise<void> {
    this.#handle ??= await this.#open();
    while (this.#waiting[0]) {
      const bytes = this.#waiting[0];
      const { bytesWritten } = await this.#handle.write(bytes);
      this.#waitingBytes -= bytesWritten;
      // A disk that took a part gets the rest next time: nothing is written twice.
      if (bytesWritten === bytes.length) this.#waiting.shift();
      else this.#waiting[0] = bytes.subarray(bytesWritten);
    }
  }

  async #open(): Promise<FileHandle> {
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
    this.#lock ??= await lockThread(this.#settings.home, this.state.threadId);
    const handle = await open(this.path, 'a+', 0o600);
    if (await endsMidLine(handle)) {
      const newline = Buffer.from('\n');
      this.#waiting.unshift(newline);
      this.#waitingBytes += newline.length;
    }
    return handle;
  }
}

/** True when the file's last line has no end: what follows must not be glued to it. */
async function endsMidLine(handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat();
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  await handle.read(last, 0, 1, size - 1);
  return last[0] !== 0x0a;
}
