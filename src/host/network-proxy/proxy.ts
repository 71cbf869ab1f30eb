/** The proxy of one command: its listeners, the variables that name them, and its end. */
import { once } from 'node:events';
import type { Server } from 'node:net';
import type { ManagedNetwork } from '../../base/managed-network.ts';
import type { Variables } from '../env-policy.ts';
import { Gate, type Resolve } from './gate.ts';
import { createHttpSide } from './http-side.ts';
import { createSocksSide } from './socks-side.ts';
import { type ProxyPorts, proxyVariables } from './variables.ts';

export interface NetworkProxyOptions {
  /** The host's own variables, for a proxy upstream. */
  readonly env: Variables;
  readonly resolve?: Resolve;
}

/** Ports inside a network namespace of its own, where nothing else listens. */
const namespacePorts = { http: 3128, socks: 8081 } as const;

export interface NetworkProxy {
  /** The ports to listen on inside the namespace of a command, in the order in which `accept` takes the listeners. */
  readonly namespacePorts: readonly number[];
  /** Serves a listener that was opened inside the namespace. It is closed with the proxy. */
  accept(listener: Server, index: number): void;
  /** Listens on free ports of the host's loopback address. */
  listen(): Promise<void>;
  /** Names the ports that `listen` got, or those of the namespace. */
  variables(): Record<string, string>;
  /** The ports `variables` names. */
  ports(): readonly number[];
  /** Ends every connection and every open question. */
  close(): void;
}

/** Opens nothing yet. Throws `NetworkSettingsError` for settings that cannot be obeyed. */
export function createNetworkProxy(network: ManagedNetwork, options: NetworkProxyOptions): NetworkProxy {
  return new CommandProxy(network, options);
}

class CommandProxy implements NetworkProxy {
  readonly namespacePorts: readonly number[];
  readonly #network: ManagedNetwork;
  readonly #ending = new AbortController();
  readonly #http: ReturnType<typeof createHttpSide>;
  readonly #socks: Server | undefined;
  #ports: ProxyPorts;

  constructor(network: ManagedNetwork, { env, resolve }: NetworkProxyOptions) {
    const { proxy } = network;
    this.#network = network;
    const { signal } = this.#ending;
    const gate = new Gate({ ...network, signal, ...(resolve === undefined ? {} : { resolve }) });
    const side = { gate, upstream: { env: proxy.allowUpstreamProxy ? env : undefined }, signal };
    this.#http = createHttpSide(side);
    this.#socks = proxy.enableSocks5 ? createSocksSide(side) : undefined;
    this.#ports = { http: namespacePorts.http, socks: this.#socks && namespacePorts.socks };
    this.namespacePorts = this.ports();
    for (const server of this.#sides()) server.on('error', () => server.close());
  }

  accept(listener: Server, index: number): void {
    const side = this.#sides()[index];
    if (!side || this.#ending.signal.aborted) listener.close();
    else side.listen(listener);
  }

  async listen(): Promise<void> {
    const [http = 0, socks] = await Promise.all(this.#sides().map(listenOnLoopback));
    this.#ports = { http, socks };
  }

  variables(): Record<string, string> {
    return proxyVariables(this.#ports, { allowLocalBinding: this.#network.proxy.allowLocalBinding });
  }

  ports(): readonly number[] {
    const { http, socks } = this.#ports;
    return socks === undefined ? [http] : [http, socks];
  }

  close(): void {
    this.#ending.abort();
    for (const side of this.#sides()) side.close();
    this.#http.closeAllConnections();
  }

  #sides(): Server[] {
    return this.#socks ? [this.#http, this.#socks] : [this.#http];
  }
}

async function listenOnLoopback(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the proxy got no port');
  return address.port;
}
