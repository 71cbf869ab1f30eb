/** The turns of a thread that has no file: a writer that keeps in memory what a store would keep on disk. */
import { unixSeconds } from '../base/clock.ts';
import type { ResponseItem } from '../base/response-item.ts';
import type { ThreadItem, Turn as WireTurn } from '../protocol/app/index.ts';
import type { StoredEvent, ThreadWriter } from '../store/thread-store.ts';

interface KeptTurn {
  turn: Omit<WireTurn, 'items'>;
  readonly items: ThreadItem[];
  readonly events: StoredEvent[];
}

export class MemoryTurns implements ThreadWriter {
  readonly path = '';
  readonly #turns: KeptTurn[];

  /** `earlier`: turns of the thread this one is a copy of. */
  constructor(earlier: readonly WireTurn[] = []) {
    this.#turns = earlier.map(({ items, ...turn }) => ({ turn, items: [...items], events: [] }));
  }

  append(...events: StoredEvent[]): void {
    for (const event of events) this.#take(event);
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Oldest first. A turn without an end is in progress. */
  turns(): WireTurn[] {
    return this.#turns.map(({ turn, items }) => ({ ...turn, items: [...items] }));
  }

  /** What the model was told before the turn; undefined when there is no such turn or it was copied from another thread. */
  historyBefore(turnId: string): ResponseItem[] | undefined {
    const at = this.#turns.findIndex(({ turn }) => turn.id === turnId);
    if (at === -1 || this.#turns.slice(0, at + 1).some(({ events }) => events.length === 0)) return undefined;
    return historyOf(this.#turns.slice(0, at).flatMap((turn) => turn.events));
  }

  #begin(event: { turnId: string; startedAtMs: number }): KeptTurn {
    const last = this.#turns.at(-1);
    if (last?.turn.status === 'inProgress') last.turn = { ...last.turn, status: 'interrupted' };
    const turn: KeptTurn = { turn: begun(event), items: [], events: [] };
    this.#turns.push(turn);
    return turn;
  }

  #take(event: StoredEvent): void {
    if (event.type === 'turnStarted') this.#begin(event);
    if (event.type === 'reverted') {
      const at = this.#turns.findIndex(({ turn }) => turn.id === event.beforeTurnId);
      if (at !== -1) this.#turns.splice(at);
      return;
    }
    const known = 'turnId' in event ? this.#turns.find(({ turn }) => turn.id === event.turnId) : this.#turns.at(-1);
    // The frame of a review has no beginning of its own.
    const owner = known ?? (event.type === 'itemCompleted' ? this.#begin({ ...event, startedAtMs: event.completedAtMs }) : undefined);
    if (!owner) return;
    owner.events.push(event);
    if (event.type === 'itemCompleted') owner.items.push(event.item);
    else if (event.type === 'turnCompleted')
      owner.turn = { ...owner.turn, ...ended(event), status: event.error ? 'failed' : 'completed', error: event.error };
    else if (event.type === 'turnAborted') owner.turn = { ...owner.turn, ...ended(event), status: 'interrupted' };
  }
}

const begun = (event: { turnId: string; startedAtMs: number }): KeptTurn['turn'] => ({
  id: event.turnId,
  rootTurnId: event.turnId,
  itemsView: 'full',
  status: 'inProgress',
  error: null,
  startedAt: unixSeconds(event.startedAtMs),
  completedAt: null,
  durationMs: null,
});

const ended = (event: { startedAtMs: number; completedAtMs: number }) => ({
  completedAt: unixSeconds(event.completedAtMs),
  durationMs: Math.max(0, Math.round(event.completedAtMs - event.startedAtMs)),
});

/** The history that a sequence of facts amounts to. */
function historyOf(events: readonly StoredEvent[]): ResponseItem[] {
  let history: ResponseItem[] = [];
  for (const event of events) {
    if (event.type === 'responseItem') history.push(event.item);
    else if (event.type === 'compacted') history = [...event.replacement];
  }
  return history;
}
