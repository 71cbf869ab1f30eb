/** Waiting that ends: with the value, with the abort of a signal, or with a deadline. */
import { Cancelled, DeadlineExceeded } from './errors.ts';

/** The reason of an aborted signal as an error; a `Cancelled` when none was given. */
export function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error && signal.reason.name !== 'AbortError' ? signal.reason : new Cancelled();
}

export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw abortReason(signal);
}

/** Calls `listener` once when `signal` aborts (at once if it has). Returns the function that takes the listener off. */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  if (signal.aborted) {
    listener();
    return () => {};
  }
  const waits = waitsOn(signal);
  const own = () => listener();
  waits.add(own);
  return () => waits.delete(own);
}

/** Those who wait for the abort of a signal: it gets one listener of ours, however many wait. */
const allWaits = new WeakMap<AbortSignal, Set<() => void>>();

function waitsOn(signal: AbortSignal): Set<() => void> {
  const known = allWaits.get(signal);
  if (known) return known;
  const waits = new Set<() => void>();
  allWaits.set(signal, waits);
  signal.addEventListener(
    'abort',
    () => {
      for (const wake of waits) {
        try {
          wake();
        } catch (error) {
          // The others are told all the same.
          queueMicrotask(() => {
            throw error;
          });
        }
      }
      waits.clear();
    },
    { once: true },
  );
  return waits;
}

/** `promise`, or a rejection with the signal's reason as soon as it aborts. The promise itself is not stopped. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const off = onAbort(signal, () => reject(abortReason(signal)));
    promise.then(resolve, reject).finally(off);
  });
}

/** `promise`, or a `DeadlineExceeded` after `ms`. */
export function withDeadline<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new DeadlineExceeded(what, ms)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    let off = () => {};
    const timer = setTimeout(() => {
      off();
      resolve();
    }, ms);
    if (signal)
      off = onAbort(signal, () => {
        clearTimeout(timer);
        reject(abortReason(signal));
      });
  });
}
