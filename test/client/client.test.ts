/** The client against programs: a tiny server, broken ones, and the reference. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, test, vi } from 'vitest';
import { type AppClient, connect, declineEverything, ServerStartFailed } from '../../src/client/index.ts';
import { referenceBinary, withoutReference } from '../support/reference.ts';

const clientInfo = { name: 'switchyard-test', title: 'Test', version: '1.0.0' };
const script = (name: string) => fileURLToPath(new URL(`./programs/${name}.mjs`, import.meta.url));
const options = { clientInfo, questions: declineEverything };

/** False also for a process that is dead and only waits for its parent to notice. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    if (process.platform !== 'linux') return true;
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    return false;
  }
}

describe('a program started over stdio', () => {
  test('the handshake, a call, a notification, and an exit in time', async () => {
    const client = await connect({ command: process.execPath, args: [script('tiny-server')] }, options);
    expect(client.server.userAgent).toBe('tiny');
    const waiting = client.next('thread/name/updated', { deadlineMs: 5000 });
    await client.request('thread/name/set', { threadId: 't', name: 'n' });
    expect(await waiting).toEqual({ threadId: 't', threadName: 'n' });
    await client.close();
    expect(await client.exited).toEqual({ code: 0, signal: null });
    expect(client.stderrTail()).toBe('tiny server ended\n');
  });

  test('questions of the server are answered by the handlers, and a resolved one is withdrawn', async () => {
    const asked: string[] = [];
    await using client = await connect(
      { command: process.execPath, args: [script('tiny-server')] },
      {
        ...options,
        questions: {
          ...declineEverything,
          'item/fileChange/requestApproval': (params, { requestId, signal }) => {
            asked.push(`${requestId} ${params.itemId}`);
            return new Promise((resolve) =>
              signal.addEventListener('abort', () => {
                asked.push(String(signal.reason.message));
                resolve({ decision: 'cancel' });
              }),
            );
          },
        },
      },
    );
    const resolved = client.next('serverRequest/resolved', { deadlineMs: 5000 });
    await client.request('thread/name/set', { threadId: 't', name: 'ask' });
    await resolved;
    expect(asked).toEqual(['0 i', 'answered elsewhere']);
  });

  test('a program that ignores the end of its input is killed with what it started', async () => {
    const client = await connect({ command: process.execPath, args: [script('tiny-server'), 'stubborn'] }, options);
    const { threadName } = await new Promise<{ threadName?: string | null | undefined }>((resolve) => {
      client.on('thread/name/updated', resolve);
      void client.request('thread/name/set', { threadId: 't', name: 'spawn' });
    });
    await client.close();
    expect((await client.exited).signal).toBe('SIGKILL');
    await vi.waitUntil(() => !isRunning(Number(threadName)), { timeout: 5000 });
  }, 20_000);

  test('a program that dies before the handshake is an error that shows what it wrote', async () => {
    const starting = connect({ command: process.execPath, args: ['-e', 'console.error("no config"); process.exit(3)'] }, options);
    await expect(starting).rejects.toThrow(ServerStartFailed);
    await expect(starting).rejects.toThrow(/no config/);
  });

  test('a program that does not exist is an error', async () => {
    await expect(connect({ command: '/nowhere/codex' }, options)).rejects.toThrow(/cannot start \/nowhere\/codex/);
  });

  test('calls to a program that was killed are cancelled, never written', async () => {
    await using client = await connect({ command: process.execPath, args: [script('tiny-server')] }, options);
    process.kill(client.pid, 'SIGKILL');
    await client.closed;
    await expect(client.request('thread/loaded/list', {})).rejects.toMatchObject({ name: 'Cancelled' });
  });
});

describe.skipIf(withoutReference('the client against the reference program'))('the reference program', () => {
  /** A home for it; its helper programs must not lie below the temporary directory. */
  async function withHome(use: (home: string) => Promise<void>): Promise<void> {
    const root = process.platform === 'linux' ? join(homedir(), '.cache') : tmpdir();
    await mkdir(root, { recursive: true });
    const home = await mkdtemp(join(root, 'reference-'));
    try {
      await use(home);
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  }

  async function converse(client: AppClient, home: string): Promise<void> {
    expect(client.server).toMatchObject({ codexHome: home });
    expect(await client.request('thread/loaded/list', {})).toMatchObject({ data: [] });
    await expect(client.request('thread/read', { threadId: 'x' })).rejects.toMatchObject({ kind: 'invalidRequest', code: -32600 });
  }

  test('over stdio', () =>
    withHome(async (home) => {
      const env = { ...process.env, CODEX_HOME: home };
      await using client = await connect({ command: referenceBinary ?? '', args: ['app-server'], env }, options);
      await converse(client, home);
      await client.close();
      expect(await client.exited).toEqual({ code: 0, signal: null });
    }));

  test.each(['ws', 'unix'])('over %s', (kind) =>
    withHome(async (home) => {
      const listen = kind === 'ws' ? 'ws://127.0.0.1:0' : `unix://${join(home, 's')}`;
      const server = execa(referenceBinary ?? '', ['app-server', '--listen', listen], { env: { CODEX_HOME: home }, reject: false });
      try {
        const url = await vi.waitUntil(
          () => (kind === 'ws' ? wsAddress(server) : existsSync(join(home, 's')) && `unix:${join(home, 's')}`),
          {
            timeout: 20_000,
          },
        );
        await using client = await connect({ url }, options);
        await converse(client, home);
      } finally {
        server.kill('SIGTERM');
        await server;
      }
    }),
  );
});

/** The address in the banner, once it was printed. */
const banners = new WeakMap<object, string>();
function wsAddress(server: { stderr: NodeJS.ReadableStream }): string | undefined {
  if (!banners.has(server)) {
    banners.set(server, '');
    server.stderr.on('data', (chunk) => banners.set(server, `${banners.get(server)}${chunk}`));
  }
  return /ws:\/\/[\d.]+:\d+/.exec(banners.get(server) ?? '')?.[0];
}
