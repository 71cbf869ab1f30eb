/** Changing threads as a whole: names, archive, deletion, revert, and leaving one. */

import { storedThread } from '../../agent/snapshots.ts';
import type { Thread } from '../../agent/thread.ts';
import { checkId, noProject } from '../../agent/thread-ids.ts';
import { noRollout } from '../../agent/thread-openings.ts';
import type { ThreadManager } from '../../agent/threads.ts';
import { invalidRequest, isRequestError } from '../../base/errors.ts';
import type { ClientRequests, Handlers, ThreadMetadataUpdateParams } from '../../protocol/app/index.ts';
import type { ThreadStore } from '../../store/thread-store.ts';
import type { Audience } from '../audience.ts';
import type { RequestContext } from '../connection.ts';
import { withoutCredentials } from '../git.ts';
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
    if (count < 0) throw invalidRequest('out-of-band elicitation count is already zero');
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

  /** Labels are kept beside files; a thread without one cannot have any. */
  const requireLabels = (threadId: string): void => {
    if (threads.find(threadId)?.ephemeral) throw invalidRequest(`ephemeral thread does not support metadata updates: ${threadId}`);
  };

  return {
    'thread/archive': async ({ threadId }, { afterReply }) => {
      if (threads.find(threadId)?.ephemeral) throw invalidRequest(`no rollout found for thread id ${threadId}`);
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
      if (threads.find(threadId)?.ephemeral) throw invalidRequest(`thread is not persisted and cannot be deleted: ${threadId}`);
      await change(threadId, () => store.delete(threadId));
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
      requireLabels(threadId);
      await store.update(threadId, { name: threadName });
      threads.find(threadId)?.relabel({ name: threadName });
      afterReply(() => audience.broadcast('thread/name/updated', { threadId, threadName }));
      return {};
    },
    'thread/metadata/update': async ({ threadId, gitInfo, projectId }) => {
      checkId(threadId, 'thread');
      if (projectId !== undefined) throw noProject(projectId);
      if (!gitInfo) throw invalidRequest('thread metadata update must include at least one field');
      if (Object.values(gitInfo).every((value) => value === undefined)) throw invalidRequest('gitInfo must include at least one field');
      requireLabels(threadId);
      const record = await store.update(threadId, { gitInfo: readGitChange(gitInfo) });
      const loaded = threads.find(threadId);
      if (loaded) {
        const merged = { sha: null, branch: null, originUrl: null, ...loaded.snapshot().gitInfo, ...readGitChange(gitInfo) };
        loaded.relabel({ gitInfo: record?.gitInfo ?? merged });
        return { thread: { ...loaded.snapshot(), canAcceptDirectInput: null } };
      }
      if (!record) throw invalidRequest(`thread not found: ${threadId}`);
      return { thread: storedThread(record) };
    },
    'thread/revert': async ({ threadId, beforeTurnId }, { afterReply }) => {
      if (threads.find(threadId)?.ephemeral) throw invalidRequest('ephemeral threads do not support thread/revert');
      const thread = await threads.revert(threadId, beforeTurnId);
      const turns = (await threads.turns(thread)) ?? [];
      afterReply(() => thread.core.client.notify('thread/reverted', { threadId }));
      return { thread: thread.snapshot(), ...newestCursors(threadId, turns) };
    },
    // No memories are made from any thread, whatever its mode.
    'thread/memoryMode/set': ({ threadId }) => {
      checkId(threadId, 'thread');
      if (!threads.find(threadId)) throw noRollout(threadId);
      requireLabels(threadId);
      return {};
    },
    'thread/increment_elicitation': ({ threadId }) => countDialog(threadId, 1),
    'thread/decrement_elicitation': ({ threadId }) => countDialog(threadId, -1),
  };
};

type GitChange = NonNullable<ThreadMetadataUpdateParams['gitInfo']>;

/** The members a client names, trimmed; null clears one. Throws for a text that says nothing. Credentials in a URL are dropped. */
function readGitChange(change: GitChange): { sha?: string | null; branch?: string | null; originUrl?: string | null } {
  const read = (name: keyof GitChange) => {
    const value = change[name];
    if (typeof value !== 'string') return value === null ? { [name]: null } : {};
    if (value.trim() === '') throw invalidRequest(`gitInfo.${name} must not be empty`);
    return { [name]: name === 'originUrl' ? withoutCredentials(value.trim()) : value.trim() };
  };
  return { ...read('sha'), ...read('branch'), ...read('originUrl') };
}
