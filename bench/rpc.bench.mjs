// What the peer costs: notifications out (one reader, ten readers), calls in a row, calls in flight. `node bench/rpc.bench.mjs`
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(root, 'node_modules', '.cache-bench-'));
const entry = `
export * from './src/rpc/peer.ts';
export * from './src/rpc/contract.ts';
export * from './src/rpc/dialect.ts';
export { ndjsonTransport } from './src/rpc/transports/ndjson.ts';
export { memoryPair } from './src/rpc/transports/memory.ts';
export { listenWebSocket, appSurface } from './src/rpc/transports/websocket-server.ts';
export { connectWebSocket } from './src/rpc/transports/websocket-client.ts';
export { Scope } from './src/base/scope.ts';
export { silentLog } from './src/base/log.ts';
export * as z from 'zod/mini';
`;
const outfile = join(scratch, 'bundle.mjs');
await build({ stdin: { contents: entry, resolveDir: root }, bundle: true, platform: 'node', format: 'esm', packages: 'external', outfile });
const rpc = await import(pathToFileURL(outfile));
rmSync(scratch, { recursive: true });
const { z } = rpc;

const Delta = rpc.schema('Delta', () => z.object({ threadId: z.string(), turnId: z.string(), itemId: z.string(), delta: z.string() }));
const Echo = rpc.schema('Echo', () => z.object({ text: z.string() }));
const rows = { echo: rpc.request({ doc: '', params: Echo, result: Echo }) };
const notifications = { 'item/delta': rpc.notification({ doc: '', params: Delta }) };
const scope = new rpc.Scope('bench');
const shared = { scope, log: rpc.silentLog, context: (call) => call };
const serverOn = (transport) =>
  rpc.createPeer({
    ...shared,
    transport,
    dialect: rpc.appDialect,
    receives: { requests: rows, notifications: {} },
    sends: { requests: {}, notifications },
    handlers: { echo: (params) => params },
  });
const clientOn = (transport, onNotification = () => {}) =>
  rpc.createPeer({
    ...shared,
    transport,
    dialect: rpc.appClientDialect,
    receives: { requests: {}, notifications },
    sends: { requests: rows, notifications: {} },
    handlers: {},
    onNotification,
  });

const delta = (n) => ({
  threadId: '01a1fd10-0000-7000-8000-000000000000',
  turnId: '01a1fd10-0000-7000-8000-000000000001',
  itemId: 'msg_1',
  delta: `word ${n} `,
});

async function measure(name, count, work) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  const perSecond = Math.round((count / ms) * 1000).toLocaleString('en');
  console.log(`${name.padEnd(58)} ${perSecond.padStart(10)}/s  ${((user + system) / count).toFixed(2).padStart(7)} us CPU each`);
}

/** A process that swallows what it is sent. */
function sink() {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const transport = rpc.ndjsonTransport({ input: child.stdout, output: child.stdin });
  return { transport, exited: new Promise((resolve) => child.once('exit', resolve)) };
}

/** Posts in bursts the way a model stream does: some, then a turn of the event loop. */
async function stream(total, burst, post) {
  for (let n = 0; n < total; ) {
    for (const end = n + burst; n < end; n += 1) post(delta(n));
    await new Promise(setImmediate);
  }
}

async function notificationsOut(readers, total, burst) {
  const sinks = Array.from({ length: readers }, sink);
  const peers = sinks.map(({ transport }) => serverOn(transport));
  await stream(2000, burst, (params) => rpc.notifyMany(peers, 'item/delta', params));
  await measure(`notifications to ${readers} pipe reader(s), bursts of ${burst}`, total, () =>
    stream(total, burst, (params) => rpc.notifyMany(peers, 'item/delta', params)),
  );
  await Promise.all(peers.map((peer) => peer.close()));
  await Promise.all(sinks.map(({ exited }) => exited));
}

async function calls(name, [server, client], total, inFlight) {
  const peer = serverOn(server);
  const caller = clientOn(client);
  const worker = async (count) => {
    for (let n = 0; n < count; n += 1) await caller.request('echo', { text: 'hello' });
  };
  await worker(500);
  await measure(`${name}, ${inFlight} in flight (both ends in one process)`, total, () =>
    Promise.all(Array.from({ length: inFlight }, () => worker(total / inFlight))),
  );
  await Promise.all([caller.close(), peer.close()]);
}

async function webSockets() {
  let accepted;
  const waiting = new Promise((resolve) => {
    accepted = resolve;
  });
  const listener = await rpc.listenWebSocket({
    at: { host: '127.0.0.1', port: 0 },
    surface: rpc.appSurface,
    log: rpc.silentLog,
    onConnection: accepted,
  });
  const client = await rpc.connectWebSocket({ url: listener.url });
  await listener.close();
  return [await waiting, client];
}

async function received(name, [server, client], total) {
  const peer = serverOn(server);
  let seen = 0;
  let done;
  const all = new Promise((resolve) => {
    done = resolve;
  });
  const caller = clientOn(client, () => {
    if (++seen === total) done();
  });
  await measure(`${name}, notifications received and validated`, total, async () => {
    for (let n = 0; n < total; n += 1) {
      peer.notify('item/delta', delta(n));
      if (n % 20 === 0) while (n - seen > 500) await new Promise(setImmediate);
    }
    await all;
  });
  await Promise.all([caller.close(), peer.close()]);
}

await notificationsOut(1, 200_000, 1);
await notificationsOut(1, 200_000, 20);
await notificationsOut(10, 50_000, 20);
await calls('memory calls', rpc.memoryPair(), 20_000, 1);
await calls('memory calls', rpc.memoryPair(), 20_000, 50);
await calls('websocket calls', await webSockets(), 10_000, 1);
await calls('websocket calls', await webSockets(), 20_000, 50);
await received('memory', rpc.memoryPair(), 50_000);
await received('websocket', await webSockets(), 50_000);
await scope.close();
