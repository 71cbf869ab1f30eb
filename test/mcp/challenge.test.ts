/** Reading what a server says when it refuses a request. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bearerChallenge } from '../../src/mcp/challenge.ts';

describe('a Bearer challenge', () => {
  test.each([
    ['Bearer error="insufficient_scope", scope="a b"', { error: 'insufficient_scope', scope: 'a b' }],
    ['Basic realm="x, Bearer error=no", Bearer error=insufficient_scope', { error: 'insufficient_scope' }],
    ['Bearer realm="a \\"quoted\\" thing; error=x", error="invalid_token"', { error: 'invalid_token' }],
    ['Bearer error="insufficient_scope", scope="caf\u00e9"', { error: 'insufficient_scope', scope: undefined }],
  ])('%s', (value, expected) => {
    expect(bearerChallenge([value])).toMatchObject(expected);
  });

  test('that names its error twice is none', () => {
    expect(bearerChallenge(['Bearer error="a", error="b"'])).toBeUndefined();
  });

  test('of any form ends the reading without a failure', () => {
    fc.assert(fc.property(fc.string(), (value) => void bearerChallenge([value])));
  });
});
