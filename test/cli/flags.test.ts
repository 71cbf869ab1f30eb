/** The command line of the program: what each form means, and what is said about a wrong one. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCommand, parseListen } from '../../src/cli/flags.ts';

const parse = (line: string) => parseCommand(line === '' ? [] : line.split(' '));

describe('commands', () => {
  test.each([
    ['--version', { kind: 'version' }],
    ['-V', { kind: 'version' }],
    ['--help', { kind: 'help', topic: 'program' }],
    ['help app-server', { kind: 'help', topic: 'app-server' }],
    ['app-server --help', { kind: 'help', topic: 'app-server' }],
    ['exec-server -h', { kind: 'help', topic: 'exec-server' }],
    ['doctor --json', { kind: 'doctor', json: true }],
    ['demo -y', { kind: 'demo', yes: true }],
    ['demo', { kind: 'demo', yes: false }],
    ['generate-ts --out d', { kind: 'generate', what: 'ts', out: 'd', experimental: false }],
    ['app-server generate-ts -o d -p x', { kind: 'generate', what: 'ts', out: 'd', experimental: false }],
    ['app-server generate-json-schema --out d --experimental', { kind: 'generate', what: 'json-schema', out: 'd', experimental: true }],
  ])('%s', (line, command) => {
    expect(parse(line)).toEqual(command);
  });

  test.each([
    ['', 'Usage: switchyard [OPTIONS] <COMMAND>'],
    ['nonsense', "error: unrecognized subcommand 'nonsense'"],
    ['app-server nonsense', "error: unrecognized subcommand 'nonsense'"],
    ['app-server --nonsense', "error: unexpected argument '--nonsense' found"],
    ['app-server daemon', 'the daemon is not part of this version'],
    ['app-server proxy', 'the proxy is not part of this version'],
    ['app-server generate-ts', 'the following required arguments were not provided:\n  --out <DIR>'],
    ['app-server --startup-sign-out', 'the following required arguments were not provided:\n  --print-startup-config'],
    ['app-server -c novalue', "error: invalid value 'novalue' for '--config <key=value>': expected key=value"],
    ['app-server --ws-auth magic', "error: invalid value 'magic' for '--ws-auth <MODE>'"],
    ['app-server --ws-max-clock-skew-seconds -1', 'ws-max-clock-skew-seconds'],
    ['doctor extra', "error: unexpected argument 'extra' found"],
    ['exec-server --remote url', 'remote registration is not part of this version'],
    ['exec-server --listen off', 'expected `ws://IP:PORT` or `stdio`'],
    ['exec-server --concurrent-requests 0', "invalid value '0' for '--concurrent-requests <N>'"],
  ])('%s is refused', (line, message) => {
    expect(parse(line)).toEqual({ kind: 'usage', message: expect.stringContaining(message) });
  });

  test('no arguments make it throw', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom('app-server', 'exec-server', 'sandbox', '-c', '--listen', '--', '-', 'generate-ts', 'help'),
    );
    fc.assert(fc.property(fc.array(word, { maxLength: 6 }), (args) => typeof parseCommand(args).kind === 'string'));
  });
});

describe('exec-server', () => {
  test.each(['ws://127.0.0.1:0', 'ws://[::1]:7', 'stdio', 'tcp://x', ''])('--listen %s means the same in both spellings', (url) => {
    expect(parseCommand(['exec-server', '--listen', url])).toEqual(parseCommand(['exec-server', `--listen=${url}`]));
  });
});

describe('app-server', () => {
  test('stdio without overrides is the default', () => {
    expect(parse('app-server')).toMatchObject({
      kind: 'app-server',
      flags: { listen: { kind: 'stdio' }, overrides: [], strictConfig: false, printStartupConfig: false, startupSignOut: false },
    });
    expect(parse('app-server --stdio')).toEqual(parse('app-server'));
  });

  test('overrides keep their order, features come after them', () => {
    expect(parse('-c a=1 app-server --enable f --config b=x=y --disable g')).toMatchObject({
      flags: { overrides: ['a=1', 'b=x=y', 'features.f=true', 'features.g=false'] },
    });
  });

  test('flags that only the vendor has a use for are accepted', () => {
    const line = 'app-server --analytics-default-enabled --startup-client-info {} --cloud-skills-snapshot f --code-mode-host u';
    expect(parse(line)).toEqual(parse('app-server'));
  });

  test('the flags about tokens are kept as they are', () => {
    const line =
      'app-server --ws-auth signed-bearer-token --ws-shared-secret-file s --ws-issuer i --ws-audience a --ws-max-clock-skew-seconds 5';
    expect(parse(line)).toMatchObject({
      flags: {
        wsAuth: {
          mode: 'signed-bearer-token',
          sharedSecretFile: 's',
          issuer: 'i',
          audience: 'a',
          maxClockSkewSeconds: 5,
          tokenFile: undefined,
        },
      },
    });
  });
});

describe('--listen', () => {
  test.each([
    ['stdio://', { kind: 'stdio' }],
    ['off', { kind: 'off' }],
    ['unix://', { kind: 'unix', path: undefined }],
    ['unix://s.sock', { kind: 'unix', path: 's.sock' }],
    ['unix:///run/s.sock', { kind: 'unix', path: '/run/s.sock' }],
    ['ws://127.0.0.1:0', { kind: 'ws', host: '127.0.0.1', port: 0 }],
    ['ws://[::1]:8080/', { kind: 'ws', host: '::1', port: 8080 }],
  ])('%s', (url, listen) => {
    expect(parseListen(url)).toEqual(listen);
  });

  test.each(['ws://localhost:1', 'ws://127.0.0.1', 'ws://127.0.0.1:65536', 'ws://256.0.0.1:1', 'ws://127.0.0.1:1/path'])(
    '%s has no address',
    (url) => {
      expect(parseListen(url)).toBe(`invalid websocket --listen URL \`${url}\`; expected \`ws://IP:PORT\``);
    },
  );

  test.each(['', 'tcp://127.0.0.1:1', 'STDIO://', 'on'])('%j is no way to listen', (url) => {
    expect(parseListen(url)).toContain('expected `stdio://`, `unix://`, `unix://PATH`, `ws://IP:PORT`, or `off`');
  });
});
