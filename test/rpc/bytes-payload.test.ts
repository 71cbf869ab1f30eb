/** Messages whose payload is bytes: they say the same as messages with the base64 in them, however they are written. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BufferPool } from '../../src/base/buffer-pool.ts';
import { bytesPayload } from '../../src/rpc/bytes-payload.ts';
import { deltaOf, mergeDeltas } from '../../src/rpc/deltas.ts';
import { Frame } from '../../src/rpc/frame.ts';
import { byteKinds, openRaw } from '../support/peer-transports.ts';

const pool = new BufferPool(0);
const members = (prefix: string) =>
  fc.dictionary(
    fc.string().map((name) => `${prefix}${name}`),
    fc.oneof(fc.string(), fc.integer(), fc.constant(null)),
    { maxKeys: 3 },
  );
const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));

test('as text, as bytes and as an object it is the same message', () => {
  const messages = fc.record({ before: members('b'), after: members('a'), bytes, around: fc.constantFrom('params', 'result') });
  fc.assert(
    fc.property(messages, ({ before, after, bytes: own, around }) => {
      const plain = { ...before, data: own.toString('base64'), ...after };
      const payload = bytesPayload({ before, name: 'data', bytes: own, after });
      const message = (inner: object) => (around === 'params' ? { method: 'm', params: inner, at: 1 } : { id: 7, result: inner });
      const expected = JSON.stringify(message(plain));
      expect(new Frame(message(payload)).text).toBe(expected);
      expect(new Frame(message(payload)).toBytes(pool)?.bytes.toString()).toBe(expected);
      expect(JSON.stringify(message(payload))).toBe(expected);
      expect(payload.data).toBe(plain.data);
    }),
  );
});

test('an id beyond the safe integers stays what it is', () => {
  const frame = new Frame({ id: 2n ** 60n, result: bytesPayload({ before: {}, name: 'data', bytes: Buffer.from('a'), after: {} }) });
  expect(frame.toBytes(pool)?.bytes.toString()).toBe('{"id":1152921504606846976,"result":{"data":"YQ=="}}');
});

test('the owner gets its bytes back once they are written', () => {
  let given = 0;
  const frame = new Frame({
    id: 1,
    result: bytesPayload({ before: {}, name: 'data', bytes: Buffer.from('a'), after: {}, done: () => void (given += 1) }),
  });
  frame.prepare();
  expect(given).toBe(0);
  frame.toBytes(pool);
  expect(given).toBe(1);
});

test.each(byteKinds)('%s: text and bytes go out in the order they came', async (kind) => {
  await using raw = await openRaw(kind);
  for (let n = 0; n < 200; n += 1) {
    const data = Buffer.alloc(n * 100, n);
    const params = n % 3 === 0 ? { n } : bytesPayload({ before: { n }, name: 'data', bytes: data, after: { last: 'ü' } });
    raw.server.writer.post(new Frame({ method: 'm', params }));
  }
  void raw.server.close();
  const lines = await raw.received();
  expect(lines.map((line) => JSON.parse(line).params)).toEqual(
    [...Array(200).keys()].map((n) => (n % 3 === 0 ? { n } : { n, data: Buffer.alloc(n * 100, n).toString('base64'), last: 'ü' })),
  );
});

describe('deltas of bytes', () => {
  const rules = { m: { key: ['id'], text: 'data' } };
  const delta = (data: Buffer, capReached: boolean) =>
    new Frame({ method: 'm', params: bytesPayload({ before: { id: 'x' }, name: 'data', bytes: data, after: { capReached } }) });

  test('become one, with what the later one says', () => {
    fc.assert(
      fc.property(bytes, bytes, (first, second) => {
        const merged = mergeDeltas(rules, delta(first, false), delta(second, true));
        const data = Buffer.concat([first, second]).toString('base64');
        expect(JSON.parse(merged?.text ?? '')).toEqual({ method: 'm', params: { id: 'x', data, capReached: true } });
      }),
    );
  });

  test('count for the text they become, and do not grow without end', () => {
    expect(deltaOf(rules, delta(Buffer.alloc(100), false).value)).toMatchObject({ chars: 136 });
    expect(mergeDeltas(rules, delta(Buffer.alloc(150_000), false), delta(Buffer.alloc(150_000), false))).toBeUndefined();
  });
});
