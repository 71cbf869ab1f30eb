/** Unloads threads that nobody listens to and that do nothing for long; they stay stored and can be resumed. */
import type { ThreadManager } from '../agent/threads.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';

/** How long a thread stays loaded without subscribers and turns. */
const idleMs = 30 * 60_000;
const checkEveryMs = 60_000;

export interface IdleThreadsDeps {
  readonly threads: Pick<ThreadManager, 'loadedIds' | 'find' | 'unload'>;
  readonly subscriberCount: (threadId: string) => number;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when a thread was unloaded. */
  readonly closed: (threadId: string) => void;
}

export class IdleThreads {
  readonly #deps: IdleThreadsDeps;
  /** Since when threads are idle, on the monotonic clock. */
  readonly #since = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: IdleThreadsDeps) {
    this.#deps = deps;
  }

  /** Looks once a minute from now on, without keeping the program alive. */
  start(): void {
    this.#timer ??= setInterval(() => {
      this.check().catch((error: unknown) => this.#deps.log.error('an idle thread could not be unloaded', { error }));
    }, checkEveryMs).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Unloads what has been idle long enough. */
  async check(): Promise<void> {
    const { threads, clock, subscriberCount, closed } = this.#deps;
    const now = clock.monotonicMs();
    const loaded = threads.loadedIds();
    for (const id of this.#since.keys()) if (!loaded.includes(id)) this.#since.delete(id);
    for (const id of loaded) {
      if (subscriberCount(id) > 0 || threads.find(id)?.activeTurn) this.#since.delete(id);
      else if (now - this.#idleSince(id, now) >= idleMs) {
        this.#since.delete(id);
        if (await threads.unload(id)) closed(id);
      }
    }
  }

  #idleSince(id: string, now: number): number {
    const since = this.#since.get(id) ?? now;
    this.#since.set(id, since);
    return since;
  }
}
