/** Ordering by key: exclusive entries of a key run one after another in arrival order, neighbouring shared ones together. */

interface Entry {
  readonly shared: boolean;
  readonly start: () => void;
}

interface Lane {
  /** Entries that run now. More than one only while all of them are shared. */
  running: number;
  runningShared: boolean;
  readonly waiting: Entry[];
}

export class Lanes {
  readonly #lanes = new Map<string, Lane>();

  /** Keys that are in use. */
  get size(): number {
    return this.#lanes.size;
  }

  /** Entries that wait under `key`. */
  waiting(key: string): number {
    return this.#lanes.get(key)?.waiting.length ?? 0;
  }

  /**
   * Runs `start` when it is this entry's turn: at once, before returning, when the lane is free for it. `leave`, which
   * `start` gets, must be called exactly once when the entry is done; later calls do nothing.
   * Returns a function that gives up waiting; it does nothing once the entry has started.
   */
  enter(key: string, shared: boolean, start: (leave: () => void) => void): () => void {
    const lane = this.#lanes.get(key) ?? { running: 0, runningShared: false, waiting: [] };
    this.#lanes.set(key, lane);
    const entry: Entry = { shared, start: () => start(this.#leaver(key, lane)) };
    const free = lane.running === 0 || (shared && lane.runningShared && lane.waiting.length === 0);
    if (free) {
      this.#run(lane, entry);
      return () => {};
    }
    lane.waiting.push(entry);
    return () => {
      const index = lane.waiting.indexOf(entry);
      if (index < 0) return;
      lane.waiting.splice(index, 1);
      this.#advance(key, lane);
    };
  }

  #run(lane: Lane, entry: Entry): void {
    lane.running += 1;
    lane.runningShared = entry.shared;
    entry.start();
  }

  #leaver(key: string, lane: Lane): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      lane.running -= 1;
      this.#advance(key, lane);
    };
  }

  #advance(key: string, lane: Lane): void {
    for (let next = lane.waiting[0]; next; next = lane.waiting[0]) {
      if (lane.running > 0 && !(next.shared && lane.runningShared)) return;
      lane.waiting.shift();
      this.#run(lane, next);
    }
    if (lane.running === 0) this.#lanes.delete(key);
  }
}
