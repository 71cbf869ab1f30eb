/** `environments.toml`: what it declares, and errors that say where they stand. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DeclarationError, parseDeclaration, readDeclaration } from '../../src/environment/declared.ts';

const path = '/home/u/.codex/environments.toml';
const parse = (text: string) => parseDeclaration({ path, text });
const messageOf = (text: string): string => {
  try {
    parse(text);
    return 'accepted';
  } catch (error) {
    expect(error).toBeInstanceOf(DeclarationError);
    return error instanceof Error ? error.message.replace(`${path}:`, '') : '';
  }
};
const timeouts = { connectTimeoutMs: 10_000, initializeTimeoutMs: 10_000 };

describe('what is declared', () => {
  test('urls and programs with all their settings', () => {
    const text = `
default = "dev"
[[environments]]
id = "dev"
url = " wss://host:1234/path?x=1 "
auth_bearer_token = "tok123"
connect_timeout_sec = 3.5
initialize_timeout_sec = 2
[[environments]]
id = "box7"
program = "ssh"
args = ["box7", "exec agent exec-server --listen stdio"]
env = { SSH_AUTH_SOCK = "/run/agent.sock" }
cwd = "below"
`;
    expect(parse(text)).toEqual({
      includeLocal: true,
      defaultId: 'dev',
      environments: [
        {
          ...{ kind: 'url', id: 'dev', url: 'wss://host:1234/path?x=1', authBearerToken: 'tok123' },
          ...{ connectTimeoutMs: 3500, initializeTimeoutMs: 2000 },
        },
        {
          ...{ kind: 'program', id: 'box7', argv: ['ssh', 'box7', 'exec agent exec-server --listen stdio'] },
          ...{ env: { SSH_AUTH_SOCK: '/run/agent.sock' }, cwd: '/home/u/.codex/below', initializeTimeoutMs: 10_000 },
        },
      ],
    });
  });

  test.each([
    ['', { includeLocal: true, defaultId: 'local' }],
    ['include_local = false', { includeLocal: false, defaultId: null }],
    ['default = "none"', { includeLocal: true, defaultId: null }],
    ['default = " NONE "', { includeLocal: true, defaultId: null }],
    ['default = "local"', { includeLocal: true, defaultId: 'local' }],
  ])('the default of %j', (text, expected) => {
    expect(parse(text)).toEqual({ ...expected, environments: [] });
  });

  test('without a file the variables decide', () => {
    expect(readDeclaration({}, undefined)).toEqual({ includeLocal: true, defaultId: 'local', environments: [] });
    expect(readDeclaration({ CODEX_EXEC_SERVER_URL: ' None ' }, undefined)).toEqual({
      includeLocal: false,
      defaultId: null,
      environments: [],
    });
    const url = { CODEX_EXEC_SERVER_URL: 'ws://h:1' };
    const remote = { kind: 'url', id: 'remote', url: 'ws://h:1', authBearerToken: undefined, ...timeouts };
    expect(readDeclaration(url, undefined)).toEqual({ includeLocal: false, defaultId: 'remote', environments: [remote] });
    expect(readDeclaration(url, { path, text: '' })).toEqual({ includeLocal: true, defaultId: 'local', environments: [] });
    const relay = {
      CODEX_EXEC_SERVER_NOISE_REGISTRY_URL: 'https://r',
      CODEX_EXEC_SERVER_NOISE_ENVIRONMENT_ID: 'e',
      CODEX_EXEC_SERVER_NOISE_AUTH_TOKEN: ' t ',
    };
    expect(readDeclaration(relay, { path, text: 'x' }).environments).toEqual([
      { kind: 'relay', id: 'remote', registryUrl: 'https://r', registryEnvironmentId: 'e', authToken: 't', accountId: undefined },
    ]);
    expect(() => readDeclaration({ ...relay, CODEX_EXEC_SERVER_NOISE_AUTH_TOKEN: ' ' }, undefined)).toThrow(/Noise environment requires/);
  });
});

describe('what is refused, and where', () => {
  const one = (rest: string) => `# first line\n[[environments]]\nid = "a"\n${rest}`;
  test.each([
    ['default = ', '1:11: '],
    ['x = 1', '1:1: unknown field `x`, expected one of `default`, `include_local`, `environments`'],
    ['include_local = 1', '1:1: invalid type for `include_local`, expected a boolean'],
    ['\ndefault = "nope"', '2:1: default environment `nope` is not configured'],
    ['default = " "', '1:1: default environment id cannot be empty'],
    ['include_local = false\ndefault = "local"', '2:1: default environment `local` is not configured'],
    [one(''), '3:1: environment `a` must set exactly one of url or program'],
    [one('url = "ws://x"\n  program = "y"'), '5:3: environment `a` must set exactly one of url or program'],
    [one('url = "http://x"'), '4:1: environment url `http://x` must use ws:// or wss://'],
    [one('url = " "'), '4:1: environment url cannot be empty'],
    [one('url = "ws://x"\nzzz = 1'), '5:1: unknown field `zzz`, expected one of '],
    [one('url = "ws://x"\nargs = ["x"]'), '5:1: environment `a` args, env, and cwd require program'],
    [one('url = "ws://x"\nconnect_timeout_sec = -1'), '5:1: cannot convert float seconds to Duration: value is negative'],
    [one('url = "ws://x"\nconnect_timeout_sec = nan'), '5:1: cannot convert float seconds to Duration: value is either too big or NaN'],
    [one('url = "ws://x"\nconnect_timeout_sec = inf'), '5:1: cannot convert float seconds to Duration: value is either too big or NaN'],
    [one('url = "ws://x"\nconnect_timeout_sec = 1e300'), '5:1: cannot convert float seconds to Duration: value is either too big or NaN'],
    [one('url = "WS://x"'), '4:1: environment url `WS://x` must use ws:// or wss://'],
    [one('url = "ws://x"\nenv = { A = "b" }'), '5:1: environment `a` args, env, and cwd require program'],
    [one('url = "ws://x"\ncwd = "/"'), '5:1: environment `a` args, env, and cwd require program'],
    [one('program = "x"\nauth_bearer_token = "t"'), '5:1: environment `a` auth_bearer_token requires url'],
    [one('program = "x"\nargs = "y"'), '5:1: invalid type for `args`, expected a list of strings'],
    [one('url = "ws://127.0.0.1:1"\nauth_bearer_token = "a\\nb"'), '5:1: invalid value for exec-server WebSocket header `authorization`'],
    [one('id = "b"\nurl = "ws://x"'), '4:1: '],
    ['default = 3', '1:1: invalid type for `default`, expected a string'],
    ['[environments]\nid = "a"', '1:1: invalid type for `environments`, expected a list of tables'],
    [one('url = "ws://x"\nconnect_timeout_sec = "1"'), '5:1: invalid type for `connect_timeout_sec`'],
    [one('program = "  "'), '4:1: environment `a` program cannot be empty'],
    [one('program = "x"\nconnect_timeout_sec = 1'), '5:1: environment `a` connect_timeout_sec requires url'],
    [one('program = "x"\nenv = { A = 1 }'), '5:1: invalid type for `env`, expected a table of strings'],
    [one('program = "x"\n[environments.env]\nA = 1'), '5:1: invalid type for `env`, expected a table of strings'],
    [one('url = "ws://far"\nauth_bearer_token = "t"'), '5:1: exec-server WebSocket headers require wss:// or a loopback destination'],
    [one('url = "ws://x"\n[[environments]]\nid = "a"\nurl = "ws://y"'), '6:1: environment id `a` is duplicated'],
    ['[[environments]]\nurl = "ws://x"', '1:1: missing field `id`'],
    ['[[environments]]\nid = "local"', '2:1: environment id `local` is reserved'],
    ['[[environments]]\nid = "None"', '2:1: environment id `None` is reserved'],
    ['[[environments]]\nid = " a"', '2:1: environment id ` a` must not contain surrounding whitespace'],
    ['[[environments]]\nid = "a b"', "2:1: environment id `a b` must contain only ASCII letters, numbers, '-' or '_'"],
    [`[[environments]]\nid = "${'a'.repeat(65)}"`, `2:1: environment id \`${'a'.repeat(65)}\` cannot be longer than 64 characters`],
    ['environments = [{ id = "" }]', '1:1: environment id cannot be empty'],
    ['environments = 1', '1:1: invalid type for `environments`, expected a list of tables'],
  ])('%j', (text, expected) => {
    expect(messageOf(text).startsWith(expected) ? expected : messageOf(text)).toBe(expected);
  });

  test('a token never shows in an error', () => {
    expect(messageOf(one('url = "ws://far"\nauth_bearer_token = "s3cr3t"'))).not.toContain('s3cr3t');
    expect(messageOf(one('url = "wss://x"\nauth_bearer_token = "s3\\nt"'))).toBe(
      '5:1: invalid value for exec-server WebSocket header `authorization`',
    );
    for (const host of ['localhost', '127.0.0.1:80', '[::1]:9']) {
      expect(messageOf(one(`url = "ws://${host}"\nauth_bearer_token = "t"`))).toBe('accepted');
    }
  });

  test('any text is accepted or refused with a place, never anything else', () => {
    const pieces = fc.constantFrom(
      '[[environments]]',
      'id = "a"',
      'url = "ws://x"',
      'program = "p"',
      'env = {',
      '}',
      'default = "a"',
      '\n',
      '=',
      '"',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 6 })), { maxLength: 12 }), (parts) => {
        expect(messageOf(parts.join('\n'))).toMatch(/^accepted$|^\d+:\d+: /);
      }),
      { numRuns: 500 },
    );
  });
});
