/** An exec-server in this process and clients of it, over every transport. */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect as connectSocket, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withDeadline } from '../../src/base/abort.ts';
import { silentLog } from '../../src/base/log.ts';
import { uriFromPath } from '../../src/base/path-uri.ts';
import { Scope } from '../../src/base/scope.ts';
import { createExecServer, type ExecServer, type ExecServerOptions } from '../../src/exec-server/exec-server.ts';
import { type ExecNotifications, type ExecRequests, execProtocol, type In, type Out } from '../../src/protocol/exec/index.ts';
import { execClientDialect } from '../../src/rpc/dialect.ts';
import { type CloseReason, createPeer, type InboundCall, type Received } from '../../src/rpc/peer.ts';
import { memoryPair } from '../../src/rpc/transports/memory.ts';
import { ndjsonTransport } from '../../src/rpc/transports/ndjson.ts';
import type { Transport } from '../../src/rpc/transports/transport.ts';
import { connectWebSocket } from '../../src/rpc/transports/websocket-client.ts';
import { execSurface, listenWebSocket } from '../../src/rpc/transports/websocket-server.ts';

export const kinds = ['memory', 'lines', 'websocket'] as const;
export type Kind = (typeof kinds)[number];

export interface Executor extends AsyncDisposable {
  readonly server: ExecServer;
  /** `ws://127.0.0.1:PORT`. */
  readonly url: string;
  readonly port: number;
  /** Connects a transport of this kind. */
  connect(kind: Kind): Promise<ExecClient>;
  /** The same, with the handshake done. */
  open(kind: Kind, resumeSessionId?: string): Promise<ExecClient>;
}

const base = { version: '0.169.0', cwd: '/', codexHome: '/nonexistent', env: { PATH: '/usr/bin:/bin', FROM_EXECUTOR: 'yes' } };
const patienceMs = 15_000;

export async function startExecutor(options: Partial<ExecServerOptions> = {}): Promise<Executor> {
  const server = createExecServer({ ...base, validateOutbound: true, ...options });
  const scope = new Scope('executor');
  const listener = await listenWebSocket({
    at: { host: '127.0.0.1', port: 0 },
    surface: execSurface,
    onConnection: (transport) => void server.serve(transport),
    log: silentLog,
    maxFrameBytes: 16 * 1024 * 1024,
  });
  const connect = async (kind: Kind): Promise<ExecClient> =>
    new ExecClient(kind === 'websocket' ? await connectWebSocket({ url: listener.url }) : await pairWith(server, kind), scope);
  return {
    server,
    url: listener.url,
    port: listener.port ?? 0,
    connect,
    open: async (kind, resumeSessionId) => {
      const client = await connect(kind);
      await client.handshake(resumeSessionId);
      return client;
    },
    [Symbol.asyncDispose]: async () => {
      await scope.close();
      await server.close();
      await listener.close();
    },
  };
}

async function pairWith(server: ExecServer, kind: 'memory' | 'lines'): Promise<Transport> {
  if (kind === 'memory') {
    const [left, right] = memoryPair();
    server.serve(left);
    return right;
  }
  const [left, right] = await socketPair();
  server.serve(ndjsonTransport({ input: left, output: left }));
  return ndjsonTransport({ input: right, output: right });
}

export async function socketPair(): Promise<[Socket, Socket]> {
  const directory = await mkdtemp(join(tmpdir(), 'switchyard-exec-'));
  const listener = createServer();
  await new Promise<void>((done) => listener.listen(join(directory, 's'), done));
  const accepted = new Promise<Socket>((done) => listener.once('connection', done));
  const right = connectSocket(join(directory, 's'));
  const left = await accepted;
  listener.close();
  await rm(directory, { recursive: true, force: true });
  for (const socket of [left, right]) socket.on('error', () => {});
  return [left, right];
}

type Note = Received<ExecNotifications>;
interface NoteOf<M extends keyof ExecNotifications> {
  readonly method: M;
  readonly params: Out<ExecNotifications[M]['params']>;
}
type StartParams = In<ExecRequests['process/start']['params']>;

export class ExecClient {
  readonly notes: Note[] = [];
  readonly closed: Promise<CloseReason>;
  sessionId = '';
  readonly #peer;
  #wake: (() => void)[] = [];

  constructor(transport: Transport, scope: Scope) {
    this.#peer = createPeer({
      transport,
      dialect: execClientDialect,
      receives: { requests: execProtocol.serverRequests, notifications: execProtocol.serverNotifications },
      sends: { requests: execProtocol.clientRequests, notifications: execProtocol.clientNotifications },
      handlers: { 'network/policyRequest': () => ({ decision: { type: 'deny' as const, reason: 'test' } }) },
      context: (call: InboundCall) => call,
      onNotification: (note: Note) => {
        this.notes.push(note);
        for (const wake of this.#wake.splice(0)) wake();
      },
      scope: scope.child('client'),
      log: silentLog,
    });
    this.closed = this.#peer.closed;
  }

  call<M extends keyof ExecRequests>(method: M, params: In<ExecRequests[M]['params']>): Promise<Out<ExecRequests[M]['result']>> {
    return this.#peer.request(method, params, { deadlineMs: patienceMs });
  }

  /** The wire's number and text of a refusal. */
  async refusal<M extends keyof ExecRequests>(method: M, params: In<ExecRequests[M]['params']>): Promise<[code: unknown, message: string]> {
    try {
      await this.call(method, params);
    } catch (error) {
      if (error instanceof Error) return ['code' in error ? error.code : undefined, error.message];
    }
    throw new Error(`${method} was not refused`);
  }

  async handshake(resumeSessionId?: string): Promise<void> {
    const { sessionId } = await this.call('initialize', {
      clientName: 'test',
      ...(resumeSessionId === undefined ? {} : { resumeSessionId }),
    });
    this.sessionId = sessionId;
    this.#peer.notify('initialized', {});
  }

  initialized(): void {
    this.#peer.notify('initialized', {});
  }

  start(processId: string, argv: readonly string[], more: Partial<StartParams> = {}) {
    return this.call('process/start', { processId, argv: [...argv], cwd: 'file:///', env: { PATH: '/usr/bin:/bin' }, tty: false, ...more });
  }

  sh(processId: string, script: string, more: Partial<StartParams> = {}) {
    return this.start(processId, ['/bin/sh', '-c', script], more);
  }

  write(processId: string, text: string, writeId: string) {
    return this.call('process/write', { processId, chunk: Buffer.from(text).toString('base64'), writeId });
  }

  /** The first notification of `method` that fits. */
  async note<M extends keyof ExecNotifications & string>(
    method: M,
    fits: (params: NoteOf<M>['params']) => boolean = () => true,
  ): Promise<NoteOf<M>['params']> {
    const isOurs = (note: Note): note is Note & NoteOf<M> => note.method === method;
    const found = async (): Promise<NoteOf<M>['params']> => {
      for (;;) {
        const match = this.notes.filter(isOurs).find((note) => fits(note.params));
        if (match) return match.params;
        await new Promise<void>((wake) => this.#wake.push(wake));
      }
    };
    return withDeadline(found(), patienceMs, `${method}`);
  }

  async closedProcess(processId: string): Promise<void> {
    await this.note('process/closed', (params) => params.processId === processId);
  }

  /** What a process said, from its notifications. */
  output(processId: string): Buffer {
    return Buffer.concat(
      this.notes.flatMap(({ method, params }) =>
        method === 'process/output' && params.processId === processId ? [Buffer.from(params.chunk, 'base64')] : [],
      ),
    );
  }

  /** Numbers of all events of a process, in order of arrival. */
  seqs(processId: string): number[] {
    return this.notes.flatMap(({ params }) =>
      'processId' in params && 'seq' in params && params.processId === processId ? [params.seq] : [],
    );
  }

  close(): Promise<void> {
    return this.#peer.close();
  }
}

export const uri = (path: string): string => uriFromPath(path);
export const text = (base64: string): string => Buffer.from(base64, 'base64').toString();

/** The sandbox in which everything may be read and nothing written. */
export const readOnly: NonNullable<StartParams['sandbox']> = {
  permissions: {
    type: 'managed',
    file_system: { type: 'restricted', entries: [{ path: { type: 'special', value: { kind: 'root' } }, access: 'read' }] },
    network: 'restricted',
  },
  windowsSandboxLevel: 'disabled',
};
