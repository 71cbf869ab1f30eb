/** A whole server for a test, reached over any transport: in this process, or the real program with a real client. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import {
  type AppClient,
  type AppClientOptions,
  connect,
  declineEverything,
  openAppClient,
  type QuestionHandlers,
  runTurn,
  type ServerNotification,
} from '../../src/client/index.ts';
import { createAppServer, type Keyring } from '../../src/index.ts';
import { contentLengthTransport } from '../../src/rpc/transports/content-length.ts';
import { ndjsonTransport } from '../../src/rpc/transports/ndjson.ts';
import { type ScriptedModel, type Step, startScriptedModel } from './scripted-model.ts';
import { tempWorkspace, type Workspace } from './workspace.ts';

/** The program under test; `npm run build` makes it. */
export const cli = resolve('dist/switchyard.cjs');

export const transports = ['memory', 'stdio', 'content-length', 'ws', 'unix'] as const;
export type Via = (typeof transports)[number];
/** Those that take several clients at once. */
export const sharedTransports = ['memory', 'ws', 'unix'] as const;

export interface ServerSetup {
  readonly via?: Via;
  /** Answers of the model, in order. */
  readonly model?: readonly Step[];
  /** Top-level keys of the configuration file. */
  readonly config?: string;
  /** Its tables. */
  readonly tables?: string;
  readonly files?: Readonly<Record<string, string>>;
  /** More files of the home directory. */
  readonly homeFiles?: Readonly<Record<string, string>>;
  /** Where logins may be kept; only in memory. */
  readonly keyring?: Keyring;
  /** The administrator's `requirements.toml`; only in memory. */
  readonly requirements?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What clients show on a port. */
  readonly token?: string;
}

export interface ClientSetup {
  readonly name?: string;
  readonly capabilities?: AppClientOptions['capabilities'];
  readonly questions?: Partial<QuestionHandlers>;
}

export interface TestClient extends AppClient {
  /** Everything the server told this client so far. */
  readonly seen: readonly ServerNotification[];
  /** A thread in the work directory where everything is allowed without asking. */
  thread(params?: Parameters<typeof startThread>[1]): Promise<string>;
  /** A whole turn. */
  turn(threadId: string, text: string): ReturnType<typeof runTurn>;
}

export interface TestServer extends AsyncDisposable {
  readonly via: Via;
  readonly model: ScriptedModel;
  /** The threads' working directory. */
  readonly work: Workspace;
  readonly home: string;
  /** The program, except in memory. */
  readonly child: ServerChild | undefined;
  client(setup?: ClientSetup): Promise<TestClient>;
  /** Another server in the same directories, with the same model; both may run at once. */
  another(via?: Via): Promise<TestServer>;
}

type ServerChild = ChildProcessByStdio<Writable, Readable, Readable>;

const providerConfig = (url: string) =>
  `model = "mock-model"\nmodel_provider = "mock"\n[model_providers.mock]\nname = "mock"\nbase_url = "${url}"\nrequest_max_retries = 0\nstream_max_retries = 0\n`;

export const startThread = (client: AppClient, params: Parameters<typeof client.request<'thread/start'>>[1]) =>
  client.request('thread/start', params).then(({ thread }) => thread.id);

export async function startServer(setup: ServerSetup = {}): Promise<TestServer> {
  const { via = 'memory' } = setup;
  const model = await startScriptedModel(...(setup.model ?? []));
  const base = await tempWorkspace();
  const [home, workPath] = [base.path('home'), base.path('work')];
  await mkdir(home);
  await mkdir(workPath);
  // Top-level keys come before the tables.
  await base.write('home/config.toml', `${setup.config ?? ''}\n${providerConfig(model.url)}${setup.tables ?? ''}`);
  for (const [name, text] of Object.entries(setup.files ?? {})) await base.write(`work/${name}`, text);
  if (setup.requirements !== undefined) await base.write('etc/requirements.toml', setup.requirements);
  for (const [name, text] of Object.entries(setup.homeFiles ?? {})) await base.write(`home/${name}`, text);
  const env = { PATH: process.env.PATH ?? '', HOME: base.root, CODEX_HOME: home, ...markOf(process.env), ...setup.env };
  const work: Workspace = {
    ...base,
    root: workPath,
    path: (...parts) => base.path('work', ...parts),
    write: (name, text) => base.write(`work/${name}`, text),
    read: (name) => base.read(`work/${name}`),
  };
  const place = {
    home,
    work,
    env,
    args: setup.args ?? [],
    model,
    token: setup.token,
    keyring: setup.keyring,
    systemFile: base.path('etc', 'config.toml'),
  };
  return inPlace(via, place, async () => {
    await model[Symbol.asyncDispose]();
    await base[Symbol.asyncDispose]();
  });
}

async function inPlace(via: Via, place: Place, release: () => Promise<void>): Promise<TestServer> {
  const { home, work, model } = place;
  const opened: AppClient[] = [];
  const reach = via === 'memory' ? inProcess(place) : await program(via, place);
  return {
    via,
    model,
    work,
    home,
    child: reach.child,
    async client(setup = {}) {
      const client = await openTestClient(reach.open, setup, work.root);
      opened.push(client);
      return client;
    },
    another: (other = via) => inPlace(other, place, async () => {}),
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((client) => client.close()));
      await reach.close();
      await release();
    },
  };
}

/** The run's mark lets the end of the run find processes that were left. */
const markOf = ({ SWITCHYARD_TEST_RUN }: NodeJS.ProcessEnv): Record<string, string> =>
  SWITCHYARD_TEST_RUN === undefined ? {} : { SWITCHYARD_TEST_RUN };

interface Place {
  readonly home: string;
  readonly work: Workspace;
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly model: ScriptedModel;
  readonly token: string | undefined;
  readonly keyring: Keyring | undefined;
  readonly systemFile: string;
}

type Open = (options: Omit<AppClientOptions, 'transport'>) => Promise<AppClient>;

interface Reach {
  readonly open: Open;
  readonly child: ServerChild | undefined;
  close(): Promise<void>;
}

function inProcess({ home, work, env, keyring, systemFile }: Place): Reach {
  const server = createAppServer({ codexHome: home, cwd: work.root, env, systemFile, validateOutbound: true, ...(keyring && { keyring }) });
  return { open: (options) => server.connect(options), child: undefined, close: () => server.close() };
}

async function program(via: Exclude<Via, 'memory'>, place: Place): Promise<Reach> {
  const listen = { stdio: 'stdio://', 'content-length': 'stdio://', ws: 'ws://127.0.0.1:0', unix: `unix://${place.home}/s.sock` }[via];
  const child = spawn(process.execPath, [cli, 'app-server', '--listen', listen, ...place.args], {
    cwd: place.work.root,
    env: { ...place.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const exited = new Promise<void>((resolveExit) => child.once('exit', () => resolveExit()));
  let stderr = '';
  child.stderr.on('data', (bytes: Buffer) => {
    stderr += bytes.toString();
  });
  const streams = { input: child.stdout, output: child.stdin };
  const open: Open = async (options) => {
    if (via === 'stdio') return openAppClient({ ...options, transport: ndjsonTransport(streams) });
    if (via === 'content-length') return openAppClient({ ...options, transport: contentLengthTransport(streams) });
    const url = await banner(child, () => stderr);
    return connect({ url, ...(place.token !== undefined && { token: place.token }) }, options);
  };
  return {
    open,
    child,
    async close() {
      child.stdin.end();
      if (via === 'ws' || via === 'unix') child.kill('SIGTERM');
      await exited;
    },
  };
}

/** The address the program says it listens on. */
function banner(child: ServerChild, text: () => string): Promise<string> {
  const find = () => /listening on: ((?:ws|unix):\/\/\S+)\n/.exec(text())?.[1];
  return new Promise((found, failed) => {
    const look = () => {
      const url = find();
      if (url) found(url);
    };
    child.stderr.on('data', look);
    child.once('exit', () => failed(new Error(`the server ended: ${text()}`)));
    look();
  });
}

async function openTestClient(open: Open, setup: ClientSetup, workPath: string): Promise<TestClient> {
  const seen: ServerNotification[] = [];
  const client = await open({
    clientInfo: { name: setup.name ?? 'probe', title: 'Probe', version: '0.0.1' },
    capabilities: setup.capabilities ?? { experimentalApi: true },
    questions: { ...declineEverything, ...setup.questions },
    onNotification: (notification) => seen.push(notification),
  });
  return Object.assign(client, {
    seen,
    thread: (params = {}) => startThread(client, { cwd: workPath, approvalPolicy: 'never', sandbox: 'danger-full-access', ...params }),
    turn: (threadId: string, text: string) => runTurn(client, { threadId, input: [{ type: 'text', text, text_elements: [] }] }),
  });
}

/** The methods of the notifications of one thread, runs of the same one counted once. */
export function methodsOf(seen: readonly ServerNotification[], threadId?: string): string[] {
  const methods: string[] = [];
  for (const { method, params } of seen) {
    if (threadId !== undefined && !('threadId' in params && params.threadId === threadId)) continue;
    if (methods.at(-1) !== method || !method.endsWith('elta')) methods.push(method);
  }
  return methods;
}
