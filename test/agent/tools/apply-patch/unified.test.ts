/** Hunks and git diffs: git itself must be able to apply them. */
import { writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTurnDiff } from '../../../../src/agent/tools/apply-patch/turn-diff.ts';
import { unifiedHunks } from '../../../../src/agent/tools/apply-patch/unified.ts';
import type { CommittedChange } from '../../../../src/agent/tools/tool.ts';
import { tempWorkspace } from '../../../support/workspace.ts';

const bytes = (text: string | undefined) => (text === undefined ? undefined : Buffer.from(text));
const change = (path: string, before: string | undefined, after: string | undefined, movedTo?: string): CommittedChange => ({
  path,
  before: bytes(before),
  after: bytes(after),
  movedTo,
});
const diffOf = (...changes: CommittedChange[]): string => {
  const diff = createTurnDiff();
  for (const one of changes) diff.record([one], '/w');
  return diff.render();
};

test.each([
  ['one line', 'before\n', 'after\n', '@@ -1 +1 @@\n-before\n+after\n'],
  ['context on both sides', '1\n2\n3\n4\n5\n', '1\n2\nx\n4\n5\n', '@@ -2,3 +2,3 @@\n 2\n-3\n+x\n 4\n'],
  ['far changes apart', 'a\n1\n2\n3\nb\n', 'A\n1\n2\n3\nB\n', '@@ -1,2 +1,2 @@\n-a\n+A\n 1\n@@ -4,2 +4,2 @@\n 3\n-b\n+B\n'],
  ['near changes together', 'a\n1\nb\n', 'A\n1\nB\n', '@@ -1,3 +1,3 @@\n-a\n+A\n 1\n-b\n+B\n'],
  ['into nothing', '', 'x\ny\n', '@@ -0,0 +1,2 @@\n+x\n+y\n'],
  ['to nothing', 'x\n', '', '@@ -1 +0,0 @@\n-x\n'],
  ['without a final newline', 'a\nb', 'a\nB\n', '@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+B\n'],
  ['nothing changed', 'a\n', 'a\n', ''],
])('hunks: %s', (_, before, after, hunks) => {
  expect(unifiedHunks(before, after, 1)).toBe(hunks);
});

// A diff that looks for the best answer takes minutes here, longer than a test may run.
test('a rewritten file stays quick: the changed region is shown as one replacement', { timeout: 30_000 }, () => {
  const text = (seed: number) => Array.from({ length: 20_000 }, (_, index) => `${(index * seed) % 7919}\n`).join('');
  const before = text(31);
  const after = text(57);
  const hunks = unifiedHunks(before, after, 3);
  expect(hunks.match(/^-/gm)?.length).toBeGreaterThan(10_000);
});

const A = '/w/a.txt';
const header = (from: string | undefined, to: string | undefined, ids: string) =>
  `diff --git a/${from ?? to} b/${to ?? from}\n${from === undefined ? 'new file mode 100644\n' : ''}${to === undefined ? 'deleted file mode 100644\n' : ''}index ${ids}\n--- ${from === undefined ? '/dev/null' : `a/${from}`}\n+++ ${to === undefined ? '/dev/null' : `b/${to}`}\n`;
const NONE = '0'.repeat(40);
const ONE_TWO = '814f4a422927b82f5f8a43f8fab6d3839e3983f2';
const BEFORE = '90be1f3056c4f471f977a28497b8d4b392c55a02';
const AFTER = '294186e497a23bf3fbfde12aacc7f720f668fe9a';

test('new, changed, deleted and moved files with git ids', () => {
  expect(diffOf(change('/w/new.txt', undefined, 'one\ntwo\n'))).toBe(
    `${header(undefined, 'new.txt', `${NONE}..${ONE_TWO}`)}@@ -0,0 +1,2 @@\n+one\n+two\n`,
  );
  expect(diffOf(change('/w/old.txt', 'before\n', 'after\n'))).toBe(
    `${header('old.txt', 'old.txt', `${BEFORE}..${AFTER}`)}@@ -1 +1 @@\n-before\n+after\n`,
  );
  expect(diffOf(change('/w/new.txt', 'one\ntwo\n', undefined))).toBe(
    `${header('new.txt', undefined, `${ONE_TWO}..${NONE}`)}@@ -1,2 +0,0 @@\n-one\n-two\n`,
  );
  expect(diffOf(change('/w/old.txt', 'before\n', 'after\n', '/w/moved.txt'))).toBe(
    `${header('old.txt', 'moved.txt', `${BEFORE}..${AFTER}`)}@@ -1 +1 @@\n-before\n+after\n`,
  );
  expect(diffOf(change('/x/o', undefined, 'o\n'))).toContain('diff --git a//x/o b//x/o\n');
});

test('only the net effect of the turn counts', () => {
  expect(diffOf(change(A, 'b\n', 'B\n'), change(A, 'B\n', 'b\n'))).toBe('');
  expect(diffOf(change(A, undefined, 'k\n'), change(A, 'k\n', undefined))).toBe('');
  expect(diffOf(change(A, 'b\n', undefined), change(A, undefined, 'x\n'))).toContain('-b\n+x\n');
  expect(diffOf(change(A, undefined, '1\n'), change(A, '1\n', '2\n', '/w/c'))).toMatch(/^diff --git a\/c b\/c\nnew file mode/);
  expect(diffOf(change(A, 'b\n', 'B\n', '/w/z'), change('/w/z', 'B\n', 'C\n', '/w/y'))).toMatch(/^diff --git a\/a.txt b\/y\n/);
  expect(diffOf(change(A, 'b\n', 'b\n', '/w/z'))).toBe('diff --git a/a.txt b/z\nsimilarity index 100%\nrename from a.txt\nrename to z\n');
});

test('files stand in the order of their names', () => {
  const names = [
    ...diffOf(change('/w/a', 'b', 'c'), change('/w/B', 'b', 'c'), change('/w/a/b', undefined, 'x')).matchAll(/^diff --git a\/(\S+)/gm),
  ];
  expect(names.map((match) => match[1])).toEqual(['B', 'a', 'a/b']);
});

test('git applies what a turn says it did', async () => {
  // git removes a directory with its last file; this one stays.
  await using workspace = await tempWorkspace({ keep: '' });
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', '', 'dé', 'e f'), { maxLength: 12 })
    .map((lines) => lines.map((line) => `${line}\n`).join(''));
  const files = fc.array(
    fc.record({ before: fc.option(text, { nil: undefined }), after: fc.option(text, { nil: undefined }), final: fc.boolean() }),
    { minLength: 1, maxLength: 3 },
  );
  await fc.assert(
    fc.asyncProperty(files, async (entries) => {
      const known = entries.map((entry, index) => ({
        name: `f${index}`,
        before: entry.final ? entry.before : entry.before?.trimEnd(),
        after: entry.after,
      }));
      for (const { name, before } of known)
        await (before === undefined ? execa('rm', ['-f', workspace.path(name)]) : writeFile(workspace.path(name), before));
      const diff = createTurnDiff();
      diff.record(
        known.map(({ name, before, after }) => change(workspace.path(name), before, after)),
        workspace.root,
      );
      const patch = diff.render();
      if (patch !== '')
        await execa('git', ['apply', '--unsafe-paths', `--directory=${workspace.root}`, '-'], { input: patch, cwd: workspace.root });
      for (const { name, before, after } of known) {
        const now = await workspace.read(name).catch(() => undefined);
        expect(now).toBe(before === undefined && after === undefined ? undefined : after);
      }
    }),
    { numRuns: 40 },
  );
});
