/** Pages of a thread's turns and items, and places of a text in it. Cursors name a row by its position in the whole history. */
import { invalidRequest } from '../base/errors.ts';
import type { SortDirection, ThreadItem, ThreadItemEntry, ThreadTimelineEntry, Turn, TurnItemsView } from '../protocol/app/index.ts';
import { placesOf } from './text-places.ts';

const defaultLimit = 25;
const maxLimit = 100;

type Scope = 'turns' | 'itemsByCreatedAtOrdinal';

interface Anchor {
  readonly position: number;
  /** True: the row itself belongs to the page. */
  readonly included: boolean;
}

const cursorOf = (threadId: string, scope: Scope, { position, included }: Anchor): string =>
  JSON.stringify({ requestedThreadId: threadId, rolloutOrdinal: position, includeAnchor: included, scope: { kind: scope } });

/** Throws `invalidRequest` "invalid cursor: X" for anything that `cursorOf` did not make for this thread and scope. */
function readCursor(cursor: string, threadId: string, scope: Scope): Anchor {
  const invalid = () => invalidRequest(`invalid cursor: ${cursor}`);
  let value: unknown;
  try {
    value = JSON.parse(cursor);
  } catch {
    throw invalid();
  }
  if (typeof value !== 'object' || value === null) throw invalid();
  const { requestedThreadId, rolloutOrdinal, includeAnchor, scope: named } = { ...value } as Record<string, unknown>;
  const kind: unknown = typeof named === 'object' && named !== null ? Reflect.get(named, 'kind') : undefined;
  if (requestedThreadId !== threadId || kind !== scope || typeof includeAnchor !== 'boolean') throw invalid();
  if (typeof rolloutOrdinal !== 'number' || !Number.isSafeInteger(rolloutOrdinal)) throw invalid();
  return { position: rolloutOrdinal, included: includeAnchor };
}

interface Row<T> {
  readonly position: number;
  readonly value: T;
}

export interface HistoryPage<T> {
  readonly data: T[];
  readonly nextCursor: string | null;
  readonly backwardsCursor: string | null;
}

interface PageOptions {
  readonly threadId: string;
  readonly scope: Scope;
  readonly cursor: string | undefined;
  readonly limit: number | undefined;
  readonly direction: SortDirection;
}

function pageOf<T>(rows: readonly Row<T>[], options: PageOptions): HistoryPage<T> {
  const { threadId, scope, cursor, direction } = options;
  const limit = Math.min(maxLimit, Math.max(1, options.limit ?? defaultLimit));
  const ordered = direction === 'asc' ? rows : [...rows].reverse();
  const anchor = cursor === undefined ? undefined : readCursor(cursor, threadId, scope);
  const isAfter = ({ position }: Row<T>): boolean => {
    if (!anchor) return true;
    if (position === anchor.position) return anchor.included;
    return direction === 'asc' ? position > anchor.position : position < anchor.position;
  };
  const rest = ordered.filter(isAfter);
  const page = rest.slice(0, limit);
  const first = page[0];
  const last = page.at(-1);
  return {
    data: page.map(({ value }) => value),
    nextCursor: last && rest.length > limit ? cursorOf(threadId, scope, { position: last.position, included: false }) : null,
    backwardsCursor: first ? cursorOf(threadId, scope, { position: first.position, included: true }) : null,
  };
}

/** A turn with as much of its items as asked for. */
export function viewOf(turn: Turn, view: TurnItemsView): Turn {
  if (view === 'full') return { ...turn, itemsView: 'full' };
  if (view === 'notLoaded') return { ...turn, items: [], itemsView: 'notLoaded' };
  const final = finalMessageOf(turn);
  return { ...turn, items: turn.items.filter((item) => item.type === 'userMessage' || item === final), itemsView: 'summary' };
}

const finalMessageOf = (turn: Turn): ThreadItem | undefined =>
  turn.items.findLast((item) => item.type === 'agentMessage' && item.phase !== 'commentary');

export interface TurnsRequest {
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
  readonly sortDirection?: SortDirection | undefined;
  readonly itemsView?: TurnItemsView | undefined;
}

/** `turns` oldest first and complete. Newest first unless asked otherwise. */
export function turnsPage(threadId: string, turns: readonly Turn[], request: TurnsRequest): HistoryPage<Turn> {
  const { cursor, limit, sortDirection: direction = 'desc', itemsView = 'summary' } = request;
  const rows = turns.map((turn, position) => ({ position, value: turn }));
  const page = pageOf(rows, { threadId, scope: 'turns', cursor, limit, direction });
  return { ...page, data: page.data.map((turn) => viewOf(turn, itemsView)) };
}

export interface ItemsRequest {
  readonly turnId?: string | undefined;
  readonly cursor?: string | { readonly type: 'item'; readonly itemId: string } | undefined;
  readonly limit?: number | undefined;
  readonly sortDirection?: SortDirection | undefined;
}

interface PlacedItem {
  readonly turnId: string;
  readonly item: ThreadItem;
}

const itemRows = (turns: readonly Turn[]): Row<PlacedItem>[] =>
  turns.flatMap((turn) => turn.items.map((item) => ({ turnId: turn.id, item }))).map((value, position) => ({ position, value }));

const entryOf = ({ turnId, item }: PlacedItem): ThreadItemEntry => ({
  turnId,
  item,
  startedAtMs: item.startedAtMs ?? null,
  completedAtMs: item.completedAtMs ?? null,
});

/** Oldest first unless asked otherwise. */
export function itemsPage(threadId: string, turns: readonly Turn[], request: ItemsRequest): HistoryPage<ThreadItemEntry> {
  const { turnId, limit, sortDirection: direction = 'asc' } = request;
  const scope = 'itemsByCreatedAtOrdinal';
  const rows = itemRows(turns).filter(({ value }) => turnId === undefined || value.turnId === turnId);
  const page = pageOf(rows, { threadId, scope, cursor: itemCursor(threadId, rows, request.cursor), limit, direction });
  return { ...page, data: page.data.map(entryOf) };
}

function itemCursor(threadId: string, rows: readonly Row<PlacedItem>[], cursor: ItemsRequest['cursor']): string | undefined {
  if (cursor === undefined || typeof cursor === 'string') return cursor;
  const row = rows.find(({ value }) => value.item.id === cursor.itemId);
  if (!row) throw invalidRequest(`item not found: ${cursor.itemId}`);
  return cursorOf(threadId, 'itemsByCreatedAtOrdinal', { position: row.position, included: true });
}

/** Items of a turn by id, in the order of the turn. Throws for an unknown turn. */
export function itemsById(turns: readonly Turn[], turnId: string, itemIds: readonly string[]): ThreadItemEntry[] {
  const turn = turns.find(({ id }) => id === turnId);
  if (!turn) throw invalidRequest(`turn not found: ${turnId}`);
  return turn.items.filter(({ id }) => itemIds.includes(id)).map((item) => entryOf({ turnId, item }));
}

/** Cursors that lead from the newest row backwards; null for an empty history. */
export function newestCursors(threadId: string, turns: readonly Turn[]) {
  const items = itemRows(turns).length;
  const at = (scope: Scope, count: number) => (count === 0 ? null : cursorOf(threadId, scope, { position: count - 1, included: true }));
  return { turnsBackwardsCursor: at('turns', turns.length), itemsBackwardsCursor: at('itemsByCreatedAtOrdinal', items) };
}

const snippetMargin = 60;

function textOf(item: ThreadItem, final: ThreadItem | undefined): string | undefined {
  if (item.type === 'agentMessage') return item === final ? item.text : undefined;
  if (item.type !== 'userMessage') return undefined;
  return item.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
}

/** Around the first place where users or final answers say the term; undefined: nobody does. */
export function firstOccurrence(turns: readonly Turn[], searchTerm: string): string | undefined {
  for (const turn of turns) {
    const final = finalMessageOf(turn);
    for (const item of turn.items) {
      const [place] = placesOf(textOf(item, final) ?? '', searchTerm, snippetMargin);
      if (place) return place.snippet;
    }
  }
  return undefined;
}

/** Where users and final answers say the term, whatever its case. */
export function occurrences(
  threadId: string,
  turns: readonly Turn[],
  request: { searchTerm: string; cursor?: string | undefined; limit?: number | undefined },
) {
  const { searchTerm } = request;
  if (searchTerm === '') throw invalidRequest('thread/searchOccurrences requires a non-empty searchTerm');
  const found = turns.flatMap((turn, position) => {
    const final = finalMessageOf(turn);
    const turnCursor = cursorOf(threadId, 'turns', { position, included: true });
    return turn.items.flatMap((item) =>
      placesOf(textOf(item, final) ?? '', searchTerm, snippetMargin).map((place) => ({
        turnId: turn.id,
        itemId: item.id,
        ...place,
        turnCursor,
      })),
    );
  });
  const from = request.cursor === undefined ? 0 : Number(request.cursor);
  if (request.cursor !== undefined && !/^\d{1,9}$/.test(request.cursor)) throw invalidRequest(`invalid cursor: ${request.cursor}`);
  const to = from + Math.min(250, Math.max(1, request.limit ?? 50));
  return { data: found.slice(from, to), nextCursor: to < found.length ? String(to) : null };
}

function timelineOf(turns: readonly Turn[]): ThreadTimelineEntry[] {
  const entries: ThreadTimelineEntry[] = [];
  for (const turn of turns) {
    const { id: turnId, startedAt, completedAt, durationMs, status, error } = turn;
    entries.push({ type: 'turnStarted', position: entries.length, turnId, startedAt });
    for (const item of turn.items) entries.push({ type: 'item', position: entries.length, turnId, item });
    if (status !== 'inProgress')
      entries.push({ type: 'turnCompleted', position: entries.length, turnId, status, error, startedAt, completedAt, durationMs });
  }
  return entries;
}

/** The newest entries, in the order they happened; the cursor leads further back. */
export function timelinePage(
  threadId: string,
  turns: readonly Turn[],
  request: { cursor?: string | undefined; limit?: number | undefined },
) {
  const entries = timelineOf(turns);
  const end = request.cursor === undefined ? entries.length : timelinePosition(request.cursor, threadId);
  const start = Math.max(0, end - Math.min(maxLimit, Math.max(1, request.limit ?? defaultLimit)));
  return {
    data: entries.slice(start, end),
    nextCursor: start > 0 ? JSON.stringify({ threadId, position: start }) : null,
    activeRealtimeSessionAtPageStart: null,
  };
}

function timelinePosition(cursor: string, threadId: string): number {
  try {
    const value: unknown = JSON.parse(cursor);
    const member = (name: string): unknown => (typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined);
    const position = member('position');
    if (member('threadId') === threadId && typeof position === 'number' && Number.isSafeInteger(position) && position >= 0) return position;
  } catch {
    // Not JSON: not one of ours.
  }
  throw invalidRequest(`invalid cursor: ${cursor}`);
}
