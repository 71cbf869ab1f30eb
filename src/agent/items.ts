/** The only writer of items: gives them their times, notifies the subscribers and hands finished ones to the store. */
import type { Clock } from '../base/clock.ts';
import type { ThreadItem } from '../protocol/app/index.ts';
import type { ThreadWriter } from '../store/thread-store.ts';
import type { ThreadClient } from './ports.ts';
import type { CallItems, ItemBody, ItemBodyOf } from './tools/tool.ts';

export interface ItemSink {
  readonly threadId: string;
  readonly client: ThreadClient;
  readonly clock: Clock;
  readonly writer: ThreadWriter;
  /** Where the store keeps what was done in a turn that frames the work of another id; undefined: in the turn itself. */
  readonly workId?: string | undefined;
}

/** What such a turn says in its own name. */
const framing: ReadonlySet<ThreadItem['type']> = new Set(['enteredReviewMode', 'exitedReviewMode', 'agentMessage']);

/** Kinds whose text arrives in deltas. */
const streamed: ReadonlySet<ThreadItem['type']> = new Set(['agentMessage', 'reasoning', 'plan']);

/** Items of one turn. Usable until the thread is unloaded, since commands outlive turns. */
export class TurnItems implements CallItems {
  readonly turnId: string;
  readonly #sink: ItemSink;
  readonly #started = new Map<string, ThreadItem & { startedAtMs: number }>();
  #finalMessage: ThreadItem | undefined;

  constructor(turnId: string, sink: ItemSink) {
    this.turnId = turnId;
    this.#sink = sink;
  }

  /** The last agent message of the turn unless it was mere commentary: what `turn/completed` shows. */
  get finalMessage(): ThreadItem | undefined {
    return this.#finalMessage;
  }

  /** Work that was begun and has not ended, as it was announced; what is told by deltas is left out. */
  get open(): ThreadItem[] {
    return [...this.#started.values()].filter(({ type }) => !streamed.has(type));
  }

  start(item: ItemBody): void {
    const startedAtMs = this.#sink.clock.nowMs();
    const begun = { ...item, startedAtMs, completedAtMs: null };
    this.#started.set(item.id, begun);
    const { threadId, client } = this.#sink;
    client.notify('item/started', { item: begun, threadId, turnId: this.turnId, startedAtMs });
  }

  complete(item: ItemBody): void {
    if (!this.#started.has(item.id)) this.start(item);
    const completedAtMs = this.#sink.clock.nowMs();
    const whole: ThreadItem = { ...item, startedAtMs: this.#started.get(item.id)?.startedAtMs ?? completedAtMs, completedAtMs };
    this.#started.delete(item.id);
    if (item.type === 'agentMessage') this.#finalMessage = item.phase === 'commentary' || item.text === '' ? undefined : whole;
    const { threadId, client, writer, workId } = this.#sink;
    const turnId = framing.has(item.type) ? this.turnId : (workId ?? this.turnId);
    writer.append({ type: 'itemCompleted', turnId, item: whole, completedAtMs });
    client.notify('item/completed', { item: whole, threadId, turnId: this.turnId, contentTokenCount: null, completedAtMs });
  }

  agentMessageDelta(itemId: string, delta: string): void {
    this.#sink.client.notify('item/agentMessage/delta', { threadId: this.#sink.threadId, turnId: this.turnId, itemId, delta });
  }

  planDelta(itemId: string, delta: string): void {
    this.#sink.client.notify('item/plan/delta', { threadId: this.#sink.threadId, turnId: this.turnId, itemId, delta });
  }

  reasoningSummaryPart(itemId: string, summaryIndex: number): void {
    const { threadId, client } = this.#sink;
    client.notify('item/reasoning/summaryPartAdded', { threadId, turnId: this.turnId, itemId, summaryIndex });
  }

  reasoningSummaryDelta(itemId: string, summaryIndex: number, delta: string): void {
    const { threadId, client } = this.#sink;
    client.notify('item/reasoning/summaryTextDelta', { threadId, turnId: this.turnId, itemId, delta, summaryIndex });
  }

  reasoningTextDelta(itemId: string, contentIndex: number, delta: string): void {
    const { threadId, client } = this.#sink;
    client.notify('item/reasoning/textDelta', { threadId, turnId: this.turnId, itemId, delta, contentIndex });
  }

  commandOutput(itemId: string, delta: string): void {
    this.#sink.client.notify('item/commandExecution/outputDelta', { threadId: this.#sink.threadId, turnId: this.turnId, itemId, delta });
  }

  terminalInteraction(itemId: string, processId: string, stdin: string): void {
    const { threadId, client } = this.#sink;
    client.notify('item/commandExecution/terminalInteraction', { threadId, turnId: this.turnId, itemId, processId, stdin });
  }
}

/** An agent message with the members that only vendors fill. */
export const agentMessage = (id: string, text: string, phase: ItemBodyOf<'agentMessage'>['phase']): ItemBodyOf<'agentMessage'> => ({
  type: 'agentMessage',
  moderation: null,
  id,
  text,
  phase,
  memoryCitation: null,
  delivery: null,
  questions: null,
});
