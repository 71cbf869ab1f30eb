/** How often something may happen: so many times at once, and so many a second in the long run. */

export class Allowance {
  readonly #burst: number;
  readonly #perSecond: number;
  #left: number;
  #sinceMs = performance.now();

  constructor(burst: number, perSecond: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#left = burst;
  }

  /** False: too often. */
  take(): boolean {
    if (this.#left < 1) {
      const nowMs = performance.now();
      this.#left = Math.min(this.#burst, this.#left + ((nowMs - this.#sinceMs) / 1000) * this.#perSecond);
      this.#sinceMs = nowMs;
      if (this.#left < 1) return false;
    }
    this.#left -= 1;
    return true;
  }
}
