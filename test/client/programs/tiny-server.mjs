// Just enough of an app-server for the client's tests: answers initialize, renames threads, asks one question.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const stubborn = process.argv.includes('stubborn');
const send = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const renamed = (threadId, threadName) => send({ method: 'thread/name/updated', params: { threadId, threadName }, emittedAtMs: 1 });

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { id, method, params } = JSON.parse(line);
    if (method === 'initialize') {
      send({ id, result: { userAgent: 'tiny', codexHome: '/', platformFamily: 'unix', platformOs: 'linux' } });
    } else if (method === 'thread/name/set') {
      send({ id, result: {} });
      if (params.name === 'ask') {
        send({
          method: 'item/fileChange/requestApproval',
          id: 0,
          params: { threadId: 't', turnId: 'u', itemId: 'i', startedAtMs: 1, reason: null, grantRoot: null },
        });
        send({ method: 'serverRequest/resolved', params: { threadId: 't', requestId: 0 }, emittedAtMs: 1 });
      } else if (params.name === 'spawn') {
        const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
        renamed('t', String(child.pid));
      } else renamed(params.threadId, params.name);
    }
  })
  .on('close', () => {
    if (stubborn) setInterval(() => {}, 1000);
    else process.stderr.write('tiny server ended\n');
  });
