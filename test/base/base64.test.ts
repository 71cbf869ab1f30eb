import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBase64, readBase64, writeBase64 } from '../../src/base/base64.ts';

describe('base64', () => {
  test('whatever was written is read back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(readBase64(Buffer.from(bytes).toString('base64'))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  test.each([0, 1, 2, 3, 49_151, 49_152, 49_153, 98_304, 200_000])('%i bytes are written into their place', (length) => {
    const bytes = Buffer.from(Uint8Array.from({ length }, (_, index) => (index * 31) % 251));
    const target = Buffer.alloc(8 + Math.ceil(length / 3) * 4, '.');
    const end = writeBase64(bytes, target, 4);
    expect(target.toString('latin1')).toBe(`....${bytes.toString('base64')}....`);
    expect(end).toBe(target.length - 4);
  });

  test('what is read is the only spelling of its bytes', () => {
    const text = fc.stringMatching(/^[A-Za-z0-9+/=]{0,12}$/);
    fc.assert(
      fc.property(text, (spelling) => {
        expect(decodeBase64(spelling)?.toString('base64') ?? spelling).toBe(spelling);
      }),
    );
  });

  test.each([
    ['!!', 'Invalid symbol 33, offset 0.'],
    ['aG k=', 'Invalid symbol 32, offset 2.'],
    ['é', 'Invalid symbol 195, offset 0.'],
    ['aGk', 'Invalid padding'],
    ['aGk=\n', 'Invalid symbol 10, offset 4.'],
    ['aGk=aGk==', 'Invalid symbol 61, offset 3.'],
    ['aGk==', 'Invalid symbol 61, offset 3.'],
    ['=', 'Invalid symbol 61, offset 0.'],
    ['aG==aGk=', 'Invalid symbol 61, offset 2.'],
    ['aGl', 'Invalid padding'],
    ['aGl=', 'Invalid last symbol 108, offset 2.'],
    ['aGlja', 'Invalid input length: 5'],
  ])('%s: %s', (text, problem) => {
    expect(readBase64(text)).toBe(problem);
  });
});
