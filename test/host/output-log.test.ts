/** Numbered output: a bounded window, replay and then live, reads from a position. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OutputLog } from '../../src/host/output-log.ts';
import type { OutputChunk } from '../../src/host/process-types.ts';

const shape = (chunks: Iterable<OutputChunk>) => [...chunks].map(({ seq, stream, bytes }) => `${seq} ${stream} ${bytes}`);

describe('numbering', () => {
  test('all streams and events share one count', () => {
    const log = new OutputLog();
    log.append('stdout', Buffer.from('a'));
    log.append('stderr', Buffer.from('b'));
    expect(log.reserve()).toBe(3);
    log.append('stdout', Buffer.from('c'));
    expect([shape(log.retained()), log.nextSeq]).toEqual([['1 stdout a', '2 stderr b', '4 stdout c'], 5]);
  });

  test('long pieces are split, empty ones are nothing', () => {
    const log = new OutputLog({ maxChunkBytes: 3 });
    log.append('pty', Buffer.from('abcdefgh'));
    log.append('pty', Buffer.of());
    expect(shape(log.retained())).toEqual(['1 pty abc', '2 pty def', '3 pty gh']);
  });
});

describe('listening', () => {
  test('replay first, then live, until stopped', () => {
    const log = new OutputLog();
    log.append('stdout', Buffer.from('1'));
    const seen: string[] = [];
    const stop = log.subscribe(({ bytes }) => seen.push(bytes.toString()));
    log.append('stdout', Buffer.from('2'));
    stop();
    log.append('stdout', Buffer.from('3'));
    expect(seen).toEqual(['1', '2']);
  });

  test('the same function can listen twice', () => {
    const log = new OutputLog();
    const seen: number[] = [];
    const listener = ({ seq }: OutputChunk) => seen.push(seq);
    const stop = log.subscribe(listener);
    log.subscribe(listener);
    stop();
    log.append('stdout', Buffer.from('x'));
    expect(seen).toEqual([1]);
  });
});

describe('reading', () => {
  test('whole chunks after a position, at least one', () => {
    const log = new OutputLog();
    for (const text of ['aaa', 'bbb', 'ccc']) log.append('stdout', Buffer.from(text));
    expect(shape(log.read(0))).toHaveLength(3);
    expect(shape(log.read(1, 5))).toEqual(['2 stdout bbb']);
    expect(shape(log.read(1, 6))).toEqual(['2 stdout bbb', '3 stdout ccc']);
    expect(shape(log.read(0, 0))).toEqual(['1 stdout aaa']);
    expect(log.read(3)).toEqual([]);
  });
});

describe('the window', () => {
  test('newest: whole oldest chunks go, the numbers show it', () => {
    const log = new OutputLog({ maxBytes: 6, keep: 'newest' });
    for (const text of ['aa', 'bb', 'cc', 'dd']) log.append('stdout', Buffer.from(text));
    expect(shape(log.retained())).toEqual(['2 stdout bb', '3 stdout cc', '4 stdout dd']);
    expect(log.retainedBytes).toBe(6);
  });

  test('head and tail: the first half stays', () => {
    const log = new OutputLog({ maxBytes: 8 });
    for (const text of ['aa', 'bb', 'cc', 'dd', 'ee', 'ff']) log.append('stdout', Buffer.from(text));
    expect(shape(log.retained())).toEqual(['1 stdout aa', '2 stdout bb', '5 stdout ee', '6 stdout ff']);
  });

  test('any output: in order, never above the limits, never without the newest, and live listeners miss nothing', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 200 });
    const options = fc.record({
      maxBytes: fc.integer({ min: 50, max: 300 }),
      maxChunks: fc.integer({ min: 4, max: 40 }),
      maxChunkBytes: fc.integer({ min: 1, max: 20 }),
      keep: fc.constantFrom('newest' as const, 'headAndTail' as const),
    });
    fc.assert(
      fc.property(sizes, options, (lengths, limits) => {
        const log = new OutputLog(limits);
        const live: OutputChunk[] = [];
        log.subscribe((chunk) => live.push(chunk));
        const all = lengths.map((length, index) => Buffer.alloc(length, index % 256));
        for (const bytes of all) log.append('stdout', bytes);
        const kept = [...log.retained()];
        expect(Buffer.concat(live.map(({ bytes }) => bytes)).equals(Buffer.concat(all))).toBe(true);
        expect(live.map(({ seq }) => seq)).toEqual(live.map((_, index) => index + 1));
        expect(kept).toEqual(live.filter(({ seq }) => kept.some((chunk) => chunk.seq === seq)));
        expect(kept.length).toBeLessThanOrEqual(limits.maxChunks);
        const bytes = kept.reduce((sum, chunk) => sum + chunk.bytes.length, 0);
        expect([bytes <= limits.maxBytes, bytes]).toEqual([true, log.retainedBytes]);
        expect(kept.at(-1)?.seq).toBe(live.at(-1)?.seq);
      }),
    );
  });

  test('a million small chunks are appended in no time, and only the window stays', () => {
    const log = new OutputLog({ maxBytes: 1000, keep: 'newest' });
    const byte = Buffer.of(1);
    const started = performance.now();
    for (let at = 0; at < 1_000_000; at += 1) log.append('stdout', byte);
    expect(performance.now() - started).toBeLessThan(5000);
    expect([...log.retained()]).toHaveLength(1000);
  });
});
