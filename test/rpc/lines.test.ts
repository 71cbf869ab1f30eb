/** Lines come out whole however their bytes are cut. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineSplitter } from '../../src/rpc/transports/lines.ts';
import { idOf } from '../../src/rpc/transports/ndjson.ts';

/** Feeds `bytes` in pieces of the given sizes. */
function split(bytes: Buffer, sizes: readonly number[], maxBytes = 1 << 20) {
  const splitter = new LineSplitter(maxBytes);
  const lines: string[] = [];
  const heads: string[] = [];
  const sink = { onLine: (line: string) => lines.push(line), onTooLong: (head: string) => heads.push(head) };
  let at = 0;
  for (let n = 0; at < bytes.length; n += 1) {
    const size = sizes.length === 0 ? bytes.length : (sizes[n % sizes.length] ?? 1);
    splitter.push(bytes.subarray(at, at + size), sink);
    at += size;
  }
  return { lines, heads, rest: splitter.takeRest().toString('utf8') };
}

const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 5 });

test('however the bytes are cut, the lines are the same', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 12 })), sizes, fc.string({ maxLength: 5 }), (texts, cuts, rest) => {
      const clean = texts.map((text) => text.replace(/[\n\r]/g, ''));
      const tail = rest.replace(/[\n\r]/g, '');
      const bytes = Buffer.from(clean.map((text, n) => `${text}${n % 2 ? '\r\n' : '\n'}`).join('') + tail);
      expect(split(bytes, cuts)).toEqual({ lines: clean, heads: [], rest: tail });
    }),
  );
});

test('a line beyond the limit is thrown away wherever it is cut, its neighbours are kept', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 12 }), sizes, (lengths, cuts) => {
      const texts = lengths.map((length, n) => String(n % 10).repeat(length));
      const { lines, heads } = split(Buffer.from(texts.map((text) => `${text}\n`).join('')), cuts, 15);
      expect(lines).toEqual(texts.filter((text) => text.length <= 15));
      expect(heads).toHaveLength(texts.filter((text) => text.length > 15).length);
      expect(heads.every((head) => texts.some((text) => text.startsWith(head)))).toBe(true);
    }),
  );
});

test.each([
  ['{"id":7,"method":"m","params":{', 7],
  ['{"method":"m","id":"a\\"b","params":{', 'a"b'],
  ['{ "jsonrpc" : "2.0", "method":"m", "id" : -1 , ', -1],
  ['{"method":"m","params":{"id":7', undefined],
  ['{"id":1.5,"method"', undefined],
  ['{"id":12', undefined],
  ['garbage', undefined],
])('the id in %s', (head, id) => {
  expect(idOf(head)).toBe(id);
});
