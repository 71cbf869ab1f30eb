/** Order among the tool calls of one thread: shared ones overlap, an exclusive one runs alone. First come, first served. */

export class ToolLane {
  #lastExclusive: Promise<unknown> = Promise.resolve();
  #shared: Promise<unknown>[] = [];

  run<T>(exclusive: boolean, work: () => Promise<T>): Promise<T> {
    const before = exclusive ? Promise.all([this.#lastExclusive, ...this.#shared]) : this.#lastExclusive;
    const done = before.then(work);
    const settled = done.then(nothing, nothing);
    if (exclusive) {
      this.#lastExclusive = settled;
      this.#shared = [];
    } else this.#shared.push(settled);
    return done;
  }
}

const nothing = (): void => {};
