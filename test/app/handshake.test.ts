/** The handshake and broken input, sent by hand: each gets its error, and the server lives on for the rest. */
import { expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { compatibleVersion, ownVersion, readInitializeLine } from '../../src/app-server/handshake.ts';
import { hello, startRaw } from '../support/raw-client.ts';

const error = (message: unknown, code = -32600) => ({ error: { code, message } });
const none = { experimentalApi: false };

test('the version is that of the package', () => {
  expect(ownVersion).toBe(packageJson.version);
});

test('the answer comes first, then the state of remote control', async () => {
  await using server = await startRaw();
  server.send(hello('text-id'));
  const answer = await server.answer('text-id');
  expect(answer).toEqual({
    id: 'text-id',
    result: {
      userAgent: expect.stringMatching(
        new RegExp(`^probe/${compatibleVersion} \\(.+; .+\\) \\S+ \\(probe; 0\\.0\\.1\\) switchyard/${ownVersion}$`),
      ),
      codexHome: server.home,
      platformFamily: 'unix',
      platformOs: process.platform === 'darwin' ? 'macos' : 'linux',
    },
  });
  const changed = await server.message(({ method }) => method === 'remoteControl/status/changed');
  expect(changed).toMatchObject({ params: { status: 'disabled', environmentId: null }, emittedAtMs: expect.any(Number) });
  expect(server.received.slice(0, 2)).toEqual([answer, changed]);
});

test('requests before initialize, bad ones, and a second one get the words of the reference', async () => {
  await using server = await startRaw();
  server.send({ method: 'thread/list', id: 0, params: {} });
  expect(await server.answer(0)).toMatchObject(error('Not initialized'));
  server.send({ method: 'no/such', id: 1, params: {} });
  expect(await server.answer(1)).toMatchObject(
    error(expect.stringMatching(/^Invalid request: unknown variant `no\/such`, expected one of `initialize`, `server\/diagnostics`/)),
  );
  server.send({ method: 'thread/start', id: 2, params: { cwd: 5 } });
  expect(await server.answer(2)).toMatchObject(error('Invalid request: invalid type: integer `5`, expected a string'));
  server.send({ method: 'initialize', id: 3, params: {} });
  expect(await server.answer(3)).toMatchObject(error('Invalid request: missing field `clientInfo`'));
  server.send({ method: 'initialize', id: 4, params: { clientInfo: { name: 'probe' } } });
  expect(await server.answer(4)).toMatchObject(error('Invalid request: missing field `version`'));
  server.send({ method: 'initialize', id: 5, params: { clientInfo: { name: 'bad\nname', title: null, version: '1' } } });
  expect(await server.answer(5)).toMatchObject(error("Invalid clientInfo.name: 'bad\nname'. Must be a valid HTTP header value."));
  server.send(hello(6));
  expect(await server.answer(6)).toHaveProperty('result.userAgent');
  server.send(hello(7));
  expect(await server.answer(7)).toMatchObject(error('Already initialized'));
});

test('without the capability experimental methods and members are refused by name', async () => {
  await using server = await startRaw();
  server.send(hello(0, none));
  const cases: [string, object, string][] = [
    ['mock/experimentalMethod', {}, 'mock/experimentalMethod requires experimentalApi capability'],
    ['process/spawn', { command: ['true'], processHandle: 'p', cwd: '/' }, 'process/spawn requires experimentalApi capability'],
    ['thread/start', { environments: [] }, 'thread/start.environments requires experimentalApi capability'],
    [
      'thread/start',
      { approvalPolicy: { granular: { sandbox_approval: true, rules: true, mcp_elicitations: true } } },
      'askForApproval.granular requires experimentalApi capability',
    ],
  ];
  for (const [index, [method, params, message]] of cases.entries()) {
    server.send({ method, id: index + 1, params });
    expect(await server.answer(index + 1)).toMatchObject(error(message));
  }
  server.send({ method: 'thread/loaded/list', id: 99, params: { unknownField: 1 } });
  expect(await server.answer(99)).toMatchObject({ result: { data: [], nextCursor: null } });
});

test('input that is no message is dropped, whatever it is, and the next request is answered', async () => {
  await using server = await startRaw();
  server.send(hello());
  await server.answer(0);
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  for (const line of ['this is not JSON', '', '   ', '[]', '[{"method":"initialize","id":7,"params":{}}]', '{}', 'null', '"x"', deep])
    server.write(`${line}\n`);
  server.write('{"id":null,"method":"thread/loaded/list","params":{}}\n{"id":1.5,"method":"thread/loaded/list","params":{}}\n');
  server.write(Buffer.from([0xff, 0xfe, 0x7b, 0x0a]));
  server.write(`{"method":"thread/loaded/list","id":"deep","params":{"cursor":${deep}}}\n`);
  server.send({ id: 4242, result: {} });
  server.send({ id: 4243, error: { code: 1, message: 'x' } });
  server.send({ method: 'no/such/notification', params: { a: 1 } });
  server.write('{"jsonrpc":"2.0","id":"last","method":"thread/loaded/list","params":{}}\r\n');
  expect(await server.answer('last')).toEqual({ id: 'last', result: { data: [], nextCursor: null } });
  const answered = server.received.filter(({ method, id }) => method === undefined && id !== 0 && id !== 'last');
  expect(answered.filter(({ id }) => id !== 'deep')).toEqual([]);
});

test('params that are missing, null or of the wrong kind are named', async () => {
  await using server = await startRaw();
  server.send(hello());
  const cases: [unknown, string][] = [
    [undefined, 'Invalid request: missing field `params`'],
    [null, 'Invalid request: missing field `params`'],
    [[], 'Invalid request: invalid length 0, expected struct ThreadLoadedListParams with 2 elements'],
    [{ limit: 'x' }, 'Invalid request: invalid type: string "x", expected u32'],
  ];
  for (const [index, [params, message]] of cases.entries()) {
    server.send({ method: 'thread/loaded/list', id: index + 1, params });
    expect(await server.answer(index + 1)).toMatchObject(error(message));
  }
});

test('a line of a hundred megabytes is refused or dropped, and the server stays', async () => {
  await using server = await startRaw();
  server.send(hello());
  await server.answer(0);
  server.write('{"method":"thread/loaded/list","id":1,"params":{"x":"');
  const piece = Buffer.alloc(1024 * 1024, 0x61);
  for (let megabyte = 0; megabyte < 100; megabyte++) {
    if (!server.child.stdin.write(piece)) await new Promise((resolve) => server.child.stdin.once('drain', resolve));
  }
  server.write('"}}\n');
  server.send({ method: 'thread/loaded/list', id: 2, params: {} });
  expect(await server.answer(2)).toHaveProperty('result');
}, 60_000);

test('only a whole, well-formed first line is answered early', () => {
  const line = JSON.stringify(hello('x'));
  expect(readInitializeLine(line)).toMatchObject({ id: 'x', client: { name: 'probe' }, capabilities: { experimentalApi: true } });
  for (const odd of [
    'not json',
    '[]',
    '{"method":"initialize"}',
    line.replace('"x"', 'null'),
    line.replace('"x"', '1.5'),
    line.replace('"probe"', '5'),
    line.replace('"probe"', '"a\\nb"'),
    line.replace('{"experimentalApi":true}', '{"experimentalApi":1}'),
    line.replace('{"experimentalApi":true}', '{"optOutNotificationMethods":[1]}'),
    line.replace('initialize', 'thread/list'),
  ])
    expect(readInitializeLine(odd), odd).toBeUndefined();
});
