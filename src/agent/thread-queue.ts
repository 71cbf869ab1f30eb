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

const noInput = () => invalidRequest('only user input can be added to the user-message queue');

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

  /** On an idle thread the entry starts at once. `afterReply` starts it, or tells that it waits. */
  add(entry: QueueEntry): { submission: QueuedSubmission; afterReply(): void } {
    if (entry.input.length === 0) throw noInput();
    checkInput(entry.input);
    if (this.#entries.length >= capacity) throw invalidRequest(`the queue holds ${capacity} entries already`);
    const submission: QueuedSubmission = {
      id: uuidv7(),
      input: [...entry.input],
      clientUserMessageId: entry.clientUserMessageId,
      responsesapiClientMetadata: entry.responsesapiClientMetadata ? { ...entry.responsesapiClientMetadata } : null,
    };
    this.#entries.push(submission);
    if (this.#thread.activeTurn || this.#entries.length > 1) return { submission, afterReply: () => this.changed() };
    this.changed();
    return { submission, afterReply: this.#take(submission).start };
  }

  list(cursor: string | undefined, limit: number): { data: QueuedSubmission[]; nextCursor: string | null } {
    if (cursor !== undefined && !/^\+?\d{1,15}$/.test(cursor))
      throw invalidRequest('invalid queue pagination cursor: invalid digit found in string');
    const from = Number(cursor ?? 0);
    const to = from + limit;
    return { data: this.#entries.slice(from, to), nextCursor: to < this.#entries.length ? String(to) : null };
  }

  /** Whoever changes the queue by this or one of the next calls `changed` after the reply. */
  update(id: string, entry: Pick<QueueEntry, 'input' | 'responsesapiClientMetadata'>): QueuedSubmission {
    const at = this.#entries.findIndex((one) => one.id === id);
    const old = this.#entries[at];
    if (!old) throw invalidRequest(`queued submission not found: ${id}`);
    if (entry.input.length === 0) throw noInput();
    checkInput(entry.input);
    const metadata = entry.responsesapiClientMetadata;
    const next = { ...old, input: [...entry.input], ...(metadata ? { responsesapiClientMetadata: { ...metadata } } : {}) };
    this.#entries[at] = next;
    return next;
  }

  delete(id: string): boolean {
    const left = this.#entries.filter((entry) => entry.id !== id);
    const deleted = left.length < this.#entries.length;
    this.#entries = left;
    return deleted;
  }

  /** `ids` names every entry once, in the new order. */
  reorder(ids: readonly string[]): void {
    const byId = new Map(this.#entries.map((entry) => [entry.id, entry]));
    const ordered = ids.flatMap((id) => byId.get(id) ?? []);
    if (ordered.length !== byId.size || new Set(ids).size !== ids.length || ids.length !== byId.size)
      throw invalidRequest('queue reorder must include every queued submission exactly once');
    this.#entries = ordered;
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
    this.changed();
    return prepared;
  }

  changed(): void {
    this.#thread.core.client.notify('thread/queue/changed', { threadId: this.#thread.core.id });
  }
}
