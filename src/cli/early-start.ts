/**
 * The first moments on stdio: answers a well-formed first `initialize` before the server is loaded, and hands everything
 * else over unread. Imports stay tiny, because every editor window waits for this file.
 */
import { type Initialized, initializeResult, type MachineFacts, readInitializeLine } from '../app-server/handshake.ts';

/** An `initialize` line is far shorter; a longer first line is not ours. */
const longestFirstLine = 64 * 1024;

export interface Handover {
  /** Paused; bytes that were read and not used are at its head again. */
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** Set when `initialize` is answered already. */
  readonly initialized: Initialized | undefined;
  /** stdin ended before a whole message came. */
  readonly ended: boolean;
}

export interface EarlyStartOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly facts: () => MachineFacts;
  readonly codexHome: string;
  /** Name that goes in front of the user agent instead of the client's. */
  readonly originatorOverride: string | undefined;
}

/** Calls `onReady` once, as soon as the first message is answered or known to need the whole server. */
export function startEarly(options: EarlyStartOptions, onReady: (handover: Handover) => void): void {
  const { stdin, stdout } = options;
  let seen: Buffer | undefined;

  const finish = (rest: Buffer | undefined, initialized: Initialized | undefined, ended = false) => {
    stdin.off('data', onData).off('end', onEnd).pause();
    if (rest && rest.length > 0) stdin.unshift(rest);
    onReady({ stdin, stdout, initialized, ended });
  };

  const onEnd = () => finish(seen, undefined, true);

  const onData = (chunk: Buffer) => {
    seen = seen ? Buffer.concat([seen, chunk]) : chunk;
    const end = seen.indexOf(10);
    if (seen[0] !== 0x7b || (end < 0 && seen.length > longestFirstLine)) return finish(seen, undefined);
    if (end < 0) return;
    const request = readInitializeLine(seen.toString('utf8', 0, end));
    if (!request) return finish(seen, undefined);
    const { id, client, capabilities } = request;
    const result = initializeResult(options.facts(), options.codexHome, options.originatorOverride ?? client.name, client);
    stdout.write(`${JSON.stringify({ id, result })}\n`);
    finish(seen.subarray(end + 1), { client, capabilities });
  };

  stdin.on('data', onData).on('end', onEnd);
}
