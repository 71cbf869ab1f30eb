/** Plain scripts are read exactly; everything in doubt is left to the real grammar. */
import { execa } from 'execa';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { baseName, plainSegments, shellCall } from '../../src/policy/command-parse.ts';
import { loadShellGrammar } from '../../src/policy/shell-grammar.ts';

test.each([
  [['bash', '-lc', 'ls'], { shell: 'bash', script: 'ls' }],
  [['/usr/bin/zsh', '-c', 'ls'], { shell: 'zsh', script: 'ls' }],
  [['sh', '-c', 'a', 'b'], undefined],
  [['sh', '-x', 'a'], undefined],
  [['fish', '-c', 'ls'], undefined],
  [['ls'], undefined],
])('%j', (argv, call) => {
  expect(shellCall(argv)).toEqual(call);
});

test('names of programs', () => {
  expect(['/bin/ls', 'ls', 'C:\\x\\Cmd.EXE'].map(baseName)).toEqual(['ls', 'ls', 'Cmd']);
});

describe('plain', () => {
  test.each([
    ['ls', [['ls']]],
    ['  ls\t-la  src ', [['ls', '-la', 'src']]],
    [
      'touch a.txt && echo made',
      [
        ['touch', 'a.txt'],
        ['echo', 'made'],
      ],
    ],
    ['a||b;c|d\ne\n\nf;', [['a'], ['b'], ['c'], ['d'], ['e'], ['f']]],
    ['ls &&\n  cat x', [['ls'], ['cat', 'x']]],
    ['ls \\\n  a', [['ls', 'a']]],
    [`echo "a b"'c d'e`, [['echo', 'a bc de']]],
    [`echo "" ''`, [['echo', '', '']]],
    [`echo 'a\nb' "c\nd"`, [['echo', 'a\nb', 'c\nd']]],
    [`echo "a\\nb" '$x' '*'`, [['echo', 'a\\nb', '$x', '*']]],
    ['ls a=b --color=auto +x %1 @ 1.5 é', [['ls', 'a=b', '--color=auto', '+x', '%1', '@', '1.5', 'é']]],
    ["find . '(' -name x ')'", [['find', '.', '(', '-name', 'x', ')']]],
    ['./x a!b !', [['./x', 'a!b', '!']]],
    ['time ls', [['time', 'ls']]],
  ])('%j', (script, segments) => {
    expect(plainSegments(script)).toEqual(segments);
  });
});

describe('in doubt', () => {
  const special = [...'#*?[]\\^{}~<>()$`'].flatMap((char) => [`ls a${char}b`, `ls ${char}b`, `ls a${char}`, `l${char}s a`]);
  test.each([
    ...special,
    ...['', ' ', '# c', 'ls # c', 'A=b', 'A=b ls', 'ls =b', 'l=s a', 'l@s a', '1 2', "'ls' a", '"l"s', "ls a'b", 'ls "a'],
    ...['ls "$HOME"', 'ls "`x`"', 'ls "5$"', 'ls "a\\"b"', 'ls "a\\\\b"', "ls $'a'", 'ls 2>&1', 'ls &', 'ls & ls', 'ls |& cat'],
    ...[
      '&& ls',
      'ls &&',
      'ls |',
      'ls ; ; cat',
      'ls;;',
      '! ls',
      '{ ls; }',
      'if a; then b; fi',
      'for x in a; do b; done',
      'while a; do b; done',
    ],
    ...['case a in b) c;; esac', 'function f', 'export A=b', 'declare a', 'local x', 'typeset z', 'unset a', '[ -f a ]', '[[ a ]]'],
    ...['git status\r\nls', 'ls\u00a0a', 'ls\u2028a', 'ls\u0007', 'l\\\ns'],
  ])('%j', (script) => {
    expect(plainSegments(script)).toBeUndefined();
  });
});

test('bash sees the very words that were read, whatever the script', async () => {
  const fragment = fc.constantFrom(...'ab "\'\\ \n;&|$`*~#=!(){}<>[]^-'.split(''), '&&', '||', ' ', ' ', 'echo', 'x');
  const script = fc.array(fragment, { maxLength: 12 }).map((parts) => `echo ${parts.join('')}`);
  const plain = fc.sample(script, 20_000).flatMap((text) => {
    const segments = plainSegments(text);
    // Only `echo` exists in the checking shell: other commands would be looked up.
    return segments?.every((words) => words[0] === 'echo') ? [{ text, segments }] : [];
  });
  expect(plain.length).toBeGreaterThan(200);
  const sample = plain.slice(0, 400);
  // Pipes start subshells whose words would be lost, so every command reports to a file descriptor of its own.
  // In one write: the two sides of a pipe report at the same time.
  const report = `echo() { local said; printf -v said '%s\\037' echo "$@"; printf '%s\\036' "$said" >&3; }\n`;
  const checks = sample.map(({ text }) => `(${report}${text}\n) 3>&1 >/dev/null </dev/null; printf '\\035'`).join('\n');
  const { stdout } = await execa('bash', ['-c', checks], { stripFinalNewline: false });
  const seen = stdout
    .split('\u001d')
    .slice(0, -1)
    .map((run) =>
      run
        .split('\u001e')
        .slice(0, -1)
        .map((command) => command.split('\u001f').slice(0, -1)),
    );
  expect(seen.length).toBe(sample.length);
  for (const [index, { text, segments }] of sample.entries()) {
    // What follows a failing or succeeding echo may be skipped; what ran has to be among what was read, in order for lists.
    const ran = seen[index] ?? [];
    const rest = segments.map((words) => JSON.stringify(words));
    for (const words of ran) expect(rest, text).toContain(JSON.stringify(words));
  }
});

describe('the real grammar', () => {
  test('finds commands wherever they stand', async () => {
    const { commands } = await loadShellGrammar();
    const script = `for f in a; do rm -f x; done; x=$(rm -rf "y z"); A=1 git 'push' "$remote" > out; r\\m -f q`;
    expect(commands(script)).toEqual([
      ['rm', '-f', 'x'],
      ['rm', '-rf', 'y z'],
      ['git', 'push', undefined],
      ['rm', '-f', 'q'],
    ]);
  });

  test('sees what a script with one here-document is', async () => {
    const { heredoc } = await loadShellGrammar();
    expect(heredoc("cd 'a b' && cat x <<'E'\nbody $x\nE\n")).toEqual({ directory: 'a b', words: ['cat', 'x'], body: 'body $x\n' });
    expect(heredoc('cat <<-E\n\tone\n\tE\n')).toMatchObject({ directory: undefined, body: 'one\n' });
    for (const script of [
      'cat <<E && ls\na\nE',
      'cat <<E > x\na\nE',
      'ls; cat <<E\na\nE',
      'cat <<< x',
      'cat <<E',
      '$x <<E\na\nE',
      'cd a; cat <<E\na\nE',
    ])
      expect(heredoc(script), script).toBeUndefined();
  });

  test('never throws', async () => {
    const { commands, heredoc } = await loadShellGrammar();
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab "\'\\\n;&|$`(){}<>-EOF '.split('')), maxLength: 40 }), (script) => {
        commands(script);
        heredoc(script);
      }),
      { numRuns: 300 },
    );
  });
});
