/** Events of a remote process: any order and any repetition comes out once, in order, and complete; holes show. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventsLost, type ProcessEvent, ProcessEvents } from '../../src/environment/process-events.ts';
import type { ProcessReadResult } from '../../src/protocol/exec/index.ts';

const output = (seq: number): ProcessEvent => ({ kind: 'output', seq, stream: 'stdout', bytes: Buffer.from(`${seq}`) });
const exited = (seq: number): ProcessEvent => ({ kind: 'exited', seq, exitCode: 0, sandboxDenied: false });
const closed = (seq: number): ProcessEvent => ({ kind: 'closed', seq });

/** The events of a process with `count` chunks, whose exit comes after `before` of them. */
function whole(count: number, before: number): ProcessEvent[] {
  const events = Array.from({ length: count + 1 }, (_, index) => (index === before ? exited(index + 1) : output(index + 1)));
  return [...events, closed(count + 2)];
}

/** What a server that saw `events` up to `upTo` answers to a read after `after`. */
function readOf(events: readonly ProcessEvent[], after: number, upTo: number): ProcessReadResult {
  const seen = events.filter(({ seq }) => seq <= upTo);
  const chunks = seen.flatMap((event) =>
    event.kind === 'output' && event.seq > after ? [{ seq: event.seq, stream: event.stream, chunk: event.bytes.toString('base64') }] : [],
  );
  const isExited = seen.some(({ kind }) => kind === 'exited');
  const isClosed = seen.some(({ kind }) => kind === 'closed');
  return {
    chunks,
    nextSeq: upTo + 1,
    exited: isExited,
    exitCode: isExited ? 0 : null,
    closed: isClosed,
    failure: null,
    sandboxDenied: false,
  };
}

function collecting() {
  const published: ProcessEvent[] = [];
  const events = new ProcessEvents((event) => published.push(event));
  return { published, events };
}

const shape = fc.nat(40).chain((count) => fc.tuple(fc.constant(count), fc.nat(count)));

describe('live events', () => {
  test('any order, with repetitions', () => {
    const arrivals = shape.chain(([count, before]) => {
      const events = whole(count, before);
      const more = fc
        .subarray(events)
        .chain((twice) => fc.shuffledSubarray([...events, ...twice], { minLength: events.length + twice.length }));
      return fc.tuple(fc.constant(events), more);
    });
    fc.assert(
      fc.property(arrivals, ([events, arriving]) => {
        const to = collecting();
        for (const event of arriving) to.events.accept(event);
        expect(to.published).toEqual(events);
        expect([to.events.closed, to.events.hasGap]).toEqual([true, false]);
      }),
    );
  });

  test('what waits for a gap is bounded, and what fills it is always taken', () => {
    const full = collecting();
    for (let seq = 2; seq <= 257; seq += 1) full.events.accept(output(seq));
    expect(() => full.events.accept(output(258))).toThrow(EventsLost);
    full.events.accept(output(1));
    expect(full.events.lastPublished).toBe(257);
    const big = (seq: number): ProcessEvent => ({ kind: 'output', seq, stream: 'stdout', bytes: Buffer.alloc(600_000) });
    const heavy = collecting();
    heavy.events.accept(big(2));
    expect(() => heavy.events.accept(big(3))).toThrow(EventsLost);
    expect(() => heavy.events.accept({ kind: 'output', seq: 1, stream: 'stdout', bytes: Buffer.alloc(1_048_577) })).toThrow(/exceeds/);
  });
});

describe('catching up', () => {
  test('after a drop anywhere, with later events already here, everything is there once', () => {
    const drops = shape.chain(([count, before]) => {
      const events = whole(count, before);
      const place = fc.nat(events.length);
      return fc.tuple(fc.constant(events), place, place, fc.subarray(events));
    });
    fc.assert(
      fc.property(drops, ([events, one, other, early]) => {
        const [seen, upTo] = [Math.min(one, other), Math.max(one, other)];
        const to = collecting();
        for (const event of events.slice(0, seen)) to.events.accept(event);
        for (const event of early) to.events.accept(event);
        to.events.catchUp(readOf(events, to.events.lastPublished, upTo));
        for (const event of events.slice(upTo)) to.events.accept(event);
        expect(to.published).toEqual(events);
      }),
    );
  });

  test('a hole that is no exit is a loss', () => {
    const events = whole(10, 10);
    const lossy = (read: ProcessReadResult, missing: readonly number[]) => ({
      ...read,
      chunks: read.chunks.filter(({ seq }) => !missing.includes(seq)),
    });
    for (const upTo of [10, 12]) {
      const to = collecting();
      expect(() => to.events.catchUp(lossy(readOf(events, 0, upTo), [3]))).toThrow(
        `process events are no longer retained while recovering through sequence ${upTo}`,
      );
    }
  });

  test('forged answers are refused: chunks beyond the end, on the close, or of no base64', () => {
    const read = readOf(whole(2, 2), 0, 4);
    const chunk = { seq: 4, stream: 'stdout', chunk: 'eA==' } as const;
    expect(() => collecting().events.catchUp({ ...read, chunks: [...read.chunks, chunk] })).toThrow(EventsLost);
    expect(() => collecting().events.catchUp({ ...read, chunks: [...read.chunks, { ...chunk, seq: 9 }] })).toThrow(EventsLost);
    expect(() => collecting().events.catchUp({ ...read, chunks: [{ ...chunk, seq: 1, chunk: '*' }] })).toThrow(/no base64/);
  });

  test('a denial found out later is added to an exit that waits', () => {
    const to = collecting();
    to.events.accept(exited(2));
    to.events.catchUp({ ...readOf([output(1), exited(2)], 0, 2), sandboxDenied: true });
    expect(to.published.at(-1)).toMatchObject({ kind: 'exited', sandboxDenied: true });
  });
});
