/** The strict reading of JSON: what it accepts, what it refuses, and where it says the mistake is. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scanMessage } from '../../src/rpc/json-scan.ts';

const reasonOf = (text: string): string => {
  try {
    scanMessage(text);
    return 'accepted';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

test('every JSON text without repeated keys is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(undefined, 1, '\t'), (text, indent) => {
      const value: unknown = JSON.parse(text);
      const printed = JSON.stringify(value, null, indent);
      expect(scanMessage(printed)).toEqual(JSON.parse(printed));
    }),
  );
});

test('what JSON.parse refuses is refused, whatever was done to the text', () => {
  const broken = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '}', ']', '{', '\\', '0', 'x', '-', ':'))
    .map(([text, at, junk]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + junk + text.slice(place + (junk === '' ? 1 : 0));
    });
  fc.assert(
    fc.property(broken, (text) => {
      if (!parses(text)) expect(reasonOf(text)).not.toBe('accepted');
    }),
    { numRuns: 1000 },
  );
});

describe('reasons and their places', () => {
  test.each([
    ['hello', 'expected value at line 1 column 1'],
    ['not json', 'expected ident at line 1 column 2'],
    ['{é', 'key must be a string at line 1 column 2'],
    ['{"é":😀', 'expected value at line 1 column 7'],
    ['"é', 'EOF while parsing a string at line 1 column 3'],
    ['', 'EOF while parsing a value at line 1 column 0'],
    ['{"id":1,"id":2}', 'duplicate JSON object key `id` at line 1 column 12'],
    ['{"a":{"b":1,\n "b":2}}', 'duplicate JSON object key `b` at line 2 column 4'],
    ['{"\\u0061":1,"a":2}', 'duplicate JSON object key `a` at line 1 column 15'],
    ['{"a":01}', 'invalid number at line 1 column 7'],
    ['{"a":"\t"}', 'control character (\\u0000-\\u001F) found while parsing a string at line 1 column 7'],
    ['{"a":"\\\\\\x"}', 'invalid escape at line 1 column 10'],
    ['{a:1}', 'key must be a string at line 1 column 2'],
    ['{"a" 1}', 'expected `:` at line 1 column 6'],
    ['{"a":1 "b"}', 'expected `,` or `}` at line 1 column 8'],
    ['[1 2]', 'expected `,` or `]` at line 1 column 4'],
    ['[1,]', 'trailing comma at line 1 column 4'],
    ['[1', 'EOF while parsing a list at line 1 column 2'],
    ['{"a":1', 'EOF while parsing an object at line 1 column 6'],
    ['{}x', 'trailing characters at line 1 column 3'],
    ['{"é":1,"é":2}', 'duplicate JSON object key `é` at line 1 column 12'],
    [`${'['.repeat(200)}${']'.repeat(200)}`, 'recursion limit exceeded at line 1 column 128'],
  ])('%s', (text, reason) => {
    expect(reasonOf(text)).toBe(reason);
  });

  test('the number of values is limited', () => {
    const list = (count: number) => `[${Array(count).fill('1').join(',')}]`;
    expect(reasonOf(list(262_143))).toBe('accepted');
    expect(reasonOf(list(262_144))).toBe('JSON-RPC message exceeds the limit of 262144 JSON values at line 1 column 524287');
  });

  test('100,000 levels and 10 million characters are no trouble', () => {
    expect(reasonOf('[{"a":'.repeat(100_000))).toContain('recursion limit exceeded');
    expect(reasonOf(JSON.stringify({ data: '\\"'.repeat(5_000_000) }))).toBe('accepted');
  });
});
