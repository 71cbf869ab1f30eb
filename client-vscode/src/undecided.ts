/** Items that wait for a decision, kept across a reload of the window: a server tells of finished items only. */
import type { ThreadItem } from 'switchyard/client';
import type * as vscode from 'vscode';

interface Entry {
  readonly threadId: string;
  readonly item: ThreadItem;
}

const key = 'undecidedItems';
const kept = 20;

export class Undecided {
  readonly #memory: vscode.Memento;
  #entries: readonly Entry[];

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
    this.#entries = memory.get(key, []);
  }

  of(threadId: string): readonly ThreadItem[] {
    return this.#entries.filter((entry) => entry.threadId === threadId).map(({ item }) => item);
  }

  keep(threadId: string, item: ThreadItem): void {
    this.#set([...this.#entries.filter((entry) => entry.item.id !== item.id), { threadId, item }].slice(-kept));
  }

  /** Nothing of this thread waits any more. */
  drop(threadId: string): void {
    if (this.#entries.some((entry) => entry.threadId === threadId)) this.#set(this.#entries.filter((entry) => entry.threadId !== threadId));
  }

  #set(entries: readonly Entry[]): void {
    this.#entries = entries;
    void this.#memory.update(key, entries);
  }
}
