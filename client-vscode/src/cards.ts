/** The cards of all open questions: what was asked, with the files that it concerns. */
import type { Approvals } from './approvals.ts';
import type { Conversation } from './conversation.ts';
import { fileRow } from './item-renderers.ts';
import type { Card } from './messages.ts';

/** Oldest first. Files are known in the thread that is open. */
export function cardsOf(approvals: Approvals, conversation: Conversation, shorten: (path: string) => string): Card[] {
  return approvals.list().map(({ key, asked, files }) => ({
    ...asked.card,
    key,
    threadId: asked.threadId,
    files: conversation.changesOf(asked.itemId).map((change) => ({ ...fileRow(change, shorten), accepted: files.get(change.path) })),
    elsewhere: asked.threadId === conversation.threadId ? '' : asked.threadId,
  }));
}
