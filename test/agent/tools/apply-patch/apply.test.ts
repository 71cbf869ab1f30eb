/** Where chunks are found and what they leave behind; random edits come out as they went in. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyChunks, PatchMismatch } from '../../../../src/agent/tools/apply-patch/apply.ts';
import { parsePatch } from '../../../../src/agent/tools/apply-patch/parse.ts';

function applied(file: string, ...lines: string[]): string {
  const [hunk] = parsePatch(['*** Begin Patch', '*** Update File: f', ...lines, '*** End Patch'].join('\n')).hunks;
  if (hunk?.kind !== 'update') throw new Error('an update');
  return applyChunks(file, hunk.chunks, 'f');
}

describe('line ends', () => {
  test.each([
    ['CRLF stays', 'a\r\nb\r\nc\r\n', ['@@', ' a', '-b', '+B', '+BB', ' c'], 'a\r\nB\r\nBB\r\nc\r\n'],
    ['new lines end like the first one', 'a\nb\r\nc\r\n', ['@@', ' b', '+X'], 'a\nb\r\nX\nc\r\n'],
    ['lone CR ends a line', 'a\rb\nb\n', ['@@', '-b', '+B'], 'a\rB\rb\n'],
    ['a missing last one is added', 'a\r\nb\nc', ['@@', '-a', '+A'], 'A\r\nb\nc\r\n'],
    ['added at the end', 'a\r\nc', ['@@', '+B'], 'a\r\nc\r\nB\r\n'],
    ['nothing left is nothing', 'a\nb', ['@@', '-a', '-b'], ''],
    ['into an empty file', '', ['@@', '+B'], 'B\n'],
  ])('%s', (_, file, lines, result) => {
    expect(applied(file, ...lines)).toBe(result);
  });
});

describe('finding the place', () => {
  test.each([
    ['exactly before forgivingly', 'b \nb\n', ['@@', '-b', '+X'], 'b \nX\n'],
    ['ignoring trailing blanks', 'a  \nb\n', ['@@', ' a', '-b', '+X'], 'a  \nX\n'],
    ['ignoring blanks on both sides', '  a\nb\n', ['@@', ' a ', '-b', '+X'], '  a\nX\n'],
    [
      'plain for typographic characters',
      'a\u2013b\u00a0\u201cc\u201d\nx\n',
      ['@@', ' a-b "c"', '-x', '+"y"'],
      'a\u2013b\u00a0\u201cc\u201d\n"y"\n',
    ],
    ['after an anchor', 'a\n  def x\na\n', ['@@ def x', '-a', '+Z'], 'a\n  def x\nZ\n'],
    ['never backwards', 'a\nb\na\n', ['@@', '-a', '+A', '@@', '-a', '+B'], 'A\nb\nB\n'],
    ['at the end of the file', 'a\nb\na\n', ['@@', '-a', '+Z', '*** End of File'], 'a\nb\nZ\n'],
    ['only additions go to the end', 'a\nb\n', ['@@ a', '+NEW'], 'a\nb\nNEW\n'],
    ['additions at the end keep their order', 'a\n', ['@@', '+1', '@@', '+2'], 'a\n1\n2\n'],
    ['without a last empty line that is not there', 'a\nb', ['@@', '-b', '+B', '-'], 'a\nB\n'],
    ['interleaved', 'a\nb \nc\nd\n', ['@@', ' a', '+1', ' b', '+2', '-c', '+3', ' d'], 'a\n1\nb \n2\n3\nd\n'],
  ])('%s', (_, file, lines, result) => {
    expect(applied(file, ...lines)).toBe(result);
  });

  test.each([
    ['missing anchor', ['@@ nope', '-a'], "Failed to find context 'nope' in f"],
    ['missing lines', ['@@', '-nope', '-more'], 'Failed to find expected lines in f:\nnope\nmore'],
    ['in the wrong order', ['@@', '-b', '@@', '-a'], 'Failed to find expected lines in f:\na'],
    ['not at the end', ['@@', '-a', '*** End of File'], 'Failed to find expected lines in f:\na'],
  ])('%s', (_, lines, message) => {
    expect(() => applied('a\nb\n', ...lines)).toThrow(new PatchMismatch(message));
  });
});

// Every line of a file is different, so that a chunk fits one place only.
const line = fc.stringMatching(/^[a-z<>"' ]{0,8}$/);
const file = fc.array(line, { maxLength: 30 }).map((texts) => texts.map((text, index) => `${index}:${text}`));
const ends = fc.constantFrom('\n', '\r\n');

test('a diff written as a patch turns the old file into the new one', () => {
  const edits = fc.array(fc.record({ at: fc.nat(30), remove: fc.nat(3), add: fc.array(line, { maxLength: 3 }) }), { maxLength: 6 });
  fc.assert(
    fc.property(file, edits, fc.nat(2), ends, (lines, wanted, context, end) => {
      const changes = ordered(wanted, lines.length);
      const old = lines.map((text) => text + end).join('');
      const result = changed(lines, changes)
        .map((text) => text + end)
        .join('');
      const chunks = changes.flatMap((change) => chunkLines(lines, change, context));
      fc.pre(chunks.length > 0);
      expect(applied(old, ...chunks)).toBe(result);
    }),
    { numRuns: 500 },
  );
});

test('a failing chunk changes nothing, and a patch that fits never throws anything but a mismatch', () => {
  const anyLine = fc.tuple(fc.constantFrom(' ', '+', '-'), line).map(([kind, text]) => kind + text);
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), fc.array(anyLine, { minLength: 1, maxLength: 6 }), fc.boolean(), (lines, body, atEnd) => {
      try {
        const result = applied(lines.join('\n'), '@@', ...body, ...(atEnd ? ['*** End of File'] : []));
        expect(result === '' || result.endsWith('\n')).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(PatchMismatch);
      }
    }),
    { numRuns: 500 },
  );
});

interface Edit {
  readonly at: number;
  readonly remove: number;
  readonly add: readonly string[];
}

/** Edits in order that do not touch each other and each have something to hold on to. */
function ordered(edits: readonly Edit[], length: number): Edit[] {
  let next = 0;
  const kept: Edit[] = [];
  for (const edit of [...edits].sort((a, b) => a.at - b.at)) {
    const at = Math.max(edit.at, next);
    const remove = Math.min(edit.remove, length - at);
    if (at >= length || remove === 0) continue;
    kept.push({ at, remove, add: edit.add });
    next = at + remove + 1;
  }
  return kept;
}

function changed(lines: readonly string[], edits: readonly Edit[]): string[] {
  const out = [...lines];
  for (const { at, remove, add } of [...edits].reverse()) out.splice(at, remove, ...add);
  return out;
}

/** One chunk with context before it; context after it would overlap the next one. */
function chunkLines(lines: readonly string[], { at, remove, add }: Edit, context: number): string[] {
  const before = lines.slice(Math.max(0, at - Math.min(context, 1)), at);
  return [
    '@@',
    ...before.map((text) => ` ${text}`),
    ...lines.slice(at, at + remove).map((text) => `-${text}`),
    ...add.map((text) => `+${text}`),
  ];
}
