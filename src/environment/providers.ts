/** From what a configuration declares to environments: by URL over a WebSocket, or over the standard streams of a program. */
import type { Log } from '../base/log.ts';
import { isOwnCredential } from '../base/own-credentials.ts';
import { spawnTransport } from '../rpc/transports/child-process.ts';
import type { Transport } from '../rpc/transports/transport.ts';
import type { DeclaredEnvironment, DeclaredProgram, DeclaredRelay } from './declared.ts';
import type { Environment } from './environment.ts';
import type { ConnectRemote } from './manager.ts';
import { createRemoteEnvironment } from './remote.ts';
import type { ExecSource } from './remote-connection.ts';

export interface ProviderOptions {
  /** The variables of the program that hosts us; programs we start get them without its credentials. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  /** How long a lost connection may take to come back. Default 45 s. */
  readonly recoveryMs?: number;
  /** Makes the source of an environment behind a relay. Absent: relays are not offered. */
  readonly relay?: (declared: DeclaredRelay) => ExecSource;
}

export interface UrlTarget {
  readonly url: string;
  readonly connectTimeoutMs: number;
  readonly authBearerToken?: string | undefined;
  /** Default 15 s. */
  readonly keepAliveMs?: number;
  /** Default 256 MiB. */
  readonly maxMessageBytes?: number;
}

const defaultTimeoutMs = 10_000;
/** A full retained window, a block and most files fit easily; a longer message ends the connection. */
const defaultMaxMessageBytes = 256 * 1024 * 1024;
/** Without any word of the server for two of these, the connection is taken for dead. */
const defaultKeepAliveMs = 15_000;

/** An exec-server that listens for WebSocket connections. */
export function webSocketSource(target: UrlTarget): ExecSource {
  const { url, connectTimeoutMs, authBearerToken } = target;
  const { keepAliveMs = defaultKeepAliveMs, maxMessageBytes = defaultMaxMessageBytes } = target;
  return {
    canReconnect: true,
    async open(signal) {
      const { connectWebSocket } = await import('../rpc/transports/websocket-client.ts');
      const token = authBearerToken === undefined ? {} : { token: authBearerToken };
      return connectWebSocket({ url, ...token, deadlineMs: connectTimeoutMs, maxMessageBytes, keepAliveMs, signal });
    },
  };
}

/** A program whose standard streams are the connection. It is started when the connection is opened, and ends with it. */
export function programSource(
  declared: Pick<DeclaredProgram, 'argv' | 'env' | 'cwd' | 'id'>,
  options: Pick<ProviderOptions, 'env' | 'log'>,
): ExecSource {
  const { argv, cwd, id } = declared;
  const inherited = Object.entries(options.env).filter(([name]) => !isOwnCredential(name));
  const log = options.log.child(id);
  return {
    canReconnect: false,
    async open(signal): Promise<Transport> {
      signal.throwIfAborted();
      const [command, ...args] = argv;
      const child = await spawnTransport({
        command,
        args,
        ...(cwd === undefined ? {} : { cwd }),
        env: { ...Object.fromEntries(inherited), ...declared.env },
        onStderr: (chunk) => log.info('standard error of the environment program', { text: chunk.toString('utf8').trimEnd() }),
        maxMessageBytes: defaultMaxMessageBytes,
      });
      return child.transport;
    },
  };
}

/** URLs connect in the background at once; programs are started at the first use. */
export function declaredEnvironment(declared: DeclaredEnvironment, options: ProviderOptions): Environment {
  const { id } = declared;
  const log = options.log.child('environment');
  const common = { id, log, ...(options.recoveryMs === undefined ? {} : { recoveryMs: options.recoveryMs }) };
  switch (declared.kind) {
    case 'url':
      return createRemoteEnvironment({
        ...common,
        source: webSocketSource(declared),
        initializeTimeoutMs: declared.initializeTimeoutMs,
        eager: true,
      });
    case 'program':
      return createRemoteEnvironment({
        ...common,
        source: programSource(declared, { env: options.env, log }),
        initializeTimeoutMs: declared.initializeTimeoutMs,
      });
    case 'relay':
      return createRemoteEnvironment({ ...common, source: options.relay?.(declared) ?? noRelay, eager: true });
  }
}

const noRelay: ExecSource = {
  canReconnect: false,
  open: () => Promise.reject(new Error('exec-servers behind a relay are not available in this build')),
};

/** What a client adds by URL. */
export const remoteConnector =
  (options: ProviderOptions): ConnectRemote =>
  ({ environmentId, execServerUrl, connectTimeoutMs = defaultTimeoutMs, authBearerToken }) =>
    declaredEnvironment(
      {
        kind: 'url',
        id: environmentId,
        url: execServerUrl,
        authBearerToken,
        connectTimeoutMs,
        initializeTimeoutMs: defaultTimeoutMs,
      },
      options,
    );
