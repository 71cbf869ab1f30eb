/** What the design came to in its history, feature by feature, on the program as users start it. */
import { link, mkdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { defaultShellEnvironmentPolicy } from '../../src/base/permission-profile.ts';
import type { Environment } from '../../src/environment/environment.ts';
import { type ExecProgram, type Listen, startProgramOn } from './program.ts';
import { type ExecClient, readOnly, text, uri } from './support.ts';

const never = new AbortController().signal;
const base64 = (bytes: string | Buffer) => Buffer.from(bytes).toString('base64');
const walkLimits = { maxDepth: 9, maxDirectories: 99, maxEntries: 99, followDirectorySymlinks: false };

const shell = (environment: Environment, script: string) =>
  environment.processes.start(
    {
      ...{ id: 'p', argv: ['/bin/sh', '-c', script], cwd: '/', stdin: 'closed' },
      env: { policy: defaultShellEnvironmentPolicy, overlay: {} },
    },
    never,
  );

/** The server may still have to notice that the old connection is gone. */
async function resumed(program: ExecProgram, sessionId: string): Promise<ExecClient> {
  for (;;) {
    try {
      return await program.open(sessionId);
    } catch (error) {
      if (!(error instanceof Error && error.message.includes('already attached'))) throw error;
    }
  }
}

const listens: readonly Listen[] = ['ws', 'stdio'];

describe.each(listens)('over %s', (listen) => {
  const started = async (): Promise<ExecProgram> => {
    const program = await startProgramOn(listen);
    onTestFinished(() => program[Symbol.asyncDispose]());
    return program;
  };

  test('pushed completion', async () => {
    const program = await started();
    const environment = await program.environment();
    const running = await shell(environment, 'echo one; echo two >&2; exit 3');
    const output: string[] = [];
    running.onOutput(({ bytes }) => output.push(bytes.toString()));
    expect(await running.exited).toEqual({ kind: 'exited', exitCode: 3, sandboxDenied: false });
    await running.closed;
    expect(output.sort()).toEqual(['one\n', 'two\n']);
    const asked = await program.asked();
    expect(asked).toContain('process/start');
    expect(asked).not.toContain('process/read');
  });

  test('semantic sandbox denial', async () => {
    const program = await started();
    const client = await program.open();
    const ended = async (id: string, script: string, sandbox?: typeof readOnly) => {
      await client.sh(id, script, sandbox ? { sandbox } : {});
      const { exitCode, sandboxDenied } = await client.note('process/exited', ({ processId }) => processId === id);
      return [exitCode, sandboxDenied];
    };
    expect(await ended('denied', `echo x > ${program.path('file')}`, readOnly)).toEqual([2, true]);
    expect(await ended('silent', 'exit 3', readOnly)).toEqual([3, false]);
    expect(await ended('plain', 'echo Permission denied >&2; exit 9')).toEqual([9, false]);
    await expect(stat(program.path('file'))).rejects.toThrow('ENOENT');
    await client.closedProcess('denied');
    expect((await client.call('process/read', { processId: 'denied' })).sandboxDenied).toBe(true);
  });

  test('resume after disconnect', async () => {
    const program = await started();
    const first = await program.open();
    await first.sh('p', 'echo before; while read line; do echo "got $line"; done', { pipeStdin: true });
    await first.note('process/output');
    await first.close();
    if (listen === 'stdio') {
      // A pipe is one connection: its end ended the program, and there is nobody to resume with.
      await expect(program.open(first.sessionId)).rejects.toThrow(`unknown session id ${first.sessionId}`);
      return;
    }
    const again = await resumed(program, first.sessionId);
    expect(again.sessionId).toBe(first.sessionId);
    await again.write('p', 'after', 'w1');
    await again.write('p', '\n', 'w2');
    await again.note('process/output');
    const { chunks, exited } = await again.call('process/read', { processId: 'p' });
    expect([chunks.map(({ chunk }) => text(chunk)), exited]).toEqual([['before\n', 'got after\n'], false]);
  });

  test('idempotent stdin writes', async () => {
    const program = await started();
    const client = await program.open();
    await client.start('cat', ['cat'], { pipeStdin: true });
    for (const id of ['a', 'a', 'b', 'a', 'b']) expect(await client.write('cat', `${id}\n`, id)).toEqual({ status: 'accepted' });
    await client.write('cat', 'end\n', 'c');
    await expect.poll(() => client.output('cat').toString()).toBe('a\nb\nend\n');
  });

  test('bounded walk and symlink option', async () => {
    const program = await started();
    await mkdir(program.path('tree/sub'), { recursive: true });
    for (const name of ['a', 'b', 'sub/c']) await writeFile(program.path('tree', name), '');
    await symlink('sub', program.path('tree/link'));
    await symlink('..', program.path('tree/sub/up'));
    const client = await program.open();
    const root = uri(program.path('tree'));
    const walk = async (more: object) => {
      const { entries, truncated } = await client.call('fs/walk', { path: root, options: { ...walkLimits, ...more } });
      return [entries.map(({ path }) => path.slice(root.length + 1)), truncated];
    };
    expect(await walk({})).toEqual([['a', 'b', 'sub', 'sub/c'], false]);
    expect(await walk({ maxDepth: 0 })).toEqual([['a', 'b', 'sub'], false]);
    expect(await walk({ maxEntries: 2 })).toEqual([['a', 'b'], true]);
    expect(await walk({ followDirectorySymlinks: true })).toEqual([['a', 'b', 'link', 'sub', 'link/c', 'link/up'], false]);
    const refusal = await client.refusal('fs/walk', { path: root, options: { ...walkLimits, maxEntries: 0 } });
    expect(refusal).toEqual([-32_600, 'filesystem walk limits must be greater than zero']);
  });

  test('chunked file reads', async () => {
    const program = await started();
    const block = 1_048_576;
    const content = Buffer.from(Array.from({ length: 2 * block + 10 }, (_, index) => index % 251));
    await writeFile(program.path('big'), content);
    const client = await program.open();
    await client.call('fs/open', { handleId: 'h', path: uri(program.path('big')) });
    // The handle stays with the file that was opened.
    await writeFile(program.path('other'), 'other');
    await rename(program.path('other'), program.path('big'));
    const read: Buffer[] = [];
    for (let offset = 0, eof = false; !eof; offset += block) {
      const answer = await client.call('fs/readBlock', { handleId: 'h', offset, len: block });
      read.push(Buffer.from(answer.chunk, 'base64'));
      eof = answer.eof;
    }
    expect(read.map(({ length }) => length)).toEqual([block, block, 10]);
    expect(Buffer.concat(read).equals(content)).toBe(true);
    await client.call('fs/close', { handleId: 'h' });
    expect(await client.refusal('fs/readBlock', { handleId: 'h', offset: 0, len: 1 })).toEqual([-32_004, 'unknown file handle `h`']);
  });

  test('process/signal for non-tty Ctrl-C', async () => {
    const program = await started();
    const client = await program.open();
    await client.sh('p', 'trap "echo cleaned; exit 42" INT; echo ready; while :; do sleep 0.01; done');
    await client.note('process/output');
    expect(await client.call('process/signal', { processId: 'p', signal: 'interrupt' })).toEqual({});
    expect(await client.note('process/exited')).toMatchObject({ exitCode: 42 });
    await client.closedProcess('p');
    expect(client.output('p').toString()).toBe('ready\ncleaned\n');
  });

  test('shell info', async () => {
    const program = await started();
    const client = await program.open();
    const { shell: found, cwd, platformOs } = await client.call('environment/info', {});
    expect(['bash', 'zsh', 'sh']).toContain(found.name);
    await client.start('p', [found.path, '-c', 'echo works']);
    await client.closedProcess('p');
    expect([client.output('p').toString(), cwd, platformOs]).toEqual(['works\n', uri(program.path('')), 'linux']);
  });

  test('canonicalize', async () => {
    const program = await started();
    await mkdir(program.path('real/sub'), { recursive: true });
    await symlink('real', program.path('link'));
    const client = await program.open();
    const answer = await client.call('fs/canonicalize', { path: uri(program.path('link/sub')) });
    expect(answer).toEqual({ path: uri(program.path('real/sub')) });
    const missing = await client.refusal('fs/canonicalize', { path: uri(program.path('none')) });
    expect(missing).toEqual([-32_004, 'No such file or directory (os error 2)']);
  });

  test('size in metadata', async () => {
    const program = await started();
    await writeFile(program.path('f'), 'x'.repeat(12_345));
    await symlink('f', program.path('l'));
    const client = await program.open();
    expect(await client.call('fs/getMetadata', { path: uri(program.path('l')) })).toMatchObject({ size: 12_345, isSymlink: true });
  });

  test('readDirectory skipping broken symlinks', async () => {
    const program = await started();
    await mkdir(program.path('d/sub'), { recursive: true });
    await symlink('sub', program.path('d/good'));
    await symlink('nowhere', program.path('d/broken'));
    const client = await program.open();
    const { entries } = await client.call('fs/readDirectory', { path: uri(program.path('d')) });
    expect(entries.sort((a, b) => a.fileName.localeCompare(b.fileName))).toEqual([
      { fileName: 'good', isDirectory: true, isFile: false },
      { fileName: 'sub', isDirectory: true, isFile: false },
    ]);
  });

  test('hard-link-preserving writes', async () => {
    const program = await started();
    await writeFile(program.path('one'), 'before');
    await link(program.path('one'), program.path('two'));
    const client = await program.open();
    await client.call('fs/writeFile', { path: uri(program.path('one')), dataBase64: base64('after') });
    expect([await readFile(program.path('two'), 'utf8'), (await stat(program.path('one'))).nlink]).toEqual(['after', 2]);
  });

  test.runIf(listen === 'ws')('Origin refusal', async () => {
    const program = await started();
    const at = program.url.replace('ws:', 'http:');
    const status = async (path: string, headers: Record<string, string>) => (await fetch(`${at}${path}`, { headers })).status;
    expect(await status('/readyz', {})).toBe(200);
    expect(await status('/readyz', { origin: 'http://evil.example' })).toBe(403);
    expect(await status('/', { origin: 'http://evil.example' })).toBe(403);
    await program.open();
  });

  test('connection lifecycle of environments', async () => {
    const program = await started();
    const environment = await program.environment();
    expect(environment.state()).toEqual({ status: 'pending' });
    const states: string[] = [];
    environment.onStateChange((state) => states.push(state.status));
    const running = await shell(environment, 'echo $PPID; sleep 600');
    const server = await new Promise<number>((found) => running.onOutput(({ bytes }) => found(Number(bytes.toString()))));
    expect([environment.state(), states]).toEqual([{ status: 'ready' }, ['ready']]);
    process.kill(server, 'SIGKILL');
    expect(await running.exited).toMatchObject({ kind: 'lost', reason: expect.stringContaining('exec-server transport disconnected') });
    expect(environment.state()).toMatchObject({ status: 'disconnected' });
    expect(new Set(states)).toEqual(new Set(['ready', 'disconnected']));
  });

  test('capability roots', async () => {
    const program = await started();
    await mkdir(program.path('kit/.codex-plugin'), { recursive: true });
    await mkdir(program.path('kit/skills/greet'), { recursive: true });
    await writeFile(program.path('kit/.codex-plugin/plugin.json'), '{"name":"kit"}');
    await writeFile(program.path('kit/skills/greet/SKILL.md'), 'Say hello.');
    const client = await program.open();
    const asked = ['kit', 'none'].map((id) => ({ id, path: uri(program.path(id)) }));
    const { roots } = await client.call('capabilityRoots/discoverV1', { roots: asked });
    expect(roots.map(({ id, error }) => [id, error === null])).toEqual([
      ['kit', true],
      ['none', false],
    ]);
    expect(roots[0]?.plugin?.manifest?.contents).toBe('{"name":"kit"}');
    expect(roots[0]?.skills.map(({ instructions }) => instructions.contents)).toEqual(['Say hello.']);
  });

  test('HTTP runner', async () => {
    const server = createServer((request, response) => response.writeHead(201, { 'x-a': 'b' }).end(`${request.method} ${request.url}`));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    onTestFinished(() => void server.close());
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/path`;
    const program = await started();
    const client = await program.open();
    const whole = await client.call('http/request', { method: 'POST', url, requestId: 'a' });
    expect([whole.status, text(whole.bodyBase64)]).toEqual([201, 'POST /path']);
    expect(whole.headers).toContainEqual({ name: 'x-a', value: 'b' });
    const streamed = await client.call('http/request', { method: 'GET', url, requestId: 'b', streamResponse: true });
    expect([streamed.status, streamed.bodyBase64]).toEqual([201, '']);
    await client.note('http/request/bodyDelta', ({ done }) => done);
    const deltas = client.notes.flatMap((note) => (note.method === 'http/request/bodyDelta' ? [note.params] : []));
    expect(deltas.map(({ seq, deltaBase64, done }) => [seq, text(deltaBase64), done])).toEqual([
      [1, 'GET /path', false],
      [2, '', true],
    ]);
  });

  test('late output retention', async () => {
    const program = await started();
    const client = await program.open();
    await client.sh('p', `(while [ ! -e ${program.path('go')} ]; do sleep 0.01; done; echo late) & echo early; exit 5`);
    const { seq, exitCode } = await client.note('process/exited');
    expect([seq, exitCode]).toEqual([2, 5]);
    const waiting = client.call('process/read', { processId: 'p', afterSeq: seq, waitMs: 10_000 });
    await writeFile(program.path('go'), '');
    expect((await waiting).chunks.map(({ chunk }) => text(chunk))).toEqual(['late\n']);
    await client.closedProcess('p');
    expect(client.seqs('p')).toEqual([1, 2, 3, 4]);
    const { chunks, closed, exitCode: kept } = await client.call('process/read', { processId: 'p' });
    expect([chunks.map(({ chunk }) => text(chunk)).join(''), closed, kept]).toEqual(['early\nlate\n', true, 5]);
  });
});
