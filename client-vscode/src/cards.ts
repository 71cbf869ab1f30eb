/** The cards of all open questions: what was asked, with the files that it concerns. */
import type { Approvals, Asked } from './approvals.ts';
import type { Conversation } from './conversation.ts';
import { fileRow } from './item-renderers.ts';
import type { Card, Choice } from './messages.ts';

export const openThread = 'open thread';

/** Oldest first. Files are known in the thread that is open: nothing unseen can be accepted. */
export function cardsOf(approvals: Approvals, conversation: Conversation, shorten: (path: string) => string): Card[] {
  return approvals.list().map(({ key, asked, files }) => {
    const rows = conversation.changesOf(asked.itemId).map((change) => ({ ...fileRow(change, shorten), accepted: files.get(change.path) }));
    const elsewhere = asked.threadId === conversation.threadId ? '' : asked.threadId;
    return {
      ...asked.card,
      key,
      threadId: asked.threadId,
      files: rows,
      elsewhere,
      choices: choicesOf(asked, rows.length, elsewhere !== ''),
    };
  });
}

const forAll: Readonly<Record<string, string>> = {
  accept: 'Accept all',
  acceptForSession: 'Accept all for this session',
  decline: 'Decline all',
};

function choicesOf({ card: { choices }, ofFiles }: Asked, files: number, elsewhere: boolean): readonly Choice[] {
  if (elsewhere)
    return [{ id: openThread, label: 'Open its thread', role: 'other' }, ...choices.filter(({ role }) => !ofFiles || role !== 'allow')];
  if (!ofFiles || files < 2) return choices;
  return choices.map((choice) => ({ ...choice, label: forAll[choice.id] ?? choice.label }));
}
