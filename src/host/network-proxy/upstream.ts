/** Connections to where a client wants to go: to the very addresses that were judged, directly or through the host's own proxy. */
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { abortReason, onAbort } from '../../base/abort.ts';
import type { Variables } from '../env-policy.ts';
import { proxyFor } from '../proxy-choice.ts';
import { bracketed } from './hosts.ts';

export interface UpstreamOptions {
  /** Names the proxy to go through, when there is one. Absent: always direct. */
  readonly env: Variables | undefined;
}

const connectMs = 30_000;

/** Tries the addresses in turn. Rejects with the last failure, or when `signal` aborts. */
export async function connectTo(
  { addresses, port }: { readonly addresses: readonly string[]; readonly port: number },
  options: UpstreamOptions,
  signal: AbortSignal,
): Promise<Socket> {
  let failure: unknown = new Error('the name has no address');
  for (const address of addresses) {
    try {
      return await connectToAddress(address, port, options, signal);
    } catch (error) {
      if (signal.aborted) throw abortReason(signal);
      failure = error;
    }
  }
  throw failure;
}

function connectToAddress(address: string, port: number, { env }: UpstreamOptions, signal: AbortSignal): Promise<Socket> {
  const through = env && proxyFor(`https://${bracketed(address)}:${port}/`, env);
  return through === undefined ? openSocket(address, port, signal) : openTunnel(new URL(through), `${bracketed(address)}:${port}`, signal);
}

function openSocket(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
    const give = (error: Error) => {
      socket.destroy();
      off();
      reject(error);
    };
    const off = onAbort(signal, () => give(abortReason(signal)));
    socket.setTimeout(connectMs, () => give(new Error('the host did not answer in time')));
    socket.once('error', give);
    socket.once('connect', () => {
      off();
      socket.setTimeout(0);
      socket.off('error', give);
      resolve(socket);
    });
  });
}

/** Through another proxy, which is told the address and not the name: it must not look the name up again. */
function openTunnel(proxy: URL, authority: string, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (proxy.protocol !== 'http:') {
      reject(new Error(`an upstream proxy must be reached by http, not by ${proxy.protocol.replace(':', '')}`));
      return;
    }
    const secret = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
    const outgoing = request({
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port || 80,
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...(secret === ':' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(secret).toString('base64')}` }) },
      agent: false,
      timeout: connectMs,
      signal,
    });
    outgoing.once('timeout', () => outgoing.destroy(new Error('the upstream proxy did not answer in time')));
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      response.resume();
      outgoing.destroy();
      reject(new Error(`the upstream proxy answered with ${response.statusCode}`));
    });
    outgoing.once('connect', (response, socket: Socket, head) => {
      socket.setTimeout(0);
      if (response.statusCode !== 200) {
        socket.destroy();
        reject(new Error(`the upstream proxy answered with ${response.statusCode}`));
        return;
      }
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    outgoing.end();
  });
}

/** Carries bytes both ways until both sides have ended; a failure of one side ends the other. */
export function joinSockets(a: Socket, b: Socket): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.on('error', () => to.destroy());
    from.once('close', () => to.destroySoon());
    from.pipe(to);
  }
}
