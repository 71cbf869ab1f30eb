/** Time as a dependency, so that tests can move it. */
export interface Clock {
  /** Unix time in milliseconds. */
  nowMs(): number;
  /** Milliseconds from an arbitrary start, never going back. */
  monotonicMs(): number;
}

export const systemClock: Clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };

/** Whole Unix seconds, as most time fields of the wire want them. */
export const unixSeconds = (ms: number): number => Math.floor(ms / 1000);
