/** The client against servers that a test plays itself: old ones, hostile ones, and ones that count what they are asked. */
import { expect, onTestFinished, test } from 'vitest';
import { RequestError } from '../../src/base/errors.ts';
import { silentLog } from '../../src/base/log.ts';
import { defaultShellEnvironmentPolicy } from '../../src/base/permission-profile.ts';
import { webSocketSource } from '../../src/environment/providers.ts';
import { createRemoteEnvironment } from '../../src/environment/remote.ts';
import { execSurface, listenWebSocket } from '../../src/rpc/transports/websocket-server.ts';
import { type Answers, environmentOf, info, never, play } from './played-server.ts';

const text = (value: string) => Buffer.from(value).toString('base64');
/** The events of a process that prints and ends, as they are sent before the answer to its start. */
const events = (processId: string, more: { sandboxDenied?: boolean } = { sandboxDenied: false }) => ({
  out: (seq: number, chunk: string) => ['process/output', { processId, seq, stream: 'stdout', chunk: text(chunk) }] as const,
  exit: (seq: number) => ['process/exited', { processId, seq, exitCode: 0, ...more }] as const,
  closed: (seq: number) => ['process/closed', { processId, seq }] as const,
});
type Event = ReturnType<ReturnType<typeof events>[keyof ReturnType<typeof events>]>;

const starting =
  (make: (event: ReturnType<typeof events>) => readonly Event[], more?: { sandboxDenied?: boolean }): NonNullable<Answers[string]> =>
  ({ processId }, { peer }) => {
    for (const [method, params] of make(events(String(processId), more))) peer.notify(method, params);
    return { processId };
  };

async function outputOf(start: ReturnType<typeof environmentOf>['start']) {
  const running = await start();
  await running.closed;
  let all = '';
  running.onOutput(({ bytes }) => {
    all += bytes.toString();
  });
  return { all, outcome: await running.exited };
}

test('a complete stream is taken without a single read, also when it overtakes the answer and itself', async () => {
  const { asked, start } = environmentOf({
    'process/start': starting((e) => [e.closed(4), e.out(2, 'b'), e.exit(3), e.out(1, 'a'), e.out(1, 'a')]),
  });
  expect(await outputOf(start)).toEqual({ all: 'ab', outcome: { kind: 'exited', exitCode: 0, sandboxDenied: false } });
  expect(asked.filter((method) => method === 'process/read')).toEqual([]);
});

test('an older server that does not say whether the sandbox denied is asked once', async () => {
  const { asked, start } = environmentOf({
    'process/start': starting((e) => [e.out(1, 'a'), e.exit(2), e.closed(3)], {}),
    'process/read': () => ({ chunks: [], nextSeq: 4, exited: true, exitCode: 0, closed: true, failure: null, sandboxDenied: true }),
  });
  expect(await outputOf(start)).toEqual({ all: 'a', outcome: { kind: 'exited', exitCode: 0, sandboxDenied: true } });
  expect(asked.filter((method) => method === 'process/read')).toEqual(['process/read']);
});

test('a gap that does not close is asked about; what is gone for good ends that process alone, and it is killed', async () => {
  let reads = 0;
  const { environment, asked, start } = environmentOf({
    'process/start': starting((e) => [e.out(1, 'a'), e.out(3, 'c')]),
    'process/read': () => {
      reads += 1;
      const chunks = [{ seq: 3, stream: 'stdout', chunk: text('c') }];
      return { chunks, nextSeq: 4, exited: false, exitCode: null, closed: false, failure: null };
    },
  });
  const { all, outcome } = await outputOf(start);
  expect({ all, outcome }).toEqual({
    all: 'a',
    outcome: { kind: 'lost', reason: expect.stringContaining('no longer retained while recovering through sequence 3') },
  });
  expect([reads, environment.state()]).toEqual([1, { status: 'ready' }]);
  await expect.poll(() => asked).toContain('process/terminate');
});

test('a session that is still attached is asked for again; an unknown one is given up', async () => {
  let attempts = 0;
  const { environment, asked } = environmentOf({
    initialize: ({ resumeSessionId }) => {
      if (resumeSessionId == null) return { sessionId: 's1', environmentInfo: info };
      attempts += 1;
      if (attempts < 3) throw new RequestError('custom', 'session s1 is already attached to another connection', { code: -32010 });
      if (attempts === 4) throw new RequestError('invalidRequest', 'unknown session id s1');
      return { sessionId: resumeSessionId, environmentInfo: info };
    },
    'fs/getMetadata': (_params, { peer }) => {
      void peer.close();
      return {};
    },
  });
  await environment.info(never);
  await expect(environment.files.metadata('/')).rejects.toMatchObject({ code: 'EPIPE' });
  expect(await environment.info(never)).toMatchObject({ os: 'linux' });
  expect([attempts, environment.state()]).toEqual([3, { status: 'ready' }]);
  await expect(environment.files.metadata('/')).rejects.toMatchObject({ code: 'EPIPE' });
  await expect
    .poll(() => environment.state())
    .toMatchObject({ status: 'disconnected', error: expect.stringMatching(/unknown session id s1$/) });
  expect(asked.filter((method) => method === 'initialize')).toHaveLength(5);
});

test('a write whose answer is lost is repeated with its id; a start is not repeated, and what it may have begun is killed', async () => {
  const ids: unknown[] = [];
  const killed: unknown[] = [];
  let starts = 0;
  const { environment, start } = environmentOf({
    'process/start': ({ processId }, { peer }) => {
      starts += 1;
      if (starts === 2) void peer.close();
      return { processId };
    },
    'process/write': ({ writeId }, { peer }) => {
      ids.push(writeId);
      if (ids.length === 1) void peer.close();
      return { status: 'accepted' };
    },
    'process/read': () => ({ chunks: [], nextSeq: 1, exited: false, exitCode: null, closed: false, failure: null }),
    'process/terminate': ({ processId }, { peer }) => {
      killed.push(processId);
      for (const [method, params] of [events(String(processId)).exit(1), events(String(processId)).closed(2)]) peer.notify(method, params);
      return { running: true };
    },
  });
  const running = await start();
  await running.write(Buffer.from('x'));
  expect(ids).toEqual(['1', '1']);
  void running.terminate();
  await expect.poll(() => killed).toHaveLength(1);
  const second = await environment.processes
    .start({ id: 'q', argv: ['x'], cwd: '/', env: { policy: defaultShellEnvironmentPolicy, overlay: {} }, stdin: 'closed' }, never)
    .catch((error: unknown) => error);
  expect(second).toMatchObject({ name: 'ConnectionLost' });
  await expect.poll(() => killed).toEqual([expect.stringMatching(/^p~/), expect.stringMatching(/^q~/)]);
  expect(starts).toBe(2);
});

test('a message longer than the client takes ends the connection and nothing else', async () => {
  const asked: string[] = [];
  const listener = await listenWebSocket({
    at: { host: '127.0.0.1', port: 0 },
    surface: execSurface,
    log: silentLog,
    onConnection: (transport) =>
      play(
        transport,
        { 'fs/readFile': () => ({ dataBase64: 'A'.repeat(400_000) }), 'fs/canonicalize': () => ({ path: 'file:///real' }) },
        asked,
      ),
  });
  onTestFinished(() => listener.close());
  const environment = createRemoteEnvironment({
    id: 'far',
    source: webSocketSource({ url: listener.url, connectTimeoutMs: 5000, maxMessageBytes: 100_000 }),
    log: silentLog,
  });
  onTestFinished(() => environment.close());
  await expect(environment.files.readFile('/big')).rejects.toMatchObject({ code: 'EPIPE' });
  expect(await environment.files.canonicalize('/x')).toBe('/real');
  expect(asked.filter((method) => method === 'initialize')).toHaveLength(2);
});

test('a streamed body: in order, with its error, and refused when a number is missing', async () => {
  const bodies: Record<string, readonly [number, string, boolean, string?][]> = {
    good: [
      [1, 'a', false],
      [2, 'b', false],
      [3, '', true],
    ],
    broken: [
      [1, 'a', false],
      [2, '', true, 'error decoding response body'],
    ],
    gap: [
      [1, 'a', false],
      [3, 'c', false],
    ],
  };
  const { environment } = environmentOf({
    'http/request': ({ url, requestId }, { peer }) => {
      setImmediate(() => {
        for (const [seq, chunk, done, error] of bodies[String(url)] ?? [])
          peer.notify('http/request/bodyDelta', {
            requestId: String(requestId),
            seq,
            deltaBase64: text(chunk),
            done,
            error: error ?? null,
          });
      });
      return { status: 200, headers: [{ name: 'x', value: '1' }], bodyBase64: '' };
    },
  });
  const read = async (url: string) => {
    const response = await environment.http.request({ method: 'GET', url, headers: [] }, never);
    let all = '';
    for await (const bytes of response.body) all += bytes.toString();
    return all;
  };
  expect(await read('good')).toBe('ab');
  await expect(read('broken')).rejects.toThrow('error decoding response body');
  await expect(read('gap')).rejects.toThrow('http response stream `http-3` received seq 3, expected 2');
});

test('a server without fs/walk: the same listing by hand, with its limits', async () => {
  const kinds: Record<string, 'directory' | 'file'> = { '/r': 'directory', '/r/b': 'directory', '/r/b/c': 'file', '/r/a': 'file' };
  const links: Record<string, string> = { '/r/l': '/r' };
  const real = (path: string): string => (links[path] === undefined ? path : real(links[path]));
  const at = (params: Record<string, unknown>) => String(params.path).replace('file://', '');
  const { environment, asked } = environmentOf({
    'fs/getMetadata': (params) => {
      const kind = kinds[real(at(params))];
      if (!kind) throw new RequestError('notFound', 'No such file or directory (os error 2)');
      const times = { size: 0, createdAtMs: 0, modifiedAtMs: 0 };
      return { isDirectory: kind === 'directory', isFile: kind === 'file', isSymlink: at(params) in links, ...times };
    },
    'fs/readDirectory': (params) => ({
      entries: [...Object.keys(kinds), ...Object.keys(links)]
        .filter((path) => path.replace(/\/[^/]*$/, '') === real(at(params)))
        .map((path) => {
          const isDirectory = kinds[real(path)] === 'directory';
          return { fileName: path.replace(/.*\//, ''), isDirectory, isFile: !isDirectory };
        }),
    }),
    'fs/canonicalize': (params) => ({ path: `file://${real(at(params))}` }),
  });
  const limits = { maxDepth: 5, maxDirectories: 10, maxEntries: 100, pruneHiddenDirectories: false };
  const walk = (over: object) =>
    environment.files
      .walk('/r', { ...limits, followDirectorySymlinks: false, ...over })
      .then(({ entries }) => entries.map(({ path }) => path));
  expect(await walk({})).toEqual(['/r/a', '/r/b', '/r/b/c']);
  expect(await walk({ followDirectorySymlinks: true })).toEqual(['/r/a', '/r/b', '/r/l', '/r/b/c']);
  expect(await walk({ maxEntries: 1 })).toEqual(['/r/a']);
  expect(asked.filter((method) => method === 'fs/walk')).toHaveLength(3);
});

test('a file that is being read fails with its connection and is not opened again behind the reader', async () => {
  let reads = 0;
  const { environment, asked } = environmentOf({
    'fs/open': ({ handleId }) => ({ handleId }),
    'fs/readBlock': (_params, server) => {
      reads += 1;
      if (reads > 1) throw new RequestError('notFound', 'unknown file handle `h`');
      void server.peer.close();
      return new Promise(() => {});
    },
    'fs/close': () => ({}),
  });
  const file = await environment.files.open('/f');
  await expect(file.read(0, 10)).rejects.toMatchObject({ code: 'EPIPE' });
  // The session is back by now; the handle is not.
  await expect(file.read(0, 10)).rejects.toMatchObject({ code: 'EBADF' });
  await file.close();
  expect(asked.filter((method) => method === 'fs/open')).toHaveLength(1);
});

test.each([
  ['a block that is too long', { chunk: Buffer.alloc(11).toString('base64'), eof: false }],
  ['a short block that is not the last', { chunk: '', eof: false }],
  ['no base64', { chunk: '*', eof: true }],
])('%s is an error of that file alone', async (_what, answer) => {
  const { environment } = environmentOf({
    'fs/open': ({ handleId }) => ({ handleId }),
    'fs/readBlock': () => answer,
    'fs/close': () => ({}),
  });
  const file = await environment.files.open('/f');
  await expect(file.read(0, 10)).rejects.toThrow(/protocol error: fs\/readBlock/);
  expect(environment.state()).toEqual({ status: 'ready' });
  await file.close();
});

const foundRoot = { plugin: null, skills: [], namespaceManifests: [], warnings: [], error: null };
const kit = { id: 'kit', uri: 'file:///kit' };

test.each([
  ['too few', []],
  ['another id', [{ ...foundRoot, id: 'other', path: 'file:///kit' }]],
  ['another path', [{ ...foundRoot, id: 'kit', path: 'file:///other' }]],
])('an answer about other roots is refused: %s', async (_what, roots) => {
  const { environment } = environmentOf({ 'capabilityRoots/discoverV1': () => ({ roots }) });
  await expect(environment.discover([kit], never)).rejects.toThrow(/answered about other roots/);
});

test('a server without discovery is looked through file by file', async () => {
  const text: Record<string, string> = { '/kit/.codex-plugin/plugin.json': '{"name":"kit"}', '/kit/a/SKILL.md': 'a' };
  const at = (params: Record<string, unknown>) => String(params.path).replace('file://', '');
  const { environment, asked } = environmentOf({
    'fs/getMetadata': (params) => {
      const content = text[at(params)];
      if (content === undefined && at(params) !== '/kit') throw new RequestError('notFound', 'No such file or directory (os error 2)');
      const isFile = content !== undefined;
      return { isDirectory: !isFile, isFile, isSymlink: false, size: content?.length ?? 0, createdAtMs: 0, modifiedAtMs: 0 };
    },
    'fs/walk': () => ({
      entries: Object.keys(text).map((path) => ({ path: `file://${path}`, kind: 'file' })),
      errors: [],
      truncated: false,
    }),
    'fs/readFile': (params) => ({ dataBase64: Buffer.from(text[at(params)] ?? '').toString('base64') }),
  });
  expect(await environment.discover([kit], never)).toMatchObject([
    {
      plugin: { manifest: { path: 'file:///kit/.codex-plugin/plugin.json' }, mcpConfig: null },
      skills: [{ instructions: { path: 'file:///kit/a/SKILL.md', contents: 'a' }, metadata: null }],
      error: null,
    },
  ]);
  expect(asked.slice(0, 2)).toEqual(['initialize', 'capabilityRoots/discoverV1']);
});

test('more roots than one call takes are asked for in several', async () => {
  const { environment, asked } = environmentOf({
    'capabilityRoots/discoverV1': ({ roots }) => ({ roots: Array.isArray(roots) ? roots.map((root) => ({ ...foundRoot, ...root })) : [] }),
  });
  const roots = Array.from({ length: 300 }, (_, index) => ({ id: `r${index}`, uri: `file:///r${index}` }));
  expect((await environment.discover(roots, never)).map(({ id }) => id)).toEqual(roots.map(({ id }) => id));
  expect(asked.filter((method) => method === 'capabilityRoots/discoverV1')).toHaveLength(3);
});
