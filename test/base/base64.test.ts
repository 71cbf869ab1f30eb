import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBase64, readBase64 } from '../../src/base/base64.ts';

describe('base64', () => {
  test('whatever was written is read back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(readBase64(Buffer.from(bytes).toString('base64'))).toEqual(Buffer.from(bytes));
      }),
    );
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
