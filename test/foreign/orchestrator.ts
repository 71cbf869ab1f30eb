/** An app-server program, ours or the reference's, that runs its threads on a declared exec-server, with a record of what it asks there. */
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { WebSocket, WebSocketServer } from 'ws';
import { Scope } from '../../src/base/scope.ts';
import { declineEverything, type SpawnedClient, spawnAppServer } from '../../src/client/index.ts';
import { type ScriptedModel, type Step, startScriptedModel } from '../support/scripted-model.ts';

export type Argv = readonly [string, ...string[]];
/** How the app-server reaches the exec-server. */
export type Reach = 'url' | 'program';

export interface Setup {
  readonly appServer: Argv;
  /** The exec-server without its `--listen`. */
  readonly execServer: Argv;
  readonly reach: Reach;
  readonly model: readonly Step[];
}

export interface Orchestrator extends AsyncDisposable {
  readonly client: SpawnedClient;
  readonly model: ScriptedModel;
  /** The thread's directory. */
  readonly work: string;
  /** The methods the exec-server was asked for so far, in order. */
  asked(): Promise<string[]>;
}

/** Directories of its own in the home directory: the reference refuses to keep helpers below the one for temporary files. */
export async function scratch(...names: readonly string[]): Promise<AsyncDisposable & { readonly root: string }> {
  const root = await realpath(await mkdtemp(join(homedir(), '.switchyard-foreign-')));
  for (const name of names) await mkdir(join(root, name));
  return { root, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true, maxRetries: 3 }) };
}

const providerConfig = (url: string) =>
  `model = "mock-model"\nmodel_provider = "mock"\n[model_providers.mock]\nname = "mock"\nbase_url = "${url}"\nwire_api = "responses"\nrequest_max_retries = 0\nstream_max_retries = 0\n`;

export interface Home {
  /** Holds `home`, `user` and `work`. */
  readonly root: string;
  readonly modelUrl: string;
  /** The table that declares the environment `far`, without its heading. */
  readonly declaration: string;
}

/** Starts `argv` as an app-server on stdio, with nothing of this machine's settings. */
export async function openAppServer(argv: Argv, { root, modelUrl, declaration }: Home): Promise<SpawnedClient> {
  await writeFile(join(root, 'home', 'config.toml'), providerConfig(modelUrl));
  await writeFile(join(root, 'home', 'environments.toml'), `default = "far"\n[[environments]]\nid = "far"\n${declaration}\n`);
  const [command, ...args] = argv;
  return spawnAppServer(
    { command, args: [...args, 'app-server'], cwd: join(root, 'work'), env: { ...plainEnv(root), CODEX_HOME: join(root, 'home') } },
    {
      clientInfo: { name: 'probe', title: 'Probe', version: '0.0.1' },
      capabilities: { experimentalApi: true },
      questions: declineEverything,
    },
  );
}

/** A thread that works in the directory `work` of the environment `far`, and asks nobody. */
export async function farThread(client: SpawnedClient, work: string): Promise<string> {
  const { thread } = await client.request('thread/start', {
    ...{ cwd: work, approvalPolicy: 'never', sandbox: 'danger-full-access' },
    environments: [{ environmentId: 'far', cwd: work }],
  });
  return thread.id;
}

/** What a user says. */
export const text = (words: string) => [{ type: 'text' as const, text: words, text_elements: [] }];

export const plainEnv = (root: string) => ({
  PATH: process.env.PATH ?? '',
  HOME: join(root, 'user'),
  ...(process.env.SWITCHYARD_TEST_RUN && { SWITCHYARD_TEST_RUN: process.env.SWITCHYARD_TEST_RUN }),
});

export async function startOrchestrator(setup: Setup): Promise<Orchestrator> {
  const owned = new Scope('orchestrator');
  try {
    return await startOwned(setup, owned);
  } catch (error) {
    await owned.close();
    throw error;
  }
}

async function startOwned({ appServer, execServer, reach, model: steps }: Setup, owned: Scope): Promise<Orchestrator> {
  const { root } = owned.own(await scratch('home', 'user', 'work'));
  const model = owned.own(await startScriptedModel(...steps));
  const record = join(root, 'asked.jsonl');
  let declaration: string;
  if (reach === 'url') {
    const far = owned.own(await listening(execServer, root));
    const relay = owned.own(await recordingRelay(far.url, record));
    declaration = `url = "${relay.url}"`;
  } else {
    // The shell keeps a copy of what comes in.
    const piped = ['-c', 'record=$1; shift; tee "$record" | "$@" --listen stdio', 'sh', record, ...execServer];
    declaration = `program = "sh"\nargs = ${JSON.stringify(piped)}`;
  }
  const client = await openAppServer(appServer, { root, modelUrl: model.url, declaration });
  owned.defer(async () => {
    await client.close();
    await client.exited;
  });
  return {
    client,
    model,
    work: join(root, 'work'),
    asked: async () => (await readFile(record, 'utf8')).split('\n').flatMap(methodOf),
    [Symbol.asyncDispose]: () => owned.close(),
  };
}

/** The method a line asks for. None for answers and for a line that is still being written. */
export function methodOf(line: string): string[] {
  try {
    const { method } = JSON.parse(line);
    return typeof method === 'string' ? [method] : [];
  } catch {
    return [];
  }
}

async function listening([command, ...args]: Argv, root: string): Promise<AsyncDisposable & { readonly url: string }> {
  const child = execa(command, [...args, '--listen', 'ws://127.0.0.1:0'], {
    ...{ cwd: root, env: { ...plainEnv(root), CODEX_HOME: join(root, 'user') }, extendEnv: false },
    ...{ stdin: 'ignore', stderr: 'ignore', reject: false, buffer: false },
  });
  const url = await new Promise<string>((found, failed) => {
    createInterface({ input: child.stdout }).once('line', found);
    void child.then(() => failed(new Error('the exec-server ended')));
  });
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await child;
    },
  };
}

/** Passes WebSocket messages on to `target`, both ways, and writes down those of the client. */
export async function recordingRelay(target: string, record: string): Promise<AsyncDisposable & { readonly url: string }> {
  const copy = createWriteStream(record);
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  server.on('connection', (near) => {
    const far = new WebSocket(target, { perMessageDeflate: false });
    const opened = new Promise<void>((resolve) => far.once('open', () => resolve()));
    near.on('message', (data, isBinary) => {
      copy.write(`${data.toString()}\n`);
      void opened.then(() => far.send(data, { binary: isBinary }));
    });
    far.on('message', (data, isBinary) => near.send(data, { binary: isBinary }));
    near.on('error', () => {});
    far.on('error', () => near.terminate());
    near.on('close', () => far.terminate());
    far.on('close', () => near.terminate());
  });
  await new Promise<void>((resolve) => server.once('listening', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the relay has no port');
  return {
    url: `ws://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      for (const client of server.clients) client.terminate();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await new Promise<void>((resolve) => copy.end(resolve));
    },
  };
}
