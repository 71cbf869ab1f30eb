/** Rule files: what they may say, what is wrong with the others, and which rules a command meets. */
import { describe, expect, test } from 'vitest';
import { isTooBroad, matchingRules, ruleLine, strictest } from '../../src/policy/prefix-rules.ts';
import { parseRuleFile, RuleFileError, shellWords } from '../../src/policy/rule-file.ts';

const FILE = `# what may run
"""a text that says nothing"""
PROGRAM = "git"
prefix_rule(
    pattern = [PROGRAM, ["status", "log"]],  # alternatives
    justification = f"{PROGRAM} only {{looks}}",
    match = ["git status", ["git", "log", "-1"]],
    not_match = ["git push"],
)
prefix_rule(["git"], "prompt")
prefix_rule(pattern=[["rm", "unlink"], "-f"], decision="forbidden")
for name in ["ls", "l" + "l"]:
    prefix_rule(pattern=[name])

prefix_rule(pattern=["jj"] + ["st"])
prefix_rule(pattern=["/bin/abs"])
host_executable(name="jj", paths=["/usr/bin/jj"])
network_rule(host="Example.com.", protocol="https_connect", decision="forbidden", justification="no")
network_rule(host="a.b:8080", protocol="http", decision="allow")
`;
const rules = parseRuleFile(FILE, 'x.rules');
const met = (resolveHostExecutables: boolean, ...words: string[]) => matchingRules(rules, words, { resolveHostExecutables });
const decision = (...words: string[]) => strictest(met(true, ...words).map((match) => match.decision));

describe('matching', () => {
  test('all rules are reported and the strictest decides', () => {
    expect(met(false, 'git', 'status', '-s')).toEqual([
      { matchedPrefix: ['git', 'status'], decision: 'allow', justification: 'git only {looks}' },
      { matchedPrefix: ['git'], decision: 'prompt' },
    ]);
    expect(decision('git', 'status')).toBe('prompt');
    expect(decision('unlink', '-f', 'x')).toBe('forbidden');
    expect(decision('ll')).toBe('allow');
  });

  test('word by word, exactly', () => {
    expect(decision('rm', '-r')).toBeUndefined();
    expect(decision('rm')).toBeUndefined();
    expect(decision('lsx')).toBeUndefined();
    expect(decision()).toBeUndefined();
  });

  test('a path meets rules that name it, else those of its name unless that is bound elsewhere', () => {
    expect(met(true, '/bin/abs')).toEqual([{ matchedPrefix: ['/bin/abs'], decision: 'allow' }]);
    expect(decision('abs')).toBeUndefined();
    expect(met(true, '/bin/ls')).toEqual([{ matchedPrefix: ['ls'], decision: 'allow', resolvedProgram: '/bin/ls' }]);
    expect(met(false, '/bin/ls')).toEqual([]);
    expect(met(true, '/usr/bin/jj', 'st')).toMatchObject([{ resolvedProgram: '/usr/bin/jj' }]);
    expect(met(true, '/opt/jj', 'st')).toEqual([]);
  });
});

test('rules about hosts are kept in one spelling', () => {
  expect(rules.networkRules).toEqual([
    { host: 'example.com', protocol: 'https', decision: 'deny', justification: 'no' },
    { host: 'a.b', protocol: 'http', decision: 'allow' },
  ]);
});

describe('errors name file, line and reason', () => {
  test.each([
    ['prefix_rule(pattern=[])', 1, 'pattern cannot be empty'],
    ['\n\nprefix_rule(pattern=["a", []])', 3, 'pattern alternatives cannot be empty'],
    ['prefix_rule(pattern=["a", 5])', 1, 'pattern element must be a string or list of strings'],
    ['prefix_rule(pattern="a")', 1, 'pattern must be a list'],
    ['prefix_rule()', 1, 'pattern is missing'],
    ['prefix_rule(pattern=["a"], decision="Allow")', 1, 'invalid decision: Allow'],
    ['prefix_rule(pattern=["a"], decision="toString")', 1, 'invalid decision: toString'],
    ['prefix_rule(pattern=["a"], justification=" ")', 1, 'justification cannot be empty'],
    ['prefix_rule(patern=["a"])', 1, '`prefix_rule` has no parameter `patern`'],
    ['prefix_rule(pattern=["ls"], match=["cat"])', 1, 'expected every example to match: cat'],
    ['prefix_rule(pattern=["ls"], not_match=["ls -l"])', 1, 'expected example not to match: ls -l'],
    ['prefix_rule(pattern=["ls"], match=["ls \'a"])', 1, 'example string has invalid shell syntax'],
    ['host_executable(name="a/b", paths=["/x"])', 1, 'host_executable name must be a bare executable name (got a/b)'],
    ['host_executable(name="a", paths=["x"])', 1, 'host_executable paths must be absolute (got x)'],
    [
      'network_rule(host="*.a", protocol="https", decision="allow")',
      1,
      'network_rule host must be a specific host; wildcards are not allowed',
    ],
    [
      'network_rule(host="http://a", protocol="https", decision="allow")',
      1,
      'network_rule host must be a hostname or IP literal (without scheme or path)',
    ],
    [
      'network_rule(host="a", protocol="ftp", decision="allow")',
      1,
      'network_rule protocol must be one of http, https, socks5_tcp, socks5_udp (got ftp)',
    ],
    ['x = 1\nfoo(x)', 2, '`foo` is not defined'],
    ['prefix_rule(pattern=[x])', 1, '`x` is not defined'],
    ['prefix_rule(pattern=["ls"]', 1, 'unexpected end of line, expected `)`'],
    ['x = 1 +', 1, 'unexpected end of line, expected an expression'],
    ['x = "a', 1, 'a string has no end'],
    ['load("x", "y")', 1, '`load` is not available in rule files'],
    ['for x in ["a"]:\nprefix_rule(pattern=[x])', 2, 'unexpected `prefix_rule`, expected indent'],
    ['x = ;', 1, 'unexpected ";"'],
    [`x = ${'['.repeat(1000)}`, 1, 'nested too deeply'],
  ])('%j', (source, line, reason) => {
    expect(() => parseRuleFile(source, 'd.rules')).toThrow(expect.objectContaining({ file: 'd.rules', line, reason }));
  });
});

test('a loop over nothing says nothing', () => {
  expect(
    parseRuleFile('for x in []:\n    for y in ["a"]:\n        prefix_rule(pattern=[y])\nprefix_rule(pattern=["z"])\n', 'f').prefixRules,
  ).toEqual([{ pattern: ['z'], decision: 'allow' }]);
});

test.each([
  ['a  b', ['a', 'b']],
  [`'a b' "c \\" d" e\\ f g'h'i`, ['a b', 'c " d', 'e f', 'ghi']],
  [`'' ""`, ['', '']],
  [" 'a", undefined],
])('shell words of %j', (line, expected) => {
  expect(shellWords(line)).toEqual(expected);
});

test('what would allow everything is never made a rule', () => {
  for (const prefix of [
    [],
    ['bash'],
    ['/bin/bash', '-lc'],
    ['python3', '-c'],
    ['env'],
    ['sudo'],
    ['git'],
    ['rm'],
    ['node', '-e'],
    ['npm', 'run'],
    ['deno', 'eval'],
  ])
    expect(isTooBroad(prefix), prefix.join(' ')).toBe(true);
  for (const prefix of [['touch'], ['git', 'pull'], ['python3', 'x.py'], ['npm', 'test'], ['npm', 'run', 'build'], ['cargo']])
    expect(isTooBroad(prefix), prefix.join(' ')).toBe(false);
});

test('a rule that lasts is one line', () => {
  expect(ruleLine(['touch', 'a "b"'])).toBe('prefix_rule(pattern=["touch", "a \\"b\\""], decision="allow")');
  expect(parseRuleFile(ruleLine(['touch', 'a "b"\\n\u0007']), 'f').prefixRules).toEqual([
    { pattern: ['touch', 'a "b"\\n\u0007'], decision: 'allow' },
  ]);
});

test.each([
  ['prefix_rule(pattern=["git"', 1, 27],
  ['x = 1\n\n  \nnosuch(x=1)\n', 4, 1],
  ['prefix_rule(pattern=["a"])\nprefix_rule(pattern=["b"],\n  decision=?)\n', 3, 12],
  ['prefix_rule(pattern=["a"])\nprefix_rule(pattern=[])\n', 2, 1],
  ['a = """x\ny"""; b = 1\n  prefix_rule(pattern=["a"])', 2, 5],
  ['prefix_rule(pattern=["a", "b])\n', 1, 27],
])('a bad file names line and column: %j', (source, line, column) => {
  expect(() => parseRuleFile(source, 'd.rules')).toThrow(expect.objectContaining({ line, column }));
  expect(() => parseRuleFile(source, 'd.rules')).toThrow(RuleFileError);
  expect(() => parseRuleFile(source, 'd.rules')).toThrow(`d.rules:${line}:${column}: `);
});
