/** A peer and the other side's bare wire: lines in, lines out. */
import { PassThrough } from 'node:stream';
import { type Log, silentLog } from '../../src/base/log.ts';
import { Scope } from '../../src/base/scope.ts';
import type { NotificationRows, RequestRows } from '../../src/rpc/contract.ts';
import { appDialect } from '../../src/rpc/dialect.ts';
import { createPeer, type InboundCall, type Peer, type PeerOptions } from '../../src/rpc/peer.ts';
import { LineSplitter } from '../../src/rpc/transports/lines.ts';
import { ndjsonTransport } from '../../src/rpc/transports/ndjson.ts';

export interface WiredPeer<SR extends RequestRows, SN extends NotificationRows> extends AsyncDisposable {
  readonly peer: Peer<SR, SN>;
  readonly scope: Scope;
  /** Sends values as JSON lines, and strings as they are. */
  send(...messages: unknown[]): void;
  /** Ends the input. */
  end(): void;
  /** The next line that the peer wrote; resolves with undefined when there will be none. */
  next(): Promise<string | undefined>;
  /** `count` lines, parsed. */
  take(count: number): Promise<unknown[]>;
  /** While true, the peer's output is not read. */
  hold(held: boolean): void;
}

export function wiredPeer<CR extends RequestRows, CN extends NotificationRows, SR extends RequestRows, SN extends NotificationRows>(
  options: Pick<PeerOptions<CR, CN, SR, SN, InboundCall>, 'receives' | 'sends' | 'handlers'> &
    Partial<PeerOptions<CR, CN, SR, SN, InboundCall>> & { log?: Log },
): WiredPeer<SR, SN> {
  const input = new PassThrough();
  const output = new PassThrough();
  const scope = new Scope('wired');
  const peer = createPeer<CR, CN, SR, SN, InboundCall>({
    transport: ndjsonTransport({ input, output }),
    dialect: appDialect,
    context: (call) => call,
    scope,
    log: silentLog,
    validateOutbound: true,
    ...options,
  });
  const lines: string[] = [];
  const splitter = new LineSplitter(1 << 30);
  let ended = false;
  let wake = () => {};
  output.on('data', (chunk: Buffer) => {
    splitter.push(chunk, { onLine: (line) => lines.push(line) });
    wake();
  });
  output.on('close', () => {
    ended = true;
    wake();
  });
  void peer.closed.then(() => output.destroy());
  const next = async () => {
    while (lines.length === 0 && !ended) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return lines.shift();
  };
  const take = async (count: number) => {
    const taken: unknown[] = [];
    while (taken.length < count) {
      const line = await next();
      if (line === undefined) break;
      taken.push(JSON.parse(line));
    }
    return taken;
  };
  return {
    peer,
    scope,
    send: (...messages) =>
      input.write(messages.map((message) => `${typeof message === 'string' ? message : JSON.stringify(message)}\n`).join('')),
    end: () => input.end(),
    next,
    take,
    hold: (held) => (held ? output.pause() : output.resume()),
    [Symbol.asyncDispose]: () => scope.close(),
  };
}
