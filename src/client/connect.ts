/** Ways to reach a server: a program to start, an address, a transport that exists already. */
import type { ChildOptions } from '../rpc/transports/child-process.ts';
import type { Transport } from '../rpc/transports/transport.ts';
import { type AppClient, type AppClientOptions, openAppClient } from './app-client.ts';
import { type SpawnedClient, spawnAppServer } from './spawn.ts';

export type ClientOptions = Omit<AppClientOptions, 'transport'>;

export type Target =
  /** An app-server program, started and owned by the client. */
  | ChildOptions
  /** `ws://…`, `wss://…` or `unix:PATH`. */
  | { readonly url: string; readonly token?: string }
  | { readonly transport: Transport };

/** Connects and performs the handshake. */
export async function connect(target: ChildOptions, options: ClientOptions): Promise<SpawnedClient>;
export async function connect(target: Target, options: ClientOptions): Promise<AppClient>;
export async function connect(target: Target, options: ClientOptions): Promise<AppClient> {
  if ('transport' in target) return openAppClient({ ...options, transport: target.transport });
  if ('command' in target) return spawnAppServer(target, options);
  const { connectWebSocket } = await import('../rpc/transports/websocket-client.ts');
  const transport = await connectWebSocket({ ...target, ...(options.signal ? { signal: options.signal } : {}) });
  return openAppClient({ ...options, transport });
}
