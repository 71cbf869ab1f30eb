/** Changing threads as a whole: names, archive, deletion, revert, and leaving one. */

import { storedThread } from '../../agent/snapshots.ts';
import type { Thread } from '../../agent/thread.ts';
import { checkId } from '../../agent/thread-ids.ts';
import type { ThreadManager } from '../../agent/threads.ts';
import { invalidRequest, isRequestError } from '../../base/errors.ts';
import type { ClientRequests, Handlers } from '../../protocol/app/index.ts';
import type { ThreadStore } from '../../store/thread-store.ts';
import type { Audience } from '../audience.ts';
import type { RequestContext } from '../connection.ts';
import { newestCursors } from '../history-pages.ts';

export interface ThreadStoreDeps {
  readonly threads: ThreadManager;
  readonly store: ThreadStore;
  readonly audience: Audience;
}

type Methods =
  | 'thread/archive'
  | 'thread/unarchive'
  | 'thread/delete'
  | 'thread/unsubscribe'
  | 'thread/name/set'
  | 'thread/metadata/update'
  | 'thread/revert'
  | 'thread/memoryMode/set'
  | 'thread/increment_elicitation'
  | 'thread/decrement_elicitation';

export const threadStoreHandlers = (deps: ThreadStoreDeps): Handlers<Pick<ClientRequests, Methods>, RequestContext> => {
  const { threads, store, audience } = deps;
  /** Dialogs that clients show on behalf of a thread. */
  const dialogs = new WeakMap<Thread, number>();
  const countDialog = (threadId: string, step: 1 | -1) => {
    const thread = threads.get(threadId);
    const count = (dialogs.get(thread) ?? 0) + step;
    if (count < 0) throw invalidRequest('elicitation count is already zero');
    dialogs.set(thread, count);
    return { count, paused: count > 0 };
  };
  /** Unloads the thread and does `change` to its file. A loaded thread that said nothing has no file, which is fine. */
  const change = async (threadId: string, apply: () => Promise<unknown>): Promise<void> => {
    checkId(threadId, 'session');
    const wasLoaded = await threads.unload(threadId);
    try {
      await apply();
    } catch (error) {
      if (!wasLoaded || !isRequestError(error)) throw error;
    }
  };

  return {
    'thread/archive': async ({ threadId }, { afterReply }) => {
      await change(threadId, () => store.archive(threadId));
      afterReply(() => audience.broadcast('thread/archived', { threadId }));
      return {};
    },
    'thread/unarchive': async ({ threadId }, { afterReply }) => {
      checkId(threadId, 'session');
      const record = await store.unarchive(threadId);
      afterReply(() => audience.broadcast('thread/unarchived', { threadId }));
      return { thread: storedThread(record) };
    },
    'thread/delete': async ({ threadId }, { afterReply }) => {
      await change(threadId, () => store.delete(threadId));
      threads.readStates.forget(threadId);
      afterReply(() => audience.broadcast('thread/deleted', { threadId }));
      return {};
    },
    'thread/unsubscribe': ({ threadId }, { connection }) => {
      checkId(threadId, 'thread');
      if (!threads.find(threadId)) return { status: 'notLoaded' };
      return { status: audience.unsubscribe(threadId, connection) ? 'unsubscribed' : 'notSubscribed' };
    },
    'thread/name/set': async ({ threadId, name }, { afterReply }) => {
      checkId(threadId, 'thread');
      const threadName = name.trim();
      if (threadName === '') throw invalidRequest('thread name must not be empty');
      await store.update(threadId, { name: threadName });
      threads.find(threadId)?.rename(threadName);
      afterReply(() => audience.broadcast('thread/name/updated', { threadId, threadName }));
      return {};
    },
    'thread/metadata/update': async ({ threadId, gitInfo }) => {
      checkId(threadId, 'thread');
      if (!gitInfo) throw invalidRequest('thread metadata update must include at least one field');
      if (Object.values(gitInfo).every((value) => value === undefined)) throw invalidRequest('gitInfo must include at least one field');
      const { sha, branch, originUrl } = gitInfo;
      const record = await store.update(threadId, {
        gitInfo: {
          ...(sha !== undefined && { sha }),
          ...(branch !== undefined && { branch }),
          ...(originUrl !== undefined && { originUrl }),
        },
      });
      const loaded = threads.find(threadId)?.snapshot();
      return { thread: loaded ? { ...loaded, gitInfo: record.gitInfo } : storedThread(record) };
    },
    'thread/revert': async ({ threadId, beforeTurnId }, { afterReply }) => {
      const thread = await threads.revert(threadId, beforeTurnId);
      const turns = (await threads.turns(thread)) ?? [];
      afterReply(() => thread.core.client.notify('thread/reverted', { threadId }));
      return { thread: thread.snapshot(), ...newestCursors(threadId, turns) };
    },
    // No memories are made from any thread, whatever its mode.
    'thread/memoryMode/set': ({ threadId }) => {
      threads.get(threadId);
      return {};
    },
    'thread/increment_elicitation': ({ threadId }) => countDialog(threadId, 1),
    'thread/decrement_elicitation': ({ threadId }) => countDialog(threadId, -1),
  };
};
