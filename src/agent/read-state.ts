/** Which finished turn of a thread the user has not seen yet. Kept for the life of the process. */
import { randomUUID } from 'node:crypto';
import type { ThreadReadState } from '../protocol/app/index.ts';

export class ReadStates {
  readonly #states = new Map<string, ThreadReadState>();

  get(threadId: string): ThreadReadState {
    return this.#states.get(threadId) ?? { firstUnread: null, revision: `initial:${threadId}` };
  }

  /** A turn ended with something to read. Returns the new state. */
  unread(threadId: string, turnId: string): ThreadReadState {
    return this.#set(threadId, { firstUnread: this.get(threadId).firstUnread ?? { type: 'turn', turnId }, revision: randomUUID() });
  }

  read(threadId: string): ThreadReadState {
    return this.#set(threadId, { firstUnread: null, revision: randomUUID() });
  }

  forget(threadId: string): void {
    this.#states.delete(threadId);
  }

  #set(threadId: string, state: ThreadReadState): ThreadReadState {
    this.#states.set(threadId, state);
    return state;
  }
}
