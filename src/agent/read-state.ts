/** Which finished turn of a thread the user has not seen yet. */
import { randomUUID } from 'node:crypto';
import type { ThreadReadState } from '../protocol/app/index.ts';
import type { Notes } from '../store/thread-store.ts';

export class ReadStates {
  readonly #notes: Notes<ThreadReadState>;

  constructor(notes: Notes<ThreadReadState>) {
    this.#notes = notes;
  }

  /** Learns what other processes noted. */
  refresh(): Promise<void> {
    return this.#notes.refresh();
  }

  get(threadId: string): ThreadReadState {
    return this.#notes.get(threadId) ?? { firstUnread: null, revision: `initial:${threadId}` };
  }

  /** A turn ended with something to read. Returns the new state. */
  unread(threadId: string, turnId: string): ThreadReadState {
    return this.#set(threadId, { firstUnread: this.get(threadId).firstUnread ?? { type: 'turn', turnId }, revision: randomUUID() });
  }

  read(threadId: string): ThreadReadState {
    return this.#set(threadId, { firstUnread: null, revision: randomUUID() });
  }

  #set(threadId: string, state: ThreadReadState): ThreadReadState {
    this.#notes.set(threadId, state);
    return state;
  }
}
