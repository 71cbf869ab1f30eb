/** Pages of histories and places in texts: nothing is lost, nothing comes twice, and no cursor is taken for another's. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { itemsPage, newestCursors, occurrences, timelinePage, turnsPage } from '../../src/app-server/history-pages.ts';
import { placesOf } from '../../src/app-server/text-places.ts';
import type { ThreadItem, Turn } from '../../src/protocol/app/index.ts';

const threadId = 'thread';

const message = (id: string, text: string): ThreadItem => ({
  type: 'agentMessage',
  id,
  text,
  moderation: null,
  phase: null,
  memoryCitation: null,
  delivery: null,
  questions: null,
  startedAtMs: null,
  completedAtMs: null,
});

/** Turns with the given numbers of items. */
const turnsWith = (counts: readonly number[]): Turn[] =>
  counts.map((count, index) => ({
    id: `turn-${index}`,
    rootTurnId: null,
    status: 'completed',
    itemsView: 'full',
    items: Array.from({ length: count }, (_, at) => message(`item-${index}-${at}`, `Text ${index} ${at}`)),
    error: null,
    startedAt: index,
    completedAt: index + 1,
    durationMs: 1000,
  }));

interface Page<T> {
  readonly data: readonly T[];
  readonly nextCursor: string | null;
}

/** Everything, page by page. */
function walk<T>(read: (cursor: string | undefined) => Page<T>): T[] {
  const all: T[] = [];
  let cursor: string | undefined;
  do {
    const page = read(cursor);
    all.push(...page.data);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return all;
}

const histories = fc.array(fc.nat(4), { maxLength: 12 });
const limits = fc.integer({ min: 1, max: 7 });
const directions = fc.constantFrom('asc', 'desc');

describe('pages', () => {
  test('of turns hold every turn once, in order, whatever their size', () => {
    fc.assert(
      fc.property(histories, limits, directions, (counts, limit, sortDirection) => {
        const turns = turnsWith(counts);
        const ids = walk((cursor) => turnsPage(threadId, turns, { cursor, limit, sortDirection })).map(({ id }) => id);
        const expected = turns.map(({ id }) => id);
        expect(ids).toEqual(sortDirection === 'asc' ? expected : expected.reverse());
      }),
    );
  });

  test('of items likewise, of one turn too, and with a turn that grew meanwhile', () => {
    fc.assert(
      fc.property(histories, limits, directions, (counts, limit, sortDirection) => {
        const turns = turnsWith(counts);
        const expected = turns.flatMap(({ items }) => items.map(({ id }) => id));
        const ids = walk((cursor) => itemsPage(threadId, turns, { cursor, limit, sortDirection })).map(({ item }) => item.id);
        expect(ids).toEqual(sortDirection === 'asc' ? expected : [...expected].reverse());
        for (const { id: turnId, items } of turns)
          expect(walk((cursor) => itemsPage(threadId, turns, { turnId, cursor, limit })).map(({ item }) => item.id)).toEqual(
            items.map(({ id }) => id),
          );
        const { nextCursor } = itemsPage(threadId, turns, { limit });
        if (nextCursor === null) return;
        const grown = turnsWith([...counts, 2]);
        expect(walk((cursor) => itemsPage(threadId, grown, { cursor: cursor ?? nextCursor, limit })).map(({ item }) => item.id)).toEqual(
          [...expected, ...grown.slice(-1).flatMap(({ items }) => items.map(({ id }) => id))].slice(limit),
        );
      }),
    );
  });

  test('can be turned round at their first row, which then comes first', () => {
    const turns = turnsWith([1, 1, 1, 1, 1]);
    const older = turnsPage(threadId, turns, { limit: 2, cursor: turnsPage(threadId, turns, { limit: 2 }).nextCursor ?? undefined });
    expect(older.data.map(({ id }) => id)).toEqual(['turn-2', 'turn-1']);
    const back = turnsPage(threadId, turns, { cursor: older.backwardsCursor ?? undefined, sortDirection: 'asc' });
    expect(back.data.map(({ id }) => id)).toEqual(['turn-2', 'turn-3', 'turn-4']);
    const { turnsBackwardsCursor, itemsBackwardsCursor } = newestCursors(threadId, turns);
    expect(turnsPage(threadId, turns, { cursor: turnsBackwardsCursor ?? undefined, limit: 1 }).data).toMatchObject([{ id: 'turn-4' }]);
    const items = itemsPage(threadId, turns, { cursor: itemsBackwardsCursor ?? undefined, sortDirection: 'desc', limit: 1 });
    expect(items.data).toMatchObject([{ turnId: 'turn-4' }]);
    expect(newestCursors(threadId, [])).toEqual({ turnsBackwardsCursor: null, itemsBackwardsCursor: null });
  });

  test('of a timeline go back to its beginning', () => {
    fc.assert(
      fc.property(histories, limits, (counts, limit) => {
        const turns = turnsWith(counts);
        const entries: { position: number }[] = [];
        let cursor: string | undefined;
        do {
          const page = timelinePage(threadId, turns, { cursor, limit });
          entries.unshift(...page.data);
          cursor = page.nextCursor ?? undefined;
        } while (cursor !== undefined);
        expect(entries.map(({ position }) => position)).toEqual(entries.map((_, index) => index));
        expect(entries).toHaveLength(counts.reduce((sum, count) => sum + count + 2, 0));
      }),
    );
  });

  test('are not opened by a cursor of something else', () => {
    const turns = turnsWith([1, 1, 1]);
    const cursor = turnsPage(threadId, turns, { limit: 1 }).nextCursor ?? '';
    expect(() => turnsPage('other', turns, { cursor })).toThrow('invalid cursor: ');
    expect(() => itemsPage(threadId, turns, { cursor })).toThrow('invalid cursor: ');
    expect(() => timelinePage(threadId, turns, { cursor })).toThrow('invalid cursor: ');
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(() => turnsPage(threadId, turns, { cursor: text })).toThrow(`invalid cursor: ${text}`);
        expect(() => timelinePage(threadId, turns, { cursor: text })).toThrow(`invalid cursor: ${text}`);
      }),
    );
  });

  test('of occurrences go on where they stopped', () => {
    const turns = turnsWith([1, 1, 1, 1, 1]);
    const ids = walk((cursor) => occurrences(threadId, turns, { searchTerm: 'tEXT', cursor, limit: 2 })).map(({ itemId }) => itemId);
    expect(ids).toEqual(turns.flatMap(({ items }) => items.map(({ id }) => id)));
    expect(() => occurrences(threadId, turns, { searchTerm: 'x', cursor: '-1' })).toThrow('invalid cursor: -1');
    expect(() => occurrences(threadId, turns, { searchTerm: '' })).toThrow('thread/searchOccurrences requires a non-empty searchTerm');
  });
});

describe('places', () => {
  test('are where the term is, in any case, whatever characters there are', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.string({ unit: 'grapheme', minLength: 1 }),
        fc.string({ unit: 'grapheme' }),
        (before, term, after) => {
          const text = `${before}${term}${after}`;
          const places = placesOf(text, term.toUpperCase().toLowerCase() === term.toLowerCase() ? term.toUpperCase() : term, 5);
          for (const {
            snippet,
            snippetMatchRange: { start, end },
          } of places) {
            expect(text).toContain(snippet);
            expect(Buffer.from(snippet).toString()).toBe(snippet);
            expect(snippet.slice(start, end)).not.toBe('');
          }
          expect(placesOf(text, term, 5).length).toBeGreaterThan(0);
        },
      ),
    );
  });

  test('show what stands around, without cutting a character in two', () => {
    expect(placesOf('İİ needle', 'NEEDLE', 100)).toEqual([{ snippet: 'İİ needle', snippetMatchRange: { start: 3, end: 9 } }]);
    expect(placesOf('a😀needle😀b', 'needle', 1)).toEqual([{ snippet: '😀needle😀', snippetMatchRange: { start: 2, end: 8 } }]);
    expect(placesOf('(.*) a.b', '.*', 0)).toEqual([{ snippet: '.*', snippetMatchRange: { start: 0, end: 2 } }]);
  });
});
