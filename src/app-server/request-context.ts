/** What a handler gets beside its params. */
import type { Log } from '../base/log.ts';
import type { Notifier, ServerNotifications } from '../protocol/app/index.ts';
import type { Connection } from './connection.ts';

export interface RequestContext {
  /** Aborts when the client cancels the request or the connection closes. */
  readonly signal: AbortSignal;
  readonly connection: Connection;
  /** The client that asked, and only it. */
  readonly client: { readonly notify: Notifier<ServerNotifications> };
  /** Runs `fn` right after the answer is on its way. Not run when the request fails. */
  readonly afterReply: (fn: () => void) => void;
  readonly log: Log;
}
