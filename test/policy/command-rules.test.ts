/** The lists of harmless and destructive commands, and what hides behind wrappers. */
import { describe, expect, test } from 'vitest';
import { plainSegments } from '../../src/policy/command-parse.ts';
import { isDangerousScript, isKnownSafe, needsGrammar } from '../../src/policy/command-rules.ts';
import { loadShellGrammar } from '../../src/policy/shell-grammar.ts';

const words = (script: string) => plainSegments(script)?.[0] ?? [];

describe('safe', () => {
  test.each([
    ...[
      'ls -la src',
      'cat a b',
      '/bin/cat a',
      '/usr/bin/head -n 5 a',
      'echo hi',
      'wc -l a',
      'grep -rn x .',
      'uniq a',
      'uniq -c',
      'tail -f a',
    ],
    ...[
      'base64 a',
      'base64 -d a',
      'find . -name x -type f -mtime -3',
      "find . '(' -name x ')' -print0",
      'rg -n x src',
      'rg -g a.z x',
      'rg -ez x',
      'rg -- -z',
    ],
    ...[
      'sed -n 5p',
      'sed -n 1,5p a',
      'git status',
      'git log --oneline -3',
      'git diff HEAD',
      'git show',
      'git branch',
      'git branch -a',
      'git branch --show-current',
    ],
  ])('%s', (script) => {
    expect(isKnownSafe(words(script))).toBe(true);
  });
});

describe('not known to be safe', () => {
  test.each([
    ...[
      'touch a',
      'rm a',
      './cat a',
      'bin/ls',
      '/tmp/ls',
      '/home/u/bin/cat',
      'sort -o a b',
      'uniq in out',
      'xargs ls',
      'env ls',
      'sudo ls',
      'command ls',
      'awk 1',
    ],
    ...['base64 -o out', 'base64 -do out', 'base64 --output=x', 'base64 --out x'],
    ...['find . -delete', 'find . -exec ls', 'find . -fprintf x', 'find . -okdir ls', 'find . -fls x', 'find . -newoption'],
    ...['rg --pre cat x', 'rg --pre=cat x', 'rg --hostname-bin=x y', 'rg -z x', 'rg -nz x', 'rg --search-zip x'],
    ...['sed s/a/b/', 'sed -i s/a/b/ a', 'sed -n 1,5p a b', 'sed -n 1,5w a', 'sed -n 5p -i', 'sed -n'],
    ...[
      'git push',
      'git -C x status',
      'git -c a=b status',
      'git --git-dir=x log',
      'git -p log',
      'git branch x',
      'git branch -d x',
      'git',
      'git checkout',
    ],
    ...['git diff --output=x', 'git diff --outp=x', 'git log --out x', 'git diff --ext-diff', 'git diff --ext', 'git show --textconv'],
  ])('%s', (script) => {
    expect(isKnownSafe(words(script))).toBe(false);
  });

  test('nothing', () => {
    expect(isKnownSafe([])).toBe(false);
  });
});

describe('removal by force', () => {
  test.each([
    ...[
      'rm -f a',
      'rm -rf a',
      'rm -r --force a',
      'rm a -fv',
      '/bin/rm -f a',
      'sudo rm -f a',
      'sudo -u root -n rm -rf a',
      'sudo -- rm -f a',
    ],
    ...[
      'env rm -f a',
      'env -i A=1 B=2 rm -f a',
      'env -u X rm -f a',
      'env -- A=1 rm -f a',
      "trap 'rm -f x' EXIT",
      "bash -c 'rm -f a'",
      "sh -lc 'ls; rm -rf a'",
    ],
    ...[
      `bash -c "sh -c 'rm -f a'"`,
      `sudo bash -c 'for x in a; do rm -f $x; done'`,
      'for f in a; do rm -f x; done',
      'x=$(rm -rf y)',
      'rm -f "$x" > log',
      'ls && rm -rf a',
    ],
    ...[
      'if true; then rm -f a; fi',
      'f() { rm -f a; }',
      'r\\m -f a',
      `"rm" -f a`,
      "'r'm -f a",
      '(cd x && rm -rf .)',
      'ls | while read x; do rm -f $x; done',
    ],
  ])('%s', async (script) => {
    expect(isDangerousScript(script, await loadShellGrammar())).toBe(true);
  });

  test.each([
    ...[
      'rm a',
      'rm -r a',
      'rm -- -f',
      'rm -i a',
      "echo 'rm -f a'",
      'echo rm -f',
      'grep "rm -f" x',
      '$X -f a',
      'rmdir a',
      'ls -f',
      "cat <<'E'\nrm -f a\nE",
      'sudo ls',
      'env',
    ],
  ])('not %s', async (script) => {
    expect(isDangerousScript(script, await loadShellGrammar())).toBe(false);
  });

  test('wrappers are looked through eight deep', async () => {
    const grammar = await loadShellGrammar();
    const wrapped = (depth: number) => `${'sudo '.repeat(depth)}rm -f a`;
    expect(isDangerousScript(wrapped(6), grammar)).toBe(true);
    expect(isDangerousScript(wrapped(40), grammar)).toBe(false);
  });

  test('the grammar is asked for only where it is needed, and its absence is no excuse', () => {
    for (const script of ['ls', 'rm -f a', 'echo $X', "bash -c 'rm -f a'"]) expect(needsGrammar(script), script).toBe(false);
    for (const script of ['rm -f $X', "bash -c 'rm -f $X'", 'x=$(rm a)']) expect(needsGrammar(script), script).toBe(true);
    expect(isDangerousScript('rm -f $X', undefined)).toBe(true);
    expect(isDangerousScript('echo $X', undefined)).toBe(false);
  });
});
