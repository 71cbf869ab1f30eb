'use strict';
// Writes V8's compiled form of a chunk, for the Node that runs this. An exec-server serves a client first, so that what the first
// requests of each start need is compiled too.
const { EventEmitter, once } = require('node:events');
const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const http = require('node:http');
const Module = require('node:module');
const { createServer } = require('node:net');
const { tmpdir } = require('node:os');
const { dirname, join } = require('node:path');
const { pathToFileURL } = require('node:url');
const { Script } = require('node:vm');
const { WebSocket } = require('ws');

/** What an executor answers as long as another connection has the session. */
const stillAttached = -32_010;

const [file] = process.argv.slice(2);
const script = new Script(Module.wrap(readFileSync(file, 'latin1')), { filename: file });
const chunk = { exports: {} };
script.runInThisContext().call(chunk.exports, chunk.exports, Module.createRequire(file), chunk, file, dirname(file));

async function serveOneClient(execServer, codexHome) {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const listen = { kind: 'ws', host: '127.0.0.1', port: server.address().port };
  const flags = { listen, wsAuth: {}, concurrentRequests: undefined, exitOnStdinClose: false };
  await execServer({ flags, codexHome, opened: { server, taken: () => [] } });
  const url = `ws://127.0.0.1:${listen.port}`;
  const first = await connect(url, {});
  const cwd = pathToFileURL(codexHome).href;
  const program = { argv: [process.execPath, '-e', 'console.log(1)'], env: {}, tty: false, pipeStdin: false, arg0: null };
  await first.request('process/start', { processId: 'one', cwd, ...program });
  await first.closed('one');
  await useEverything(first, cwd);
  first.close();
  // The session is free once the server has seen the end.
  const second = await connect(url, { resumeSessionId: first.sessionId });
  await second.request('process/read', { processId: 'one', afterSeq: 0, maxBytes: 65_536, waitMs: 0 });
  second.close();
}

/** What clients ask for most, once each. */
async function useEverything(client, cwd) {
  const file = { path: `${cwd}/file`, sandbox: null };
  await client.request('fs/writeFile', { ...file, dataBase64: 'YQ==' });
  await client.request('fs/readFile', file);
  await client.request('fs/getMetadata', file);
  await client.request('fs/readDirectory', { path: cwd, sandbox: null });
  const limits = { maxDepth: 4, maxDirectories: 10, maxEntries: 10, followDirectorySymlinks: false };
  await client.request('fs/walk', { path: cwd, options: limits, sandbox: null });
  await client.request('fs/open', { handleId: 'one', ...file });
  await client.request('fs/readBlock', { handleId: 'one', offset: 0, len: 16 });
  await client.request('fs/close', { handleId: 'one' });
  const origin = http.createServer((_, response) => response.end('x')).listen(0, '127.0.0.1');
  await once(origin, 'listening');
  const url = `http://127.0.0.1:${origin.address().port}/`;
  const call = { method: 'GET', url, headers: [], redirectPolicy: 'follow', timeoutMs: 10_000 };
  await client.request('http/request', { ...call, requestId: 'whole', streamResponse: false });
  await client.request('http/request', { ...call, requestId: 'stream', streamResponse: true });
  await client.noted('http/request/bodyDelta', ({ done }) => done);
  origin.close().closeAllConnections();
}

/** A connection after its handshake. Asks again while the session it wants is not free yet. */
async function connect(url, params) {
  const socket = new WebSocket(url);
  await once(socket, 'open');
  const answers = new Map();
  const notes = [];
  const told = new EventEmitter();
  socket.on('message', (data) => {
    const { id, method, ...message } = JSON.parse(data);
    if (method === undefined) answers.get(id)?.(message);
    else notes.push({ method, params: message.params });
    told.emit('message');
  });
  const ask = (method, own) => {
    const id = answers.size;
    socket.send(JSON.stringify({ id, method, params: own }));
    return new Promise((resolve) => answers.set(id, resolve));
  };
  const request = async (method, own) => {
    const { error, result } = await ask(method, own);
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  };
  const noted = async (method, fits) => {
    while (!notes.some((note) => note.method === method && fits(note.params))) await once(told, 'message');
  };
  let opened = await ask('initialize', { clientName: 'build', ...params });
  while (opened.error?.code === stillAttached) opened = await ask('initialize', { clientName: 'build', ...params });
  socket.send(JSON.stringify({ method: 'initialized' }));
  const closed = (id) => noted('process/closed', ({ processId }) => processId === id);
  return { sessionId: opened.result.sessionId, request, noted, closed, close: () => socket.terminate() };
}

/** After running, so that what the start needs is in it. */
const write = () => writeFileSync(`${file}.${process.version}-${process.arch}.cache`, script.createCachedData());

if (chunk.exports.execServer) {
  const home = mkdtempSync(join(tmpdir(), 'switchyard-build-'));
  const end = (status) => {
    rmSync(home, { recursive: true, force: true });
    process.exit(status);
  };
  setTimeout(() => end(1), 60_000);
  serveOneClient(chunk.exports.execServer, home)
    .then(write)
    .then(() => process.once('exit', () => rmSync(home, { recursive: true, force: true })).emit('SIGTERM'))
    .catch((error) => {
      console.error(error);
      end(1);
    });
} else write();
