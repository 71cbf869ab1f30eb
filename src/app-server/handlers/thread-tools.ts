/** What a client does inside a loaded thread besides turns: compaction, commands, background terminals, queue, goal. */

import type { Thread } from '../../agent/thread.ts';
import { listGrants, revokeGrant } from '../../agent/thread-grants.ts';
import type { ThreadQueue } from '../../agent/thread-queue.ts';
import { prepareCompaction, prepareShellCommand } from '../../agent/thread-turns.ts';
import { noGoals, type ThreadManager } from '../../agent/threads.ts';
import { invalidRequest } from '../../base/errors.ts';
import { type ClientRequests, type Handlers, ResponseItem } from '../../protocol/app/index.ts';
import { describeProblem } from '../../rpc/invalid-params.ts';
import type { RequestContext } from '../connection.ts';
import { page } from '../paging.ts';

type Methods =
  | 'thread/compact/start'
  | 'thread/shellCommand'
  | 'thread/inject_items'
  | 'thread/backgroundTerminals/list'
  | 'thread/backgroundTerminals/terminate'
  | 'thread/backgroundTerminals/clean'
  | 'thread/grants/list'
  | 'thread/grants/revoke'
  | 'thread/goal/set'
  | 'thread/goal/get'
  | 'thread/goal/clear'
  | 'thread/queue/add'
  | 'thread/queue/list'
  | 'thread/queue/update'
  | 'thread/queue/delete'
  | 'thread/queue/reorder'
  | 'thread/queue/start'
  | 'threadSection/list';

/** Has the same id in every installation. */
const pinned = { id: '01984de2-8f74-7c91-a3b2-5c5e937cf318', name: 'Pinned', appearance: null };

function withGoals(thread: Thread): Thread {
  if (thread.ephemeral) throw noGoals(thread.id);
  return thread;
}

export const threadToolsHandlers = ({ threads }: { threads: ThreadManager }): Handlers<Pick<ClientRequests, Methods>, RequestContext> => ({
  'thread/compact/start': ({ threadId }, { afterReply }) => {
    const prepared = prepareCompaction(threads.get(threadId));
    afterReply(() => prepared.start());
    return {};
  },
  'thread/shellCommand': ({ threadId, command, timeoutMs }, { afterReply }) => {
    const prepared = prepareShellCommand(threads.get(threadId), { command, timeoutMs });
    afterReply(() => prepared.start());
    return {};
  },
  'thread/inject_items': ({ threadId, items }) => {
    const thread = threads.get(threadId);
    if (items.length === 0) throw invalidRequest('items must not be empty');
    thread.core.conversation.recordUser(...items.map(readItem));
    return {};
  },
  'thread/backgroundTerminals/list': ({ threadId, ...request }) =>
    page(
      threads
        .get(threadId)
        .core.terminals.list()
        .map(({ itemId, sessionId, command, cwd }) => ({
          itemId,
          processId: String(sessionId),
          command,
          cwd,
          // Clients of the reference know these as unknown on every platform but macOS.
          osPid: null,
          cpuPercent: null,
          rssKb: null,
        })),
      request,
    ),
  'thread/backgroundTerminals/terminate': async ({ threadId, processId }) => {
    if (!/^\+?\d+$/.test(processId)) throw invalidRequest(`invalid background terminal process id: ${digitProblem(processId)}`);
    const session = threads.get(threadId).core.terminals.find(Number(processId));
    await session?.terminate();
    return { terminated: session !== undefined };
  },
  'thread/backgroundTerminals/clean': ({ threadId }, { afterReply, log }) => {
    const { terminals } = threads.get(threadId).core;
    // Their items complete after the answer.
    afterReply(() => void terminals.clean().catch((error: unknown) => log.error('a terminal did not end', { error })));
    return {};
  },
  'thread/grants/list': async ({ threadId, ...request }) => page(await listGrants(threads.get(threadId)), request),
  'thread/grants/revoke': async ({ threadId, grantId }) => ({ revoked: await revokeGrant(threads.get(threadId), grantId) }),
  'thread/goal/set': ({ threadId, objective, status, tokenBudget }, { afterReply }) => {
    const thread = withGoals(threads.get(threadId));
    const goal = thread.goal.set({ objective, status, tokenBudget });
    afterReply(() => {
      thread.goal.announce();
      thread.pursueGoal();
    });
    return { goal };
  },
  'thread/goal/get': async ({ threadId }) => ({ goal: await threads.goal(threadId) }),
  'thread/goal/clear': ({ threadId }, { afterReply }) => {
    const { goal: keeper } = withGoals(threads.get(threadId));
    const cleared = keeper.clear();
    if (cleared) afterReply(() => keeper.announce());
    return { cleared };
  },
  'thread/queue/add': ({ threadId, input, clientUserMessageId, responsesapiClientMetadata }, { afterReply }) => {
    const added = queueOf(threads.get(threadId)).add({ input, clientUserMessageId, responsesapiClientMetadata });
    afterReply(added.afterReply);
    return { queuedSubmission: added.submission };
  },
  'thread/queue/list': ({ threadId, cursor, limit = 25 }) => queueOf(threads.get(threadId)).list(cursor, Math.min(100, Math.max(1, limit))),
  'thread/queue/update': ({ threadId, queuedSubmissionId, input, responsesapiClientMetadata }, { afterReply }) => {
    const queue = queueOf(threads.get(threadId));
    const queuedSubmission = queue.update(queuedSubmissionId, { input, responsesapiClientMetadata });
    afterReply(() => queue.changed());
    return { queuedSubmission };
  },
  'thread/queue/delete': ({ threadId, queuedSubmissionId }, { afterReply }) => {
    const queue = queueOf(threads.get(threadId));
    const deleted = queue.delete(queuedSubmissionId);
    if (deleted) afterReply(() => queue.changed());
    return { deleted };
  },
  'thread/queue/reorder': ({ threadId, queuedSubmissionIds }, { afterReply }) => {
    const queue = queueOf(threads.get(threadId));
    queue.reorder(queuedSubmissionIds);
    afterReply(() => queue.changed());
    return {};
  },
  'thread/queue/start': ({ threadId, queuedSubmissionId }, { afterReply }) => {
    const prepared = queueOf(threads.get(threadId)).start(queuedSubmissionId);
    afterReply(() => prepared.start());
    return { turn: prepared.turn };
  },
  // The section every client expects; nothing can be moved into it yet.
  'threadSection/list': ({ cursor }) => ({ data: cursor === undefined ? [pinned] : [], nextCursor: null }),
});

const digitProblem = (text: string): string => (text === '' ? 'cannot parse integer from empty string' : 'invalid digit found in string');

/** The queue of a thread that is kept; entries of one in memory would be lost unseen. */
function queueOf(thread: Thread): ThreadQueue {
  if (thread.ephemeral) throw invalidRequest(`ephemeral thread does not support queued submissions: ${thread.id}`);
  return thread.queue;
}

function readItem(item: unknown, index: number): ResponseItem {
  const refuse = (reason: string) => invalidRequest(`items[${index}] is not a valid response item: ${reason}`);
  const type: unknown = typeof item === 'object' && item !== null ? Reflect.get(item, 'type') : undefined;
  if (type !== undefined && typeof type !== 'string') throw refuse(`invalid type: ${typeof type}, expected variant identifier`);
  if (type === 'message' && typeof item === 'object' && item !== null)
    for (const field of ['role', 'content']) if (!(field in item)) throw refuse(`missing field \`${field}\``);
  const parsed = ResponseItem().safeParse(item);
  if (!parsed.success) throw refuse(describeProblem(ResponseItem(), item) ?? 'unknown shape');
  return parsed.data;
}
