/** The command line of `switchyard mcp`: what each form means, and what is said about a wrong one. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseCommand } from '../../src/cli/flags.ts';
import { parseMcp } from '../../src/cli/mcp-flags.ts';

/** The whole line goes the way it goes in the program. */
const parse = (line: string) => {
  const command = parseCommand(line.split(' '));
  return command.kind === 'mcp' ? parseMcp(command.args) : command;
};
const http = { bearerTokenVariable: undefined, clientId: undefined, clientSecret: undefined, resource: undefined };

test.each([
  ['mcp list', { kind: 'list', json: false }],
  ['mcp list --json', { kind: 'list', json: true }],
  ['mcp get --json a', { kind: 'get', name: 'a', json: true }],
  ['mcp remove a', { kind: 'remove', name: 'a' }],
  ['mcp logout -- -a', { kind: 'logout', name: '-a' }],
  ['mcp login a', { kind: 'login', name: 'a', scopes: undefined, registration: 'auto', pasted: false }],
  [
    'mcp login --scopes=x,y --scopes z a --no-browser --oauth-client-registration dcr',
    { kind: 'login', name: 'a', scopes: ['x', 'y', 'z'], registration: 'dcr', pasted: true },
  ],
  ['mcp add a -- npx -y --env', { kind: 'add', name: 'a', env: {}, server: { argv: ['npx', '-y', '--env'] }, registration: 'auto' }],
  ['mcp add a npx -y -- x', { kind: 'add', name: 'a', env: {}, server: { argv: ['npx', '-y', '--', 'x'] }, registration: 'auto' }],
  [
    'mcp add --env A=1 a --env=B=x=y -- npx',
    { kind: 'add', name: 'a', env: { A: '1', B: 'x=y' }, server: { argv: ['npx'] }, registration: 'auto' },
  ],
  [
    'mcp add a --url u --bearer-token-env-var T --oauth-client-registration cimd',
    { kind: 'add', name: 'a', env: {}, server: { ...http, url: 'u', bearerTokenVariable: 'T' }, registration: 'cimd' },
  ],
  [
    'mcp add a --url u --oauth-client-id i --oauth-client-secret s --oauth-resource r',
    {
      kind: 'add',
      name: 'a',
      env: {},
      server: { ...http, url: 'u', clientId: 'i', clientSecret: 's', resource: 'r' },
      registration: 'auto',
    },
  ],
])('%s', (line, command) => {
  expect(parse(line)).toEqual({ command, overrides: [] });
});

test('overrides stand anywhere in front of a command of the user, and keep their order', () => {
  expect(parse('-c a=1 mcp --enable f list --disable g -c b=x=y')).toMatchObject({
    overrides: ['a=1', 'features.f=true', 'features.g=false', 'b=x=y'],
  });
});

test.each(['mcp --help', '--help mcp', 'help mcp', 'mcp help', 'mcp help add', 'mcp add -h', 'mcp -c a=b login --help'])(
  '%s is help',
  (line) => {
    expect(parse(line)).toBe('help');
  },
);

test('no command is told from a wrong one', () => {
  expect(parse('mcp')).toBe('nothing');
});

const required = 'the following required arguments were not provided:\n  ';
test.each([
  ['mcp bogus', "unrecognized subcommand 'bogus'"],
  ['mcp list extra', "unexpected argument 'extra' found"],
  ['mcp list --json=1', "unexpected value '1' for '--json' found; no more were expected"],
  ['mcp get', `${required}<NAME>`],
  ['mcp get a b', "unexpected argument 'b' found"],
  ['mcp get --nope a', "unexpected argument '--nope' found"],
  ['mcp login a --scopes', "a value is required for '--scopes <SCOPE,SCOPE>' but none was supplied"],
  ['mcp login a --oauth-client-registration x', "invalid value 'x' for '--oauth-client-registration <AUTO|CIMD|DCR>'"],
  ['mcp add a', `${required}<COMMAND|--url <URL>>`],
  ['mcp add a --url u -- c', "the argument '--url <URL>' cannot be used with '[COMMAND]...'"],
  ['mcp add a --url u --url v', "the argument '--url <URL>' cannot be used multiple times"],
  ['mcp add a --bearer-token-env-var T -- c', `${required}--url <URL>`],
  ['mcp add a --url u --oauth-client-secret s', `${required}--oauth-client-id <CLIENT_ID>`],
  ['mcp add a --env A -- c', "invalid value 'A' for '--env <KEY=VALUE>': environment entries must be in KEY=VALUE form"],
  ['mcp add a --env =A -- c', 'environment entries must be in KEY=VALUE form'],
  ['mcp list -c novalue', "invalid value 'novalue' for '--config <key=value>': expected key=value"],
])('%s is refused', (line, message) => {
  const parsed = parse(line);
  expect(parsed).toEqual({ wrong: expect.stringContaining(message) });
  expect(parsed).toEqual({ wrong: expect.stringContaining('\n\nUsage: switchyard mcp ') });
});

test('no arguments make it throw, and other commands are not taken for it', () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom('list', 'get', 'add', 'login', '-c', '--json', '--url', '--env', 'A=1', '--', '-', 'help', '--scopes', 'x'),
  );
  fc.assert(fc.property(fc.array(word, { maxLength: 8 }), (args) => parseMcp(args) !== undefined));
  expect(parse('app-server mcp')).toMatchObject({ kind: 'usage' });
  expect(parse('sandbox mcp')).toMatchObject({ kind: 'sandbox' });
});
