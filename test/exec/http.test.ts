/** Network calls of the executor, and what lies below capability roots. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { tempWorkspace } from '../support/workspace.ts';
import { startExecutor, text, uri } from './support.ts';

async function site(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  const address: AddressInfo | string | null = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}

test('a buffered call: order and repeats of headers, secrets of the executor, statuses, redirects', async () => {
  const seen: string[][] = [];
  const url = await site((request, response) => {
    seen.push(request.rawHeaders);
    if (request.url === '/redirect') response.writeHead(302, { location: '/end' }).end('moved');
    else
      response
        .writeHead(
          request.url === '/gone' ? 404 : 200,
          [
            ['x-a', '1'],
            ['x-a', '2'],
          ].flat(),
        )
        .end(`saw ${request.method} ${request.url}`);
  });
  await using executor = await startExecutor({ env: { PATH: '/bin', SECRET_TOKEN: 'sesame' } });
  const client = await executor.open('websocket');
  const call = (path: string, more: object = {}) =>
    client.call('http/request', { method: 'GET', url: `${url}${path}`, requestId: 'r', ...more });
  const headers = [
    { name: 'X-One', value: 'a' },
    { name: 'x-one', value: 'b' },
    { name: 'authorization', value: 'Bearer ', valueEnvVar: 'SECRET_TOKEN' },
  ];
  const answer = await call('/x', { headers });
  expect([answer.status, text(answer.bodyBase64)]).toEqual([200, 'saw GET /x']);
  expect(answer.headers.filter(({ name }) => name === 'x-a').map(({ value }) => value)).toEqual(['1', '2']);
  expect(seen[0]?.join(' ')).toContain('x-one a x-one b authorization Bearer sesame');
  expect((await call('/gone')).status).toBe(404);
  expect(text((await call('/redirect')).bodyBase64)).toBe('saw GET /end');
  expect((await call('/redirect', { redirectPolicy: 'stop' })).status).toBe(302);
  const unset = { headers: [{ name: 'x', value: '', valueEnvVar: 'NOT_SET' }], method: 'GET', url, requestId: 'r' };
  expect(await client.refusal('http/request', unset)).toEqual([
    -32_602,
    'http/request header x requires executor environment variable NOT_SET',
  ]);
});

test('the program itself adds only what HTTP asks for, keeps the connection, and names the page before within one origin', async () => {
  const seen: { readonly headers: readonly string[]; readonly port: number | undefined }[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    seen.push({ headers: request.rawHeaders.filter((word) => !word.includes('127.0.0.1')), port: request.socket.remotePort });
    if (request.url === '/near?a=b') response.writeHead(307, { location: '/end' }).end();
    else if (request.url === '/far') response.writeHead(307, { location: `${other}/end` }).end();
    else response.end('x');
  };
  const other = await site(answer);
  const url = await site(answer);
  await using executor = await startExecutor();
  const client = await executor.open('websocket');
  const call = (path: string) => client.call('http/request', { method: 'GET', url: `${url}${path}`, requestId: 'r' });
  await call('/near?a=b');
  await call('/far');
  const plain = ['host', 'accept', '*/*'];
  // The address of the page before was left out above, like every address.
  expect(seen.map(({ headers }) => headers)).toEqual([plain, ['host', 'referer', 'accept', '*/*'], plain, plain]);
  expect(new Set(seen.slice(0, 3).map(({ port }) => port)).size).toBe(1);
});

test('what cannot be asked for is refused in known words', async () => {
  const url = await site(() => {});
  await using executor = await startExecutor();
  const client = await executor.open('memory');
  const refused = (more: object) => client.refusal('http/request', { method: 'GET', url, requestId: 'r', ...more });
  expect(await refused({ method: 'B AD' })).toEqual([-32_602, 'http/request method is invalid: invalid HTTP method']);
  expect(await refused({ url: 'not a url' })).toEqual([-32_602, 'http/request url is invalid: relative URL without a base']);
  for (const [bad, why] of [
    ['', 'relative URL without a base'],
    ['http://', 'empty host'],
    ['http://h:99999/', 'invalid port number'],
    ['http://a b/', 'invalid international domain name'],
  ]) {
    expect(await refused({ url: bad })).toEqual([-32_602, `http/request url is invalid: ${why}`]);
  }
  expect(await refused({ headers: [{ name: 'a b', value: '' }] })).toEqual([
    -32_602,
    'http/request header name is invalid: invalid HTTP header name',
  ]);
  expect(await refused({ headers: [{ name: 'x', value: 'a\nb' }] })).toEqual([
    -32_602,
    'http/request header value is invalid for x: failed to parse header value',
  ]);
  expect(await refused({ url: 'ftp://x/' })).toEqual([-32_602, 'http/request only supports http and https URLs, got ftp']);
  expect(await refused({ timeoutMs: 20 })).toEqual([-32_603, 'http/request failed: route-aware request timed out']);
  expect(await refused({ timeoutMs: 0 })).toEqual([-32_603, 'http/request failed: route-aware request timed out']);
  const closed = 'http://127.0.0.1:1/';
  expect(await refused({ url: closed })).toEqual([-32_603, `http/request failed: error sending request for url (${closed})`]);
});

test('a streamed call: the head first, then numbered pieces, an end, and one stream per id', async () => {
  let go = () => {};
  const url = await site((request, response) => {
    response.writeHead(200).write('part1');
    if (request.url === '/break') setImmediate(() => response.destroy());
    else go = () => response.end('part2');
  });
  await using executor = await startExecutor();
  const client = await executor.open('websocket');
  const stream = { method: 'GET', url, requestId: 's', streamResponse: true };
  expect((await client.call('http/request', stream)).bodyBase64).toBe('');
  await client.note('http/request/bodyDelta', ({ seq }) => seq === 1);
  const active = 'http/request streamResponse requestId `s` is already active';
  expect(await client.refusal('http/request', stream)).toEqual([-32_602, active]);
  go();
  await client.note('http/request/bodyDelta', ({ done }) => done);
  const deltas = client.notes.flatMap((note) => (note.method === 'http/request/bodyDelta' ? [note.params] : []));
  expect(deltas.map(({ seq, deltaBase64, done, error }) => [seq, text(deltaBase64), done, error])).toEqual([
    [1, 'part1', false, null],
    [2, 'part2', false, null],
    [3, '', true, null],
  ]);
  await client.call('http/request', { ...stream, requestId: 'b', url: `${url}/break` });
  const end = await client.note('http/request/bodyDelta', ({ requestId, done }) => requestId === 'b' && done);
  expect(end.error).toBe('error decoding response body');
});

test('roots: manifests, skills, what they name, and errors that stay with their root', async () => {
  await using executor = await startExecutor();
  await using space = await tempWorkspace({
    'plug/.codex-plugin/plugin.json': '{"apps":"./apps.json","mcpServers":"../up.json"}',
    'plug/apps.json': '{}',
    'plug/skills/one/SKILL.md': 'one',
    'plug/skills/one/agents/openai.yaml': 'meta',
    'plain/.claude-plugin/plugin.json': '{"mcpServers":"./none.json"}',
    'plain/.app.json': '{"app":1}',
    'plain/SKILL.md': 'x'.repeat(1_048_577),
    'plain/exact/SKILL.md': 'x'.repeat(1_048_576),
  });
  const client = await executor.open('memory');
  const root = (id: string, name: string) => ({ id, path: uri(space.path(name)) });
  const { roots } = await client.call('capabilityRoots/discoverV1', {
    roots: [root('a', 'plug'), root('b', 'none'), root('c', 'plug/skills'), root('d', 'plain')],
  });
  expect(roots.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd']);
  const [plugin, missing, below, plain] = roots;
  // A file that is named and not there is none; apps are looked for by their usual name like servers.
  expect(plain?.plugin).toMatchObject({ mcpConfig: null, appsConfig: { contents: '{"app":1}' } });
  expect(plain?.warnings).toEqual([`capability file ${uri(space.path('plain/SKILL.md'))} exceeds the 1048576-byte limit`]);
  expect(plain?.skills.map(({ instructions }) => instructions.path)).toEqual([uri(space.path('plain/exact/SKILL.md'))]);
  expect(plugin?.plugin).toMatchObject({ mcpConfig: null, appsConfig: { contents: '{}' } });
  expect(plugin?.warnings).toEqual([
    `ignoring mcpServers in ${uri(space.path('plug/.codex-plugin/plugin.json'))}: path must start with \`./\``,
  ]);
  expect(plugin?.skills).toEqual([
    {
      instructions: { path: uri(space.path('plug/skills/one/SKILL.md')), contents: 'one' },
      metadata: { path: uri(space.path('plug/skills/one/agents/openai.yaml')), contents: 'meta' },
    },
  ]);
  expect(missing?.error).toBe(`failed to inspect capability root ${uri(space.path('none'))}: No such file or directory (os error 2)`);
  expect(below).toMatchObject({ plugin: null, namespaceManifests: plugin?.namespaceManifests });
});

test('configuration: the named keys and nothing else', async () => {
  const text = 'model = "m"\nsecret = "s"\nbig = 9223372036854775807\n[features]\nx = true\ny = false\n';
  await using space = await tempWorkspace({ 'config.toml': text });
  await using executor = await startExecutor({ codexHome: space.root });
  const client = await executor.open('memory');
  const read = (configPaths: string[][]) => client.call('environmentConfig/read', { cwd: 'file:///', configPaths, requirementsPaths: [] });
  const user = async (...keys: string[][]) =>
    (await read(keys)).config.layers.filter(({ source }) => source === `user (${space.path('config.toml')})`);
  const layer = (toml: string) => [{ source: `user (${space.path('config.toml')})`, baseDir: uri(space.root), toml }];
  expect(await user(['model'], ['features', 'x'])).toEqual(layer('model = "m"\n\n[features]\nx = true\n'));
  expect(await user(['big'])).toEqual(layer('big = 9223372036854775807\n'));
  // A path that goes on below a value gets the value, one that leads to nothing the tables on its way.
  expect(await user(['model', 'further'])).toEqual(layer('model = "m"\n'));
  expect(await user(['features', 'none'])).toEqual(layer('[features]\n'));
  expect(await user(['none'])).toEqual([]);
  const refused = (configPaths: string[][], cwd = 'file:///') =>
    client.refusal('environmentConfig/read', { cwd, configPaths, requirementsPaths: [] });
  expect(await refused([])).toEqual([-32_602, 'at least one config or requirements path is required']);
  expect(await refused([[]])).toEqual([-32_602, 'TOML paths must contain at least one key segment']);
  expect(await refused([['model']], 'file:///C:/x')).toEqual([-32_602, "'file:///C:/x' is invalid on 'linux'"]);
  await space.write('config.toml', 'broken = ');
  const [code, message] = await refused([['model']]);
  expect([code, message]).toEqual([
    -32_603,
    expect.stringMatching(`^failed to load executor-local config: ${space.path('config.toml')}:1:10: `),
  ]);
});
