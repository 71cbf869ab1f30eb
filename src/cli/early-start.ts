/**
 * The first moments on stdio: answers a well-formed first `initialize` before the server is loaded, and hands everything
 * else over unread. Imports stay tiny, because every editor window waits for this file.
 */
import { type Initialized, initializeResult, type MachineFacts, readInitializeLine, remoteControlState } from '../app-server/handshake.ts';

/** An `initialize` line is far shorter; a longer first line is not ours. */
const longestFirstLine = 64 * 1024;

/** What asks the program to end. */
export const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Until the server is loaded nothing is under way, and such a signal ends the program in order at once. The returned function ends that. */
export function leaveOnSignals(): () => void {
  const leave = () => process.exit(0);
  for (const signal of endSignals) process.on(signal, leave);
  return () => {
    for (const signal of endSignals) process.off(signal, leave);
  };
}

export interface Handover {
  /** Paused. */
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** What was read from stdin and not used. */
  readonly rest: Buffer;
  /** Set when `initialize` is answered already. */
  readonly initialized: Initialized | undefined;
}

export interface EarlyStartOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly facts: MachineFacts;
  readonly codexHome: string;
  /** Name that goes in front of the user agent instead of the client's. */
  readonly originator: string | undefined;
  /** Called once, after the answer. */
  readonly installationId: () => string;
}

const statusMethod = 'remoteControl/status/changed';

/** Calls `onReady` once, as soon as the first message is answered or known to need the whole server. */
export function startEarly(options: EarlyStartOptions, onReady: (handover: Handover) => void): void {
  const { stdin, stdout } = options;
  let seen: Buffer = Buffer.alloc(0);

  const finish = (rest: Buffer, initialized?: Initialized) => {
    stdin.off('data', onData).off('end', onEnd).off('error', onEnd).pause();
    onReady({ stdin, stdout, rest, initialized });
  };
  const onEnd = () => finish(seen);
  const onData = (chunk: Buffer) => {
    seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
    const end = seen.indexOf(10);
    const ours = seen[0] === 0x7b && (end >= 0 || seen.length <= longestFirstLine);
    if (!ours) return finish(seen);
    if (end < 0) return;
    const request = readInitializeLine(seen.toString('utf8', 0, end));
    if (!request) return finish(seen);
    const { id, client, capabilities } = request;
    const result = initializeResult(options.facts, options.codexHome, options.originator ?? client.name, client);
    stdout.write(`${JSON.stringify({ id, result })}\n`);
    // Clients expect it with the answer, not when the server is loaded.
    if (!capabilities.optOutNotificationMethods.includes(statusMethod)) {
      const params = remoteControlState(options.facts, options.installationId());
      stdout.write(`${JSON.stringify({ method: statusMethod, params, emittedAtMs: Date.now() })}\n`);
    }
    finish(seen.subarray(end + 1), { client, capabilities, statusTold: true });
  };
  stdin.on('data', onData).on('end', onEnd).on('error', onEnd);
  // A client may leave before it is answered; the end of its input, which follows, is what ends the program.
  stdout.on('error', () => {});
}
