/** What one thread keeps of its talk with the model: the history, the context the model knows, and the store behind both. */
import { uuidv7 } from '../base/ids.ts';
import type { ResponseItem } from '../base/response-item.ts';
import type { ThreadWriter } from '../store/thread-store.ts';
import { type ContextState, contextMessages, contextPatch, emptyContext } from './context.ts';
import { History } from './history.ts';

export interface ConversationStart {
  readonly history: readonly ResponseItem[];
  readonly context: ContextState | undefined;
  readonly windowNumber: number;
}

export class Conversation {
  readonly history: History;
  readonly #writer: ThreadWriter;
  readonly #onRecord: (item: ResponseItem) => void;
  #context: ContextState | undefined;
  #windowNumber: number;
  #windowId = uuidv7();
  #materialized: boolean;

  /** `onRecord` sees every item that is added, after it was kept. */
  constructor(start: ConversationStart, writer: ThreadWriter, onRecord: (item: ResponseItem) => void) {
    this.history = new History(start.history);
    this.#context = start.context;
    this.#windowNumber = start.windowNumber;
    this.#materialized = start.history.length > 0;
    this.#writer = writer;
    this.#onRecord = onRecord;
  }

  get context(): ContextState | undefined {
    return this.#context;
  }

  get windowNumber(): number {
    return this.#windowNumber;
  }

  /** Names the current context window; changes with each compaction. */
  get windowId(): string {
    return this.#windowId;
  }

  /** True once there is something to keep. */
  get materialized(): boolean {
    return this.#materialized;
  }

  record(...items: readonly ResponseItem[]): void {
    if (items.length > 0) this.#materialized = true;
    this.history.append(...items);
    for (const item of items) {
      this.#writer.append({ type: 'responseItem', item });
      this.#onRecord(item);
    }
  }

  /** The user's own words, or what stands for them. */
  recordUser(...items: readonly ResponseItem[]): void {
    this.record(...items);
  }

  /** Tells the model what changed since it was last told, or everything when it knows nothing. */
  updateContext(next: ContextState): void {
    const previous = this.#context;
    const messages = contextMessages(previous, next);
    const patch = contextPatch(previous ?? emptyContext, next);
    this.#context = next;
    if (Object.keys(patch).length > 0)
      this.#writer.append({ type: 'worldState', full: previous === undefined, state: previous === undefined ? { ...next } : patch });
    this.record(...messages);
  }

  /** Turns were taken back: the model knows only `history`, and is told its situation anew. */
  reset(history: readonly ResponseItem[]): void {
    this.history.replace(history);
    this.#context = undefined;
    this.#materialized = history.length > 0;
  }

  /** The history is replaced by a shorter one. The context is told anew unless `context` says that the replacement holds it. */
  compact(note: string, replacement: readonly ResponseItem[], context: ContextState | undefined): void {
    this.history.replace(replacement);
    this.#context = context;
    this.#windowNumber += 1;
    this.#windowId = uuidv7();
    this.#writer.append({ type: 'compacted', message: note, replacement, windowNumber: this.#windowNumber });
  }
}
