/** The patch language: what is accepted, what it means, and the exact words for what is not. */
import { describe, expect, test } from 'vitest';
import { looksLikePatch, PatchSyntaxError, parsePatch } from '../../../../src/agent/tools/apply-patch/parse.ts';

const patch = (...lines: string[]): string => ['*** Begin Patch', ...lines, '*** End Patch'].join('\n');
const update = (...lines: string[]): string => patch('*** Update File: f', ...lines);
const hunks = (text: string) => parsePatch(text).hunks;

function problem(text: string): { message: string; detail: string } {
  try {
    parsePatch(text);
  } catch (error) {
    if (error instanceof PatchSyntaxError) return { message: error.message, detail: error.detail };
    throw error;
  }
  throw new Error('the patch was accepted');
}

const HEADERS = "Valid hunk headers: '*** Add File: {path}', '*** Delete File: {path}', '*** Update File: {path}'";
const LINES = "Every line should start with ' ' (context line), '+' (added line), or '-' (removed line)";

describe('accepted', () => {
  test('all kinds of hunks in order', () => {
    const text = patch(
      '*** Add File: a',
      '+1',
      '+',
      '*** Delete File: b',
      '*** Update File: c',
      '*** Move to: d',
      '@@ in x',
      ' k',
      '-o',
      '+n',
      '*** End of File',
    );
    expect(parsePatch(text)).toEqual({
      environmentId: undefined,
      hunks: [
        { kind: 'add', path: 'a', content: '1\n\n' },
        { kind: 'delete', path: 'b' },
        {
          kind: 'update',
          path: 'c',
          movePath: 'd',
          chunks: [
            {
              anchor: 'in x',
              atEndOfFile: true,
              lines: [
                { kind: 'context', text: 'k' },
                { kind: 'remove', text: 'o' },
                { kind: 'add', text: 'n' },
              ],
            },
          ],
        },
      ],
    });
  });

  test('an environment right after the beginning', () => {
    expect(parsePatch(patch('*** Environment ID: box  ', '*** Delete File: x')).environmentId).toBe('box');
  });

  test('blanks around the patch and its headers, CR before LF, an empty add', () => {
    expect(hunks('\n  *** Begin Patch \r\n  *** Add File: n \r\n+x\r\n*** Add File: e\r\n *** End Patch  \n\n')).toEqual([
      { kind: 'add', path: 'n', content: 'x\n' },
      { kind: 'add', path: 'e', content: '' },
    ]);
  });

  test('a first chunk without its marker, empty lines as empty context', () => {
    expect(hunks(update(' a', '', '-b'))).toMatchObject([
      { chunks: [{ anchor: undefined, lines: [{ text: 'a' }, { kind: 'context', text: '' }, { text: 'b' }] }] },
    ]);
  });

  test('an indented header inside an update is context', () => {
    expect(hunks(update('@@', '-a', '  *** Add File: n'))).toMatchObject([
      { chunks: [{ lines: [{}, { kind: 'context', text: ' *** Add File: n' }] }] },
    ]);
  });

  test('blank lines and another chunk after the end-of-file marker', () => {
    expect(hunks(update('@@', '-a', '*** End of File', '', '@@', '-b'))).toMatchObject([
      { chunks: [{ atEndOfFile: true }, { atEndOfFile: false }] },
    ]);
  });

  test.each(['<<EOF', "<<'EOF'", '<<"EOF"'])('a here-document around the patch: %s', (start) => {
    expect(hunks(`${start}\n${patch('*** Delete File: x')}\nEOF`)).toEqual([{ kind: 'delete', path: 'x' }]);
  });

  test('no hunks at all: that is for the caller to refuse', () => {
    expect(hunks(patch())).toEqual([]);
  });
});

describe('refused', () => {
  test.each([
    ['', "The last line of the patch must be '*** End Patch'"],
    ['hello', "The first line of the patch must be '*** Begin Patch'"],
    ['*** Begin Patch\nx', "The last line of the patch must be '*** End Patch'"],
    ['*** Begin Patch', "The last line of the patch must be '*** End Patch'"],
    [`${patch()}\nmore\n*** End Patch`, "The last line of the patch must be '*** End Patch'"],
    [`<<'EOF"\n${patch()}\nEOF`, "The first line of the patch must be '*** Begin Patch'"],
    [patch('*** Environment ID:', '*** Delete File: x'), 'apply_patch environment_id cannot be empty'],
    [patch('*** Environment ID: a', '*** Environment ID: a'), 'apply_patch environment_id cannot be specified more than once'],
  ])('frame: %j', (text, reason) => {
    expect(problem(text)).toEqual({ message: `Invalid patch: ${reason}`, detail: `invalid patch: ${reason}` });
  });

  test.each([
    [patch('foo'), 2, `'foo' is not a valid hunk header. ${HEADERS}`],
    [patch('*** Add File: n', '+x', 'y'), 4, `'y' is not a valid hunk header. ${HEADERS}`],
    [patch('*** Add File: ', '+x'), 2, `'*** Add File:' is not a valid hunk header. ${HEADERS}`],
    [patch('*** Delete File: x', '*** Environment ID: a'), 3, `'*** Environment ID: a' is not a valid hunk header. ${HEADERS}`],
    [update(), 2, "Update file hunk for path 'f' is empty"],
    [update('*** Move to: g'), 2, "Update file hunk for path 'f' is empty"],
    [update('@@'), 4, 'Update hunk does not contain any lines'],
    [update('@@', '*** End of File'), 4, 'Update hunk does not contain any lines'],
    [update('@@', 'xone'), 4, `Unexpected line found in update hunk: 'xone'. ${LINES}`],
    [update('@@ a', '@@ b', '-one'), 4, `Unexpected line found in update hunk: '@@ b'. ${LINES}`],
    [update('@@', '-a', 'garbage'), 5, "Expected update hunk to start with a @@ context marker, got: 'garbage'"],
    [update('@@', '-a', '*** End of File', ' b'), 6, "Expected update hunk to start with a @@ context marker, got: ' b'"],
  ])('hunk: %j', (text, line, reason) => {
    expect(problem(text)).toEqual({
      message: `Invalid patch hunk on line ${line}: ${reason}`,
      detail: `invalid hunk at line ${line}, ${reason}`,
    });
  });
});

test('what begins like a patch was meant as one', () => {
  expect(looksLikePatch('\n *** Begin Patch\n')).toBe(true);
  expect(looksLikePatch('echo "*** Begin Patch"')).toBe(false);
});
