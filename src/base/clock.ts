/** Time as a dependency, so that tests can move it. */
export interface Clock {
  /** Unix time in milliseconds. */
  nowMs(): number;
  /** Milliseconds from an arbitrary start, never going back. */
  monotonicMs(): number;
}

/** Milliseconds from an arbitrary start. Behind `performance` Node loads several modules, which a first request would wait for. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

export const systemClock: Clock = { nowMs: () => Date.now(), monotonicMs };

/** Whole Unix seconds, as most time fields of the wire want them. */
export const unixSeconds = (ms: number): number => Math.floor(ms / 1000);
