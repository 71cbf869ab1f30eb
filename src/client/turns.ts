/** A turn as one awaited call: started, watched to its end, interrupted when the caller gives up. */
import { abortReason, onAbort } from '../base/abort.ts';
import { Cancelled } from '../base/errors.ts';
import type { ClientRequests, In } from '../protocol/app/index.ts';
import type { AppClient, NotificationParams, ServerNotification } from './app-client.ts';

export type FinishedTurn = NotificationParams<'turn/completed'>['turn'];
export type FinishedItem = NotificationParams<'item/completed'>['item'];

export interface RunTurnOptions {
  /** Every notification of the turn's thread while it runs. */
  readonly onNotification?: (notification: ServerNotification) => void;
  /** Interrupts the turn; the call then waits for its end and resolves with the interrupted turn. */
  readonly signal?: AbortSignal;
}

/** Starts a turn and resolves with its end and its items in order of completion. Rejects when the connection closes. */
export async function runTurn(
  client: AppClient,
  params: In<ClientRequests['turn/start']['params']>,
  options: RunTurnOptions = {},
): Promise<{ turn: FinishedTurn; items: FinishedItem[] }> {
  const { signal, onNotification } = options;
  if (signal?.aborted) throw abortReason(signal);
  const { threadId } = params;
  const items = new Map<string, FinishedItem[]>();
  let finish: (turn: FinishedTurn) => void = () => {};
  let wanted: string | undefined;
  const early = new Map<string, FinishedTurn>();
  const finished = new Promise<FinishedTurn>((resolve) => {
    finish = resolve;
  });
  const off = client.onAny((notification) => {
    if (!('threadId' in notification.params) || notification.params.threadId !== threadId) return;
    onNotification?.(notification);
    if (notification.method === 'item/completed') {
      const { turnId, item } = notification.params;
      items.set(turnId, [...(items.get(turnId) ?? []), item]);
    } else if (notification.method === 'turn/completed') {
      const { turn } = notification.params;
      if (turn.id === wanted) finish(turn);
      else early.set(turn.id, turn);
    }
  });
  let offAbort = () => {};
  try {
    const { turn } = await client.request('turn/start', params);
    wanted = turn.id;
    const over = early.get(turn.id);
    if (over) finish(over);
    if (signal) offAbort = onAbort(signal, () => void interrupt(client, threadId, turn.id));
    const end = await Promise.race([finished, closedEarly(client)]);
    return { turn: end, items: items.get(turn.id) ?? [] };
  } finally {
    offAbort();
    off();
  }
}

async function closedEarly(client: AppClient): Promise<never> {
  const { message } = await client.closed;
  throw new Cancelled(message);
}

async function interrupt(client: AppClient, threadId: string, turnId: string): Promise<void> {
  try {
    await client.request('turn/interrupt', { threadId, turnId });
  } catch {
    // The turn had ended by itself, or the connection is gone: both show up where the turn is awaited.
  }
}
