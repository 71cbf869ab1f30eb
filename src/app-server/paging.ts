/** Pages of lists that are known whole: the cursor is the decimal offset of the next entry. */
import { invalidRequest } from '../base/errors.ts';

export interface PageRequest {
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

/** Throws `invalidRequest` "invalid cursor: X". Without a limit everything that is left is one page. `what` the entries are, for errors. */
export function page<T>(entries: readonly T[], { cursor, limit }: PageRequest, what = 'entries'): { data: T[]; nextCursor: string | null } {
  const from = cursor === undefined ? 0 : Number(cursor);
  if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) throw invalidRequest(`invalid cursor: ${cursor}`);
  if (from > entries.length) throw invalidRequest(`cursor ${from} exceeds total ${what} ${entries.length}`);
  const to = limit === undefined ? entries.length : Math.min(entries.length, from + Math.max(1, limit));
  return { data: entries.slice(from, to), nextCursor: to < entries.length ? String(to) : null };
}
