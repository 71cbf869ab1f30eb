/** The connections of the model HTTP client: kept ones, ones opened ahead of use, and the certificates they trust. */
import * as http from 'node:http';
import { isIP, Socket } from 'node:net';
import { withDeadline } from '../base/abort.ts';
import { trustedCertificates } from './trusted-certificates.ts';

/** Connections opened ahead of use are given up after this time. */
const warmMs = 60_000;
/** Idle connections are given up before the usual server would do it while a request is under way. */
const idleMs = 55_000;
const warmUpLimitMs = 10_000;

type Env = Readonly<Record<string, string | undefined>>;

export interface Connection {
  readonly start: (options: http.RequestOptions) => http.ClientRequest;
  readonly target: http.RequestOptions;
  /** True for a socket that was opened ahead of use: like a kept one, it may have been closed by the server. */
  readonly wasWarm: (socket: Socket) => boolean;
}

export interface Connectors {
  /** How to start a request to `url`. Makes no connection yet. */
  connect(url: string): Promise<Connection>;
  /** Resolves when a connection to the origin of `url` is ready to be taken. Rejects when there is none. */
  prewarm(url: string): Promise<void>;
  /** Ends all connections that no request is using. */
  close(): void;
}

/** Sockets that wait for their first request, by origin. */
class WarmSockets {
  readonly #waiting = new Map<string, Socket[]>();
  readonly #taken = new WeakSet<Socket>();

  add(key: string, socket: Socket): void {
    const sockets = this.#waiting.get(key) ?? [];
    this.#waiting.set(key, [...sockets, socket]);
    const forget = () => {
      const rest = (this.#waiting.get(key) ?? []).filter((other) => other !== socket);
      if (rest.length === 0) this.#waiting.delete(key);
      else this.#waiting.set(key, rest);
    };
    socket.once('close', forget);
    // Without a listener an error would end the process; `close` follows and is enough.
    socket.on('error', () => {});
    socket.setTimeout(warmMs, () => {
      if (!this.#taken.has(socket)) socket.destroy();
    });
    socket.unref();
  }

  take(key: string): Socket | undefined {
    const sockets = this.#waiting.get(key) ?? [];
    const socket = sockets.find((candidate) => !candidate.destroyed && candidate.writable);
    if (!socket) return undefined;
    this.#waiting.set(
      key,
      sockets.filter((other) => other !== socket),
    );
    this.#taken.add(socket);
    socket.setTimeout(0);
    socket.ref();
    return socket;
  }

  has(key: string): boolean {
    return (this.#waiting.get(key)?.length ?? 0) > 0;
  }

  wasWarm(socket: Socket): boolean {
    return this.#taken.has(socket);
  }

  close(): void {
    for (const socket of [...this.#waiting.values()].flat()) socket.destroy();
    this.#waiting.clear();
  }
}

interface Origin {
  readonly agent: http.Agent;
  /** Opens a connection that is not in the warm pool yet. The target's path must not reach a socket, which would take it for a file. */
  readonly open: (target: Target) => unknown;
  readonly start: Connection['start'];
}

interface Target {
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

const keyOf = (options: { host?: unknown; port?: unknown }): string => `${String(options.host)}:${String(options.port)}`;

function targetOf({ protocol, hostname, port, pathname, search }: URL): Target {
  // A URL keeps the brackets of an IPv6 address, a socket wants none.
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return { protocol, host, port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port), path: `${pathname}${search}` };
}

const agentOptions = { keepAlive: true, timeout: idleMs };

function plainOrigin(warm: WarmSockets): Origin {
  const agent = new http.Agent(agentOptions);
  const create = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => warm.take(keyOf(options)) ?? create(options, done);
  return { agent, open: ({ host, port }) => create({ host, port }), start: http.request };
}

async function secureOrigin(warm: WarmSockets, env: Env): Promise<Origin> {
  const [{ Agent, request }, { createSecureContext }, ca] = await Promise.all([
    import('node:https'),
    import('node:tls'),
    trustedCertificates(env),
  ]);
  // One context for all connections: reading some hundred certificates takes longer than a handshake.
  const agent = new Agent({ ...agentOptions, secureContext: createSecureContext(ca === undefined ? {} : { ca: [...ca] }) });
  const create = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => warm.take(keyOf(options)) ?? create(options, done);
  return {
    agent,
    open: ({ host, port }) => create({ ...agent.options, host, port, servername: isIP(host) ? '' : host }),
    start: request,
  };
}

/** Settles when the handshake is over, one way or the other. */
function ready(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return withDeadline(
    new Promise((resolve, reject) => {
      socket.once(event, () => resolve());
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('the connection closed')));
    }),
    warmUpLimitMs,
    'opening a connection',
  );
}

export function openConnectors(env: Env): Connectors {
  const warm = new WarmSockets();
  let plain: Origin | undefined;
  let secure: Promise<Origin> | undefined;
  const originOf = (protocol: string): Promise<Origin> | Origin => {
    if (protocol !== 'https:') return (plain ??= plainOrigin(warm));
    secure ??= secureOrigin(warm, env);
    return secure;
  };
  return {
    async connect(url) {
      const target = targetOf(new URL(url));
      const { agent, start } = await originOf(target.protocol);
      return { start, target: { ...target, agent }, wasWarm: (socket) => warm.wasWarm(socket) };
    },
    async prewarm(url) {
      const target = targetOf(new URL(url));
      const { open } = await originOf(target.protocol);
      if (warm.has(keyOf(target))) return;
      const socket = open(target);
      if (!(socket instanceof Socket)) return;
      warm.add(keyOf(target), socket);
      await ready(socket, target.protocol === 'https:' ? 'secureConnect' : 'connect');
    },
    close() {
      warm.close();
      plain?.agent.destroy();
      void secure?.then(
        ({ agent }) => agent.destroy(),
        () => {},
      );
    },
  };
}
