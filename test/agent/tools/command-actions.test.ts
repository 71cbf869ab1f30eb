/** What clients are told a command looks at. */
import { describe, expect, test } from 'vitest';
import { commandActions } from '../../../src/agent/tools/command-actions.ts';

const actions = (script: string) => commandActions(['/bin/bash', '-lc', script], '/w');
const read = (command: string, name: string, path = `/w/${name}`) => ({ type: 'read', command, name, path });
const list = (command: string, path: string | null = null) => ({ type: 'listFiles', command, path });
const search = (command: string, query: string | null, path: string | null = null) => ({ type: 'search', command, query, path });

describe('one command', () => {
  test.each([
    ['cat a', [read('cat a', 'a')]],
    ['cat -- a', [read('cat -- a', 'a')]],
    ['cat ./src/a.txt', [read('cat ./src/a.txt', 'a.txt', '/w/src/a.txt')]],
    ['cat "a b"', [read("cat 'a b'", 'a b')]],
    ['head -n 5 a', [read('head -n 5 a', 'a')]],
    ['tail -n +5 a', [read('tail -n +5 a', 'a')]],
    ["sed -n '1,5p' a", [read("sed -n '1,5p' a", 'a')]],
    ["awk '{print $1}' a", [read("awk '{print $1}' a", 'a')]],
    ['ls -la src/a', [list('ls -la src/a', 'a')]],
    ['ls --color=auto', [list("ls '--color=auto'")]],
    ['tree -L 2 src', [list('tree -L 2 src', 'src')]],
    ['rg --files src', [list('rg --files src', 'src')]],
    ['git ls-files', [list('git ls-files')]],
    ['find src -type f', [list('find src -type f', 'src')]],
    ["find . -name '*.rs'", [search("find . -name '*.rs'", '*.rs', '.')]],
    ['rg -A 3 foo src', [search('rg -A 3 foo src', 'foo', 'src')]],
    ['grep -e foo file', [search('grep -e foo file', 'foo', 'file')]],
    ['git grep -n foo -- src', [search('git grep -n foo -- src', 'foo', 'src')]],
    ['fd -e rs foo src', [search('fd -e rs foo src', 'foo', 'src')]],
    [`python3 -c "import os; print(os.listdir('.'))"`, [list(`python3 -c "import os; print(os.listdir('.'))"`)]],
  ])('%s', (script, expected) => {
    expect(actions(script)).toEqual(expected);
  });

  test.each([
    'cat',
    'cat a b',
    'head -5 a',
    'head -c 5 a',
    'tail -f a',
    'sed -i s/a/b/ a',
    'wc -l a',
    'echo hi',
    'git status',
    '/bin/cat a',
    'npm test',
    'cat *.txt',
    'cat $X',
    'cat a > b',
  ])('unknown: %s', (script) => {
    expect(actions(script)).toEqual([{ type: 'unknown', command: script }]);
  });
});

describe('several commands', () => {
  test.each([
    ['cat missing.txt; ls', [read('cat missing.txt', 'missing.txt'), list('ls')]],
    ['cd src && cat a', [read('cat a', 'a', '/w/src/a')]],
    ['cd a && cd b && cat c', [read('cat c', 'c', '/w/a/b/c')]],
    ['cd src', []],
    ['echo hi && cat a', [read('cat a', 'a')]],
    ['cat a || true', [read('cat a', 'a')]],
    ['ls; ls', [list('ls')]],
    ['cat a | head -n 5', [read('cat a', 'a')]],
    ['cat a | sed -n 1,5p', [read('cat a | sed -n 1,5p', 'a')]],
    ['find . | sort | uniq', [list('find .', '.')]],
    ['ls | grep foo', [list('ls'), search('grep foo', 'foo')]],
    ['rg -l foo | xargs cat', [search('rg -l foo', 'foo')]],
  ])('%s', (script, expected) => {
    expect(actions(script)).toEqual(expected);
  });

  test.each([
    'cat a && echo hi',
    'ls && pwd',
    'touch a.txt && echo made',
    'rg -l foo | xargs sed -i s/a/b/',
    'printf x | cat',
    'wc -l | sort',
  ])('unknown as a whole: %s', (script) => {
    expect(actions(script)).toEqual([{ type: 'unknown', command: script }]);
  });
});
