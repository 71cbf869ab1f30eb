/** Threads that live in memory only: appended facts are dropped, since the thread itself holds what it needs. */
import type { ThreadWriter } from './thread-store.ts';

/** A writer that keeps nothing. Its path is empty: an ephemeral thread has no file. */
export const memoryWriter = (): ThreadWriter => ({
  path: '',
  append: () => {},
  flush: () => Promise.resolve(),
  close: () => Promise.resolve(),
});
