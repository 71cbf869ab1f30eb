/** One rule of the connection each, on servers that a test plays: what is asked for, when, and what ends what. */
import { expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { deferred } from '../../src/base/deferred.ts';
import { RequestError } from '../../src/base/errors.ts';
import { silentLog } from '../../src/base/log.ts';
import type { SandboxRequest } from '../../src/base/permission-profile.ts';
import { webSocketSource } from '../../src/environment/providers.ts';
import { createRemoteEnvironment } from '../../src/environment/remote.ts';
import { environmentOf, info, never, type Played } from './played-server.ts';

const confined: SandboxRequest = {
  profile: {
    type: 'managed',
    network: 'restricted',
    file_system: { type: 'restricted', entries: [{ path: { type: 'special', value: { kind: 'root' } }, access: 'read' }] },
  },
  policyCwd: '/work',
  workspaceRoots: ['/work'],
};
const text = (value: string) => Buffer.from(value).toString('base64');
const idle = { chunks: [], nextSeq: 1, exited: false, exitCode: null, closed: false, failure: null };

test('newer requests go only to servers that say they know them', async () => {
  const whole: unknown[] = [];
  const { environment, asked } = environmentOf({
    'fs/readFile': (params) => {
      whole.push(params.sandbox);
      return { dataBase64: text('whole') };
    },
  });
  const secretHeaders = [{ name: 'authorization', prefix: 'Bearer ', variable: 'TOKEN' }];
  await expect(environment.http.request({ method: 'GET', url: 'http://h/', headers: [], secretHeaders }, never)).rejects.toThrow(
    'the exec-server cannot fill headers from its variables',
  );
  await expect(environment.files.open('/f', { sandbox: confined })).rejects.toMatchObject({ code: 'ENOTSUP' });
  // A large file below a sandbox comes whole where blocks cannot be had.
  expect((await environment.files.readFile('/f', { sandbox: confined, sizeBytes: 64 * 1024 * 1024 })).toString()).toBe('whole');
  expect(asked).toEqual(['initialize', 'fs/readFile']);
  // Nothing in this profile depends on a directory, so none is sent.
  expect(whole).toEqual([expect.not.objectContaining({ cwd: expect.anything() })]);
});

test('a server that knows them is asked', async () => {
  const capabilities = { httpHeaderEnvVars: true, sandboxedFileStreaming: true };
  const { environment, asked } = environmentOf({
    initialize: () => ({ sessionId: 's1', environmentInfo: { ...info, capabilities } }),
    'http/request': ({ headers }) => {
      expect(headers).toEqual([{ name: 'authorization', value: 'Bearer ', valueEnvVar: 'TOKEN' }]);
      return { status: 204, headers: [], bodyBase64: '' };
    },
    'fs/open': ({ handleId }) => ({ handleId }),
  });
  const secretHeaders = [{ name: 'authorization', prefix: 'Bearer ', variable: 'TOKEN' }];
  await environment.http.request({ method: 'GET', url: 'http://h/', headers: [], secretHeaders }, never);
  await environment.files.open('/f', { sandbox: confined });
  expect(asked).toEqual(['initialize', 'http/request', 'fs/open']);
});

test('it connects at its first use, or at once when it is to', async () => {
  const lazy = environmentOf({});
  const eager = environmentOf({}, { eager: true });
  await expect.poll(() => eager.environment.state()).toEqual({ status: 'ready' });
  expect([lazy.asked, lazy.environment.state(), eager.asked]).toEqual([[], { status: 'pending' }, ['initialize']]);
});

test('the handshake has a deadline', async () => {
  const { environment } = environmentOf({ initialize: () => new Promise(() => {}) }, { initializeTimeoutMs: 20 });
  await expect(environment.info(never)).rejects.toThrow('timed out waiting for exec-server initialize handshake after 20 ms');
});

test('what a server asks that nobody here answers is refused, and the connection goes on', async () => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => new Promise<void>((closed) => server.close(() => closed())));
  await new Promise<void>((listening) => server.once('listening', listening));
  const refused = deferred<unknown>();
  server.on('connection', (socket) => {
    const send = (message: object) => socket.send(JSON.stringify(message));
    socket.on('message', (data) => {
      const message = JSON.parse(String(data));
      if (message.method === 'initialize') send({ id: message.id, result: { sessionId: 's1', environmentInfo: info } });
      // A question of a later version of the protocol.
      else if (message.method === 'initialized') send({ id: 'q', method: 'later/question', params: {} });
      else if (message.method === 'fs/canonicalize') send({ id: message.id, result: { path: 'file:///real' } });
      else refused.resolve(message);
    });
  });
  const address = server.address();
  const url = `ws://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const environment = createRemoteEnvironment({ id: 'far', source: webSocketSource({ url, connectTimeoutMs: 5000 }), log: silentLog });
  onTestFinished(() => environment.close());
  await environment.info(never);
  expect(await refused.promise).toEqual({
    error: { code: -32_601, message: 'exec-server client does not implement `later/question`' },
    id: 'q',
  });
  expect(await environment.files.canonicalize('/x')).toBe('/real');
});

/** Tells something over the wire of a played server that its types do not know. */
const tell = (peer: Played['peer'], method: string, params: object) =>
  (peer.notify as (method: string, params: object) => void)(method, params);

test('an unknown event is ignored; a known one that makes no sense ends the connection, and the session comes back', async () => {
  const { environment, asked } = environmentOf({
    'fs/getMetadata': (_params, { peer }) => {
      tell(peer, 'later/event', { x: 1 });
      return { isDirectory: true, isFile: false, isSymlink: false, size: 0, createdAtMs: 0, modifiedAtMs: 0 };
    },
    'fs/canonicalize': (_params, { peer }) => {
      tell(peer, 'process/output', { processId: 5 });
      return new Promise(() => {});
    },
  });
  expect(await environment.files.metadata('/')).toMatchObject({ isDirectory: true });
  await expect(environment.files.canonicalize('/x')).rejects.toMatchObject({ code: 'EPIPE' });
  expect(await environment.files.metadata('/')).toMatchObject({ isDirectory: true });
  expect(asked.filter((method) => method === 'initialize')).toHaveLength(2);
});

test('events that come before the answer to a resume are kept, also those of the connection before are not taken twice', async () => {
  const connections: Played[] = [];
  const event = (peer: Played['peer'], seq: number, chunk: string) =>
    peer.notify('process/output', { processId: 'p~1', seq, stream: 'stdout', chunk: text(chunk) });
  const { environment, start } = environmentOf({
    initialize: ({ resumeSessionId }, server) => {
      connections.push(server);
      if (resumeSessionId != null) event(server.peer, 2, 'two ');
      return { sessionId: 's1', environmentInfo: info };
    },
    'process/start': ({ processId }, { peer }) => {
      event(peer, 1, 'one ');
      return { processId };
    },
    'process/read': () => ({ ...idle, nextSeq: 3, chunks: [{ seq: 2, stream: 'stdout', chunk: text('two ') }] }),
    'fs/getMetadata': (_params, { peer }) => void peer.close(),
  });
  const running = await start();
  let all = '';
  running.onOutput(({ bytes }) => {
    all += bytes.toString();
  });
  await expect(environment.files.metadata('/')).rejects.toMatchObject({ code: 'EPIPE' });
  await environment.info(never);
  const [, second] = connections;
  if (second) event(second.peer, 3, 'three');
  await expect.poll(() => all).toBe('one two three');
});

test('more than 1024 calls are not made; what cleans up has one place more', async () => {
  const release = deferred();
  const { environment, start } = environmentOf({
    'fs/getMetadata': async () => {
      await release.promise;
      throw new RequestError('notFound', 'No such file or directory (os error 2)');
    },
  });
  const running = await start();
  const calls = Array.from({ length: 1024 }, () => environment.files.metadata('/x').catch((error: unknown) => error));
  await expect(environment.files.metadata('/y')).rejects.toThrow('exec-server has reached its limit of 1024 pending requests');
  await running.signal('SIGKILL');
  release.resolve();
  expect(await Promise.all(calls)).toEqual(Array.from({ length: 1024 }, () => expect.objectContaining({ code: 'ENOENT' })));
});
