/** Exec-servers for tests of the client: ours in this process, ours as a program of its own, and the reference's. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { execa } from 'execa';
import { silentLog } from '../../src/base/log.ts';
import type { ExecSource } from '../../src/environment/remote-connection.ts';
import { createExecServer, type ExecServer } from '../../src/exec-server/exec-server.ts';
import { memoryPair } from '../../src/rpc/transports/memory.ts';
import { execSurface, listenWebSocket } from '../../src/rpc/transports/websocket-server.ts';
import { referenceBinary } from '../support/reference.ts';

type Variables = Readonly<Record<string, string>>;

export const execServerOptions = (env: Variables) => ({ version: '0.169.0', cwd: '/', codexHome: '/nonexistent', env });

/** A connection within this process. */
export const memorySource = (server: ExecServer): ExecSource => ({
  canReconnect: true,
  async open() {
    const [theirs, ours] = memoryPair();
    server.serve(theirs);
    return ours;
  },
});

export interface ListeningServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Process that starts the commands. */
  readonly pid: number;
  /** SIGKILL where it is a program of its own. */
  kill(): Promise<void>;
}

/** Ours, in this process. */
export async function listeningServer(env: Variables, port = 0): Promise<ListeningServer> {
  const server = createExecServer(execServerOptions(env));
  const listener = await listenWebSocket({
    at: { host: '127.0.0.1', port },
    surface: execSurface,
    onConnection: (transport) => void server.serve(transport),
    log: silentLog,
  });
  const close = async () => {
    await listener.close();
    await server.close();
  };
  return { url: listener.url, port: listener.port ?? 0, pid: process.pid, kill: close, [Symbol.asyncDispose]: close };
}

/** A program that serves on the port of its first argument, or on its standard streams without one. */
const program = () => `
  import { createExecServer } from ${JSON.stringify(resolve('src/exec-server/exec-server.ts'))};
  import { ndjsonTransport } from ${JSON.stringify(resolve('src/rpc/transports/ndjson.ts'))};
  import { execSurface, listenWebSocket } from ${JSON.stringify(resolve('src/rpc/transports/websocket-server.ts'))};
  import { silentLog } from ${JSON.stringify(resolve('src/base/log.ts'))};
  const { SWITCHYARD_TEST_RUN, ...env } = process.env;
  const server = createExecServer({ version: '0.169.0', cwd: '/', codexHome: '/nonexistent', env });
  const port = process.argv[2];
  if (port === undefined) {
    const { stdin, stdout } = process;
    const connection = server.serve(ndjsonTransport({ input: stdin, output: stdout, label: 'stdio' }), { resumable: false });
    await connection.closed;
    await server.close();
    process.exit(0);
  } else {
    const onConnection = (transport) => void server.serve(transport);
    const listener = await listenWebSocket({ at: { host: '127.0.0.1', port: Number(port) }, surface: execSurface, onConnection, log: silentLog });
    console.log(listener.url);
  }
`;

export interface ServerProgram extends AsyncDisposable {
  /** What to run it with. */
  readonly argv: readonly [string, ...string[]];
}

/** Ours as one file to run. */
export async function serverProgram(): Promise<ServerProgram> {
  const directory = await mkdtemp(join(tmpdir(), 'switchyard-exec-'));
  const [source, outfile] = [join(directory, 'main.ts'), join(resolve('node_modules'), `.exec-server-test-${process.pid}.mjs`)];
  await writeFile(source, program());
  // Next to the packages it imports.
  await build({ entryPoints: [source], outfile, bundle: true, platform: 'node', format: 'esm', packages: 'external', logLevel: 'error' });
  const remove = async () => {
    await rm(directory, { recursive: true, force: true });
    await rm(outfile, { force: true });
  };
  return { argv: [process.execPath, outfile], [Symbol.asyncDispose]: remove };
}

/** Starts `argv`, which announces its URL on its first line. */
async function started(argv: readonly [string, ...string[]], env: Variables): Promise<ListeningServer> {
  const [command, ...args] = argv;
  const child = execa(command, args, { env, extendEnv: false, stdin: 'ignore', stderr: 'ignore', reject: false, buffer: false });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    void child.then((result) => reject(new Error(`the server ended: ${result.shortMessage ?? ''}`)));
  });
  const kill = async () => {
    child.kill('SIGKILL');
    await child;
  };
  return { url, port: Number(new URL(url).port), pid: child.pid ?? 0, kill, [Symbol.asyncDispose]: kill };
}

export const startProgram = (program: ServerProgram, env: Variables, port = 0): Promise<ListeningServer> =>
  started([...program.argv, String(port)], env);

/** The program as it is shipped; `npm run build` makes it. */
export const startShipped = (env: Variables): Promise<ListeningServer> =>
  started([process.execPath, resolve('dist/switchyard.cjs'), 'exec-server', '--listen', 'ws://127.0.0.1:0'], env);

/** The reference's. Its processes survive its end: tests end them. */
export function startReference(env: Variables): Promise<ListeningServer> {
  if (referenceBinary === undefined) throw new Error('CODEX_REFERENCE names no binary');
  return started([referenceBinary, 'exec-server', '--listen', 'ws://127.0.0.1:0'], env);
}
