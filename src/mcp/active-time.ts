/** A time limit that counts only while nobody is being asked. */

export class ActiveTime {
  readonly #onElapsed: () => void;
  #leftMs: number;
  #holds = 0;
  #since = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** Starts counting at once. */
  constructor(ms: number, onElapsed: () => void) {
    this.#leftMs = ms;
    this.#onElapsed = onElapsed;
    this.#run();
  }

  /** Stops the clock until `release` was called as often. */
  hold(): void {
    this.#holds += 1;
    if (this.#holds > 1 || this.#stopped) return;
    clearTimeout(this.#timer);
    this.#leftMs = Math.max(0, this.#leftMs - (performance.now() - this.#since));
  }

  release(): void {
    this.#holds -= 1;
    if (this.#holds === 0 && !this.#stopped) this.#run();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #run(): void {
    this.#since = performance.now();
    this.#timer = setTimeout(() => {
      this.#stopped = true;
      this.#onElapsed();
    }, this.#leftMs);
  }
}
