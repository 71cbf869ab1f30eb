/** What the program itself notes about threads beside their histories: what the user has read, and the goal. */
import { join } from 'node:path';
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { ThreadGoal, ThreadReadState } from '../protocol/app/index.ts';
import type { JsonRecord } from './json.ts';
import { NoteFile } from './note-file.ts';
import type { Notes } from './thread-store.ts';

/** Notes whose writing nobody waits for. */
class LoggedNotes<T> implements Notes<T> {
  readonly #file: NoteFile<T>;
  readonly #member: string;
  readonly #log: Log;

  /** Each line keeps its value under `member`. */
  constructor(file: NoteFile<T>, member: string, log: Log) {
    this.#file = file;
    this.#member = member;
    this.#log = log;
  }

  refresh(): Promise<void> {
    return this.#file.refresh();
  }

  get(threadId: string): T | undefined {
    return this.#file.get(threadId);
  }

  set(threadId: string, value: T): void {
    const failed = (error: unknown) => this.#log.error('a note about a thread was not written', { threadId, error: messageOf(error) });
    void this.#file.set(threadId, value, { [this.#member]: value }).catch(failed);
  }

  remove(threadId: string): Promise<void> {
    return this.#file.remove(threadId);
  }

  forget(threadId: string): void {
    this.remove(threadId).catch((error: unknown) =>
      this.#log.error('a note about a thread was not taken back', { threadId, error: messageOf(error) }),
    );
  }

  flush(): Promise<void> {
    return this.#file.flush();
  }
}

const readStateIn = (entry: JsonRecord): ThreadReadState | undefined => {
  const read = ThreadReadState().safeParse(entry.readState);
  return read.success ? read.data : undefined;
};

const goalIn = (entry: JsonRecord): ThreadGoal | undefined => {
  const read = ThreadGoal().safeParse(entry.goal);
  return read.success ? read.data : undefined;
};

export class ThreadNotes {
  readonly readStates: LoggedNotes<ThreadReadState>;
  readonly goals: LoggedNotes<ThreadGoal>;

  constructor(home: string, log: Log) {
    this.readStates = new LoggedNotes(new NoteFile(join(home, 'thread_read_states.jsonl'), readStateIn), 'readState', log);
    this.goals = new LoggedNotes(new NoteFile(join(home, 'thread_goals.jsonl'), goalIn), 'goal', log);
  }

  /** Forgets a deleted thread, on disk too. */
  async forget(threadId: string): Promise<void> {
    await Promise.all([this.readStates.remove(threadId), this.goals.remove(threadId)]);
  }

  /** Resolves when everything noted so far is on disk or has failed. */
  async flush(): Promise<void> {
    await Promise.all([this.readStates.flush(), this.goals.flush()]);
  }
}
