/** How the program ends: signals, draining, the end of stdin, and the exit code. */
import type { AppServer } from '../app-server/app-server.ts';
import { withDeadline } from '../base/abort.ts';
import type { Log } from '../base/log.ts';
import { endSignals } from './early-start.ts';

/** A known client kills a server that takes longer than two seconds after the end of stdin. */
const closeWithinMs = 1500;

export interface ExitOptions {
  readonly server: Pick<AppServer, 'whenIdle' | 'close'>;
  /** Stops taking new clients. */
  readonly stopListening: () => Promise<void>;
  /** True: the first signal waits for running turns, the second does not. False: the first signal ends everything. */
  readonly drains: boolean;
  readonly log: Log;
  /** Ends the process. */
  readonly exit: (code: number) => void;
}

export interface Exit {
  /** Closes the server and ends the process with `code`, within two seconds whatever happens. Later calls do nothing. */
  end(code: number): Promise<void>;
  /** A signal arrived. */
  signalled(): void;
}

export function createExit(options: ExitOptions): Exit {
  const { server, log } = options;
  const forced = new AbortController();
  let ending: Promise<void> | undefined;
  let draining = false;

  const close = async (): Promise<void> => {
    await options.stopListening();
    await server.close();
  };
  const end = (code: number): Promise<void> => {
    ending ??= withDeadline(close(), closeWithinMs, 'closing')
      .catch((error: unknown) => log.error('the server did not close cleanly', { error }))
      .then(() => options.exit(code));
    return ending;
  };
  const drain = async (): Promise<void> => {
    draining = true;
    // A second signal aborts the wait; either way the end has come.
    await server.whenIdle(forced.signal).catch(() => {});
    await end(0);
  };
  return {
    end,
    signalled() {
      if (draining || !options.drains) {
        forced.abort();
        void end(0);
      } else void drain();
    },
  };
}

/** Ties SIGINT and SIGTERM to `exit`, and keeps the program alive through errors that nobody handled. */
export function watchProcess(exit: Exit, log: Log): void {
  for (const signal of endSignals) process.on(signal, () => exit.signalled());
  // One failed request must not take everybody's turns with it.
  process.on('unhandledRejection', (error) => log.error('unhandled rejection', { error }));
  process.on('uncaughtException', (error) => log.error('uncaught exception', { error }));
}
