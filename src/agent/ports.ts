/** What a thread needs from outside, typed by the protocol rows. */
import type { Caller, Notifier, ServerNotifications, ServerRequests } from '../protocol/app/index.ts';

/** Who listens to a thread: every subscribed connection. Implemented by `app-server/audience`. */
export interface ThreadClient {
  /** To the subscribers of the thread, in order. */
  readonly notify: Notifier<ServerNotifications>;
  /** To every initialised connection (thread/started, thread/status/changed, thread/name/updated, …). */
  readonly broadcast: Notifier<ServerNotifications>;
  /**
   * Asks every subscriber the same question under one id; the first answer wins, and `serverRequest/resolved` goes to
   * all. While nobody is subscribed the question stays open and is asked again on resume. Aborting `signal` withdraws it.
   */
  readonly request: Caller<ServerRequests>;
}
