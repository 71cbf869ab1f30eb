/** Which notifications are pieces of one growing text, so that a client that reads slowly gets fewer and longer ones. */
import type { ServerNotifications } from '../protocol/app/index.ts';
import type { DeltaRule } from '../rpc/deltas.ts';

const ofItem = ['threadId', 'turnId', 'itemId'] as const;

export const appDeltas: Readonly<Partial<Record<keyof ServerNotifications, DeltaRule>>> & Readonly<Record<string, DeltaRule>> = {
  'item/agentMessage/delta': { key: ofItem, text: 'delta' },
  'item/plan/delta': { key: ofItem, text: 'delta' },
  'item/reasoning/summaryTextDelta': { key: [...ofItem, 'summaryIndex'], text: 'delta' },
  'item/reasoning/textDelta': { key: [...ofItem, 'contentIndex'], text: 'delta' },
  'item/commandExecution/outputDelta': { key: ofItem, text: 'delta' },
  // A merged chunk may be the one that reached the cap: the later piece's flag is kept.
  'command/exec/outputDelta': { key: ['processId', 'stream'], text: 'deltaBase64' },
  'process/outputDelta': { key: ['processHandle', 'stream'], text: 'deltaBase64' },
};
