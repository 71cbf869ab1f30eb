/** Quoted words are what a shell reads back, in the style clients know. */
import { execa } from 'execa';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { quoteWord, quoteWords } from '../../src/policy/shell-quote.ts';

test.each([
  ['', "''"],
  ['true+x-a.b/c:d@e]f_0', 'true+x-a.b/c:d@e]f_0'],
  ['true x', "'true x'"],
  ["it's", '"it\'s"'],
  ['it\'s "x"', '"it\'s \\"x\\""'],
  ['a\\b', '"a\\\\b"'],
  ["a'$b", `"a'"'$b'`],
  ['true ^x', "'true ''^x'"],
  ['true^x', "true'^x'"],
  ['^', "'^'"],
  ['é', "'é'"],
  ['a\'b`c$d"e\\f', '"a\'b"\'`c$d"e\'"\\\\f"'],
  ['a\nb', "'a\nb'"],
])('%j', (word, quoted) => {
  expect(quoteWord(word)).toBe(quoted);
});

test('words in a row', () => {
  expect(quoteWords(['/bin/bash', '-lc', 'echo hi'])).toBe("/bin/bash -lc 'echo hi'");
});

test('bash reads every word back', async () => {
  const word = fc.string({ unit: fc.constantFrom(...'ab \'"\\$`!^~*?[]{}()<>|&;#=%,\n\té'.split('')), maxLength: 12 });
  const words = fc.sample(word, 1000);
  const { stdout } = await execa('bash', ['-c', `printf '%s\\0' ${quoteWords(words)}`], { stripFinalNewline: false });
  expect(stdout.split('\0').slice(0, -1)).toEqual(words);
});
