// The protocol without any library, framed as editors with a language client frame it (Neovim's vim.lsp.rpc, Emacs' jsonrpc):
// a Content-Length header before each JSON value. The server takes the framing of the first bytes it gets.
// node content-length.mjs "say: hello" switchyard app-server ARGS... - declines whatever is asked.
import { spawn } from 'node:child_process';

const [text = 'say: hello', command = 'switchyard', ...args] = process.argv.slice(2);
const server = spawn(command, args.length > 0 ? args : ['app-server'], { stdio: ['pipe', 'pipe', 'inherit'] });
const waiting = new Map();
let nextId = 1;
let bytes = Buffer.alloc(0);

function send(message) {
  const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
  server.stdin.write(`Content-Length: ${body.length}\r\n\r\n`);
  server.stdin.write(body);
}

function request(method, params) {
  const id = nextId++;
  send({ id, method, params });
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}

function receive(message) {
  if (message.method === undefined) {
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error) call?.reject(new Error(message.error.message));
    else call?.resolve(message.result);
  } else if (message.id !== undefined) {
    // A question of the server. An editor would show it here.
    send({ id: message.id, result: { decision: 'decline' } });
  } else if (message.method === 'item/agentMessage/delta') {
    process.stdout.write(message.params.delta);
  } else if (message.method === 'turn/completed') {
    process.stdout.write(`\n[${message.params.turn.status}]\n`);
    // The end of its input is how a server on stdio is told to leave.
    server.stdin.end();
  }
}

server.stdout.on('data', (chunk) => {
  bytes = Buffer.concat([bytes, chunk]);
  for (;;) {
    const head = bytes.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = Number(/Content-Length: *(\d+)/i.exec(bytes.subarray(0, head).toString())?.[1]);
    const end = head + 4 + length;
    if (bytes.length < end) return;
    receive(JSON.parse(bytes.subarray(head + 4, end).toString()));
    bytes = bytes.subarray(end);
  }
});

await request('initialize', { clientInfo: { name: 'content-length-example', version: '1.0.0' } });
send({ method: 'initialized' });
const { thread } = await request('thread/start', { cwd: process.cwd() });
await request('turn/start', { threadId: thread.id, input: [{ type: 'text', text }] });
