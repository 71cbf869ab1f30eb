/** Finding and reading threads, loaded or stored, without loading or subscribing. */

import { resolve } from 'node:path';
import { storedThread } from '../../agent/snapshots.ts';
import { checkId, idProblem, isThreadId } from '../../agent/thread-ids.ts';
import { noFile } from '../../agent/thread-openings.ts';
import type { ThreadManager } from '../../agent/threads.ts';
import { throwIfAborted } from '../../base/abort.ts';
import { invalidParams, invalidRequest, RequestError } from '../../base/errors.ts';
import type { ClientRequests, Handlers, ThreadListParams, ThreadReadState, Turn, Thread as WireThread } from '../../protocol/app/index.ts';
import type { ThreadPage, ThreadRecord, ThreadStore } from '../../store/thread-store.ts';
import type { RequestContext } from '../connection.ts';
import { firstOccurrence, itemsById, itemsPage, occurrences, timelinePage, turnsPage } from '../history-pages.ts';
import { placesOf } from '../text-places.ts';

export interface ThreadListDeps {
  readonly threads: ThreadManager;
  readonly store: ThreadStore;
  /** What relative directories are resolved against. */
  readonly cwd: string;
}

type Methods =
  | 'thread/list'
  | 'thread/search'
  | 'thread/searchOccurrences'
  | 'thread/loaded/list'
  | 'thread/read'
  | 'thread/readState/update'
  | 'thread/turns/list'
  | 'thread/items/list'
  | 'thread/items/read'
  | 'thread/timeline/list'
  | 'getConversationSummary';

const hydration = {
  summary:
    'Full-history hydration is deprecated for paginated threads; omit `includeTurns` or set it to `false`, then page with `thread/turns/list` and `thread/items/list`.',
  details: null,
};

/** What these answer about a thread that nobody knows. */
const onlyPaginated: ReadonlySet<string> = new Set(['thread/items/list', 'thread/timeline/list', 'thread/searchOccurrences']);

const notSupportedYet = (method: string) => new RequestError('unsupported', `${method} is not supported yet`);

const clampedLimit = (limit = 25): number => Math.min(100, Math.max(1, limit));

export const threadListHandlers = (deps: ThreadListDeps): Handlers<Pick<ClientRequests, Methods>, RequestContext> => {
  const { threads, store } = deps;
  const shown = (record: ThreadRecord): WireThread => {
    const loaded = threads.find(record.id)?.snapshot();
    return loaded ? { ...loaded, canAcceptDirectInput: null } : storedThread(record);
  };
  const readStates = (records: readonly ThreadRecord[]): Record<string, ThreadReadState> =>
    Object.fromEntries(records.map(({ id }) => [id, threads.readStates.get(id)]));

  /** The turns of any thread, oldest first. Throws what `method` answers about one that has none yet. */
  const turnsOf = async (threadId: string, method: string): Promise<readonly Turn[]> => {
    const loaded = threads.find(threadId);
    if (loaded?.ephemeral) {
      if (method === 'thread/turns/list') throw invalidRequest('ephemeral threads do not support thread/turns/list');
      throw notSupportedYet(method);
    }
    const turns = loaded ? await threads.turns(loaded) : (await store.read(threadId))?.turns;
    if (turns) return turns;
    if (loaded) throw invalidRequest(`thread ${threadId} is not materialized yet; ${method} is unavailable before first user message`);
    if (onlyPaginated.has(method)) throw notSupportedYet(method);
    throw invalidRequest(`thread not loaded: ${threadId}`);
  };

  return {
    'thread/list': async (params) => {
      const [{ records, nextCursor, backwardsCursor }] = await Promise.all([listPage(deps, params), threads.readStates.refresh()]);
      return { data: records.map(shown), readStates: readStates(records), nextCursor, backwardsCursor };
    },
    'thread/search': async (
      { searchTerm, cursor, limit, sortKey = 'created_at', sortDirection = 'desc', archived = false, sourceKinds },
      { signal },
    ) => {
      if (searchTerm.trim() === '') throw invalidRequest('thread/search requires a non-empty searchTerm');
      const snippets = new Map<string, string>();
      const accept = async (record: ThreadRecord): Promise<boolean> => {
        throwIfAborted(signal);
        const snippet = snippetOf(record, searchTerm) ?? (await snippetInside(store, record, searchTerm));
        if (snippet !== undefined) snippets.set(record.id, snippet);
        return snippet !== undefined;
      };
      const query = { cursor, limit: clampedLimit(limit), sortKey, sortDirection, archived, accept };
      const { records, nextCursor, backwardsCursor } = await store.list({ ...query, ...(sourceKinds && { sourceKinds }) });
      return {
        data: records.map((record) => ({ thread: shown(record), snippet: snippets.get(record.id) ?? '' })),
        nextCursor,
        backwardsCursor,
      };
    },
    'thread/searchOccurrences': async ({ threadId, ...request }) =>
      occurrences(threadId, await turnsOf(threadId, 'thread/searchOccurrences'), request),
    'thread/loaded/list': ({ cursor, limit }) => {
      const ids = threads.loadedIds().sort();
      if (ids.length === 0) return { data: [], nextCursor: null };
      if (cursor !== undefined && !isThreadId(cursor)) throw invalidRequest(`invalid cursor: ${cursor}`);
      const from = cursor === undefined ? 0 : ids.findIndex((id) => id > cursor);
      if (from === -1) return { data: [], nextCursor: null };
      const to = limit === undefined ? ids.length : from + Math.max(1, limit);
      const data = ids.slice(from, to);
      return { data, nextCursor: to < ids.length ? (data.at(-1) ?? null) : null };
    },
    'thread/read': async ({ threadId, includeTurns }, { client }) => {
      const result = await threads.read(threadId, { includeTurns });
      if (includeTurns && result.thread.historyMode === 'paginated') client.notify('deprecationNotice', hydration);
      const loaded = threads.find(threadId);
      return loaded && (loaded.ephemeral || !loaded.core.conversation.materialized) ? { ...result, readState: null } : result;
    },
    'thread/readState/update': async ({ threadId, operation, expectedRevision }, { afterReply, client }) => {
      const { readState: current } = await threads.read(threadId, { includeTurns: false });
      if (threads.find(threadId)?.ephemeral) throw invalidRequest('thread read state unavailable');
      if (current.revision !== expectedRevision)
        throw invalidRequest('read state changed', { reason: 'readStateConflict', readState: current });
      const turns = operation.type === 'unread' ? await turnsOf(threadId, 'thread/readState/update') : [];
      const last = turns.at(-1);
      const readState =
        operation.type === 'unread' && last ? threads.readStates.unread(threadId, last.id) : threads.readStates.read(threadId);
      afterReply(() => (threads.find(threadId)?.core.client ?? client).notify('thread/readState/changed', { threadId, readState }));
      return { readState };
    },
    'thread/turns/list': async ({ threadId, ...request }) => turnsPage(threadId, await turnsOf(threadId, 'thread/turns/list'), request),
    'thread/items/list': async ({ threadId, ...request }) => itemsPage(threadId, await turnsOf(threadId, 'thread/items/list'), request),
    'thread/items/read': async ({ threadId, turnId, itemIds }) => {
      if (itemIds.length === 0 || itemIds.length > 100) throw invalidRequest('itemIds must contain 1 to 100 IDs');
      return { data: itemsById(await turnsOf(threadId, 'thread/items/read'), turnId, itemIds) };
    },
    'thread/timeline/list': async ({ threadId, ...request }) =>
      timelinePage(threadId, await turnsOf(threadId, 'thread/timeline/list'), request),
    getConversationSummary: async (params) => {
      if ('conversationId' in params && !isThreadId(params.conversationId))
        throw invalidRequest('Invalid request: data did not match any variant of untagged enum GetConversationSummaryParams');
      const record =
        'conversationId' in params ? await store.find(params.conversationId) : (await store.readPath(params.rolloutPath))?.record;
      if (!record) throw 'rolloutPath' in params ? noFile(params.rolloutPath) : noConversation(params.conversationId);
      return { summary: summaryOf(record) };
    },
  };
};

/** Nothing is ever in a section or attached, so filters by these find nothing. */
function listPage({ store, ...deps }: ThreadListDeps, params: ThreadListParams): Promise<ThreadPage> {
  const { parentThreadId, ancestorThreadId, attachedToThreadId, sectionId, projectId, cwd } = params;
  if (parentThreadId !== undefined && ancestorThreadId !== undefined)
    throw invalidRequest('parentThreadId and ancestorThreadId are mutually exclusive');
  if (parentThreadId !== undefined) checkId(parentThreadId, 'parent thread');
  if (ancestorThreadId !== undefined) checkId(ancestorThreadId, 'ancestor thread');
  if (attachedToThreadId !== undefined) checkId(attachedToThreadId, 'attached thread parent');
  if (typeof projectId === 'string') throw invalidParams(`project not found: ${projectId}`);
  if (params.includeAttachedThreads && !params.searchTerm) throw invalidRequest('includeAttachedThreads requires a non-empty searchTerm');
  const parent = parentThreadId ?? ancestorThreadId;
  for (const id of params.excludedThreadIds ?? []) {
    const problem = idProblem(id);
    if (problem !== undefined) throw invalidParams(`invalid excluded thread id: ${problem}`);
  }
  const cwds = cwd === undefined ? undefined : [cwd].flat().map((one) => resolve(deps.cwd, one));
  const none = attachedToThreadId !== undefined || typeof sectionId === 'string' || cwds?.length === 0;
  if (none) return Promise.resolve({ records: [], nextCursor: null, backwardsCursor: null });
  const sortKey = params.sortKey === 'section_position' || params.sortKey === undefined ? 'created_at' : params.sortKey;
  return store.list({
    cursor: params.cursor,
    limit: clampedLimit(params.limit),
    sortKey,
    sortDirection: params.sortDirection ?? 'desc',
    archived: params.archived ?? false,
    ...(params.modelProviders && { modelProviders: params.modelProviders }),
    ...(params.sourceKinds && { sourceKinds: params.sourceKinds }),
    ...(cwds && { cwds }),
    ...(params.searchTerm !== undefined && { searchTerm: params.searchTerm }),
    ...(params.originators && { originators: params.originators }),
    ...(params.excludedThreadIds && { excludedThreadIds: params.excludedThreadIds }),
    ...(parent !== undefined && { parentThreadId: parent }),
  });
}

const noConversation = (id: string) => invalidRequest(`no rollout found for conversation id ${id}`);

const snippetMargin = 80;

/** Around the term in what describes a thread; undefined when it is not there. */
function snippetOf({ preview, name }: ThreadRecord, term: string): string | undefined {
  const [place] = [preview, name ?? ''].flatMap((text) => placesOf(text, term, snippetMargin));
  return place?.snippet;
}

/** The same for what was said in it. A history that cannot be read says nothing. */
async function snippetInside(store: ThreadStore, record: ThreadRecord, term: string): Promise<string | undefined> {
  if (!(await store.mayMention(record, term))) return undefined;
  const stored = await store.read(record.id).catch(() => undefined);
  return firstOccurrence(stored?.turns ?? [], term);
}

const summaryOf = (record: ThreadRecord) => ({
  conversationId: record.id,
  path: record.path,
  preview: record.preview,
  timestamp: new Date(record.createdAtMs).toISOString(),
  updatedAt: new Date(record.updatedAtMs).toISOString(),
  modelProvider: record.modelProvider,
  cwd: record.cwd,
  cliVersion: record.cliVersion,
  source: legacySource(record.source),
  gitInfo: record.gitInfo && { sha: record.gitInfo.sha, branch: record.gitInfo.branch, origin_url: record.gitInfo.originUrl },
});

/** The old form knows fewer kinds of programs. */
const legacySource = (source: ThreadRecord['source']): 'cli' | 'vscode' | 'exec' | 'unknown' =>
  source === 'cli' || source === 'vscode' || source === 'exec' ? source : 'unknown';
