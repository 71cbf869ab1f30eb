/** Keeps a connection: opens it again when it was lost, with growing pauses. */
import { delay } from '../base/abort.ts';
import { messageOf } from '../base/errors.ts';
import type { CloseReason } from '../rpc/peer.ts';
import type { AppClient } from './app-client.ts';

export interface ReconnectOptions {
  /** Opens one connection; called for the first and for every later attempt. */
  readonly connect: (signal: AbortSignal) => Promise<AppClient>;
  /** Runs after every handshake, before the client is handed out: resume threads here. A rejection counts as a failed attempt. */
  readonly onConnected: (client: AppClient, again: boolean) => Promise<void> | void;
  /** A connection is over, or an attempt failed; `nextInMs` is the pause before the next attempt. */
  readonly onLost?: (why: { reason: string; nextInMs: number }) => void;
  /** Ends everything: the open connection is closed and no attempt follows. */
  readonly signal: AbortSignal;
  /** First and longest pause. Default 100 and 5,000 milliseconds. */
  readonly pauseMs?: { readonly first: number; readonly longest: number };
  /** Attempts in a row that may fail. Default unlimited. */
  readonly maxAttempts?: number;
}

/** Runs until `signal` aborts (then it resolves) or too many attempts failed in a row (then it rejects with the last failure). */
export async function keepConnected(options: ReconnectOptions): Promise<void> {
  const { signal, pauseMs = { first: 100, longest: 5000 }, maxAttempts = Number.POSITIVE_INFINITY } = options;
  let failures = 0;
  let again = false;
  while (!signal.aborted) {
    let reason: string;
    try {
      const ended = await oneConnection(options, again);
      again = true;
      failures = 0;
      reason = ended.message;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      if (failures >= maxAttempts) throw error;
      reason = messageOf(error);
    }
    if (signal.aborted) return;
    const nextInMs = pause(pauseMs, failures);
    options.onLost?.({ reason, nextInMs });
    // An abort during the pause ends the loop at its head.
    await delay(nextInMs, signal).catch(() => {});
  }
}

/** Doubles with every failure; a random half keeps many clients of one server from coming back at the same moment. */
function pause(limits: { first: number; longest: number }, failures: number): number {
  const full = Math.min(limits.longest, limits.first * 2 ** failures);
  return full / 2 + (Math.random() * full) / 2;
}

async function oneConnection(options: ReconnectOptions, again: boolean): Promise<CloseReason> {
  const { connect, onConnected, signal } = options;
  await using client = await connect(signal);
  const close = () => void client.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    await onConnected(client, again);
    return await client.closed;
  } finally {
    signal.removeEventListener('abort', close);
  }
}
