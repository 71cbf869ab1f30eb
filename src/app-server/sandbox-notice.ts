/** Tells clients, once per connection, when commands cannot be confined as well as they should be. */
import type { Scope } from '../base/scope.ts';
import type { ConfigWarning } from '../config/config-error.ts';

/** How far commands are confined; the names are those of `switchyard doctor`. */
export interface SandboxStatus {
  readonly rung: 'full' | 'seatbelt' | 'noNetworkNamespace' | 'landlock' | 'outerContainer' | 'none';
  readonly reason?: string;
}

export interface SandboxNotice {
  /** Calls `tell` when there is something to tell, later and only while the server is open. */
  check(tell: (warning: ConfigWarning) => void): void;
}

/** A first turn is worth more than an early notice: the machine is looked at when the start is over. */
const afterStartMs = 400;

const summaries: Readonly<Record<SandboxStatus['rung'], string | undefined>> = {
  full: undefined,
  seatbelt: undefined,
  noNetworkNamespace: 'Commands are confined without a network namespace of their own: only a system call filter keeps the network away.',
  landlock:
    'Commands are confined by Landlock, which enforces read-only permissions; those with writable directories or denied paths ask for approval or are refused.',
  outerContainer: 'Commands run without a sandbox of their own: what surrounds the server was declared to be the boundary.',
  none: 'Commands cannot be confined on this machine: those that need a sandbox ask for approval or are refused.',
};

export function warningOf({ rung, reason }: SandboxStatus): ConfigWarning | undefined {
  const summary = summaries[rung];
  return summary === undefined ? undefined : { summary, details: reason ?? null };
}

/** `status` is called at most once. */
export function createSandboxNotice(options: {
  readonly status: () => Promise<SandboxStatus>;
  readonly scope: Scope;
  readonly delayMs?: number;
}): SandboxNotice {
  const { status, scope, delayMs = afterStartMs } = options;
  let found: Promise<ConfigWarning | undefined> | undefined;
  const look = (): Promise<ConfigWarning | undefined> =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      timer.unref();
      scope.defer(() => clearTimeout(timer));
    }).then(async () => warningOf(await status()));
  return {
    check(tell) {
      found ??= look();
      void found.then((warning) => {
        if (warning && !scope.signal.aborted) tell(warning);
      });
    },
  };
}
