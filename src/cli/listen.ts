/** Where clients come from: stdin and stdout, a WebSocket port, or a unix socket. */
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import type { AppServer } from '../app-server/app-server.ts';
import type { Log } from '../base/log.ts';
import { detectTransport } from '../rpc/transports/detect.ts';
import { ndjsonTransport } from '../rpc/transports/ndjson.ts';
import type { Handover } from './early-start.ts';
import type { Listen, WsAuthFlags } from './flags.ts';
import { bearerAuth } from './ws-auth.ts';

/** Serves the one client on stdio, in the framing its first bytes show. Resolves when it has left. */
export async function serveStdio(server: AppServer, client: Handover): Promise<void> {
  const streams = { input: client.stdin, output: client.stdout, label: 'stdio', initialBytes: client.rest };
  // The early start understands newline framing only, so an answered handshake has settled the question.
  const transport = client.initialized ? ndjsonTransport(streams) : await detectTransport(streams);
  const connection = server.serve(transport, client.initialized);
  client.stdin.resume();
  await connection.closed;
}

/** Where the control socket is when no path is given. */
export const controlSocket = (codexHome: string): string => join(codexHome, 'app-server-control', 'app-server-control.sock');

export interface ListenOptions {
  readonly server: AppServer;
  readonly at: Extract<Listen, { kind: 'ws' | 'unix' }>;
  readonly auth: WsAuthFlags;
  readonly codexHome: string;
  readonly cwd: string;
  readonly log: Log;
  /** Takes the lines that tell a person where the server listens. */
  readonly announce: (text: string) => void;
}

/** Accepts clients until the result is called. Rejects when the address cannot be used, or needs authentication and has none. */
export async function listen(options: ListenOptions): Promise<() => Promise<void>> {
  const { server, at, log, announce } = options;
  const auth = bearerAuth(options.auth);
  if (at.kind === 'ws' && !auth && !isLoopback(at.host)) {
    const address = at.host.includes(':') ? `[${at.host}]` : at.host;
    throw new Error(
      `refusing to start non-loopback websocket listener ${address}:${at.port} without auth; ` +
        'configure `--ws-auth capability-token` or `--ws-auth signed-bearer-token`',
    );
  }
  const [{ appSurface, listenWebSocket }, check] = await Promise.all([
    import('../rpc/transports/websocket-server.ts'),
    auth && import('../rpc/transports/bearer-auth.ts').then(({ openBearerCheck }) => openBearerCheck(auth)),
  ]);
  const where =
    at.kind === 'ws' ? { host: at.host, port: at.port } : { path: resolve(options.cwd, at.path ?? controlSocket(options.codexHome)) };
  const listener = await listenWebSocket({
    at: where,
    surface: appSurface,
    onConnection: (transport) => void server.serve(transport),
    log,
    ...(check && { auth: check }),
  });
  announce(
    at.kind === 'ws' ? banner(listener.url, isLoopback(at.host)) : `switchyard app-server (unix socket)\n  listening on: ${listener.url}\n`,
  );
  return () => listener.close();
}

function banner(url: string, loopback: boolean): string {
  const base = url.replace(/^ws:/, 'http:');
  const note = loopback
    ? 'binds localhost only (use SSH port-forwarding for remote access)'
    : 'reachable from other machines; clients need a bearer token';
  return `switchyard app-server (WebSockets)\n  listening on: ${url}\n  readyz: ${base}/readyz\n  healthz: ${base}/healthz\n  note: ${note}\n`;
}

const isLoopback = (host: string): boolean => (isIP(host) === 4 ? host.startsWith('127.') : host === '::1');
