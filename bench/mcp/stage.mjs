// What a recording is played on: a scratch directory with the servers of the fixtures, a model that does as it is told, an
// exec-server behind a tap, and the program itself. Everything ends with `close`.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { root as repository } from '../shared.mjs';
import { openTap } from './tap.mjs';

/** Addresses that the recordings were made with: they show in callback ids, status lists and token stores. */
export const serverUrl = 'http://127.0.0.1:8821/mcp';
export const authority = 'http://127.0.0.1:8822';
/** The servers of the fixtures listen there unless they are told otherwise. */
const tapPort = 8825;
const execPort = 8826;
const endMs = 5000;

/** `program` is a command of which `app-server` and `exec-server` are subcommands. */
export async function openStage(program, shared) {
  // Outside the temp directory: the original program refuses to keep its helpers there.
  const scratch = mkdtempSync(join(homedir(), '.switchyard-mcp-'));
  const path = (...parts) => join(scratch, ...parts);
  for (const name of ['home', 'exechome', 'plugin']) mkdirSync(path(name));
  cpSync(join(shared, 'mcp-fixtures'), path('fixtures'), { recursive: true });
  symlinkSync(join(repository, 'node_modules'), path('node_modules'));
  const model = await startModel();
  const children = [];
  let tap;
  const env = { PATH: process.env.PATH, HOME: scratch, LANG: 'C.UTF-8', TERM: 'xterm', SHELL: '/bin/bash' };
  const start = (command, options) => {
    const child = spawn(command[0], command.slice(1), options);
    children.push(child);
    return child;
  };
  return {
    path,
    fixtures: path('fixtures'),
    requests: model.requests,
    /** Top-level keys come before the tables. */
    configure: (top, tables) => writeFileSync(path('home/config.toml'), `${top}\n${model.config}${tables}`),
    write: (name, text) => {
      mkdirSync(join(path(name), '..'), { recursive: true });
      writeFileSync(path(name), text, { mode: 0o600 });
    },
    read: (name) => readFileSync(path(name), 'utf8'),
    /** Resolves when the server and its authorization server listen. */
    startServer: (switches) =>
      firstOutput(
        start([process.execPath, path('fixtures/http-oauth-server.mjs')], {
          env: { ...process.env, LOG: path('http.jsonl'), ...switches },
          stdio: ['ignore', 'pipe', 'inherit'],
        }),
      ),
    /** The tap notes what goes by and breaks the connection where `fault` says so. */
    async startExecutor(variables, fault) {
      const child = start([...program, 'exec-server', '--listen', `ws://127.0.0.1:${execPort}`], {
        env: { ...env, CODEX_HOME: path('exechome'), ...variables },
        cwd: path('fixtures'),
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      await firstOutput(child);
      tap = await openTap({ port: tapPort, upstream: `ws://127.0.0.1:${execPort}`, fault });
      return tap;
    },
    startProgram: (variables) =>
      start([...program, 'app-server'], {
        env: { ...env, CODEX_HOME: path('home'), ...variables },
        cwd: path('fixtures'),
        stdio: ['pipe', 'pipe', openSync(path('stderr'), 'a')],
      }),
    frames: () => tap?.frames ?? [],
    cut: () => tap?.cut(),
    /** What the server was asked. */
    log: () =>
      readFileSync(path('http.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    /** Ends the program and whatever it reads from: goodbyes are part of what servers are asked. */
    async settle() {
      for (const child of children.filter(({ stdin }) => stdin)) await ended(child);
    },
    async close() {
      for (const child of children.reverse()) await ended(child);
      tap?.close();
      model.close();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

const firstOutput = (child) =>
  new Promise((resolve, reject) => {
    child.stdout.once('data', resolve);
    child.stderr?.once('data', resolve);
    child.once('exit', (code) => reject(new Error(`a program ended with ${code} before it said anything`)));
  });

/** A program that reads its input ends by itself when that is closed, and says goodbye to its servers. */
async function ended(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const over = new Promise((resolve) => child.once('exit', resolve));
  if (child.stdin) child.stdin.end();
  else child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), endMs);
  await over;
  clearTimeout(late);
}

/** Calls the tool that the user names (`CALL namespace::tool {arguments}`), and says `ok` to everything else. */
async function startModel() {
  const requests = [];
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    if (!request.url.endsWith('/responses')) {
      response.writeHead(404).end();
      return;
    }
    const body = JSON.parse(Buffer.concat(parts).toString('utf8'));
    const number = requests.push(body);
    const event = (type, rest) => response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    event('response.created', { response: { id: `r${number}` } });
    event('response.output_item.done', { item: answer(body.input.at(-1), number) });
    event('response.completed', { response: { id: `r${number}`, usage: { input_tokens: 0, output_tokens: 0, total_tokens: 0 } } });
    response.end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}/v1`;
  return {
    requests,
    config: `model = "mock-model"\nmodel_provider = "mock"\n[model_providers.mock]\nname = "mock"\nbase_url = "${url}"\nwire_api = "responses"\nrequest_max_retries = 0\nstream_max_retries = 0\n`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answer(last, number) {
  const text = last?.role === 'user' ? last.content.map((part) => part.text).join('') : '';
  const [, namespace, name, args = '{}'] = /^CALL (?:(\w+)::)?(\w+)(?: (.*))?$/.exec(text) ?? [];
  if (name === undefined) return { type: 'message', id: `m${number}`, role: 'assistant', content: [{ type: 'output_text', text: 'ok' }] };
  const call = { type: 'function_call', id: `fc_${number}`, call_id: `call_${number}`, name, arguments: args };
  return namespace === undefined ? call : { ...call, namespace };
}
