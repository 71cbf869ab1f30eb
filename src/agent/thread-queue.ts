/** Input that waits for its turn: a normal end of a turn starts the next entry, an interruption does not. */
import { invalidRequest } from '../base/errors.ts';
import { uuidv7 } from '../base/ids.ts';
import type { QueuedSubmission, UserInput } from '../protocol/app/index.ts';
import type { ThreadCore } from './thread-core.ts';
import type { PreparedTurn, TurnRequest } from './turn.ts';
import { checkInput } from './user-input.ts';

/** Entries one thread may hold. */
const capacity = 1000;

/** The part of a thread that a queue works with. */
export interface QueueOwner {
  readonly core: ThreadCore;
  readonly activeTurn: object | undefined;
  prepareTurn(request: TurnRequest): PreparedTurn;
}

export interface QueueEntry {
  readonly input: readonly UserInput[];
  readonly clientUserMessageId: string;
  readonly responsesapiClientMetadata: Readonly<Record<string, string>> | undefined;
}

export class ThreadQueue {
  readonly #thread: QueueOwner;
  #entries: QueuedSubmission[] = [];

  constructor(thread: QueueOwner) {
    this.#thread = thread;
  }

  /** A turn came to its normal end: the next entry starts. */
  turnCompleted(): void {
    const next = this.#entries[0];
    if (next && !this.#thread.activeTurn) this.#take(next).start();
  }

  /** On an idle thread the entry starts at once: `start` is called after the reply. */
  add(entry: QueueEntry): { submission: QueuedSubmission; start(): void } {
    if (entry.input.length === 0) throw invalidRequest('input must not be empty');
    checkInput(entry.input);
    if (this.#entries.length >= capacity) throw invalidRequest(`the queue holds ${capacity} entries already`);
    const submission: QueuedSubmission = {
      id: uuidv7(),
      input: [...entry.input],
      clientUserMessageId: entry.clientUserMessageId,
      responsesapiClientMetadata: entry.responsesapiClientMetadata ? { ...entry.responsesapiClientMetadata } : null,
    };
    this.#entries.push(submission);
    this.#changed();
    if (this.#thread.activeTurn || this.#entries.length > 1) return { submission, start: () => {} };
    const turn = this.#take(submission);
    return { submission, start: turn.start };
  }

  list(cursor: string | undefined, limit: number): { data: QueuedSubmission[]; nextCursor: string | null } {
    const from = cursor === undefined ? 0 : this.#entries.findIndex((entry) => entry.id === cursor) + 1;
    if (cursor !== undefined && from === 0) throw invalidRequest(`invalid cursor: ${cursor}`);
    const data = this.#entries.slice(from, from + limit);
    const last = data.at(-1);
    return { data, nextCursor: last && from + limit < this.#entries.length ? last.id : null };
  }

  update(id: string, entry: Pick<QueueEntry, 'input' | 'responsesapiClientMetadata'>): QueuedSubmission {
    const at = this.#entries.findIndex((one) => one.id === id);
    const old = this.#entries[at];
    if (!old) throw invalidRequest(`queued submission not found: ${id}`);
    if (entry.input.length === 0) throw invalidRequest('input must not be empty');
    checkInput(entry.input);
    const metadata = entry.responsesapiClientMetadata;
    const next = { ...old, input: [...entry.input], ...(metadata ? { responsesapiClientMetadata: { ...metadata } } : {}) };
    this.#entries[at] = next;
    this.#changed();
    return next;
  }

  delete(id: string): boolean {
    const left = this.#entries.filter((entry) => entry.id !== id);
    const deleted = left.length < this.#entries.length;
    this.#entries = left;
    if (deleted) this.#changed();
    return deleted;
  }

  /** `ids` names every entry once, in the new order. */
  reorder(ids: readonly string[]): void {
    const byId = new Map(this.#entries.map((entry) => [entry.id, entry]));
    const ordered = ids.flatMap((id) => byId.get(id) ?? []);
    if (ordered.length !== byId.size || new Set(ids).size !== ids.length || ids.length !== byId.size)
      throw invalidRequest('queuedSubmissionIds must name every queued submission exactly once');
    this.#entries = ordered;
    this.#changed();
  }

  /** Starts an entry, the oldest by default. While a turn runs, the entry steers it. */
  start(id: string | undefined): PreparedTurn {
    const entry = id === undefined ? this.#entries[0] : this.#entries.find((one) => one.id === id);
    if (!entry) throw invalidRequest(id === undefined ? 'queue is empty' : `queued submission not found: ${id}`);
    return this.#take(entry);
  }

  #take(entry: QueuedSubmission): PreparedTurn {
    const prepared = this.#thread.prepareTurn({
      said: { input: entry.input, clientId: entry.clientUserMessageId, additionalContext: undefined },
      change: {},
      options: { outputSchema: undefined, clientMetadata: entry.responsesapiClientMetadata ?? {}, rootTurnId: undefined },
    });
    this.#entries = this.#entries.filter((one) => one !== entry);
    this.#changed();
    return prepared;
  }

  #changed(): void {
    this.#thread.core.client.notify('thread/queue/changed', { threadId: this.#thread.core.id });
  }
}
