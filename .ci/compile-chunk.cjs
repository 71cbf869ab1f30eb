'use strict';
// Writes V8's compiled form of a chunk, for the Node that runs this. An exec-server serves a client first, so that what the first
// client of each start needs is compiled too.
const { once } = require('node:events');
const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { createServer } = require('node:net');
const { tmpdir } = require('node:os');
const { dirname, join } = require('node:path');
const { Script } = require('node:vm');

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
  const { WebSocket } = require('ws');
  const client = new WebSocket(`ws://127.0.0.1:${listen.port}`);
  await once(client, 'open');
  const send = (message) => client.send(JSON.stringify(message));
  send({ id: 1, method: 'initialize', params: { clientName: 'build' } });
  await once(client, 'message');
  send({ method: 'initialized' });
  const cwd = require('node:url').pathToFileURL(codexHome).href;
  const program = { argv: [process.execPath, '-e', '0'], env: {}, tty: false, pipeStdin: false, arg0: null };
  send({ id: 2, method: 'process/start', params: { processId: 'one', cwd, ...program } });
  for await (const [message] of require('node:events').on(client, 'message')) {
    if (String(message).includes('process/closed')) break;
  }
  client.close();
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
